using System.Buffers;
using Gateway.Host.Accounts;
using Gateway.Host.Channels;
using Gateway.Host.Mqtt.Requests;
using Gateway.Host.Mqtt.Routing;
using Gateway.Host.Mqtt.Sessions;
using Gateway.Host.Mqtt.Wire;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace Gateway.Host.Mqtt.Connections;

/// <summary>Takes what clients publish, wills included: rights, limits, what is retained, and the way to subscribers.</summary>
internal sealed class ClientPublishing(SessionAccess access, Router router, RetainedMessages retained, RestRequests requests, MqttCounters counters, TimeProvider clock)
{
    /// <summary>Publishes a message of a client.</summary>
    /// <param name="session">Whose it is.</param>
    /// <param name="packet">The message; its payload is copied.</param>
    /// <param name="batch">Woken by the caller.</param>
    /// <param name="durable">Tasks to wait for before it is acknowledged are added here.</param>
    /// <returns>What an acknowledgement says.</returns>
    internal MqttPubAckReasonCode Publish(Session session, MqttPublishPacket packet, DeliveryBatch batch, List<Task> durable)
    {
        if (RestRequests.IsRequest(packet.Topic)) return Request(session, packet);
        if (TopicFilter.IsReserved(packet.Topic) || !access.MayPublish(session, packet.Topic)) return Refuse(MqttRefusal.Publish, MqttPubAckReasonCode.NotAuthorized);
        var publication = new Publication
        {
            Topic = packet.Topic,
            Payload = packet.Payload.ToArray(),
            Cid = session.Key.Cid,
            TimeUs = clock.GetUtcNow().ToUnixTimeUs(),
            Qos = packet.QualityOfServiceLevel is MqttQualityOfServiceLevel.AtMostOnce ? (byte)0 : (byte)1,
            IsRetained = packet.Retain,
            Sender = session,
            Extra = PublicationProperties.Of(packet),
        };
        return Publish(publication, isCounted: true, batch, durable);
    }

    /// <summary>Publishes a message whose sender may publish at its topic.</summary>
    /// <param name="publication">The message.</param>
    /// <param name="isCounted">Whether it counts against its account's messages per minute.</param>
    /// <param name="batch">Woken by the caller.</param>
    /// <param name="durable">Tasks to wait for before it is acknowledged are added here.</param>
    /// <returns>What an acknowledgement says.</returns>
    internal MqttPubAckReasonCode Publish(Publication publication, bool isCounted, DeliveryBatch batch, List<Task> durable)
    {
        if (isCounted && !access.TryCountPublish(publication.Cid)) return Refuse(MqttRefusal.PublishLimit, MqttPubAckReasonCode.QuotaExceeded);
        counters.CountReceived();
        if (publication.IsRetained)
        {
            if (retained.TryPut(publication) is not { } stored) return Refuse(MqttRefusal.PublishLimit, MqttPubAckReasonCode.QuotaExceeded);
            durable.Add(stored);
        }
        router.Route(publication, batch, durable);
        return MqttPubAckReasonCode.Success;
    }

    private MqttPubAckReasonCode Request(Session session, MqttPublishPacket packet)
    {
        if (!access.TryCountPublish(session.Key.Cid)) return Refuse(MqttRefusal.PublishLimit, MqttPubAckReasonCode.QuotaExceeded);
        counters.CountReceived();
        MqttPubAckReasonCode reason = requests.Take(session, packet);
        return reason is MqttPubAckReasonCode.Success ? reason : Refuse(MqttRefusal.Publish, reason);
    }

    private MqttPubAckReasonCode Refuse(MqttRefusal refusal, MqttPubAckReasonCode reason)
    {
        counters.Count(refusal);
        return reason;
    }
}
