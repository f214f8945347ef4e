using System.Buffers;
using System.Globalization;
using System.Text;
using Gateway.Codecs;
using Gateway.Codecs.Reading;

namespace Gateway.Host.Simulation;

/// <summary>Reads and writes one number in the bytes of a frame as its field declares it: width, byte order, sign, text or binary. The width never changes.</summary>
internal static class NumberOnWire
{
    private const int BytesMax = 8;

    private static readonly SearchValues<byte> NumberLetters = SearchValues.Create("0123456789.-+"u8);

    /// <summary>Whether the field can hold a number below zero by itself; elsewhere the sign lives in another place and stays as it is.</summary>
    public static bool IsSigned(FieldInfo field) => KindOf(field, default) is NumberKind.Signed;

    /// <summary>Reads the raw number, before scaling.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, FieldInfo field, out double raw)
    {
        raw = 0;
        switch (KindOf(field, bytes))
        {
            case NumberKind.Unsigned when bytes.Length <= BytesMax:
                raw = IsLittleEndian(field) ? Bin.UIntLE(bytes) : Bin.UIntBE(bytes);
                return true;
            case NumberKind.Signed when bytes.Length <= BytesMax:
                raw = IsLittleEndian(field) ? Bin.IntLE(bytes) : Bin.IntBE(bytes);
                return true;
            case NumberKind.Bcd when Bin.Bcd(bytes, bytes.Length * 2, out long digits):
                raw = digits;
                return true;
            case NumberKind.Text:
                return double.TryParse(Encoding.ASCII.GetString(bytes), NumberStyles.Float, CultureInfo.InvariantCulture, out raw);
            case NumberKind.DegreesMinutes when double.TryParse(Encoding.ASCII.GetString(bytes), NumberStyles.Float, CultureInfo.InvariantCulture, out double ddmm):
                raw = Coordinates.DegreesMinutes(ddmm);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Writes the raw number, rounded to what the field can hold and kept inside its range.</summary>
    /// <returns>False when the field has a form that is not known here; nothing was written.</returns>
    public static bool TryWrite(Span<byte> bytes, FieldInfo field, double raw)
    {
        switch (KindOf(field, bytes))
        {
            case NumberKind.Unsigned when bytes.Length <= BytesMax:
                WriteInteger(bytes, (long)Math.Round(Math.Clamp(raw, 0, UnsignedMax(bytes.Length))), IsLittleEndian(field));
                return true;
            case NumberKind.Signed when bytes.Length <= BytesMax:
                double limit = UnsignedMax(bytes.Length) / 2;
                WriteInteger(bytes, (long)Math.Round(Math.Clamp(raw, -limit, limit)), IsLittleEndian(field));
                return true;
            case NumberKind.Bcd:
                return TryWriteBcd(bytes, Math.Abs(raw));
            case NumberKind.Text:
                return TryWriteText(bytes, Math.Abs(raw));
            case NumberKind.DegreesMinutes:
                return TryWriteDegreesMinutes(bytes, Math.Abs(raw));
            default:
                return false;
        }
    }

    private static NumberKind KindOf(FieldInfo field, ReadOnlySpan<byte> bytes)
    {
        string[] words = field.Type.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words is ["lat" or "lon", ..]) words = words[1..];
        if (words.Length == 0) return NumberKind.Other;
        string type = words[0];
        bool isText = !bytes.IsEmpty && bytes.IndexOfAnyExcept(NumberLetters) < 0;
        if (field.Type.Contains("ddmm", StringComparison.Ordinal)) return isText ? NumberKind.DegreesMinutes : NumberKind.Other;
        if (type is "real" or "digits" or "degrees" or "text" or "ascii" || (type is "int" && words.Length == 1)) return isText ? NumberKind.Text : NumberKind.Other;
        if (type is "bcd") return NumberKind.Bcd;
        if (type.StartsWith("uint", StringComparison.Ordinal)) return NumberKind.Unsigned;
        if (type.StartsWith("int", StringComparison.Ordinal)) return NumberKind.Signed;
        if (type.Length < 2 || !char.IsAsciiDigit(type[1])) return NumberKind.Other;
        return type[0] switch { 'u' => NumberKind.Unsigned, 'i' => NumberKind.Signed, _ => NumberKind.Other };
    }

    private static bool IsLittleEndian(FieldInfo field) => !field.BigEndian;

    // Doubles can't hold all of 64 bits; what a simulator writes is far below.
    private static double UnsignedMax(int bytes) => bytes >= BytesMax ? long.MaxValue / 2 : Math.Pow(2, 8 * bytes) - 1;

    private static void WriteInteger(Span<byte> bytes, long value, bool littleEndian)
    {
        for (int i = 0; i < bytes.Length; i++, value >>= 8) bytes[littleEndian ? i : bytes.Length - 1 - i] = (byte)value;
    }

    private static bool TryWriteBcd(Span<byte> bytes, double value)
    {
        if (Math.Round(value) >= Math.Pow(100, bytes.Length)) return false;
        long rest = (long)Math.Round(value);
        for (int i = bytes.Length - 1; i >= 0; i--, rest /= 100) bytes[i] = (byte)(rest / 10 % 10 << 4 | rest % 10);
        return true;
    }

    /// <summary>Writes decimal digits with the decimal point where it was and zeros in front.</summary>
    private static bool TryWriteText(Span<byte> bytes, double value)
    {
        // A sign stays: the place is chosen so that it is right.
        if (bytes.Length > 1 && bytes[0] is (byte)'-' or (byte)'+') bytes = bytes[1..];
        int point = bytes.IndexOf((byte)'.');
        int decimals = point < 0 ? 0 : bytes.Length - point - 1;
        double scaled = Math.Round(value * Math.Pow(10, decimals));
        if (scaled >= Math.Pow(10, Math.Min(15, bytes.Length - (point < 0 ? 0 : 1)))) return false;
        long rest = (long)scaled;
        for (int i = bytes.Length - 1; i >= 0; i--)
        {
            if (i == point) continue;
            bytes[i] = (byte)('0' + rest % 10);
            rest /= 10;
        }
        return true;
    }

    /// <summary>Writes degrees as ddmm.mmmm with as many digits as there were.</summary>
    private static bool TryWriteDegreesMinutes(Span<byte> bytes, double degrees)
    {
        int point = bytes.IndexOf((byte)'.');
        double unitsPerMinute = Math.Pow(10, point < 0 ? 0 : bytes.Length - point - 1);
        // Rounded in the smallest unit first: minutes never become 60.
        long units = (long)Math.Round(degrees * 60 * unitsPerMinute);
        long whole = units / (long)(60 * unitsPerMinute);
        double minutes = (units - whole * 60 * unitsPerMinute) / unitsPerMinute;
        return TryWriteText(bytes, whole * 100 + minutes);
    }

    private enum NumberKind
    {
        Other,
        Unsigned,
        Signed,
        Bcd,
        Text,
        DegreesMinutes,
    }
}
