using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Gateway.Storage.Rings;

/// <summary>Records on their way to the writer: one fixed piece of memory, many threads that add, one that takes. Adding never waits for anybody and allocates nothing.</summary>
/// <remarks>
/// An adder reserves its place with one exchange, copies, and publishes by writing the length last; the taker stops at the first length that is still 0. Positions count
/// bytes for ever, their place is the remainder. A record does not wrap: what is left at the end is skipped, told by a negative length. What was taken is zeroed before its
/// place is given back, so that bytes of a device are never taken for a length.
/// </remarks>
internal sealed class RingQueue
{
    private readonly long[] _words;     // not bytes: so that a length is aligned and written at once
    private readonly int _mask;
    private Positions _positions;

    /// <param name="bits">The queue holds 2^this bytes; 18 or more, so that the longest record fits several times.</param>
    public RingQueue(int bits)
    {
        _words = new long[1 << (bits - 3)];
        _mask = (1 << bits) - 1;
    }

    /// <summary>Bytes the queue holds.</summary>
    public int Capacity => _mask + 1;

    /// <summary>Where the next record will be reserved.</summary>
    public long Tail => Volatile.Read(ref _positions.Tail);

    /// <summary>Everything below was taken.</summary>
    public long Head => Volatile.Read(ref _positions.Head);

    /// <summary>Copies a record into the queue.</summary>
    /// <returns>How many bytes wait now; 0 when there was no room, then nothing happened.</returns>
    public int TryAdd(int ring, in RingEntry entry, ReadOnlySpan<byte> ident, ReadOnlySpan<byte> bytes)
    {
        int length = RingRecord.LengthOf(ident.Length, bytes.Length);
        int waiting = TryReserve(length, out int offset);
        if (waiting == 0) return 0;

        Span<byte> place = Place(offset, length);
        MemoryMarshal.Write(place[4..], ring);
        RingRecord.Write(place, entry, ident, bytes);
        Volatile.Write(ref LengthAt(offset), length);
        return waiting;
    }

    /// <summary>The record at a position. Only for the taker.</summary>
    /// <param name="position">At first <see cref="Head"/>, then where the record before ends. Moved over what adders skipped.</param>
    /// <param name="record">The record; it may be written to until it is given back.</param>
    /// <returns>False when there is none yet.</returns>
    public bool TryPeek(ref long position, out Span<byte> record)
    {
        while (position != Tail)        // a full queue begins again where it ends
        {
            int offset = (int)position & _mask;
            int length = Volatile.Read(ref LengthAt(offset));
            record = length > 0 ? Place(offset, length) : default;
            if (length >= 0) return length > 0;
            position -= length;
        }

        record = default;
        return false;
    }

    /// <summary>The record at an offset, for the taker that has peeked at it.</summary>
    public Span<byte> At(int offset) => Place(offset, LengthAt(offset));

    /// <summary>Where a position lies in the queue.</summary>
    public int OffsetOf(long position) => (int)position & _mask;

    /// <summary>Gives back all places below a position. Only for the taker.</summary>
    public void Release(long position)
    {
        long head = _positions.Head;
        while (head < position)
        {
            int offset = (int)head & _mask;
            int length = (int)Math.Min(position - head, Capacity - offset);
            Place(offset, length).Clear();
            head += length;
        }

        Volatile.Write(ref _positions.Head, head);
    }

    private int TryReserve(int length, out int offset)
    {
        while (true)
        {
            long tail = Volatile.Read(ref _positions.Tail);
            offset = (int)tail & _mask;
            int skipped = Capacity - offset < length ? Capacity - offset : 0;
            long next = tail + skipped + length;
            long waiting = next - Volatile.Read(ref _positions.Head);
            if (waiting > Capacity) return 0;
            if (Interlocked.CompareExchange(ref _positions.Tail, next, tail) != tail) continue;
            if (skipped == 0) return (int)waiting;

            Volatile.Write(ref LengthAt(offset), -skipped);
            offset = 0;
            return (int)waiting;
        }
    }

    private Span<byte> Place(int offset, int length) => MemoryMarshal.AsBytes(_words.AsSpan()).Slice(offset, length);

    private ref int LengthAt(int offset) => ref Unsafe.As<long, int>(ref _words[offset >> 3]);

    /// <summary>Each on a cache line of its own: adders move one, the taker the other.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 192)]
    private struct Positions
    {
        [FieldOffset(64)]
        public long Tail;

        [FieldOffset(128)]
        public long Head;
    }
}
