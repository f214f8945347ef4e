using System.Collections.Concurrent;

namespace Gateway.Storage.Tests;

public sealed class RecoveryTests : StoreFixture
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_copy_taken_while_appends_go_on_holds_all_that_was_acknowledged_before(bool withCheckpoint)
    {
        var acked = new ConcurrentDictionary<int, long>();
        string copy = Path.Combine(Folder, "copy");
        var before = new Dictionary<int, long>();
        await using (MessageStore store = Open())
        {
            IMessageLog[] logs = await Task.WhenAll(Enumerable.Range(1, 4).Select(async id => await store.OpenAsync(id, new LogOptions(), None)));
            using var stop = new CancellationTokenSource();
            Task[] writers = [.. Enumerable.Range(0, 4).Select(channel => Task.Run(async () =>
            {
                for (long i = 0; !stop.IsCancellationRequested; i += 7)
                {
                    await Append(logs[channel], Pack(i, 7));
                    acked[channel] = i + 7;
                }
            }))];
            await Until(() => acked.Values.Sum() > 10_000 && acked.Count == 4, "10,000 messages");
            if (withCheckpoint) Assert.True(await store.CheckpointAsync(None));
            foreach ((int channel, long count) in acked) before[channel] = count;
            CopyFolder(Options.Folder, copy);
            await stop.CancelAsync();
            await Task.WhenAll(writers);
        }

        await using MessageStore opened = Open(Options with { Folder = copy });
        for (int channel = 0; channel < 4; channel++)
        {
            List<(long Key, long Number)> all = await ReadAll(await opened.OpenAsync(channel + 1, new LogOptions(), None));
            Assert.True(all.Count >= before[channel], $"channel {channel}: {all.Count} of {before[channel]}");
            AssertNumbers(all, 0, all.Count);
        }
    }

    [Fact]
    public async Task Deleted_messages_stay_deleted_and_deleted_channels_stay_away_after_a_crash()
    {
        string copy = Path.Combine(Folder, "copy");
        await using (MessageStore store = Open())
        {
            IMessageLog log = await store.OpenAsync(1, new LogOptions(), None);
            IMessageLog gone = await store.OpenAsync(2, new LogOptions(), None);
            for (int i = 0; i < 100; i++) await Append(log, Pack(i * 10, 10));
            await Append(gone, Pack(0, 10));
            var page = new MessagePage();
            await log.ReadAsync(0, 505, int.MaxValue, page, None);
            Assert.Equal(505, (await log.DeleteBelowAsync(page.NextKey, None)).Count);
            await store.DeleteAsync(2, None);
            IMessageLog again = await store.OpenAsync(2, new LogOptions(), None);
            await Append(again, Pack(77, 1));
            CopyFolder(Options.Folder, copy);
        }

        for (int start = 0; start < 3; start++)
        {
            await using MessageStore opened = Open(Options with { Folder = copy });
            AssertNumbers(await ReadAll(await opened.OpenAsync(1, new LogOptions(), None)), 505, 495);
            AssertNumbers(await ReadAll(await opened.OpenAsync(2, new LogOptions(), None)), 77, 1);
        }
    }

    [Fact]
    public async Task Everything_deleted_stays_deleted_and_new_messages_follow()
    {
        for (int round = 0; round < 4; round++)
        {
            await using MessageStore store = Open();
            IMessageLog log = await store.OpenAsync(1, new LogOptions(), None);
            Assert.Empty(await ReadAll(log));
            await Append(log, Pack(round * 3_000L, 1_500, 300));
            if (round % 2 == 0) Assert.True(await store.CheckpointAsync(None));
            await Append(log, Pack((round * 3_000L) + 1_500, 1_500, 300));
            AssertNumbers(await ReadAll(log), round * 3_000L, 3_000);
            Assert.Equal(3_000, (await log.DeleteBelowAsync(long.MaxValue, None)).Count);
            Assert.Equal(0, log.State.Bytes);
        }
    }

    /// <summary>Promise: a log that was emptied and whose next message did not fit on the page opens again. (It was refused as damaged: the head stood where the page was left free.)</summary>
    [Theory]
    [InlineData(14_000)]
    [InlineData(16_324)]        // leaves 8 bytes of the page: less than a record
    public async Task A_log_that_was_emptied_near_the_end_of_a_page_opens_again(int secondBytes)
    {
        await using (MessageStore store = Open())
        {
            IMessageLog log = await store.OpenAsync(1, new LogOptions(), None);
            await Append(log, Pack(0, 1, 16_324));
            await Append(log, Pack(1, 1, secondBytes));
            await log.DeleteBelowAsync(long.MaxValue, None);
            await Append(log, Pack(2, 1, 30_000));
            Assert.Equal(30_024, log.State.Bytes);
        }

        await using MessageStore again = Open();
        IMessageLog opened = await again.OpenAsync(1, new LogOptions(), None);
        AssertNumbers(await ReadAll(opened), 2, 1);
        Assert.Equal(30_024, opened.State.Bytes);
    }

    /// <summary>Promise: a log that was closed, emptied and written again opens after a crash although no checkpoint knows of it. (It was refused: its last record had zeros in it.)</summary>
    [Fact]
    public async Task A_closed_log_that_is_emptied_and_written_again_opens_after_a_crash()
    {
        string copy = Path.Combine(Folder, "copy");
        await using (MessageStore store = Open())
        {
            await Append(await store.OpenAsync(1, new LogOptions(), None), Pack(0, 5));
        }

        await using (MessageStore store = Open())
        {
            IMessageLog log = await store.OpenAsync(1, new LogOptions(), None);
            Assert.Equal(5, (await log.DeleteBelowAsync(long.MaxValue, None)).Count);
            for (int i = 5; i < 205; i += 10) await Append(log, Pack(i, 10, 1_000));        // more than a page, so that the file is written
            CopyFolder(Options.Folder, copy);
        }

        await using MessageStore again = Open(Options with { Folder = copy });
        AssertNumbers(await ReadAll(await again.OpenAsync(1, new LogOptions(), None)), 5, 200);
    }

    [Fact]
    public async Task A_second_store_on_the_same_folder_is_refused()
    {
        await using MessageStore store = Open();
        Assert.Contains("in use", Assert.Throws<IOException>(() => Open()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_of_a_later_version_is_refused_by_name()
    {
        await Open().DisposeAsync();
        await File.WriteAllTextAsync(Path.Combine(Options.Folder, "format"), "gateway-storage 99\n", None);
        Assert.Contains("version 99", Assert.Throws<DamagedLogException>(() => Open()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_journal_is_cut_after_a_checkpoint_and_idle_logs_open_again()
    {
        var time = new ManualTime();
        await using MessageStore store = Open(Options with { IdleCloseSeconds = 30, Time = time });
        IMessageLog log = await store.OpenAsync(1, new LogOptions(), None);
        for (int i = 0; i < 100; i++) await Append(log, Pack(i * 100, 100, 1_000));
        Assert.True(Directory.GetFiles(Options.Folder, "journal-*").Length > 4);
        Assert.True(await store.CheckpointAsync(None));
        Assert.Single(Directory.GetFiles(Options.Folder, "journal-*"));
        time.Advance(TimeSpan.FromSeconds(30));
        store.CloseIdle();
        AssertNumbers(await ReadAll(log), 0, 10_000);
        await Append(log, Pack(10_000, 1));
        AssertNumbers(await ReadAll(log), 0, 10_001);
    }
}
