using Gateway.Host.Channels;
using MQTTnet.Protocol;

namespace Gateway.Host.Mqtt.Logs;

/// <summary>What event codes of MQTT sessions and their close codes mean: a part of <see cref="EventTable"/>.</summary>
internal static class SessionEventTable
{
    /// <summary>Reasons of MQTT 5 for the end of a connection: what the client said, or what it was told.</summary>
    internal static IReadOnlyList<CodeMeaning> CloseCodes { get; } =
    [
        Row(MqttDisconnectReasonCode.NormalDisconnection, EventSeverity.Info, "the client took leave"),
        Row(MqttDisconnectReasonCode.DisconnectWithWillMessage, EventSeverity.Info, "the client took leave and wants its will said"),
        Row(MqttDisconnectReasonCode.UnspecifiedError, EventSeverity.Warning, "the client vanished without a word, or told no reason"),
        Row(MqttDisconnectReasonCode.MalformedPacket, EventSeverity.Warning, "a packet could not be decoded"),
        Row(MqttDisconnectReasonCode.ProtocolError, EventSeverity.Warning, "a packet that the protocol does not allow there"),
        Row(MqttDisconnectReasonCode.ImplementationSpecificError, EventSeverity.Warning, "the client did not like a packet"),
        Row(MqttDisconnectReasonCode.NotAuthorized, EventSeverity.Notice, "the token or the time of the session ended"),
        Row(MqttDisconnectReasonCode.ServerBusy, EventSeverity.Alert, "the disk did not take what the client was to be told is stored"),
        Row(MqttDisconnectReasonCode.ServerShuttingDown, EventSeverity.Info, "the gateway stops"),
        Row(MqttDisconnectReasonCode.KeepAliveTimeout, EventSeverity.Warning, "nothing came for one and a half times the keep alive"),
        Row(MqttDisconnectReasonCode.SessionTakenOver, EventSeverity.Warning, "another connection with the same client id came"),
        Row(MqttDisconnectReasonCode.TopicFilterInvalid, EventSeverity.Warning, "a filter that is none"),
        Row(MqttDisconnectReasonCode.TopicNameInvalid, EventSeverity.Warning, "a topic that is none"),
        Row(MqttDisconnectReasonCode.ReceiveMaximumExceeded, EventSeverity.Warning, "more unacknowledged publishes than may be"),
        Row(MqttDisconnectReasonCode.TopicAliasInvalid, EventSeverity.Warning, "a topic alias that there is not"),
        Row(MqttDisconnectReasonCode.PacketTooLarge, EventSeverity.Warning, "a packet is too long"),
        Row(MqttDisconnectReasonCode.MessageRateTooHigh, EventSeverity.Warning, "the client got too many messages"),
        Row(MqttDisconnectReasonCode.QuotaExceeded, EventSeverity.Warning, "more waited for the client than may"),
        Row(MqttDisconnectReasonCode.AdministrativeAction, EventSeverity.Notice, "the session was deleted by a user"),
        Row(MqttDisconnectReasonCode.PayloadFormatInvalid, EventSeverity.Warning, "a payload is not what it says"),
        Row(MqttDisconnectReasonCode.RetainNotSupported, EventSeverity.Warning, "retained messages are not supported"),
        Row(MqttDisconnectReasonCode.QoSNotSupported, EventSeverity.Warning, "a publish of QoS 2 over MQTT 5"),
        Row(MqttDisconnectReasonCode.UseAnotherServer, EventSeverity.Info, "use another server"),
        Row(MqttDisconnectReasonCode.ServerMoved, EventSeverity.Info, "use another server from now on"),
        Row(MqttDisconnectReasonCode.SharedSubscriptionsNotSupported, EventSeverity.Warning, "shared subscriptions are not supported"),
        Row(MqttDisconnectReasonCode.ConnectionRateExceeded, EventSeverity.Warning, "too many connections in a short time"),
        Row(MqttDisconnectReasonCode.MaximumConnectTime, EventSeverity.Info, "the longest time of a connection is over"),
        Row(MqttDisconnectReasonCode.SubscriptionIdentifiersNotSupported, EventSeverity.Warning, "subscription identifiers are not supported"),
        Row(MqttDisconnectReasonCode.WildcardSubscriptionsNotSupported, EventSeverity.Warning, "wildcards are not supported"),
    ];

    internal static IReadOnlyList<EventMeaning> Events { get; } =
    [
        Row(SessionEventCode.Accepted, EventSeverity.Info, "MQTT client let in"),
        Row(SessionEventCode.Blocked, EventSeverity.Alert, "MQTT client kept out by a limit"),
        Row(SessionEventCode.Rejected, EventSeverity.Warning, "MQTT client kept out because of what it asked for"),
        new((int)SessionEventCode.Closed, EventSeverity.Info, "MQTT connection closed", EventTable.CloseCodeName) { Codes = CloseCodes },
        Row(SessionEventCode.Overflowed, EventSeverity.Alert, "what waited for an MQTT session was more than may, and is lost"),
        Row(SessionEventCode.SubscriptionCreated, EventSeverity.Notice, "MQTT session subscribed over REST"),
        Row(SessionEventCode.SubscriptionUpdated, EventSeverity.Notice, "subscription of an MQTT session replaced over REST"),
        Row(SessionEventCode.SubscriptionDeleted, EventSeverity.Notice, "subscription of an MQTT session ended over REST"),
        Row(SessionEventCode.Subscribed, EventSeverity.Info, "MQTT client subscribed"),
        Row(SessionEventCode.Unsubscribed, EventSeverity.Info, "MQTT client unsubscribed"),
    ];

    private static EventMeaning Row(SessionEventCode code, EventSeverity severity, string description) => new((int)code, severity, description);

    private static CodeMeaning Row(MqttDisconnectReasonCode code, EventSeverity severity, string description) => new((int)code, severity, description);
}
