using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Gateway.Codecs.Reading;

/// <summary>Integers in binary frames that <see cref="BinaryPrimitives"/> has no reader for. Callers check the bounds; nothing here throws for bad data.</summary>
public static class Bin
{
    /// <summary>Unsigned 24 bits, big-endian, from the start of <paramref name="s"/> (3 bytes or more).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int U24BE(ReadOnlySpan<byte> s) => s[2] | s[1] << 8 | s[0] << 16;

    /// <summary>Unsigned 24 bits, little-endian, from the start of <paramref name="s"/> (3 bytes or more).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int U24LE(ReadOnlySpan<byte> s) => s[2] << 16 | s[1] << 8 | s[0];

    /// <summary>Signed 24 bits, big-endian, from the start of <paramref name="s"/> (3 bytes or more).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int I24BE(ReadOnlySpan<byte> s) => U24BE(s) << 8 >> 8;

    /// <summary>Signed 24 bits, little-endian, from the start of <paramref name="s"/> (3 bytes or more).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int I24LE(ReadOnlySpan<byte> s) => U24LE(s) << 8 >> 8;

    /// <summary>All bytes as one unsigned big-endian integer: 1 to 8 bytes; 8 bytes wrap into the sign; of longer ones the last 8 count, none give 0.</summary>
    public static long UIntBE(ReadOnlySpan<byte> s)
    {
        switch (s.Length)
        {
            case 1: return s[0];
            case 2: return BinaryPrimitives.ReadUInt16BigEndian(s);
            case 4: return BinaryPrimitives.ReadUInt32BigEndian(s);
            case 8: return BinaryPrimitives.ReadInt64BigEndian(s);
            default:
                long value = 0;
                foreach (byte b in s) value = value << 8 | b;
                return value;
        }
    }

    /// <summary>All bytes as one unsigned little-endian integer: 1 to 8 bytes; 8 bytes wrap into the sign; of longer ones the first 8 count, none give 0.</summary>
    public static long UIntLE(ReadOnlySpan<byte> s)
    {
        switch (s.Length)
        {
            case 1: return s[0];
            case 2: return BinaryPrimitives.ReadUInt16LittleEndian(s);
            case 4: return BinaryPrimitives.ReadUInt32LittleEndian(s);
            case 8: return BinaryPrimitives.ReadInt64LittleEndian(s);
            default:
                long value = 0;
                for (int i = Math.Min(s.Length, 8) - 1; i >= 0; i--) value = value << 8 | s[i];
                return value;
        }
    }

    /// <summary>As <see cref="UIntBE"/>, two's complement.</summary>
    public static long IntBE(ReadOnlySpan<byte> s) => SignExtend(UIntBE(s), s.Length * 8);

    /// <summary>As <see cref="UIntLE"/>, two's complement.</summary>
    public static long IntLE(ReadOnlySpan<byte> s) => SignExtend(UIntLE(s), s.Length * 8);

    /// <summary>The low <paramref name="bits"/> bits of <paramref name="raw"/> as two's complement; 1 to 63, any other count gives <paramref name="raw"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long SignExtend(long raw, int bits) => bits is > 0 and < 64 ? raw << 64 - bits >> 64 - bits : raw;

    /// <summary>Bit 15 is the sign, the 15 bits below it the value.</summary>
    public static long SignMagnitude16(long raw) => (raw & 0x8000) != 0 ? -(raw & 0x7FFF) : raw & 0x7FFF;

    /// <summary>Bit 31 is the sign, the 31 bits below it the value.</summary>
    public static long SignMagnitude32(long raw) => (raw & 0x8000_0000) != 0 ? -(raw & 0x7FFF_FFFF) : raw & 0x7FFF_FFFF;

    /// <summary><see cref="SignMagnitude16(long)"/> of the first 2 bytes, big-endian.</summary>
    public static long SignMagnitude16(ReadOnlySpan<byte> s) => SignMagnitude16((long)BinaryPrimitives.ReadUInt16BigEndian(s));

    /// <summary><see cref="SignMagnitude32(long)"/> of the first 4 bytes, big-endian.</summary>
    public static long SignMagnitude32(ReadOnlySpan<byte> s) => SignMagnitude32((long)BinaryPrimitives.ReadUInt32BigEndian(s));

    /// <summary>Binary coded decimal, high nibble first. An odd count reads only the high nibble of its last byte.</summary>
    /// <param name="s">(digits + 1) / 2 bytes or more.</param>
    /// <param name="digits">1 to 18.</param>
    /// <param name="value">The number, 0 when the result is false.</param>
    /// <returns>False when a nibble is above 9, or there are too few bytes or too many digits.</returns>
    public static bool Bcd(ReadOnlySpan<byte> s, int digits, out long value)
    {
        value = 0;
        if (digits is < 1 or > 18 || s.Length < (digits + 1) / 2) return false;
        long number = 0;
        for (int i = 0; i < digits; i++)
        {
            int nibble = (i & 1) == 0 ? s[i >> 1] >> 4 : s[i >> 1] & 15;
            if (nibble > 9) return false;
            number = number * 10 + nibble;
        }
        value = number;
        return true;
    }

    /// <summary>Unsigned bits of a stream that starts with the highest bit of byte 0.</summary>
    /// <param name="s">The stream.</param>
    /// <param name="bitOffset">First bit.</param>
    /// <param name="bitCount">1 to 64 (64 wraps into the sign).</param>
    /// <returns>The bits; 0 when they are not all there.</returns>
    public static long BitsMsb(ReadOnlySpan<byte> s, int bitOffset, int bitCount)
    {
        if (bitOffset < 0 || bitCount is < 1 or > 64 || (long)bitOffset + bitCount > (long)s.Length * 8) return 0;
        ulong value = 0;
        for (int done = 0; done < bitCount;)
        {
            int bit = bitOffset + done;
            int take = Math.Min(8 - (bit & 7), bitCount - done);
            int part = s[bit >> 3] >> 8 - (bit & 7) - take & (1 << take) - 1;
            value = value << take | (uint)part;
            done += take;
        }
        return (long)value;
    }

    /// <summary>As <see cref="BitsMsb"/>, two's complement.</summary>
    public static long SignedBitsMsb(ReadOnlySpan<byte> s, int bitOffset, int bitCount) => SignExtend(BitsMsb(s, bitOffset, bitCount), bitCount);

    /// <summary>A variable-length integer: 7 bits per byte, most significant first, high bit = more follow; at most 9 bytes.</summary>
    /// <param name="s">The frame.</param>
    /// <param name="p">Where the integer starts; moved behind it when the result is true.</param>
    /// <param name="end">Where the block ends.</param>
    /// <param name="value">The integer.</param>
    /// <returns>False when it does not end before <paramref name="end"/>, or is too long.</returns>
    public static bool TryVarint(ReadOnlySpan<byte> s, ref int p, int end, out long value)
    {
        value = 0;
        int stop = Math.Min(Math.Min(end, s.Length), p + 9);
        for (int i = p; i >= 0 && i < stop; i++)
        {
            value = value << 7 | (uint)(s[i] & 0x7F);
            if ((s[i] & 0x80) != 0) continue;
            p = i + 1;
            return true;
        }
        value = 0;
        return false;
    }

    /// <summary>As <see cref="TryVarint"/>, least significant 7 bits first (LEB128), at most 10 bytes: a negative number of 64 bits has so many.</summary>
    public static bool TryVarintLE(ReadOnlySpan<byte> s, ref int p, int end, out long value)
    {
        value = 0;
        int stop = Math.Min(Math.Min(end, s.Length), p + 10);
        for (int i = p; i >= 0 && i < stop; i++)
        {
            value |= (long)(s[i] & 0x7F) << 7 * (i - p);
            if ((s[i] & 0x80) != 0) continue;
            p = i + 1;
            return true;
        }
        value = 0;
        return false;
    }

    /// <summary>The key of a protobuf field, and where its value is.</summary>
    /// <param name="s">The frame.</param>
    /// <param name="p">Where the key is; moved to the first byte of the value (behind the length, where there is one).</param>
    /// <param name="end">Where the message ends.</param>
    /// <param name="key">Field number × 8 + wire type.</param>
    /// <param name="valueEnd">Where the value ends.</param>
    /// <returns>False when the field is not all there, or its wire type is none.</returns>
    public static bool TryProtobuf(ReadOnlySpan<byte> s, ref int p, int end, out long key, out int valueEnd)
    {
        valueEnd = 0;
        if (!TryVarintLE(s, ref p, end, out key)) return false;
        long length;
        switch (key & 7)
        {
            case 0:
                int behind = p;
                if (!SkipVarint(s, ref behind, end)) return false;
                valueEnd = behind;
                return true;
            case 1: length = 8; break;
            case 5: length = 4; break;
            case 2:
                if (!TryVarintLE(s, ref p, end, out length)) return false;
                break;
            default: return false;
        }
        if (length > end - p) return false;
        valueEnd = p + (int)length;
        return true;
    }

    private static bool SkipVarint(ReadOnlySpan<byte> s, ref int p, int end)
    {
        const int bytesMax = 10;
        for (int i = p; i < Math.Min(Math.Min(end, s.Length), p + bytesMax); i++)
        {
            if ((s[i] & 0x80) != 0) continue;
            p = i + 1;
            return true;
        }
        return false;
    }
}
