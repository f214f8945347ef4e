using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Gateway.Codecs.Reading;

/// <summary>Where the separators of a text are, 64 bytes at a time: the fields of a line are found with one look at its bytes instead of a search per field.</summary>
/// <remarks>Belongs to one text and one separator; a new text starts with a new cursor.</remarks>
public struct FieldCursor
{
    private const int BlockBytes = 64;

    /// <summary>Number of the block that <see cref="_separators"/> is of, from 1; 0 before the first look.</summary>
    private int _block;

    /// <summary>A bit for each byte of the block that is a separator.</summary>
    private ulong _separators;

    /// <summary>The next field of a separated line.</summary>
    /// <param name="s">The text.</param>
    /// <param name="p">Where the field starts; moved to the start of the next one, or to end + 1 after the last.</param>
    /// <param name="end">Where the line ends.</param>
    /// <param name="separator">The separator, always the same one.</param>
    /// <param name="start">Where the field is; empty fields count.</param>
    /// <param name="length">Length of the field, without separator.</param>
    /// <returns>False, and 0 for start and length, when there is no further field. A line without separator, even an empty one, is one field.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Next(ReadOnlySpan<byte> s, ref int p, int end, byte separator, out int start, out int length)
    {
        start = p;
        int stop;
        ulong ahead = _separators >> p;         // the shift counts modulo 64
        if (_block == (p >> 6) + 1 && ahead != 0 && (stop = p + BitOperations.TrailingZeroCount(ahead)) < end)
        {
            length = stop - p;
            p = stop + 1;
            return true;
        }
        // By value, so that the caller's position stays in a register.
        stop = Search(s, p, end, separator);
        if (stop < 0)
        {
            // A missing field is an empty text, wherever the position is.
            start = length = 0;
            return false;
        }
        length = stop - p;
        p = stop + 1;
        return true;
    }

    /// <summary>Where the field at <paramref name="p"/> ends; -1 when there is none.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private int Search(ReadOnlySpan<byte> s, int p, int end, byte separator)
    {
        if ((uint)p > (uint)end || end > s.Length) return -1;
        int block = p >> 6;
        if (_block != block + 1) Look(s, block, separator);
        ulong ahead = _separators >> p;
        if (ahead != 0) return Math.Min(p + BitOperations.TrailingZeroCount(ahead), end);
        for (block++; block * BlockBytes < end; block++)
        {
            Look(s, block, separator);
            if (_separators != 0) return Math.Min(block * BlockBytes + BitOperations.TrailingZeroCount(_separators), end);
        }
        return end;
    }

    private void Look(ReadOnlySpan<byte> s, int block, byte separator)
    {
        _block = block + 1;
        _separators = SeparatorsOf(s, block, separator);
    }

    /// <summary>A bit for each of the 64 bytes of a block that is a separator; none for those behind the end.</summary>
    internal static ulong SeparatorsOf(ReadOnlySpan<byte> s, int block, byte separator)
    {
        int from = block * BlockBytes;
        int there = s.Length - from;
        if (there >= BlockBytes) return Compare(ref Unsafe.Add(ref MemoryMarshal.GetReference(s), from), separator);
        // The last bytes of a longer text: look from further ahead and forget what lies before the block.
        if (s.Length >= BlockBytes) return there <= 0 ? 0 : Compare(ref Unsafe.Add(ref MemoryMarshal.GetReference(s), s.Length - BlockBytes), separator) >> (BlockBytes - there);
        return LookAtShort(s, separator);
    }

    private static ulong LookAtShort(ReadOnlySpan<byte> s, byte separator)
    {
        Span<byte> room = stackalloc byte[BlockBytes];
        s.CopyTo(room);
        ulong found = Compare(ref MemoryMarshal.GetReference(room), separator);
        return s.Length == 0 ? 0 : found << (BlockBytes - s.Length) >> (BlockBytes - s.Length);
    }

    private static ulong Compare(ref byte at, byte separator)
    {
        if (Vector512.IsHardwareAccelerated) return Vector512.Equals(Vector512.LoadUnsafe(ref at), Vector512.Create(separator)).ExtractMostSignificantBits();
        Vector256<byte> wanted = Vector256.Create(separator);
        uint low = Vector256.Equals(Vector256.LoadUnsafe(ref at), wanted).ExtractMostSignificantBits();
        uint high = Vector256.Equals(Vector256.LoadUnsafe(ref at, 32), wanted).ExtractMostSignificantBits();
        return (ulong)high << 32 | low;
    }
}
