using System.Collections.Concurrent;
using Gateway.Host.Channels;
using Gateway.Host.Devices;
using Gateway.Host.Mqtt.Sessions;
using Gateway.Host.Mqtt.Storing;

namespace Gateway.Host.Mqtt.Channels;

/// <summary>A feed for each channel: publishes every committed message at <c>flespi/message/gw/channels/{id}/{ident}</c> while somebody listens.</summary>
internal sealed class ChannelFeeds(ChannelDirectory channels, DeviceDirectory devices, FeedServices services, SessionDirectory sessions) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<long, ChannelFeed> _feeds = new();
    private readonly Lock _gate = new();
    private bool _isStarted;
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Makes a feed for each channel, those to come included. They read nothing before <see cref="Start"/>: sessions must be back first.</summary>
    internal void Open()
    {
        channels.Added += Add;
        channels.Removed += Remove;
        foreach (Channel channel in channels.All) Add(channel);
    }

    /// <summary>Lets the feeds read.</summary>
    internal void Start()
    {
        lock (_gate)
        {
            _isStarted = true;
            foreach (ChannelFeed feed in _feeds.Values) feed.Start(_stopping.Token);
        }
    }

    /// <summary>Stops all feeds.</summary>
    internal async Task StopAsync()
    {
        channels.Added -= Add;
        channels.Removed -= Remove;
        await _stopping.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_feeds.Values.Select(feed => feed.Completion)).ConfigureAwait(false);
    }

    /// <summary>Somebody subscribed: messages that are committed from here on reach it.</summary>
    /// <returns>For a group that lasts, where it begins in each channel.</returns>
    internal IReadOnlyList<GroupPlace> Follow(Subscription subscription)
    {
        var places = new List<GroupPlace>();
        bool isKept = IsKept(subscription);
        foreach ((long id, ChannelFeed feed) in _feeds)
        {
            if (!ChannelInterest.Covers(subscription.Filter.Levels, id)) continue;
            long from = feed.Wake();
            if (isKept) subscription.Session.Follow(feed, from);
            if (subscription is { Group: { } group, Qos: > 0, Session.IsPersistent: true } && group.TryBegin(id)) places.Add(new GroupPlace(group.Cid, group.Filter, id, from));
        }
        return places;
    }

    /// <summary>A session is back from disk with its subscriptions and the places that were kept with it.</summary>
    /// <remarks>A channel without a place is one that was made after the session subscribed: all its messages are wanted.</remarks>
    internal void Restore(Session session, IReadOnlyDictionary<long, (long AcknowledgedBelow, long SentBelow)> places)
    {
        Subscription[] kept = [.. session.Subscriptions.Where(IsKept)];
        foreach ((long id, ChannelFeed feed) in _feeds)
        {
            if (!Array.Exists(kept, subscription => ChannelInterest.Covers(subscription.Filter.Levels, id))) continue;
            (long acknowledgedBelow, long sentBelow) = places.GetValueOrDefault(id);
            session.Restore(feed, acknowledgedBelow, sentBelow);
        }
    }

    /// <summary>Groups are back from disk with their members: each feed begins where the slowest of its groups was. Before <see cref="Start"/>.</summary>
    /// <remarks>A channel without a place is one that was made after the group: all its messages are wanted.</remarks>
    internal void Restore(IEnumerable<Subscription> members, IReadOnlyList<GroupPlace> places)
    {
        Dictionary<(long, string, long), long> known = places.ToDictionary(place => (place.Cid, place.Filter, place.ChannelId), place => place.Next);
        var from = new Dictionary<ChannelFeed, long>();
        foreach (Subscription member in members)
        {
            if (member is not { Group: { } group, Qos: > 0, Session.IsPersistent: true }) continue;
            foreach ((long id, ChannelFeed feed) in _feeds)
            {
                if (!ChannelInterest.Covers(member.Filter.Levels, id) || !group.TryBegin(id)) continue;
                from[feed] = Math.Min(from.GetValueOrDefault(feed, long.MaxValue), known.GetValueOrDefault((group.Cid, group.Filter, id)));
            }
        }
        foreach ((ChannelFeed feed, long place) in from) feed.ResumeFrom(place);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _stopping.Dispose();
        return ValueTask.CompletedTask;
    }

    private static bool IsKept(Subscription subscription) => subscription is { Qos: > 0, Group: null, Session.IsPersistent: true };

    private void Add(Channel channel)
    {
        // Loaded channels can be announced and listed both.
        ChannelFeed feed = new(channel, services, () => devices.OwnerOf(channel));
        lock (_gate)
        {
            if (!_feeds.TryAdd(channel.Id, feed)) return;
            if (_isStarted) feed.Start(_stopping.Token);
        }
        if (!services.Interest.Covers(channel.Id)) return;
        long from = feed.Wake();
        foreach (Session session in sessions.All)
            if (session.Subscriptions.Any(subscription => IsKept(subscription) && ChannelInterest.Covers(subscription.Filter.Levels, channel.Id))) session.Follow(feed, from);
    }

    private void Remove(Channel channel)
    {
        if (!_feeds.TryRemove(channel.Id, out ChannelFeed? feed)) return;
        feed.Stop();
        foreach (Session session in sessions.All) session.Forget(channel.Id);
    }
}
