using System.Text.Json;
using Gateway.Host.Accounts;
using Gateway.Host.Configuration;

namespace Gateway.Host.Channels;

/// <summary>What users decide about a channel, as it is stored and shown.</summary>
public sealed record ChannelDefinition
{
    /// <summary>Number of the channel, from 1, never given twice.</summary>
    public required long Id { get; init; }

    /// <summary>The account whose it is; the root's when the definition is older than accounts.</summary>
    public long Cid { get; init; } = AccountDirectory.RootId;

    /// <summary>Name for people, at most <see cref="NameLengthMax"/> characters.</summary>
    public string Name { get; init; } = "";

    /// <summary>A disabled channel refuses connections.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Number of the protocol.</summary>
    public required int ProtocolId { get; init; }

    /// <summary>The configuration as a JSON object, as it was given.</summary>
    public string ConfigurationJson { get; init; } = "{}";

    /// <summary>Seconds for which a message stays in the buffer, at most <see cref="MessagesTtlSecondsMax"/>.</summary>
    public int MessagesTtlSeconds { get; init; } = 86_400;

    /// <summary>Free JSON object of the user's.</summary>
    public string MetadataJson { get; init; } = "{}";

    /// <summary>The port that devices connect to.</summary>
    public required int Port { get; init; }

    /// <summary>Longest name in characters.</summary>
    public const int NameLengthMax = 256;

    /// <summary>Most seconds in <see cref="MessagesTtlSeconds"/>: 30 days.</summary>
    public const int MessagesTtlSecondsMax = 30 * 86_400;

    /// <summary>Longest configuration or metadata in characters.</summary>
    public const int JsonLengthMax = 64 * 1024;

    /// <summary>The definition as it is stored.</summary>
    public string ToJson() => StoredJson.Object(json =>
    {
        json.WriteNumber("cid", Cid);
        json.WriteString("name", Name);
        json.WriteBoolean("enabled", Enabled);
        json.WriteNumber("protocol_id", ProtocolId);
        json.WriteRaw("configuration", ConfigurationJson);
        json.WriteNumber("messages_ttl", MessagesTtlSeconds);
        json.WriteRaw("metadata", MetadataJson);
        json.WriteNumber("port", Port);
    });

    /// <summary>The definition as users see it: the fields of a channel that a request which names none gets.</summary>
    /// <param name="host">The host name that devices are told.</param>
    internal string ToShownJson(string host) => StoredJson.Object(json =>
    {
        json.WriteNumber("id", Id);
        json.WriteString("name", Name);
        json.WriteBoolean("enabled", Enabled);
        json.WriteNumber("protocol_id", ProtocolId);
        json.WriteRaw("configuration", ConfigurationJson);
        json.WriteNumber("messages_ttl", MessagesTtlSeconds);
        json.WriteString("uri", $"{host}:{Port}");
        json.WriteString("secondary_uri", "");
        json.WriteNumber("cid", Cid);
    });

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="JsonException">The text is not a definition.</exception>
    public static ChannelDefinition FromJson(long id, string json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            JsonElement root = document.RootElement;
            return new ChannelDefinition
            {
                Id = id,
                Cid = root.TryGetProperty("cid", out JsonElement cid) ? cid.GetInt64() : AccountDirectory.RootId,
                Name = root.GetProperty("name").GetString() ?? "",
                Enabled = root.GetProperty("enabled").GetBoolean(),
                ProtocolId = root.GetProperty("protocol_id").GetInt32(),
                ConfigurationJson = root.GetProperty("configuration").GetRawText(),
                MessagesTtlSeconds = root.GetProperty("messages_ttl").GetInt32(),
                MetadataJson = root.GetProperty("metadata").GetRawText(),
                Port = root.GetProperty("port").GetInt32(),
            };
        }
        catch (Exception exception) when (exception is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new JsonException($"The stored definition of channel {id} can't be read: {exception.Message}", exception);
        }
    }
}

/// <summary>A wish to create or change a channel; null leaves a property as it is (or at its default).</summary>
public sealed record ChannelDraft
{
    /// <summary>The account that gets the channel; only at creation, null for the root.</summary>
    public long? Cid { get; init; }

    /// <summary>Name for people.</summary>
    public string? Name { get; init; }

    /// <summary>Whether it accepts connections.</summary>
    public bool? Enabled { get; init; }

    /// <summary>Number of the protocol; only at creation, and either this or <see cref="ProtocolName"/>.</summary>
    public int? ProtocolId { get; init; }

    /// <summary>Name or alias of the protocol; only at creation.</summary>
    public string? ProtocolName { get; init; }

    /// <summary>The whole configuration as a JSON object.</summary>
    public string? ConfigurationJson { get; init; }

    /// <summary>Seconds for which messages stay.</summary>
    public int? MessagesTtlSeconds { get; init; }

    /// <summary>Free JSON object.</summary>
    public string? MetadataJson { get; init; }
}

/// <summary>What became of a wish: the channel, or why not (then nothing was changed).</summary>
/// <param name="Channel">The channel created or changed; null when refused.</param>
/// <param name="Problem">Why it was refused and what was expected; null when it was done.</param>
public readonly record struct ChannelOutcome(Channel? Channel, string? Problem)
{
    /// <summary>It was refused because an account's limit is reached.</summary>
    public bool IsLimitReached { get; init; }

    internal static ChannelOutcome Refused(string problem) => new(null, problem);
}
