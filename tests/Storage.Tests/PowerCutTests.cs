using System.Collections.Concurrent;
using Gateway.Storage.Disk;

namespace Gateway.Storage.Tests;

public sealed class PowerCutTests : StoreFixture
{
    private const int Cuts = 25;
    private const int ComesAndGoes = 9;     // a channel that is made and deleted all the time

    /// <summary>Promise: when the power goes, whatever of the unsynced sectors reached the disk, all that was acknowledged is there once and in order, and no torn tail is taken for damage.</summary>
    [Fact]
    public async Task Any_mix_of_unsynced_sectors_opens_with_all_that_was_acknowledged()
    {
        // A seed decides what a cut leaves; when it comes is up to the threads, so the same seed is a similar run and not the same.
        int seed = int.TryParse(Environment.GetEnvironmentVariable("GATEWAY_TEST_SEED"), out int given) ? given : Environment.TickCount;
        var random = new Random(seed);
        var files = new PowerCutFiles();
        var acked = new ConcurrentDictionary<int, long>();
        var deleted = new ConcurrentDictionary<int, long>();
        using var stop = new CancellationTokenSource();
        await using MessageStore store = Open(files, Options with { ChannelSegmentBits = 17, JournalPageBits = 18, JournalSegmentBits = 18 });
        await File.WriteAllTextAsync(Path.Combine(Folder, "format"), "gateway-storage 2\n", None);
        IMessageLog[] logs = await Task.WhenAll(Enumerable.Range(1, 3).Select(async id => await store.OpenAsync(id, new LogOptions(), None)));
        Task[] tasks =
        [
            .. logs.Select((log, channel) => Task.Run(async () =>
            {
                for (long i = 0; !stop.IsCancellationRequested; i += 7)
                {
                    await Append(log, Pack(i, 7, 150));
                    acked[channel] = i + 7;
                    if (i % 700 == 0 && i > 2_000)
                    {
                        await log.DeleteBelowAsync(i - 1_999, None);       // sequence = number + 1: numbers from i - 2000 stay
                        deleted[channel] = i - 2_000;
                    }
                }
            }, None)),
            Task.Run(async () =>
            {
                for (; !stop.IsCancellationRequested; await Task.Delay(30, None)) await store.CheckpointAsync(None);
            }, None),
            Task.Run(async () =>
            {
                for (; !stop.IsCancellationRequested; await Task.Delay(5, None))
                {
                    await Append(await store.OpenAsync(ComesAndGoes, new LogOptions(), None), Pack(0, 7, 150));
                    await store.DeleteAsync(ComesAndGoes, None);
                }
            }, None),
        ];
        try
        {
            for (int cut = 0; cut < Cuts; cut++)
            {
                await Task.Delay(random.Next(10, 150), None);
                await CutAndCheckAsync(files, random, acked, deleted, $"seed {seed}, cut {cut}");
            }
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(tasks);
        }

        Assert.True(acked.Values.Min() > 1_000, "the writers wrote");
    }

    /// <summary>Promise: a journal whose files were given back while its next page had not reached the disk opens with all that was acknowledged. (Found by seed 6680888, cut 21.)</summary>
    [Fact]
    public async Task A_checkpoint_while_the_journal_turns_a_page_leaves_a_journal_that_opens()
    {
        using var files = new HeldFiles();
        string folder = Path.Combine(Folder, "cut");
        var appends = new List<Task<AppendResult>>();
        await using (MessageStore store = Open(files, Options with { JournalPageBits = 18, JournalSegmentBits = 18 }))
        {
            IMessageLog log = await store.OpenAsync(1, new LogOptions(), None);
            await Append(log, Pack(0, 10, 100));
            files.Hold("journal-");
            for (int i = 1; i < 300; i++) appends.Add(log.AppendAsync(Pack(i * 10, 10, 100), None).AsTask());     // 300 KB: the second page has begun
            Assert.True(await store.CheckpointAsync(None));
            CopyFolder(Options.Folder, folder);
            files.Release();
            foreach (AppendResult result in await Task.WhenAll(appends)) Assert.Equal(AppendStatus.Appended, result.Status);
        }

        await using MessageStore again = Open(new FilesWithoutSync(), Options with { Folder = folder });
        AssertNumbers(await ReadAll(await again.OpenAsync(1, new LogOptions(), None)), 0, 3_000);
    }

    /// <summary>Promise: a power cut in the first write of the checkpoint leaves a folder that opens as what it is, a new one.</summary>
    [Fact]
    public async Task A_cut_at_any_call_of_the_first_start_opens_as_a_new_folder()
    {
        for (int call = 1; call < 40; call++)
        {
            var random = new Random(call);
            var files = new PowerCutFiles();
            string folder = Path.Combine(Folder, "cut");
            files.CutAtCall(call, () =>
            {
                files.Cut(Options.Folder, folder, random);
                string format = Path.Combine(Options.Folder, "format");
                if (File.Exists(format)) File.Copy(format, Path.Combine(folder, "format"));
            });
            await Open(files).DisposeAsync();
            Directory.CreateDirectory(folder);
            await using (MessageStore store = Open(new FilesWithoutSync(), Options with { Folder = folder }))
            {
                await Append(await store.OpenAsync(1, new LogOptions(), None), Pack(0, 10));
            }

            Directory.Delete(folder, recursive: true);
            Directory.Delete(Options.Folder, recursive: true);
        }
    }

    /// <summary>Promise: one copy of the checkpoint is whole whenever the power goes, also in the start after a cut that tore the other.</summary>
    [Theory]
    [InlineData("checkpoint-a")]
    [InlineData("checkpoint-b")]
    public async Task A_start_beside_a_torn_checkpoint_writes_that_one_first(string torn)
    {
        string other = torn == "checkpoint-a" ? "checkpoint-b" : "checkpoint-a", folder = Path.Combine(Folder, "cut");
        await using (MessageStore store = Open())
        {
            await Append(await store.OpenAsync(1, new LogOptions(), None), Pack(0, 10));
            Assert.True(await store.CheckpointAsync(None));
            CopyFolder(Options.Folder, folder);
        }

        await File.WriteAllBytesAsync(Path.Combine(folder, torn), new byte[100], None);
        var files = new FaultyFiles { FailSync = path => Path.GetFileName(path) == torn };
        byte[] whole = await File.ReadAllBytesAsync(Path.Combine(folder, other), None);
        Assert.Throws<IOException>(() => Open(files, Options with { Folder = folder }));
        Assert.Equal(whole, await File.ReadAllBytesAsync(Path.Combine(folder, other), None));
        await using MessageStore again = Open(Options with { Folder = folder });
        AssertNumbers(await ReadAll(await again.OpenAsync(1, new LogOptions(), None)), 0, 10);
    }

    private async Task CutAndCheckAsync(
        PowerCutFiles files, Random random, ConcurrentDictionary<int, long> acked, ConcurrentDictionary<int, long> deleted, string where)
    {
        string folder = Path.Combine(Folder, "cut"), second = Path.Combine(Folder, "cut-again");
        var before = acked.ToDictionary();
        var deletedBefore = deleted.ToDictionary();
        files.Cut(Options.Folder, folder, random);
        File.Copy(Path.Combine(Folder, "format"), Path.Combine(folder, "format"), overwrite: true);
        try
        {
            // The power goes again somewhere in the recovery or in the appends after it.
            var filesAgain = new PowerCutFiles();
            filesAgain.Adopt(folder);
            filesAgain.CutAtCall(random.Next(1, 60), () => filesAgain.Cut(folder, second, random));
            await using (MessageStore store = Open(filesAgain, Options with { Folder = folder }))
            {
                await CheckAsync(store, before, deletedBefore, where);
                foreach (int channel in before.Keys) await AppendAndCheckAsync(await store.OpenAsync(channel + 1, new LogOptions(), None), where);
            }

            if (!Directory.Exists(second)) return;
            File.Copy(Path.Combine(Folder, "format"), Path.Combine(second, "format"), overwrite: true);
            await using MessageStore again = Open(new FilesWithoutSync(), Options with { Folder = second });
            await CheckAsync(again, before, deletedBefore, where + ", again");
        }
        catch (DamagedLogException e)
        {
            Assert.Fail($"{where}: {e.Message}");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
            if (Directory.Exists(second)) Directory.Delete(second, recursive: true);
        }
    }

    private static async Task CheckAsync(MessageStore store, Dictionary<int, long> before, Dictionary<int, long> deletedBefore, string where)
    {
        foreach ((int channel, long count) in before)
        {
            List<(long Key, long Number)> all = await ReadAll(await store.OpenAsync(channel + 1, new LogOptions(), None));
            Assert.True(all.Count > 0 && all[^1].Number + 1 >= count, $"{where}: channel {channel} ends below {count}");
            Assert.True(all[0].Number >= deletedBefore.GetValueOrDefault(channel), $"{where}: channel {channel} begins with {all[0].Number}, deleted below {deletedBefore.GetValueOrDefault(channel)}");
            AssertNumbers(all, all[0].Number, all.Count);
        }

        List<(long Key, long Number)> last = await ReadAll(await store.OpenAsync(ComesAndGoes, new LogOptions(), None));
        Assert.True(last.Count is 0 or 7, $"{where}: {last.Count} messages in the channel that comes and goes");
    }

    /// <summary>More than a page: what unsynced sectors left behind the tail must not come up again.</summary>
    private static async Task AppendAndCheckAsync(IMessageLog log, string where)
    {
        List<(long Key, long Number)> all = await ReadAll(log);
        long next = all[^1].Number + 1;
        for (int i = 0; i < 500; i += 50) await Append(log, Pack(next + i, 50, 150));
        List<(long Key, long Number)> more = await ReadAll(log);
        Assert.True(more.Count == all.Count + 500, $"{where}: {more.Count} messages after 500 were added to {all.Count}");
        AssertNumbers(more, all[0].Number, more.Count);
    }
}

/// <summary>Remembers what each file held at its last sync, and gives what a disk may hold after a power cut.</summary>
internal sealed class PowerCutFiles : OsFileSystem
{
    private const int SectorBytes = 512;

    private readonly Dictionary<string, byte[]> _synced = [];
    private readonly HashSet<string> _newNames = [];                    // their folder was not synced since they were made
    private readonly Dictionary<string, byte[]> _removed = [];          // nor since these were removed
    private readonly Lock _gate = new();
    private int _callsLeft = -1;
    private Action _cut = () => { };

    /// <summary>Takes what lies in the folder as synced.</summary>
    public void Adopt(string folder)
    {
        foreach (string path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)) _synced[path] = File.ReadAllBytes(path);
    }

    /// <summary>Cuts before the n-th call that changes the disk.</summary>
    public void CutAtCall(int number, Action cut) => (_callsLeft, _cut) = (number, cut);

    public override FileHandle Open(string path, bool create)
    {
        lock (_gate)
        {
            if (create && !File.Exists(path))
            {
                Count();
                _newNames.Add(path);
            }

            return base.Open(path, create);
        }
    }

    public override void Write(FileHandle handle, string path, ReadOnlySpan<byte> bytes, long offset)
    {
        lock (_gate)
        {
            Count();
            base.Write(handle, path, bytes, offset);
        }
    }

    public override void Sync(FileHandle handle, string path)
    {
        lock (_gate)
        {
            Count();
            byte[] now = new byte[LengthOf(path)];
            Read(handle, path, now, 0);
            _synced[path] = now;
        }
    }

    public override void SyncFolder(string path)
    {
        lock (_gate)
        {
            Count();
            _newNames.RemoveWhere(name => Path.GetDirectoryName(name) == path);
            foreach (string name in _removed.Keys.Where(name => Path.GetDirectoryName(name) == path).ToArray()) _removed.Remove(name);
        }
    }

    public override void Delete(string path)
    {
        lock (_gate)
        {
            Count();
            if (File.Exists(path) && _synced.TryGetValue(path, out byte[]? then) && !_newNames.Contains(path)) _removed[path] = then;
            base.Delete(path);
            _synced.Remove(path);
            _newNames.Remove(path);
        }
    }

    /// <summary>A rename is on the disk at once; one that is not yet is a cut before it.</summary>
    public override void Move(string path, string newPath)
    {
        lock (_gate)
        {
            Count();
            base.Move(path, newPath);
            _removed.Remove(newPath);
            if (_synced.Remove(path, out byte[]? bytes)) _synced[newPath] = bytes;
            else _synced.Remove(newPath);
            _newNames.Remove(newPath);
            if (_newNames.Remove(path)) _newNames.Add(newPath);
        }
    }

    /// <summary>Puts what the disk may hold now into another folder: of each file what was synced, and any of the sectors written since; names that were made or removed
    /// since their folder was synced are there or not, each for itself.</summary>
    public void Cut(string from, string to, Random random)
    {
        lock (_gate)
        {
            Directory.CreateDirectory(to);
            foreach (string path in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
            {
                if (Path.GetFileName(path) is "lock" or "format") continue;
                if (_newNames.Contains(path) && random.Next(2) == 0) continue;
                byte[] now = File.ReadAllBytes(path);
                Put(from, to, path, Mix(_synced.GetValueOrDefault(path) ?? [], now, random));
            }

            foreach ((string path, byte[] then) in _removed)
                if (!File.Exists(path) && random.Next(2) == 0) Put(from, to, path, then);
        }
    }

    private static void Put(string from, string to, string path, byte[] bytes)
    {
        string target = Path.Combine(to, Path.GetRelativePath(from, path));
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        File.WriteAllBytes(target, bytes);
    }

    private void Count()
    {
        if (--_callsLeft == 0) _cut();
    }

    private static byte[] Mix(byte[] then, byte[] now, Random random)
    {
        byte[] mixed = new byte[Math.Max(then.Length, random.Next(3) == 0 ? then.Length : now.Length)];
        then.CopyTo(mixed, 0);
        int odds = random.Next(1, 4);
        for (int start = 0; start < Math.Min(mixed.Length, now.Length); start += SectorBytes)
        {
            int length = Math.Min(SectorBytes, Math.Min(mixed.Length, now.Length) - start);
            if (random.Next(odds) == 0) now.AsSpan(start, length).CopyTo(mixed.AsSpan(start));
        }

        return mixed;
    }
}
