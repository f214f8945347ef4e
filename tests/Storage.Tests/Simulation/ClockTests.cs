namespace Gateway.Storage.Tests.Simulation;

/// <summary>What seeds of the simulation found about clocks that are set back.</summary>
public sealed class ClockTests : SimulatedFixture
{
    private const int Before = 3_000;       // some pages of messages
    private const int Back = 3_000;
    private const int After = 3_000;

    /// <summary>Promise: a time is found where its first message is, and nothing expires too early, also in a log whose clock was set back and that was opened again.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Times_are_found_and_expire_although_the_clock_was_set_back(bool isOpenedAgain)
    {
        MessageStore store = Open();
        IMessageLog log = await OpenLog(store);
        var times = new List<long>();
        for (int i = 0; i < Before + Back + After; i += 50)
        {
            if (i == Before) Time.Advance(TimeSpan.FromHours(-10));
            for (int m = 0; m < 50; m++) times.Add(Time.NowUs);
            await Append(store, log, i, 50);
            Time.Advance(TimeSpan.FromMinutes(10));
        }

        if (isOpenedAgain)
        {
            Assert.True(await store.CheckpointAsync(CancellationToken.None));
            store = CutAndOpen();
            log = await OpenLog(store);
        }

        foreach (long time in times.Distinct().Order().ToArray())
        {
            for (int off = -1; off <= 1; off++)
            {
                int first = times.FindIndex(one => one >= time + off);
                Assert.Equal(first < 0 ? times.Count + 1 : first + 1, await log.FindAsync(time + off, CancellationToken.None));
            }
        }

        // The latest before the clock was set back are kept as long as their own time says, and so are those behind them.
        Time.Advance(TimeSpan.FromDays(30) - TimeSpan.FromHours(30));
        store.Expire();
        long limit = Time.NowUs - (30L * 86_400 * 1_000_000);
        Assert.Equal(times.FindIndex(one => one >= limit), (await Numbers(log))[0]);
    }
}
