namespace Gateway.Codecs.Reading;

/// <summary>Times as µs since 1970-01-01 UTC, from and to civil components. The calendar is the Gregorian one; no time zones.</summary>
public static partial class Clock
{
    /// <summary>µs of a second.</summary>
    public const long SecondUs = 1_000_000;
    /// <summary>µs of a minute.</summary>
    public const long MinuteUs = 60 * SecondUs;
    /// <summary>µs of an hour.</summary>
    public const long HourUs = 60 * MinuteUs;
    /// <summary>µs of a day.</summary>
    public const long DayUs = 24 * HourUs;

    /// <summary>1980-01-06, the epoch of GPS time.</summary>
    public const long EpochGpsUs = 315_964_800 * SecondUs;
    /// <summary>2000-01-01.</summary>
    public const long Epoch2000Us = 946_684_800 * SecondUs;
    /// <summary>2002-01-01.</summary>
    public const long Epoch2002Us = 1_009_843_200 * SecondUs;
    /// <summary>2007-01-01.</summary>
    public const long Epoch2007Us = 1_167_609_600 * SecondUs;
    /// <summary>2008-01-01.</summary>
    public const long Epoch2008Us = 1_199_145_600 * SecondUs;
    /// <summary>2009-01-01.</summary>
    public const long Epoch2009Us = 1_230_768_000 * SecondUs;
    /// <summary>2010-01-01.</summary>
    public const long Epoch2010Us = 1_262_304_000 * SecondUs;
    /// <summary>2013-01-01.</summary>
    public const long Epoch2013Us = 1_356_998_400 * SecondUs;

    /// <summary>The time of civil components, which are taken as they come: a month of 1 to 12, and any day, hour, minute, second and µs, which carry over.</summary>
    public static long FromCivil(int year, int month, int day, int hour, int minute, int second, int microsecond) =>
        DaysFromCivil(year, month, day) * DayUs + hour * HourUs + minute * MinuteUs + second * SecondUs + microsecond;

    /// <summary>The time of civil components, if there is such a time: month 1 to 12, a day of that month, hour below 24, minute below 60, second up to 60.</summary>
    /// <param name="year">1 to 9999; two-digit years have had 2000 added already.</param>
    /// <param name="month">1 to 12.</param>
    /// <param name="day">1 to the month's last day.</param>
    /// <param name="hour">0 to 23.</param>
    /// <param name="minute">0 to 59.</param>
    /// <param name="second">0 to 60: a leap second is the first second of the next minute.</param>
    /// <param name="microsecond">0 to 999 999.</param>
    /// <param name="timeUs">µs since 1970, 0 when the result is false.</param>
    public static bool TryCivil(int year, int month, int day, int hour, int minute, int second, int microsecond, out long timeUs)
    {
        timeUs = 0;
        if ((uint)(year - 1) > 9998 || (uint)(month - 1) > 11 || day < 1 || (uint)hour > 23 || (uint)minute > 59 || (uint)second > 60
            || (uint)microsecond > 999_999) return false;
        if (day > 28 && day > DaysInMonth(year, month)) return false;
        timeUs = FromCivil(year, month, day, hour, minute, second, microsecond);
        return true;
    }

    /// <summary>As the other overload, to whole seconds.</summary>
    public static bool TryCivil(int year, int month, int day, int hour, int minute, int second, out long timeUs) =>
        TryCivil(year, month, day, hour, minute, second, 0, out timeUs);

    /// <summary>As <see cref="TryParse"/>, for patterns of two-digit parts, a year of two or four digits and other bytes: every part is at a place that is known beforehand.</summary>
    /// <param name="text">The text.</param>
    /// <param name="pattern">The pattern.</param>
    /// <param name="places">Where the parts are: a byte each for year, month, day, hour, minute and second (255: not there); bit 48: the year has four digits; bit 49: some bytes stand for themselves.</param>
    /// <param name="timeUs">µs since 1970.</param>
    public static bool TryFixed(ReadOnlySpan<byte> text, ReadOnlySpan<byte> pattern, ulong places, out long timeUs)
    {
        if (text.Length != pattern.Length) return TryParse(text, pattern, out timeUs);
        uint wrong = 0;
        int year = Part(text, (int)places & 0xFF, 1970, ref wrong);
        int month = Part(text, (int)(places >> 8) & 0xFF, 1, ref wrong);
        int day = Part(text, (int)(places >> 16) & 0xFF, 1, ref wrong);
        int hour = Part(text, (int)(places >> 24) & 0xFF, 0, ref wrong);
        int minute = Part(text, (int)(places >> 32) & 0xFF, 0, ref wrong);
        int second = Part(text, (int)(places >> 40) & 0xFF, 0, ref wrong);
        if ((places & YearOfFour) != 0) year = year * 100 + Part(text, ((int)places & 0xFF) + 2, 0, ref wrong);
        else if ((int)(places & 0xFF) != NoPlace) year += 2000;
        if ((places & HasOthers) != 0)
        {
            for (int i = 0; i < pattern.Length; i++)
                if ((uint)((pattern[i] | 0x20) - 'a') > 25 && text[i] != pattern[i]) wrong = 10;
        }
        timeUs = 0;
        return wrong <= 9 && TryCivil(year, month, day, hour, minute, second, 0, out timeUs);
    }

    private const int NoPlace = 0xFF;
    private const ulong YearOfFour = 1UL << 48;
    private const ulong HasOthers = 1UL << 49;

    private static int Part(ReadOnlySpan<byte> text, int place, int absent, ref uint wrong)
    {
        if (place == NoPlace) return absent;
        uint high = (uint)(text[place] - '0'), low = (uint)(text[place + 1] - '0');
        wrong |= high > 9 || low > 9 ? 16u : 0;
        return (int)(high * 10 + low);
    }

    /// <summary>The civil components of a time, for replies and texts.</summary>
    public static CivilTime ToCivil(long timeUs)
    {
        long days = Math.DivRem(timeUs, DayUs, out long us);
        if (us < 0)
        {
            us += DayUs;
            days--;
        }

        // Howard Hinnant's civil_from_days: years begin in March, so that the leap day is the last one.
        days += 719_468;
        long era = (days >= 0 ? days : days - 146_096) / 146_097;
        int dayOfEra = (int)(days - era * 146_097);
        int yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
        int dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
        int shifted = (5 * dayOfYear + 2) / 153;
        int month = shifted < 10 ? shifted + 3 : shifted - 9;
        int year = (int)(yearOfEra + era * 400) + (month <= 2 ? 1 : 0);
        return new CivilTime(year, month, dayOfYear - (153 * shifted + 2) / 5 + 1,
            (int)(us / HourUs), (int)(us / MinuteUs % 60), (int)(us / SecondUs % 60), (int)(us % SecondUs));
    }

    /// <summary>Days from 1970-01-01 to a civil date.</summary>
    public static long DaysFromCivil(int year, int month, int day)
    {
        // Howard Hinnant's days_from_civil, the inverse of the above.
        int y = month <= 2 ? year - 1 : year;
        int era = (y >= 0 ? y : y - 399) / 400;
        int yearOfEra = y - era * 400;
        int dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
        int dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
        return era * 146_097L + dayOfEra - 719_468;
    }

    /// <summary>Days of a month, 28 to 31.</summary>
    public static int DaysInMonth(int year, int month) =>
        month == 2 ? year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28 : 30 + (month + (month >> 3) & 1);

    private static int FractionUs(int value, int digits)
    {
        for (; digits < 6; digits++) value *= 10;
        for (; digits > 6; digits--) value /= 10;
        return value;
    }
}

/// <summary>A time in components, UTC.</summary>
/// <param name="Year">Year of the era.</param>
/// <param name="Month">1 to 12.</param>
/// <param name="Day">1 to 31.</param>
/// <param name="Hour">0 to 23.</param>
/// <param name="Minute">0 to 59.</param>
/// <param name="Second">0 to 59.</param>
/// <param name="Microsecond">0 to 999 999.</param>
public readonly record struct CivilTime(int Year, int Month, int Day, int Hour, int Minute, int Second, int Microsecond);
