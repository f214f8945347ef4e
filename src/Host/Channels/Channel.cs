using Gateway.Codecs;
using Gateway.Host.Listeners;
using Gateway.Storage;

namespace Gateway.Host.Channels;

/// <summary>An entry point for devices: one protocol, one port, one buffer of messages.</summary>
public sealed class Channel
{
    /// <summary><see cref="Blocked"/>: the connection limit is reached.</summary>
    public const int BlockedByConnections = 1;

    /// <summary><see cref="Blocked"/>: the limit of messages per minute is reached.</summary>
    public const int BlockedByMessages = 2;

    /// <summary><see cref="Blocked"/>: the limit of bytes per minute is reached.</summary>
    public const int BlockedByTraffic = 3;

    /// <summary><see cref="Blocked"/>: the buffer is full, or its disk does not work.</summary>
    public const int BlockedByStorage = 4;

    /// <summary><see cref="Blocked"/>: the channel can't be opened: its port is taken, its protocol is not there, or its buffer is damaged.</summary>
    public const int BlockedByConfiguration = 6;

    private int _blockedSeen;
    private Codec _codec;

    internal Channel(ChannelDefinition definition, ChannelSettings settings, Codec codec, IMessageLog log, ChannelRings rings, TimeProvider clock)
    {
        Definition = definition;
        Settings = settings;
        _codec = codec;
        Log = log;
        Rings = rings;
        Clock = clock;
        Minute = new MinuteBudget(clock);
        Connections = new ConnectionRegistry(this);
        Events = new ChannelEvents(this);
    }

    /// <summary>Number of the channel.</summary>
    public long Id => Definition.Id;

    /// <summary>What users decided; replaced as a whole when they change it.</summary>
    public ChannelDefinition Definition { get; internal set; }

    /// <summary>The definition's configuration, checked.</summary>
    public ChannelSettings Settings { get; internal set; }

    /// <summary>The protocol. May be replaced while the channel runs; each connection follows with its next bytes.</summary>
    public Codec Codec
    {
        get => Volatile.Read(ref _codec);
        internal set => Volatile.Write(ref _codec, value);
    }

    /// <summary>The buffer.</summary>
    public IMessageLog Log { get; }

    /// <summary>Raw traffic and events.</summary>
    public ChannelRings Rings { get; }

    /// <summary>The devices connected now.</summary>
    public ConnectionRegistry Connections { get; }

    /// <summary>What happened since the process started.</summary>
    public ChannelCounters Counters { get; } = new();

    /// <summary>Where events are told.</summary>
    public ChannelEvents Events { get; }

    /// <summary>Why the channel takes no data now: 0 it does, 1 connection limit, 2 messages per minute, 3 bytes per minute, 4 buffer full, 6 it can't be opened.</summary>
    public int Blocked
    {
        get
        {
            if (Fault is not null) return BlockedByConfiguration;
            LogState log = Log.State;
            if (log.IsFull || !log.IsAvailable) return BlockedByStorage;
            if (ListenProblem is not null) return BlockedByConfiguration;
            if (Minute.Blocked(Settings) is > 0 and int minute) return minute;
            return Connections.IsLimitHit ? BlockedByConnections : 0;
        }
    }

    /// <summary>Why the port can't be opened, null when it is open or the channel is disabled.</summary>
    public string? ListenProblem { get; internal set; }

    /// <summary>Why the channel could not be opened when the gateway started; null when it was. Its port is closed then, and its buffer stays on disk as it is.</summary>
    public string? Fault { get; internal init; }

    /// <summary>In words why <see cref="Blocked"/> is <see cref="BlockedByConfiguration"/>; null when it is not.</summary>
    public string? BlockedReason => Fault ?? ListenProblem;

    /// <summary>Tells of a buffer that fills up.</summary>
    internal BufferWatch Buffer { get; } = new();

    internal TimeProvider Clock { get; }

    internal MinuteBudget Minute { get; }

    /// <summary>The revision of the stored definition.</summary>
    internal long Revision { get; set; }

    internal ChannelListener? Listener { get; set; }

    internal long NowUs => Clock.GetUtcNow().ToUnixTimeUs();

    /// <summary>Notes that a limit stops the channel.</summary>
    /// <returns>True for the first of many connections that notice.</returns>
    internal bool NoteBlocked(int code)
    {
        if (Interlocked.Exchange(ref _blockedSeen, code) == code) return false;
        Events.Add(new ChannelEvent(NowUs, ChannelEventCode.Blocked) { Blocked = code });
        return true;
    }

    /// <summary>Notes that no limit stops it any more.</summary>
    /// <returns>True for the first that notices.</returns>
    internal bool NoteUnblocked()
    {
        int code = Interlocked.Exchange(ref _blockedSeen, 0);
        if (code == 0) return false;
        Events.Add(new ChannelEvent(NowUs, ChannelEventCode.Unblocked) { Blocked = code });
        return true;
    }
}

/// <summary>Times of the host in the gateway's unit.</summary>
internal static class UnixTime
{
    /// <summary>µs since 1970 UTC.</summary>
    public static long ToUnixTimeUs(this DateTimeOffset time) => (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;
}
