using System.Globalization;
using System.Text;
using Gateway.Storage.Rings;

namespace Gateway.Storage.Tests.Rings;

public sealed class NoteTests : RingFixture
{
    private static readonly RingQuery s_noted = new() { HasNotes = true };

    /// <summary>Promise: what is learned about records later comes with them, in both directions, with all records of a row, and with nobody else's.</summary>
    [Fact]
    public async Task Notes_come_with_the_records_that_they_are_about()
    {
        await using RingStore store = OpenStepped();
        Ring ring = store.Open(RingKind.Traffic, 1, Quota());
        for (int i = 0; i < 6; i++) Add(ring, i, connection: 1);
        Add(ring, 3, connection: 2);
        Note(ring, 1, last: 3, count: 2, new RingNote(70, 1));      // 2 and 3
        Note(ring, 1, last: 3, count: 1, new RingNote(71, 5));
        Note(ring, 1, last: 5, count: 1, new RingNote(0, -7));
        Note(ring, 1, last: 4, count: 2, new RingNote(90, 2));      // later than that of a later record
        Note(ring, 3, last: 0, count: 1, new RingNote(99, 1));      // of a record that was dropped
        store.Step();

        string[] expected = ["1/0:", "1/1:", "1/2: 70*1", "1/3: 70*1 71*5 90*2", "1/4: 90*2", "1/5: 0*-7", "2/3:"];
        Assert.Equal(expected, await ReadNotesAsync(ring, s_noted));
        Assert.Equal(expected.Reverse(), await ReadNotesAsync(ring, s_noted with { IsReverse = true }));
        Assert.Equal(expected, await ReadNotesAsync(ring, s_noted, countMax: 1));
        Assert.All(await ReadNotesAsync(ring, new RingQuery()), line => Assert.EndsWith(":", line, StringComparison.Ordinal));
        Assert.Equal(7, (await Read(ring)).Count);      // notes are no records themselves
    }

    /// <summary>Promise: a note that lies in the next file is found, also when the query ends before it; one that lies further behind is not.</summary>
    [Fact]
    public async Task Notes_are_found_in_the_next_file()
    {
        await using RingStore store = OpenStepped();
        Ring ring = store.Open(RingKind.Traffic, 1, Quota(8_000_000));
        long start = Time.NowUs;
        int count = 0;
        void FillFile()
        {
            for (int files = FilesOf(RingKind.Traffic, 1).Length; FilesOf(RingKind.Traffic, 1).Length == files; store.Step()) Add(ring, count++, bytes: 20_000, timeUs: start + count);
        }

        FillFile();
        FillFile();
        FillFile();
        Note(ring, 1, last: count - 3, count: 1, new RingNote(5, 1));
        Note(ring, 1, last: 0, count: 1, new RingNote(6, 1));
        store.Step();

        string near = $"1/{count - 3}: 5*1";
        foreach (bool isReverse in new[] { false, true })
        {
            List<string> lines = await ReadNotesAsync(ring, s_noted with { IsReverse = isReverse });
            Assert.Equal(count, lines.Count);
            Assert.Contains(near, lines);
            Assert.Contains("1/0:", lines);
            Assert.Contains(near, await ReadNotesAsync(ring, s_noted with { ToUs = start + count - 2, IsReverse = isReverse }));
        }
    }

    /// <summary>Promise: after a restart notes are there; a note is kept out of the list of idents, and one whose bytes are damaged only takes itself away.</summary>
    [Fact]
    public async Task Notes_survive_a_restart_and_damage_to_one_leaves_the_others()
    {
        await using (RingStore store = OpenStepped())
        {
            Ring ring = store.Open(RingKind.Traffic, 1, Quota());
            Add(ring, 0, ident: "a");
            Note(ring, 1, last: 0, count: 1, new RingNote(1, 1));
            Add(ring, 1, ident: "a");
            Note(ring, 1, last: 1, count: 1, new RingNote(2, 1));
            store.Step();
        }

        await using RingStore again = OpenStepped();
        Ring same = again.Open(RingKind.Traffic, 1, Quota());
        Assert.Equal(["1/0: 1*1", "1/1: 2*1"], await ReadNotesAsync(same, s_noted));
        (IReadOnlyList<RingIdent> idents, _) = await same.Read(new RingQuery()).ListIdentsAsync(10, None);
        Assert.Equal(2, Assert.Single(idents).Count);

        string file = Assert.Single(FilesOf(RingKind.Traffic, 1));
        byte[] bytes = File.ReadAllBytes(file);
        bytes[OffsetsIn(bytes)[1] + RingRecord.HeaderBytes + 4] ^= 1;
        File.WriteAllBytes(file, bytes);
        RingReader reader = same.Read(s_noted);
        Assert.Equal(["1/0:", "1/1: 2*1"], await ReadNotesAsync(reader));
        Assert.Equal(1, reader.GapCount);
    }

    /// <summary>Promise: a row is bounded, whatever the caller says, and so is what a file says.</summary>
    [Fact]
    public async Task A_note_is_about_a_bounded_row_of_records()
    {
        await using RingStore store = OpenStepped();
        Ring ring = store.Open(RingKind.Traffic, 1, Quota());
        int count = Ring.NotedMax + 10;
        for (int i = 0; i < count; i++) Add(ring, i);
        Note(ring, 1, last: count - 1, count: int.MaxValue, new RingNote(1, 1));
        Note(ring, 1, last: 3, count: -5, new RingNote(2, 1));
        store.Step();
        List<string> lines = await ReadNotesAsync(ring, s_noted);
        Assert.Equal(Ring.NotedMax, lines.Count(line => line.Contains(" 1*1", StringComparison.Ordinal)));
        Assert.Equal(["1/3: 2*1"], lines.Where(line => line.Contains(" 2*1", StringComparison.Ordinal)));
    }

    private void Note(Ring ring, long connection, int last, int count, RingNote note) => Assert.True(ring.TryAddNote(new RingEntry(Time.NowUs, connection, last, 0), count, note));

    private static Task<List<string>> ReadNotesAsync(Ring ring, RingQuery query, int countMax = 777) => ReadNotesAsync(ring.Read(query), countMax);

    private static async Task<List<string>> ReadNotesAsync(RingReader reader, int countMax = 777)
    {
        var page = new RingPage();
        var all = new List<string>();
        while (true)
        {
            await reader.ReadAsync(page, countMax, 1 << 20, None);
            if (page.Count == 0) return all;
            for (int i = 0; i < page.Count; i++)
            {
                var line = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"{page.Entry(i).Connection}/{page.Entry(i).Index}:"));
                foreach (RingNote note in page.Notes(i)) line.Append(CultureInfo.InvariantCulture, $" {note.Key}*{note.Value}");
                all.Add(line.ToString());
            }
        }
    }
}
