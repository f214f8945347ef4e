namespace Gateway.Storage.Tests.Contract;

// Reads: by key, newest first, by time; pages bounded; nothing is consumed.
public abstract partial class MessageLogContract
{
    [Fact]
    public async Task Reading_stops_at_the_count_and_at_the_bytes_and_goes_on_from_the_next_key()
    {
        IMessageLog log = await OpenAsync();
        await AppendAsync(log, Pack(0, 60));
        await AppendAsync(log, Pack(60, 40));
        var page = new MessagePage();
        await ReadAsync(log, 0, 10, int.MaxValue, page);
        Assert.Equal(Numbers(0, 10), NumbersOf(page));
        await ReadAsync(log, page.NextKey, 100, 550, page);
        Assert.Equal(Numbers(10, 5), NumbersOf(page));
        await ReadAsync(log, page.NextKey, 100, 1, page);       // one at least, or a reader would never get on
        Assert.Equal(Numbers(15, 1), NumbersOf(page));
        await ReadAsync(log, page.NextKey, 1_000, int.MaxValue, page);
        Assert.Equal(Numbers(16, 84), NumbersOf(page));
        long end = page.NextKey;
        await ReadAsync(log, end, 10, int.MaxValue, page);
        Assert.Equal((0, end), (page.Count, page.NextKey));
        await AppendAsync(log, Pack(100, 1));
        await ReadAsync(log, end, 10, int.MaxValue, page);
        Assert.Equal(Numbers(100, 1), NumbersOf(page));
    }

    [Fact]
    public async Task Reading_consumes_nothing_and_readers_do_not_disturb_each_other()
    {
        IMessageLog log = await OpenAsync();
        for (int i = 0; i < 20; i++) await AppendAsync(log, Pack(i * 10, 10));
        LogState before = log.State;
        await Task.WhenAll(Start(8, async reader => Assert.Equal(Numbers(0, 200), (await ReadAllAsync(log, countMax: 1 + (reader * 7))).Select(message => message.Number))));
        Assert.Equal((before.HeadKey, before.NextKey, before.Count, before.Bytes), (log.State.HeadKey, log.State.NextKey, log.State.Count, log.State.Bytes));
    }

    [Fact]
    public async Task Backward_reading_gives_the_same_messages_newest_first_in_pages_as_bounded()
    {
        IMessageLog log = await OpenAsync();
        for (int i = 0; i < 60; i++) await AppendAsync(log, Pack(i * 10, 10, 300));
        var page = new MessagePage();
        var all = new List<long>();
        int turn = 0;
        for (long key = long.MaxValue; ; key = page.NextKey)
        {
            int countMax = 1 + (turn++ * 37 % 150), bytesMax = 1 + (turn * 4_001 % 40_000);
            await ReadBackwardAsync(log, key, countMax, bytesMax, page);
            if (page.Count == 0) break;
            Assert.True(page.Count <= countMax && (page.Count == 1 || page.Bytes <= bytesMax), $"{page.Count} messages, {page.Bytes} bytes");
            all.AddRange(NumbersOf(page));
        }

        Assert.Equal(Numbers(0, 600).Reverse(), all);
    }

    [Fact]
    public async Task Finding_by_time_gives_the_first_message_at_or_after_it()
    {
        IMessageLog log = await OpenAsync();
        long start = NowUs - 1_000_000;
        var keys = new long[100];
        for (int i = 0; i < keys.Length; i++)
        {
            Packet packet = Pack(i * 10, 10, 300);
            packet.ServerTimeUs = start + (i * 1_000L);
            keys[i] = (await AppendAsync(log, packet)).FirstKey;
        }

        foreach (int i in new[] { 0, 1, 17, 50, 99 })
        {
            Assert.Equal(keys[i], await FindAsync(log, start + (i * 1_000L)));
            if (i > 0) Assert.Equal(keys[i], await FindAsync(log, start + (i * 1_000L) - 999));
        }

        Assert.Equal(keys[0], await FindAsync(log, 0));
        Assert.Equal(log.State.NextKey, await FindAsync(log, start + 1_000_000_000));
    }

    [Fact]
    public async Task Reading_below_the_head_begins_at_the_head_and_says_so()
    {
        IMessageLog log = await OpenAsync();
        await AppendAsync(log, Pack(0, 100));
        List<(long Key, long Number)> all = await ReadAllAsync(log);
        await DeleteKnownAsync(log, 0, all[50].Key);
        var page = new MessagePage();
        await ReadAsync(log, all[10].Key, 5, int.MaxValue, page);
        Assert.True(page.SkippedToHead);
        Assert.Equal(Numbers(50, 5), NumbersOf(page));
        await ReadAsync(log, page.NextKey, 5, int.MaxValue, page);
        Assert.False(page.SkippedToHead);
        Assert.Equal(Numbers(55, 5), NumbersOf(page));
        await ReadBackwardAsync(log, all[53].Key, 10, int.MaxValue, page);
        Assert.Equal([52, 51, 50], NumbersOf(page));
        await ReadBackwardAsync(log, all[50].Key, 10, int.MaxValue, page);
        Assert.Equal(0, page.Count);
    }

    [Fact]
    public async Task An_empty_log_reads_as_empty_in_every_way()
    {
        IMessageLog log = await OpenAsync();
        var page = new MessagePage();
        await ReadAsync(log, 0, 10, int.MaxValue, page);
        Assert.Equal((0, false), (page.Count, page.SkippedToHead));
        await ReadBackwardAsync(log, long.MaxValue, 10, int.MaxValue, page);
        Assert.Equal(0, page.Count);
        Assert.Equal(log.State.NextKey, await FindAsync(log, 0));
        Assert.Equal((0L, 0L, false), (log.State.Count, log.State.Bytes, log.State.IsFull));
        Assert.Equal(log.State.HeadKey, log.State.NextKey);
    }

    [Fact]
    public async Task A_read_that_is_cancelled_before_it_begins_says_so()
    {
        IMessageLog log = await OpenAsync();
        await AppendAsync(log, Pack(0, 5));
        var page = new MessagePage();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await log.ReadAsync(0, 5, 100, page, new CancellationToken(canceled: true)));
        await ReadAsync(log, 0, 5, int.MaxValue, page);
        Assert.Equal(5, page.Count);
    }

    private static IEnumerable<long> NumbersOf(MessagePage page) => [.. Enumerable.Range(0, page.Count).Select(i => NumberOf(page.Payload(i)))];
}
