namespace Gateway.Storage.Tests;

public sealed class QuotaAndAgeTests : StoreFixture
{
    [Fact]
    public async Task Sixty_four_writers_never_get_past_the_quota_and_every_refusal_is_told()
    {
        await using MessageStore store = Open();
        IMessageLog log = await store.OpenAsync(1, new LogOptions { QuotaBytes = 1_000_000 }, None);
        long appended = 0, full = 0;
        await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Run(async () =>
        {
            for (int i = 0; i < 40; i++)
            {
                AppendResult result = await log.AppendAsync(Pack(0, 10), None);
                if (result.Status == AppendStatus.Appended) Interlocked.Add(ref appended, 10);
                else if (result.Status == AppendStatus.Full) Interlocked.Increment(ref full);
                Assert.True(log.State.Bytes <= 1_000_000);
            }
        })));
        Assert.True(full > 0 && appended > 7_000);
        Assert.Equal(64 * 40, (appended / 10) + full);
        Assert.Equal(appended, log.State.Count);
        Assert.True(log.State.IsFull);
        Assert.Equal(appended, (await ReadAll(log)).Count);
    }

    [Fact]
    public async Task A_full_log_takes_messages_again_as_soon_as_some_are_deleted()
    {
        await using MessageStore store = Open();
        IMessageLog log = await store.OpenAsync(1, new LogOptions { QuotaBytes = 200_000 }, None);
        int i = 0;
        while ((await log.AppendAsync(Pack(i * 10, 10), None)).Status == AppendStatus.Appended) i++;
        Task waiting = log.WaitForSpaceAsync(None).AsTask();
        Assert.False(waiting.IsCompleted);
        Assert.Equal(500, (await log.DeleteBelowAsync(501, None)).Count);
        await waiting.WaitAsync(TimeSpan.FromSeconds(10), None);
        await Append(log, Pack(i * 10, 10));
        AssertNumbers(await ReadAll(log), 500, (i * 10) - 490);
    }

    [Fact]
    public async Task Deleting_gives_whole_files_back_to_the_disk_at_the_next_checkpoint()
    {
        await using MessageStore store = Open(Options with { ChannelSegmentBits = 17 });
        IMessageLog log = await store.OpenAsync(1, new LogOptions(), None);
        for (int i = 0; i < 20; i++) await Append(log, Pack(i * 100, 100, 1_000));
        string folder = Path.Combine(Options.Folder, "channels", "1");
        Assert.True(Directory.GetFiles(folder).Length >= 15);
        await log.DeleteBelowAsync(1_900, None);
        Assert.True(await store.CheckpointAsync(None));
        await Until(() => Directory.GetFiles(folder).Length <= 3, "the files' removal");
        AssertNumbers(await ReadAll(log), 1_899, 101);
    }

    [Fact]
    public async Task Reading_below_the_head_begins_at_the_head_and_says_so()
    {
        await using MessageStore store = Open();
        IMessageLog log = await store.OpenAsync(1, new LogOptions(), None);
        await Append(log, Pack(0, 100));
        await log.DeleteBelowAsync(51, None);
        var page = new MessagePage();
        await log.ReadAsync(10, 5, int.MaxValue, page, None);
        Assert.True(page.SkippedToHead);
        Assert.Equal(50, NumberOf(page.Payload(0)));
        await log.ReadAsync(page.NextKey, 5, int.MaxValue, page, None);
        Assert.False(page.SkippedToHead);
    }

    [Fact]
    public async Task Expiry_removes_what_is_older_than_the_limit_and_nothing_younger()
    {
        var time = new ManualTime();
        await using MessageStore store = Open(Options with { Time = time });
        IMessageLog log = await store.OpenAsync(1, new LogOptions { AgeMax = TimeSpan.FromMinutes(10) }, None);
        for (int minute = 0; minute < 20; minute++)
        {
            for (int i = 0; i < 10; i++) await Append(log, Pack((minute * 1_000L) + (i * 100), 100, serverTimeUs: time.NowUs));
            time.Advance(TimeSpan.FromMinutes(1));
        }

        store.Expire();
        AssertNumbers(await ReadAll(log), 10_000, 10_000);      // minute 10 is exactly ten minutes old
        time.Advance(TimeSpan.FromTicks(10));
        store.Expire();
        AssertNumbers(await ReadAll(log), 11_000, 9_000);
        time.Advance(TimeSpan.FromHours(1));
        store.Expire();
        Assert.Empty(await ReadAll(log));
        Assert.Equal(0, log.State.Bytes);
    }
}
