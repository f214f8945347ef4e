namespace Gateway.Storage.Tests;

public sealed class QuotaAndAgeTests : StoreFixture
{
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
