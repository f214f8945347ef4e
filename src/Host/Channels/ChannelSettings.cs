using System.Text.Json;
using Gateway.Codecs;
using Gateway.Host.Accounts;
using Gateway.Host.Configuration;
using Gateway.Storage;
using Gateway.Storage.Rings;

namespace Gateway.Host.Channels;

/// <summary>A channel's <c>configuration</c>, checked and with defaults filled in.</summary>
public sealed record ChannelSettings
{
    /// <summary>The port asked for; null lets the gateway choose.</summary>
    public int? Port { get; init; }

    /// <summary>TCP connections at one time.</summary>
    public required int ConnectionsMax { get; init; }

    /// <summary>A connection without a byte for this long is closed.</summary>
    public required TimeSpan IdleTimeout { get; init; }

    /// <summary>Refuse frames with a wrong checksum instead of counting them.</summary>
    public bool StrictChecksums { get; init; }

    /// <summary>When a message counts as stored.</summary>
    public Durability Durability { get; init; } = Durability.Commit;

    /// <summary>Bytes that the buffer may hold.</summary>
    public required long QuotaBytes { get; init; }

    /// <summary>Messages per minute at which the channel stops reading; 0: no limit.</summary>
    public long MessagesPerMinuteMax { get; init; }

    /// <summary>Received bytes per minute at which the channel stops reading; 0: no limit.</summary>
    public long BytesPerMinuteMax { get; init; }

    /// <summary>What happens when the buffer is full.</summary>
    public Overflow Overflow { get; init; } = Overflow.Block;

    /// <summary>How much raw traffic is kept.</summary>
    public required RingOptions TrafficRing { get; init; }

    /// <summary>How many events are kept.</summary>
    public RingOptions LogsRing { get; init; } = new() { QuotaBytes = 4_000_000, AgeMax = TimeSpan.FromDays(30) };

    /// <summary>Most seconds for which raw traffic or events are kept: a year.</summary>
    public const int RingTtlSecondsMax = 365 * 86_400;

    /// <summary>Options of the protocol: names and values (long, double, bool or string) for <see cref="Session.TrySetVariable"/>.</summary>
    public IReadOnlyList<KeyValuePair<string, object>> CodecOptions { get; init; } = [];

    /// <summary>Settings that every channel has, whatever its protocol.</summary>
    public static IReadOnlyList<OptionInfo> Common { get; } =
    [
        new("port", "int", "", "Port for devices, 1 to 65535; without it the gateway assigns one.") { Min = 1, Max = 65_535 },
        new("connections_limit", "int", "", "TCP connections at one time, 1 to 50000.") { Min = 1, Max = 50_000 },
        new("idle_timeout", "real", "", "Seconds without a byte after which a connection is closed, 0.05 to 86400.") { Min = 0.05, Max = 86_400 },
        new("strict_checksums", "bool", "false", "Refuse frames with a wrong checksum instead of counting them."),
        new("durability", "text", "commit", "When a device gets its reply: commit (after fsync), os or memory.") { Choices = ["commit", "os", "memory"] },
        new("quota_bytes", "int", "", "Bytes that the buffer may hold, 65536 to 1099511627776.") { Min = 65_536, Max = 1L << 40 },
        new("buffer_overflow", "text", "block", "What happens when the buffer is full: block (devices wait for their replies) or drop_oldest (the oldest messages give way).") { Choices = ["block", "drop_oldest"] },
        new("messages_per_minute", "int", "0", "Messages per minute at which reading pauses until the minute ends; 0: no limit.") { Min = 0 },
        new("traffic_per_minute", "int", "0", "Received bytes per minute at which reading pauses until the minute ends; 0: no limit.") { Min = 0 },
        new("traffic_quota_bytes", "int", "", "Bytes of raw traffic that are kept, the oldest giving way, 1000000 to 1000000000; 0: none.") { Min = 0, Max = RingOptions.QuotaBytesMax },
        new("traffic_ttl", "int", "604800", "Seconds for which raw traffic is kept, 60 to 31536000.") { Min = 60, Max = RingTtlSecondsMax },
        new("logs_quota_bytes", "int", "4000000", "Bytes of events that are kept, the oldest giving way, 1000000 to 1000000000; 0: none.") { Min = 0, Max = RingOptions.QuotaBytesMax },
        new("logs_ttl", "int", "2592000", "Seconds for which events are kept, 60 to 31536000.") { Min = 60, Max = RingTtlSecondsMax },
    ];

    /// <summary>Goes to the codec as its own options do: the same number may mean another thing on another model.</summary>
    public static OptionInfo DeviceModel { get; } = new("device.model", "text", "", "Model of the channel's devices, for protocols whose models differ.");

    /// <summary>All settings of a channel with a protocol.</summary>
    internal static IEnumerable<OptionInfo> Valid(ProtocolInfo protocol) => Common.Append(DeviceModel).Concat(protocol.Options);

    /// <summary>What the log is asked for.</summary>
    public LogOptions ToLogOptions(int messagesTtlSeconds) =>
        new() { QuotaBytes = QuotaBytes, Overflow = Overflow, AgeMax = TimeSpan.FromSeconds(messagesTtlSeconds), Durability = Durability };

    /// <summary>The settings within what the account of the channel, and those above it, are held to.</summary>
    internal ChannelSettings Within(LimitDirectory limits, long cid) => this with
    {
        ConnectionsMax = (int)Math.Min(ConnectionsMax, limits.Least(cid, LimitName.ChannelConnections) ?? int.MaxValue),
        QuotaBytes = Math.Min(QuotaBytes, limits.Least(cid, LimitName.ChannelStorage) ?? long.MaxValue),
        MessagesPerMinuteMax = LeastOf(MessagesPerMinuteMax, limits.Least(cid, LimitName.ChannelMessages)),
        BytesPerMinuteMax = LeastOf(BytesPerMinuteMax, limits.Least(cid, LimitName.ChannelTraffic)),
    };

    /// <summary>The smaller of two numbers of which 0 and null stand for none.</summary>
    private static long LeastOf(long setting, long? limit) => limit is not { } value ? setting : setting == 0 ? value : Math.Min(setting, value);

    /// <summary>Gives a new session the channel's options.</summary>
    internal void Apply(Session session)
    {
        session.StrictChecksums = StrictChecksums;
        foreach (KeyValuePair<string, object> option in CodecOptions) session.TrySetVariable(option.Key, option.Value);
    }

    /// <summary>Checks a configuration.</summary>
    /// <param name="json">A JSON object.</param>
    /// <param name="protocol">Says which options the protocol has.</param>
    /// <param name="options">Give the defaults.</param>
    /// <param name="problem">Which field is wrong and what was expected; empty when all is well.</param>
    /// <returns>The settings, or null.</returns>
    public static ChannelSettings? TryParse(string json, ProtocolInfo protocol, GatewayOptions options, out string problem)
    {
        var settings = new ChannelSettings
        {
            ConnectionsMax = options.ConnectionsPerChannelMax,
            IdleTimeout = options.IdleTimeout,
            QuotaBytes = options.ChannelQuotaBytes,
            TrafficRing = new RingOptions { QuotaBytes = options.ChannelTrafficQuotaBytes, AgeMax = TimeSpan.FromDays(7) },
        };
        var codecOptions = new List<KeyValuePair<string, object>>();
        problem = "";

        using JsonDocument document = JsonDocument.Parse(json);
        foreach (JsonProperty field in document.RootElement.EnumerateObject())
        {
            IEnumerable<OptionInfo> valid = Valid(protocol);
            OptionInfo? option = valid.FirstOrDefault(known => known.Name == field.Name);
            if (option is null)
            {
                problem = $"configuration.{field.Name} is not a setting of a {protocol.Name} channel; valid names: {string.Join(", ", valid.Select(known => known.Name))}.";
                return null;
            }
            if (TryRead(field.Value, option.Type) is not { } value)
            {
                problem = $"configuration.{field.Name} must be {NameOf(option.Type)}, not {field.Value.ValueKind}.";
                return null;
            }
            if (!Common.Contains(option))
            {
                codecOptions.Add(new(field.Name, value));
                continue;
            }
            if (settings.With(field.Name, value) is not { } changed)
            {
                problem = $"configuration.{field.Name} is out of range. {option.Description}";
                return null;
            }
            settings = changed;
        }
        return settings with { CodecOptions = codecOptions };
    }

    private ChannelSettings? With(string name, object value) => (name, value) switch
    {
        ("port", long port and >= 1 and <= 65_535) => this with { Port = (int)port },
        ("connections_limit", long count and >= 1 and <= 50_000) => this with { ConnectionsMax = (int)count },
        ("idle_timeout", double seconds and >= 0.05 and <= 86_400) => this with { IdleTimeout = TimeSpan.FromSeconds(seconds) },
        ("strict_checksums", bool strict) => this with { StrictChecksums = strict },
        ("durability", "commit") => this with { Durability = Durability.Commit },
        ("durability", "os") => this with { Durability = Durability.Os },
        ("durability", "memory") => this with { Durability = Durability.Memory },
        ("quota_bytes", long bytes and >= 65_536 and <= 1L << 40) => this with { QuotaBytes = bytes },
        ("buffer_overflow", "block") => this with { Overflow = Overflow.Block },
        ("buffer_overflow", "drop_oldest") => this with { Overflow = Overflow.DropOldest },
        ("messages_per_minute", long messages and >= 0) => this with { MessagesPerMinuteMax = messages },
        ("traffic_per_minute", long bytes and >= 0) => this with { BytesPerMinuteMax = bytes },
        ("traffic_quota_bytes", long bytes) when IsRingQuota(bytes) => this with { TrafficRing = TrafficRing with { QuotaBytes = bytes } },
        ("traffic_ttl", long seconds and >= 60 and <= RingTtlSecondsMax) => this with { TrafficRing = TrafficRing with { AgeMax = TimeSpan.FromSeconds(seconds) } },
        ("logs_quota_bytes", long bytes) when IsRingQuota(bytes) => this with { LogsRing = LogsRing with { QuotaBytes = bytes } },
        ("logs_ttl", long seconds and >= 60 and <= RingTtlSecondsMax) => this with { LogsRing = LogsRing with { AgeMax = TimeSpan.FromSeconds(seconds) } },
        _ => null,
    };

    private static bool IsRingQuota(long bytes) => bytes is 0 or (>= RingOptions.QuotaBytesMin and <= RingOptions.QuotaBytesMax);

    private static object? TryRead(JsonElement value, string type) => (type, value.ValueKind) switch
    {
        ("int" or "minutes", JsonValueKind.Number) => value.TryGetInt64(out long integer) ? integer : null,
        ("real", JsonValueKind.Number) => value.GetDouble(),
        ("bool", JsonValueKind.True) => true,
        ("bool", JsonValueKind.False) => false,
        ("text", JsonValueKind.String) => value.GetString(),
        _ => null,
    };

    private static string NameOf(string type) => type switch
    {
        "int" => "an integer",
        "minutes" => "a whole number of minutes",
        "real" => "a number",
        "bool" => "true or false",
        _ => "a string",
    };
}
