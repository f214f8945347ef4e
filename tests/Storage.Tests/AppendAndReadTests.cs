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
}
