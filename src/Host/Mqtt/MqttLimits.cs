namespace Gateway.Host.Mqtt;

/// <summary>What bounds MQTT clients besides the limits of their accounts.</summary>
internal static class MqttLimits
{
    /// <summary>Longest packet of a client in bytes; told to it on MQTT 5.</summary>
    internal const int PacketBytesMax = 1024 * 1024;

    /// <summary>Longest first packet: client id, will, user name and password. Until it is read nobody knows who sends it.</summary>
    internal const int ConnectBytesMax = 256 * 1024;

    /// <summary>Longest client id in characters.</summary>
    internal const int ClientIdLengthMax = 1024;

    /// <summary>Most levels of a topic or filter.</summary>
    internal const int TopicLevelsMax = 64;

    /// <summary>Most values in the comma lists of one filter.</summary>
    internal const int ListValuesMax = 10_000;

    /// <summary>Most connections at one time.</summary>
    internal const int ConnectionsMax = 20_000;

    /// <summary>Most connections at one time that have not said who they are.</summary>
    internal const int StrangersMax = 1_000;

    /// <summary>A connection that has not said who it is for this long is closed.</summary>
    internal static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    /// <summary>A connection that is being closed and does not take its last bytes for this long is cut.</summary>
    internal static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Most deliveries that wait in memory for one client. Messages of channels beyond wait in the channel's log, others are dropped or cost the client its connection.</summary>
    internal const int OutboxCountMax = 1_024;

    /// <summary>Most bytes of payload that wait in memory for one client; one delivery may wait whatever its size.</summary>
    internal const int OutboxBytesMax = 1024 * 1024;

    /// <summary>Bytes that wait in the system for one client's socket; the system doubles it for its own books.</summary>
    internal const int SocketBytesMax = 256 * 1024;

    /// <summary>Bytes of answers to a client's own packets that wait for it; beyond, the client is not read.</summary>
    internal const int ReplyBytesMax = 64 * 1024;

    /// <summary>Most deliveries that a client has not acknowledged, whatever its Receive Maximum.</summary>
    internal const int InflightMax = 1_000;

    /// <summary>Most subscriptions of one session.</summary>
    internal const int SubscriptionsMax = 20_000;

    /// <summary>Most sessions of a gateway.</summary>
    internal const int SessionsMax = 100_000;

    /// <summary>Longest life of a session without its client, also of those of MQTT 3 that name none.</summary>
    internal static readonly TimeSpan SessionExpiryMax = TimeSpan.FromDays(30);

    /// <summary>Most REST requests of one client that are not answered yet.</summary>
    internal const int RequestsPerClientMax = 16;

    /// <summary>Most REST requests of all clients that are not answered yet.</summary>
    internal const int RequestsMax = 256;

    /// <summary>How long the REST requests of a client go on after it went.</summary>
    internal static readonly TimeSpan RequestGrace = TimeSpan.FromSeconds(5);

    /// <summary>Longest answer to a REST request: with the longest topic and its properties it makes a packet as long as a client may send itself.</summary>
    internal const int AnswerBytesMax = PacketBytesMax - 70 * 1024;

    /// <summary>Most events of one client that are noted in a minute: one that comes and goes all the time must not crowd out the others.</summary>
    internal const int ClientEventsPerMinuteMax = 100;

    /// <summary>Most events of all clients of an account that are noted in a minute.</summary>
    internal const int AccountEventsPerMinuteMax = 3_000;

    /// <summary>Most retained messages of clients.</summary>
    internal const int RetainedCountMax = 100_000;

    /// <summary>Bytes that wait for one session on disk where no limit of its account says otherwise.</summary>
    internal const long SessionStorageBytes = 100_000_000;

    /// <summary>Bytes of retained messages of an account where no limit says otherwise.</summary>
    internal const long RetainedStorageBytes = 100_000_000;
}
