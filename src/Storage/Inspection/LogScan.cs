using System.Buffers.Binary;
using Gateway.Storage.Disk;

namespace Gateway.Storage.Inspection;

/// <summary>Records of a log that can't be read, and the addresses between those that can.</summary>
/// <param name="Hole">What is lost; of no messages when only the way from one page to the next is broken.</param>
/// <param name="File">The file where it begins.</param>
/// <param name="Offset">And the byte.</param>
/// <param name="What">What is wrong there.</param>
internal readonly record struct LogDamage(Hole Hole, string File, long Offset, string What);

/// <summary>Walks over every record of a log without the log's own code: checks each, and finds its way again behind what can't be read.</summary>
/// <remarks>
/// Between two holes a log is a run of records that are one behind the other; each run is walked by itself. A record counts when checksum, place in the sequence and lengths are
/// right. Behind damage any address of the page that is a multiple of 4 may begin a record, and the beginning of each page does.
/// </remarks>
internal sealed class LogScan(HandleCache handles, string path, ChannelFacts facts, Action<long> progress)
{
    private readonly uint _seed = Record.SeedOf(facts.ChannelId, facts.Incarnation);
    private readonly int _headerBytes = facts.LogVersion == 1 ? 0 : FileHeader.Bytes;
    private readonly int _pageBytes = 1 << facts.PageBits;
    private readonly byte[] _page = new byte[1 << facts.PageBits];
    private readonly List<LogDamage> _damages = [];

    /// <summary>What can't be read, in order.</summary>
    public IReadOnlyList<LogDamage> Damages => _damages;

    /// <summary>Records that can.</summary>
    public long Count { get; private set; }

    /// <summary>The first of them; 0 when there is none.</summary>
    public long FirstSequence { get; private set; }

    /// <summary>Where it is.</summary>
    public long FirstAddress { get; private set; }

    /// <summary>One above the last of them; 0 when there is none.</summary>
    public long EndSequence { get; private set; }

    /// <summary>Where the next would be.</summary>
    public long EndAddress { get; private set; }

    /// <summary>Latest server time of a record.</summary>
    public long TimeMaxUs { get; private set; }

    /// <summary>Walks from head to until as the facts have them.</summary>
    public void Run(CancellationToken cancellationToken)
    {
        long sequence = facts.HeadSequence, address = facts.HeadAddress;
        foreach (Hole hole in facts.Holes.Span)
        {
            Walk(sequence, hole.From, address, hole.FromAddress, cancellationToken);
            (sequence, address) = (hole.Below, hole.BelowAddress);
        }

        Walk(sequence, facts.NextSequence, address, facts.UntilAddress, cancellationToken);
    }

    /// <summary>Walks on from the facts' until as far as one record follows the other: what was written and not checkpointed.</summary>
    public void RunOn(long untilAddress, CancellationToken cancellationToken)
    {
        var run = new Walked { Next = facts.NextSequence, Below = long.MaxValue, Behind = facts.UntilAddress, IsStrict = true };
        EndSequence = run.Next;
        EndAddress = run.Behind;
        for (long address = facts.UntilAddress; address < untilAddress && !run.IsLost; address = PageEnd(address, untilAddress))
        {
            cancellationToken.ThrowIfCancellationRequested();
            WalkPage(ref run, address, PageEnd(address, untilAddress));
        }
    }

    /// <summary>Walks over all that lies between two addresses, without knowing what should be there. What is before the first record and behind the last is nobody's.</summary>
    public void RunFree(long fromAddress, long belowAddress, CancellationToken cancellationToken) => Walk(0, long.MaxValue, fromAddress, belowAddress, cancellationToken);

    private void Walk(long sequence, long below, long address, long belowAddress, CancellationToken cancellationToken)
    {
        var run = new Walked { Next = sequence, Below = below, Behind = address };
        while (address < belowAddress)
        {
            cancellationToken.ThrowIfCancellationRequested();
            long end = PageEnd(address, belowAddress);
            WalkPage(ref run, address, end);
            address = end;
        }

        if (below == long.MaxValue || run.Next >= below) return;
        Found(run, below, belowAddress);
    }

    /// <summary>Walks over a page, or what of it belongs to the run.</summary>
    private void WalkPage(ref Walked run, long address, long end)
    {
        Span<byte> page = _page.AsSpan(0, (int)(end - address));
        long offsetInFile = _headerBytes + (address & ((1L << facts.SegmentBits) - 1));
        int present = handles.Read(FileOf(address), page, offsetInFile);
        page[present..].Clear();
        run.IsShort |= present < page.Length;
        progress(present);

        int offset = 0;
        while (page.Length - offset >= Record.EntryHeaderBytes)
        {
            if (run.IsLost)
            {
                if (!TryFind(run, page, ref offset, address)) return;
                long sequence = Record.SequenceOf(page[(offset + Record.EntryHeaderBytes)..]);
                Found(run, sequence, address + offset);
                run.Next = sequence;
                run.IsLost = false;
            }

            if (TryRecord(page, offset, out ReadOnlySpan<byte> record) && IsNext(run, Record.SequenceOf(record)))
            {
                Take(ref run, record, address + offset);
                offset += Record.EntryHeaderBytes + ((record.Length + 3) & ~3);
                run.Behind = address + offset;
                continue;
            }

            // The rest of a page is zero when the next record did not fit. Other bytes behind a zero are nobody's, unless they are a record: then the one before lost its length.
            int next = offset;
            if (BinaryPrimitives.ReadInt32LittleEndian(page[offset..]) == 0 && (run.IsStrict || !TryFind(run, page, ref next, address))) return;
            run.IsLost = true;
            if (run.IsStrict) return;
        }
    }

    /// <summary>Looks on this page for a record that may follow what is lost.</summary>
    private bool TryFind(in Walked run, ReadOnlySpan<byte> page, ref int offset, long address)
    {
        for (int at = offset; page.Length - at >= Record.EntryHeaderBytes + Record.HeaderBytes; at += 4)
        {
            int rest = page[at..].IndexOfAnyExcept((byte)0);
            if (rest < 0) break;
            at += rest & ~3;
            if (!IsLength(page, at)) continue;
            long sequence = Record.SequenceOf(page[(at + Record.EntryHeaderBytes)..]);

            // The expected one itself can only stand at the beginning of a page: then nothing is lost but the way to it.
            bool isPlausible = at == 0 && IsPageStart(address) ? sequence >= run.Next : sequence > run.Next;
            if (!isPlausible || sequence >= run.Below || !TryRecord(page, at, out _)) continue;
            offset = at;
            return true;
        }

        return false;
    }

    private bool TryRecord(ReadOnlySpan<byte> page, int offset, out ReadOnlySpan<byte> record)
    {
        record = default;
        if (!IsLength(page, offset)) return false;
        record = page.Slice(offset + Record.EntryHeaderBytes, BinaryPrimitives.ReadInt32LittleEndian(page[offset..]));
        return Record.IsValid(record, _seed);
    }

    private static bool IsLength(ReadOnlySpan<byte> page, int offset) =>
        BinaryPrimitives.ReadInt32LittleEndian(page[offset..]) is >= Record.HeaderBytes and <= Record.BytesMax and var length && length <= page.Length - offset - Record.EntryHeaderBytes;

    private static bool IsNext(in Walked run, long sequence) => run.Next == 0 ? sequence > 0 : sequence == run.Next;

    private void Take(ref Walked run, ReadOnlySpan<byte> record, long address)
    {
        long sequence = Record.SequenceOf(record);
        if (Count++ == 0) (FirstSequence, FirstAddress) = (sequence, address);
        run.Next = EndSequence = sequence + 1;
        EndAddress = address + Record.EntryHeaderBytes + ((record.Length + 3) & ~3);
        TimeMaxUs = Math.Max(TimeMaxUs, Record.ServerTimeUsOf(record));
        run.IsShort = false;
    }

    /// <summary>The damage ends before a record, or at the end of the run.</summary>
    private void Found(in Walked run, long sequence, long address)
    {
        if (run.Next == 0) return;      // before the first record
        _damages.Add(new LogDamage(
            new Hole(run.Next, sequence, run.Behind, address), FileOf(run.Behind), _headerBytes + (run.Behind & ((1L << facts.SegmentBits) - 1)),
            run.IsShort ? "the file is missing or ends too early" : "there is no right record"));
    }

    private string FileOf(long address) => FormattableString.Invariant($"{path}.{address >> facts.SegmentBits}");

    private bool IsPageStart(long address) => (address & (_pageBytes - 1)) == 0;

    private long PageEnd(long address, long below) => Math.Min((address | (_pageBytes - 1L)) + 1, below);

    /// <summary>Where a walk is.</summary>
    private struct Walked
    {
        public long Next;           // the sequence that must come; 0: any
        public long Below;          // where the run ends
        public long Behind;         // the address behind the last right record
        public bool IsLost;
        public bool IsShort;        // a file had less than it should since then
        public bool IsStrict;       // ends at the first damage
    }
}
