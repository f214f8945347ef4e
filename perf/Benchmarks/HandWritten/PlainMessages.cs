using System.Buffers.Binary;
using System.Buffers.Text;

namespace Gateway.Perf.Benchmarks.HandWritten;

/// <summary>Messages of a hand-written decoder: MessagePack maps one behind the other, byte for byte what the runtime's sink writes.</summary>
/// <remarks>Written the plain way: one method for each type, a capacity that is large enough from the start, no marks, no common values, no dropped values.</remarks>
public sealed class PlainMessages
{
    private readonly byte[] _bytes = new byte[64 * 1024];
    private readonly int[] _ends = new int[256];
    private readonly byte[] _ident;
    private readonly byte[] _peer;
    private readonly byte[] _reply = new byte[64];
    private int _position;
    private int _start;
    private int _values;

    /// <summary>An empty batch.</summary>
    /// <param name="ident">Ident of the device, UTF-8.</param>
    /// <param name="peer">Address of the device, ASCII.</param>
    public PlainMessages(byte[] ident, byte[] peer)
    {
        _ident = ident;
        _peer = peer;
    }

    /// <summary>Messages held.</summary>
    public int Count { get; private set; }

    /// <summary>Room for the reply.</summary>
    public Span<byte> Reply => _reply;

    /// <summary>Bytes of the reply.</summary>
    public int ReplyLength { get; set; }

    /// <summary>The payload of message <paramref name="index"/>, from 0.</summary>
    public ReadOnlySpan<byte> this[int index]
    {
        get
        {
            int start = index == 0 ? 0 : _ends[index - 1];
            return _bytes.AsSpan(start, _ends[index] - start);
        }
    }

    /// <summary>Drops all.</summary>
    public void Clear() => Count = _position = ReplyLength = 0;

    /// <summary>Starts a message.</summary>
    public void Begin()
    {
        _start = _position;
        _bytes[_position] = 0xDE;
        _position += 3;
        _values = 0;
    }

    /// <summary>Ends the message: ident, peer, number of values.</summary>
    public void End()
    {
        Text(Gateway.Codecs.ParameterKeys.Ident, _ident);
        Text(Gateway.Codecs.ParameterKeys.Peer, _peer);
        BinaryPrimitives.WriteUInt16BigEndian(_bytes.AsSpan(_start + 1), (ushort)_values);
        _ends[Count++] = _position;
    }

    /// <summary>An integer.</summary>
    public void Integer(int key, long value)
    {
        Span<byte> to = Key(key);
        if (value is >= -32 and <= 0x7F)
        {
            to[0] = (byte)value;
            _position += 1;
        }
        else if (value < 0)
        {
            Negative(to, value);
        }
        else if (value <= 0xFF)
        {
            to[0] = 0xCC;
            to[1] = (byte)value;
            _position += 2;
        }
        else if (value <= 0xFFFF)
        {
            to[0] = 0xCD;
            BinaryPrimitives.WriteUInt16BigEndian(to[1..], (ushort)value);
            _position += 3;
        }
        else if (value <= 0xFFFF_FFFF)
        {
            to[0] = 0xCE;
            BinaryPrimitives.WriteUInt32BigEndian(to[1..], (uint)value);
            _position += 5;
        }
        else
        {
            to[0] = 0xCF;
            BinaryPrimitives.WriteInt64BigEndian(to[1..], value);
            _position += 9;
        }
    }

    /// <summary>A real.</summary>
    public void Real(int key, double value)
    {
        Span<byte> to = Key(key);
        to[0] = 0xCB;
        BinaryPrimitives.WriteDoubleBigEndian(to[1..], value);
        _position += 9;
    }

    /// <summary>A truth value.</summary>
    public void Boolean(int key, bool value)
    {
        Key(key)[0] = value ? (byte)0xC3 : (byte)0xC2;
        _position += 1;
    }

    /// <summary>A time in µs since 1970, after 1970.</summary>
    public void Time(int key, long timeUs)
    {
        Span<byte> to = Key(key);
        (long seconds, long us) = Math.DivRem(timeUs, 1_000_000);
        to[0] = 0xD7;
        to[1] = 0xFF;
        BinaryPrimitives.WriteUInt64BigEndian(to[2..], (ulong)us * 1000 << 34 | (ulong)seconds);
        _position += 10;
    }

    /// <summary>A text that needs no cleaning, up to 255 bytes.</summary>
    public void Text(int key, ReadOnlySpan<byte> text)
    {
        Span<byte> to = Key(key);
        TextHeaderAndBytes(to, text);
    }

    /// <summary>An integer as decimal text, for a parameter that is a text.</summary>
    public void Decimal(int key, long value)
    {
        Span<byte> text = stackalloc byte[20];
        Utf8Formatter.TryFormat(value, text, out int length);
        Text(key, text[..length]);
    }

    /// <summary>A real under a name that is not in the dictionary.</summary>
    public void Real(ReadOnlySpan<byte> name, double value)
    {
        Span<byte> to = Name(name);
        to[0] = 0xCB;
        BinaryPrimitives.WriteDoubleBigEndian(to[1..], value);
        _position += 9;
    }

    /// <summary>An integer from 0 to 127 or from -32 under a name that is not in the dictionary.</summary>
    public void SmallInteger(ReadOnlySpan<byte> name, long value)
    {
        Name(name)[0] = (byte)value;
        _position += 1;
    }

    /// <summary>A text under a name that is not in the dictionary.</summary>
    public void Text(ReadOnlySpan<byte> name, ReadOnlySpan<byte> text) => TextHeaderAndBytes(Name(name), text);

    private void TextHeaderAndBytes(Span<byte> to, ReadOnlySpan<byte> text)
    {
        int header = 1;
        if (text.Length < 32)
        {
            to[0] = (byte)(0xA0 | text.Length);
        }
        else
        {
            to[0] = 0xD9;
            to[1] = (byte)text.Length;
            header = 2;
        }
        text.CopyTo(to[header..]);
        _position += header + text.Length;
    }

    private void Negative(Span<byte> to, long value)
    {
        if (value >= sbyte.MinValue)
        {
            to[0] = 0xD0;
            to[1] = (byte)value;
            _position += 2;
        }
        else if (value >= short.MinValue)
        {
            to[0] = 0xD1;
            BinaryPrimitives.WriteInt16BigEndian(to[1..], (short)value);
            _position += 3;
        }
        else
        {
            to[0] = 0xD2;
            BinaryPrimitives.WriteInt32BigEndian(to[1..], (int)value);
            _position += 5;
        }
    }

    private Span<byte> Key(int key)
    {
        _values++;
        Span<byte> to = _bytes.AsSpan(_position);
        if (key <= 0xFFFF)
        {
            to[0] = 0xCD;
            BinaryPrimitives.WriteUInt16BigEndian(to[1..], (ushort)key);
            _position += 3;
            return to[3..];
        }
        to[0] = 0xCE;
        BinaryPrimitives.WriteUInt32BigEndian(to[1..], (uint)key);
        _position += 5;
        return to[5..];
    }

    private Span<byte> Name(ReadOnlySpan<byte> name)
    {
        _values++;
        Span<byte> to = _bytes.AsSpan(_position);
        to[0] = 0xD9;
        to[1] = (byte)name.Length;
        name.CopyTo(to[2..]);
        _position += 2 + name.Length;
        return to[(2 + name.Length)..];
    }
}
