using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Gateway.Host.Mqtt.Routing;
using Gateway.Host.Mqtt.Sessions;
using Gateway.Host.Mqtt.Wire;
using MQTTnet.Adapter;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace Gateway.Host.Mqtt.Connections;

/// <summary>How a connection ended, as far as its client had a say in it.</summary>
internal enum ClientEnd
{
    /// <summary>It went without a word, or was closed.</summary>
    Lost,
    /// <summary>It took leave, and its will is not wanted.</summary>
    Left,
}

/// <summary>Reads the packets of a client that said who it is, and does what they ask.</summary>
/// <remarks>A read → many packets → one wait for the disk → the acknowledgements, in order. What it publishes is acknowledged when every session that outlives its connection has it on disk.</remarks>
internal sealed class PacketPump(ClientConnection connection, Session session, PacketWriter writer, PumpServices services) : IDisposable
{
    private const int UnreleasedMax = 1_000;

    private readonly FrameReader _frames = new();
    private readonly DeliveryBatch _batch = new();
    private readonly List<Task> _durable = [];
    private readonly List<(ushort Number, MqttQualityOfServiceLevel Qos, MqttPubAckReasonCode Reason)> _acknowledgements = [];
    private readonly HashSet<ushort> _unreleased = [];
    private bool _hasAcknowledged;

    /// <summary>Why the client went, for the one that takes leave.</summary>
    internal ClientEnd End { get; private set; } = ClientEnd.Lost;

    /// <summary>The reason that the client told when it took leave; null when it did not.</summary>
    internal MqttDisconnectReasonCode? LeaveReason { get; private set; }

    /// <summary>Serves until the connection ends.</summary>
    internal async Task RunAsync()
    {
        while (!connection.IsClosing)
        {
            ReadResult read = await connection.Input.ReadAsync(CancellationToken.None).ConfigureAwait(false);
            if (read.IsCanceled) return;
            ReadOnlySequence<byte> unread = read.Buffer;
            connection.ReceivedAt = Environment.TickCount64;
            bool goesOn = true;
            bool hasMore = true;
            while (goesOn && hasMore)
            {
                goesOn = HandleSome(ref unread, out MqttPacket? subscribing);
                goesOn &= await SettleAsync().ConfigureAwait(false);
                hasMore = subscribing is not null;
                if (goesOn && hasMore) goesOn = await services.Subscriptions.HandleAsync(connection, session, writer, subscribing!).ConfigureAwait(false);
            }
            connection.Input.AdvanceTo(unread.Start, unread.End);
            if (!goesOn || read.IsCompleted) return;
            await connection.WaitForReplyRoomAsync().ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => writer.Formatter.Cleanup();

    /// <summary>Handles packets up to one that needs the disk before the next may be looked at.</summary>
    private bool HandleSome(ref ReadOnlySequence<byte> unread, out MqttPacket? subscribing)
    {
        subscribing = null;
        bool goesOn = true;
        while (goesOn && subscribing is null)
        {
            FrameOutcome outcome = _frames.TryRead(ref unread, MqttLimits.PacketBytesMax, out ReceivedMqttPacket packet);
            if (outcome is FrameOutcome.Incomplete) break;
            goesOn = outcome switch
            {
                FrameOutcome.Packet => Handle(packet, out subscribing),
                FrameOutcome.TooLarge => Refuse(MqttRefusal.TooLarge, MqttDisconnectReasonCode.PacketTooLarge, "packet too large"),
                _ => Refuse(MqttRefusal.Malformed, MqttDisconnectReasonCode.MalformedPacket, "no packet"),
            };
        }
        return goesOn;
    }

    private async ValueTask<bool> SettleAsync()
    {
        _batch.Complete();
        bool isStored = await WaitForDiskAsync().ConfigureAwait(false);
        foreach ((ushort number, MqttQualityOfServiceLevel qos, MqttPubAckReasonCode reason) in _acknowledgements)
        {
            if (qos is MqttQualityOfServiceLevel.ExactlyOnce) writer.Receive(number);
            else writer.Acknowledge(number, reason);
        }
        _acknowledgements.Clear();
        if (_hasAcknowledged)
        {
            connection.Wake();
            services.Places.Note(session);
        }
        _hasAcknowledged = false;
        return isStored;
    }

    /// <summary>Waits until what was published is on disk where it must be.</summary>
    /// <returns>False when it is not: the client is not told that it is, loses the connection, and publishes again.</returns>
    private async ValueTask<bool> WaitForDiskAsync()
    {
        if (_durable.Count == 0) return true;
        try
        {
            await Task.WhenAll(_durable).ConfigureAwait(false);
            return true;
        }
        catch (IOException failure)
        {
            MqttLog.StoreFault(services.Logger, failure);
            _acknowledgements.Clear();
            connection.Close(MqttDisconnectReasonCode.ServerBusy);
            return false;
        }
        finally
        {
            _durable.Clear();
        }
    }

    private bool Handle(ReceivedMqttPacket packet, out MqttPacket? subscribing)
    {
        subscribing = null;
        var type = (MqttControlPacketType)(packet.FixedHeader >> 4);
        int flags = packet.FixedHeader & 15;
        bool needsFlag = type is MqttControlPacketType.Subscribe or MqttControlPacketType.Unsubscribe or MqttControlPacketType.PubRel;
        if (type is not MqttControlPacketType.Publish && flags != (needsFlag ? 2 : 0)) return Refuse(MqttRefusal.Malformed, MqttDisconnectReasonCode.MalformedPacket, "flags");
        try
        {
            switch (type)
            {
                case MqttControlPacketType.Publish:
                    return Publish((MqttPublishPacket)writer.Formatter.Decode(packet), (flags >> 1) & 3);
                case MqttControlPacketType.PubAck:
                    return NumberOf(packet) is var number and not 0 ? Acknowledged(number) : Refuse(MqttRefusal.Malformed, MqttDisconnectReasonCode.MalformedPacket, "acknowledgement");
                case MqttControlPacketType.PubRel:
                    _unreleased.Remove(NumberOf(packet));
                    writer.Complete(NumberOf(packet));
                    return true;
                case MqttControlPacketType.Subscribe or MqttControlPacketType.Unsubscribe:
                    subscribing = writer.Formatter.Decode(packet);
                    return true;
                case MqttControlPacketType.PingReq:
                    writer.Pong();
                    return true;
                case MqttControlPacketType.Disconnect:
                    Leave((MqttDisconnectPacket)writer.Formatter.Decode(packet));
                    return false;
                default:
                    return Refuse(MqttRefusal.Malformed, MqttDisconnectReasonCode.ProtocolError, type.ToString());
            }
        }
        catch (Exception malformed)
        {
            // The decoder says by all kinds of exceptions that a packet is none.
            return Refuse(MqttRefusal.Malformed, MqttDisconnectReasonCode.MalformedPacket, malformed.GetType().Name);
        }
    }

    private bool Publish(MqttPublishPacket packet, int qos)
    {
        if (qos == 3 || !TopicsAreRight(packet)) return Refuse(MqttRefusal.Malformed, MqttDisconnectReasonCode.TopicNameInvalid, "topic or QoS");
        if (qos == 2 && connection.IsVersion5) return Refuse(MqttRefusal.Malformed, MqttDisconnectReasonCode.QoSNotSupported, "QoS 2");
        if (qos > 0 && packet.PacketIdentifier == 0) return Refuse(MqttRefusal.Malformed, MqttDisconnectReasonCode.ProtocolError, "packet number 0");
        if (qos == 2 && (_unreleased.Count >= UnreleasedMax || !_unreleased.Add(packet.PacketIdentifier)))
        {
            if (_unreleased.Count >= UnreleasedMax) return Refuse(MqttRefusal.Malformed, MqttDisconnectReasonCode.ReceiveMaximumExceeded, "unreleased publishes");
            writer.Receive(packet.PacketIdentifier);      // sent again: it was published the first time
            return true;
        }
        MqttPubAckReasonCode reason = services.Publishing.Publish(session, packet, _batch, _durable);
        if (qos > 0) _acknowledgements.Add((packet.PacketIdentifier, (MqttQualityOfServiceLevel)qos, reason));
        return true;
    }

    private static bool TopicsAreRight(MqttPublishPacket packet) =>
        packet.TopicAlias == 0 && packet.Topic is { } topic && Topics.TopicLevels.IsTopic(topic) && (packet.ResponseTopic is null || Topics.TopicLevels.IsTopic(packet.ResponseTopic));

    private bool Acknowledged(ushort number)
    {
        _hasAcknowledged |= session.Acknowledge(connection, number);
        return true;
    }

    private void Leave(MqttDisconnectPacket packet)
    {
        LeaveReason = packet.ReasonCode;
        if (packet.ReasonCode is not MqttDisconnectReasonCode.DisconnectWithWillMessage) End = ClientEnd.Left;
        // A session that was to end with its connection can't be made longer (MQTT 5, 3.14.2.2.2).
        if (connection.IsVersion5 && packet.SessionExpiryInterval != 0 && session.IsPersistent) session.Expiry = Admission.ExpiryOf(packet.SessionExpiryInterval);
    }

    private bool Refuse(MqttRefusal refusal, MqttDisconnectReasonCode reason, string detail)
    {
        services.Counters.Count(refusal);
        MqttLog.Closed(services.Logger, connection.Remote?.ToString() ?? "", refusal, detail);
        connection.Close(reason);
        return false;
    }

    private static ushort NumberOf(ReceivedMqttPacket packet) => packet.Body.Count >= 2 ? BinaryPrimitives.ReadUInt16BigEndian(packet.Body) : (ushort)0;
}

/// <summary>What all pumps share.</summary>
internal sealed class PumpServices(ClientSubscriptions subscriptions, ClientPublishing publishing, PlaceKeeper places, MqttCounters counters, ILogger<PacketPump> logger)
{
    internal ClientSubscriptions Subscriptions => subscriptions;

    internal ClientPublishing Publishing => publishing;

    internal PlaceKeeper Places => places;

    internal MqttCounters Counters => counters;

    internal ILogger Logger => logger;
}
