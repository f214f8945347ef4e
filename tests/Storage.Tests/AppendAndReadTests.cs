namespace Gateway.Storage.Tests;

public sealed class AppendAndReadTests : StoreFixture
{
    [Fact]
    public async Task Appended_messages_come_back_in_order_with_keys_time_and_payload()
    {
        await using MessageStore store = Open();
        IMessageLog log = await store.OpenAsync(7, new LogOptions(), None);
        AppendResult first = await Append(log, Pack(1, 25, serverTimeUs: 5_000));
        AppendResult second = await Append(log, Pack(26, 1, payloadBytes: Packet.MessageBytesMax, serverTimeUs: 6_000));

        Assert.True(first.FirstKey >= 1 && first.LastKey > first.FirstKey && second.FirstKey > first.LastKey);
        var page = new MessagePage();
        await log.ReadAsync(0, 100, int.MaxValue, page, None);
        Assert.Equal(26, page.Count);
        Assert.Equal(5_000, page.ServerTimeUs(0));
        Assert.Equal(6_000, page.ServerTimeUs(25));
        Assert.Equal(Packet.MessageBytesMax, page.Payload(25).Length);
        Assert.Equal(second.LastKey + 1, page.NextKey);
        AssertNumbers(await ReadAll(log), 1, 26);
    }

    [Theory]
    [InlineData(Durability.Commit)]
    [InlineData(Durability.Os)]
    [InlineData(Durability.Memory)]
    public async Task Messages_are_there_after_closing_and_opening_again(Durability durability)
    {
        await using (MessageStore store = Open())
        {
            IMessageLog log = await store.OpenAsync(1, new LogOptions { Durability = durability }, None);
            for (int i = 0; i < 200; i++) await Append(log, Pack(i * 25, 25));
        }

        await using (MessageStore store = Open())
        {
            IMessageLog log = await store.OpenAsync(1, new LogOptions(), None);
            AssertNumbers(await ReadAll(log), 0, 5_000);
            await Append(log, Pack(5_000, 25));
            AssertNumbers(await ReadAll(log), 0, 5_025);
        }

        await using (MessageStore store = Open())
            AssertNumbers(await ReadAll(await store.OpenAsync(1, new LogOptions(), None)), 0, 5_025);
    }

    [Fact]
    public async Task Concurrent_appends_of_many_channels_keep_each_packet_together_and_each_writer_in_order()
    {
        await using MessageStore store = Open();
        IMessageLog[] logs = await Task.WhenAll(Enumerable.Range(1, 8).Select(async id => await store.OpenAsync(id, new LogOptions(), None)));
        await Task.WhenAll(Enumerable.Range(0, 64).Select(writer => Task.Run(async () =>
        {
            for (int i = 0; i < 50; i++) await Append(logs[writer % 8], Pack((writer * 1_000_000L) + (i * 5), 5));
        })));

        foreach (IMessageLog log in logs)
        {
            List<(long Key, long Number)> all = await ReadAll(log);
            Assert.Equal(8 * 50 * 5, all.Count);
            Assert.Equal(8 * 50 * 5, log.State.Count);
            foreach (IGrouping<long, (long Key, long Number)> writer in all.GroupBy(message => message.Number / 1_000_000))
                Assert.Equal(Enumerable.Range(0, 250).Select(i => (long)i), writer.Select(message => message.Number % 1_000_000));
            foreach ((long Key, long Number)[] packet in all.Chunk(5))
                Assert.Equal(packet[0].Number + 4, packet[4].Number);
        }
    }

    [Fact]
    public async Task Messages_too_large_are_refused_and_nothing_of_their_packet_is_stored()
    {
        await using MessageStore store = Open();
        IMessageLog log = await store.OpenAsync(1, new LogOptions(), None);
        Assert.Equal(AppendStatus.TooLarge, (await log.AppendAsync(Pack(0, 2, Packet.MessageBytesMax + 1), None)).Status);
        Assert.Equal(AppendStatus.TooLarge, (await log.AppendAsync(Pack(0, 64, Packet.MessageBytesMax), None)).Status);     // 2 MiB do not fit this journal's page
        Assert.Equal(0, log.State.Count);
        AssertNumbers(await ReadAll(log), 0, 0);
    }

    [Fact]
    public async Task A_packet_of_four_mebibytes_is_stored_whole()
    {
        await using MessageStore store = Open(Options with { JournalPageBits = 23, JournalSegmentBits = 23 });
        IMessageLog log = await store.OpenAsync(1, new LogOptions(), None);
        for (int i = 0; i < 5; i++) await Append(log, Pack(i * 128, 128, Packet.MessageBytesMax));
        AssertNumbers(await ReadAll(log), 0, 640);
    }

    [Fact]
    public async Task Reading_stops_at_the_count_and_at_the_bytes_and_goes_on_from_the_next_key()
    {
        await using MessageStore store = Open();
        IMessageLog log = await store.OpenAsync(1, new LogOptions(), None);
        await Append(log, Pack(0, 100));
        var page = new MessagePage();
        await log.ReadAsync(0, 10, int.MaxValue, page, None);
        Assert.Equal(10, page.Count);
        await log.ReadAsync(page.NextKey, 100, 550, page, None);
        Assert.Equal(5, page.Count);
        Assert.Equal(10, NumberOf(page.Payload(0)));
        await log.ReadAsync(page.NextKey, 100, 1, page, None);
        Assert.Equal(1, page.Count);
        Assert.Equal(15, NumberOf(page.Payload(0)));
    }

    [Fact]
    public async Task Backward_reading_gives_the_same_messages_newest_first()
    {
        await using MessageStore store = Open();
        IMessageLog log = await store.OpenAsync(1, new LogOptions(), None);
        for (int i = 0; i < 200; i++) await Append(log, Pack(i * 10, 10, 300));
        var page = new MessagePage();
        var all = new List<long>();
        for (long key = long.MaxValue; ; key = page.NextKey)
        {
            await log.ReadBackwardAsync(key, 333, 1 << 20, page, None);
            if (page.Count == 0) break;
            for (int i = 0; i < page.Count; i++) all.Add(NumberOf(page.Payload(i)));
        }

        Assert.Equal(Enumerable.Range(0, 2_000).Select(i => 1_999L - i), all);
    }

    [Fact]
    public async Task Finding_by_time_gives_the_first_message_at_or_after_it()
    {
        await using MessageStore store = Open();
        IMessageLog log = await store.OpenAsync(1, new LogOptions(), None);
        var keys = new long[300];
        for (int i = 0; i < keys.Length; i++) keys[i] = (await Append(log, Pack(i * 10, 10, 300, serverTimeUs: 1_000L * i))).FirstKey;
        foreach (int i in new[] { 0, 1, 17, 150, 299 })
        {
            Assert.Equal(keys[i], await log.FindAsync(1_000L * i, None));
            if (i > 0) Assert.Equal(keys[i], await log.FindAsync((1_000L * i) - 999, None));
        }

        Assert.Equal(log.State.NextKey, await log.FindAsync(1_000_000_000, None));
    }

    [Fact]
    public async Task Waiting_ends_with_the_append_and_with_the_deletion_of_the_channel()
    {
        await using MessageStore store = Open();
        IMessageLog log = await store.OpenAsync(1, new LogOptions(), None);
        Task<bool>[] waiting = [.. Enumerable.Range(0, 10).Select(_ => log.WaitAsync(log.State.NextKey, None).AsTask())];
        Assert.DoesNotContain(waiting, task => task.IsCompleted);
        await Append(log, Pack(0, 1));
        Assert.All(await Task.WhenAll(waiting).WaitAsync(TimeSpan.FromSeconds(10), None), Assert.True);

        Task<bool> last = log.WaitAsync(log.State.NextKey, None).AsTask();
        await store.DeleteAsync(1, None);
        Assert.False(await last.WaitAsync(TimeSpan.FromSeconds(10), None));
        Assert.Equal(AppendStatus.Unavailable, (await log.AppendAsync(Pack(1, 1), None)).Status);
    }
}
