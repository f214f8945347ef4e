using Gateway.Storage.Disk;
using Gateway.Storage.Rings;

namespace Gateway.Storage.Tests.Rings;

public sealed class DamageTests : RingFixture
{
    private const int RecordsPerFile = 4;
    private const int Files = 3;

    public enum Harm
    {
        Flip,
        Zero,
        Cut,
    }

    /// <summary>Promise: whatever byte of a ring is flipped, zeroed, or the last one left of its file, a reader gives only records that were written, in order; and what it does not give, it tells of,
    /// but for the end of the newest file, which a power cut may have shortened.</summary>
    [Theory]
    [InlineData(Harm.Flip)]
    [InlineData(Harm.Zero)]
    [InlineData(Harm.Cut)]
    public async Task Every_damaged_byte_is_told_and_no_wrong_record_is_shown(Harm harm)
    {
        List<Seen> written = await WriteSmallRing();
        string[] files = FilesOf(RingKind.Traffic, 1);
        Assert.Equal(Files, files.Length);
        for (int f = 0; f < files.Length; f++)
        {
            byte[] whole = File.ReadAllBytes(files[f]);
            for (int at = 0; at < whole.Length; at++)
            {
                byte[] harmed = [.. whole];
                if (harm is Harm.Flip) harmed[at] ^= (byte)(1 << (at & 7));
                else if (harm is Harm.Zero) harmed.AsSpan(at).Clear();
                else harmed = whole[..at];
                File.WriteAllBytes(files[f], harmed);

                foreach (bool isReverse in new[] { false, true })
                {
                    RingReader reader = RingReader.Open(Folder, RingKind.Traffic, 1, new RingQuery { IsReverse = isReverse });
                    List<Seen> seen = await Read(reader);
                    if (isReverse) seen.Reverse();
                    string place = $"{harm} at byte {at} of file {f + 1}, reverse {isReverse}: {seen.Count} of {written.Count} records, {reader.GapCount} gaps";
                    Assert.True(IsPart(seen, written), place);
                    bool isNewestEnd = f == Files - 1 && harm is not Harm.Flip && seen.SequenceEqual(written.Take(seen.Count));
                    Assert.True(seen.Count == written.Count || reader.GapCount > 0 || isNewestEnd, place);
                    Assert.True(seen.Count >= written.Count - RecordsPerFile, place);
                    Assert.All(reader.Gaps, gap => Assert.Equal(files[f], gap.File));
                }
            }

            File.WriteAllBytes(files[f], whole);
        }

        Assert.Equal(written, await Read(RingReader.Open(Folder, RingKind.Traffic, 1, new RingQuery())));
    }

    /// <summary>Promise: a store that opens a harmed ring goes on behind the last whole record, and the damage inside stays told.</summary>
    [Fact]
    public async Task A_harmed_ring_goes_on()
    {
        List<Seen> written = await WriteSmallRing();
        string[] files = FilesOf(RingKind.Traffic, 1);
        byte[] newest = File.ReadAllBytes(files[^1]);
        List<int> offsets = OffsetsIn(newest);
        for (int at = 0; at < newest.Length; at++)
        {
            byte[] harmed = [.. newest];
            harmed[at] ^= 0x40;
            File.WriteAllBytes(files[^1], harmed);
            await using (RingStore store = OpenStepped())
            {
                Ring ring = store.Open(RingKind.Traffic, 1, Quota(days: 300));
                Add(ring, 100);
                store.Step();
                RingReader reader = ring.Read(new RingQuery());
                List<Seen> seen = await Read(reader);
                Assert.True(seen[^1].Number == 100 && IsPart(seen[..^1], written), $"byte {at}: {string.Join(' ', Numbers(seen))}");
                int lost = written.Count + 1 - seen.Count;
                // A flip in the last record looks like a record that the power cut off.
                Assert.True(lost == 0 || reader.GapCount > 0 || (lost == 1 && at >= offsets[^1]), $"byte {at}: {lost} lost, {reader.GapCount} gaps");
                Assert.Equal(at >= offsets[^1] ? newest.Length - offsets[^1] : 0, (int)ring.State.CutBytes);
            }

            foreach (string added in FilesOf(RingKind.Traffic, 1).Except(files)) File.Delete(added);
            File.WriteAllBytes(files[^1], newest);
        }
    }

    /// <summary>Promise: a file that somebody took away, swapped or put in from another ring is told, and its records are not shown.</summary>
    [Fact]
    public async Task Missing_swapped_and_foreign_files_are_told()
    {
        List<Seen> written = await WriteSmallRing();
        string[] files = FilesOf(RingKind.Traffic, 1);
        byte[] middle = File.ReadAllBytes(files[1]);

        File.Delete(files[1]);
        RingReader reader = RingReader.Open(Folder, RingKind.Traffic, 1, new RingQuery());
        Assert.Equal(written.Where((_, i) => i / RecordsPerFile != 1), await Read(reader));
        Assert.Equal(new RingGap(files[1], 0, 0, "the file is missing"), Assert.Single(reader.Gaps));

        File.Copy(files[2], files[1]);
        reader = RingReader.Open(Folder, RingKind.Traffic, 1, new RingQuery());
        Assert.Equal(written.Where((_, i) => i / RecordsPerFile != 1), await Read(reader));
        Assert.Equal("it is file 3 of the Traffic ring of 1", Assert.Single(reader.Gaps).Reason);

        File.WriteAllBytes(files[1], middle);
        string foreign = RingFolder.FileOf(RingFolder.PathOf(Folder, RingKind.Traffic, 2), 2);
        Directory.CreateDirectory(Path.GetDirectoryName(foreign)!);
        File.Copy(files[1], foreign);
        reader = RingReader.Open(Folder, RingKind.Traffic, 2, new RingQuery());
        Assert.Empty(await Read(reader));
        Assert.Equal("it is file 2 of the Traffic ring of 1", Assert.Single(reader.Gaps).Reason);

        byte[] later = [.. middle];
        later[8] = 2;
        Crc(later);
        File.WriteAllBytes(files[1], later);
        reader = RingReader.Open(Folder, RingKind.Traffic, 1, new RingQuery());
        Assert.Equal(2 * RecordsPerFile, (await Read(reader)).Count);
        Assert.Equal("it has layout 2; this program reads layout 1", Assert.Single(reader.Gaps).Reason);
    }

    /// <summary>Promise: bytes that a device sends do not pass for a record, even when the record around them is damaged.</summary>
    [Fact]
    public async Task A_record_inside_a_record_is_not_found()
    {
        byte[] image = new byte[RingRecord.LengthOf(0, 4)];
        await using (RingStore store = OpenStepped())
        {
            Ring ring = store.Open(RingKind.Traffic, 1, Quota());
            Add(ring, 1);
            // The best an attacker can do: a right record but for the salt, which no device sees.
            RingRecord.Write(image, new RingEntry(Time.NowUs, 1, 1, Received), [], "evil"u8);
            RingRecord.Finish(image, new SegmentHeader(RingKind.Traffic, 1, 1, 0, 0, 0, Time.NowUs, 0).Seed, Time.NowUs);
            Assert.True(ring.TryAdd(new RingEntry(Time.NowUs, 1, 2, Received), [], image));
            Add(ring, 3);
            store.Step();
        }

        string file = FilesOf(RingKind.Traffic, 1).Single();
        byte[] bytes = File.ReadAllBytes(file);
        bytes[OffsetsIn(bytes)[1] + 4] ^= 1;
        File.WriteAllBytes(file, bytes);
        RingReader reader = RingReader.Open(Folder, RingKind.Traffic, 1, new RingQuery());
        Assert.Equal([1, 3], Numbers(await Read(reader)));
        Assert.Equal(RingRecord.LengthOf(0, image.Length), Assert.Single(reader.Gaps).Bytes);
    }

    /// <summary>Promise: the check tells files, records and gaps of all rings and changes nothing.</summary>
    [Fact]
    public async Task The_check_counts_and_names()
    {
        await WriteSmallRing();
        Assert.Equal((1, Files, Files * RecordsPerFile, 0), Summary(await RingInspector.CheckAsync(Folder, None)));
        string file = FilesOf(RingKind.Traffic, 1)[1];
        byte[] bytes = File.ReadAllBytes(file);
        bytes[^1] ^= 1;
        bytes[SegmentHeader.Bytes] ^= 1;
        File.WriteAllBytes(file, bytes);

        RingReport report = await RingInspector.CheckAsync(Folder, None);
        Assert.Equal((1, Files, (Files * RecordsPerFile) - 2, 2), Summary(report));
        Assert.Equal(FilesOf(RingKind.Traffic, 1).Sum(path => new FileInfo(path).Length), report.Bytes);
        Assert.Equal([(file, (long)SegmentHeader.Bytes), (file, OffsetsIn(File.ReadAllBytes(FilesOf(RingKind.Traffic, 1)[0]))[^1])], report.Gaps.Select(gap => (gap.File, gap.Offset)));
        Assert.Equal(bytes, File.ReadAllBytes(file));
        Assert.Equal((0, 0, 0, 0), Summary(await RingInspector.CheckAsync(Path.Combine(Folder, "nowhere"), None)));

        static (int, int, long, long) Summary(RingReport report) => (report.Rings, report.Files, report.Records, report.GapCount);
    }

    /// <summary>Three files of four records: each time the clock goes back by an hour a new file begins.</summary>
    private async Task<List<Seen>> WriteSmallRing()
    {
        await using RingStore store = OpenStepped();
        Ring ring = store.Open(RingKind.Traffic, 1, Quota(days: 300));
        for (int i = 0; i < Files * RecordsPerFile; i++) Add(ring, i, ident: i % 2 == 0 ? "123456789012345" : "", bytes: 5 + (i % 3 * 7), timeUs: Time.NowUs - (i / RecordsPerFile * 3_600_000_000) + i);
        store.Step();
        return await Read(ring);
    }

    private static bool IsPart(List<Seen> part, List<Seen> whole)
    {
        // The ident of a record may be told by another one that is lost.
        int at = 0;
        foreach (Seen seen in part)
        {
            while (at < whole.Count && (whole[at].Entry != seen.Entry || whole[at].Text != seen.Text || (seen.Ident != whole[at].Ident && seen.Ident.Length > 0))) at++;
            if (at++ >= whole.Count) return false;
        }

        return true;
    }

    private static void Crc(byte[] file) =>
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(SegmentHeader.Bytes - 4), Crc32C.Compute(file.AsSpan(0, SegmentHeader.Bytes - 4)));
}
