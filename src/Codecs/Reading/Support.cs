using System.Buffers.Binary;
using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Text;

namespace Gateway.Codecs.Reading;

/// <summary>Small helpers that generated decoders call where a single expression would not do. No method throws for bad data.</summary>
public static class Support
{
    /// <summary>True, in a form that the compiler does not see through: an unconditional reject leaves no unreachable code behind it.</summary>
    public static bool Always => true;

    // ---- numbers ----

    /// <summary>A long as an int, clamped, so that a length from the wire fails its bounds test instead of wrapping.</summary>
    public static int Clamp(long value) => value > int.MaxValue ? int.MaxValue : value < int.MinValue ? int.MinValue : (int)value;

    /// <summary>Division; 0 by zero.</summary>
    public static long Divide(long a, long b) => b == 0 ? 0 : b == -1 ? unchecked(-a) : a / b;

    /// <summary>Remainder; 0 by zero.</summary>
    public static long Modulo(long a, long b) => b is 0 or -1 ? 0 : a % b;

    /// <summary>Absolute value without overflow.</summary>
    public static long Abs(long value) => value == long.MinValue ? long.MaxValue : Math.Abs(value);

    /// <summary>An offset inside a text: 0 to <paramref name="length"/>.</summary>
    public static int Within(long offset, int length) => (int)Math.Clamp(offset, 0, Math.Max(0, length));

    /// <summary>An unsigned number at an offset; 0 when it is outside the frame.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Peek(ReadOnlySpan<byte> m, long offset, int width, bool littleEndian)
    {
        // Width and order are constants of the call, so one case is left of these.
        if ((ulong)offset > (ulong)(m.Length - width) || m.Length < width) return 0;
        ReadOnlySpan<byte> s = m.Slice((int)offset, width);
        return width switch
        {
            1 => s[0],
            2 => littleEndian ? BinaryPrimitives.ReadUInt16LittleEndian(s) : BinaryPrimitives.ReadUInt16BigEndian(s),
            4 => littleEndian ? BinaryPrimitives.ReadUInt32LittleEndian(s) : BinaryPrimitives.ReadUInt32BigEndian(s),
            _ => littleEndian ? Bin.UIntLE(s) : Bin.UIntBE(s),
        };
    }

    /// <summary>A single-precision number with the digits it has, instead of those that widening invents: 12.1, not 12.100000381.</summary>
    public static double Single(float value)
    {
        Span<byte> text = stackalloc byte[32];
        return float.IsFinite(value) && Utf8Formatter.TryFormat(value, text, out int length) && Utf8Parser.TryParse(text[..length], out double exact, out _) ? exact : value;
    }

    /// <summary>Two BCD digits, or 255 when the byte holds none.</summary>
    public static int Bcd(byte b) => (b & 15) < 10 && b >> 4 < 10 ? (b >> 4) * 10 + (b & 15) : 255;

    /// <summary>Seconds or milliseconds as µs; what is out of range becomes 0.</summary>
    /// <param name="raw">The number.</param>
    /// <param name="unitUs">µs in one of it.</param>
    public static long TimeUs(long raw, long unitUs) => raw is < 0 or > 253_402_300_799_999 || raw > 253_402_300_799_000_000 / unitUs ? 0 : raw * unitUs;

    /// <summary>Seconds as µs; what is beyond the year 9999 becomes 0.</summary>
    public static long SecondsUs(long seconds) => seconds is > -253_402_300_800 and < 253_402_300_800 ? seconds * 1_000_000 : 0;

    /// <summary>As the other overload, with a fraction.</summary>
    public static long SecondsUs(double seconds) => Math.Abs(seconds) < 253_402_300_800 ? (long)Math.Round(seconds * 1e6) : 0;

    /// <summary>The µs behind the point of a number of seconds.</summary>
    public static long FractionUs(double seconds) => Math.Abs(seconds) < 1e6 ? (long)Math.Round((seconds - Math.Truncate(seconds)) * 1e6) : 0;

    /// <summary>A year of two digits is one since 2000.</summary>
    public static int FullYear(int year) => year is >= 0 and < 100 ? 2000 + year : year;

    /// <summary>A number of seconds or milliseconds in text, perhaps with a fraction, as µs; what is out of range becomes 0.</summary>
    public static bool TryTime(ReadOnlySpan<byte> text, long unitUs, out long timeUs)
    {
        if (Text.TryInteger(text, out long whole))
        {
            timeUs = TimeUs(whole, unitUs);
            return true;
        }
        bool good = Text.TryReal(text, out double number);
        timeUs = good ? SecondsUs(number * unitUs / 1e6) : 0;
        return good;
    }

    // ---- text ----

    /// <summary>A whole number in text; 0 when it is none.</summary>
    public static long Int(ReadOnlySpan<byte> s) => Text.TryInteger(s, out long value) ? value : 0;

    /// <summary>A hexadecimal number in text; 0 when it is none.</summary>
    public static long HexInt(ReadOnlySpan<byte> s) => Text.TryHex(s, out long value) ? value : 0;

    /// <summary>A hexadecimal number in text, as a real.</summary>
    public static bool TryHexReal(ReadOnlySpan<byte> s, out double value)
    {
        bool good = Text.TryHex(s, out long number);
        value = number;
        return good;
    }

    /// <summary>A number in text; 0 when it is none.</summary>
    public static double Real(ReadOnlySpan<byte> s) => Text.TryReal(s, out double value) ? value : 0;

    /// <summary><c>1</c>, <c>true</c>, <c>on</c>, and their opposites.</summary>
    public static bool TryBoolean(ReadOnlySpan<byte> s, out bool value)
    {
        value = false;
        if (Text.TryInteger(s, out long number))
        {
            value = number != 0;
            return true;
        }
        value = Text.EqualsIgnoreCase(s, "true"u8) || Text.EqualsIgnoreCase(s, "on"u8) || Text.EqualsIgnoreCase(s, "yes"u8);
        return value || Text.EqualsIgnoreCase(s, "false"u8) || Text.EqualsIgnoreCase(s, "off"u8) || Text.EqualsIgnoreCase(s, "no"u8);
    }

    /// <summary>Whether the text is this one byte.</summary>
    public static bool IsByte(ReadOnlySpan<byte> s, byte value) => s.Length == 1 && s[0] == value;

    /// <summary>A text of up to 7 bytes as a number: its bytes from the lowest up, its length in the highest; -1 for longer ones.</summary>
    public static long TextKey(ReadOnlySpan<byte> s)
    {
        if (s.Length > 7) return -1;
        long key = (long)s.Length << 56;
        for (int i = 0; i < s.Length; i++) key |= (long)s[i] << (8 * i);
        return key;
    }

    /// <summary>The first byte, or -1.</summary>
    public static int FirstByte(ReadOnlySpan<byte> s) => s.IsEmpty ? -1 : s[0];

    /// <summary>Length without trailing NUL and white space.</summary>
    public static int TrimmedLength(ReadOnlySpan<byte> s)
    {
        int length = s.IndexOf((byte)0);
        if (length < 0) length = s.Length;
        while (length > 0 && s[length - 1] <= ' ') length--;
        return length;
    }

    /// <summary>A text without trailing NUL and white space.</summary>
    public static ReadOnlySpan<byte> Trimmed(ReadOnlySpan<byte> s) => s[..TrimmedLength(s)];

    /// <summary>Number of zeros a text starts with, one digit left over.</summary>
    public static int LeadingZeros(ReadOnlySpan<byte> s)
    {
        int count = 0;
        while (count < s.Length - 1 && s[count] == '0') count++;
        return count;
    }

    /// <summary>The next part of a text separated by a mark of one or more bytes.</summary>
    /// <param name="s">The text.</param>
    /// <param name="p">Where the part starts; moved behind its separator.</param>
    /// <param name="end">Where the text ends.</param>
    /// <param name="separator">The mark.</param>
    /// <param name="start">Where the part is.</param>
    /// <param name="length">Its length without the mark.</param>
    /// <returns>False when there is none.</returns>
    public static bool NextPart(ReadOnlySpan<byte> s, ref int p, int end, ReadOnlySpan<byte> separator, out int start, out int length)
    {
        start = p;
        length = 0;
        if (p >= end || end > s.Length || p < 0) return false;
        int at = s[p..end].IndexOf(separator);
        length = at >= 0 ? at : end - p;
        p += length + separator.Length;
        return true;
    }

    /// <summary>Where the first mark at or behind an offset is, from the start of the text; -1 when there is none.</summary>
    public static long Index(ReadOnlySpan<byte> s, ReadOnlySpan<byte> mark, long from)
    {
        int start = Within(from, s.Length);
        int at = s[start..].IndexOf(mark);
        return at < 0 ? -1 : start + at;
    }

    /// <summary>The bytes from one offset to another, as far as they are there.</summary>
    public static ReadOnlySpan<byte> Range(ReadOnlySpan<byte> s, long from, long to)
    {
        int start = Within(from, s.Length);
        return s.Slice(start, Math.Max(0, Within(to, s.Length) - start));
    }

    /// <summary>Whether a text fits a mask: <c>*</c> any text, <c>?</c> any byte; letters of either case.</summary>
    public static bool MatchesMask(ReadOnlySpan<byte> s, ReadOnlySpan<byte> mask)
    {
        int i = 0, m = 0, star = -1, retry = 0;
        while (i < s.Length)
        {
            if (m < mask.Length && mask[m] == '*')
            {
                star = m++;
                retry = i;
            }
            else if (m < mask.Length && (mask[m] == '?' || Lower(mask[m]) == Lower(s[i])))
            {
                i++;
                m++;
            }
            else if (star >= 0)
            {
                m = star + 1;
                i = ++retry;
            }
            else
            {
                return false;
            }
        }
        while (m < mask.Length && mask[m] == '*') m++;
        return m == mask.Length;
    }

    private static byte Lower(byte b) => b is >= (byte)'A' and <= (byte)'Z' ? (byte)(b | 0x20) : b;

    /// <summary>UTF-16 as UTF-8, in the session's buffer; trailing NUL and blanks are left out.</summary>
    public static ReadOnlySpan<byte> Utf16(Session session, ReadOnlySpan<byte> s, bool littleEndian)
    {
        Span<byte> target = session.Rent(Math.Min(Session.ScratchBytesMax / 2, s.Length * 3 / 2 + 8));
        int length = 0;
        for (int i = 0; i + 1 < s.Length; i += 2)
        {
            int unit = littleEndian ? BinaryPrimitives.ReadUInt16LittleEndian(s[i..]) : BinaryPrimitives.ReadUInt16BigEndian(s[i..]);
            if (unit == 0) break;
            Rune rune = Rune.ReplacementChar;
            if (!char.IsSurrogate((char)unit)) rune = new Rune((char)unit);
            else if (char.IsHighSurrogate((char)unit) && i + 3 < s.Length)
            {
                int low = littleEndian ? BinaryPrimitives.ReadUInt16LittleEndian(s[(i + 2)..]) : BinaryPrimitives.ReadUInt16BigEndian(s[(i + 2)..]);
                if (char.IsLowSurrogate((char)low))
                {
                    rune = new Rune((char)unit, (char)low);
                    i += 2;
                }
            }
            if (!rune.TryEncodeToUtf8(target[length..], out int written)) break;
            length += written;
        }
        return target[..TrimmedLength(target[..length])];
    }

    /// <summary>Six bytes as <c>aa:bb:cc:dd:ee:ff</c>, in the session's buffer.</summary>
    public static ReadOnlySpan<byte> Mac(Session session, ReadOnlySpan<byte> s)
    {
        Span<byte> target = session.Rent(17);
        if (target.IsEmpty) return default;
        for (int i = 0; i < 6; i++)
        {
            target[i * 3] = Digit(s[i] >> 4);
            target[i * 3 + 1] = Digit(s[i] & 15);
            if (i < 5) target[i * 3 + 2] = (byte)':';
        }
        return target;
    }

    private static byte Digit(int value) => "0123456789abcdef"u8[value & 15];

    private static int Nibble(ReadOnlySpan<byte> bytes, int index) => (index & 1) == 0 ? bytes[index >> 1] >> 4 : bytes[index >> 1] & 15;

    // ---- hexadecimal digits of bytes ----

    /// <summary>Whether digits <paramref name="start"/>.. of the bytes are this text.</summary>
    public static bool HexEquals(ReadOnlySpan<byte> bytes, int start, int length, ReadOnlySpan<byte> text)
    {
        if (text.Length != length) return false;
        for (int i = 0; i < length; i++)
            if (Digit(Nibble(bytes, start + i)) != Lower(text[i])) return false;
        return true;
    }

    /// <summary>Number of zero digits at the start, one digit left over.</summary>
    public static int LeadingZeroDigits(ReadOnlySpan<byte> bytes, int start, int length)
    {
        int count = 0;
        while (count < length - 1 && Nibble(bytes, start + count) == 0) count++;
        return count;
    }

    /// <summary>Writes some of the hexadecimal digits of bytes as text.</summary>
    public static void HexText<TSink>(ref TSink sink, int key, ReadOnlySpan<byte> bytes, int start, int length) where TSink : struct, IParameterSink
    {
        Span<byte> text = stackalloc byte[256];
        length = Math.Min(length, text.Length);
        for (int i = 0; i < length; i++) text[i] = Digit(Nibble(bytes, start + i));
        sink.Text(key, text[..length]);
    }

    /// <summary>As the other overload, under an open name.</summary>
    public static void HexText<TSink>(ref TSink sink, ParameterName name, ReadOnlySpan<byte> bytes, int start, int length) where TSink : struct, IParameterSink
    {
        Span<byte> text = stackalloc byte[256];
        length = Math.Min(length, text.Length);
        for (int i = 0; i < length; i++) text[i] = Digit(Nibble(bytes, start + i));
        sink.Text(name, text[..length]);
    }

    // ---- numbers as text ----

    /// <summary>Writes a number into a text parameter.</summary>
    public static void RealText<TSink>(ref TSink sink, int key, double value) where TSink : struct, IParameterSink
    {
        Span<byte> text = stackalloc byte[40];
        if (value.TryFormat(text, out int length, default, System.Globalization.CultureInfo.InvariantCulture)) sink.Text(key, text[..length]);
    }

    // ---- identity ----

    /// <summary>Sets the ident to a number as decimal text.</summary>
    public static bool TrySetIdent(Session session, long value)
    {
        Span<byte> text = stackalloc byte[24];
        Utf8Formatter.TryFormat(value, text, out int length);
        return session.TrySetIdent(text[..length]);
    }

    /// <summary>Sets the ident to some of the hexadecimal digits of bytes.</summary>
    public static bool TrySetIdentHex(Session session, ReadOnlySpan<byte> bytes, int start, int length)
    {
        if (length is <= 0 or > Session.IdentBytesMax) return false;
        Span<byte> text = stackalloc byte[Session.IdentBytesMax];
        for (int i = 0; i < length; i++) text[i] = Digit(Nibble(bytes, start + i));
        return session.TrySetIdent(text[..length]);
    }

    // ---- packed content ----

    /// <summary>Unpacks zlib or deflate data into the session's buffer.</summary>
    public static bool Inflate(Session session, ReadOnlySpan<byte> packed, out ReadOnlySpan<byte> content)
    {
        session.InflatedContainers++;
        Span<byte> room = session.Rent((int)Math.Min(Session.ScratchBytesMax / 2, Math.Max(1024, (long)packed.Length * Deflate.RatioMax)));
        bool done = Deflate.TryInflate(packed, room, out int length);
        session.Return(room.Length - length);
        content = room[..length];
        return done;
    }

    /// <summary>Writes the bytes that hexadecimal text stands for.</summary>
    /// <returns>False, and nothing written, when the text is no hexadecimal or has an odd number of digits.</returns>
    public static bool UnhexTo(ReplyWriter writer, ReadOnlySpan<byte> text)
    {
        if ((text.Length & 1) != 0 || !Text.IsHex(text)) return false;
        return Text.TryHexBytes(text, writer.Reserve(text.Length / 2), out _);
    }

    /// <summary>Turns hexadecimal text into bytes in the session's buffer.</summary>
    public static bool Unhex(Session session, ReadOnlySpan<byte> text, out ReadOnlySpan<byte> content)
    {
        Span<byte> room = session.Rent(text.Length / 2);
        bool done = Text.TryHexBytes(text, room, out int length);
        content = room[..length];
        return done;
    }

    /// <summary>Decodes base64 text (white space in it is passed by) into the session's workspace.</summary>
    public static bool Base64(Session session, ReadOnlySpan<byte> text, out ReadOnlySpan<byte> content)
    {
        Span<byte> room = session.Rent(text.Length / 4 * 3 + 3);
        bool done = System.Buffers.Text.Base64.DecodeFromUtf8(text, room, out _, out int length) == System.Buffers.OperationStatus.Done;
        content = done ? room[..length] : default;
        return done;
    }

    /// <summary>Bytes in the opposite order.</summary>
    public static ReadOnlySpan<byte> Reversed(Session session, ReadOnlySpan<byte> bytes)
    {
        Span<byte> copy = session.Rent(bytes.Length);
        if (copy.IsEmpty) return default;
        bytes.CopyTo(copy);
        copy.Reverse();
        return copy;
    }

    /// <summary>Some of the hexadecimal digits of bytes as text.</summary>
    public static ReadOnlySpan<byte> HexDigits(Session session, ReadOnlySpan<byte> bytes, int start, int length)
    {
        Span<byte> text = session.Rent(Math.Clamp(Math.Min(length, bytes.Length * 2 - start), 0, Session.ScratchBytesMax / 2));
        for (int i = 0; i < text.Length; i++) text[i] = Digit(Nibble(bytes, start + i));
        return text;
    }

    /// <summary>A text with its ASCII letters as small or as capital ones.</summary>
    public static ReadOnlySpan<byte> Cased(Session session, ReadOnlySpan<byte> text, bool upper)
    {
        Span<byte> copy = session.Rent(text.Length);
        if (copy.IsEmpty) return default;
        if (upper) Ascii.ToUpper(text, copy, out _);
        else Ascii.ToLower(text, copy, out _);
        return copy;
    }

    /// <summary>The digit that makes a number right by Luhn's rule, when it is put behind it: 0 to 9. Other signs than digits are passed by.</summary>
    public static long Luhn(ReadOnlySpan<byte> text)
    {
        int sum = 0;
        bool doubled = true;
        for (int i = text.Length - 1; i >= 0; i--)
        {
            int digit = text[i] - '0';
            if ((uint)digit > 9) continue;
            if (doubled) digit = digit > 4 ? digit * 2 - 9 : digit * 2;
            sum += digit;
            doubled = !doubled;
        }
        return (10 - sum % 10) % 10;
    }

    /// <summary>Length of a text without certain characters at its end.</summary>
    public static int LengthWithout(ReadOnlySpan<byte> text, ReadOnlySpan<byte> ending) => text.LastIndexOfAnyExcept(ending) + 1;

    /// <summary>The next bit that is set, in a mask whose first bit is the highest of the first byte (or the lowest of it).</summary>
    /// <param name="mask">The bits.</param>
    /// <param name="bit">Number of the last bit found, 0 before the first; the first bit is 1.</param>
    /// <param name="lowestFirst">Which bit of a byte is the first.</param>
    /// <returns>False when there is none behind it.</returns>
    public static bool NextBit(ReadOnlySpan<byte> mask, ref long bit, bool lowestFirst)
    {
        int at = (int)bit;
        for (int index = at >> 3; index < mask.Length; index++, at = index << 3)
        {
            int left = lowestFirst ? mask[index] >> (at & 7) : mask[index] << (at & 7) & 0xFF;
            if (left == 0) continue;
            bit = at + 1 + (lowestFirst ? System.Numerics.BitOperations.TrailingZeroCount(left) : System.Numerics.BitOperations.LeadingZeroCount((uint)left) - 24);
            return true;
        }
        return false;
    }

    /// <summary>As the other overload, for a number from its lowest bit upwards.</summary>
    public static bool NextBit(long mask, ref long bit)
    {
        long left = bit > 63 ? 0 : mask >>> (int)bit;
        if (left == 0) return false;
        bit += 1 + System.Numerics.BitOperations.TrailingZeroCount(left);
        return true;
    }

    // ---- what is sent ----

    /// <summary>Writes digits of bytes as text.</summary>
    public static void WriteHexDigits(ReplyWriter writer, ReadOnlySpan<byte> bytes, int start, int length)
    {
        for (int i = 0; i < length; i++) writer.U8(Digit(Nibble(bytes, start + i)));
    }

    /// <summary>Makes what was written since <paramref name="from"/> exactly <paramref name="length"/> bytes long: filled up or cut at its end.</summary>
    public static void Pad(ReplyWriter writer, int from, int length, byte fill)
    {
        writer.Truncate(from + length);
        writer.Reserve(Math.Max(0, from + length - writer.Length)).Fill(fill);
    }

    /// <summary>Writes UTF-8 text as UTF-16.</summary>
    public static void WriteUtf16(ReplyWriter writer, ReadOnlySpan<byte> text, bool littleEndian)
    {
        Span<char> units = stackalloc char[2];
        while (!text.IsEmpty)
        {
            Rune.DecodeFromUtf8(text, out Rune rune, out int taken);
            text = text[taken..];
            int count = rune.EncodeToUtf16(units);
            for (int i = 0; i < count; i++) writer.UInt(units[i], 2, littleEndian);
        }
    }

    /// <summary>Turns the bytes written since <paramref name="from"/> into hexadecimal text.</summary>
    public static void ToHex(ReplyWriter writer, int from, bool upperCase)
    {
        int length = writer.Length - from;
        if (writer.Reserve(length).Length != length) return;
        Span<byte> text = writer.From(from);
        ReadOnlySpan<byte> alphabet = upperCase ? "0123456789ABCDEF"u8 : "0123456789abcdef"u8;
        for (int i = length - 1; i >= 0; i--)
        {
            byte b = text[i];
            text[2 * i + 1] = alphabet[b & 15];
            text[2 * i] = alphabet[b >> 4];
        }
    }

    /// <summary>Writes a number with the digits it needs.</summary>
    public static void WriteReal(ReplyWriter writer, double value)
    {
        Span<byte> text = stackalloc byte[40];
        if (value.TryFormat(text, out int length, default, System.Globalization.CultureInfo.InvariantCulture)) writer.Bytes(text[..length]);
    }

    /// <summary>Writes <paramref name="digits"/> BCD digits.</summary>
    public static void WriteBcd(ReplyWriter writer, long value, int digits)
    {
        Span<byte> target = writer.Reserve((digits + 1) / 2);
        for (int i = target.Length - 1; i >= 0; i--)
        {
            target[i] = (byte)(value % 10 | value / 10 % 10 << 4);
            value /= 100;
        }
    }

    /// <summary>Writes a time by components, one byte each.</summary>
    public static void WriteTime(ReplyWriter writer, long timeUs, ReadOnlySpan<byte> order, bool bcd, bool wideYear)
    {
        CivilTime t = Clock.ToCivil(timeUs);
        bool time = false;
        foreach (byte letter in order)
        {
            // In ymdhms, dmyhms and hmsdmy the m between h and s is the minute.
            int value = letter switch { (byte)'y' => wideYear ? t.Year : t.Year % 100, (byte)'d' => t.Day, (byte)'h' => t.Hour, (byte)'s' => t.Second, _ => time ? t.Minute : t.Month };
            time = letter == 'h';
            if (letter == 'y' && wideYear) writer.UInt(value, 2, false);
            else writer.U8(bcd ? value / 10 << 4 | value % 10 : value);
        }
    }

    /// <summary>Writes a time by a pattern of yyyy, yy, MM, dd, HH, mm, ss, fff and other characters.</summary>
    public static void WriteTimeText(ReplyWriter writer, long timeUs, ReadOnlySpan<byte> pattern)
    {
        CivilTime t = Clock.ToCivil(timeUs);
        for (int i = 0; i < pattern.Length;)
        {
            byte letter = pattern[i];
            int count = 1;
            while (i + count < pattern.Length && pattern[i + count] == letter) count++;
            i += count;
            switch (letter)
            {
                case (byte)'y': writer.Decimal(count == 2 ? t.Year % 100 : t.Year, count); break;
                case (byte)'M': writer.Decimal(t.Month, count); break;
                case (byte)'d': writer.Decimal(t.Day, count); break;
                case (byte)'H': writer.Decimal(t.Hour, count); break;
                case (byte)'m': writer.Decimal(t.Minute, count); break;
                case (byte)'s': writer.Decimal(t.Second, count); break;
                case (byte)'f': writer.Decimal(t.Microsecond / 1000, count); break;
                default:
                    for (int k = 0; k < count; k++) writer.U8(letter);
                    break;
            }
        }
    }

    /// <summary>Replaces bytes of what was written since <paramref name="from"/>; pairs as in <see cref="Framing"/>.</summary>
    public static void Escape(ReplyWriter writer, int from, ReadOnlySpan<byte> pairs)
    {
        // Replies are short: the plain form is copied aside and written again.
        Span<byte> plain = stackalloc byte[1024];
        int length = writer.Length - from;
        if (length <= 0 || length > plain.Length) return;
        writer.From(from).CopyTo(plain);
        writer.Truncate(from);
        Span<byte> leads = stackalloc byte[EscapePairs.LeadsMax];
        leads = EscapePairs.Leads(pairs, leads);
        ReadOnlySpan<byte> rest = plain[..length];
        while (!rest.IsEmpty)
        {
            int kept = rest.IndexOfAny(leads);
            if (kept < 0) kept = rest.Length;
            writer.Bytes(rest[..kept]);
            rest = rest[kept..];
            if (rest.IsEmpty) break;
            bool matches = EscapePairs.TryMatch(rest, pairs, out int taken, out ReadOnlySpan<byte> replacement);
            writer.Bytes(matches ? replacement : rest[..1]);
            rest = rest[(matches ? taken : 1)..];
        }
    }

    // ---- commands ----

    /// <summary>A whole-number property of a command.</summary>
    public static bool TryArgument(CommandArguments arguments, string name, out long value)
    {
        value = 0;
        return arguments.TryGetValue(name, out object? given) && SessionValue.TryInteger(given, ref value);
    }

    /// <summary>A number property of a command.</summary>
    public static bool TryArgument(CommandArguments arguments, string name, out double value)
    {
        value = 0;
        return arguments.TryGetValue(name, out object? given) && SessionValue.TryReal(given, ref value);
    }

    /// <summary>A truth-value property of a command.</summary>
    public static bool TryArgument(CommandArguments arguments, string name, out bool value)
    {
        value = false;
        return arguments.TryGetValue(name, out object? given) && SessionValue.TryBoolean(given, ref value);
    }

    /// <summary>A text property of a command.</summary>
    public static bool TryArgument(CommandArguments arguments, string name, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (!arguments.TryGetValue(name, out object? given) || given is not string text) return false;
        value = Encoding.UTF8.GetBytes(text);
        return true;
    }
}
