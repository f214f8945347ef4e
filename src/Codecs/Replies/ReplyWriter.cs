using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Gateway.Codecs;

/// <summary>Collects the bytes for a device: replies of decoded frames one behind the other, or a command. One per connection, reused.</summary>
/// <remarks>Bounded by <see cref="BytesMax"/>: what does not fit sets <see cref="Overflowed"/>. Integers are big-endian unless told otherwise.</remarks>
public sealed class ReplyWriter
{
    /// <summary>Most bytes that wait for a device at one time.</summary>
    public const int BytesMax = 256 * 1024;

    private byte[] _bytes = new byte[256];

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>Something did not fit and is missing.</summary>
    public bool Overflowed { get; private set; }

    /// <summary>The bytes written.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    /// <summary>The bytes written, for an asynchronous send.</summary>
    public ReadOnlyMemory<byte> WrittenMemory => _bytes.AsMemory(0, Length);

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        Length = 0;
        Overflowed = false;
    }

    /// <summary>Takes back what was written after <paramref name="length"/>.</summary>
    public void Truncate(int length)
    {
        if (length < Length) Length = length;
    }

    /// <summary>The bytes from <paramref name="from"/> to the end, for a checksum.</summary>
    public Span<byte> From(int from) => _bytes.AsSpan(from, Math.Max(0, Length - from));

    /// <summary>The bytes <paramref name="from"/>..<paramref name="to"/>, for a checksum.</summary>
    public Span<byte> Range(int from, int to) => _bytes.AsSpan(from, Math.Max(0, to - from));

    /// <summary>Makes room for <paramref name="length"/> bytes and gives them, to be filled by the caller; empty when they do not fit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<byte> Reserve(int length)
    {
        if ((uint)length > (uint)(_bytes.Length - Length)) return ReserveMore(length);
        Span<byte> reserved = _bytes.AsSpan(Length, length);
        Length += length;
        return reserved;
    }

    private Span<byte> ReserveMore(int length)
    {
        if (length < 0 || Length + length > BytesMax)
        {
            Overflowed = true;
            return default;
        }
        if (_bytes.Length < Length + length) Array.Resize(ref _bytes, Math.Min(BytesMax, Math.Max(Length + length, _bytes.Length * 2)));
        Span<byte> reserved = _bytes.AsSpan(Length, length);
        Length += length;
        return reserved;
    }

    /// <summary>One byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void U8(long value)
    {
        Span<byte> target = Reserve(1);
        if (!target.IsEmpty) target[0] = (byte)value;
    }

    /// <summary>The low <paramref name="width"/> bytes of a value, 1 to 8.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void UInt(long value, int width, bool littleEndian)
    {
        Span<byte> target = Reserve(width);
        if (!target.IsEmpty) Put(target, value, littleEndian);
    }

    /// <summary>Bytes as they are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        Span<byte> target = Reserve(bytes.Length);
        if (!target.IsEmpty) bytes.CopyTo(target);
    }

    /// <summary>A decimal integer as text, padded with zeros to <paramref name="digitsMin"/>.</summary>
    public void Decimal(long value, int digitsMin = 1)
    {
        Span<byte> text = stackalloc byte[32];
        int at = text.Length;
        ulong rest = value < 0 ? (ulong)(-(value + 1)) + 1 : (ulong)value;
        int digits = 0;
        while (rest != 0 || digits < Math.Clamp(digitsMin, 1, 20))
        {
            text[--at] = (byte)('0' + rest % 10);
            rest /= 10;
            digits++;
        }
        if (value < 0) text[--at] = (byte)'-';
        Bytes(text[at..]);
    }

    /// <summary>A value as hexadecimal text of <paramref name="digits"/> digits.</summary>
    public void HexDigits(long value, int digits, bool upperCase)
    {
        Span<byte> target = Reserve(digits);
        ReadOnlySpan<byte> alphabet = upperCase ? "0123456789ABCDEF"u8 : "0123456789abcdef"u8;
        for (int i = target.Length - 1; i >= 0; i--, value >>= 4) target[i] = alphabet[(int)(value & 15)];
    }

    /// <summary>Bytes as hexadecimal text.</summary>
    public void HexText(ReadOnlySpan<byte> bytes, bool upperCase)
    {
        foreach (byte b in bytes) HexDigits(b, 2, upperCase);
    }

    /// <summary>Overwrites <paramref name="width"/> bytes at <paramref name="at"/>, once a length or checksum is known.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Patch(int at, long value, int width, bool littleEndian)
    {
        if (at + width <= Length) Put(_bytes.AsSpan(at, width), value, littleEndian);
    }

    /// <summary>Overwrites digits of text at <paramref name="at"/>, once a length is known. A number that is too long loses its first digits.</summary>
    public void PatchDigits(int at, long value, int digits, int radix, bool upperCase)
    {
        if (at + digits > Length) return;
        Span<byte> target = _bytes.AsSpan(at, digits);
        ReadOnlySpan<byte> alphabet = upperCase ? "0123456789ABCDEF"u8 : "0123456789abcdef"u8;
        value = Math.Max(0, value);
        for (int i = digits - 1; i >= 0; i--, value /= radix) target[i] = alphabet[(int)(value % radix)];
    }

    /// <summary>Puts a decimal number of 0 or more between what was written, and moves what follows.</summary>
    /// <returns>The number of bytes inserted; 0 when they do not fit.</returns>
    public int InsertDecimal(int at, long value)
    {
        int end = Length;
        Decimal(value);
        int digits = Length - end;
        Span<byte> text = stackalloc byte[32];
        _bytes.AsSpan(end, digits).CopyTo(text);
        _bytes.AsSpan(at, end - at).CopyTo(_bytes.AsSpan(at + digits));
        text[..digits].CopyTo(_bytes.AsSpan(at));
        return digits;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(Span<byte> target, long value, bool littleEndian)
    {
        switch (target.Length)
        {
            case 1: target[0] = (byte)value; return;
            case 2 when !littleEndian: BinaryPrimitives.WriteUInt16BigEndian(target, (ushort)value); return;
            case 2: BinaryPrimitives.WriteUInt16LittleEndian(target, (ushort)value); return;
            case 4 when !littleEndian: BinaryPrimitives.WriteUInt32BigEndian(target, (uint)value); return;
            case 4: BinaryPrimitives.WriteUInt32LittleEndian(target, (uint)value); return;
        }
        for (int i = 0; i < target.Length; i++, value >>= 8) target[littleEndian ? i : target.Length - 1 - i] = (byte)value;
    }
}
