using System.Globalization;
using System.Text;

namespace Gateway.Codecs.Reading;

/// <summary>Scans and parses ASCII text in frames. Scanners take a position and an end and give a position; parsers take a whole span. None throws or allocates.</summary>
public static class Text
{
    // 10^0 to 10^22 are exact as double, so one multiplication or division of a mantissa below 2^53 is correctly rounded.
    private static readonly double[] PowersOfTen =
        [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22];

    /// <summary>The position behind the decimal digits at <paramref name="p"/>, which is <paramref name="p"/> when there are none.</summary>
    public static int DigitsEnd(ReadOnlySpan<byte> s, int p, int end)
    {
        while (p < end && (uint)(s[p] - '0') <= 9) p++;
        return p;
    }

    /// <summary>The position behind an integer at <paramref name="p"/> (optional sign, digits), or <paramref name="p"/> when there is none.</summary>
    public static int IntegerEnd(ReadOnlySpan<byte> s, int p, int end)
    {
        int digits = p < end && s[p] is (byte)'-' or (byte)'+' ? p + 1 : p;
        int stop = DigitsEnd(s, digits, end);
        return stop > digits ? stop : p;
    }

    /// <summary>The position behind a real at <paramref name="p"/> (optional sign, digits, optional fraction; <c>.5</c> too), or <paramref name="p"/> when there is none.</summary>
    public static int RealEnd(ReadOnlySpan<byte> s, int p, int end)
    {
        int digits = p < end && s[p] is (byte)'-' or (byte)'+' ? p + 1 : p;
        int stop = DigitsEnd(s, digits, end);
        if (stop < end && s[stop] == '.')
        {
            int fraction = DigitsEnd(s, stop + 1, end);
            if (fraction > stop + 1) return fraction;
        }
        return stop > digits ? stop : p;
    }

    /// <summary>The position behind the hexadecimal digits at <paramref name="p"/>, which is <paramref name="p"/> when there are none.</summary>
    public static int HexEnd(ReadOnlySpan<byte> s, int p, int end)
    {
        while (p < end && HexValue(s[p]) >= 0) p++;
        return p;
    }

    /// <summary>The position of the first byte from <paramref name="p"/> that is no space.</summary>
    public static int SkipSpaces(ReadOnlySpan<byte> s, int p, int end)
    {
        while (p < end && s[p] == ' ') p++;
        return p;
    }

    /// <summary>A decimal integer: optional sign, at most 18 digits after leading zeros, spaces around it tolerated.</summary>
    public static bool TryInteger(ReadOnlySpan<byte> s, out long value)
    {
        int p = !s.IsEmpty && s[0] is (byte)'-' or (byte)'+' ? 1 : 0;
        // Nearly always a few digits with nothing around them.
        if (s.Length - p is < 1 or > 18) return TryTrimmedInteger(s, out value);
        long number = 0;
        for (int i = p; i < s.Length; i++)
        {
            uint digit = (uint)(s[i] - '0');
            if (digit > 9) return TryTrimmedInteger(s, out value);
            number = number * 10 + digit;
        }
        value = p == 1 && s[0] == '-' ? -number : number;
        return true;
    }

    private static bool TryTrimmedInteger(ReadOnlySpan<byte> s, out long value)
    {
        value = 0;
        s = Trim(s);
        bool negative = false;
        if (!s.IsEmpty && s[0] is (byte)'-' or (byte)'+')
        {
            negative = s[0] == '-';
            s = s[1..];
        }
        if (!TryDigits(s, out long number)) return false;
        value = negative ? -number : number;
        return true;
    }

    /// <summary>Decimal digits and nothing else: at most 18 after leading zeros.</summary>
    public static bool TryDigits(ReadOnlySpan<byte> s, out long value)
    {
        value = 0;
        if (s.IsEmpty) return false;
        long number = 0;
        foreach (byte b in s)
        {
            uint digit = (uint)(b - '0');
            if (digit > 9 || number >= 100_000_000_000_000_000) return false;
            number = number * 10 + digit;
        }
        value = number;
        return true;
    }

    /// <summary>The first two bytes as two decimal digits.</summary>
    public static bool TryDigits2(ReadOnlySpan<byte> s, out int value)
    {
        value = 0;
        if (s.Length < 2) return false;
        uint high = (uint)(s[0] - '0'), low = (uint)(s[1] - '0');
        if (high > 9 || low > 9) return false;
        value = (int)(high * 10 + low);
        return true;
    }

    /// <summary>A real: optional sign, digits, optional fraction, optional exponent (<c>1.5E-3</c>), spaces around it tolerated. Correctly rounded.</summary>
    public static bool TryReal(ReadOnlySpan<byte> s, out double value)
    {
        int first = !s.IsEmpty && s[0] == '-' ? 1 : 0;
        // Nearly always: up to 15 digits, a point among them, nothing around them.
        if (s.Length - first is < 1 or > 16) return TryOtherReal(s, out value);
        long mantissa = 0;
        int point = -1;
        for (int i = first; i < s.Length; i++)
        {
            uint digit = (uint)(s[i] - '0');
            if (digit <= 9) mantissa = mantissa * 10 + digit;
            else if (s[i] == '.' && point < 0) point = i;
            else return TryOtherReal(s, out value);
        }
        int digits = s.Length - first - (point < 0 ? 0 : 1);
        if (digits is 0 or 16) return TryOtherReal(s, out value);
        value = point < 0 || point == s.Length - 1 ? mantissa : mantissa / PowersOfTen[s.Length - 1 - point];
        if (first == 1) value = -value;
        return true;
    }

    private static bool TryOtherReal(ReadOnlySpan<byte> s, out double value)
    {
        value = 0;
        s = Trim(s);
        int p = 0;
        bool negative = false;
        if (!s.IsEmpty && s[0] is (byte)'-' or (byte)'+')
        {
            negative = s[0] == '-';
            p = 1;
        }

        long mantissa = 0;
        int digits = 0, scale = 0;
        bool exact = true, point = false;
        for (; p < s.Length; p++)
        {
            uint digit = (uint)(s[p] - '0');
            if (digit <= 9)
            {
                digits++;
                if (point) scale--;
                if (mantissa < 900_000_000_000_000) mantissa = mantissa * 10 + digit;
                else exact = false;
            }
            else if (s[p] == '.' && !point) point = true;
            else break;
        }
        if (digits == 0) return false;
        if (p < s.Length)
        {
            if ((s[p] | 0x20) != 'e' || !TryInteger(s[(p + 1)..], out long exponent) || Math.Abs(exponent) > 400 || s[p + 1] == ' ') return false;
            scale += (int)exponent;
        }

        if (exact && scale is >= -22 and <= 22)
        {
            double number = scale < 0 ? mantissa / PowersOfTen[-scale] : mantissa * PowersOfTen[scale];
            value = negative ? -number : number;
            return true;
        }
        return double.TryParse(s, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);
    }

    /// <summary>1 to 16 hexadecimal digits of either case; the sixteenth wraps into the sign.</summary>
    public static bool TryHex(ReadOnlySpan<byte> s, out long value)
    {
        value = 0;
        if (s.Length is 0 or > 16) return false;
        long number = 0;
        foreach (byte b in s)
        {
            int digit = HexValue(b);
            if (digit < 0) return false;
            number = number << 4 | (uint)digit;
        }
        value = number;
        return true;
    }

    /// <summary>Pairs of hexadecimal digits as bytes.</summary>
    /// <param name="s">An even number of digits of either case; none give no bytes.</param>
    /// <param name="destination">At least half as long.</param>
    /// <param name="length">Bytes written, 0 when the result is false.</param>
    public static bool TryHexBytes(ReadOnlySpan<byte> s, Span<byte> destination, out int length)
    {
        length = 0;
        if ((s.Length & 1) != 0 || destination.Length < s.Length / 2) return false;
        for (int i = 0; i < s.Length; i += 2)
        {
            int high = HexValue(s[i]), low = HexValue(s[i + 1]);
            if ((high | low) < 0) return false;
            destination[i >> 1] = (byte)(high << 4 | low);
        }
        length = s.Length / 2;
        return true;
    }

    /// <summary>Equality where ASCII letters of either case are equal.</summary>
    public static bool EqualsIgnoreCase(ReadOnlySpan<byte> s, ReadOnlySpan<byte> literal) => Ascii.EqualsIgnoreCase(s, literal);

    /// <summary>Whether <paramref name="literal"/> occurs in <paramref name="s"/>.</summary>
    public static bool Contains(ReadOnlySpan<byte> s, ReadOnlySpan<byte> literal) => s.IndexOf(literal) >= 0;

    /// <summary>One or more bytes, all of them decimal digits.</summary>
    public static bool IsDigits(ReadOnlySpan<byte> s) => !s.IsEmpty && s.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0;

    /// <summary>One or more bytes, all of them hexadecimal digits.</summary>
    public static bool IsHex(ReadOnlySpan<byte> s) => !s.IsEmpty && HexEnd(s, 0, s.Length) == s.Length;

    /// <summary>One or more bytes, all of them printable ASCII (space to <c>~</c>).</summary>
    public static bool IsPrintable(ReadOnlySpan<byte> s) => !s.IsEmpty && s.IndexOfAnyExceptInRange((byte)' ', (byte)'~') < 0;

    /// <summary>Without spaces, tabs, line ends and NULs around it.</summary>
    public static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> s)
    {
        int start = 0, end = s.Length;
        while (start < end && IsBlank(s[start])) start++;
        while (end > start && IsBlank(s[end - 1])) end--;
        return s[start..end];
    }

    /// <summary>The next field of a separated line.</summary>
    /// <param name="s">The frame.</param>
    /// <param name="p">Where the field starts; moved to the start of the next one, or to end + 1 after the last.</param>
    /// <param name="end">Where the line ends.</param>
    /// <param name="separator">The separator.</param>
    /// <param name="start">Where the field is; empty fields count.</param>
    /// <param name="length">Length of the field, without separator.</param>
    /// <returns>False when there is no further field. A line without separator, even an empty one, is one field.</returns>
    public static bool NextField(ReadOnlySpan<byte> s, ref int p, int end, byte separator, out int start, out int length)
    {
        start = p;
        length = 0;
        if ((uint)p > (uint)end || end > s.Length)
        {
            // A column that is not there is an empty text, wherever it is used.
            start = Math.Clamp(p, 0, s.Length);
            return false;
        }
        int at = s[p..end].IndexOf(separator);
        length = at >= 0 ? at : end - p;
        p += length + 1;
        return true;
    }

    /// <summary>The value of a hexadecimal digit of either case, or -1.</summary>
    public static int HexValue(byte b)
    {
        int digit = b - '0';
        if ((uint)digit <= 9) return digit;
        digit = (b | 0x20) - 'a';
        return (uint)digit <= 5 ? digit + 10 : -1;
    }

    private static bool IsBlank(byte b) => b is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n' or 0;
}
