namespace Gateway.Host.Accounts;

/// <summary>A count that begins anew with each minute. Any number of threads.</summary>
internal sealed class MinuteCount
{
    private readonly Lock _gate = new();
    private long _minute;
    private long _count;

    /// <summary>Adds to the count of a minute.</summary>
    /// <returns>The count, what was added included.</returns>
    internal long Add(long minute, long added)
    {
        lock (_gate)
        {
            if (minute != _minute) (_minute, _count) = (minute, 0);
            return _count += added;
        }
    }

    /// <summary>The count of a minute so far.</summary>
    internal long At(long minute)
    {
        lock (_gate) return minute == _minute ? _count : 0;
    }
}
