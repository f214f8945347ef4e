using System.Collections.Concurrent;
using Gateway.Host.Accounts;

namespace Gateway.Host.Devices;

/// <summary>Finds the device whose protocol and ident a message or a connection has. Any number of threads may look; one changes.</summary>
/// <remarks>
/// A channel and a device belong together when the account of one is that of the other, or above it. Within such a line an ident is one device's; two accounts side by side, which
/// know nothing of each other, may both have it. On a channel of an account above both the device that was registered first counts.
/// </remarks>
internal sealed class DeviceIndex(AccountDirectory accounts)
{
    private readonly ConcurrentDictionary<int, ConcurrentDictionary<string, Device[]>> _byProtocol = new();

    /// <summary>Whether any device of a protocol is registered.</summary>
    internal bool Covers(int protocolId) => _byProtocol.TryGetValue(protocolId, out ConcurrentDictionary<string, Device[]>? idents) && !idents.IsEmpty;

    /// <summary>The device of an ident on a channel; null when none is registered.</summary>
    /// <param name="protocolId">The channel's protocol.</param>
    /// <param name="cid">The channel's account.</param>
    /// <param name="ident">As the device sent it, UTF-8.</param>
    internal Device? Find(int protocolId, long cid, ReadOnlySpan<byte> ident)
    {
        if (!_byProtocol.TryGetValue(protocolId, out ConcurrentDictionary<string, Device[]>? idents)) return null;
        Span<char> scratch = stackalloc char[IdentRule.LengthMax];
        if (!idents.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(IdentRule.Normalize(ident, scratch), out Device[]? devices)) return null;
        foreach (Device device in devices)
            if (IsOnOneLine(device.Definition.Cid, cid)) return device;
        return null;
    }

    /// <summary>The device with which another one of this protocol, ident and account would collide; null when there is none.</summary>
    /// <param name="protocolId">The protocol.</param>
    /// <param name="cid">The account.</param>
    /// <param name="ident">In its normal form.</param>
    /// <param name="except">Number of the device that asks, which does not collide with itself.</param>
    internal Device? FindRival(int protocolId, long cid, string ident, long except) =>
        _byProtocol.TryGetValue(protocolId, out ConcurrentDictionary<string, Device[]>? idents) && idents.TryGetValue(ident, out Device[]? devices)
            ? Array.Find(devices, device => device.Id != except && IsOnOneLine(device.Definition.Cid, cid))
            : null;

    /// <summary>Adds a device that has an ident.</summary>
    internal void Add(Device device)
    {
        if (device.Ident is not { } ident) return;
        ConcurrentDictionary<string, Device[]> idents = _byProtocol.GetOrAdd(device.Definition.ProtocolId, _ => new ConcurrentDictionary<string, Device[]>(StringComparer.Ordinal));
        idents.AddOrUpdate(ident, _ => [device], (_, present) => [.. present.Append(device).OrderBy(one => one.Id)]);
    }

    /// <summary>Takes a device out, by what it was added with.</summary>
    internal void Remove(Device device)
    {
        if (device.Ident is not { } ident || !_byProtocol.TryGetValue(device.Definition.ProtocolId, out ConcurrentDictionary<string, Device[]>? idents)) return;
        if (!idents.TryGetValue(ident, out Device[]? present)) return;
        if (present.Length == 1) idents.TryRemove(ident, out _);
        else idents[ident] = [.. present.Where(one => one != device)];
    }

    /// <summary>Whether one of two accounts is the other, or above it.</summary>
    internal bool IsOnOneLine(long left, long right) => left == right || accounts.IsWithin(left, right) || accounts.IsWithin(right, left);
}
