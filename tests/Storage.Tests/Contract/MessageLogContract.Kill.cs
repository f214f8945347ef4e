using System.Collections.Concurrent;

namespace Gateway.Storage.Tests.Contract;

// The death of the process: nothing that was acknowledged is missing, nothing is there twice or in part.
public abstract partial class MessageLogContract
{
    private const int KillPacketMessages = 3;

    /// <summary>Promise: whatever was told to be stored when the store was killed is there once, whole and in order, after any number of kills.</summary>
    [Fact]
    public async Task Killed_while_many_write_the_store_holds_every_acknowledged_message_once_and_in_order()
    {
        const int Channels = 3, WritersHere = 12, Kills = 3, PacketsBetween = 200;
        var acknowledged = new ConcurrentDictionary<int, long>();      // writer → messages
        for (int kill = 0; kill < Kills; kill++)
        {
            var logs = new IMessageLog[Channels];
            for (int i = 0; i < Channels; i++) logs[i] = await OpenAsync(i + 1);
            long[] next = await CheckWritersAsync(logs, WritersHere, acknowledged, $"before kill {kill}");
            long before = acknowledged.Values.Sum();
            using var stop = new CancellationTokenSource();
            Task[] writers = Start(WritersHere, writer => WriteUntilAsync(logs[writer % Channels], writer, next[writer], acknowledged, stop.Token));
            await UntilAsync(() => acknowledged.Values.Sum() >= before + (PacketsBetween * KillPacketMessages), "enough acknowledged packets");
            await KillStoreAsync(_store!);
            await stop.CancelAsync();
            await Task.WhenAll(writers).WaitAsync(Patience, None);
            _store = await OpenStoreAsync();
        }

        var last = new IMessageLog[Channels];
        for (int i = 0; i < Channels; i++) last[i] = await OpenAsync(i + 1);
        await CheckWritersAsync(last, WritersHere, acknowledged, "after the last kill");
    }

    [Fact]
    public async Task What_was_told_as_deleted_stays_deleted_after_a_kill()
    {
        IMessageLog log = await OpenAsync();
        for (int i = 0; i < 20; i++) await AppendAsync(log, Pack(i * 10, 10));
        List<(long Key, long Number)> all = await ReadAllAsync(log);
        await DeleteKnownAsync(log, 0, all[105].Key);
        await KillAndReopenStoreAsync();
        log = await OpenAsync();
        await AssertHoldsAsync(log, Numbers(105, 95));
        AppendResult result = await AppendAsync(log, Pack(210, 10));
        Assert.True(result.FirstKey > all[^1].Key);
    }

    private async Task WriteUntilAsync(IMessageLog log, int writer, long next, ConcurrentDictionary<int, long> acknowledged, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            Packet packet = Pack((writer * 1_000_000_000L) + next, KillPacketMessages);
            packet.DeduplicationId = Interlocked.Increment(ref s_lastId);
            while (true)
            {
                AppendResult result = await log.AppendAsync(packet, None);
                if (result.Status == AppendStatus.Appended) break;
                Assert.Equal(AppendStatus.Unavailable, result.Status);
                if (stop.IsCancellationRequested) return;
                await Task.Delay(5, None);
            }

            acknowledged[writer] = next += KillPacketMessages;
        }
    }

    /// <summary>Each writer's messages are there from the first without a gap, whole packets, and at least those acknowledged.</summary>
    /// <returns>The number each writer goes on with.</returns>
    private static async Task<long[]> CheckWritersAsync(IMessageLog[] logs, int writers, ConcurrentDictionary<int, long> acknowledged, string when)
    {
        var next = new long[writers];
        for (int channel = 0; channel < logs.Length; channel++)
        {
            foreach ((long _, long number) in await ReadAllAsync(logs[channel]))
            {
                int writer = (int)(number / 1_000_000_000);
                Assert.True(writer % logs.Length == channel && number % 1_000_000_000 == next[writer], $"{when}: {number} where {next[writer]} of writer {writer} belongs");
                next[writer]++;
            }
        }

        for (int writer = 0; writer < writers; writer++)
        {
            Assert.True(next[writer] >= acknowledged.GetValueOrDefault(writer), $"{when}: writer {writer} has {next[writer]} of {acknowledged.GetValueOrDefault(writer)} acknowledged messages");
            Assert.True(next[writer] % KillPacketMessages == 0, $"{when}: a packet of writer {writer} is there in part");
        }

        return next;
    }
}
