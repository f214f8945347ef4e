using System.Globalization;
using Gateway.Codecs;

namespace Gateway.Host.Simulation;

/// <summary>Writes a time, or the date or time of day that a field is a part of, into the bytes of a frame as its field declares it.</summary>
internal static class TimeOnWire
{
    private const long UsPerSecond = 1_000_000;
    private const string PatternLetters = "yMdHmsf";

    /// <summary>Whether the field is a time.</summary>
    public static bool IsTime(FieldInfo field) => field.Type.StartsWith("time ", StringComparison.Ordinal);

    /// <summary>Writes a time.</summary>
    /// <param name="bytes">The bytes of the field; their number stays.</param>
    /// <param name="field">The field: <c>time unix u32</c>, <c>time ymdhms bcd</c>, <c>time ddMMyy</c>, ...</param>
    /// <param name="timeUs">µs since 1970 in the zone of the device's clock.</param>
    /// <returns>False when the field has a form that is not known here; nothing was written.</returns>
    public static bool TryWrite(Span<byte> bytes, FieldInfo field, long timeUs)
    {
        string form = field.Type["time ".Length..].Trim();
        string[] words = form.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0) return false;
        bool littleEndian = !field.BigEndian;
        switch (words[0])
        {
            case "unix":
                return TryWriteInteger(bytes, timeUs / UsPerSecond, littleEndian);
            case "unix.ms":
                return TryWriteInteger(bytes, timeUs / 1000, littleEndian);
            case "epoch" when long.TryParse(words[^1], NumberStyles.None, CultureInfo.InvariantCulture, out long epochUs):
                return TryWriteInteger(bytes, (timeUs - epochUs) / UsPerSecond, littleEndian);
            case "ymdhms" or "dmyhms" or "hmsdmy" or "hmsymd" or "ymd" or "hms":
                return TryWriteParts(bytes, words[0], words.Length > 1 && words[1] == "bcd", littleEndian, timeUs);
            default:
                return TryWritePattern(bytes, form.Trim('"'), timeUs);
        }
    }

    private static bool TryWriteInteger(Span<byte> bytes, long value, bool littleEndian)
    {
        if (bytes.Length is 0 or > 8 || value < 0) return false;
        for (int i = 0; i < bytes.Length; i++, value >>= 8) bytes[littleEndian ? i : bytes.Length - 1 - i] = (byte)value;
        return value == 0;
    }

    /// <summary>Six bytes in the order that the letters say, plain or as two digits each; years count from 2000.</summary>
    private static bool TryWriteParts(Span<byte> bytes, string order, bool isBcd, bool littleEndian, long timeUs)
    {
        // A year of two bytes stands where the form has the letter.
        bool hasWideYear = bytes.Length == order.Length + 1 && order.Contains('y', StringComparison.Ordinal);
        if (bytes.Length != order.Length && !hasWideYear) return false;
        DateTime time = DateTime.UnixEpoch.AddMicroseconds(timeUs);
        // The letter m means the month beside y and d, the minute beside h and s.
        int month = order.IndexOf("ymd", StringComparison.Ordinal) is >= 0 and var ymd ? ymd + 1 : order.IndexOf("dmy", StringComparison.Ordinal) is >= 0 and var dmy ? dmy + 1 : -1;
        for (int i = 0, at = 0; i < order.Length; i++)
        {
            if (hasWideYear && order[i] == 'y')
            {
                bytes[at++] = (byte)(littleEndian ? time.Year : time.Year >> 8);
                bytes[at++] = (byte)(littleEndian ? time.Year >> 8 : time.Year);
                continue;
            }
            int part = order[i] switch
            {
                'y' => time.Year % 100,
                'm' => i == month ? time.Month : time.Minute,
                'd' => time.Day,
                'h' => time.Hour,
                _ => time.Second,
            };
            bytes[at++] = (byte)(isBcd ? part / 10 << 4 | part % 10 : part);
        }
        return true;
    }

    /// <summary>Digits where the pattern has letters; the other characters stay as they are in the frame.</summary>
    private static bool TryWritePattern(Span<byte> bytes, string pattern, long timeUs)
    {
        // A fraction that the pattern does not show stays as it is, and so does a pattern that is longer than the text.
        if (pattern.Length > bytes.Length || (pattern.Length < bytes.Length && bytes[pattern.Length] != (byte)'.') || !pattern.Any(c => PatternLetters.Contains(c, StringComparison.Ordinal))) return false;
        DateTime time = DateTime.UnixEpoch.AddMicroseconds(timeUs);
        for (int start = 0; start < pattern.Length;)
        {
            char letter = pattern[start];
            int end = start + 1;
            while (end < pattern.Length && pattern[end] == letter) end++;
            int width = end - start;
            long value = letter switch
            {
                'y' => time.Year,
                'M' => time.Month,
                'd' => time.Day,
                'H' => time.Hour,
                'm' => time.Minute,
                's' => time.Second,
                'f' => (long)(timeUs % UsPerSecond / Math.Pow(10, 6 - width)),
                _ => -1,
            };
            bool isPart = value >= 0;
            for (int i = end - 1; isPart && i >= start; i--, value /= 10) bytes[i] = (byte)('0' + value % 10);
            start = end;
        }
        return true;
    }
}
