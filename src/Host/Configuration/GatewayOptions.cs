using System.Net;

namespace Gateway.Host.Configuration;

/// <summary>What a gateway process is started with: command line over environment over <c>gateway.json</c> over these defaults.</summary>
public sealed record GatewayOptions
{
    /// <summary>Folder for the configuration database, the channel buffers and the tokens.</summary>
    public string DataFolder { get; init; } = "data";

    /// <summary>Where REST and the panel listen.</summary>
    public IPEndPoint HttpEndPoint { get; init; } = new(IPAddress.Loopback, 8080);

    /// <summary>Where MQTT over TCP listens.</summary>
    public IPEndPoint MqttEndPoint { get; init; } = new(IPAddress.Loopback, 1883);

    /// <summary>Where MQTT over TLS listens; null: nowhere.</summary>
    public IPEndPoint? MqttTlsEndPoint { get; init; }

    /// <summary>An MQTT client that does not take messages of channels as they come is disconnected; otherwise it is given them later, from disk.</summary>
    public bool MqttCutsSlowClients { get; init; }

    /// <summary>PEM file with the certificate, and those up to its root, for TLS; null: there is none.</summary>
    public string? TlsCertificateFile { get; init; }

    /// <summary>PEM file with the certificate's key; null: it is in <see cref="TlsCertificateFile"/>.</summary>
    public string? TlsKeyFile { get; init; }

    /// <summary>The host name or address that devices are told (the start of a channel's <c>uri</c>).</summary>
    public string ChannelHost { get; init; } = "127.0.0.1";

    /// <summary>The address that channel ports are bound to; null: loopback when <see cref="ChannelHost"/> is, any address otherwise.</summary>
    public IPAddress? ChannelBindAddress { get; init; }

    /// <summary>First port of the range from which channels get theirs.</summary>
    public int ChannelPortFirst { get; init; } = 20_000;

    /// <summary>Last port of the range, inclusive.</summary>
    public int ChannelPortLast { get; init; } = 29_999;

    /// <summary>Most channels of one gateway.</summary>
    public int ChannelsMax { get; init; } = 10_000;

    /// <summary>Most registered devices of one gateway.</summary>
    public int DevicesMax { get; init; } = 100_000;

    /// <summary>TCP connections per channel, unless the channel's configuration says otherwise.</summary>
    public int ConnectionsPerChannelMax { get; init; } = 2_000;

    /// <summary>UDP peers that a channel remembers at one time; the one that was silent longest gives way.</summary>
    public int UdpPeersPerChannelMax { get; init; } = 20_000;

    /// <summary>A connection without a byte for this long is closed, unless the channel's configuration says otherwise.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How often connections are looked at for silence; also how often failed ports are tried again.</summary>
    public TimeSpan SweepInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Bytes that a channel's buffer may hold, unless the channel's configuration says otherwise.</summary>
    public long ChannelQuotaBytes { get; init; } = 1_000_000_000;

    /// <summary>Bytes of raw traffic that a channel keeps, unless the channel's configuration says otherwise; 0 for none.</summary>
    public long ChannelTrafficQuotaBytes { get; init; } = 16_000_000;

    /// <summary>Bytes of the volume that stay free: below, devices wait for their replies until deletions, expiry or the operator made room. Rings stop at twice as much. 0: the volume may fill up.</summary>
    public long FreeBytesMin { get; init; } = 128_000_000;

    /// <summary>How long a stop may take from the signal to the end of the process.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The token that opens REST and MQTT; null: one is made at first start.</summary>
    public string? Token { get; init; }

    /// <summary>Folder of the operator's own protocol specs, compiled at start; null: only what is built in.</summary>
    public string? SpecsFolder { get; init; }

    /// <summary>REST requests that one token may make in a minute. Limits of accounts come on top.</summary>
    public long ApiCallsPerMinuteMax { get; init; } = 600_000;

    /// <summary>How long the body of a REST request may take to arrive.</summary>
    public TimeSpan ApiBodyTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The address to bind channel ports to.</summary>
    internal IPAddress BindAddress =>
        ChannelBindAddress
        ?? (ChannelHost is "localhost" || (IPAddress.TryParse(ChannelHost, out IPAddress? address) && IPAddress.IsLoopback(address))
            ? IPAddress.Loopback
            : IPAddress.Any);
}
