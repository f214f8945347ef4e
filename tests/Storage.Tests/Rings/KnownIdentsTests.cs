using Gateway.Storage.Rings;

namespace Gateway.Storage.Tests.Rings;

/// <summary>Promise: a reader that wants an ident passes over a ring that has nothing of it, and finds it in every ring that has, whatever happened in between.</summary>
public sealed class KnownIdentsTests : RingFixture
{
    [Fact]
    public async Task Records_of_an_ident_are_found_from_the_moment_on_at_which_they_are_written()
    {
        await using RingStore store = OpenStepped();
        Ring ring = store.Open(RingKind.Traffic, 1, Quota());
        Assert.Empty(await ReadOfAsync(ring, "a"));
        for (int i = 0; i < 1_500; i++)     // through several files, the oldest giving way
        {
            string ident = i switch { 3 => "early", 700 => "once", _ => $"i{i % 7}" };
            Add(ring, i, connection: i, ident: ident, bytes: 900);
            Assert.True(i % 40 != 0 || ring.TryAddIdent(new RingEntry(Time.NowUs, i, i, 0), "\xFF\xFE"u8, 0, 0));
            store.Step();
            if (i % 5 == 0 || i is 3 or 700) Assert.Equal(i, (await ReadOfAsync(ring, ident))[^1]);
            if (i % 40 == 0) Assert.Equal(i, (await ReadOfAsync(ring, "\xFF\xFE"))[^1]);
            if (i % 50 == 0) Assert.Empty(await ReadOfAsync(ring, "stranger"));
        }
        Assert.Empty(await ReadOfAsync(ring, "early"));
        Assert.Equal([700], await ReadOfAsync(ring, "once"));
    }

    [Fact]
    public async Task Idents_are_known_after_a_restart_before_anything_is_written()
    {
        await using (RingStore store = OpenStepped())
        {
            Ring ring = store.Open(RingKind.Traffic, 1, Quota());
            for (int i = 0; i < 400; i++) Add(ring, i, ident: $"i{i % 5}", bytes: 900);
            store.Step();
        }
        await using RingStore again = OpenStepped();
        Ring same = again.Open(RingKind.Traffic, 1, Quota());
        Assert.Equal((80, 0), ((await ReadOfAsync(same, "i3")).Count, (await ReadOfAsync(same, "i7")).Count));
        Add(same, 400, ident: "i7");
        again.Step();
        Assert.Equal([400], await ReadOfAsync(same, "i7"));
        Assert.Equal(80, (await ReadOfAsync(same, "i3")).Count);
    }

    [Fact]
    public async Task A_ring_without_the_ident_is_not_read_again()
    {
        await using RingStore store = OpenStepped();
        Ring ring = store.Open(RingKind.Traffic, 1, Quota());
        for (int i = 0; i < 400; i++) Add(ring, i, ident: $"i{i % 5}", bytes: 900);
        store.Step();
        Assert.Empty(await ReadOfAsync(ring, "stranger"));
        string file = FilesOf(RingKind.Traffic, 1)[0];
        byte[] bytes = File.ReadAllBytes(file);
        bytes[^1] ^= 1;
        File.WriteAllBytes(file, bytes);        // whoever looks at the file sees it

        RingReader passing = ring.Read(new RingQuery { Ident = Only("stranger") }), reading = ring.Read(new RingQuery { Ident = Only("i2") });
        Assert.Empty(await Read(passing));
        Assert.NotEmpty(await Read(reading));
        Assert.Equal((0, 1), (passing.GapCount, reading.GapCount));
    }

    [Fact]
    public async Task Where_something_is_missing_every_ident_is_possible_and_the_reader_tells()
    {
        await using (RingStore store = OpenStepped())
        {
            Ring ring = store.Open(RingKind.Traffic, 1, Quota());
            for (int i = 0; i < 10; i++) Add(ring, i, ident: "a");
            store.Step();
        }
        string file = FilesOf(RingKind.Traffic, 1).Single();
        byte[] bytes = File.ReadAllBytes(file);
        bytes[OffsetsIn(bytes)[4] + RingRecord.HeaderBytes] ^= 1;
        File.WriteAllBytes(file, bytes);

        await using RingStore again = OpenStepped();
        RingReader reader = again.Open(RingKind.Traffic, 1, Quota()).Read(new RingQuery { Ident = Only("b") });
        Assert.Empty(await Read(reader));
        Assert.Equal(1, reader.GapCount);
    }

    [Fact]
    public async Task With_more_idents_than_are_remembered_all_of_them_are_found()
    {
        await using RingStore store = OpenStepped();
        Ring ring = store.Open(RingKind.Traffic, 1, Quota(8_000_000));
        for (int i = 0; i < KnownIdents.CountMax + 100; i++)
        {
            Add(ring, i, connection: i, ident: $"i{i}");
            if (i % 1_000 == 0) store.Step();
        }
        store.Step();
        foreach (int i in new[] { 0, 1, KnownIdents.CountMax, KnownIdents.CountMax + 99 }) Assert.Equal([i], await ReadOfAsync(ring, $"i{i}"));
        Assert.Empty(await ReadOfAsync(ring, "stranger"));
    }

    private static async Task<List<long>> ReadOfAsync(Ring ring, string ident) => [.. Numbers(await Read(ring, new RingQuery { Ident = Only(ident) }))];
}
