using System.Collections;
using System.Globalization;

namespace Gateway.Host.Mqtt;

/// <summary>Knows of which channels somebody wants the messages, so that the publisher reads those buffers only.</summary>
/// <remarks>Any number of threads. Counts too much rather than too little: a filter that matches more costs time, one that is missed loses messages.</remarks>
internal sealed class SubscriptionTable
{
    /// <summary>Topic of a channel's messages: this, the channel's number, <c>/</c>, the ident.</summary>
    public const string MessagePrefix = "flespi/message/gw/channels/";

    private const long EveryChannel = -1;
    private const long NoChannel = 0;

    private static readonly string[] FixedLevels = ["flespi", "message", "gw", "channels"];

    private readonly Lock _gate = new();
    private readonly Dictionary<long, int> _filtersByChannel = [];

    // By the broker's own object for a session: a client id may already belong to the session that came after it.
    private readonly Dictionary<IDictionary, Dictionary<string, long>> _filtersBySession = new(ReferenceEqualityComparer.Instance);

    /// <summary>Whether anybody subscribed to messages of this channel.</summary>
    public bool Covers(long channelId)
    {
        lock (_gate) return _filtersByChannel.ContainsKey(EveryChannel) || _filtersByChannel.ContainsKey(channelId);
    }

    /// <summary>Adds a filter of a session.</summary>
    /// <returns>True when it can match messages of channels.</returns>
    public bool Add(IDictionary session, string filter)
    {
        long channel = ChannelOf(filter);
        if (channel == NoChannel) return false;
        lock (_gate)
        {
            if (!_filtersBySession.TryGetValue(session, out Dictionary<string, long>? filters)) _filtersBySession[session] = filters = new(StringComparer.Ordinal);
            if (filters.TryAdd(filter, channel)) _filtersByChannel[channel] = _filtersByChannel.GetValueOrDefault(channel) + 1;
        }
        return true;
    }

    /// <summary>Takes a filter of a session away.</summary>
    public void Remove(IDictionary session, string filter)
    {
        lock (_gate)
        {
            if (!_filtersBySession.TryGetValue(session, out Dictionary<string, long>? filters) || !filters.Remove(filter, out long channel)) return;
            if (filters.Count == 0) _filtersBySession.Remove(session);
            Release(channel);
        }
    }

    /// <summary>Takes all filters of a session away.</summary>
    public void RemoveSession(IDictionary session)
    {
        lock (_gate)
        {
            if (!_filtersBySession.Remove(session, out Dictionary<string, long>? filters)) return;
            foreach (long channel in filters.Values) Release(channel);
        }
    }

    /// <summary>The channel that a filter can match messages of, <see cref="EveryChannel"/> or <see cref="NoChannel"/>.</summary>
    private static long ChannelOf(string filter)
    {
        string[] levels = filter.Split('/');
        for (int i = 0; i < FixedLevels.Length; i++)
        {
            if (i >= levels.Length) return NoChannel;
            if (levels[i] == "#") return EveryChannel;
            if (levels[i] != "+" && levels[i] != FixedLevels[i]) return NoChannel;
        }

        const int ChannelLevel = 4;
        if (levels.Length <= ChannelLevel) return NoChannel;
        string channel = levels[ChannelLevel];
        if (channel == "#") return EveryChannel;
        bool reachesIdents = levels.Length == ChannelLevel + 2 || (levels.Length == ChannelLevel + 3 && levels[^1] == "#");
        if (!reachesIdents) return NoChannel;
        if (channel == "+") return EveryChannel;
        return long.TryParse(channel, NumberStyles.None, CultureInfo.InvariantCulture, out long id) ? id : NoChannel;
    }

    private void Release(long channel)
    {
        int rest = _filtersByChannel[channel] - 1;
        if (rest == 0) _filtersByChannel.Remove(channel);
        else _filtersByChannel[channel] = rest;
    }
}
