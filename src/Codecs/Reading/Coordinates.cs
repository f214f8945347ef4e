namespace Gateway.Codecs.Reading;

/// <summary>Coordinates in the forms that trackers send, as degrees. Ranges are checked by the sink.</summary>
public static class Coordinates
{
    /// <summary>A number <c>ddmm.m</c> as degrees; the sign stays.</summary>
    public static double DegreesMinutes(double ddmmDotM)
    {
        double degrees = Math.Truncate(ddmmDotM / 100);
        return degrees + (ddmmDotM - degrees * 100) / 60;
    }

    /// <summary>A text <c>ddmm.mmmm</c> with an optional sign: degrees are all digits but the two before the point (or before the end).</summary>
    /// <param name="text">The text, spaces around it tolerated.</param>
    /// <param name="degrees">Degrees, 0 when the result is false.</param>
    /// <returns>False when it is not such a text, or has more than 60 minutes.</returns>
    public static bool TryDegreesMinutes(ReadOnlySpan<byte> text, out double degrees)
    {
        // Nearly always: up to five digits, a point and up to eleven digits, nothing around them.
        if (text.Length is < 3 or > 17) return TryOtherDegreesMinutes(text, out degrees);
        degrees = 0;
        long number = 0, whole = 0;
        int point = -1;
        for (int i = 0; i < text.Length; i++)
        {
            uint digit = (uint)(text[i] - '0');
            if (digit <= 9)
            {
                number = number * 10 + digit;
                continue;
            }
            if (text[i] != '.' || point >= 0) return TryOtherDegreesMinutes(text, out degrees);
            point = i;
            whole = number;
        }
        int decimals = text.Length - 1 - point;
        if (point is < 2 or > 5 || decimals > 11) return TryOtherDegreesMinutes(text, out degrees);
        long scale = Scales[decimals];
        long wholeDegrees = whole / 100;
        long minutes = number - wholeDegrees * 100 * scale;
        if (minutes > 60 * scale) return false;
        // One quotient of exact integers, so it is correctly rounded.
        degrees = (wholeDegrees * 60 * scale + minutes) / (60.0 * scale);
        return true;
    }

    private static ReadOnlySpan<long> Scales =>
        [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000, 100_000_000_000];

    private static bool TryOtherDegreesMinutes(ReadOnlySpan<byte> text, out double degrees)
    {
        degrees = 0;
        text = Text.Trim(text);
        bool negative = TakeSign(ref text);
        int wholeEnd = Text.DigitsEnd(text, 0, text.Length);
        ReadOnlySpan<byte> fraction = default;
        if (wholeEnd < text.Length)
        {
            if (text[wholeEnd] != '.') return false;
            fraction = text[(wholeEnd + 1)..];
            if (!fraction.IsEmpty && !Text.IsDigits(fraction)) return false;
        }
        return wholeEnd is >= 2 and <= 7 && TryCombine(text[..wholeEnd], fraction, negative, out degrees);
    }

    /// <summary>Digits without a point, <c>ddmmmmmm</c>, with an optional sign: the last <paramref name="minuteFractionDigits"/> are the fraction of the minutes,
    /// the two before them the minutes, all others the degrees.</summary>
    /// <param name="text">The text, spaces around it tolerated.</param>
    /// <param name="minuteFractionDigits">0 or more.</param>
    /// <param name="degrees">Degrees, 0 when the result is false.</param>
    public static bool TryDegreesMinutesDigits(ReadOnlySpan<byte> text, int minuteFractionDigits, out double degrees)
    {
        degrees = 0;
        text = Text.Trim(text);
        bool negative = TakeSign(ref text);
        int wholeEnd = text.Length - minuteFractionDigits;
        if (minuteFractionDigits < 0 || wholeEnd is < 2 or > 7 || !Text.IsDigits(text)) return false;
        return TryCombine(text[..wholeEnd], text[wholeEnd..], negative, out degrees);
    }

    /// <summary>Radians as degrees.</summary>
    public static double Radians(double radians) => radians * (180 / Math.PI);

    private static bool TakeSign(ref ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty || text[0] is not ((byte)'-' or (byte)'+')) return false;
        bool negative = text[0] == '-';
        text = text[1..];
        return negative;
    }

    private static bool TryCombine(ReadOnlySpan<byte> whole, ReadOnlySpan<byte> fraction, bool negative, out double degrees)
    {
        degrees = 0;
        int ddmm = 0;
        foreach (byte digit in whole) ddmm = ddmm * 10 + (digit - '0');
        if (ddmm >= 100_000) return false;
        int wholeMinutes = ddmm / 100 * 60 + ddmm % 100;

        // One quotient of exact integers, so it is correctly rounded: 11 digits below the minute fit 53 bits, and are 20 nanometres on the ground.
        long scaled = wholeMinutes, scale = 1;
        foreach (byte digit in fraction[..Math.Min(fraction.Length, 11)])
        {
            scaled = scaled * 10 + (digit - '0');
            scale *= 10;
        }
        if (scaled - ddmm / 100 * 60L * scale > 60 * scale) return false;
        double value = scaled / (60.0 * scale);
        degrees = negative ? -value : value;
        return true;
    }
}

/// <summary>The letter that goes with a coordinate.</summary>
public static class Hemisphere
{
    /// <summary>Whether the letter makes the coordinate negative: <c>S</c>, <c>W</c> (either case) or <c>-</c>.</summary>
    public static bool IsNegative(byte letter) => letter is (byte)'S' or (byte)'W' or (byte)'s' or (byte)'w' or (byte)'-';

    /// <summary>Whether it is one of <c>N S E W</c>, either case.</summary>
    public static bool IsLetter(byte letter) => (letter | 0x20) is 'n' or 's' or 'e' or 'w';

    /// <summary>Takes the letter off a number that has it in front or behind; of two, the one behind counts.</summary>
    /// <param name="s">The frame.</param>
    /// <param name="start">Where the text is; moved behind a letter.</param>
    /// <param name="length">Its length; shortened by the letters.</param>
    /// <returns>The letter, 0 when there is none.</returns>
    public static int TakeJoined(ReadOnlySpan<byte> s, ref int start, ref int length)
    {
        int letter = 0;
        if (length > 0 && IsLetter(s[start]))
        {
            letter = s[start++];
            length--;
        }
        if (length > 0 && IsLetter(s[start + length - 1])) letter = s[start + --length];
        return letter;
    }

    /// <summary>-|value| for <c>S</c>, <c>W</c> or <c>-</c>, the value itself for anything else.</summary>
    public static double Apply(double degrees, byte letter) => IsNegative(letter) ? -Math.Abs(degrees) : degrees;

    /// <summary>As the other overload; the last byte of the text counts, and an empty one changes nothing.</summary>
    public static double Apply(double degrees, ReadOnlySpan<byte> letter) => letter.IsEmpty ? degrees : Apply(degrees, letter[^1]);
}
