using System.Globalization;

namespace Gateway.Host.Expressions;

// Functions of times: seconds since 1970, shown in the zone of the expression.
internal ref partial struct Machine
{
    private const double SecondsMin = -62_135_510_400;      // a day behind the first that can be shown, so that any zone fits
    private const double SecondsMax = 253_402_214_400;      // a day before the last

    private readonly Value OfTime(FunctionId function, double seconds)
    {
        if (seconds is not (>= SecondsMin and <= SecondsMax)) return Value.Null;
        var utc = DateTimeOffset.FromUnixTimeSeconds((long)Math.Floor(seconds));
        DateTime time = (utc + _expression.Zone.GetUtcOffset(utc)).DateTime;
        return function switch
        {
            FunctionId.Year => Value.Of((double)time.Year),
            FunctionId.Month => Value.Of((double)time.Month),
            FunctionId.Day => Value.Of((double)time.Day),
            FunctionId.WeekDay => Value.Of(time.DayOfWeek is DayOfWeek.Sunday ? 7.0 : (double)(int)time.DayOfWeek),
            FunctionId.Hour => Value.Of((double)time.Hour),
            FunctionId.Minute => Value.Of((double)time.Minute),
            FunctionId.Second => Value.Of((double)time.Second),
            _ => WriteTime(time),
        };
    }

    private readonly Value WriteTime(DateTime time)
    {
        const string format = "yyyy-MM-dd HH:mm:ss";
        time.TryFormat(_scratch.Room(NumberBytesMax), out int length, format, CultureInfo.InvariantCulture);
        return _scratch.Keep(length);
    }
}
