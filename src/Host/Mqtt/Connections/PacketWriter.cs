using System.Buffers.Binary;
using MQTTnet.Formatter;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace Gateway.Host.Mqtt.Connections;

/// <summary>Encodes answers for one client. One thread at a time.</summary>
internal sealed class PacketWriter(ClientConnection connection)
{
    private const int FirstBytes = 256;

    private readonly MqttPacketFormatterAdapter _formatter = new(new MqttBufferWriter(FirstBytes, MqttLimits.ReplyBytesMax));

    /// <summary>The formatter, for what is read.</summary>
    internal MqttPacketFormatterAdapter Formatter => _formatter;

    /// <summary>Answers with a packet.</summary>
    internal void Reply(MqttPacket packet)
    {
        connection.Reply(_formatter.Encode(packet).Packet);
        _formatter.Cleanup();
    }

    /// <summary>Acknowledges a publish of QoS 1.</summary>
    internal void Acknowledge(ushort number, MqttPubAckReasonCode reason) => Short(MqttControlPacketType.PubAck, 0, number, (byte)reason);

    /// <summary>The first of the two answers to a publish of QoS 2.</summary>
    internal void Receive(ushort number) => Short(MqttControlPacketType.PubRec, 0, number, 0);

    /// <summary>The second of the two answers to a publish of QoS 2.</summary>
    internal void Complete(ushort number) => Short(MqttControlPacketType.PubComp, 0, number, 0);

    /// <summary>Answers a ping.</summary>
    internal void Pong() => connection.Reply([(byte)MqttControlPacketType.PingResp << 4, 0]);

    private void Short(MqttControlPacketType type, byte flags, ushort number, byte reason)
    {
        // A reason other than success has a byte of its own in MQTT 5, and can't be told in MQTT 3.
        bool hasReason = connection.IsVersion5 && reason != 0;
        Span<byte> packet = [(byte)((byte)type << 4 | flags), (byte)(hasReason ? 3 : 2), 0, 0, reason];
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], number);
        connection.Reply(packet[..(hasReason ? 5 : 4)]);
    }
}
