namespace Gateway.Storage.Tests.Contract;

// Appends: atomic, in order, never above the quota.
public abstract partial class MessageLogContract
{
    private const int Writers = 64;
    private const long KeyMax = (1L << 53) - 1;

    [Fact]
    public async Task Keys_are_positive_follow_each_other_in_a_packet_and_increase_from_packet_to_packet()
    {
        IMessageLog log = await OpenAsync();
        long last = 0;
        for (int i = 0; i < 20; i++)
        {
            AppendResult result = await AppendAsync(log, Pack(i * 10, 10));
            Assert.InRange(result.FirstKey, last + 1, KeyMax);
            Assert.Equal(result.FirstKey + 9, result.LastKey);
            last = result.LastKey;
        }

        List<(long Key, long Number)> all = await ReadAllAsync(log);
        Assert.Equal(Numbers(0, 200), all.Select(message => message.Number));
        Assert.True(all.Zip(all.Skip(1)).All(pair => pair.First.Key < pair.Second.Key));
        Assert.Equal(last, all[^1].Key);
        Assert.True(log.State.NextKey > last);
    }

    [Fact]
    public async Task Payload_and_time_come_back_as_they_were_given()
    {
        IMessageLog log = await OpenAsync();
        Packet small = Pack(1, 3), large = Pack(4, 2, Packet.MessageBytesMax);
        await AppendAsync(log, small);
        await AppendAsync(log, large);
        var page = new MessagePage();
        await ReadAsync(log, 0, 5, int.MaxValue, page);
        Assert.Equal(5, page.Count);
        for (int i = 0; i < 5; i++)
        {
            Packet packet = i < 3 ? small : large;
            Assert.True(packet[i < 3 ? i : i - 3].SequenceEqual(page.Payload(i)));
            Assert.Equal(packet.ServerTimeUs, page.ServerTimeUs(i));
        }
    }

    [Fact]
    public async Task A_packet_with_a_message_too_large_is_refused_whole()
    {
        IMessageLog log = await OpenAsync();
        await AppendAsync(log, Pack(0, 2));
        var packet = new Packet { ServerTimeUs = NowUs };
        packet.Use(new byte[Packet.MessageBytesMax + 11], [10, Packet.MessageBytesMax + 11], 2);
        Assert.Equal(new AppendResult(AppendStatus.TooLarge, 0, 0), await AppendKnownAsync(log, packet));
        await AppendAsync(log, Pack(2, 2));
        await AssertHoldsAsync(log, Numbers(0, 4));
    }

    [Fact]
    public async Task An_empty_packet_is_stored_at_once_and_leaves_no_trace()
    {
        IMessageLog log = await OpenAsync();
        LogState before = log.State;
        Assert.Equal(AppendStatus.Appended, (await AppendKnownAsync(log, Pack(0, 0))).Status);
        Assert.Equal((before.Count, before.Bytes), (log.State.Count, log.State.Bytes));
    }

    [Fact]
    public async Task A_packet_that_does_not_fit_the_quota_is_refused_whole_and_what_is_there_stays()
    {
        IMessageLog log = await OpenAsync(options: new LogOptions { QuotaBytes = 100_000 });
        int packets = 0;
        for (; (await AppendKnownAsync(log, Pack(packets * 20, 20))).Status == AppendStatus.Appended; packets++) { }
        Assert.InRange(packets, 20, 49);
        Assert.True(log.State.IsFull);
        Assert.Equal(new AppendResult(AppendStatus.Full, 0, 0), await AppendKnownAsync(log, Pack(9_999, 20)));
        await AssertHoldsAsync(log, Numbers(0, packets * 20));
    }

    [Fact]
    public async Task Sixty_four_writers_never_get_past_the_quota_and_every_refusal_is_told()
    {
        const int Quota = 500_000, PacketsEach = 20;
        IMessageLog log = await OpenAsync(options: new LogOptions { QuotaBytes = Quota });
        int appended = 0, refused = 0;
        await Task.WhenAll(Start(Writers, async writer =>
        {
            for (int i = 0; i < PacketsEach; i++)
            {
                AppendResult result = await AppendKnownAsync(log, Pack((writer * 1_000) + (i * 10), 10));
                if (result.Status == AppendStatus.Appended) Interlocked.Add(ref appended, 10);
                else Interlocked.Increment(ref refused);
                Assert.True(log.State.Bytes <= Quota, $"{log.State.Bytes} bytes");
            }
        }));
        Assert.True(appended > 3_000 && refused > 0, $"{appended} messages appended, {refused} packets refused");
        Assert.Equal(Writers * PacketsEach, (appended / 10) + refused);
        Assert.Equal(appended, (await ReadAllAsync(log)).Count);
    }

    [Fact]
    public async Task Concurrent_appends_of_many_channels_keep_each_packet_together_and_each_writer_in_order()
    {
        const int Channels = 4, PacketsEach = 15, PacketMessages = 5;
        var logs = new IMessageLog[Channels];
        for (int i = 0; i < Channels; i++) logs[i] = await OpenAsync(i + 1);
        await Task.WhenAll(Start(Writers, async writer =>
        {
            for (int i = 0; i < PacketsEach; i++) await AppendAsync(logs[writer % Channels], Pack((writer * 1_000_000L) + (i * PacketMessages), PacketMessages));
        }));

        for (int channel = 0; channel < Channels; channel++)
        {
            List<(long Key, long Number)> all = await ReadAllAsync(logs[channel]);
            Assert.Equal(Writers / Channels * PacketsEach * PacketMessages, all.Count);
            foreach (IGrouping<long, long> writer in all.Select(message => message.Number).GroupBy(number => number / 1_000_000))
                Assert.Equal(Numbers(0, PacketsEach * PacketMessages), writer.Select(number => number % 1_000_000));
            foreach ((long Key, long Number)[] packet in all.Chunk(PacketMessages)) Assert.Equal(Numbers(packet[0].Number, PacketMessages), packet.Select(message => message.Number));
        }
    }

    [Fact]
    public async Task Appends_that_are_called_one_after_the_other_without_waiting_get_their_keys_in_that_order()
    {
        IMessageLog log = await OpenAsync();
        AppendResult[] stored = [];
        for (int tries = 0; stored.Length == 0 && tries < 20; tries++)      // a disk may refuse all of them, once
        {
            await AppendAsync(log, Pack(0, 2));
            Task<AppendResult>[] appends = [.. Enumerable.Range(0, 200).Select(i => log.AppendAsync(Pack(i * 2, 2), None).AsTask())];
            stored = [.. (await Task.WhenAll(appends)).Where(result => result.Status == AppendStatus.Appended)];
        }

        Assert.NotEmpty(stored);
        Assert.True(stored.Zip(stored.Skip(1)).All(pair => pair.First.LastKey < pair.Second.FirstKey));
    }

    [Theory]
    [InlineData(Durability.Commit)]
    [InlineData(Durability.Os)]
    [InlineData(Durability.Memory)]
    public async Task Messages_are_there_after_closing_and_opening_again(Durability durability)
    {
        IMessageLog log = await OpenAsync(options: new LogOptions { Durability = durability });
        for (int i = 0; i < 40; i++) await AppendAsync(log, Pack(i * 25, 25));
        long next = log.State.NextKey;
        for (int round = 0; round < 2; round++)
        {
            await ReopenStoreAsync();
            log = await OpenAsync();
            await AssertHoldsAsync(log, Numbers(0, 1_000 + (round * 5)));
            AppendResult result = await AppendAsync(log, Pack(1_000 + (round * 5), 5));
            Assert.True(result.FirstKey >= next, "a key was given twice");
            next = log.State.NextKey;
        }
    }

    [Fact]
    public async Task The_same_log_is_given_for_the_same_channel_and_each_channel_has_its_own_messages()
    {
        IMessageLog one = await OpenAsync(1), two = await OpenAsync(2);
        Assert.Same(one, await OpenAsync(1));
        await AppendAsync(one, Pack(0, 5));
        await AppendAsync(two, Pack(100, 5));
        await AssertHoldsAsync(one, Numbers(0, 5));
        await AssertHoldsAsync(two, Numbers(100, 5));
    }
}
