using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Gateway.Codecs;

// MessagePack by hand: the caller has made room, so a span of constant length costs one check and its writes none.
public partial struct MessageSink
{
    /// <summary>Writes a key at the position; the caller has made room.</summary>
    /// <returns>Where the value goes.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly int PutKey(int key)
    {
        Span<byte> room = _bytes.AsSpan(_position, 5);
        if ((uint)key <= 0xFFFF)
        {
            room[0] = 0xCD;
            BinaryPrimitives.WriteUInt16BigEndian(room[1..], (ushort)key);
            return _position + 3;
        }
        room[0] = 0xCE;
        BinaryPrimitives.WriteUInt32BigEndian(room[1..], (uint)key);
        return _position + 5;
    }

    /// <summary>Makes room for a name and <paramref name="valueBytes"/> behind it, and writes the name.</summary>
    private int PutName(scoped ParameterName name, int valueBytes)
    {
        int room = 2 + TextCleaner.NameBytesMax + valueBytes;
        if (_bytes.Length - _position < room) Grow(room);
        // What is in the dictionary is kept by its number, whoever sent the name: filters and telemetry look for that.
        if (name.IsSent && ParameterDictionary.TryGetKey(name.Suffix, out int key)) return PutKey(key);
        Span<byte> target = _bytes.AsSpan(_position);
        int length = TextCleaner.FormatName(name, target[2..]);
        target[0] = 0xD9;
        target[1] = (byte)length;
        return _position + 2 + length;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int PutInteger(Span<byte> room, long value)
    {
        if ((ulong)(value + 32) < 160)
        {
            room[0] = (byte)value;
            return 1;
        }
        if (value < 0) return PutNegative(room, value);
        if (value <= 0xFF)
        {
            room[0] = 0xCC;
            room[1] = (byte)value;
            return 2;
        }
        if (value <= 0xFFFF)
        {
            room[0] = 0xCD;
            BinaryPrimitives.WriteUInt16BigEndian(room[1..], (ushort)value);
            return 3;
        }
        if (value <= 0xFFFF_FFFF)
        {
            room[0] = 0xCE;
            BinaryPrimitives.WriteUInt32BigEndian(room[1..], (uint)value);
            return 5;
        }
        room[0] = 0xCF;
        BinaryPrimitives.WriteInt64BigEndian(room[1..], value);
        return 9;
    }

    private static int PutNegative(Span<byte> room, long value)
    {
        if (value >= sbyte.MinValue)
        {
            room[0] = 0xD0;
            room[1] = (byte)value;
            return 2;
        }
        if (value >= short.MinValue)
        {
            room[0] = 0xD1;
            BinaryPrimitives.WriteInt16BigEndian(room[1..], (short)value);
            return 3;
        }
        if (value >= int.MinValue)
        {
            room[0] = 0xD2;
            BinaryPrimitives.WriteInt32BigEndian(room[1..], (int)value);
            return 5;
        }
        room[0] = 0xD3;
        BinaryPrimitives.WriteInt64BigEndian(room[1..], value);
        return 9;
    }

    private static int PutReal(Span<byte> room, double value)
    {
        room[0] = 0xCB;
        BinaryPrimitives.WriteDoubleBigEndian(room[1..], value);
        return 9;
    }

    private static int PutTime(Span<byte> room, long timeUs)
    {
        long seconds = Math.DivRem(timeUs, 1_000_000, out long us);
        if (us < 0)
        {
            us += 1_000_000;
            seconds--;
        }
        if ((ulong)seconds < 1UL << 34)
        {
            room[0] = 0xD7;
            room[1] = 0xFF;
            BinaryPrimitives.WriteUInt64BigEndian(room[2..], (ulong)us * 1000 << 34 | (ulong)seconds);
            return 10;
        }
        room[0] = 0xC7;
        room[1] = 12;
        room[2] = 0xFF;
        BinaryPrimitives.WriteUInt32BigEndian(room[3..], (uint)us * 1000);
        BinaryPrimitives.WriteInt64BigEndian(room[7..], seconds);
        return 15;
    }

    private static int PutText(Span<byte> room, ReadOnlySpan<byte> text)
    {
        if (TextCleaner.IsClean(text))
        {
            int header = PutTextHeader(room, text.Length);
            text.CopyTo(room[header..]);
            return header + text.Length;
        }
        int length = TextCleaner.Clean(text, room[3..]);
        return MoveBehindHeader(room, length);
    }

    private static int PutHex(Span<byte> room, ReadOnlySpan<byte> bytes)
    {
        int header = PutTextHeader(room, bytes.Length * 2);
        Convert.TryToHexStringLower(bytes, room[header..], out int written);
        return header + written;
    }

    // The cleaned length is known only afterwards; the header in front of it may be shorter than the 3 bytes left free.
    private static int MoveBehindHeader(Span<byte> room, int length)
    {
        Span<byte> text = room.Slice(3, length);
        int header = length < 32 ? 1 : length < 256 ? 2 : 3;
        if (header < 3) text.CopyTo(room[header..]);
        PutTextHeader(room, length);
        return header + length;
    }

    private static int PutTextHeader(Span<byte> room, int length)
    {
        if (length < 32)
        {
            room[0] = (byte)(0xA0 | length);
            return 1;
        }
        if (length < 256)
        {
            room[0] = 0xD9;
            room[1] = (byte)length;
            return 2;
        }
        room[0] = 0xDA;
        BinaryPrimitives.WriteUInt16BigEndian(room[1..], (ushort)length);
        return 3;
    }
}
