using System.Collections.Concurrent;

namespace Gateway.Storage.Tests.Contract;

// Drop oldest: nobody waits for space, the quota holds, what is left is the newest.
public abstract partial class MessageLogContract
{
    private static readonly LogOptions Dropping = new() { QuotaBytes = 200_000, Overflow = Overflow.DropOldest };

    [Fact]
    public async Task Where_the_oldest_give_way_appends_always_fit_the_quota_holds_and_the_newest_stay_also_after_a_kill()
    {
        const int PacketMessages = 20;
        IMessageLog log = await OpenAsync(options: Dropping);
        int packets = 0;
        for (int round = 0; round < 2; round++)
        {
            long before = log.State.Count;
            for (int i = 0; i < 200; i++)
            {
                await AppendAsync(log, Pack(packets++ * PacketMessages, PacketMessages));
                Assert.InRange(log.State.Bytes, 1, Dropping.QuotaBytes);
            }

            Assert.Equal(before + (200 * PacketMessages), log.State.Count + log.State.DroppedCount);
            await AssertNewestStayAsync(log, packets * PacketMessages);
            await KillAndReopenStoreAsync();
            log = await OpenAsync(options: Dropping);
            await AssertNewestStayAsync(log, packets * PacketMessages);
        }
    }

    [Fact]
    public async Task Sixty_four_writers_get_everything_stored_while_the_oldest_give_way_and_a_slow_reader_is_told_what_it_missed()
    {
        const int PacketsEach = 40, PacketMessages = 5, Total = Writers * PacketsEach * PacketMessages;
        IMessageLog log = await OpenAsync(options: Dropping);
        using var written = new CancellationTokenSource();
        Task<(int Seen, int Skips)> reader = Task.Run(async () =>
        {
            var seen = new HashSet<long>();
            int skips = 0;
            var page = new MessagePage();
            long last = 0;
            for (long key = 1; ; key = page.NextKey)      // not 0, which asks for whatever is the oldest
            {
                await ReadAsync(log, key, 50, 1 << 20, page);
                if (page.SkippedToHead) skips++;
                for (int i = 0; i < page.Count; i++)
                {
                    Assert.True(page.Key(i) > last && seen.Add(NumberOf(page.Payload(i))), "read twice or out of order");
                    last = page.Key(i);
                }

                if (page.Count == 0 && written.IsCancellationRequested) return (seen.Count, skips);
                await Task.Delay(1, None);
            }
        }, None);
        var last = new ConcurrentDictionary<int, long>();
        await Task.WhenAll(Start(Writers, async writer =>
        {
            for (int i = 0; i < PacketsEach; i++)
            {
                Packet packet = Pack((writer * 1_000L) + (i * PacketMessages), PacketMessages);
                // Full is possible for the moment in which too little of a small log is acknowledged.
                AppendResult result;
                while ((result = await AppendKnownAsync(log, packet)).Status == AppendStatus.Full) await log.WaitForSpaceAsync(None).AsTask().WaitAsync(Patience, None);
                Assert.Equal(AppendStatus.Appended, result.Status);
                Assert.True(result.FirstKey > last.GetValueOrDefault(writer));
                last[writer] = result.LastKey;
                Assert.InRange(log.State.Bytes, 0, Dropping.QuotaBytes);
            }
        }));
        await written.CancelAsync();
        (int seen, int skips) = await reader.WaitAsync(Patience, None);
        Assert.True(seen == Total || skips > 0, $"{Total - seen} messages were missed without a word");
        Assert.Equal(Total, log.State.Count + log.State.DroppedCount);
        Assert.Equal(log.State.Count, (await ReadAllAsync(log)).Count);
    }

    [Fact]
    public async Task A_full_log_takes_messages_as_soon_as_its_oldest_may_give_way()
    {
        IMessageLog log = await OpenAsync(options: Dropping with { Overflow = Overflow.Block });
        int packets = 0;
        for (; (await AppendKnownAsync(log, Pack(packets * 10, 10))).Status == AppendStatus.Appended; packets++) { }
        Task waiting = log.WaitForSpaceAsync(None).AsTask();
        Assert.False(waiting.IsCompleted);
        Assert.Equal(0, log.State.DroppedCount);
        log.Configure(Dropping);
        await waiting.WaitAsync(Patience, None);
        await AppendAsync(log, Pack(packets * 10, 10));
        Assert.True(log.State.DroppedCount > 0);
        await AssertNewestStayAsync(log, (packets + 1) * 10);
    }

    [Theory]
    [InlineData(Overflow.Block)]
    [InlineData(Overflow.DropOldest)]
    public async Task A_packet_longer_than_the_whole_quota_is_too_large_and_nothing_gives_way_for_it_in_vain(Overflow overflow)
    {
        IMessageLog log = await OpenAsync(options: Dropping with { Overflow = overflow });
        Assert.Equal(AppendStatus.TooLarge, (await AppendKnownAsync(log, Pack(0, 30, 10_000))).Status);
        await AppendAsync(log, Pack(0, 10));
        await AssertHoldsAsync(log, Numbers(0, 10));
    }

    /// <summary>The messages up to a number, without a gap, and as many as the quota must allow whatever pages an engine has.</summary>
    private static async Task AssertNewestStayAsync(IMessageLog log, int next)
    {
        int count = (int)log.State.Count;
        await AssertHoldsAsync(log, Numbers(next - count, count));
        Assert.True(count >= Math.Min(next, 400), $"{count} messages are left");
    }
}
