using System.Globalization;

namespace Gateway.Host.Mqtt.Channels;

/// <summary>Knows of which channels somebody wants the messages, so that only those buffers are read.</summary>
/// <remarks>Any number of threads. Counts too much rather than too little: a filter that matches more costs time, one that is missed loses messages.</remarks>
internal sealed class ChannelInterest
{
    /// <summary>Topic of a channel's messages: this, the channel's number, <c>/</c>, the ident.</summary>
    internal const string MessagePrefix = "flespi/message/gw/channels/";

    private const long EveryChannel = -1;

    private static readonly string[] s_fixedLevels = ["flespi", "message", "gw", "channels"];

    private readonly Lock _gate = new();
    private readonly Dictionary<long, int> _filtersByChannel = [];

    /// <summary>Whether anybody subscribed to messages of this channel.</summary>
    internal bool Covers(long channelId)
    {
        lock (_gate) return _filtersByChannel.ContainsKey(EveryChannel) || _filtersByChannel.ContainsKey(channelId);
    }

    /// <summary>Counts a filter.</summary>
    /// <returns>True when it can match messages of channels.</returns>
    internal bool Add(string[] levels)
    {
        long[] channels = ChannelsOf(levels);
        lock (_gate)
        {
            foreach (long channel in channels) _filtersByChannel[channel] = _filtersByChannel.GetValueOrDefault(channel) + 1;
        }
        return channels.Length > 0;
    }

    /// <summary>Takes a filter away that was counted.</summary>
    internal void Remove(string[] levels)
    {
        lock (_gate)
        {
            foreach (long channel in ChannelsOf(levels))
            {
                int rest = _filtersByChannel[channel] - 1;
                if (rest == 0) _filtersByChannel.Remove(channel);
                else _filtersByChannel[channel] = rest;
            }
        }
    }

    /// <summary>Whether a filter can match messages of channels.</summary>
    internal static bool CanMatch(string[] levels) => ChannelsOf(levels).Length > 0;

    /// <summary>Whether a filter can match messages of a channel.</summary>
    internal static bool Covers(string[] levels, long channelId) => Array.Exists(ChannelsOf(levels), channel => channel == EveryChannel || channel == channelId);

    /// <summary>The channels that a filter can match messages of; <see cref="EveryChannel"/> for all.</summary>
    private static long[] ChannelsOf(string[] levels)
    {
        const int ChannelLevel = 4;
        for (int i = 0; i < s_fixedLevels.Length; i++)
        {
            if (i >= levels.Length) return [];
            if (levels[i] is "#") return [EveryChannel];
            if (levels[i] is not "+" && !levels[i].Split(',').Contains(s_fixedLevels[i])) return [];
        }

        if (levels.Length <= ChannelLevel) return [];
        if (levels[ChannelLevel] is "#") return [EveryChannel];
        bool reachesIdents = levels.Length == ChannelLevel + 2 || (levels.Length == ChannelLevel + 3 && levels[^1] is "#");
        if (!reachesIdents) return [];
        if (levels[ChannelLevel] is "+") return [EveryChannel];
        return [.. levels[ChannelLevel].Split(',').Select(text => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long id) ? id : 0).Where(id => id > 0).Distinct()];
    }
}
