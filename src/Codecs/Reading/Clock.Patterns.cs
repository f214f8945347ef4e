namespace Gateway.Codecs.Reading;

/// <summary>Times in text by a pattern, and times that lack their day or their year.</summary>
public static partial class Clock
{
    // A year that has every day, for dates that come without one.
    private const int YearOfAllDays = 1972;

    /// <summary>Reads a time by a pattern, in one pass.</summary>
    /// <param name="text">The text; it must match the pattern from its first to its last byte.</param>
    /// <param name="pattern"><c>yyyy</c> year, <c>yy</c> year since 2000, <c>MM dd HH mm ss</c> two digits each (a single letter: one or two),
    /// <c>MMM</c> the first three letters of an English month, <c>f…</c> that many digits of the fraction of a second, <c>z</c> a zone such as <c>Z</c>, <c>+05:30</c> or <c>-0800</c>.
    /// Any other byte stands for itself. Behind the seconds the text may have a point and a fraction that the pattern does not show.</param>
    /// <param name="timeUs">µs since 1970. What the pattern does not name counts as 1970-01-01 00:00:00, so a date and a time of day read apart can be added;
    /// a date without its year is one of 1972, which has all days.</param>
    public static bool TryParse(ReadOnlySpan<byte> text, ReadOnlySpan<byte> pattern, out long timeUs)
    {
        if (TryRead(text, pattern, out int length, out timeUs) && length == text.Length) return true;
        timeUs = 0;
        return false;
    }

    /// <summary>As <see cref="TryParse"/>, of a text that goes on behind the time.</summary>
    /// <param name="text">Starts with the time.</param>
    /// <param name="pattern">As for <see cref="TryParse"/>.</param>
    /// <param name="length">Length of the time; 0 when the result is false.</param>
    /// <param name="timeUs">The time; 0 when the result is false.</param>
    public static bool TryRead(ReadOnlySpan<byte> text, ReadOnlySpan<byte> pattern, out int length, out long timeUs)
    {
        timeUs = length = 0;
        int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, microsecond = 0, zoneMinutes = 0;
        int p = 0;
        for (int i = 0; i < pattern.Length;)
        {
            byte letter = pattern[i];
            int run = 1;
            while (i + run < pattern.Length && pattern[i + run] == letter) run++;
            if (letter is not ((byte)'y' or (byte)'M' or (byte)'d' or (byte)'H' or (byte)'m' or (byte)'s' or (byte)'f' or (byte)'z'))
            {
                if (p >= text.Length || text[p] != letter) return false;
                p++;
                i++;
                continue;
            }
            i += run;
            if (letter == 'z')
            {
                if (!TryZone(text, ref p, out zoneMinutes)) return false;
                continue;
            }
            if (letter == 'M' && run == 3)
            {
                month = MonthOf(text[p..]);
                if (month == 0) return false;
                p += 3;
                continue;
            }

            int value = Digits(text, ref p, run == 1 && letter != 'f' ? 2 : run, out int digits);
            if (digits < run) return false;
            switch (letter)
            {
                case (byte)'y': year = run <= 2 ? 2000 + value : value; break;
                case (byte)'M': month = value; break;
                case (byte)'d': day = value; break;
                case (byte)'H': hour = value; break;
                case (byte)'m': minute = value; break;
                case (byte)'s':
                    second = value;
                    // Senders of one protocol differ in whether they put a fraction behind the seconds.
                    if (!(i < pattern.Length && pattern[i] == '.') && p + 1 < text.Length && text[p] == '.' && (uint)(text[p + 1] - '0') <= 9)
                    {
                        p++;
                        value = Digits(text, ref p, int.MaxValue, out digits);
                        microsecond = FractionUs(value, Math.Min(digits, 9));
                    }
                    break;
                default: microsecond = FractionUs(value, Math.Min(digits, 9)); break;
            }
        }
        if (year == 0) year = month > 0 && !pattern.Contains((byte)'y') ? YearOfAllDays : pattern.Contains((byte)'y') ? 0 : 1970;
        if (month == 0 && !pattern.Contains((byte)'M')) month = 1;
        if (day == 0 && !pattern.Contains((byte)'d')) day = 1;
        if (!TryCivil(year, month, day, hour, minute, second, microsecond, out timeUs)) return false;
        timeUs -= zoneMinutes * MinuteUs;
        length = p;
        return true;
    }

    /// <summary>An ISO 8601 time: <c>2023-11-14</c>, <c>2023-11-14T22:13</c>, <c>2023-11-14 22:13:20.5+01:00</c>, ending in Z, an offset or nothing (UTC).</summary>
    public static bool TryIso(ReadOnlySpan<byte> text, out long timeUs)
    {
        if (TryReadIso(text, out int length, out timeUs) && length == text.Length) return true;
        timeUs = 0;
        return false;
    }

    /// <summary>As <see cref="TryIso"/>, of a text that goes on behind the time.</summary>
    public static bool TryReadIso(ReadOnlySpan<byte> text, out int length, out long timeUs)
    {
        if (!TryRead(text, "yyyy-MM-dd"u8, out length, out timeUs)) return false;
        ReadOnlySpan<byte> rest = text[length..];
        if (rest.Length < 2 || rest[0] is not ((byte)'T' or (byte)'t' or (byte)' ')) return true;
        if (!TryRead(rest[1..], "HH:mm:ss"u8, out int clock, out long timeOfDayUs) && !TryRead(rest[1..], "HH:mm"u8, out clock, out timeOfDayUs)) return true;
        timeUs += timeOfDayUs;
        length += 1 + clock;
        int p = length;
        if (!TryZone(text, ref p, out int minutes)) return true;
        timeUs -= minutes * MinuteUs;
        length = p;
        return true;
    }

    /// <summary>A time of day on the day that brings it nearest to the clock.</summary>
    /// <param name="timeOfDayUs">µs since midnight UTC; a zone may have taken it below 0 or above a day.</param>
    /// <param name="nowUs">The clock.</param>
    public static long NearestDay(long timeOfDayUs, long nowUs)
    {
        long time = nowUs - nowUs % DayUs + timeOfDayUs;
        while (time - nowUs > DayUs / 2) time -= DayUs;
        while (nowUs - time > DayUs / 2) time += DayUs;
        return time;
    }

    /// <summary>A date without its year (one of 1972) in the year that brings it nearest to the clock.</summary>
    public static long NearestYear(long timeUs, long nowUs)
    {
        CivilTime t = ToCivil(timeUs);
        int year = ToCivil(nowUs).Year;
        long best = timeUs;
        long distance = long.MaxValue;
        for (int y = year - 1; y <= year + 1; y++)
        {
            if (!TryCivil(y, t.Month, t.Day, t.Hour, t.Minute, t.Second, t.Microsecond, out long candidate) || Math.Abs(candidate - nowUs) >= distance) continue;
            best = candidate;
            distance = Math.Abs(candidate - nowUs);
        }
        return best;
    }

    // Nine digits at most are kept: digits of a fraction below the µs do not count.
    private static int Digits(ReadOnlySpan<byte> text, ref int p, int digitsMax, out int digits)
    {
        int value = 0;
        for (digits = 0; digits < digitsMax && p < text.Length && (uint)(text[p] - '0') <= 9; digits++, p++)
            if (digits < 9) value = value * 10 + (text[p] - '0');
        return value;
    }

    private static int MonthOf(ReadOnlySpan<byte> text)
    {
        if (text.Length < 3) return 0;
        int letters = (text[0] | 0x20) << 16 | (text[1] | 0x20) << 8 | (text[2] | 0x20);
        ReadOnlySpan<byte> names = "janfebmaraprmayjunjulaugsepoctnovdec"u8;
        for (int month = 1; month <= 12; month++)
            if ((names[month * 3 - 3] << 16 | names[month * 3 - 2] << 8 | names[month * 3 - 1]) == letters) return month;
        return 0;
    }

    private static bool TryZone(ReadOnlySpan<byte> text, ref int p, out int minutes)
    {
        minutes = 0;
        if (p >= text.Length) return false;
        byte sign = text[p++];
        if (sign is (byte)'Z' or (byte)'z') return true;
        if (sign is not ((byte)'+' or (byte)'-')) return false;
        int hours = Digits(text, ref p, 2, out int digits);
        if (digits == 0) return false;
        if (p < text.Length && text[p] == ':') p++;
        int rest = Digits(text, ref p, 2, out _);
        if (hours > 14 || rest > 59) return false;
        minutes = (hours * 60 + rest) * (sign == '-' ? -1 : 1);
        return true;
    }
}
