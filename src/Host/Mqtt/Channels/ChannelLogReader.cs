using Gateway.Host.Mqtt.Routing;
using Gateway.Host.Mqtt.Sessions;
using Gateway.Storage;

namespace Gateway.Host.Mqtt.Channels;

/// <summary>Makes deliveries of a channel's messages for a session that is behind.</summary>
internal sealed class ChannelLogReader(MessageFormatter formatter, MessageView view, Session session, SessionAccess access) : LogReader
{
    private readonly List<Subscription> _matches = [];
    private readonly DeliveryBatch _batch = new();

    /// <inheritdoc/>
    internal override LogReading TryRead(MessagePage page, ref int index, out Delivery delivery)
    {
        delivery = default;
        int at = index++;
        if (formatter.TopicOf(view, page, at) is not { } topic) return LogReading.Unwanted;
        _matches.Clear();
        session.Filters.Match(topic.Text, _matches);
        if (_matches.Count == 0 || formatter.PublicationOf(view, topic, page, at) is not { } publication || !access.MayReceive(session, publication)) return LogReading.Unwanted;

        _batch.Clear();
        foreach (Subscription subscription in _matches)
            if (subscription.Wants(publication)) _batch.Add(subscription, publication);
        if (_batch.Count == 0) return LogReading.Unwanted;
        delivery = _batch.DeliveryAt(0, publication);
        return LogReading.Wanted;
    }
}
