namespace Gateway.Storage.Tests;

public sealed class FaultTests : StoreFixture
{
    private static bool IsJournal(string path) => Path.GetFileName(path).StartsWith("journal-", StringComparison.Ordinal);

    private static bool IsLog(string path, int channel) => path.Contains($"channels{Path.DirectorySeparatorChar}{channel}{Path.DirectorySeparatorChar}", StringComparison.Ordinal);

    /// <summary>Promise: while the disk is full nothing is acknowledged; when there is room again appends go on by themselves and nothing acknowledged is lost.</summary>
    [Fact]
    public async Task A_full_disk_under_the_journal_stops_appends_and_they_resume_alone()
    {
        var files = new FaultyFiles();
        await using (MessageStore store = Open(files))
        {
            IMessageLog log = await store.OpenAsync(1, new LogOptions(), None);
            await Append(log, Pack(0, 10));
            files.FailWrite = IsJournal;
            Assert.Equal(AppendStatus.Unavailable, (await log.AppendAsync(Pack(10, 10), None)).Status);
            Assert.Equal(AppendStatus.Unavailable, (await log.AppendAsync(Pack(20, 10), None)).Status);
            Assert.False(log.State.IsAvailable);
            Assert.Equal(10, (await ReadAll(log)).Count);

            files.FailWrite = _ => false;
            await Until(() => log.State.IsAvailable, "the journal's recovery");
            await Append(log, Pack(100, 10));
        }

        // The second packet's outcome was told as unknown: it was in the journal's memory and is stored; the third was refused at the door.
        await using MessageStore again = Open();
        Assert.Equal([.. Range(0, 20), .. Range(100, 10)], (await ReadAll(await again.OpenAsync(1, new LogOptions(), None))).Select(message => message.Number));
    }

    /// <summary>Promise: a failed sync is final for the journal's files; a new journal goes on after everything was synced elsewhere.</summary>
    [Fact]
    public async Task A_failed_sync_of_the_journal_ends_it_and_another_goes_on()
    {
        var files = new FaultyFiles();
        string copy = Path.Combine(Folder, "copy");
        await using (MessageStore store = Open(files))
        {
            IMessageLog log = await store.OpenAsync(1, new LogOptions(), None);
            await Append(log, Pack(0, 10));
            string first = Directory.GetFiles(Options.Folder, "journal-*").Single();
            files.FailSync = path => path == first;
            Assert.Equal(AppendStatus.Unavailable, (await log.AppendAsync(Pack(10, 10), None)).Status);
            Task waiting = log.WaitForSpaceAsync(None).AsTask();
            await waiting.WaitAsync(TimeSpan.FromSeconds(20), None);
            await Append(log, Pack(100, 10));
            Assert.NotEqual(first, Directory.GetFiles(Options.Folder, "journal-*").Single());
            CopyFolder(Options.Folder, copy);
        }

        await using MessageStore again = Open(Options with { Folder = copy });
        Assert.Equal([.. Range(0, 20), .. Range(100, 10)], (await ReadAll(await again.OpenAsync(1, new LogOptions(), None))).Select(message => message.Number));
    }

    /// <summary>Promise: a disk that refuses one channel's file stops that channel and no other.</summary>
    [Fact]
    public async Task A_channel_whose_file_can_not_be_written_stops_alone_and_resumes_alone()
    {
        var files = new FaultyFiles();
        await using (MessageStore store = Open(files, Options with { CheckpointIntervalSeconds = 1 }))
        {
            IMessageLog one = await store.OpenAsync(1, new LogOptions(), None), two = await store.OpenAsync(2, new LogOptions(), None);
            files.FailWrite = path => IsLog(path, 1);
            int packets = 0;
            while (packets < 1_000 && (await one.AppendAsync(Pack(packets * 10, 10, 1_000), None)).Status == AppendStatus.Appended) packets++;
            Assert.InRange(packets, 1, 999);
            await Append(two, Pack(0, 10));
            Assert.Equal(packets * 10, (await ReadAll(one)).Count);

            files.FailWrite = _ => false;
            await Until(() => one.State.IsAvailable, "the channel's recovery");
            await Append(one, Pack(packets * 10, 10, 1_000));
            AssertNumbers(await ReadAll(one), 0, (packets + 1) * 10);
        }

        await using MessageStore again = Open();
        AssertNumbers((await ReadAll(await again.OpenAsync(2, new LogOptions(), None))), 0, 10);
        List<(long Key, long Number)> all = await ReadAll(await again.OpenAsync(1, new LogOptions(), None));
        AssertNumbers(all, 0, all.Count);
    }

    /// <summary>Promise: with a channel's file poisoned by a failed sync the journal is kept, so a start brings everything back.</summary>
    [Fact]
    public async Task A_failed_sync_of_a_channels_file_keeps_the_journal_and_a_start_repairs_it()
    {
        var files = new FaultyFiles();
        int packets = 0;
        await using (MessageStore store = Open(files))
        {
            IMessageLog log = await store.OpenAsync(1, new LogOptions(), None), other = await store.OpenAsync(2, new LogOptions(), None);
            for (; packets < 50; packets++) await Append(log, Pack(packets * 10, 10));
            files.FailSync = path => IsLog(path, 1);
            Assert.False(await store.CheckpointAsync(None));
            Assert.Equal(AppendStatus.Unavailable, (await log.AppendAsync(Pack(0, 1), None)).Status);
            await Append(other, Pack(0, 10));
        }

        await using MessageStore again = Open();
        AssertNumbers(await ReadAll(await again.OpenAsync(1, new LogOptions(), None)), 0, packets * 10);
        AssertNumbers(await ReadAll(await again.OpenAsync(2, new LogOptions(), None)), 0, 10);
    }

    /// <summary>Promise: after a failed sync the channel's file is written anew, and the channel goes on by itself once that one is synced.</summary>
    [Fact]
    public async Task A_channel_whose_sync_failed_goes_on_with_a_new_file()
    {
        var files = new FaultyFiles();
        await using (MessageStore store = Open(files, Options with { CheckpointIntervalSeconds = 1 }))
        {
            IMessageLog log = await store.OpenAsync(1, new LogOptions(), None);
            for (int i = 0; i < 50; i++) await Append(log, Pack(i * 10, 10));
            files.FailSync = path => IsLog(path, 1);
            await Until(() => !log.State.IsAvailable, "the sync's failure");
            files.FailSync = _ => false;
            await log.WaitForSpaceAsync(None).AsTask().WaitAsync(TimeSpan.FromSeconds(20), None);
            await Append(log, Pack(500, 10));
        }

        await using MessageStore again = Open();
        AssertNumbers(await ReadAll(await again.OpenAsync(1, new LogOptions(), None)), 0, 510);
    }

    [Fact]
    public async Task A_cancelled_append_stops_waiting_and_is_stored_all_the_same()
    {
        await using MessageStore store = Open(Options with { CommitIntervalMs = 200 });
        IMessageLog log = await store.OpenAsync(1, new LogOptions(), None);
        using var cancel = new CancellationTokenSource();
        Task<AppendResult> append = log.AppendAsync(Pack(0, 10), cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => append);
        await Append(log, Pack(10, 10));
        AssertNumbers(await ReadAll(log), 0, 20);
    }

    private static IEnumerable<long> Range(long first, int count) => Enumerable.Range(0, count).Select(i => first + i);
}
