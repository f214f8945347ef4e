using System.Globalization;
using Gateway.Host.Channels;
using Gateway.Host.Devices;

namespace Gateway.Host.Mqtt.Channels;

/// <summary>Knows of which channels somebody wants the messages, so that only those buffers are read.</summary>
/// <remarks>Any number of threads. Counts too much rather than too little: a filter that matches more costs time, one that is missed loses messages.</remarks>
internal sealed class ChannelInterest(DeviceDirectory devices)
{
    /// <summary>Topic of a channel's messages: this, the channel's number, <c>/</c>, the ident.</summary>
    internal const string MessagePrefix = "flespi/message/gw/channels/";

    /// <summary>Topic of a device's messages: this, the device's number.</summary>
    internal const string DevicePrefix = "flespi/message/gw/devices/";

    /// <summary>Stands for all channels, or all devices.</summary>
    internal const long Every = -1;

    private static readonly string[] s_channelLevels = ["flespi", "message", "gw", "channels"];
    private static readonly string[] s_deviceLevels = ["flespi", "message", "gw", "devices"];

    private readonly Lock _gate = new();
    private readonly Dictionary<long, int> _filtersByChannel = [];
    private readonly Dictionary<long, int> _filtersByDevice = [];
    private DeviceReach? _reach;
    private volatile bool _hasDevices;

    /// <summary>Whether anybody subscribed to messages of devices.</summary>
    internal bool HasDevices => _hasDevices;

    /// <summary>Whether anybody subscribed to messages of this channel, or of a device whose messages may be among them.</summary>
    internal bool Covers(Channel channel)
    {
        lock (_gate)
            if (_filtersByChannel.ContainsKey(Every) || _filtersByChannel.ContainsKey(channel.Id)) return true;
        return CoversDevices(channel);
    }

    /// <summary>Whether anybody subscribed to messages of a device whose messages may be among this channel's.</summary>
    internal bool CoversDevices(Channel channel)
    {
        if (!HasDevices) return false;
        lock (_gate)
        {
            if (_reach?.IsCurrent is not true) _reach = new DeviceReach(_filtersByDevice.Keys, devices);
            return _reach.Meets(channel);
        }
    }

    /// <summary>Where the devices can be heard that filters name, as it is now.</summary>
    internal DeviceReach ReachOf(IEnumerable<string[]> filters) => new(filters.SelectMany(DevicesOf), devices);

    /// <summary>Counts a filter.</summary>
    /// <returns>True when it can match messages of channels or devices.</returns>
    internal bool Add(string[] levels) => Count(levels, 1);

    /// <summary>Takes a filter away that was counted.</summary>
    internal void Remove(string[] levels) => Count(levels, -1);

    /// <summary>Whether a filter can match messages of channels or devices.</summary>
    internal static bool CanMatch(string[] levels) => ChannelsOf(levels).Length > 0 || DevicesOf(levels).Length > 0;

    /// <summary>Whether a filter can match what a log has.</summary>
    /// <param name="levels">Levels of the filter.</param>
    /// <param name="source">Number of the log: the channel, negative for its messages as those of devices, whichever these are.</param>
    internal static bool Covers(string[] levels, long source) =>
        source < 0 ? DevicesOf(levels).Length > 0 : Array.Exists(ChannelsOf(levels), channel => channel == Every || channel == source);

    private bool Count(string[] levels, int by)
    {
        long[] channels = ChannelsOf(levels), named = DevicesOf(levels);
        lock (_gate)
        {
            foreach (long channel in channels) Count(_filtersByChannel, channel, by);
            foreach (long device in named) Count(_filtersByDevice, device, by);
            if (named.Length > 0) _reach = null;
            _hasDevices = _filtersByDevice.Count > 0;
        }
        return channels.Length + named.Length > 0;
    }

    private static void Count(Dictionary<long, int> filters, long id, int by)
    {
        int count = filters.GetValueOrDefault(id) + by;
        if (count == 0) filters.Remove(id);
        else filters[id] = count;
    }

    private static long[] ChannelsOf(string[] levels) => IdsOf(levels, s_channelLevels, levelsBehind: 1);

    private static long[] DevicesOf(string[] levels) => IdsOf(levels, s_deviceLevels, levelsBehind: 0);

    /// <summary>The items that a filter can match messages of; <see cref="Every"/> for all.</summary>
    private static long[] IdsOf(string[] levels, string[] fixedLevels, int levelsBehind)
    {
        for (int i = 0; i < fixedLevels.Length; i++)
        {
            if (i >= levels.Length) return [];
            if (levels[i] is "#") return [Every];
            if (levels[i] is not "+" && !levels[i].Split(',').Contains(fixedLevels[i])) return [];
        }

        int itemLevel = fixedLevels.Length, whole = itemLevel + 1 + levelsBehind;
        if (levels.Length <= itemLevel) return [];
        if (levels[itemLevel] is "#") return [Every];
        bool reachesMessages = levels.Length == whole || (levels.Length == whole + 1 && levels[^1] is "#");
        if (!reachesMessages) return [];
        if (levels[itemLevel] is "+") return [Every];
        return [.. levels[itemLevel].Split(',').Select(text => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long id) ? id : 0).Where(id => id > 0).Distinct()];
    }
}
