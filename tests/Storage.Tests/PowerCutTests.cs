using System.Collections.Concurrent;
using Gateway.Storage.Disk;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Storage.Tests;

public sealed class PowerCutTests : StoreFixture
{
    private const int Cuts = 25;

    /// <summary>Promise: when the power goes, whatever of the unsynced sectors reached the disk, all that was acknowledged is there once and in order, and no torn tail is taken for damage.</summary>
    [Fact]
    public async Task Any_mix_of_unsynced_sectors_opens_with_all_that_was_acknowledged()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        var files = new PowerCutFiles();
        var acked = new ConcurrentDictionary<int, long>();
        var deleted = new ConcurrentDictionary<int, long>();
        using var stop = new CancellationTokenSource();
        await using MessageStore store = Open(files, Options with { ChannelSegmentBits = 17, JournalPageBits = 18, JournalSegmentBits = 18 });
        await File.WriteAllTextAsync(Path.Combine(Folder, "format"), "gateway-storage 1\n", None);
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

    private async Task CutAndCheckAsync(
        PowerCutFiles files, Random random, ConcurrentDictionary<int, long> acked, ConcurrentDictionary<int, long> deleted, string where)
    {
        string folder = Path.Combine(Folder, "cut");
        var before = acked.ToDictionary();
        var deletedBefore = deleted.ToDictionary();
        files.Cut(Options.Folder, folder, random);
        File.Copy(Path.Combine(Folder, "format"), Path.Combine(folder, "format"), overwrite: true);
        try
        {
            await using MessageStore store = Open(new FilesWithoutSync(), Options with { Folder = folder });
            foreach ((int channel, long count) in before)
            {
                List<(long Key, long Number)> all = await ReadAll(await store.OpenAsync(channel + 1, new LogOptions(), None));
                Assert.True(all.Count > 0 && all[^1].Number + 1 >= count, $"{where}: channel {channel} ends below {count}");
                Assert.True(all[0].Number >= deletedBefore.GetValueOrDefault(channel), $"{where}: channel {channel} begins with {all[0].Number}, deleted below {deletedBefore.GetValueOrDefault(channel)}");
                AssertNumbers(all, all[0].Number, all.Count);
            }
        }
        catch (DamagedLogException e)
        {
            Assert.Fail($"{where}: {e.Message}");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

/// <summary>Remembers what each file held at its last sync, and gives what a disk may hold after a power cut.</summary>
internal sealed class PowerCutFiles : FileSystem
{
    private const int SectorBytes = 512;

    private readonly Dictionary<string, byte[]> _synced = [];
    private readonly Lock _gate = new();

    public override SafeFileHandle Open(string path, bool create)
    {
        lock (_gate) return base.Open(path, create);
    }

    public override void Write(SafeFileHandle handle, string path, ReadOnlySpan<byte> bytes, long offset)
    {
        lock (_gate) base.Write(handle, path, bytes, offset);
    }

    public override void Sync(SafeFileHandle handle, string path)
    {
        lock (_gate)
        {
            byte[] now = new byte[RandomAccess.GetLength(handle)];
            Read(handle, path, now, 0);
            _synced[path] = now;
        }
    }

    public override void SyncFolder(string path) { }

    public override void Delete(string path)
    {
        lock (_gate)
        {
            base.Delete(path);
            _synced.Remove(path);
        }
    }

    /// <summary>Puts what the disk may hold now into another folder: of each file what was synced, and any of the sectors written since.</summary>
    public void Cut(string from, string to, Random random)
    {
        lock (_gate)
        {
            foreach (string path in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
            {
                string target = Path.Combine(to, Path.GetRelativePath(from, path));
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                if (Path.GetFileName(path) is "lock" or "format") continue;
                byte[] now = File.ReadAllBytes(path);
                bool wasSynced = _synced.TryGetValue(path, out byte[]? then);
                if (!wasSynced && random.Next(2) == 0) continue;        // the folder did not know the file yet
                File.WriteAllBytes(target, Mix(then ?? [], now, random));
            }
        }
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
