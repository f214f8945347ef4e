namespace Gateway.Storage;

/// <summary>The time by which messages grow old. It never runs ahead of the wall clock, and a wall clock that is set forward does not make messages old at once: age removes nothing younger.</summary>
/// <remarks>
/// It goes on from where it was by what a monotonic clock says and follows the wall clock's slow corrections. A wall clock that jumped forward is believed after
/// <see cref="BelieveAfter"/>, because it may be the one that is right now; one that jumped back is followed at once, since that only keeps messages for longer.
/// Not safe for several threads.
/// </remarks>
internal sealed class ExpiryClock(TimeProvider time)
{
    /// <summary>How long a wall clock must stay ahead until it is believed.</summary>
    public static readonly TimeSpan BelieveAfter = TimeSpan.FromHours(1);

    private const int DriftDivisor = 100;       // a wall clock that gains more than 1 % was set

    private static readonly TimeSpan Jitter = TimeSpan.FromMilliseconds(100);

    private DateTimeOffset _now = time.GetUtcNow();
    private long _lookedAt = time.GetTimestamp();
    private TimeSpan _aheadFor;

    /// <summary>The time, µs since 1970.</summary>
    public long NowUs()
    {
        long timestamp = time.GetTimestamp();
        TimeSpan elapsed = time.GetElapsedTime(_lookedAt, timestamp);
        DateTimeOffset wall = time.GetUtcNow();
        _lookedAt = timestamp;

        DateTimeOffset latest = _now + elapsed + (elapsed / DriftDivisor) + Jitter;
        _aheadFor = wall > latest ? _aheadFor + elapsed : TimeSpan.Zero;
        bool isBelieved = wall <= latest || _aheadFor >= BelieveAfter;
        if (isBelieved) _aheadFor = TimeSpan.Zero;
        _now = isBelieved ? wall : _now + elapsed;
        return (_now - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
    }
}
