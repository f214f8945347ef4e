using Gateway.Host.Accounts;
using Gateway.Host.Mqtt.Connections;
using Gateway.Host.Mqtt.Sessions;
using Gateway.Host.Mqtt.Storing;
using MQTTnet.Protocol;

namespace Gateway.Host.Mqtt.Routing;

/// <summary>Brings publications to the sessions that want them and may have them.</summary>
/// <remarks>Any number of threads, each with a batch of its own. It never waits for a client: what a client can't take waits in a log, is dropped, or costs the client its connection.</remarks>
internal sealed class Router(AccountFilters filters, SessionAccess access, SessionQueues queues, MqttCounters counters, ILogger<Router> logger)
{
    /// <summary>Finds out which sessions a topic is wanted by.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="cid">The account of the message.</param>
    /// <param name="batch">Cleared; its matches are filled.</param>
    /// <returns>Whether anybody wants it.</returns>
    internal bool Match(string topic, long cid, DeliveryBatch batch)
    {
        batch.Clear();
        filters.Match(topic, cid, batch.Matches);
        return batch.Matches.Count > 0;
    }

    /// <summary>Chooses, of the matches of a batch, the sessions that get a publication.</summary>
    internal void Choose(Publication publication, DeliveryBatch batch)
    {
        foreach (Wish wish in batch.Matches)
        {
            if (wish.Subscription is { } own)
            {
                if (own.Wants(publication) && access.MayReceive(own.Session, publication)) batch.Add(own, publication);
            }
            else if (wish.Group!.Choose(publication.Topic, member => member.Wants(publication) && access.MayReceive(member.Session, publication)) is { } member)
            {
                batch.Add(member, publication);
            }
        }
    }

    /// <summary>Delivers a publication that no channel's log has.</summary>
    /// <param name="publication">What.</param>
    /// <param name="batch">Woken by the caller when it is through.</param>
    /// <param name="durable">Tasks that end when the sessions that outlive their connections have it on disk are added here.</param>
    internal void Route(Publication publication, DeliveryBatch batch, List<Task> durable)
    {
        if (!Match(publication.Topic, publication.Cid, batch)) return;
        Choose(publication, batch);
        for (int i = 0; i < batch.Count; i++) Deliver(batch.SessionAt(i), batch.DeliveryAt(i, publication), batch, durable);
    }

    /// <summary>Delivers to one session what no log gives it.</summary>
    internal void Deliver(Session session, in Delivery delivery, DeliveryBatch batch, List<Task> durable)
    {
        if (delivery.Qos > 0 && session.IsPersistent)
        {
            durable.Add(queues.AppendAsync(session, delivery));
            return;
        }
        OfferOutcome outcome = session.Offer(delivery, out ClientConnection? toWake);
        batch.Wake(toWake);
        if (outcome is OfferOutcome.Full) Drop(session, delivery);
    }

    /// <summary>A gap in QoS 0 is what a slow client gets; one in QoS 1 must be seen by it: it loses its connection.</summary>
    private void Drop(Session session, in Delivery delivery)
    {
        counters.CountDropped();
        if (delivery.Qos > 0) Cut(session);
    }

    /// <summary>Disconnects a client that is too slow.</summary>
    internal void Cut(Session session)
    {
        if (session.Connection is not { } connection || connection.IsClosing) return;
        MqttLog.TooSlow(logger, session.Key.ClientId, MqttLimits.OutboxCountMax);
        connection.Close(MqttDisconnectReasonCode.QuotaExceeded);
    }
}
