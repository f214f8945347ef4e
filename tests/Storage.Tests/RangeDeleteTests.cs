namespace Gateway.Storage.Tests;

public sealed class RangeDeleteTests : StoreFixture
{
    private StoreOptions SmallFiles => Options with { ChannelSegmentBits = 17 };

    /// <summary>Promise: reads in every direction, by time and at the tail pass over what was deleted out of the middle, and state counts only what is left.</summary>
    [Fact]
    public async Task Messages_deleted_out_of_the_middle_are_passed_over_by_every_read()
    {
        await using MessageStore store = Open();
        IMessageLog log = await store.OpenAsync(1, new LogOptions(), None);
        for (int i = 0; i < 100; i++) await Append(log, Pack(i * 10, 10, 300, serverTimeUs: 1_000L * i));
        long bytes = log.State.Bytes;

        Assert.Equal(new DeleteResult(DeleteStatus.Deleted, 400), await log.DeleteRangeAsync(301, 701, None));
        Assert.Equal((1L, 1_001L, 600L), (log.State.HeadKey, log.State.NextKey, log.State.Count));
        Assert.InRange(log.State.Bytes, 600 * 324, bytes - (400 * 324));
        Assert.Equal([.. Numbers(0, 300), .. Numbers(700, 300)], (await ReadAll(log)).Select(message => message.Number));
        Assert.Equal([.. Numbers(0, 300), .. Numbers(700, 300)], (await ReadAllBackward(log, 77)).Reverse());
        Assert.Equal(701, await log.FindAsync(30_000, None));
        Assert.Equal(291, await log.FindAsync(29_000, None));

        var page = new MessagePage();
        await log.ReadAsync(500, 3, int.MaxValue, page, None);
        Assert.Equal(700, NumberOf(page.Payload(0)));
        Assert.False(page.SkippedToHead);
        await log.ReadBackwardAsync(650, 3, int.MaxValue, page, None);
        Assert.Equal(299, NumberOf(page.Payload(0)));
    }

    [Theory]
    [InlineData(0, 201, 200)]               // from the head on: no hole
    [InlineData(801, long.MaxValue, 200)]   // up to the newest
    [InlineData(500, 500, 0)]
    [InlineData(600, 500, 0)]
    [InlineData(1_001, 2_000, 0)]
    [InlineData(-5, long.MaxValue, 1_000)]
    public async Task Ranges_at_the_ends_delete_what_they_name(long from, long below, long count)
    {
        await using MessageStore store = Open();
        IMessageLog log = await store.OpenAsync(1, new LogOptions(), None);
        for (int i = 0; i < 100; i++) await Append(log, Pack(i * 10, 10));
        Assert.Equal(new DeleteResult(DeleteStatus.Deleted, count), await log.DeleteRangeAsync(from, below, None));
        Assert.Equal(1_000 - count, log.State.Count);
        long[] left = [.. Numbers(0, 1_000).Where(number => number + 1 < from || number + 1 >= below)];
        Assert.Equal(left, (await ReadAll(log)).Select(message => message.Number));
        await Append(log, Pack(1_000, 10));
        Assert.Equal([.. left, .. Numbers(1_000, 10)], (await ReadAll(log)).Select(message => message.Number));
        if (count == 1_000) Assert.Equal(1_001, log.State.HeadKey);
    }

    [Fact]
    public async Task A_head_that_reaches_a_hole_goes_on_behind_it()
    {
        await using MessageStore store = Open();
        IMessageLog log = await store.OpenAsync(1, new LogOptions(), None);
        for (int i = 0; i < 10; i++) await Append(log, Pack(i * 10, 10));
        Assert.Equal(20, (await log.DeleteRangeAsync(21, 41, None)).Count);
        Assert.Equal(20, (await log.DeleteRangeAsync(61, 81, None)).Count);
        Assert.Equal(20, (await log.DeleteBelowAsync(21, None)).Count);
        Assert.Equal(41, log.State.HeadKey);
        Assert.Equal(20, (await log.DeleteBelowAsync(70, None)).Count);
        Assert.Equal((81L, 20L), (log.State.HeadKey, log.State.Count));
        Assert.Equal(20, (await log.DeleteBelowAsync(long.MaxValue, None)).Count);
        Assert.Equal((101L, 0L, 0L), (log.State.HeadKey, log.State.Count, log.State.Bytes));
    }

    /// <summary>Promise: who waits behind the newest message is not woken by messages that are gone.</summary>
    [Fact]
    public async Task A_wait_for_messages_that_were_deleted_ends_with_the_next_append()
    {
        await using MessageStore store = Open();
        IMessageLog log = await store.OpenAsync(1, new LogOptions(), None);
        await Append(log, Pack(0, 100));
        Assert.Equal(50, (await log.DeleteRangeAsync(51, long.MaxValue, None)).Count);
        Assert.True(await log.WaitAsync(50, None));
        Task<bool> waiting = log.WaitAsync(51, None).AsTask();
        Assert.False(waiting.IsCompleted);
        await Append(log, Pack(100, 1));
        Assert.True(await waiting.WaitAsync(TimeSpan.FromSeconds(10), None));
        var page = new MessagePage();
        await log.ReadAsync(51, 10, int.MaxValue, page, None);
        Assert.Equal(100, NumberOf(page.Payload(0)));
    }

    /// <summary>Promise: a hole frees quota at once, and what counts never passes the quota.</summary>
    [Fact]
    public async Task A_full_log_takes_messages_again_after_a_range_in_its_middle_was_deleted()
    {
        const long Quota = 500_000;
        await using MessageStore store = Open(SmallFiles);
        IMessageLog log = await store.OpenAsync(1, new LogOptions { QuotaBytes = Quota }, None);
        for (int round = 0; round < 20; round++)
        {
            while ((await log.AppendAsync(Pack(0, 10, 700), None)).Status == AppendStatus.Appended) Assert.True(log.State.Bytes <= Quota);
            Task waiting = log.WaitForSpaceAsync(None).AsTask();
            Assert.False(waiting.IsCompleted);
            long from = log.State.NextKey - 500;
            DeleteResult deleted = await log.DeleteRangeAsync(from, from + 100, None);
            Assert.True(deleted.Count == 100, $"round {round}: {deleted}");
            await waiting.WaitAsync(TimeSpan.FromSeconds(10), None);
            Assert.True(await store.CheckpointAsync(None));
        }

        Assert.Equal(log.State.Count, (await ReadAll(log)).Count);
    }

    /// <summary>Promise: whole files in a hole go back to the disk at the next checkpoint, and starts do without them.</summary>
    [Fact]
    public async Task Files_that_lie_in_a_hole_are_removed_at_the_next_checkpoint()
    {
        string folder = Path.Combine(Options.Folder, "channels", "1"), kept = Path.Combine(Folder, "kept");
        await using (MessageStore store = Open(SmallFiles))
        {
            IMessageLog log = await store.OpenAsync(1, new LogOptions(), None);
            for (int i = 0; i < 20; i++) await Append(log, Pack(i * 100, 100, 1_000));
            Assert.True(await store.CheckpointAsync(None));
            int before = Directory.GetFiles(folder).Length;
            CopyFolder(folder, kept);
            Assert.Equal(1_800, (await log.DeleteRangeAsync(101, 1_901, None)).Count);
            Assert.Equal(before, Directory.GetFiles(folder).Length);
            Assert.True(await store.CheckpointAsync(None));
            Assert.InRange(Directory.GetFiles(folder).Length, 2, 4);
            Assert.Equal([.. Numbers(0, 100), .. Numbers(1_900, 100)], (await ReadAll(log)).Select(message => message.Number));
        }

        for (int start = 0; start < 3; start++)
        {
            if (start == 1) BringBack(kept, folder);        // as a power cut may
            await using MessageStore store = Open(SmallFiles);
            IMessageLog log = await store.OpenAsync(1, new LogOptions(), None);
            Assert.InRange(Directory.GetFiles(folder).Length, 2, 4);
            Assert.Equal([.. Numbers(0, 100), .. Numbers(1_900, 100)], (await ReadAll(log)).Select(message => message.Number).Take(200));
            Assert.Equal(200 + start, log.State.Count);
            await Append(log, Pack(2_000 + start, 1));
        }
    }

    /// <summary>Promise: the number of holes is bounded; one more is refused in words and changes nothing, while ranges that join holes go on.</summary>
    [Fact]
    public async Task More_holes_than_the_limit_are_refused_and_joining_some_makes_room()
    {
        await using (MessageStore store = Open())
        {
            IMessageLog log = await store.OpenAsync(1, new LogOptions(), None);
            for (int i = 0; i < 5; i++) await Append(log, Pack(i * 1_000, 1_000, 20));
            Task<DeleteResult>[] all = [.. Enumerable.Range(1, HoleList.CountMax).Select(i => log.DeleteRangeAsync(i * 4, (i * 4) + 1, None).AsTask())];
            Assert.All(await Task.WhenAll(all), result => Assert.Equal(new DeleteResult(DeleteStatus.Deleted, 1), result));
            Assert.Equal(new DeleteResult(DeleteStatus.TooManyHoles, 0), await log.DeleteRangeAsync(4_500, 4_501, None));
            Assert.Equal(5_000 - HoleList.CountMax, log.State.Count);
            Assert.Equal(3, (await log.DeleteRangeAsync(5, 8, None)).Count);
            Assert.Equal(1, (await log.DeleteRangeAsync(4_500, 4_501, None)).Count);
        }

        await using MessageStore again = Open();
        IMessageLog opened = await again.OpenAsync(1, new LogOptions(), None);
        Assert.Equal(5_000 - HoleList.CountMax - 4, opened.State.Count);
        Assert.Equal(opened.State.Count, (await ReadAll(opened)).Count);
    }

    /// <summary>Promise: who was told that a range is deleted finds it deleted after the process was killed, with or without a checkpoint in between.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_deleted_range_stays_deleted_after_a_crash(bool withCheckpoint)
    {
        string copy = Path.Combine(Folder, "copy");
        await using (MessageStore store = Open(SmallFiles))
        {
            IMessageLog log = await store.OpenAsync(1, new LogOptions(), None);
            for (int i = 0; i < 50; i++) await Append(log, Pack(i * 10, 10, 1_000));
            if (withCheckpoint) Assert.True(await store.CheckpointAsync(None));
            Assert.Equal(200, (await log.DeleteRangeAsync(101, 301, None)).Count);
            Assert.Equal(100, (await log.DeleteRangeAsync(401, long.MaxValue, None)).Count);
            await Append(log, Pack(500, 10, 30_000));       // the first does not fit on the page that the hole ends on
            CopyFolder(Options.Folder, copy);
        }

        foreach (string folder in new[] { copy, copy, Options.Folder })
        {
            await using MessageStore store = Open(SmallFiles with { Folder = folder });
            IMessageLog log = await store.OpenAsync(1, new LogOptions(), None);
            Assert.Equal([.. Numbers(0, 100), .. Numbers(300, 100), .. Numbers(500, 10)], (await ReadAll(log)).Select(message => message.Number));
            Assert.Equal(210, log.State.Count);
        }
    }

    [Fact]
    public async Task A_range_whose_deletion_could_not_be_made_durable_is_told_as_unavailable()
    {
        var files = new FaultyFiles();
        await using MessageStore store = Open(files);
        IMessageLog log = await store.OpenAsync(1, new LogOptions(), None);
        await Append(log, Pack(0, 100));
        files.FailWrite = path => Path.GetFileName(path).StartsWith("journal-", StringComparison.Ordinal);
        Assert.Equal(DeleteStatus.Unavailable, (await log.DeleteRangeAsync(11, 21, None)).Status);
        files.FailWrite = _ => false;
    }

    /// <summary>Promise: after any run of appends, deletions of all kinds, checkpoints, crashes and starts the log holds what a list holds, read in any direction.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task Any_run_of_appends_deletions_and_starts_agrees_with_a_list(int seed)
    {
        var random = new Random(seed);
        var expected = new SortedDictionary<long, long>();      // key, number
        long number = 0, quota = 3_000_000;
        string folder = Path.Combine(Folder, "run-0");
        for (int start = 1; start <= 12; start++)
        {
            string where = $"seed {seed}, start {start}";
            string next = Path.Combine(Folder, $"run-{start}");
            bool isCrash = random.Next(2) == 0;
            await using (MessageStore store = Open(new FilesWithoutSync(), SmallFiles with { Folder = folder }))
            {
                IMessageLog log = await store.OpenAsync(1, new LogOptions { QuotaBytes = quota }, None);
                for (int step = random.Next(10, 40); step > 0; step--)
                {
                    switch (random.Next(8))
                    {
                        case 0:
                            Assert.True(await store.CheckpointAsync(None));
                            break;
                        case 1:
                            long below = log.State.HeadKey + random.Next(300);
                            await log.DeleteBelowAsync(below, None);
                            foreach (long key in expected.Keys.Where(key => key < below).ToArray()) expected.Remove(key);
                            break;
                        case 2 or 3:
                            long from = log.State.HeadKey + random.NextInt64(log.State.NextKey - log.State.HeadKey + 1), end = random.Next(5) == 0 ? long.MaxValue : from + random.Next(400);
                            long[] keys = [.. expected.Keys.Where(key => key >= from && key < end)];
                            Assert.True(await log.DeleteRangeAsync(from, end, None) == new DeleteResult(DeleteStatus.Deleted, keys.Length), $"{where}: {from} to {end}");
                            foreach (long key in keys) expected.Remove(key);
                            break;
                        default:
                            int count = random.Next(1, 60);
                            AppendResult result = await log.AppendAsync(Pack(number, count, random.Next(10) == 0 ? 12_000 : random.Next(8, 2_000), serverTimeUs: number), None);
                            if (result.Status == AppendStatus.Appended)
                                for (int i = 0; i < count; i++) expected.Add(result.FirstKey + i, number++);
                            break;
                    }

                    Assert.True(log.State.Bytes <= quota, where);
                }

                await CheckAsync(log, expected, random, where);
                if (isCrash) CopyFolder(folder, next);
            }

            if (isCrash)
            {
                // The start after the crash plays the journal; a second one of the same folder finds what that left.
                await using MessageStore store = Open(new FilesWithoutSync(), SmallFiles with { Folder = next });
                await CheckAsync(await store.OpenAsync(1, new LogOptions(), None), expected, random, where + ", after the crash");
                folder = next;
            }
        }
    }

    /// <summary>Promise: when the power goes at any moment of deletions, checkpoints and file removals, what was told as deleted is gone and everything else is there.</summary>
    [Fact]
    public async Task A_cut_at_any_call_leaves_what_was_told_deleted_away_and_the_rest_there()
    {
        for (int call = 1; ; call++)
        {
            var random = new Random(call);
            var files = new PowerCutFiles();
            string folder = Path.Combine(Folder, $"cut-{call}"), cut = folder + "-cut";
            HashSet<long> sure = [], maybe = [];       // what must be there, what may be there as well
            HashSet<long>? sureAtCut = null, maybeAtCut = null;
            StoreOptions options = SmallFiles with { Folder = folder, IsStepped = true };
            await using (MessageStore store = Open(files, options))
            {
                Task<IMessageLog> open = store.OpenAsync(1, new LogOptions(), None).AsTask();
                store.Step();
                IMessageLog log = await open;
                files.CutAtCall(call, () =>
                {
                    files.Cut(folder, cut, random);
                    File.Copy(Path.Combine(folder, "format"), Path.Combine(cut, "format"));
                    (sureAtCut, maybeAtCut) = ([.. sure], [.. maybe]);
                });
                for (int i = 0; i < 400; i += 40) await AppendAsync(i, 1_500);
                Assert.True(await store.CheckpointAsync(None));
                await DeleteAsync(41, 300);
                Assert.True(await store.CheckpointAsync(None));
                await AppendAsync(400, 1_500);
                await DeleteAsync(420, long.MaxValue);
                await AppendAsync(440, 20_000);
                await DeleteAsync(310, 330);
                await DeleteAsync(0, 60);
                Assert.True(await store.CheckpointAsync(None));

                async Task AppendAsync(int first, int bytes)
                {
                    foreach (long number in Numbers(first, 40)) maybe.Add(number);
                    Task<AppendResult> append = log.AppendAsync(Pack(first, 40, bytes), None).AsTask();
                    store.Step();
                    Assert.Equal(AppendStatus.Appended, (await append).Status);
                    foreach (long number in Numbers(first, 40)) sure.Add(number);
                }

                async Task DeleteAsync(long from, long below)
                {
                    sure.RemoveWhere(number => number + 1 >= from && number + 1 < below);
                    Task<DeleteResult> delete = log.DeleteRangeAsync(from, below, None).AsTask();
                    store.Step();
                    Assert.Equal(DeleteStatus.Deleted, (await delete).Status);
                    maybe.RemoveWhere(number => number + 1 >= from && number + 1 < below);
                }
            }

            if (sureAtCut is null)
            {
                Assert.True(call > 60, "the run has calls to cut at");
                return;
            }

            await using MessageStore again = Open(new FilesWithoutSync(), SmallFiles with { Folder = cut });
            long[] all = [.. (await ReadAll(await again.OpenAsync(1, new LogOptions(), None))).Select(message => message.Number)];
            Assert.True(sureAtCut.IsSubsetOf(all), $"call {call}: {string.Join(',', sureAtCut.Except(all))} are missing");
            Assert.True(maybeAtCut!.IsSupersetOf(all), $"call {call}: {string.Join(',', all.Except(maybeAtCut!))} came back");
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Promise: readers see every message that stays, once and in order, while ranges are deleted, checkpointed away and idle files closed under them.</summary>
    [Fact]
    public async Task Readers_miss_nothing_that_stays_while_ranges_are_deleted_under_them()
    {
        const int Packets = 2_000, Kept = 7;        // of ten messages the first seven stay
        await using MessageStore store = Open(SmallFiles with { OpenFilesMax = 8 });
        IMessageLog log = await store.OpenAsync(1, new LogOptions { QuotaBytes = 100_000_000 }, None);
        long written = 0;
        Task writer = Task.Run(async () =>
        {
            for (int i = 0; i < Packets; i++)
            {
                await Append(log, Pack(i * 10, 10, 300));
                Volatile.Write(ref written, i + 1);
            }
        }, None);
        using var done = new CancellationTokenSource();
        Task deleter = Task.Run(async () =>
        {
            for (int i = 0; i < Packets; i++)
            {
                while (Volatile.Read(ref written) <= i) await Task.Delay(1, None);
                if (i > 900) Assert.InRange((await log.DeleteRangeAsync(1, ((i - 900) * 10L) + 1, None)).Count, 0, 10);        // or there are too many holes
                Assert.Equal(3, (await log.DeleteRangeAsync((i * 10L) + Kept + 1, (i * 10L) + 11, None)).Count);
            }
        }, None);
        Task[] others =
        [
            Task.Run(async () =>
            {
                for (; !done.IsCancellationRequested; await Task.Delay(15, None)) Assert.True(await store.CheckpointAsync(None));
            }, None),
            Task.Run(async () =>
            {
                for (; !done.IsCancellationRequested; await Task.Delay(7, None)) ((ChannelLog)log).CloseIfIdle(long.MaxValue);
            }, None),
            Task.Run(async () =>
            {
                var page = new MessagePage();
                for (; !done.IsCancellationRequested; await Task.Delay(3, None))
                {
                    await log.ReadBackwardAsync(long.MaxValue, 300, 1 << 20, page, None);
                    for (int i = 1; i < page.Count; i++) Assert.True(NumberOf(page.Payload(i)) < NumberOf(page.Payload(i - 1)));
                }
            }, None),
        ];
        Task reader = Task.Run(async () =>
        {
            var page = new MessagePage();
            long key = 0, next = 0;
            while (next < Packets * 10)
            {
                if (next >= (Packets - 1) * 10 + Kept) break;
                Assert.True(await log.WaitAsync(key, None));
                await log.ReadAsync(key, 40, 1 << 20, page, None);
                for (int i = 0; i < page.Count; i++)
                {
                    long number = NumberOf(page.Payload(i));
                    if (i == 0 && page.SkippedToHead) next = number;
                    bool isNext = number == next || (next % 10 >= Kept && number == (next / 10 * 10) + 10);
                    Assert.True(isNext && page.Key(i) == number + 1, $"{number} with key {page.Key(i)} where {next} belongs");
                    next = number + 1;
                }

                key = page.NextKey;
            }
        }, None);
        await Task.WhenAll(writer, deleter, reader).WaitAsync(TimeSpan.FromSeconds(120), None);
        await done.CancelAsync();
        await Task.WhenAll(others);
        Assert.Equal(log.State.Count, (await ReadAll(log)).Count);
    }

    private static async Task CheckAsync(IMessageLog log, SortedDictionary<long, long> expected, Random random, string where)
    {
        Assert.True(log.State.Count == expected.Count, $"{where}: {log.State.Count} of {expected.Count}");
        Assert.Equal(expected.Select(message => (message.Key, message.Value)), await ReadAll(log, random.Next(1, 300)));
        Assert.Equal(expected.Values.Reverse(), await ReadAllBackward(log, random.Next(1, 300)));
        if (expected.Count == 0) return;
        Assert.True(log.State.HeadKey == expected.Keys.First(), where);
        for (int i = 0; i < 20; i++)
        {
            (long key, long number) = expected.ElementAt(random.Next(expected.Count));
            var page = new MessagePage();
            await log.ReadAsync(key, 1, 1, page, None);
            Assert.True(page.Key(0) == key && NumberOf(page.Payload(0)) == number, $"{where}: key {key}");
            long found = await log.FindAsync(page.ServerTimeUs(0), None);
            Assert.True(expected.ContainsKey(found) && found <= key, $"{where}: {found} for the time of {key}");
        }
    }

    private static async Task<long[]> ReadAllBackward(IMessageLog log, int countMax)
    {
        var page = new MessagePage();
        var all = new List<long>();
        for (long key = long.MaxValue; ; key = page.NextKey)
        {
            await log.ReadBackwardAsync(key, countMax, 1 << 20, page, None);
            if (page.Count == 0) return [.. all];
            for (int i = 0; i < page.Count; i++) all.Add(NumberOf(page.Payload(i)));
        }
    }

    private static void BringBack(string from, string to)
    {
        foreach (string file in Directory.GetFiles(from))
            if (!File.Exists(Path.Combine(to, Path.GetFileName(file)))) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }

    private static IEnumerable<long> Numbers(long first, int count) => Enumerable.Range(0, count).Select(i => first + i);
}
