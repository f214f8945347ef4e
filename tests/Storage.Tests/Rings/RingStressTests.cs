using System.Buffers.Binary;
using Gateway.Storage.Rings;

namespace Gateway.Storage.Tests.Rings;

[Collection(nameof(Alone))]
public sealed class RingStressTests : RingFixture
{
    /// <summary>Promise: adding allocates nothing, neither on the caller's thread nor on the writer's.</summary>
    [Fact]
    public async Task Adding_allocates_nothing()
    {
        await using RingStore store = OpenStepped();
        Ring ring = store.Open(RingKind.Traffic, 1, Quota(RingOptions.QuotaBytesMax));
        byte[] bytes = new byte[200];
        AddSome(2_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        AddSome(2_000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(4_000, ring.State.Written);

        void AddSome(int count)
        {
            for (int i = 0; i < count; i++)
            {
                if (!ring.TryAdd(new RingEntry(Time.NowUs, 1, i, Received), "353173060000000"u8, bytes)) throw new InvalidOperationException("dropped");
                if (i % 100 == 99) store.Step();
            }
        }
    }

    /// <summary>Promise: with many threads adding, files giving way and readers in both directions, each reader sees right records in order without a hole, and in the end every record was written or counted as dropped.</summary>
    [Fact]
    public async Task Adders_readers_and_eviction_go_side_by_side()
    {
        const int adders = 4, perAdder = 60_000;
        await using RingStore store = new(Threaded with { QueueBits = 20 });
        Ring[] rings = [store.Open(RingKind.Traffic, 1, Quota()), store.Open(RingKind.Traffic, 2, Quota(2 << 20))];
        long added = 0;
        bool isOver = false;
        Task[] adding = [.. Enumerable.Range(0, adders).Select(a => Task.Run(() =>
        {
            byte[] bytes = new byte[300];
            var random = new Random(a);
            for (int i = 0; i < perAdder; i++)
            {
                Span<byte> some = bytes.AsSpan(0, 16 + random.Next(280));
                some.Fill((byte)i);
                BinaryPrimitives.WriteInt64LittleEndian(some, a);
                BinaryPrimitives.WriteInt64LittleEndian(some[8..], i);
                var entry = new RingEntry((DateTime.UtcNow - DateTime.UnixEpoch).Ticks / 10, a + 1, i, Received);
                if (rings[i & 1].TryAdd(entry, a % 2 == 0 ? "even"u8 : "odd"u8, some)) Interlocked.Increment(ref added);
            }
        }, None))];
        Task[] reading = [.. new[] { false, true }.Select(isReverse => Task.Run(async () =>
        {
            for (int round = 0; round < 5 || !Volatile.Read(ref isOver); round++)
            {
                RingReader reader = rings[round & 1].Read(new RingQuery { IsReverse = isReverse, Ident = round % 3 == 0 ? Only("odd") : null });
                await CheckAsync(reader, isReverse);
                Assert.True(reader.GapCount == 0, string.Join("; ", reader.Gaps));
            }
        }, None))];
        await Task.WhenAll(adding);
        Volatile.Write(ref isOver, true);
        await Task.WhenAll(reading);
        await store.FlushAsync();
        Assert.Equal(added, rings.Sum(ring => ring.State.Written));
        Assert.Equal((adders * perAdder) - added, rings.Sum(ring => ring.State.Dropped));
        Assert.True(FilesOf(RingKind.Traffic, 1).Sum(file => new FileInfo(file).Length) <= 1 << 20);
        Assert.True(FilesOf(RingKind.Traffic, 2).Sum(file => new FileInfo(file).Length) <= 2 << 20);

        static async Task CheckAsync(RingReader reader, bool isReverse)
        {
            var page = new RingPage();
            var last = new Dictionary<long, int>();
            long lastUs = isReverse ? long.MaxValue : 0;
            do
            {
                await reader.ReadAsync(page, 1_000, 1 << 18, None);
                for (int i = 0; i < page.Count; i++)
                {
                    RingEntry entry = page.Entry(i);
                    ReadOnlySpan<byte> bytes = page.Bytes(i);
                    Assert.Equal((entry.Connection - 1, entry.Index), (BinaryPrimitives.ReadInt64LittleEndian(bytes), (int)BinaryPrimitives.ReadInt64LittleEndian(bytes[8..])));
                    Assert.True(bytes[16..].IndexOfAnyExcept((byte)entry.Index) < 0);
                    Assert.True(page.Ident(i).SequenceEqual(entry.Connection % 2 == 1 ? "even"u8 : "odd"u8));
                    Assert.True(isReverse ? entry.TimeUs < lastUs : entry.TimeUs > lastUs);
                    if (last.TryGetValue(entry.Connection, out int before)) Assert.True(isReverse ? entry.Index < before : entry.Index > before);
                    (last[entry.Connection], lastUs) = (entry.Index, entry.TimeUs);
                }
            }
            while (page.Count > 0);
        }
    }

    /// <summary>Promise: 2,000 rings in use share the handles and the memory of a few; idle ones cost next to nothing.</summary>
    [Fact]
    public async Task Two_thousand_rings_need_few_handles_and_little_memory()
    {
        const int count = 2_000;
        RingStoreOptions options = Stepped;
        await using RingStore store = new(options);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        Ring[] rings = [.. Enumerable.Range(1, count).Select(owner => store.Open(RingKind.Traffic, owner, Quota()))];
        long idle = GC.GetTotalMemory(forceFullCollection: true) - before;
        for (int round = 0; round < 3; round++)
        {
            for (int i = 0; i < count; i++) Add(rings[i], round, bytes: 100);
            store.Step();
            store.Sweep();
        }

        long used = GC.GetTotalMemory(forceFullCollection: true) - before;
        TestContext.Current.TestOutputHelper?.WriteLine($"{idle / count} bytes per idle ring, {used / count} per ring in use");
        Assert.True(idle < count * 1_024, $"{idle / count} bytes per idle ring");
        Assert.True(used < count * 2_048, $"{used / count} bytes per ring in use");
        if (OperatingSystem.IsLinux())
        {
            int open = Directory.GetFiles("/proc/self/fd").Select(fd => File.ResolveLinkTarget(fd, returnFinalTarget: false)?.FullName).Count(target => target?.StartsWith(Folder, StringComparison.Ordinal) is true);
            Assert.InRange(open, 1, options.OpenFilesMax);
        }

        Assert.All(rings, ring => Assert.Equal(3, ring.State.Written));
        Assert.Equal([0, 1, 2], Numbers(await Read(rings[^1])));
    }

    /// <summary>Promise: a writer that waits for work takes it up by itself, and one that is told to hurry does not wait for its time.</summary>
    [Fact]
    public async Task Records_are_written_without_being_asked_for()
    {
        await using RingStore store = new(Threaded with { LingerMs = 20 });
        Ring ring = store.Open(RingKind.Traffic, 1, Quota());
        for (int round = 1; round <= 5; round++)
        {
            Add(ring, round);
            await Until(() => ring.State.Written == round, "the write");
        }

        await using RingStore slow = new(Threaded with { LingerMs = 3_600_000, QueueBits = 18 });
        Ring other = slow.Open(RingKind.Traffic, 2, Quota());
        Add(other, 1);
        await slow.FlushAsync().WaitAsync(TimeSpan.FromSeconds(20), None);
        Assert.Equal(1, other.State.Written);
        Add(other, 2, bytes: 60_000);
        Add(other, 3, bytes: 60_000);
        Add(other, 4, bytes: 60_000);       // more than half of the queue
        await Until(() => other.State.Written == 4, "the write of a queue that fills");
    }
}
