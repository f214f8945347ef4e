using System.Buffers;
using System.Buffers.Text;
using System.Globalization;

namespace Gateway.Codecs;

/// <summary>Writes JSON values as UTF-8 into a span that is large enough.</summary>
internal static class JsonText
{
    /// <summary>Most bytes of a number or a time.</summary>
    public const int NumberBytesMax = 32;

    private const double FractionScale = 1e7;
    private static readonly SearchValues<byte> Escaped = SearchValues.Create(
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, (byte)'"', (byte)'\\']);

    /// <summary>An integer.</summary>
    public static int WriteInteger(Span<byte> output, long value)
    {
        if ((ulong)value < 10)
        {
            output[0] = (byte)('0' + value);
            return 1;
        }
        Utf8Formatter.TryFormat(value, output, out int length);
        return length;
    }

    /// <summary>An unsigned integer.</summary>
    public static int WriteUnsigned(Span<byte> output, ulong value)
    {
        Utf8Formatter.TryFormat(value, output, out int length);
        return length;
    }

    /// <summary>The shortest decimal that reads back as the same double; <c>null</c> for what is no number.</summary>
    public static int WriteReal(Span<byte> output, double value)
    {
        double absolute = Math.Abs(value);
        if (absolute < 1e8)
        {
            // Most values are a small decimal: k / 10^7 with at most 15 digits. Two decimals of 15 digits never round to the same double,
            // so when the quotient gives the value back, the digits of k are the shortest ones. Values near zero have too few of them left.
            long scaled = (long)Math.Round(absolute * FractionScale);
            if (scaled / FractionScale == absolute && (absolute >= 1e-3 || scaled == 0)) return WriteDecimal(output, value < 0, scaled);
        }
        if (!double.IsFinite(value)) return Copy("null"u8, output);
        value.TryFormat(output, out int length, "R", CultureInfo.InvariantCulture);
        return length;
    }

    /// <summary>A time as seconds with up to six decimals.</summary>
    public static int WriteTime(Span<byte> output, long timeUs)
    {
        int length = 0;
        ulong absolute = (ulong)timeUs;
        if (timeUs < 0)
        {
            output[length++] = (byte)'-';
            absolute = 0 - absolute;
        }
        (ulong seconds, ulong us) = Math.DivRem(absolute, 1_000_000);
        length += WriteUnsigned(output[length..], seconds);
        return length + WriteFraction(output[length..], (uint)us, 6);
    }

    /// <summary>A text in quotes, escaped. UTF-8 is copied as it is.</summary>
    /// <param name="output">Six times as long as the text and 2 more.</param>
    /// <param name="text">Valid UTF-8.</param>
    public static int WriteText(Span<byte> output, ReadOnlySpan<byte> text)
    {
        output[0] = (byte)'"';
        int length = 1;
        while (true)
        {
            int at = text.IndexOfAny(Escaped);
            int plain = at < 0 ? text.Length : at;
            text[..plain].CopyTo(output[length..]);
            length += plain;
            if (at < 0) break;
            length += WriteEscape(output[length..], text[at]);
            text = text[(at + 1)..];
        }
        output[length++] = (byte)'"';
        return length;
    }

    /// <summary>Copies bytes.</summary>
    public static int Copy(ReadOnlySpan<byte> bytes, Span<byte> output)
    {
        bytes.CopyTo(output);
        return bytes.Length;
    }

    private static int WriteDecimal(Span<byte> output, bool negative, long scaled)
    {
        int length = 0;
        if (negative) output[length++] = (byte)'-';
        (ulong whole, ulong fraction) = Math.DivRem((ulong)scaled, (ulong)FractionScale);
        length += WriteInteger(output[length..], (long)whole);
        return length + WriteFraction(output[length..], (uint)fraction, 7);
    }

    private static int WriteFraction(Span<byte> output, uint fraction, int digits)
    {
        if (fraction == 0) return 0;
        while (true)
        {
            (uint shorter, uint last) = Math.DivRem(fraction, 10);
            if (last != 0) break;
            fraction = shorter;
            digits--;
        }
        output[0] = (byte)'.';
        for (int i = digits; i > 0; i--)
        {
            (fraction, uint digit) = Math.DivRem(fraction, 10);
            output[i] = (byte)('0' + digit);
        }
        return digits + 1;
    }

    private static int WriteEscape(Span<byte> output, byte b)
    {
        output[0] = (byte)'\\';
        byte letter = b switch { (byte)'"' => (byte)'"', (byte)'\\' => (byte)'\\', 8 => (byte)'b', 9 => (byte)'t', 10 => (byte)'n', 12 => (byte)'f', 13 => (byte)'r', _ => 0 };
        if (letter != 0)
        {
            output[1] = letter;
            return 2;
        }
        "u00"u8.CopyTo(output[1..]);
        output[4] = (byte)('0' + (b >> 4));
        output[5] = "0123456789abcdef"u8[b & 15];
        return 6;
    }
}
