using System.Buffers.Binary;
using Gateway.Storage.Disk;
using Gateway.Storage.Journal;

namespace Gateway.Storage.Inspection;

/// <summary>Reads what can still be read of a damaged generation of the journal.</summary>
/// <remarks>Every entry has its own checksum, generation and sequence, so whatever is right on its own is taken, in the order of sequences; what a power cut left behind the last synced
/// entry may be among it, which was given to nobody and does no harm.</remarks>
internal sealed class JournalScan(HandleCache handles, StoreOptions options, long generation, int version)
{
    private const int LengthBytes = 4;
    private const int FirstAddress = 64;

    private readonly string _path = GroupJournal.PathOf(options.Folder, generation);
    private readonly int _headerBytes = version == 1 ? 0 : FileHeader.Bytes;
    private readonly int _pageBytes = 1 << options.JournalPageBits;

    /// <summary>Entries that were right.</summary>
    public long Count { get; private set; }

    /// <summary>Sequence of the first of them; 0 when there is none.</summary>
    public long FirstSequence { get; private set; }

    /// <summary>Sequence of the last of them.</summary>
    public long LastSequence { get; private set; }

    /// <summary>Entries that are missing between the first and the last: from and to.</summary>
    public List<(long From, long To)> Gaps { get; } = [];

    /// <summary>Visits each right entry once, in order.</summary>
    public void Read(JournalVisitor visit)
    {
        (Count, FirstSequence, LastSequence) = (0, 0, 0);
        Gaps.Clear();
        byte[] page = GC.AllocateUninitializedArray<byte>(_pageBytes);
        foreach (int segment in JournalReader.SegmentsOf(handles.Files, _path))
        {
            string file = FormattableString.Invariant($"{_path}.{segment}");
            for (long offset = 0; offset < 1L << options.JournalSegmentBits; offset += _pageBytes)
            {
                int length = handles.Read(file, page, _headerBytes + offset);
                if (length == 0) break;
                page.AsSpan(length).Clear();
                ReadPage(page, segment == 0 && offset == 0 ? FirstAddress : 0, visit);
            }
        }
    }

    private void ReadPage(ReadOnlySpan<byte> page, int offset, JournalVisitor visit)
    {
        Span<byte> magic = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(magic, JournalEntry.Magic);
        while (page.Length - offset >= LengthBytes + JournalEntry.HeaderBytes)
        {
            if (TryEntry(page, offset, out ReadOnlySpan<byte> entry))
            {
                Visit(new JournalView(entry), visit);
                offset += LengthBytes + ((entry.Length + 3) & ~3);
                continue;
            }

            // The magic stands 8 bytes behind the beginning of an entry's length.
            int hit = page[(offset + 9)..].IndexOf(magic);
            if (hit < 0) return;
            offset += hit + 1;
        }
    }

    private bool TryEntry(ReadOnlySpan<byte> page, int offset, out ReadOnlySpan<byte> entry)
    {
        int length = BinaryPrimitives.ReadInt32LittleEndian(page[offset..]);
        entry = length >= JournalEntry.HeaderBytes && length <= page.Length - offset - LengthBytes ? page.Slice(offset + LengthBytes, length) : default;
        return JournalView.IsValid(entry, generation);
    }

    private void Visit(JournalView entry, JournalVisitor visit)
    {
        if (entry.Sequence <= LastSequence) return;
        if (LastSequence == 0) FirstSequence = entry.Sequence;
        else if (entry.Sequence > LastSequence + 1) Gaps.Add((LastSequence + 1, entry.Sequence - 1));
        LastSequence = entry.Sequence;
        Count++;
        visit(entry);
    }
}
