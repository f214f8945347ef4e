using System.Buffers;
using System.Buffers.Binary;
using Gateway.Host.Mqtt.Routing;

namespace Gateway.Host.Mqtt.Wire;

/// <summary>Writes PUBLISH packets: a head of the receiver's own, then topic, properties and payload of the shared publication.</summary>
/// <remarks>flags 1 | remaining length 1–4 | topic length 2 | topic | packet id 2 if QoS 1 | properties length 1–4 | subscription identifiers | properties | payload; the parts about properties in MQTT 5 only.</remarks>
internal static class PublishFrame
{
    private const byte Publish = 0x30, DuplicateFlag = 0x08, QosFlag = 0x02, RetainFlag = 0x01;
    private const byte SubscriptionIdentifier = 0x0B;

    /// <summary>Bytes that the packet takes.</summary>
    internal static int SizeOf(in Delivery delivery, bool isVersion5)
    {
        int remaining = RemainingBytes(delivery, isVersion5, out _);
        return 1 + VariableInteger.SizeOf(remaining) + remaining;
    }

    /// <summary>Writes a packet.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="delivery">What.</param>
    /// <param name="packetId">Its number, for QoS 1.</param>
    /// <param name="isDuplicate">It may have been sent before.</param>
    /// <param name="isVersion5">The receiver speaks MQTT 5.</param>
    /// <returns>Bytes written.</returns>
    internal static int Write(IBufferWriter<byte> output, in Delivery delivery, ushort packetId, bool isDuplicate, bool isVersion5)
    {
        Publication publication = delivery.Publication;
        ReadOnlySpan<byte> topic = publication.TopicBytes;
        int remaining = RemainingBytes(delivery, isVersion5, out int propertyBytes);
        int headBytes = 1 + VariableInteger.SizeOf(remaining) + remaining - publication.Payload.Length;
        Span<byte> head = output.GetSpan(headBytes);
        head[0] = (byte)(Publish | (isDuplicate ? DuplicateFlag : 0) | (delivery.Qos > 0 ? QosFlag : 0) | (delivery.IsRetained ? RetainFlag : 0));
        int at = 1 + VariableInteger.Write(head[1..], remaining);
        BinaryPrimitives.WriteUInt16BigEndian(head[at..], (ushort)topic.Length);
        topic.CopyTo(head[(at + 2)..]);
        at += 2 + topic.Length;
        if (delivery.Qos > 0)
        {
            BinaryPrimitives.WriteUInt16BigEndian(head[at..], packetId);
            at += 2;
        }
        if (isVersion5)
        {
            at += VariableInteger.Write(head[at..], propertyBytes);
            foreach (uint identifier in delivery.Identifiers)
            {
                head[at++] = SubscriptionIdentifier;
                at += VariableInteger.Write(head[at..], (int)identifier);
            }
            publication.Properties.CopyTo(head[at..]);
            at += publication.Properties.Length;
        }
        output.Advance(at);
        output.Write(publication.Payload.Span);
        return at + publication.Payload.Length;
    }

    private static int RemainingBytes(in Delivery delivery, bool isVersion5, out int propertyBytes)
    {
        Publication publication = delivery.Publication;
        propertyBytes = 0;
        int bytes = 2 + publication.TopicBytes.Length + (delivery.Qos > 0 ? 2 : 0) + publication.Payload.Length;
        if (!isVersion5) return bytes;
        propertyBytes = publication.Properties.Length;
        foreach (uint identifier in delivery.Identifiers) propertyBytes += 1 + VariableInteger.SizeOf((int)identifier);
        return bytes + VariableInteger.SizeOf(propertyBytes) + propertyBytes;
    }
}
