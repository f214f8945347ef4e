using System.Text;
using Gateway.Storage.Rings;

namespace Gateway.Storage.Tests.Rings;

public sealed class ReadTests : RingFixture
{
    /// <summary>Promise: what was added is read, in order, with all that was said about it.</summary>
    [Fact]
    public async Task Records_come_back_as_they_were_added()
    {
        await using RingStore store = OpenStepped();
        Ring ring = store.Open(RingKind.Traffic, 7, Quota());
        Add(ring, 1, connection: 5, ident: "one", type: 0);
        Time.Advance(TimeSpan.FromSeconds(1));
        Add(ring, 2, connection: 6, ident: "two", type: 515, bytes: 333);
        Assert.True(ring.TryAdd(new RingEntry(Time.NowUs, 6, 3, 1), "two"u8, []));
        store.Step();

        List<Seen> all = await Read(ring);
        Assert.Equal(
            [
                new Seen(new RingEntry(Time.NowUs - 1_000_000, 5, 1, 0), "one", "1 "),
                new Seen(new RingEntry(Time.NowUs, 6, 2, 515), "two", "2 ".PadRight(333, 'x')),
                new Seen(new RingEntry(Time.NowUs + 1, 6, 3, 1), "two", ""),        // a time of its own, so that paging by time leaves none out
            ],
            all);
        Assert.Equal(3, ring.State.Written);
    }

    /// <summary>Promise: pages are bounded by count and by bytes, give everything once, and read the same backwards.</summary>
    [Theory]
    [InlineData(1, 1 << 20)]
    [InlineData(7, 1 << 20)]
    [InlineData(1_000_000, 3_000)]
    [InlineData(1_000_000, 1)]
    public async Task Pages_are_bounded_and_leave_nothing_out(int countMax, int bytesMax)
    {
        await using RingStore store = OpenStepped();
        Ring ring = store.Open(RingKind.Traffic, 1, Quota());
        for (int i = 0; i < 900; i++) Add(ring, i, bytes: 900 + (i % 50));      // some 800 KB in seven files
        store.Step();
        Assert.True(FilesOf(RingKind.Traffic, 1).Length > 3);

        foreach (bool isReverse in new[] { false, true })
        {
            var all = new List<long>();
            var page = new RingPage();
            RingReader reader = ring.Read(new RingQuery { IsReverse = isReverse });
            do
            {
                await reader.ReadAsync(page, countMax, bytesMax, None);
                Assert.True(page.Count <= countMax && (page.Count == 1 || page.Length <= bytesMax), $"{page.Count} records, {page.Length} bytes");
                for (int i = 0; i < page.Count; i++) all.Add(page.Entry(i).Index);
            }
            while (page.Count > 0);
            IEnumerable<long> expected = Enumerable.Range(0, 900).Select(i => (long)i);
            Assert.Equal(isReverse ? expected.Reverse() : expected, all);
            Assert.Equal((0, 0), (reader.GapCount, reader.Dropped));
        }
    }

    /// <summary>Promise: from and to are inclusive, in both directions.</summary>
    [Theory]
    [InlineData(100, 199)]
    [InlineData(0, 0)]
    [InlineData(850, 5_000)]
    [InlineData(2_000, 3_000)]
    [InlineData(400, 400)]
    public async Task Times_choose_records(long from, long to)
    {
        await using RingStore store = OpenStepped();
        Ring ring = store.Open(RingKind.Traffic, 1, Quota());
        long start = Time.NowUs;
        for (int i = 0; i < 900; i++) Add(ring, i, bytes: 900, timeUs: start + (i * 1_000));
        Time.Advance(TimeSpan.FromSeconds(10));
        store.Step();

        IEnumerable<long> expected = Enumerable.Range(0, 900).Select(i => (long)i).Where(i => i >= from && i <= to);
        var query = new RingQuery { FromUs = start + (from * 1_000), ToUs = start + (to * 1_000) };
        Assert.Equal(expected, Numbers(await Read(ring, query)));
        Assert.Equal(expected.Reverse(), Numbers(await Read(ring, query with { IsReverse = true })));
    }

    /// <summary>Promise: a clock that went back loses nothing: each record is found by the time it was given, and they stay in the order in which they came.</summary>
    [Fact]
    public async Task A_clock_that_goes_back_changes_no_order()
    {
        await using RingStore store = OpenStepped();
        Ring ring = store.Open(RingKind.Traffic, 1, Quota());
        long now = Time.NowUs, hour = 3_600_000_000;
        Add(ring, 0, timeUs: now);
        Add(ring, 1, timeUs: now - 5);             // threads that overtake each other
        Add(ring, 2, timeUs: now + 10);
        Add(ring, 3, timeUs: now - hour);          // somebody sets the clock
        Add(ring, 4, timeUs: now - hour + 1);
        store.Step();

        List<Seen> all = await Read(ring);
        Assert.Equal([0, 1, 2, 3, 4], Numbers(all));
        Assert.Equal([now, now + 1, now + 10, now - hour, now - hour + 1], all.Select(record => record.Entry.TimeUs));
        Assert.Equal([3, 4], Numbers(await Read(ring, new RingQuery { ToUs = now - 1 })));
        Assert.Equal([2, 1, 0], Numbers(await Read(ring, new RingQuery { FromUs = now, IsReverse = true })));
    }

    /// <summary>Promise: the first records of a connection, added before the device told its ident, are found under it; those of others are not.</summary>
    [Fact]
    public async Task Records_before_the_ident_belong_to_the_ident_told_later()
    {
        await using RingStore store = OpenStepped();
        Ring ring = store.Open(RingKind.Traffic, 1, Quota());
        Add(ring, 0, connection: 1, type: 0);
        Add(ring, 1, connection: 2, type: 0);
        Add(ring, 2, connection: 3, type: 0);
        Add(ring, 3, connection: 2);
        Add(ring, 4, connection: 1, ident: "a");
        Add(ring, 5, connection: 2, ident: "b");
        Add(ring, 6, connection: 1, ident: "a");
        Add(ring, 7, connection: 3);                // never told one
        Add(ring, 8, connection: 1, ident: "c");    // one connection, several idents
        store.Step();

        Assert.Equal([0, 4, 6], Numbers(await Read(ring, new RingQuery { Ident = Only("a") })));
        Assert.Equal([5, 3, 1], Numbers(await Read(ring, new RingQuery { Ident = Only("b"), IsReverse = true })));
        Assert.Equal([8], Numbers(await Read(ring, new RingQuery { Ident = Only("c") })));
        Assert.Empty(await Read(ring, new RingQuery { Ident = Only("") }));
        Assert.Equal(["a", "b", "", "b", "a", "b", "a", "", "c"], (await Read(ring)).Select(record => record.Ident));
        // Also when the page ends before the ident is told.
        Assert.Equal([0, 4, 6], Numbers(await Read(ring, new RingQuery { Ident = Only("a") }, countMax: 1)));
    }

    /// <summary>Promise: a record that is told to be of another ident too is found under both.</summary>
    [Fact]
    public async Task A_record_may_belong_to_several_idents()
    {
        await using RingStore store = OpenStepped();
        Ring ring = store.Open(RingKind.Traffic, 1, Quota());
        Add(ring, 0, ident: "a");
        Add(ring, 1, ident: "c");
        Assert.True(ring.TryAddIdent(new RingEntry(Time.NowUs, 1, 1, 0), "a"u8, 1, 2));
        Assert.True(ring.TryAddIdent(new RingEntry(Time.NowUs, 1, 1, 0), "b"u8, 1, 2));
        Add(ring, 2, ident: "c");
        store.Step();

        Assert.Equal([0, 1], Numbers(await Read(ring, new RingQuery { Ident = Only("a") })));
        Assert.Equal([1], Numbers(await Read(ring, new RingQuery { Ident = Only("b"), IsReverse = true })));
        Assert.Equal([1, 2], Numbers(await Read(ring, new RingQuery { Ident = Only("c") })));
        Assert.Equal([0, 1, 2], Numbers(await Read(ring)));
    }

    /// <summary>Promise: the list of idents has bytes, count and times of each, those of records before the ident included.</summary>
    [Fact]
    public async Task Idents_are_listed_with_bytes_count_and_times()
    {
        await using RingStore store = OpenStepped();
        Ring ring = store.Open(RingKind.Traffic, 1, Quota());
        long start = Time.NowUs;
        Add(ring, 0, connection: 1, type: 0, timeUs: start);
        Add(ring, 1, connection: 2, type: 0, timeUs: start + 10);
        Add(ring, 2, connection: 1, ident: "353000", bytes: 100, timeUs: start + 20);
        Add(ring, 3, connection: 2, ident: "777000", bytes: 100, timeUs: start + 30);
        Assert.True(ring.TryAddIdent(new RingEntry(start + 30, 2, 3, 0), "both"u8, 6, 100));
        Add(ring, 4, connection: 3, timeUs: start + 40);
        store.Step();

        (IReadOnlyList<RingIdent> idents, bool isMore) = await ring.Read(new RingQuery()).ListIdentsAsync(10, None);
        int small = RingRecord.LengthOf(0, 2), large = RingRecord.LengthOf(6, 100);
        Assert.Equal(
            [
                new RingIdent("353000", small + large, 2, start, start + 20),
                new RingIdent("777000", small + large, 2, start + 10, start + 30),
                new RingIdent("both", large, 1, start + 31, start + 31),
            ],
            idents);
        Assert.False(isMore);

        (idents, isMore) = await ring.Read(new RingQuery()).ListIdentsAsync(2, None);
        Assert.Equal((2, true), (idents.Count, isMore));
        (idents, _) = await ring.Read(new RingQuery { Ident = ident => ident.StartsWith("35"u8) }).ListIdentsAsync(10, None);
        Assert.Equal(["353000"], idents.Select(ident => ident.Ident));
    }

    /// <summary>Promise: rings of other owners and kinds do not mix.</summary>
    [Fact]
    public async Task Each_owner_and_kind_has_its_own_ring()
    {
        await using RingStore store = OpenStepped();
        Ring[] rings = [store.Open(RingKind.Traffic, 1, Quota()), store.Open(RingKind.Logs, 1, Quota()), store.Open(RingKind.Traffic, 2, Quota())];
        for (int i = 0; i < 300; i++) Add(rings[i % 3], i);
        store.Step();
        for (int r = 0; r < 3; r++) Assert.Equal(Enumerable.Range(0, 100).Select(i => (long)((i * 3) + r)), Numbers(await Read(rings[r])));
        Assert.Same(rings[0], store.Open(RingKind.Traffic, 1, Quota()));
    }

    /// <summary>Promise: what can't be a record is refused at the door.</summary>
    [Fact]
    public async Task Too_long_records_and_reserved_types_are_the_callers_fault()
    {
        await using RingStore store = OpenStepped();
        Ring ring = store.Open(RingKind.Traffic, 1, Quota());
        var entry = new RingEntry(Time.NowUs, 1, 0, Received);
        Assert.Throws<ArgumentOutOfRangeException>(() => ring.TryAdd(entry, [], new byte[Ring.BytesMax + 1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => ring.TryAdd(entry, new byte[256], []));
        Assert.Throws<ArgumentOutOfRangeException>(() => ring.TryAdd(entry with { Type = 0xFFFF }, [], []));
        Assert.Throws<ArgumentOutOfRangeException>(() => ring.TryAdd(entry with { Type = -1 }, [], []));
        Assert.Throws<ArgumentOutOfRangeException>(() => store.Open(RingKind.Traffic, 1, Quota(RingOptions.QuotaBytesMin - 1)));
        byte[] longest = Encoding.ASCII.GetBytes(new string('y', Ring.BytesMax));
        Assert.True(ring.TryAdd(entry, new byte[255], longest));
        store.Step();
        Assert.Equal(longest, Encoding.ASCII.GetBytes((await Read(ring)).Single().Text));
    }
}
