using Gateway.Host.Channels;
using Gateway.Host.Devices;

namespace Gateway.Host.Mqtt.Channels;

/// <summary>In which channels messages of some devices can be, as it is known at one moment: a channel need not be read for devices that can't come through it. Immutable.</summary>
internal sealed class DeviceReach
{
    private readonly HashSet<(int ProtocolId, long Cid)> _lines = [];
    private readonly DeviceDirectory _devices;
    private readonly long _version;
    private readonly bool _isEvery;

    /// <summary>Of these devices; <see cref="ChannelInterest.Every"/> for all.</summary>
    internal DeviceReach(IEnumerable<long> ids, DeviceDirectory devices)
    {
        _devices = devices;
        // Before the look: what changes during it makes this one outdated.
        _version = devices.Version;
        foreach (long id in ids)
        {
            _isEvery |= id == ChannelInterest.Every;
            if (devices.TryFind(id, out Device? device)) _lines.Add((device.Definition.ProtocolId, device.Definition.Cid));
        }
    }

    /// <summary>Whether no device changed since.</summary>
    internal bool IsCurrent => _version == _devices.Version;

    /// <summary>Whether messages of one of them can be in a channel.</summary>
    internal bool Meets(Channel channel)
    {
        int protocolId = channel.Definition.ProtocolId;
        if (_isEvery) return _devices.Index.Covers(protocolId);
        foreach ((int protocol, long cid) in _lines)
            if (protocol == protocolId && _devices.Index.IsOnOneLine(cid, channel.Definition.Cid)) return true;
        return false;
    }
}
