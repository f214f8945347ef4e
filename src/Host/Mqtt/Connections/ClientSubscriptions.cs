using System.Globalization;
using System.Text;
using Gateway.Host.Accounts;
using Gateway.Host.Channels;
using Gateway.Host.Mqtt.Channels;
using Gateway.Host.Mqtt.Logs;
using Gateway.Host.Mqtt.Routing;
using Gateway.Host.Mqtt.Sessions;
using Gateway.Host.Mqtt.Storing;
using Gateway.Host.Mqtt.Topics;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace Gateway.Host.Mqtt.Connections;

/// <summary>Takes subscriptions of clients: rights, limits, where they begin, what is kept on disk, and the retained messages that they get at once.</summary>
internal sealed class ClientSubscriptions(
    SessionDirectory sessions, SessionAccess access, ChannelFeeds feeds, SessionStore store, RetainedMessages retained, SessionJournal journal, MqttCounters counters, LimitDirectory limits, TimeProvider clock,
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

    /// <summary>Subscribes a session to one filter, not for its client but for a user who may; it gets what its own token may read.</summary>
    /// <param name="session">The session, its client there or away.</param>
    /// <param name="filter">The filter.</param>
    /// <param name="wanted">The same, as it is kept.</param>
    /// <param name="retain">Whether a client that is there gets retained messages. One that is away gets none: they would wait for it as if they were new.</param>
    /// <param name="token">The user's token.</param>
    /// <returns>The subscription, or why there is none. It ends when the subscription is on disk, if it has to be.</returns>
    /// <exception cref="IOException">The disk does not take it.</exception>
    internal async ValueTask<(Subscription? Subscription, string? Problem)> SubscribeAsync(Session session, SubscriptionFilter filter, StoredSubscription wanted, MqttRetainHandling retain, Token token)
    {
        Grant grant;
        Task stored;
        lock (session.Changing)
        {
            if (ProblemOf(session, filter.Text) is { } problem) return (null, problem);
            grant = Put(session, filter, wanted, retain);
            if (session.IsEnded) return (null, $"Session {session.Number} ended meanwhile.");
            stored = StoreAsync(session, [grant]);
        }
        await stored.ConfigureAwait(false);
        Note(grant.Before is null ? SessionEventCode.SubscriptionCreated : SessionEventCode.SubscriptionUpdated, session, filter.Text, wanted.Qos, token.Id);
        if (grant.WantsRetained && session.Connection is { } connection) Replay(connection, grant.Subscription);
        return (grant.Subscription, null);
    }

    /// <summary>Ends a subscription of a session, not for its client but for a user who may.</summary>
    /// <returns>Whether there was one. It ends when that is on disk.</returns>
    /// <exception cref="IOException">The disk does not take it.</exception>
    internal async ValueTask<bool> UnsubscribeAsync(Session session, string filter, Token token)
    {
        bool isTaken;
        Task stored;
        lock (session.Changing)
        {
            isTaken = sessions.Take(session, filter);
            stored = session.IsPersistent ? store.RemoveAsync(session.Number, [filter]) : Task.CompletedTask;
        }
        await stored.ConfigureAwait(false);
        if (isTaken) Note(SessionEventCode.SubscriptionDeleted, session, filter, null, token.Id);
        return isTaken;
    }

    private async ValueTask SubscribeAsync(ClientConnection connection, Session session, PacketWriter writer, MqttSubscribePacket packet)
    {
        long cid = CidOf(packet.UserProperties);
        var answer = new MqttSubAckPacket { PacketIdentifier = packet.PacketIdentifier, ReasonCodes = [] };
        var granted = new List<Grant>();
        Task kept;
        lock (session.Changing)
        {
            foreach (MqttTopicFilter asked in packet.TopicFilters)
            {
                MqttSubscribeReasonCode refusal = Check(session, asked, out SubscriptionFilter? filter);
                if (filter is null)
                {
                    answer.ReasonCodes.Add(connection.IsVersion5 ? refusal : MqttSubscribeReasonCode.UnspecifiedError);
                    continue;
                }
                byte qos = asked.QualityOfServiceLevel is MqttQualityOfServiceLevel.AtMostOnce ? (byte)0 : (byte)1;
                granted.Add(Put(session, filter, new StoredSubscription(asked.Topic, qos, asked.NoLocal, asked.RetainAsPublished, packet.SubscriptionIdentifier, cid), asked.RetainHandling));
                answer.ReasonCodes.Add((MqttSubscribeReasonCode)qos);
            }
            kept = StoreAsync(session, granted);
        }
        await kept.ConfigureAwait(false);
        writer.Reply(answer);
        foreach (Grant grant in granted) Note(SessionEventCode.Subscribed, session, grant.Stored.Filter, grant.Stored.Qos);
        foreach (Grant grant in granted)
            if (grant.WantsRetained) Replay(connection, grant.Subscription);
    }

    /// <summary>Puts a subscription in; what comes from here on reaches it.</summary>
    private Grant Put(Session session, SubscriptionFilter filter, StoredSubscription wanted, MqttRetainHandling retain)
    {
        if (filter.Group is not null) wanted = wanted with { NoLocal = false };
        Subscription subscription = Make(session, filter, wanted);
        IReadOnlyList<GroupPlace> groups = sessions.Put(subscription, out Subscription? before) ? feeds.Follow(subscription) : [];
        bool wantsRetained = filter.Group is null && (retain is MqttRetainHandling.SendAtSubscribe || (retain is MqttRetainHandling.SendAtSubscribeIfNewSubscriptionOnly && before is null));
        return new Grant(subscription, before, wanted, groups, wantsRetained);
    }

    /// <summary>Stores what was put in. Asked for before others may change the session's subscriptions; writes keep that order.</summary>
    private Task StoreAsync(Session session, IReadOnlyList<Grant> granted)
    {
        GroupPlace[] groups = [.. granted.SelectMany(grant => grant.Groups)];
        return Task.WhenAll(
            session.IsPersistent && granted.Count > 0 ? store.PutAsync(session.Number, [.. granted.Select(grant => grant.Stored)], session.TakePlaces(all: true)) : Task.CompletedTask,
            groups.Length > 0 ? store.PutGroupsAsync(groups, isDurable: true) : Task.CompletedTask);
    }

    private async ValueTask UnsubscribeAsync(Session session, PacketWriter writer, MqttUnsubscribePacket packet)
    {
        var answer = new MqttUnsubAckPacket { PacketIdentifier = packet.PacketIdentifier, ReasonCodes = [] };
        var taken = new List<string>();
        Task kept;
        lock (session.Changing)
        {
            foreach (string filter in packet.TopicFilters)
            {
                bool isTaken = sessions.Take(session, filter);
                answer.ReasonCodes.Add(isTaken ? MqttUnsubscribeReasonCode.Success : MqttUnsubscribeReasonCode.NoSubscriptionExisted);
                if (isTaken) taken.Add(filter);
            }
            kept = session.IsPersistent ? store.RemoveAsync(session.Number, packet.TopicFilters) : Task.CompletedTask;
        }
        await kept.ConfigureAwait(false);
        writer.Reply(answer);
        foreach (string filter in taken) Note(SessionEventCode.Unsubscribed, session, filter, null);
    }

    private void Note(SessionEventCode code, Session session, string filter, int? qos, long tokenId = 0) =>
        journal.Note(new SessionEvent(code, session.Key) { SessionId = session.Number, Topic = filter, Qos = qos, TokenId = tokenId });

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
        if (ProblemOf(session, asked.Topic) is not null) return Refuse(MqttRefusal.SubscriptionLimit, MqttSubscribeReasonCode.QuotaExceeded);
        filter = parsed;
        return default;
    }

    /// <summary>Why a session may not have one more subscription; null when it may, or has it.</summary>
    private string? ProblemOf(Session session, string filter)
    {
        if (session.Has(filter)) return null;
        return session.SubscriptionCount >= MqttLimits.SubscriptionsMax ? $"A session has at most {MqttLimits.SubscriptionsMax} subscriptions."
            : limits.ProblemOf(session.Key.Cid, LimitName.MqttSubscriptions, sessions.SubscriptionsBelow);
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
        subscription.Session.Add(new Replay(subscription, retained, access));
        connection.Wake();
    }

    /// <summary>The account in the request's user property <c>cid</c>, which says the same as <c>$filter/cid=</c>; 0 for none.</summary>
    private static long CidOf(List<MqttUserProperty>? properties)
    {
        foreach (MqttUserProperty property in properties ?? [])
            if (property.Name is "cid" && long.TryParse(Encoding.UTF8.GetString(property.ValueBuffer.Span), NumberStyles.None, CultureInfo.InvariantCulture, out long cid)) return cid;
        return 0;
    }

    /// <summary>A subscription that was put in.</summary>
    /// <param name="Subscription">The subscription.</param>
    /// <param name="Before">The one in whose place it is, null for none.</param>
    /// <param name="Stored">What is kept of it.</param>
    /// <param name="Groups">Where its group begins in channels.</param>
    /// <param name="WantsRetained">Whether retained messages are sent now.</param>
    private sealed record Grant(Subscription Subscription, Subscription? Before, StoredSubscription Stored, IReadOnlyList<GroupPlace> Groups, bool WantsRetained);
}
