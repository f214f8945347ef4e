using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using Gateway.Host.Accounts;
using Gateway.Host.Configuration;
using Gateway.Host.Mqtt.Logs;
using Gateway.Host.Mqtt.Sessions;
using Gateway.Host.Mqtt.Topics;
using Gateway.Host.Mqtt.Wire;
using MQTTnet.Adapter;
using MQTTnet.Formatter;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace Gateway.Host.Mqtt.Connections;

/// <summary>Reads the first packet of a connection and lets its client in, or says why not.</summary>
internal sealed class Admission(SessionDirectory sessions, AccessTokens tokens, GuessGuard guesses, SessionJournal journal, MqttCounters counters, ILogger<Admission> logger)
{
    /// <summary>Lets a client in.</summary>
    /// <returns>Its session and what it wants to be said when it is lost; null when it stays out. The connection is then answered as far as it can be.</returns>
    internal async Task<Admitted?> TryAdmitAsync(ClientConnection connection, PacketWriter writer)
    {
        MqttConnectPacket? packet = await ReadAsync(connection, writer).ConfigureAwait(false);
        if (packet is null) return null;
        connection.IsVersion5 = writer.Formatter.ProtocolVersion is MqttProtocolVersion.V500;
        bool isClean = packet.CleanSession;
        string clientId = packet.ClientId ?? "";
        bool isNamed = clientId.Length > 0;
        if (TokenOf(connection, packet) is not { } token) return Refuse(connection, writer, MqttRefusal.NoToken, MqttConnectReasonCode.NotAuthorized);
        var happened = new SessionEvent(SessionEventCode.Rejected, new SessionKey(token.Cid, clientId)) { Source = connection.Remote?.ToString(), TokenId = token.Id };
        if (ProblemOf(packet, connection.IsVersion5) is ({ } refusal, var reason))
        {
            journal.Note(happened with { Reason = reason.ToString() });
            return Refuse(connection, writer, refusal, reason);
        }
        if (!isNamed) clientId = Guid.NewGuid().ToString("n");

        TimeSpan expiry = connection.IsVersion5 ? ExpiryOf(packet.SessionExpiryInterval) : isClean ? TimeSpan.Zero : MqttLimits.SessionExpiryMax;
        connection.KeepAlive = TimeSpan.FromSeconds(packet.KeepAlivePeriod);
        if (connection.IsVersion5 && packet.MaximumPacketSize > 0) connection.PacketBytesMax = packet.MaximumPacketSize;
        int receiveMaximum = connection.IsVersion5 && packet.ReceiveMaximum > 0 ? packet.ReceiveMaximum : ushort.MaxValue;
        var opening = new SessionOpening(new SessionKey(token.Cid, clientId), token, isClean, expiry, receiveMaximum, connection);
        happened = happened with { Key = opening.Key };
        if (sessions.TryOpen(opening) is not { } opened)
        {
            journal.Note(happened with { Code = SessionEventCode.Blocked, Reason = "the account's sessions are used up" });
            return Refuse(connection, writer, MqttRefusal.SessionLimit, MqttConnectReasonCode.QuotaExceeded);
        }
        await opened.Stored.ConfigureAwait(false);
        journal.Note(happened with { Code = SessionEventCode.Accepted, SessionId = opened.Session.Number });

        Answer(connection, writer, opened.Session, opened.IsPresent, isNamed ? null : clientId);
        connection.Begin(opened.Session);
        return new Admitted(opened.Session, packet.WillFlag ? WillOf(packet) : null, TimeSpan.FromSeconds(packet.WillDelayInterval));
    }

    /// <summary>What is wrong with what a client asks for; null when nothing is.</summary>
    private static (MqttRefusal? Refusal, MqttConnectReasonCode Reason) ProblemOf(MqttConnectPacket packet, bool isVersion5)
    {
        string clientId = packet.ClientId ?? "";
        if (clientId.Length > MqttLimits.ClientIdLengthMax || clientId.Contains('\0', StringComparison.Ordinal) || (clientId.Length == 0 && !packet.CleanSession && !isVersion5))
            return (MqttRefusal.ClientId, MqttConnectReasonCode.ClientIdentifierNotValid);
        if (packet.AuthenticationMethod is not null) return (MqttRefusal.NoToken, MqttConnectReasonCode.BadAuthenticationMethod);
        if (packet.WillFlag && (packet.WillTopic is null || !TopicLevels.IsTopic(packet.WillTopic))) return (MqttRefusal.Malformed, MqttConnectReasonCode.TopicNameInvalid);
        if (packet.WillFlag && packet.WillQoS is MqttQualityOfServiceLevel.ExactlyOnce && isVersion5) return (MqttRefusal.Malformed, MqttConnectReasonCode.QoSNotSupported);
        return default;
    }

    /// <summary>How long a session may outlive its connection.</summary>
    internal static TimeSpan ExpiryOf(uint seconds) => TimeSpan.FromSeconds(Math.Min(seconds, (uint)MqttLimits.SessionExpiryMax.TotalSeconds));

    private async Task<MqttConnectPacket?> ReadAsync(ClientConnection connection, PacketWriter writer)
    {
        var frames = new FrameReader();
        while (true)
        {
            ReadResult read = await connection.Input.ReadAsync(CancellationToken.None).ConfigureAwait(false);
            if (read.IsCanceled) return null;
            ReadOnlySequence<byte> unread = read.Buffer;
            FrameOutcome outcome = frames.TryRead(ref unread, MqttLimits.ConnectBytesMax, out ReceivedMqttPacket packet);
            MqttConnectPacket? connect = null;
            if (outcome is FrameOutcome.Packet) outcome = TryDecode(writer, packet, out connect) ? outcome : FrameOutcome.Malformed;
            connection.Input.AdvanceTo(unread.Start, outcome is FrameOutcome.Incomplete ? unread.End : unread.Start);
            if (connect is not null) return connect;
            if (outcome is FrameOutcome.Incomplete && !read.IsCompleted) continue;
            if (outcome is not FrameOutcome.Incomplete) Note(connection, outcome is FrameOutcome.TooLarge ? MqttRefusal.TooLarge : MqttRefusal.Malformed);
            return null;
        }
    }

    private static bool TryDecode(PacketWriter writer, ReceivedMqttPacket packet, out MqttConnectPacket? connect)
    {
        connect = null;
        if (packet.FixedHeader != (byte)MqttControlPacketType.Connect << 4) return false;
        try
        {
            writer.Formatter.DetectProtocolVersion(packet);
            connect = writer.Formatter.Decode(packet) as MqttConnectPacket;
            return connect is not null;
        }
        catch (Exception)
        {
            return false;       // the decoder says by all kinds of exceptions that a packet is none
        }
    }

    /// <summary>The token that a client shows as user name or as password; null when neither is one.</summary>
    private Token? TokenOf(ClientConnection connection, MqttConnectPacket packet)
    {
        IPAddress? address = connection.Remote?.Address;
        if (guesses.IsBlocked(address)) return null;
        string password = packet.Password is { Length: > 0 and <= AccessToken.LengthMax * 2 } bytes ? Encoding.UTF8.GetString(bytes) : "";
        if (tokens.TryFind(packet.Username, out Token? token) || tokens.TryFind(password, out token)) return token;
        guesses.Note(address, packet.Username);
        guesses.Note(address, password);
        return null;
    }

    private static void Answer(ClientConnection connection, PacketWriter writer, Session session, bool isPresent, string? assignedId) => writer.Reply(new MqttConnAckPacket
    {
        ReasonCode = MqttConnectReasonCode.Success,
        ReturnCode = MqttConnectReturnCode.ConnectionAccepted,
        IsSessionPresent = isPresent,
        AssignedClientIdentifier = connection.IsVersion5 ? assignedId : null,
        SessionExpiryInterval = (uint)session.Expiry.TotalSeconds,
        MaximumPacketSize = MqttLimits.PacketBytesMax,
        MaximumQoS = MqttQualityOfServiceLevel.AtLeastOnce,
        ReceiveMaximum = MqttLimits.InflightMax,
        RetainAvailable = true,
        SharedSubscriptionAvailable = true,
        SubscriptionIdentifiersAvailable = true,
        WildcardSubscriptionAvailable = true,
        // Clients of flespi read who they are from here, some without asking whether it is there.
        UserProperties = [new MqttUserProperty("token", Encoding.UTF8.GetBytes(Describe(session.Token)))],
    });

    private static string Describe(Token token) => StoredJson.Object(json =>
    {
        json.WriteNumber("id", token.Id);
        json.WriteNumber("cid", token.Cid);
        json.WritePropertyName("access");
        token.Access.Write(json);
        json.WriteString("info", token.Info);
        json.WriteNumber("created", token.Created);
        json.WriteNumber("ttl", token.Ttl);
        json.WriteNumber("expire", token.Expire);
    });

    private static MqttPublishPacket WillOf(MqttConnectPacket packet) => new()
    {
        Topic = packet.WillTopic,
        PayloadSegment = packet.WillMessage ?? [],
        QualityOfServiceLevel = packet.WillQoS,
        Retain = packet.WillRetain,
        ContentType = packet.WillContentType,
        CorrelationData = packet.WillCorrelationData,
        ResponseTopic = packet.WillResponseTopic,
        MessageExpiryInterval = packet.WillMessageExpiryInterval,
        PayloadFormatIndicator = packet.WillPayloadFormatIndicator,
        // The packet's buffer is used again before the will is.
        UserProperties = packet.WillUserProperties?.Select(property => new MqttUserProperty(property.Name, property.ValueBuffer.ToArray())).ToList(),
    };

    private Admitted? Refuse(ClientConnection connection, PacketWriter writer, MqttRefusal refusal, MqttConnectReasonCode reason)
    {
        Note(connection, refusal);
        writer.Reply(new MqttConnAckPacket { ReasonCode = reason, ReturnCode = ReturnCodeOf(reason) });
        return null;
    }

    private void Note(ClientConnection connection, MqttRefusal refusal)
    {
        counters.Count(refusal);
        MqttLog.Refused(logger, connection.Remote?.ToString() ?? "", refusal);
    }

    /// <summary>What MQTT 3 calls a reason.</summary>
    private static MqttConnectReturnCode ReturnCodeOf(MqttConnectReasonCode reason) => reason switch
    {
        MqttConnectReasonCode.ClientIdentifierNotValid => MqttConnectReturnCode.ConnectionRefusedIdentifierRejected,
        MqttConnectReasonCode.NotAuthorized => MqttConnectReturnCode.ConnectionRefusedNotAuthorized,
        _ => MqttConnectReturnCode.ConnectionRefusedServerUnavailable,
    };
}

/// <summary>A client that was let in.</summary>
/// <param name="Session">Its session.</param>
/// <param name="Will">What is to be said when it is lost; null for nothing.</param>
/// <param name="WillDelay">How long after that.</param>
internal sealed record Admitted(Session Session, MqttPublishPacket? Will, TimeSpan WillDelay);
