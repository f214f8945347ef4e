using Gateway.Storage.Rings;

namespace Gateway.Storage.Tests.Rings;

public sealed class RestartTests : RingFixture
{
    /// <summary>Promise: a stop writes what waits, and the next run goes on in the same file; times go on increasing.</summary>
    [Fact]
    public async Task A_ring_goes_on_where_it_ended()
    {
        for (int run = 0; run < 20; run++)
        {
            await using RingStore store = OpenStepped();
            Ring ring = store.Open(RingKind.Traffic, 1, Quota());
            for (int i = 0; i < 10; i++) Add(ring, (run * 10) + i);
        }

        Assert.Single(FilesOf(RingKind.Traffic, 1));
        await using RingStore last = OpenStepped();
        RingReader reader = last.Open(RingKind.Traffic, 1, Quota()).Read(new RingQuery());
        List<Seen> all = await Read(reader);
        Assert.Equal(Enumerable.Range(0, 200).Select(i => (long)i), Numbers(all));
        Assert.Equal(Enumerable.Range(0, 200).Select(i => Time.NowUs + i), all.Select(record => record.Entry.TimeUs));
        Assert.Equal(0, reader.GapCount);
    }

    /// <summary>Promise: after a power cut that left part of a record, or zeros, the whole records are there, what is left is cut off, and the ring goes on without calling that damage.</summary>
    [Theory]
    [InlineData(3, 0)]
    [InlineData(31, 0)]
    [InlineData(0, 5_000)]
    [InlineData(11, 4_096)]
    public async Task A_torn_end_is_cut_off(int cut, int zeros)
    {
        await using (RingStore store = OpenStepped())
        {
            Ring ring = store.Open(RingKind.Traffic, 1, Quota());
            for (int i = 0; i < 10; i++) Add(ring, i, bytes: 50);
        }

        string file = FilesOf(RingKind.Traffic, 1).Single();
        byte[] whole = File.ReadAllBytes(file);
        File.WriteAllBytes(file, [.. whole[..^cut], .. new byte[zeros]]);
        int kept = cut > 0 ? 9 : 10;

        RingReader before = RingReader.Open(Folder, RingKind.Traffic, 1, new RingQuery());
        Assert.Equal(kept, (await Read(before)).Count);
        Assert.Contains("not whole", Assert.Single(before.Gaps).Reason, StringComparison.Ordinal);

        for (int run = 0; run < 2; run++)
        {
            await using RingStore again = OpenStepped();
            Ring ring = again.Open(RingKind.Traffic, 1, Quota());
            Add(ring, 10 + run);
            again.Step();
            RingReader reader = ring.Read(new RingQuery());
            Assert.Equal([.. Enumerable.Range(0, kept).Select(i => (long)i), .. Enumerable.Range(10, run + 1).Select(i => (long)i)], Numbers(await Read(reader)));
            Assert.Equal(0, reader.GapCount);
            Assert.Equal(run == 0 ? new FileInfo(file).Length - OffsetsIn(whole)[kept - 1] - RecordBytes(whole, kept - 1) : 0, ring.State.CutBytes);
        }

        Assert.Equal(2, FilesOf(RingKind.Traffic, 1).Length);
    }

    /// <summary>Promise: an empty file and one that is shorter than its header, as a power cut leaves them, do not stop a ring or count as old.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(40)]
    public async Task A_file_without_its_first_bytes_is_passed_over(int length)
    {
        await using (RingStore store = OpenStepped())
        {
            Ring ring = store.Open(RingKind.Traffic, 1, Quota());
            for (int i = 0; i < 10; i++) Add(ring, i);
        }

        string file = FilesOf(RingKind.Traffic, 1).Single();
        File.WriteAllBytes(file.Replace("ring-1", "ring-2", StringComparison.Ordinal), File.ReadAllBytes(file)[..length]);
        await using RingStore again = OpenStepped();
        Ring same = again.Open(RingKind.Traffic, 1, Quota());
        again.Sweep();
        Add(same, 10);
        again.Step();
        again.Sweep();
        RingReader reader = same.Read(new RingQuery());
        Assert.Equal(Enumerable.Range(0, 11).Select(i => (long)i), Numbers(await Read(reader)));
        Assert.Equal(0, reader.GapCount);
        Assert.Equal(3, FilesOf(RingKind.Traffic, 1).Length);
    }

    private static int RecordBytes(byte[] file, int index) => OffsetsIn(file) is var offsets && index + 1 < offsets.Count ? offsets[index + 1] - offsets[index] : file.Length - offsets[index];
}
