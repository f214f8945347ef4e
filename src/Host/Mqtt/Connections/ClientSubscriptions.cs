using System.Globalization;
using System.Text;
using Gateway.Host.Accounts;
using Gateway.Host.Channels;
using Gateway.Host.Mqtt.Channels;
using Gateway.Host.Mqtt.Routing;
using Gateway.Host.Mqtt.Sessions;
using Gateway.Host.Mqtt.Storing;
using Gateway.Host.Mqtt.Topics;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace Gateway.Host.Mqtt.Connections;

/// <summary>Takes subscriptions of clients: rights, limits, where they begin, what is kept on disk, and the retained messages that they get at once.</summary>
internal sealed class ClientSubscriptions(
    SessionDirectory sessions, SessionAccess access, ChannelFeeds feeds, SessionStore store, RetainedMessages retained, MqttCounters counters, LimitDirectory limits, TimeProvider clock,
    ILogger<ClientSubscriptions> logger)
{
    /// <summary>Subscribes or unsubscribes, and answers.</summary>
    /// <returns>False when the connection must end.</returns>
    internal async ValueTask<bool> HandleAsync(ClientConnection connection, Session session, PacketWriter writer, MqttPacket packet)
    {
        try
        {
            if (packet is MqttSubscribePacket subscribe) await SubscribeAsync(connection, session, writer, subscribe).ConfigureAwait(false);
            else await UnsubscribeAsync(session, writer, (MqttUnsubscribePacket)packet).ConfigureAwait(false);
            return true;
        }
        catch (IOException failure)
        {
            // What can't be kept is not granted.
            MqttLog.StoreFault(logger, failure);
            connection.Close(MqttDisconnectReasonCode.ServerBusy);
            return false;
        }
    }

    /// <summary>Puts a subscription in that was kept on disk, or made for a session by others.</summary>
    /// <returns>Whether it can match messages of channels.</returns>
    internal bool Restore(Session session, StoredSubscription stored)
    {
        if (!SubscriptionFilter.TryParse(stored.Filter, out SubscriptionFilter? filter, out _)) return false;
        return sessions.Put(Make(session, filter, stored), out _);
    }

    private async ValueTask SubscribeAsync(ClientConnection connection, Session session, PacketWriter writer, MqttSubscribePacket packet)
    {
        long cid = CidOf(packet.UserProperties);
        var answer = new MqttSubAckPacket { PacketIdentifier = packet.PacketIdentifier, ReasonCodes = [] };
        var groups = new List<GroupPlace>();
        var granted = new List<(Subscription Subscription, StoredSubscription Stored, bool WantsRetained)>();
        foreach (MqttTopicFilter asked in packet.TopicFilters)
        {
            MqttSubscribeReasonCode refusal = Check(session, asked, out SubscriptionFilter? filter);
            if (filter is null)
            {
                answer.ReasonCodes.Add(connection.IsVersion5 ? refusal : MqttSubscribeReasonCode.UnspecifiedError);
                continue;
            }
            byte qos = asked.QualityOfServiceLevel is MqttQualityOfServiceLevel.AtMostOnce ? (byte)0 : (byte)1;
            var stored = new StoredSubscription(asked.Topic, qos, asked.NoLocal && filter.Group is null, asked.RetainAsPublished, packet.SubscriptionIdentifier, cid);
            Subscription subscription = Make(session, filter, stored);
            if (sessions.Put(subscription, out Subscription? before)) groups.AddRange(feeds.Follow(subscription));
            bool wantsRetained = filter.Group is null && (asked.RetainHandling is MqttRetainHandling.SendAtSubscribe || (asked.RetainHandling is MqttRetainHandling.SendAtSubscribeIfNewSubscriptionOnly && before is null));
            granted.Add((subscription, stored, wantsRetained));
            answer.ReasonCodes.Add((MqttSubscribeReasonCode)qos);
        }
        if (session.IsPersistent && granted.Count > 0)
            await store.PutAsync(session.Number, [.. granted.Select(one => one.Stored)], session.TakePlaces(all: true)).ConfigureAwait(false);
        if (groups.Count > 0) await store.PutGroupsAsync(groups, isDurable: true).ConfigureAwait(false);
        writer.Reply(answer);
        foreach ((Subscription subscription, _, bool wantsRetained) in granted)
            if (wantsRetained) Replay(connection, subscription);
    }

    private async ValueTask UnsubscribeAsync(Session session, PacketWriter writer, MqttUnsubscribePacket packet)
    {
        var answer = new MqttUnsubAckPacket { PacketIdentifier = packet.PacketIdentifier, ReasonCodes = [] };
        foreach (string filter in packet.TopicFilters)
            answer.ReasonCodes.Add(sessions.Take(session, filter) ? MqttUnsubscribeReasonCode.Success : MqttUnsubscribeReasonCode.NoSubscriptionExisted);
        if (session.IsPersistent) await store.RemoveAsync(session.Number, packet.TopicFilters).ConfigureAwait(false);
        writer.Reply(answer);
    }

    /// <summary>Says why a filter is refused; it is parsed when it is not.</summary>
    private MqttSubscribeReasonCode Check(Session session, MqttTopicFilter asked, out SubscriptionFilter? filter)
    {
        filter = null;
        if (!SubscriptionFilter.TryParse(asked.Topic, out SubscriptionFilter? parsed, out string problem))
        {
            MqttLog.FilterRefused(logger, session.Key.ClientId, problem);
            return Refuse(MqttRefusal.Subscription, MqttSubscribeReasonCode.TopicFilterInvalid);
        }
        if (!access.MaySubscribe(session, asked.Topic)) return Refuse(MqttRefusal.Subscription, MqttSubscribeReasonCode.NotAuthorized);
        bool isNew = !session.Has(asked.Topic);
        if (isNew && (session.SubscriptionCount >= MqttLimits.SubscriptionsMax || limits.ProblemOf(session.Key.Cid, LimitName.MqttSubscriptions, sessions.SubscriptionsBelow) is not null))
            return Refuse(MqttRefusal.SubscriptionLimit, MqttSubscribeReasonCode.QuotaExceeded);
        filter = parsed;
        return default;
    }

    private MqttSubscribeReasonCode Refuse(MqttRefusal refusal, MqttSubscribeReasonCode reason)
    {
        counters.Count(refusal);
        return reason;
    }

    private Subscription Make(Session session, SubscriptionFilter filter, StoredSubscription stored) => new(session, filter)
    {
        Qos = stored.Qos,
        NoLocal = stored.NoLocal,
        RetainAsPublished = stored.RetainAsPublished,
        Identifier = stored.Identifier,
        Group = filter.Group is null ? null : sessions.GroupOf(session, filter),
        Spec = filter.Spec is null && stored.FilterCid == 0 ? null : new SpecMatcher(filter.Spec, stored.FilterCid, clock),
    };

    private void Replay(ClientConnection connection, Subscription subscription)
    {
        var deliveries = new List<Delivery>();
        Session session = subscription.Session;
        List<Publication> found = retained.Match(session.Key.Cid, subscription.Filter, (cid, right) => access.MayRead(session, cid, right), clock.GetUtcNow().ToUnixTimeUs());
        if (found.Count > MqttLimits.ReplayMax)
        {
            connection.Close(MqttDisconnectReasonCode.QuotaExceeded);
            return;
        }
        foreach (Publication publication in found)
        {
            if (!subscription.Wants(publication) || !access.MayReceive(session, publication)) continue;
            deliveries.Add(new Delivery(publication, Math.Min(subscription.Qos, publication.Qos), IsRetained: true, subscription.Identifiers));
        }
        if (deliveries.Count == 0) return;
        if (session.TryReplay(deliveries)) connection.Wake();
        else connection.Close(MqttDisconnectReasonCode.QuotaExceeded);
    }

    /// <summary>The account in the request's user property <c>cid</c>, which says the same as <c>$filter/cid=</c>; 0 for none.</summary>
    private static long CidOf(List<MqttUserProperty>? properties)
    {
        foreach (MqttUserProperty property in properties ?? [])
            if (property.Name is "cid" && long.TryParse(Encoding.UTF8.GetString(property.ValueBuffer.Span), NumberStyles.None, CultureInfo.InvariantCulture, out long cid)) return cid;
        return 0;
    }
}
