namespace Gateway.Storage.Tests;

/// <summary>Appends whose outcome was unknown and that are tried again with the same id.</summary>
public sealed class RetryTests : StoreFixture
{
    private static bool IsJournal(string path) => Path.GetFileName(path).StartsWith("journal-", StringComparison.Ordinal);

    /// <summary>Promise: a retry of a packet that went into the log before the disk failed gives the first keys and stores nothing.</summary>
    [Theory]
    [InlineData(Durability.Commit)]
    [InlineData(Durability.Os)]
    public async Task A_retry_after_a_failed_write_gives_the_first_keys_once_they_are_durable(Durability durability)
    {
        var files = new FaultyFiles();
        await using (MessageStore store = Open(files))
        {
            IMessageLog log = await store.OpenAsync(1, new LogOptions { Durability = durability }, None);
            AppendResult before = await Append(log, Pack(0, 10));
            files.FailWrite = IsJournal;
            Packet packet = WithId(Pack(10, 10), 77);
            Assert.Equal(AppendStatus.Unavailable, (await log.AppendAsync(packet, None)).Status);
            Assert.Equal(AppendStatus.Unavailable, (await log.AppendAsync(packet, None)).Status);     // not durable yet: still unknown
            Assert.Equal(10, log.State.Count);

            files.FailWrite = _ => false;
            await Until(() => log.State.IsAvailable, "the journal's recovery");
            AppendResult retried = await Append(log, packet);
            Assert.Equal(before.LastKey + 1, retried.FirstKey);
            Assert.Equal(retried.FirstKey + 9, retried.LastKey);
            await Append(log, WithId(Pack(20, 10), 78));
            Assert.Equal(0, store.UnknownOutcomes.Count);
        }

        await using MessageStore again = Open();
        AssertNumbers(await ReadAll(await again.OpenAsync(1, new LogOptions(), None)), 0, 30);
    }

    /// <summary>Promise: the same when a sync failed, the journal was given up and another goes on.</summary>
    [Fact]
    public async Task A_retry_after_a_failed_sync_finds_the_packet_in_the_checkpoint_of_the_next_journal()
    {
        var files = new FaultyFiles();
        string copy = Path.Combine(Folder, "copy");
        await using (MessageStore store = Open(files))
        {
            IMessageLog log = await store.OpenAsync(1, new LogOptions(), None);
            await Append(log, Pack(0, 10));
            string first = Directory.GetFiles(Options.Folder, "journal-*").Single();
            files.FailSync = path => path == first;
            Packet packet = WithId(Pack(10, 10), 5);
            Assert.Equal(AppendStatus.Unavailable, (await log.AppendAsync(packet, None)).Status);
            await log.WaitForSpaceAsync(None).AsTask().WaitAsync(TimeSpan.FromSeconds(20), None);
            Assert.Equal(11, (await Append(log, packet)).FirstKey);
            await Append(log, Pack(20, 10));
            CopyFolder(Options.Folder, copy);
        }

        await using MessageStore again = Open(Options with { Folder = copy });
        AssertNumbers(await ReadAll(await again.OpenAsync(1, new LogOptions(), None)), 0, 30);
    }

    /// <summary>Promise: who stopped waiting may ask again and is told what was stored.</summary>
    [Fact]
    public async Task A_retry_of_a_cancelled_append_waits_for_the_first_and_gives_its_keys()
    {
        using var files = new HeldFiles();
        await using MessageStore store = Open(files);
        IMessageLog log = await store.OpenAsync(1, new LogOptions(), None);
        files.Hold("journal-");
        Packet packet = WithId(Pack(0, 10), 9);
        using var cancel = new CancellationTokenSource();
        Task<AppendResult> first = log.AppendAsync(packet, cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);

        Task<AppendResult> retry = log.AppendAsync(packet, None).AsTask();
        Assert.False(retry.IsCompleted, "told before it was durable");
        files.Release();
        AppendResult result = await retry.WaitAsync(TimeSpan.FromSeconds(10), None);
        Assert.Equal(new AppendResult(AppendStatus.Appended, 1, 10), result);
        AssertNumbers(await ReadAll(log), 0, 10);
    }

    /// <summary>Promise: what the journal took before it failed is visible when it is durable, though no append follows.</summary>
    [Fact]
    public async Task Messages_of_an_unknown_outcome_are_seen_by_readers_as_soon_as_the_disk_works()
    {
        var files = new FaultyFiles();
        await using MessageStore store = Open(files);
        IMessageLog log = await store.OpenAsync(1, new LogOptions(), None);
        files.FailWrite = IsJournal;
        Assert.Equal(AppendStatus.Unavailable, (await log.AppendAsync(Pack(0, 10), None)).Status);
        Assert.Equal(0, log.State.Count);
        Task<bool> arrival = log.WaitAsync(0, None).AsTask();
        files.FailWrite = _ => false;
        Assert.True(await arrival.WaitAsync(TimeSpan.FromSeconds(20), None));
        AssertNumbers(await ReadAll(log), 0, 10);
    }

    /// <summary>Promise: a full log answers a retry of what it holds with its keys, not with Full.</summary>
    [Fact]
    public async Task A_retry_of_a_stored_packet_is_answered_although_the_log_is_full_meanwhile()
    {
        var files = new FaultyFiles();
        await using MessageStore store = Open(files);
        IMessageLog log = await store.OpenAsync(1, new LogOptions(), None);
        files.FailWrite = IsJournal;
        Packet packet = WithId(Pack(0, 10), 3);
        Assert.Equal(AppendStatus.Unavailable, (await log.AppendAsync(packet, None)).Status);
        files.FailWrite = _ => false;
        await Until(() => log.State.IsAvailable, "the journal's recovery");
        log.Configure(new LogOptions { QuotaBytes = 100 });
        Assert.Equal(AppendStatus.Full, (await log.AppendAsync(WithId(Pack(10, 1), 4), None)).Status);
        Assert.Equal(new AppendResult(AppendStatus.Appended, 1, 10), await log.AppendAsync(packet, None));
    }

    /// <summary>Promise: what is remembered is bounded; the oldest gives way, and a deleted channel leaves nothing.</summary>
    [Fact]
    public async Task Remembered_outcomes_are_bounded_and_go_with_their_channel()
    {
        await using MessageStore store = Open();
        var one = (ChannelLog)await store.OpenAsync(1, new LogOptions(), None);
        var two = (ChannelLog)await store.OpenAsync(2, new LogOptions(), None);
        var outcomes = new UnknownOutcomes(countMax: 100);
        for (int id = 1; id <= 250; id++) outcomes.Add(id % 2 == 0 ? two : one, id, new AppendResult(AppendStatus.Appended, id, id));
        Assert.Equal(100, outcomes.Count);
        Assert.False(outcomes.TryFind(two, 150, out _));
        Assert.True(outcomes.TryFind(one, 151, out AppendResult keys));
        Assert.Equal(151, keys.FirstKey);
        outcomes.RemoveAll(one);
        Assert.Equal(50, outcomes.Count);
        for (int id = 152; id <= 250; id += 2) outcomes.Remove(two, id);
        Assert.False(outcomes.Any);
    }

    /// <summary>Promise: whatever the disk refuses and whenever, retries with ids store each message once and in the order of its writer, and a start finds the same.</summary>
    [Fact]
    public async Task Retries_on_a_failing_disk_give_each_message_once_and_in_order()
    {
        const int Writers = 24, Channels = 3, PacketMessages = 5, Faults = 12, PacketsMax = 20_000;
        int seed = Environment.TickCount;
        var random = new Random(seed);
        var files = new FaultyFiles();
        long unknown = 0;
        int faults = 0;
        var packets = new int[Writers];
        string copy = Path.Combine(Folder, "copy");
        await using (MessageStore store = Open(files, Options with { CheckpointIntervalSeconds = 1, ChannelSegmentBits = 17 }))
        {
            IMessageLog[] logs = await Task.WhenAll(Enumerable.Range(1, Channels).Select(async id => await store.OpenAsync(id, new LogOptions { Durability = (Durability)(id % 2) }, None)));
            Task failing = Task.Run(async () =>
            {
                for (; faults < Faults; faults++)
                {
                    await Until(() => logs.All(log => log.State.IsAvailable), "recovery from the fault before");
                    await FailForAMomentAsync(files, random);
                }
            }, None);
            await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
            {
                for (int i = 0; i < PacketsMax && !failing.IsCompleted; i++)
                {
                    Packet packet = WithId(Pack((writer * 1_000_000L) + (i * PacketMessages), PacketMessages, 200), (writer * 1_000_000L) + i + 1);
                    if (await AppendWithPatienceAsync(logs[writer % Channels], packet)) Interlocked.Increment(ref unknown);
                    packets[writer]++;
                }
            }, None))).WaitAsync(TimeSpan.FromSeconds(120), None);
            await failing;
            CopyFolder(Options.Folder, copy);
            for (int channel = 0; channel < Channels; channel++) await AssertOnceAndInOrderAsync(logs[channel], channel, $"seed {seed}, running");
        }

        Assert.True(unknown > Writers, $"seed {seed}: {unknown} appends were refused in {faults} faults");
        foreach (string folder in new[] { Options.Folder, copy })
        {
            await using MessageStore again = Open(Options with { Folder = folder });
            for (int channel = 0; channel < Channels; channel++)
                await AssertOnceAndInOrderAsync(await again.OpenAsync(channel + 1, new LogOptions(), None), channel, $"seed {seed}, {folder}");
        }

        async Task AssertOnceAndInOrderAsync(IMessageLog log, int channel, string where)
        {
            ILookup<long, long> stored = (await ReadAll(log)).ToLookup(message => message.Number / 1_000_000, message => message.Number % 1_000_000);
            for (int writer = channel; writer < Writers; writer += Channels)
                Assert.True(stored[writer].SequenceEqual(Enumerable.Range(0, packets[writer] * PacketMessages).Select(i => (long)i)),
                    $"{where}: writer {writer} appended {packets[writer] * PacketMessages} messages, {stored[writer].Count()} are stored, or in another order");
        }
    }

    private static async Task FailForAMomentAsync(FaultyFiles files, Random random)
    {
        switch (random.Next(3))
        {
            case 0:
                files.FailWrite = IsJournal;
                break;
            case 1:
                files.FailSync = IsJournal;
                break;
            default:
                files.FailWrite = path => Path.GetFileName(path).StartsWith("log-", StringComparison.Ordinal);
                break;
        }

        await Task.Delay(random.Next(1, 60), None);
        files.FailWrite = files.FailSync = _ => false;
        await Task.Delay(random.Next(20, 200), None);
    }

    /// <summary>As a listener does: until it is stored. True when an outcome was unknown.</summary>
    private static async Task<bool> AppendWithPatienceAsync(IMessageLog log, Packet packet)
    {
        for (bool wasUnknown = false; ; wasUnknown = true)
        {
            AppendResult result = await log.AppendAsync(packet, None);
            if (result.Status == AppendStatus.Appended) return wasUnknown;
            Assert.Equal(AppendStatus.Unavailable, result.Status);
            await log.WaitForSpaceAsync(None);
            await Task.Delay(5, None);
        }
    }

    private static Packet WithId(Packet packet, long id)
    {
        packet.DeduplicationId = id;
        return packet;
    }
}
