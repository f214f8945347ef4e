using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Host.Accounts;

/// <summary>Stops who tries keys: an address that showed too many different wrong keys within a minute is not listened to until the minute ends, whatever it shows.</summary>
/// <remarks>
/// Different keys are counted, not requests: a client whose token ended polls on with the same key, and must not lock out others behind its address. Any number of threads.
/// </remarks>
internal sealed class GuessGuard(TimeProvider clock)
{
    /// <summary>Different wrong keys of one address in a minute.</summary>
    internal const int WrongKeysMax = 20;

    /// <summary>Addresses remembered. Wrong keys of others are not counted until the minute ends: an attack from more addresses than this meets keys of 381 bits.</summary>
    internal const int AddressesMax = 10_000;

    private readonly ConcurrentDictionary<IPAddress, HashSet<ulong>> _wrongKeys = new();
    private long _minute;

    private long Minute => clock.GetUtcNow().Ticks / TimeSpan.TicksPerMinute;

    /// <summary>Whether an address is not to be listened to now.</summary>
    internal bool IsBlocked(IPAddress? address)
    {
        if (_wrongKeys.IsEmpty || address is null || Volatile.Read(ref _minute) != Minute) return false;
        if (!_wrongKeys.TryGetValue(NetworkOf(address), out HashSet<ulong>? keys)) return false;
        lock (keys) return keys.Count >= WrongKeysMax;
    }

    /// <summary>Notes a wrong key.</summary>
    internal void Note(IPAddress? address, ReadOnlySpan<char> shown)
    {
        ReadOnlySpan<char> key = AccessToken.Bare(shown);
        if (address is null || key.IsEmpty) return;
        long minute = Minute;
        if (Interlocked.Exchange(ref _minute, minute) != minute) _wrongKeys.Clear();
        IPAddress network = NetworkOf(address);
        if (!_wrongKeys.TryGetValue(network, out HashSet<ulong>? keys))
        {
            if (_wrongKeys.Count >= AddressesMax) return;
            keys = _wrongKeys.GetOrAdd(network, static _ => []);
        }
        ulong hash = AccessToken.Hash(key).Short;
        lock (keys)
        {
            if (keys.Count < WrongKeysMax) keys.Add(hash);
        }
    }

    /// <summary>Time until the running minute ends.</summary>
    internal TimeSpan Rest() => TimeSpan.FromTicks(TimeSpan.TicksPerMinute - clock.GetUtcNow().Ticks % TimeSpan.TicksPerMinute);

    /// <summary>An IPv4 address, or the first 64 bits of an IPv6 one: those below it are one owner's.</summary>
    private static IPAddress NetworkOf(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        if (address.AddressFamily is not AddressFamily.InterNetworkV6) return address;
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[8..].Clear();
        return new IPAddress(bytes);
    }
}
