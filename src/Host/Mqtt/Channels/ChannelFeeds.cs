using System.Collections.Concurrent;
using Gateway.Host.Channels;
using Gateway.Host.Devices;
using Gateway.Host.Mqtt.Sessions;

namespace Gateway.Host.Mqtt.Channels;

/// <summary>A feed for each channel: publishes every committed message at <c>flespi/message/gw/channels/{id}/{ident}</c> while somebody listens.</summary>
internal sealed class ChannelFeeds(ChannelDirectory channels, DeviceDirectory devices, FeedServices services, SessionDirectory sessions) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<long, ChannelFeed> _feeds = new();
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Starts a feed for each channel, those to come included.</summary>
    internal void Start()
    {
        channels.Added += Add;
        channels.Removed += Remove;
        foreach (Channel channel in channels.All) Add(channel);
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
    internal void Follow(Subscription subscription)
    {
        bool isKept = IsKept(subscription);
        foreach ((long id, ChannelFeed feed) in _feeds)
        {
            if (!ChannelInterest.Covers(subscription.Filter.Levels, id)) continue;
            long from = feed.Wake();
            if (isKept) subscription.Session.Follow(feed, from);
        }
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
        if (!_feeds.TryAdd(channel.Id, feed)) return;
        feed.Start(_stopping.Token);
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
