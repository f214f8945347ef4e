namespace Gateway.Storage.Tests;

public sealed class OpenLogsTests : StoreFixture
{
    private const int Channels = 40;

    /// <summary>Promise: however many channels are written, the pages of so many are in memory as the options say, and nobody misses a message: not while it runs, not after a crash, not after a restart.</summary>
    [Fact]
    public async Task More_channels_than_may_be_open_take_turns()
    {
        string crashed = Path.Combine(Folder, "crashed");
        var counts = new long[Channels + 1];
        var random = new Random(1);
        await using (MessageStore store = Open(Options with { OpenLogsMax = 3 }))
        {
            IMessageLog[] logs = await OpenAll(store);
            for (int i = 0; i < 1_500; i++)
            {
                int channel = random.Next(1, Channels + 1);
                await Append(logs[channel], Pack(counts[channel], 3, payloadBytes: random.Next(8, 3_000)));
                counts[channel] += 3;
                Assert.InRange(store.OpenLogs.Count, 1, 3);
                if (i % 400 == 250) Assert.True(await store.CheckpointAsync(None));
            }

            CopyFolder(Options.Folder, crashed);
            await CheckAsync(logs, counts);
        }

        foreach (string folder in new[] { Options.Folder, crashed })
        {
            await using MessageStore again = Open(Options with { Folder = folder, OpenLogsMax = 3 });
            await CheckAsync(await OpenAll(again), counts);
        }
    }

    /// <summary>Promise: a log that is written by several at once is not closed under them.</summary>
    [Fact]
    public async Task Writers_of_many_channels_at_once_lose_nothing()
    {
        await using MessageStore store = Open(Options with { OpenLogsMax = 2 });
        IMessageLog[] logs = await OpenAll(store);
        await Task.WhenAll(Enumerable.Range(1, Channels).Select(channel => Task.Run(async () =>
        {
            for (int i = 0; i < 60; i++) await Append(logs[channel], Pack(i, 1));
        }, None)));
        await CheckAsync(logs, [0, .. Enumerable.Repeat(60L, Channels)]);
    }

    private static async Task<IMessageLog[]> OpenAll(MessageStore store)
    {
        var logs = new IMessageLog[Channels + 1];
        for (int channel = 1; channel <= Channels; channel++) logs[channel] = await store.OpenAsync(channel, new LogOptions(), None);
        return logs;
    }

    private static async Task CheckAsync(IMessageLog[] logs, long[] counts)
    {
        for (int channel = 1; channel <= Channels; channel++) AssertNumbers(await ReadAll(logs[channel]), 0, counts[channel]);
    }
}
