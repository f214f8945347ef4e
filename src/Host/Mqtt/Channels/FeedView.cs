using Gateway.Host.Channels;
using Gateway.Host.Mqtt.Sessions;
using Gateway.Storage;

namespace Gateway.Host.Mqtt.Channels;

/// <summary>A channel's log as sessions read it for one of the topics of its messages: a session that wants both has a place for each, so that neither waits for the other.</summary>
internal sealed class FeedView : LogSource
{
    private readonly ChannelFeed _feed;

    internal FeedView(ChannelFeed feed, MessageView view)
    {
        _feed = feed;
        View = view;
        Follows = wish => wish.Subscription is null || wish.Subscription.Session.Follows(this);
    }

    /// <summary>The channel.</summary>
    internal Channel Channel => _feed.Channel;

    /// <summary>Which topic.</summary>
    internal MessageView View { get; }

    /// <summary>Whether who has a wish could take a message now, or note it as missed; made once.</summary>
    internal Predicate<Wish> Follows { get; }

    /// <inheritdoc/>
    internal override IMessageLog Log => Channel.Log;

    /// <inheritdoc/>
    internal override long Number => View is MessageView.Device ? -Channel.Id : Channel.Id;

    /// <inheritdoc/>
    /// <remarks>A page counts as offered before its first message is: who joins meanwhile, and is held to read on, can only be given what it would read again, and it passes over that.</remarks>
    internal override bool TryJoin(long from) => from >= _feed.Wake();

    /// <inheritdoc/>
    internal override LogReader OpenReader(Session session) => _feed.OpenReader(View, session);
}
