using System.Diagnostics;
using Gateway.Storage.Disk;

namespace Gateway.Storage.Tests;

public sealed class LowSpaceTests : StoreFixture
{
    private const long Megabyte = 1_000_000;

    /// <summary>Promise: with less than the limit free nothing is appended, deletions and checkpoints go on, and appends resume by themselves.</summary>
    [Fact]
    public async Task Below_the_limit_appends_wait_while_deletions_go_on()
    {
        var files = new NearlyFullFiles { FreeBytes = 200 * Megabyte };
        var troubles = new List<string>();
        await using MessageStore store = Open(files, Options with { FreeBytesMin = 100 * Megabyte });
        store.Trouble += troubles.Add;
        IMessageLog log = await store.OpenAsync(1, new LogOptions(), None);
        await Append(log, Pack(0, 100));
        files.FreeBytes = 99 * Megabyte;
        await store.MaintainAsync(1);

        Assert.Equal(AppendStatus.Unavailable, (await log.AppendAsync(Pack(100, 10), None)).Status);
        Assert.False(log.State.IsAvailable);
        Assert.Equal(new DeleteResult(DeleteStatus.Deleted, 50), await log.DeleteBelowAsync(51, None));
        Assert.True(await store.CheckpointAsync(None));
        Task waiting = log.WaitForSpaceAsync(None).AsTask();
        Assert.False(waiting.IsCompleted);

        files.FreeBytes = 100 * Megabyte;
        await store.MaintainAsync(2);
        await waiting;
        await Append(log, Pack(100, 10));
        AssertNumbers(await ReadAll(log), 50, 60);
        Assert.Equal(2, troubles.Count);
        Assert.Contains("less than 100 MB free", troubles[0], StringComparison.Ordinal);
    }

    /// <summary>Promise: what is written between two looks of the clock can't use up what shall stay free.</summary>
    [Fact]
    public async Task Bytes_written_make_it_look_as_well()
    {
        var files = new NearlyFullFiles { FreeBytes = 200 * Megabyte };
        await using MessageStore store = Open(files, Options with { FreeBytesMin = 8 * Megabyte });
        IMessageLog log = await store.OpenAsync(1, new LogOptions(), None);
        files.FreeBytes = 0;
        int appended = 0;
        while ((await log.AppendAsync(Pack(appended * 100, 100, 1_000), None)).Status == AppendStatus.Appended) appended++;
        Assert.InRange(appended, 1, 20);        // a megabyte in the log and the journal together
    }

    /// <summary>Promise: on a volume that really fills up nothing acknowledged is lost, nothing is acknowledged that is not stored, a deletion gives the room back, and appends resume alone.</summary>
    /// <param name="freeBytesMin">0: the disk itself says when it is full.</param>
    [Theory]
    [InlineData(0)]
    [InlineData(12_000_000)]
    public async Task A_volume_that_fills_up_stops_appends_until_there_is_room(long freeBytesMin)
    {
        string volume = Path.Combine(Folder, "volume");
        Directory.CreateDirectory(volume);
        Assert.SkipUnless(Run("mount", "-t", "tmpfs", "-o", "size=48m", "none", volume), "mounting a small volume takes a right that is not there");
        try
        {
            StoreOptions options = Options with
            {
                Folder = Path.Combine(volume, "data"), FreeBytesMin = freeBytesMin, CheckpointIntervalSeconds = 1, ChannelSegmentBits = 20, JournalPageBits = 18, JournalSegmentBits = 20, PacketBytesMax = 128 * 1024,
            };
            string ballast = Path.Combine(volume, "ballast");
            if (freeBytesMin == 0) await File.WriteAllBytesAsync(ballast, new byte[16 * 1024 * 1024], None);
            long stored = await FillAsync(options, ballast);
            await using MessageStore again = Open(options);
            List<(long Key, long Number)> all = await ReadAll(await again.OpenAsync(1, new LogOptions(), None));
            Assert.Equal(stored, all[^1].Number + 1);
            AssertNumbers(all, all[0].Number, all.Count);
        }
        finally
        {
            Assert.True(Run("umount", volume));
        }
    }

    private static async Task<long> FillAsync(StoreOptions options, string ballast)
    {
        await using var store = new MessageStore(options);
        IMessageLog log = await store.OpenAsync(1, new LogOptions { QuotaBytes = 1L << 40 }, None);
        long next = 0;
        long id = 0;
        int rounds = options.FreeBytesMin > 0 ? 3 : 1;
        for (int round = 0; round < rounds; round++)
        {
            AppendResult result;
            while ((result = await AppendAsync(log, next, ++id)).Status == AppendStatus.Appended) next += 50;
            Assert.Equal(AppendStatus.Unavailable, result.Status);
            List<(long Key, long Number)> all = await ReadAll(log);
            Assert.Equal(next, all[^1].Number + 1);

            // With the guard a deletion makes the room; without it somebody else has to.
            if (options.FreeBytesMin > 0) Assert.Equal(DeleteStatus.Deleted, (await log.DeleteBelowAsync(all[all.Count * 3 / 4].Key, None)).Status);
            else File.Delete(ballast);

            await Until(() => log.State.IsAvailable, "room for appends");
            Assert.Equal(AppendStatus.Appended, (await AppendAsync(log, next, id)).Status);       // the one whose outcome was unknown, once
            next += 50;
        }

        return next;
    }

    private static async Task<AppendResult> AppendAsync(IMessageLog log, long number, long id)
    {
        Packet packet = Pack(number, 50, 400);
        packet.DeduplicationId = id;
        return await log.AppendAsync(packet, None);
    }

    private static bool Run(string program, params string[] words)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, words) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    /// <summary>A disk that says how much is free.</summary>
    private sealed class NearlyFullFiles : OsFileSystem
    {
        public long FreeBytes { get; set; }

        public override long FreeBytesOf(string folder) => FreeBytes;
    }
}
