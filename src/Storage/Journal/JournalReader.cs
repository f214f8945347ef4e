using System.Buffers.Binary;
using Gateway.Storage.Disk;

namespace Gateway.Storage.Journal;

/// <summary>Takes an entry of the journal during recovery.</summary>
internal delegate void JournalVisitor(JournalView entry);

/// <summary>Reads a generation of the journal after a crash, entry by entry, and tells a torn tail from damage.</summary>
/// <remarks>Each file begins with a <see cref="FileHeader"/>, but those of version 1. A header that is damaged is let pass: it may have been on its way to the disk when the power
/// went, and each entry says itself where it belongs. FASTER's layout behind it: pages of one size; an entry is length 4 | bytes | padding to 4; entries do not cross pages, the rest of a page is zero.
/// The first page begins at 64.</remarks>
internal sealed class JournalReader(HandleCache handles, StoreOptions options, long generation, int version)
{
    private const int FirstAddress = 64;
    private const int LengthBytes = 4;

    private readonly string _factsPath = GroupJournal.FactsPathOf(options.Folder, generation);
    private readonly string _path = GroupJournal.PathOf(options.Folder, generation);
    private readonly int _headerBytes = version == 1 ? 0 : FileHeader.Bytes;
    private readonly int _pageBytes = 1 << options.JournalPageBits;
    private readonly int _pagesPerSegment = 1 << (options.JournalSegmentBits - options.JournalPageBits);

    /// <summary>Visits all durable entries in order.</summary>
    /// <param name="neededSequence">The first entry that some channel still needs: it must be there if anything follows it.</param>
    /// <param name="visit">Gets each entry, also those before <paramref name="neededSequence"/> that are still on disk.</param>
    /// <exception cref="DamagedLogException">An entry that was durable is damaged or missing.</exception>
    public void Read(long neededSequence, JournalVisitor visit)
    {
        long factsDurable = JournalFacts.ReadDurable(handles, _factsPath, generation);
        if (factsDurable < 0) throw Damaged(_factsPath, 0, "it holds no valid slot, so nobody knows how far the journal was durable");
        int[] segments = SegmentsOf(handles.Files, _path);
        if (segments.Length == 0) throw Damaged(_path + ".0", 0, "the file is missing");
        byte[] page = GC.AllocateUninitializedArray<byte>(_pageBytes);
        long expected = 0;      // 0: whatever comes first
        long brokenPage = -1;
        int brokenOffset = 0;
        string? missing = null;

        for (int s = 0; s < segments.Length; s++)
        {
            if (s > 0 && segments[s] != segments[s - 1] + 1)
            {
                if (BeginsAtOrBelow(segments[s], page, neededSequence))
                {
                    // A file that was removed came back when the power went, before its folder was synced: nobody needs it.
                    expected = 0;
                    brokenPage = -1;
                    missing = null;
                }
                else if (brokenPage < 0)
                {
                    missing = $"{_path}.{segments[s - 1] + 1}";
                    brokenPage = ((long)segments[s - 1] + 1) * _pagesPerSegment;
                    brokenOffset = 0;
                }
            }

            CheckHeader(segments[s]);
            for (int p = 0; p < _pagesPerSegment; p++)
            {
                long pageNumber = ((long)segments[s] * _pagesPerSegment) + p;
                int length = handles.Read($"{_path}.{segments[s]}", page, _headerBytes + ((long)p * _pageBytes));
                if (length == 0) break;

                page.AsSpan(length).Clear();
                int offset = pageNumber == 0 ? FirstAddress : 0;
                while (brokenPage < 0 && TryEntry(page, offset, out int entryBytes) && JournalView.IsValid(page.AsSpan(offset + LengthBytes, entryBytes), generation))
                {
                    var entry = new JournalView(page.AsSpan(offset + LengthBytes, entryBytes));
                    if (expected == 0 ? entry.Sequence > neededSequence : entry.Sequence != expected) break;
                    visit(entry);
                    expected = entry.Sequence + 1;
                    offset += LengthBytes + ((entryBytes + 3) & ~3);
                }

                // A hole that no entry behind it calls durable was the tail when the power went: sectors, pages and files reach the disk in any order.
                if (TryEntryBehind(page, offset, out long durable) && durable >= Math.Max(expected, 1))
                {
                    if (missing is not null) throw Damaged(missing, 0, "the file is missing");
                    throw brokenPage >= 0 ? DamagedAt(brokenPage, brokenOffset, expected) : DamagedAt(pageNumber, offset, expected);
                }

                bool restIsZero = page.AsSpan(Math.Min(offset, _pageBytes)).IndexOfAnyExcept((byte)0) < 0;
                if (brokenPage < 0 && !restIsZero)
                {
                    brokenPage = pageNumber;
                    brokenOffset = offset;
                }
            }
        }

        long last = expected == 0 ? 0 : expected - 1;
        if (last < factsDurable && factsDurable >= neededSequence)
            throw Damaged($"{_path}.{(segments.Length == 0 ? 0 : segments[^1])}", brokenOffset, $"entries up to {factsDurable} were durable, the journal ends with {last}");
    }

    private DamagedLogException DamagedAt(long page, int offset, long expected) => Damaged(
        $"{_path}.{page / _pagesPerSegment}", _headerBytes + (page % _pagesPerSegment * _pageBytes) + offset, expected == 0 ? "its first entries were durable and can't be read" : $"entry {expected} was durable and can't be read");

    private void CheckHeader(int segment)
    {
        if (version == 1) return;
        Span<byte> block = stackalloc byte[FileHeader.Bytes];
        string path = $"{_path}.{segment}";
        FileHeader wanted = GroupJournal.HeaderOf(options, generation) with { Segment = segment };
        HeaderStatus status = FileHeader.TryRead(block[..handles.Read(path, block, 0)], out FileHeader header, out int headerVersion);
        if (status == HeaderStatus.Later) throw Damage.Later(path, headerVersion, FileHeader.Version);
        if (status == HeaderStatus.Valid && header != wanted) throw Damaged(path, 0, $"it is the file {header.Name}, not {wanted.Name}");
    }

    /// <summary>True when the first entry of the file is not above the needed one: what lies in files before it is in the channels' logs.</summary>
    private bool BeginsAtOrBelow(int segment, byte[] page, long neededSequence)
    {
        page.AsSpan(handles.Read($"{_path}.{segment}", page, _headerBytes)).Clear();
        return TryEntry(page, 0, out int entryBytes) && JournalView.IsValid(page.AsSpan(LengthBytes, entryBytes), generation)
            && new JournalView(page.AsSpan(LengthBytes, entryBytes)).Sequence <= neededSequence;
    }

    /// <summary>The numbers of the files of a generation, ascending.</summary>
    /// <param name="files">The disk.</param>
    /// <param name="path">The files are named this, a dot and the number.</param>
    public static int[] SegmentsOf(FileSystem files, string path)
    {
        string prefix = Path.GetFileName(path) + ".";
        return [.. files.ListFiles(Path.GetDirectoryName(path)!, prefix)
            .Select(file => int.TryParse(Path.GetFileName(file)[prefix.Length..], out int number) ? number : -1)
            .Where(number => number >= 0).Order()];
    }

    private bool TryEntry(byte[] page, int offset, out int entryBytes)
    {
        entryBytes = 0;
        if (offset + LengthBytes + JournalEntry.HeaderBytes > _pageBytes) return false;
        entryBytes = BinaryPrimitives.ReadInt32LittleEndian(page.AsSpan(offset));
        return entryBytes >= JournalEntry.HeaderBytes && entryBytes <= _pageBytes - offset - LengthBytes;
    }

    /// <summary>Looks on this page for any valid entry behind a place that is not one.</summary>
    private bool TryEntryBehind(byte[] page, int from, out long durable)
    {
        durable = 0;
        bool found = false;
        Span<byte> magic = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(magic, JournalEntry.Magic);
        for (int at = from; at + LengthBytes + JournalEntry.HeaderBytes <= _pageBytes;)
        {
            int hit = page.AsSpan(at).IndexOf(magic);
            if (hit < 0) break;
            int offset = at + hit - 4 - LengthBytes;
            at += hit + 1;
            if (offset < from || !TryEntry(page, offset, out int bytes) || !JournalView.IsValid(page.AsSpan(offset + LengthBytes, bytes), generation)) continue;
            durable = Math.Max(durable, new JournalView(page.AsSpan(offset + LengthBytes, bytes)).DurableSequence);
            found = true;
        }

        return found;
    }

    private DamagedLogException Damaged(string file, long offset, string what) => Damage.At(options.Folder, file, offset, what, "Messages that were acknowledged may be lost.");
}
