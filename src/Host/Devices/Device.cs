using Gateway.Codecs;
using Gateway.Host.Channels;
using Gateway.Host.Devices.Commands;
using Gateway.Host.Devices.Telemetry;
using Gateway.Host.Listeners;

namespace Gateway.Host.Devices;

/// <summary>A registered device: what users decided about it, and what is known of it now.</summary>
internal sealed class Device
{
    private readonly Lock _gate = new();
    private readonly List<DeviceConnection> _connections = [];
    private readonly DeviceEvents _events;
    private DeviceDefinition _definition;
    private MessageDevice _facts;
    private long _lastActiveUs;
    private CommandQueue? _commands;

    internal Device(DeviceDefinition definition, string? model, long revision, DeviceEvents events, NameTable names)
    {
        Model = model;
        _events = events;
        _definition = definition;
        _facts = FactsOf(definition);
        Telemetry = new TelemetryValues(names) { ToldDevice = _facts };
        Revision = revision;
        Ident = IdentOf(definition);
    }

    /// <summary>Number of the device.</summary>
    internal long Id => Definition.Id;

    /// <summary>What users decided; replaced as a whole when they change it.</summary>
    internal DeviceDefinition Definition => Volatile.Read(ref _definition);

    /// <summary>What messages say about the device.</summary>
    internal MessageDevice Facts => Volatile.Read(ref _facts);

    /// <summary>The ident in its normal form (<see cref="IdentRule"/>); null without a type.</summary>
    internal string? Ident { get; private set; }

    /// <summary>The model that codecs are told; null when the type names none.</summary>
    internal string? Model { get; private set; }

    /// <summary>The revision of the stored definition. Only for the directory.</summary>
    internal long Revision { get; private set; }

    /// <summary>The last value of each parameter.</summary>
    internal TelemetryValues Telemetry { get; }

    /// <summary>Where its messages lie.</summary>
    internal DeviceTracks Tracks { get; } = new();

    /// <summary>Whether messages from before its registration are in <see cref="Telemetry"/> and <see cref="Tracks"/>.</summary>
    internal DeviceHistory History { get; } = new();

    /// <summary>Its commands; null as long as it never had any.</summary>
    internal CommandQueue? Commands => Volatile.Read(ref _commands);

    /// <summary>Whether a command waits to be sent, and nothing stands against it. Kept by the queue; looked at by the pumps after each read.</summary>
    internal volatile bool IsCommandDue;

    /// <summary>Whether it is connected now.</summary>
    internal bool IsConnected
    {
        get
        {
            lock (_gate) return _connections.Count > 0;
        }
    }

    /// <summary>Its connections, oldest first.</summary>
    internal IReadOnlyList<DeviceConnection> Connections
    {
        get
        {
            lock (_gate) return [.. _connections];
        }
    }

    /// <summary>When it was heard last, µs since 1970; 0 when never. A connection that is open counts with its last byte.</summary>
    internal long LastActiveUs
    {
        get
        {
            long last = HeardUs;
            foreach (DeviceConnection connection in Connections) last = Math.Max(last, connection.LastActiveUs);
            return last;
        }
    }

    /// <summary>When it was heard last, µs since 1970, apart from what open connections know; 0 when never.</summary>
    internal long HeardUs => Volatile.Read(ref _lastActiveUs);

    /// <summary>Notes that it was heard.</summary>
    internal void NoteActive(long timeUs)
    {
        long seen = Volatile.Read(ref _lastActiveUs);
        while (seen < timeUs)
        {
            long before = Interlocked.CompareExchange(ref _lastActiveUs, timeUs, seen);
            if (before == seen) return;
            seen = before;
        }
    }

    /// <summary>Takes up what users decided. Only for the directory, one change at a time.</summary>
    internal void Accept(DeviceDefinition definition, string? model, long revision)
    {
        Model = model;
        Volatile.Write(ref _definition, definition);
        Volatile.Write(ref _facts, FactsOf(definition));
        Revision = revision;
        Ident = IdentOf(definition);
    }

    /// <summary>Its commands, made at the first use.</summary>
    internal CommandQueue OpenCommands(Func<CommandQueue> make)
    {
        lock (_gate) return _commands ??= make();
    }

    /// <summary>Has its connections look for commands; a device that sends datagrams is reached with its next one.</summary>
    internal void Wake()
    {
        foreach (DeviceConnection connection in Connections) connection.Wake();
    }

    /// <summary>Notes a connection of the device.</summary>
    internal void Add(DeviceConnection connection)
    {
        lock (_gate)
        {
            if (_connections.Contains(connection)) return;
            _connections.Add(connection);
        }
        NoteActive(connection.LastActiveUs);
        Note(EventOf(connection, DeviceEventCode.Connected));
    }

    /// <summary>Notes that a connection ended, or is another device's now.</summary>
    internal void Remove(DeviceConnection connection)
    {
        lock (_gate)
        {
            if (!_connections.Remove(connection)) return;
        }
        Commands?.ConnectionEnded(connection);
        NoteActive(connection.LastActiveUs);
        Note(EventOf(connection, DeviceEventCode.Disconnected) with
        {
            CloseCode = connection.CloseCode,
            BytesReceived = connection.BytesReceived,
            BytesSent = connection.BytesSent,
            Messages = connection.Messages,
            DurationUs = connection.Channel.NowUs - connection.EstablishedUs,
        });
    }

    /// <summary>Tells whoever keeps logs that something happened to it.</summary>
    internal void Note(in DeviceEvent happened) => _events.Add(this, happened);

    private static DeviceEvent EventOf(DeviceConnection connection, DeviceEventCode code) => new(connection.Channel.NowUs, code)
    {
        ChannelId = connection.Channel.Id,
        ConnectionId = connection.Id,
        Ident = connection.Ident,
        Source = connection.Source,
        Transport = connection.Transport is Transport.Udp ? "udp" : "tcp",
    };

    private static MessageDevice FactsOf(DeviceDefinition definition) => new(definition.Id, definition.Name, definition.DeviceTypeId);

    private static string? IdentOf(DeviceDefinition definition) => definition.Ident is { } ident ? IdentRule.Normalize(ident) : null;
}
