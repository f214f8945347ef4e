using Gateway.Storage.Disk;
using Gateway.Storage.Rings;

namespace Gateway.Storage.Tests.Rings;

public sealed class RingFaultTests : RingFixture
{
    private const string Rings = "ring-";

    /// <summary>Promise: while the disk hangs in a write of a ring, records are taken until the queue is full, then dropped and counted, and nobody waits: not who adds, not the message store's commits.</summary>
    [Fact]
    public async Task A_disk_that_hangs_blocks_neither_adders_nor_commits()
    {
        using var files = new HangingFiles(Rings);
        await using var messages = new MessageStore(new StoreOptions { Folder = Path.Combine(Folder, "messages"), JournalPageBits = 20, JournalSegmentBits = 21 }, files);
        IMessageLog log = await messages.OpenAsync(1, new LogOptions(), None);
        await using (RingStore store = new(Threaded with { QueueBits = 18 }, files))
        {
            Ring ring = store.Open(RingKind.Traffic, 1, Quota(1 << 20)), other = store.Open(RingKind.Logs, 1, Quota());
            files.Hang();
            Add(ring, 0, bytes: 1_000);
            await files.Hung.WaitAsync(TimeSpan.FromSeconds(20), None);

            int taken = 1;
            while (ring.TryAdd(new RingEntry(1, 1, taken, Received), "ident"u8, Text(taken, 1_000))) taken++;
            Assert.InRange(taken, 200, 260);        // 256 KB, 1040 bytes each
            for (int i = 0; i < 99; i++) Assert.False(other.TryAdd(new RingEntry(1, 1, i, Received), [], new byte[1_000]));
            Assert.Equal((1L, 99L), (ring.State.Dropped, other.State.Dropped));
            var packet = new Packet { ServerTimeUs = 1 };
            packet.Use(new byte[100], [100], 1);
            for (int i = 0; i < 20; i++) Assert.Equal(AppendStatus.Appended, (await log.AppendAsync(packet, None)).Status);
            Task flush = store.FlushAsync();
            Assert.False(flush.IsCompleted);

            files.Release();
            await flush.WaitAsync(TimeSpan.FromSeconds(20), None);
            Assert.Equal(Enumerable.Range(0, taken).Select(i => (long)i), Numbers(await Read(RingReader.Open(Folder, RingKind.Traffic, 1, new RingQuery()))));

            // What was dropped is told in the ring itself, so that it is known after a restart.
            Assert.True(ring.TryAdd(new RingEntry(2, 1, taken + 1, Received), [], [1]) && other.TryAdd(new RingEntry(2, 1, 0, Received), [], [1]));
            await store.FlushAsync();
        }

        Assert.Equal((1L, 99L), (await DroppedIn(RingKind.Traffic), await DroppedIn(RingKind.Logs)));
    }

    /// <summary>Promise: a stop does not wait for a disk that hangs.</summary>
    [Fact]
    public async Task A_disk_that_hangs_does_not_hold_up_the_stop()
    {
        using var files = new HangingFiles(Rings);
        RingStore store = new(Threaded, files);
        Ring ring = store.Open(RingKind.Traffic, 1, Quota());
        files.Hang();
        Add(ring, 0);
        await files.Hung.WaitAsync(TimeSpan.FromSeconds(20), None);
        Task deleted = store.DeleteAsync(RingKind.Traffic, 1);
        await store.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20), None);
        Assert.False(deleted.IsCompleted);
        files.Release();
        await Until(() => deleted.IsCompleted, "the end of the writer");
    }

    /// <summary>Promise: what the disk refuses is dropped, counted and reported once; when it works again the ring goes on by itself, and that is reported once.</summary>
    [Fact]
    public async Task A_disk_that_refuses_costs_records_and_nothing_else()
    {
        var files = new FaultyFiles();
        await using RingStore store = OpenStepped(files);
        var reports = new List<string>();
        store.Trouble += reports.Add;
        Ring[] rings = [store.Open(RingKind.Traffic, 1, Quota()), store.Open(RingKind.Traffic, 2, Quota()), store.Open(RingKind.Logs, 1, Quota())];
        AddToAll(0);
        files.FailWrite = path => path.Contains("traffic", StringComparison.Ordinal);
        for (int i = 1; i < 5; i++) AddToAll(i);
        Assert.Equal([(1, 4), (1, 4), (5, 0)], rings.Select(ring => ((int)ring.State.Written, (int)ring.State.Lost)));
        Assert.Contains("No space left on device (test)", Assert.Single(reports), StringComparison.Ordinal);

        files.FailWrite = _ => false;
        AddToAll(5);        // the pause after a failure is not over
        Time.Advance(RingWriter.RetryPause);
        AddToAll(6);
        Assert.Equal([(2, 5), (2, 5), (7, 0)], rings.Select(ring => ((int)ring.State.Written, (int)ring.State.Lost)));
        Assert.Equal("Rings are written again; 10 records were dropped.", reports[1]);
        Assert.Equal(2, reports.Count);

        RingReader reader = rings[0].Read(new RingQuery());
        Assert.Equal([0, 6], Numbers(await Read(reader)));
        Assert.Equal((5, 0), (reader.Dropped, reader.GapCount));

        void AddToAll(int number)
        {
            foreach (Ring ring in rings) Add(ring, number);
            store.Step();
        }
    }

    /// <summary>Promise: a write that stopped halfway leaves no record twice and none that is wrong.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(40)]
    [InlineData(2_500)]
    [InlineData(100_000)]
    public async Task A_write_that_stops_halfway_is_left_behind(int bytesWritten)
    {
        var files = new PartWritingFiles();
        await using RingStore store = OpenStepped(files);
        Ring ring = store.Open(RingKind.Traffic, 1, Quota());
        foreach ((int first, int count) in new[] { (0, 10), (10, 10), (20, 1) })
        {
            for (int i = 0; i < count; i++) Add(ring, first + i, bytes: 500);
            files.StopAfter = first == 10 ? bytesWritten : null;
            store.Step();
            Time.Advance(RingWriter.RetryPause);
        }

        // Once as the store knows it, once as the files alone tell.
        foreach (RingReader reader in new[] { ring.Read(new RingQuery()), RingReader.Open(Folder, RingKind.Traffic, 1, new RingQuery()) })
        {
            Assert.Equal([.. Enumerable.Range(0, 10).Select(i => (long)i), 20], Numbers(await Read(reader)));
            Assert.Equal((10, 0), (reader.Dropped, reader.GapCount));
        }
    }

    /// <summary>Promise: a file that can't be removed stops its ring at the quota instead of growing it.</summary>
    [Fact]
    public async Task Without_room_made_nothing_is_written()
    {
        var files = new StickyFiles();
        await using RingStore store = OpenStepped(files);
        Ring ring = store.Open(RingKind.Traffic, 1, Quota());
        for (int i = 0; i < 3_000; i++)
        {
            Add(ring, i, bytes: 1_000);
            if (i % 50 != 0) continue;
            store.Step();
            Time.Advance(RingWriter.RetryPause);
            Assert.True(FilesOf(RingKind.Traffic, 1).Sum(file => new FileInfo(file).Length) <= 1 << 20);
        }

        Assert.True(ring.State.Lost > 1_500);
        Assert.Equal(0, Numbers(await Read(ring)).First());
    }

    private async Task<long> DroppedIn(RingKind kind)
    {
        RingReader reader = RingReader.Open(Folder, kind, 1, new RingQuery());
        await Read(reader);
        return reader.Dropped;
    }

    /// <summary>A disk whose writes of some files wait until told.</summary>
    private sealed class HangingFiles(string prefix) : OsFileSystem, IDisposable
    {
        private readonly ManualResetEventSlim _open = new(initialState: true);
        private readonly TaskCompletionSource _hung = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Hung => _hung.Task;

        public void Hang() => _open.Reset();

        public void Release() => _open.Set();

        public override void Write(FileHandle handle, string path, ReadOnlySpan<byte> bytes, long offset)
        {
            if (!_open.IsSet && Path.GetFileName(path).StartsWith(prefix, StringComparison.Ordinal))
            {
                _hung.TrySetResult();
                _open.Wait(TestContext.Current.CancellationToken);
            }

            base.Write(handle, path, bytes, offset);
        }

        public void Dispose()
        {
            _open.Set();
            _open.Dispose();
        }
    }

    /// <summary>A disk that fills up in the middle of a write.</summary>
    private sealed class PartWritingFiles : OsFileSystem
    {
        public int? StopAfter { get; set; }

        public override void Write(FileHandle handle, string path, ReadOnlySpan<byte> bytes, long offset)
        {
            base.Write(handle, path, bytes[..Math.Min(bytes.Length, StopAfter ?? int.MaxValue)], offset);
            if (StopAfter is not null) throw new IOException("No space left on device (test)");
        }
    }

    /// <summary>A disk that removes nothing.</summary>
    private sealed class StickyFiles : OsFileSystem
    {
        public override void Delete(string path) => throw new UnauthorizedAccessException("Not permitted (test)");
    }
}
