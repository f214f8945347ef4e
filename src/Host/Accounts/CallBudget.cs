using System.Collections.Concurrent;
using Gateway.Host.Configuration;

namespace Gateway.Host.Accounts;

/// <summary>Counts REST requests and their bytes in the running minute, by token and by account, and says when a limit is reached.</summary>
/// <remarks>An account's count has that of those below it. Any number of threads; a count may pass its limit by the requests that are under way.</remarks>
internal sealed class CallBudget(AccountDirectory accounts, LimitDirectory limits, GatewayOptions options, TimeProvider clock)
{
    private readonly ConcurrentDictionary<long, Counts> _accounts = new();
    private readonly ConcurrentDictionary<long, MinuteCount> _tokens = new();

    private long Minute => clock.GetUtcNow().Ticks / TimeSpan.TicksPerMinute;

    /// <summary>Counts a request.</summary>
    /// <returns>Null when it may be answered, else the limit that is reached.</returns>
    internal string? Take(Token token)
    {
        long minute = Minute;
        if (_tokens.GetOrAdd(token.Id, static _ => new MinuteCount()).Add(minute, 1) > options.ApiCallsPerMinuteMax)
            return $"A token may make {options.ApiCallsPerMinuteMax} requests per minute.";
        string? problem = null;
        foreach (Account account in accounts.Upward(token.Cid))
        {
            Counts counts = CountsOf(account.Id);
            long calls = counts.Calls.Add(minute, 1);
            if (problem is null && limits.Of(account, LimitName.ApiCalls) is { } callsMax && calls > callsMax) problem = LimitDirectory.Reached(LimitName.ApiCalls, callsMax);
            if (problem is null && limits.Of(account, LimitName.ApiTraffic) is { } bytesMax && counts.Bytes.At(minute) >= bytesMax) problem = LimitDirectory.Reached(LimitName.ApiTraffic, bytesMax);
        }
        return problem;
    }

    /// <summary>Counts the bytes of a request and its answer.</summary>
    internal void AddTraffic(Token token, long bytes)
    {
        long minute = Minute;
        foreach (Account account in accounts.Upward(token.Cid)) CountsOf(account.Id).Bytes.Add(minute, bytes);
    }

    /// <summary>Requests and bytes of an account and those below it in the running minute.</summary>
    internal (long Calls, long Bytes) Used(long cid) =>
        _accounts.TryGetValue(cid, out Counts? counts) ? (counts.Calls.At(Minute), counts.Bytes.At(Minute)) : default;

    /// <summary>Time until the running minute ends.</summary>
    internal TimeSpan Rest() => TimeSpan.FromTicks(TimeSpan.TicksPerMinute - clock.GetUtcNow().Ticks % TimeSpan.TicksPerMinute);

    /// <summary>Forgets tokens and accounts that made no request in the running minute.</summary>
    internal void Sweep()
    {
        long minute = Minute;
        foreach ((long id, MinuteCount count) in _tokens)
            if (count.At(minute) == 0) _tokens.TryRemove(id, out _);
        foreach ((long id, Counts counts) in _accounts)
            if (counts.Calls.At(minute) == 0 && counts.Bytes.At(minute) == 0) _accounts.TryRemove(id, out _);
    }

    private Counts CountsOf(long cid) => _accounts.GetOrAdd(cid, static _ => new Counts());

    private sealed class Counts
    {
        internal readonly MinuteCount Calls = new();
        internal readonly MinuteCount Bytes = new();
    }
}
