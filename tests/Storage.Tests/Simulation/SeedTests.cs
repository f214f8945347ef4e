namespace Gateway.Storage.Tests.Simulation;

public sealed class SeedTests
{
    private const int Chunks = 8;
    private const int SeedsOfChunk = 250;
    private const int SameSeeds = 40;

    private const int First = 1;

    public static TheoryData<int> AllChunks => [.. Enumerable.Range(0, Chunks)];

    /// <summary>Promise: whatever the disk does, what was acknowledged is there once, in order and unchanged; refused messages are counted and not there; a packet whose outcome
    /// is unknown is there whole or not at all; deletions that were told stay made; when the disk works again the store goes on by itself.</summary>
    [Theory, MemberData(nameof(AllChunks))]
    public void Two_thousand_seeds_keep_every_promise(int chunk)
    {
        int from = First + (chunk * SeedsOfChunk);
        var runs = new SeedRuns(from, SeedsOfChunk);
        runs.Run(threads: 1, failuresMax: 3);
        TestContext.Current.TestOutputHelper?.WriteLine($"{SeedsOfChunk} seeds from {from}: {runs.Total}");
        Assert.True(runs.Failures.Count == 0, string.Join('\n', runs.Failures.Select(failure => $"seed {failure.Key}: {failure.Value}\n{SeedRuns.ReplayCommand(failure.Key)}")));
    }

    /// <summary>Promise: a seed gives the same run again, so a failure can be looked at.</summary>
    [Fact]
    public void A_seed_gives_the_same_run_twice()
    {
        for (int seed = First; seed < First + SameSeeds; seed++)
            Assert.True(SimulationRun.Run(seed).Fingerprint == SimulationRun.Run(seed).Fingerprint, SeedRuns.ReplayCommand(seed));
    }
}
