using System.Text.Json;
using Gateway.Host.Configuration;

namespace Gateway.Host.Devices;

/// <summary>What users decide about a device, as it is stored and shown.</summary>
internal sealed record DeviceDefinition
{
    /// <summary>Number of the device, from 1, never given twice.</summary>
    internal required long Id { get; init; }

    /// <summary>The account whose it is.</summary>
    internal required long Cid { get; init; }

    /// <summary>Name for people, at most <see cref="NameLengthMax"/> characters.</summary>
    internal string Name { get; init; } = "";

    /// <summary>Connections of a disabled device are closed and refused.</summary>
    internal bool Enabled { get; init; } = true;

    /// <summary>Number of the type; 0: none, then it has no protocol and no ident.</summary>
    internal long DeviceTypeId { get; init; }

    /// <summary>Number of the type's protocol; 0 without a type.</summary>
    internal int ProtocolId { get; init; }

    /// <summary>What the device calls itself, as the user gave it; null without a type.</summary>
    internal string? Ident { get; init; }

    /// <summary>The configuration as a JSON object, as it was given.</summary>
    internal string ConfigurationJson { get; init; } = "{}";

    /// <summary>Messages older than this, s, are not shown; they live in the channels' buffers.</summary>
    internal long MessagesTtlSeconds { get; init; } = TtlSecondsDefault;

    /// <summary>Bytes of messages to keep; 0: no bound. Kept as it is given: the channels' buffers have bounds of their own.</summary>
    internal long MessagesRotate { get; init; }

    /// <summary>Seconds for which media stay. Kept as it is given.</summary>
    internal long MediaTtlSeconds { get; init; } = TtlSecondsDefault;

    /// <summary>Bytes of media to keep. Kept as it is given.</summary>
    internal long MediaRotate { get; init; }

    /// <summary>Free JSON object of the user's.</summary>
    internal string MetadataJson { get; init; } = "{}";

    /// <summary>Longest name in characters.</summary>
    internal const int NameLengthMax = 256;

    /// <summary>Longest configuration or metadata in characters.</summary>
    internal const int JsonLengthMax = 64 * 1024;

    /// <summary>Most seconds of a ttl: ten years.</summary>
    internal const long TtlSecondsMax = 10 * TtlSecondsDefault;

    /// <summary>Most bytes of a rotate.</summary>
    internal const long RotateBytesMax = 1L << 50;

    private const long TtlSecondsDefault = 31_536_000;

    /// <summary>The definition as it is stored, without its number.</summary>
    internal string ToJson() => StoredJson.Object(json =>
    {
        json.WriteNumber("cid", Cid);
        json.WriteString("name", Name);
        json.WriteBoolean("enabled", Enabled);
        json.WriteNumber("device_type_id", DeviceTypeId);
        json.WriteNumber("protocol_id", ProtocolId);
        if (Ident is not null) json.WriteString("ident", Ident);
        json.WriteRaw("configuration", ConfigurationJson);
        json.WriteNumber("messages_ttl", MessagesTtlSeconds);
        json.WriteNumber("messages_rotate", MessagesRotate);
        json.WriteNumber("media_ttl", MediaTtlSeconds);
        json.WriteNumber("media_rotate", MediaRotate);
        json.WriteRaw("metadata", MetadataJson);
    });

    /// <summary>The definition as users see it: the fields of a device that a request which names none gets.</summary>
    internal string ToShownJson() => StoredJson.Object(json =>
    {
        json.WriteNumber("id", Id);
        json.WriteString("name", Name);
        json.WriteBoolean("enabled", Enabled);
        json.WriteNumber("device_type_id", DeviceTypeId);
        json.WriteNumber("protocol_id", ProtocolId);
        json.WriteNumber("cid", Cid);
        json.WriteRaw("configuration", ConfigurationJson);
        json.WriteNumber("messages_ttl", MessagesTtlSeconds);
        json.WriteNumber("messages_rotate", MessagesRotate);
        json.WriteNumber("media_ttl", MediaTtlSeconds);
        json.WriteNumber("media_rotate", MediaRotate);
    });

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The text is not a definition.</exception>
    internal static DeviceDefinition FromJson(long id, string text) => StoredJson.Read($"device {id}", text, root => new DeviceDefinition
    {
        Id = id,
        Cid = root.GetProperty("cid").GetInt64(),
        Name = root.GetProperty("name").GetString() ?? "",
        Enabled = root.GetProperty("enabled").GetBoolean(),
        DeviceTypeId = root.GetProperty("device_type_id").GetInt64(),
        ProtocolId = root.GetProperty("protocol_id").GetInt32(),
        Ident = root.TryGetProperty("ident", out JsonElement ident) ? ident.GetString() : null,
        ConfigurationJson = root.GetProperty("configuration").GetRawText(),
        MessagesTtlSeconds = root.GetProperty("messages_ttl").GetInt64(),
        MessagesRotate = root.GetProperty("messages_rotate").GetInt64(),
        MediaTtlSeconds = root.GetProperty("media_ttl").GetInt64(),
        MediaRotate = root.GetProperty("media_rotate").GetInt64(),
        MetadataJson = root.GetProperty("metadata").GetRawText(),
    });
}
