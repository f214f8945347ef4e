using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Gateway.Codecs;

/// <summary>Walks over stored payloads. Every read is checked: damaged bytes give false, never an exception.</summary>
internal static class MessagePackScan
{
    /// <summary>Deepest nesting of lists and maps in a value.</summary>
    public const int DepthMax = 16;

    /// <summary>The number of entries of the map at <paramref name="p"/>.</summary>
    public static bool TryMapHeader(ReadOnlySpan<byte> s, ref int p, out int count)
    {
        count = 0;
        if ((uint)p >= (uint)s.Length) return false;
        byte code = s[p];
        if (code == 0xDE && s.Length - p >= 3)
        {
            count = BinaryPrimitives.ReadUInt16BigEndian(s[(p + 1)..]);
            p += 3;
            return true;
        }
        if ((code & 0xF0) == 0x80)
        {
            count = code & 0x0F;
            p++;
            return true;
        }
        if (code != 0xDF || s.Length - p < 5) return false;
        uint large = BinaryPrimitives.ReadUInt32BigEndian(s[(p + 1)..]);
        count = (int)large;
        p += 5;
        return large <= s.Length;
    }

    /// <summary>A key: a dictionary number (then <paramref name="nameLength"/> is -1), or a name at <paramref name="nameStart"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryKey(ReadOnlySpan<byte> s, ref int p, out int key, out int nameStart, out int nameLength)
    {
        if (s.Length - p >= 3 && s[p] == 0xCD)
        {
            key = BinaryPrimitives.ReadUInt16BigEndian(s[(p + 1)..]);
            p += 3;
            nameStart = 0;
            nameLength = -1;
            return true;
        }
        return TryOtherKey(s, ref p, out key, out nameStart, out nameLength);
    }

    /// <summary>The place of the text at <paramref name="p"/>.</summary>
    public static bool TryText(ReadOnlySpan<byte> s, ref int p, out int start, out int length)
    {
        start = length = 0;
        if ((uint)p >= (uint)s.Length) return false;
        byte code = s[p];
        int header;
        if ((code & 0xE0) == 0xA0) (header, length) = (1, code & 0x1F);
        else if (code == 0xD9 && s.Length - p >= 2) (header, length) = (2, s[p + 1]);
        else if (code == 0xDA && s.Length - p >= 3) (header, length) = (3, BinaryPrimitives.ReadUInt16BigEndian(s[(p + 1)..]));
        else if (code == 0xDB && s.Length - p >= 5) (header, length) = (5, BinaryPrimitives.ReadInt32BigEndian(s[(p + 1)..]));
        else return false;
        if (length < 0 || s.Length - p - header < length) return false;
        start = p + header;
        p = start + length;
        return true;
    }

    /// <summary>The integer at <paramref name="p"/>; unsigned 64 bits wrap into the sign.</summary>
    public static bool TryInteger(ReadOnlySpan<byte> s, ref int p, out long value)
    {
        value = 0;
        if ((uint)p >= (uint)s.Length) return false;
        byte code = s[p];
        if (code is < 0x80 or >= 0xE0)
        {
            value = (sbyte)code;
            p++;
            return true;
        }
        if (code is < 0xCC or > 0xD3) return false;
        int width = 1 << (code & 3);
        if (s.Length - p - 1 < width) return false;
        ReadOnlySpan<byte> bytes = s.Slice(p + 1, width);
        value = code switch
        {
            0xCC => bytes[0],
            0xCD => BinaryPrimitives.ReadUInt16BigEndian(bytes),
            0xCE => BinaryPrimitives.ReadUInt32BigEndian(bytes),
            0xCF or 0xD3 => BinaryPrimitives.ReadInt64BigEndian(bytes),
            0xD0 => (sbyte)bytes[0],
            0xD1 => BinaryPrimitives.ReadInt16BigEndian(bytes),
            _ => BinaryPrimitives.ReadInt32BigEndian(bytes),
        };
        p += 1 + width;
        return true;
    }

    /// <summary>The real at <paramref name="p"/>.</summary>
    public static bool TryReal(ReadOnlySpan<byte> s, ref int p, out double value)
    {
        value = 0;
        if (s.Length - p >= 9 && s[p] == 0xCB)
        {
            value = BinaryPrimitives.ReadDoubleBigEndian(s[(p + 1)..]);
            p += 9;
            return true;
        }
        if (s.Length - p < 5 || s[p] != 0xCA) return false;
        value = BinaryPrimitives.ReadSingleBigEndian(s[(p + 1)..]);
        p += 5;
        return true;
    }

    /// <summary>The time at <paramref name="p"/> in µs since 1970.</summary>
    public static bool TryTime(ReadOnlySpan<byte> s, ref int p, out long timeUs)
    {
        timeUs = 0;
        int left = s.Length - p;
        if (left >= 10 && s[p] == 0xD7 && s[p + 1] == 0xFF)
        {
            ulong data = BinaryPrimitives.ReadUInt64BigEndian(s[(p + 2)..]);
            timeUs = (long)(data & 0x3_FFFF_FFFF) * 1_000_000 + (long)(data >> 34) / 1000;
            p += 10;
            return true;
        }
        if (left >= 6 && s[p] == 0xD6 && s[p + 1] == 0xFF)
        {
            timeUs = BinaryPrimitives.ReadUInt32BigEndian(s[(p + 2)..]) * 1_000_000L;
            p += 6;
            return true;
        }
        if (left < 15 || s[p] != 0xC7 || s[p + 1] != 12 || s[p + 2] != 0xFF) return false;
        timeUs = BinaryPrimitives.ReadInt64BigEndian(s[(p + 7)..]) * 1_000_000 + BinaryPrimitives.ReadUInt32BigEndian(s[(p + 3)..]) / 1000;
        p += 15;
        return true;
    }

    /// <summary>Moves over one value of any kind.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TrySkip(ReadOnlySpan<byte> s, ref int p)
    {
        if ((uint)p >= (uint)s.Length) return false;
        int length = FixedLengths[s[p]];
        if (length == 0) return TrySkipVariable(s, ref p, DepthMax);
        p += length;
        return p <= s.Length;
    }

    /// <summary>The bytes of the value that starts with a code, its header included; 0 where the length follows or the code is not used.</summary>
    private static ReadOnlySpan<byte> FixedLengths =>
    [
        // 00-7F: small integers
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
        // 80-9F: small maps and lists (the empty ones too)
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        // A0-BF: short texts
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32,
        // C0 nil, C2 false, C3 true, C4-C6 bytes, C7-C9 extensions, CA float, CB double, CC-CF unsigned
        1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 5, 9, 2, 3, 5, 9,
        // D0-D3 signed, D4-D8 fixed extensions, D9-DB texts, DC-DD lists, DE-DF maps
        2, 3, 5, 9, 3, 4, 6, 10, 18, 0, 0, 0, 0, 0, 0, 0,
        // E0-FF: small negative integers
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    ];

    private static bool TryOtherKey(ReadOnlySpan<byte> s, ref int p, out int key, out int nameStart, out int nameLength)
    {
        key = 0;
        if (TryText(s, ref p, out nameStart, out nameLength)) return true;
        nameLength = -1;
        if (!TryInteger(s, ref p, out long number) || number is < 0 or > uint.MaxValue) return false;
        key = (int)(uint)number;
        return true;
    }

    private static bool TrySkipVariable(ReadOnlySpan<byte> s, ref int p, int depth)
    {
        byte code = s[p];
        if (code is 0xD9 or 0xDA or 0xDB) return TryText(s, ref p, out _, out _);
        if (code is >= 0xC4 and <= 0xC9)
        {
            bool isExtension = code >= 0xC7;
            int width = 1 << (isExtension ? code - 0xC7 : code - 0xC4);
            if (s.Length - p - 1 < width) return false;
            long length = 0;
            for (int i = 1; i <= width; i++) length = length << 8 | s[p + i];
            length += 1 + width + (isExtension ? 1 : 0);
            if (length > s.Length - p) return false;
            p += (int)length;
            return true;
        }
        if (!TryContainer(s, ref p, out int count, out bool isMap) || depth == 0) return false;
        long values = isMap ? 2L * count : count;
        for (long i = 0; i < values; i++)
        {
            if ((uint)p >= (uint)s.Length) return false;
            int length = FixedLengths[s[p]];
            if (length != 0) p += length;
            else if (!TrySkipVariable(s, ref p, depth - 1)) return false;
        }
        return p <= s.Length;
    }

    /// <summary>The header of the list or map at <paramref name="p"/>.</summary>
    public static bool TryContainer(ReadOnlySpan<byte> s, ref int p, out int count, out bool isMap)
    {
        isMap = false;
        count = 0;
        if ((uint)p >= (uint)s.Length) return false;
        byte code = s[p];
        if ((code & 0xF0) == 0x80 || code is 0xDE or 0xDF)
        {
            isMap = true;
            return TryMapHeader(s, ref p, out count);
        }
        if ((code & 0xF0) == 0x90)
        {
            count = code & 0x0F;
            p++;
            return true;
        }
        if (code == 0xDC && s.Length - p >= 3)
        {
            count = BinaryPrimitives.ReadUInt16BigEndian(s[(p + 1)..]);
            p += 3;
            return true;
        }
        if (code != 0xDD || s.Length - p < 5) return false;
        uint large = BinaryPrimitives.ReadUInt32BigEndian(s[(p + 1)..]);
        count = (int)large;
        p += 5;
        return large <= s.Length;
    }
}
