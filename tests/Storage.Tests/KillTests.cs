using Gateway.Storage.Crash.Kills;

namespace Gateway.Storage.Tests;

public sealed class KillTests : StoreFixture
{
    private const int Seeds = 50;

    /// <summary>Promise: whatever was told to be stored when the process was killed is there once, in order and unchanged, after any number of kills; what was deleted stays deleted.</summary>
    [Fact]
    public async Task Killed_again_and_again_the_store_holds_every_acknowledged_message_once_and_in_order()
    {
        int from = int.TryParse(Environment.GetEnvironmentVariable("GATEWAY_TEST_SEED"), out int given) ? given : Environment.TickCount & 0xFFFFFF;
        long acknowledged = 0;
        for (int seed = from; seed < from + Seeds; seed++)
        {
            var run = new KillRun(seed, Path.Combine(Folder, $"{seed}"));
            Assert.Null(await run.RunAsync());
            acknowledged += run.Acknowledged;
        }

        Assert.True(acknowledged > 1_000, $"the writers wrote ({acknowledged} packets)");
    }
}
