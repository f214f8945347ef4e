using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Gateway.Host.Simulation;

/// <summary>A way to write numbers that was found by trying: a code, and what the decoder makes of its numbers.</summary>
/// <param name="Code">How the bytes hold a number.</param>
/// <param name="Factor">value = number × Factor + Offset.</param>
/// <param name="Offset">See <paramref name="Factor"/>.</param>
internal sealed record NumberForm(NumberCode Code, double Factor, double Offset)
{
    /// <summary>Writes a value, in as many bytes as there are.</summary>
    public bool TryWrite(Span<byte> bytes, double value) => NumberCodes.TryWrite(bytes, Code, (value - Offset) / Factor);
}

/// <summary>How bytes can hold a number.</summary>
internal enum NumberCode : byte
{
    /// <summary>Digits of text as one whole number; points, signs and letters between them stay.</summary>
    Digits,
    /// <summary>Digits of text: degrees, two digits of minutes, fractions of minutes.</summary>
    DigitsOfMinutes,
    /// <summary>Half bytes as one whole number.</summary>
    Bcd,
    /// <summary>Half bytes: degrees, minutes, fractions; two digits of degrees.</summary>
    BcdOfMinutes2,
    /// <summary>The same with three digits of degrees.</summary>
    BcdOfMinutes3,
    /// <summary>Hexadecimal digits of text.</summary>
    HexText,
    /// <summary>Big-endian integer.</summary>
    IntegerBE,
    /// <summary>Little-endian integer.</summary>
    IntegerLE,
    /// <summary>IEEE real, big-endian, 4 or 8 bytes.</summary>
    RealBE,
    /// <summary>IEEE real, little-endian.</summary>
    RealLE,
}

/// <summary>Reads and writes numbers in each <see cref="NumberCode"/>.</summary>
internal static class NumberCodes
{
    private const int DigitsMax = 15;

    private static readonly SearchValues<byte> HexDigits = SearchValues.Create("0123456789abcdefABCDEF"u8);

    /// <summary>All codes, the most telling first.</summary>
    public static IReadOnlyList<NumberCode> All { get; } = Enum.GetValues<NumberCode>();

    /// <summary>Reads a number; false when the bytes can't be of this code.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, NumberCode code, out double number)
    {
        number = 0;
        switch (code)
        {
            case NumberCode.Digits or NumberCode.DigitsOfMinutes:
                string digits = DigitsIn(bytes);
                if (digits.Length is 0 or > DigitsMax) return false;
                number = code is NumberCode.Digits ? double.Parse(digits, CultureInfo.InvariantCulture) : DegreesOf(digits, DegreeDigits(bytes, digits.Length));
                return true;
            case NumberCode.Bcd or NumberCode.BcdOfMinutes2 or NumberCode.BcdOfMinutes3:
                string halves = Convert.ToHexString(bytes);
                if (halves.Length is 0 or > DigitsMax || !halves.All(char.IsAsciiDigit)) return false;
                if (code is not NumberCode.Bcd && halves.Length < 6) return false;
                number = code is NumberCode.Bcd ? double.Parse(halves, CultureInfo.InvariantCulture) : DegreesOf(halves, code is NumberCode.BcdOfMinutes2 ? 2 : 3);
                return true;
            case NumberCode.HexText:
                return bytes.Length is > 0 and <= 13 && bytes.IndexOfAnyExcept(HexDigits) < 0
                    && (number = long.Parse(Encoding.ASCII.GetString(bytes), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)) >= 0;
            case NumberCode.IntegerBE or NumberCode.IntegerLE:
                if (bytes.Length is 0 or > 6) return false;
                for (int i = 0; i < bytes.Length; i++) number = number * 256 + bytes[code is NumberCode.IntegerBE ? i : bytes.Length - 1 - i];
                return true;
            default:
                if (bytes.Length is not (4 or 8)) return false;
                number = (bytes.Length, code) switch
                {
                    (4, NumberCode.RealBE) => BinaryPrimitives.ReadSingleBigEndian(bytes),
                    (4, _) => BinaryPrimitives.ReadSingleLittleEndian(bytes),
                    (_, NumberCode.RealBE) => BinaryPrimitives.ReadDoubleBigEndian(bytes),
                    _ => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
                };
                return double.IsFinite(number) && Math.Abs(number) is 0 or (> 1e-6 and < 1e9);
        }
    }

    /// <summary>Writes a number in as many bytes as there are; false when it does not fit.</summary>
    public static bool TryWrite(Span<byte> bytes, NumberCode code, double number)
    {
        if (!double.IsFinite(number)) return false;
        switch (code)
        {
            case NumberCode.Digits or NumberCode.DigitsOfMinutes:
                int count = DigitsIn(bytes).Length;
                return DigitsOf(number, count, code is NumberCode.Digits ? 0 : DegreeDigits(bytes, count)) is { } digits && PutDigits(bytes, digits);
            case NumberCode.Bcd or NumberCode.BcdOfMinutes2 or NumberCode.BcdOfMinutes3:
                int degrees = code switch { NumberCode.Bcd => 0, NumberCode.BcdOfMinutes2 => 2, _ => 3 };
                if (DigitsOf(number, bytes.Length * 2, degrees) is not { } halves) return false;
                Convert.FromHexString(halves).CopyTo(bytes);
                return true;
            case NumberCode.HexText:
                bool isUpper = bytes.IndexOfAnyInRange((byte)'a', (byte)'f') < 0;
                string hex = ((long)Math.Round(number)).ToString(isUpper ? "X" : "x", CultureInfo.InvariantCulture).PadLeft(bytes.Length, '0');
                return number >= 0 && hex.Length == bytes.Length && Encoding.ASCII.GetBytes(hex, bytes) > 0;
            case NumberCode.IntegerBE or NumberCode.IntegerLE:
                // Two's complement for what is below zero: the decoder says whether it was meant so.
                double modulus = Math.Pow(256, bytes.Length);
                double whole = Math.Round(number);
                if (whole < 0) whole += modulus;
                if (whole < 0 || whole >= modulus) return false;
                long rest = (long)whole;
                for (int i = 0; i < bytes.Length; i++, rest >>= 8) bytes[code is NumberCode.IntegerLE ? i : bytes.Length - 1 - i] = (byte)rest;
                return true;
            default:
                if (bytes.Length == 4 && code is NumberCode.RealBE) BinaryPrimitives.WriteSingleBigEndian(bytes, (float)number);
                else if (bytes.Length == 4) BinaryPrimitives.WriteSingleLittleEndian(bytes, (float)number);
                else if (code is NumberCode.RealBE) BinaryPrimitives.WriteDoubleBigEndian(bytes, number);
                else BinaryPrimitives.WriteDoubleLittleEndian(bytes, number);
                return true;
        }
    }

    private static string DigitsIn(ReadOnlySpan<byte> bytes)
    {
        StringBuilder digits = new();
        foreach (byte b in bytes)
            if (char.IsAsciiDigit((char)b)) digits.Append((char)b);
        return digits.ToString();
    }

    private static bool PutDigits(Span<byte> bytes, string digits)
    {
        for (int i = 0, next = 0; i < bytes.Length; i++)
            if (char.IsAsciiDigit((char)bytes[i])) bytes[i] = (byte)digits[next++];
        return true;
    }

    /// <summary>Digits of whole degrees: those before the two of the minutes, which end at the point; without a point the length tells latitude from longitude.</summary>
    private static int DegreeDigits(ReadOnlySpan<byte> bytes, int count)
    {
        int point = bytes.IndexOf((byte)'.');
        if (point < 0) return count % 2 == 0 ? 2 : 3;
        int before = 0;
        for (int i = 0; i < point; i++)
            if (char.IsAsciiDigit((char)bytes[i])) before++;
        return Math.Max(0, before - 2);
    }

    private static double DegreesOf(string digits, int degreeDigits)
    {
        if (digits.Length < degreeDigits + 2) return 0;
        double whole = degreeDigits == 0 ? 0 : double.Parse(digits[..degreeDigits], CultureInfo.InvariantCulture);
        double minutes = double.Parse(digits[degreeDigits..], CultureInfo.InvariantCulture) / Math.Pow(10, digits.Length - degreeDigits - 2);
        return whole + minutes / 60;
    }

    private static string? DigitsOf(double number, int count, int degreeDigits)
    {
        if (number < 0 || count is 0 or > DigitsMax || (degreeDigits > 0 && count < degreeDigits + 2)) return null;
        double raw = number;
        if (degreeDigits > 0)
        {
            // Rounded in the smallest unit first: minutes never become 60.
            double unitsPerMinute = Math.Pow(10, count - degreeDigits - 2);
            double units = Math.Round(number * 60 * unitsPerMinute);
            double whole = Math.Floor(units / (60 * unitsPerMinute));
            raw = whole * 100 * unitsPerMinute + (units - whole * 60 * unitsPerMinute);
        }
        string digits = Math.Round(raw).ToString("F0", CultureInfo.InvariantCulture).PadLeft(count, '0');
        return digits.Length == count ? digits : null;
    }
}
