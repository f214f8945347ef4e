using System.Text.Json;
using Gateway.Host.Configuration;

namespace Gateway.Host.Devices.Commands;

/// <summary>What a user wants a device to do.</summary>
/// <param name="Id">Number of the command, from 1, never given twice.</param>
/// <param name="DeviceId">The device.</param>
/// <param name="Name">Name, as the protocol has it.</param>
/// <param name="PropertiesJson">Properties, a JSON object.</param>
internal sealed record CommandOrder(long Id, long DeviceId, string Name, string PropertiesJson)
{
    /// <summary>Longest name in characters.</summary>
    internal const int NameLengthMax = 128;

    /// <summary>Longest properties in characters: the bytes of a command as hexadecimal digits, and what stands around them.</summary>
    internal const int PropertiesLengthMax = 40 * 1024;

    /// <summary>Longest <see cref="MetaJson"/> in characters.</summary>
    internal const int MetaLengthMax = 4 * 1024;

    /// <summary>What a device repeats in its answer, in protocols that have a place for it: 1 to 2^31 - 1. Far apart, so that it is no number that a device sends for reasons of its own.</summary>
    internal long Number => Math.Max(1, unchecked(Id * 2_654_435_761) & int.MaxValue);

    /// <summary>Seconds for which an answer is awaited.</summary>
    internal int TimeoutSeconds { get; init; } = 30;

    /// <summary>Greater ones go first.</summary>
    internal int Priority { get; init; }

    /// <summary>How often it is sent at most, until an answer comes.</summary>
    internal int AttemptsMax { get; init; } = 1;

    /// <summary>When it was ordered, µs since 1970.</summary>
    internal long CreatedUs { get; init; }

    /// <summary>From when on it is not sent any more, µs since 1970.</summary>
    internal long ExpiresUs { get; init; }

    /// <summary>Free JSON of the user's.</summary>
    internal string MetaJson { get; init; } = "null";

    /// <summary>Somebody waits for the answer: it is not stored, goes first, and is not sent after the wait.</summary>
    internal bool IsImmediate { get; init; }

    /// <summary>The order as it is stored, without its number and device.</summary>
    internal string ToJson() => StoredJson.Object(json =>
    {
        json.WriteString("name", Name);
        json.WriteRaw("properties", PropertiesJson);
        json.WriteNumber("timeout", TimeoutSeconds);
        json.WriteNumber("priority", Priority);
        json.WriteNumber("max_attempts", AttemptsMax);
        json.WriteNumber("created_us", CreatedUs);
        json.WriteNumber("expires_us", ExpiresUs);
        json.WriteRaw("meta", MetaJson);
    });

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The text is no order.</exception>
    internal static CommandOrder FromJson(long id, long deviceId, string text) => StoredJson.Read(
        $"command {id}",
        text,
        root => new CommandOrder(id, deviceId, root.GetProperty("name").GetString() ?? "", root.GetProperty("properties").GetRawText())
        {
            TimeoutSeconds = root.GetProperty("timeout").GetInt32(),
            Priority = root.GetProperty("priority").GetInt32(),
            AttemptsMax = root.GetProperty("max_attempts").GetInt32(),
            CreatedUs = root.GetProperty("created_us").GetInt64(),
            ExpiresUs = root.GetProperty("expires_us").GetInt64(),
            MetaJson = root.GetProperty("meta").GetRawText(),
        });
}
