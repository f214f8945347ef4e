using System.Collections.Concurrent;
using Gateway.Host.Channels;
using Gateway.Host.Devices;
using Gateway.Host.Mqtt.Sessions;
using Gateway.Host.Mqtt.Storing;

namespace Gateway.Host.Mqtt.Channels;

/// <summary>A feed for each channel: publishes every committed message at <c>flespi/message/gw/channels/{id}/{ident}</c> and at <c>flespi/message/gw/devices/{id}</c> while somebody listens.</summary>
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
        channels.Changed += Wake;
        devices.Changed += Wake;
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
        channels.Changed -= Wake;
        devices.Changed -= Wake;
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
            FeedView[] views = [.. feed.Views.Where(view => ChannelInterest.Covers(subscription.Filter.Levels, view.Number))];
            if (views.Length == 0) continue;
            long from = feed.Wake();
            foreach (FeedView view in isKept ? views : []) subscription.Session.Follow(view, from);
            if (subscription is { Group: { } group, Qos: > 0, Session.IsPersistent: true } && group.TryBegin(id)) places.Add(new GroupPlace(group.Cid, group.Filter, id, from));
        }
        return places;
    }

    /// <summary>A session is back from disk with its subscriptions and the places that were kept with it.</summary>
    /// <remarks>
    /// A channel without a place is one that was made after the session subscribed: all its messages are wanted. One without a place for its devices was stored before there were such topics.
    /// In a channel through which none of its devices can come there is nothing to read for it.
    /// </remarks>
    internal void Restore(Session session, IReadOnlyDictionary<long, (long AcknowledgedBelow, long SentBelow)> places)
    {
        Subscription[] kept = [.. session.Subscriptions.Where(IsKept)];
        DeviceReach reach = services.Interest.ReachOf(kept.Select(subscription => subscription.Filter.Levels));
        foreach (FeedView view in _feeds.Values.SelectMany(feed => feed.Views))
        {
            if (!Array.Exists(kept, subscription => ChannelInterest.Covers(subscription.Filter.Levels, view.Number))) continue;
            if (view.View is MessageView.Device && !reach.Meets(view.Channel))
            {
                session.Follow(view, view.Log.State.NextKey);
                continue;
            }
            (long acknowledgedBelow, long sentBelow) = places.TryGetValue(view.Number, out (long, long) place) ? place : places.GetValueOrDefault(view.Channel.Id);
            session.Restore(view, acknowledgedBelow, sentBelow);
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
                if (!feed.Views.Any(view => ChannelInterest.Covers(member.Filter.Levels, view.Number)) || !group.TryBegin(id)) continue;
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
        if (!services.Interest.Covers(channel) && !services.Interest.HasDevices) return;
        long from = feed.Wake();
        foreach (Session session in sessions.All)
        {
            Subscription[] kept = [.. session.Subscriptions.Where(IsKept)];
            foreach (FeedView view in feed.Views)
                if (Array.Exists(kept, subscription => ChannelInterest.Covers(subscription.Filter.Levels, view.Number))) session.Follow(view, from);
        }
    }

    /// <summary>A channel changed: devices may come through it now that somebody listens to.</summary>
    private void Wake(Channel channel)
    {
        if (_feeds.TryGetValue(channel.Id, out ChannelFeed? feed) && services.Interest.Covers(channel)) feed.Wake();
    }

    /// <summary>Devices changed: they may come now through channels that nobody read.</summary>
    private void Wake(IReadOnlyList<Device> changed)
    {
        if (!services.Interest.HasDevices) return;
        foreach (ChannelFeed feed in _feeds.Values)
            if (services.Interest.CoversDevices(feed.Channel)) feed.Wake();
    }

    private void Remove(Channel channel)
    {
        if (!_feeds.TryRemove(channel.Id, out ChannelFeed? feed)) return;
        feed.Stop();
        foreach (Session session in sessions.All)
            foreach (FeedView view in feed.Views) session.Forget(view.Number);
    }
}
