namespace Gateway.Host.Mqtt;

/// <summary>Why a connection or packet was refused or ended; the names are the names of the counters.</summary>
internal enum MqttRefusal
{
    /// <summary>No valid token.</summary>
    NoToken,
    /// <summary>The account's sessions, or those of the gateway, are used up.</summary>
    SessionLimit,
    /// <summary>The client id is too long, or missing where it must not.</summary>
    ClientId,
    /// <summary>Too many connections.</summary>
    ConnectionLimit,
    /// <summary>It did not say who it is in time.</summary>
    ConnectTimeout,
    /// <summary>What came is no MQTT, or not allowed by it.</summary>
    Malformed,
    /// <summary>A packet is too long.</summary>
    TooLarge,
    /// <summary>Nothing came for one and a half times the keep alive.</summary>
    KeepAlive,
    /// <summary>A publish was not allowed.</summary>
    Publish,
    /// <summary>A limit of the account stopped a publish.</summary>
    PublishLimit,
    /// <summary>A subscription was not allowed.</summary>
    Subscription,
    /// <summary>A limit of the account stopped a subscription.</summary>
    SubscriptionLimit,
}

/// <summary>What the broker did since the start. Any number of threads.</summary>
internal sealed class MqttCounters
{
    private readonly long[] _refusals = new long[Enum.GetValues<MqttRefusal>().Length];
    private long _published;
    private long _received;
    private long _dropped;
    private long _tooLarge;
    private long _missed;
    private long _unlogged;

    /// <summary>Messages of the gateway that somebody wanted.</summary>
    internal long Published => Volatile.Read(ref _published);

    /// <summary>Messages that clients published.</summary>
    internal long Received => Volatile.Read(ref _received);

    /// <summary>Deliveries dropped because a client was too slow.</summary>
    internal long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Deliveries left out because the client takes no packets of their size.</summary>
    internal long TooLarge => Volatile.Read(ref _tooLarge);

    /// <summary>Times that a session came back to a log whose oldest messages were gone.</summary>
    internal long Missed => Volatile.Read(ref _missed);

    /// <summary>Events of sessions that were not noted, since their client or account had too many in a minute.</summary>
    internal long Unlogged => Volatile.Read(ref _unlogged);

    /// <summary>How often something was refused for a reason.</summary>
    internal long Of(MqttRefusal reason) => Volatile.Read(ref _refusals[(int)reason]);

    internal void CountPublished() => Interlocked.Increment(ref _published);

    internal void CountReceived() => Interlocked.Increment(ref _received);

    internal void CountDropped() => Interlocked.Increment(ref _dropped);

    internal void CountTooLarge() => Interlocked.Increment(ref _tooLarge);

    internal void CountMissed() => Interlocked.Increment(ref _missed);

    internal void CountUnlogged() => Interlocked.Increment(ref _unlogged);

    internal void Count(MqttRefusal reason) => Interlocked.Increment(ref _refusals[(int)reason]);
}
