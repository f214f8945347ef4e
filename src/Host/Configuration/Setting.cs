using System.Globalization;
using System.Net;

namespace Gateway.Host.Configuration;

/// <summary>One setting of the process: its name on the command line, in the environment and in the file, and how its text is read.</summary>
/// <param name="Name">Lower-case words with dashes: <c>channel-host</c>.</param>
/// <param name="Expected">What a value must be, for complaints.</param>
/// <param name="Apply">Puts the value into the options; null when the text is not acceptable.</param>
internal sealed record Setting(string Name, string Expected, Func<GatewayOptions, string, GatewayOptions?> Apply)
{
    private const long BytesPerMegabyte = 1_000_000;

    /// <summary>All settings. A new one is one line here and a property of <see cref="GatewayOptions"/>.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        new("data", "a folder", (o, t) => t.Length == 0 ? null : o with { DataFolder = t }),
        new("http", "ADDRESS:PORT", (o, t) => EndPoint(t) is { } e ? o with { HttpEndPoint = e } : null),
        new("mqtt", "ADDRESS:PORT", (o, t) => EndPoint(t) is { } e ? o with { MqttEndPoint = e } : null),
        new("mqtts", "ADDRESS:PORT", (o, t) => EndPoint(t) is { } e ? o with { MqttTlsEndPoint = e } : null),
        new("mqtt-slow-clients", "read or cut", (o, t) => t is "read" or "cut" ? o with { MqttCutsSlowClients = t is "cut" } : null),
        new("tls-certificate", "a PEM file", (o, t) => File.Exists(t) ? o with { TlsCertificateFile = t } : null),
        new("tls-key", "a PEM file", (o, t) => File.Exists(t) ? o with { TlsKeyFile = t } : null),
        new("channel-host", "a host name or address without port", (o, t) => IsHost(t) ? o with { ChannelHost = t } : null),
        new("channel-bind", "an IP address", (o, t) => IPAddress.TryParse(t, out IPAddress? a) ? o with { ChannelBindAddress = a } : null),
        new("channel-ports", "FIRST-LAST, both from 1 to 65535", Ports),
        new("token", "1 to 256 visible ASCII characters", (o, t) => Accounts.AccessToken.IsAcceptable(t) ? o with { Token = t } : null),
        new("token-file", "a file that holds the token", TokenFile),
        new("specs", "a folder of spec files", (o, t) => Directory.Exists(t) ? o with { SpecsFolder = t } : null),
        new("connections-max", "1 to 1000000", (o, t) => Integer(t, 1, 1_000_000) is { } n ? o with { ConnectionsPerChannelMax = (int)n } : null),
        new("channels-max", "1 to 45000", (o, t) => Integer(t, 1, 45_000) is { } n ? o with { ChannelsMax = (int)n } : null),
        new("api-calls-max", "1 to 1000000000", (o, t) => Integer(t, 1, 1_000_000_000) is { } n ? o with { ApiCallsPerMinuteMax = n } : null),
        new("idle-timeout", "5 to 86400 seconds", (o, t) => Integer(t, 5, 86_400) is { } n ? o with { IdleTimeout = TimeSpan.FromSeconds(n) } : null),
        new("quota", "1 to 1000000 megabytes", (o, t) => Integer(t, 1, 1_000_000) is { } n ? o with { ChannelQuotaBytes = n * BytesPerMegabyte } : null),
        new("traffic-quota", "0 to 1000 megabytes", (o, t) => Integer(t, 0, 1_000) is { } n ? o with { ChannelTrafficQuotaBytes = n * BytesPerMegabyte } : null),
        new("free-min", "0 to 1000000 megabytes", (o, t) => Integer(t, 0, 1_000_000) is { } n ? o with { FreeBytesMin = n * BytesPerMegabyte } : null),
    ];

    /// <summary>Name of the environment variable: <c>GATEWAY_CHANNEL_HOST</c>.</summary>
    public string EnvironmentName => "GATEWAY_" + Name.ToUpperInvariant().Replace('-', '_');

    /// <summary>Reads <c>127.0.0.1:8080</c>, <c>[::1]:8080</c>, <c>localhost:8080</c>, <c>*:8080</c>, <c>:8080</c> and <c>8080</c>; the last three mean every address of the machine.</summary>
    public static IPEndPoint? EndPoint(string text)
    {
        int colon = text.LastIndexOf(':');
        ReadOnlySpan<char> host = colon < 0 ? "" : text.AsSpan(0, colon);
        if (Integer(text[(colon + 1)..], 0, ushort.MaxValue) is not { } port) return null;

        IPAddress? address = host switch
        {
            "" or "*" or "+" => IPAddress.Any,
            "localhost" => IPAddress.Loopback,
            _ when host[0] == '[' || !host.Contains(':') => IPAddress.TryParse(host, out IPAddress? parsed) ? parsed : null,
            _ => null,      // fe80::1:8080 can be read in two ways
        };
        return address is null ? null : new IPEndPoint(address, (int)port);
    }

    private static GatewayOptions? Ports(GatewayOptions options, string text)
    {
        int dash = text.IndexOf('-', StringComparison.Ordinal);
        long? first = Integer(dash < 0 ? text : text[..dash], 1, ushort.MaxValue);
        long? last = dash < 0 ? first : Integer(text[(dash + 1)..], 1, ushort.MaxValue);
        return first is null || last is null || last < first
            ? null
            : options with { ChannelPortFirst = (int)first, ChannelPortLast = (int)last };
    }

    private static GatewayOptions? TokenFile(GatewayOptions options, string path)
    {
        if (!File.Exists(path) || new FileInfo(path).Length > 4096) return null;
        string token = File.ReadAllText(path).Trim();
        return Accounts.AccessToken.IsAcceptable(token) ? options with { Token = token } : null;
    }

    private static bool IsHost(string text) => text.Length <= 253 && Uri.CheckHostName(text) != UriHostNameType.Unknown;

    private static long? Integer(string text, long min, long max) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value) && value >= min && value <= max ? value : null;
}
