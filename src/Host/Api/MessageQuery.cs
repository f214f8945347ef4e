using System.Text.Json;
using Gateway.Codecs;
using Gateway.Host.Expressions;

namespace Gateway.Host.Api;

/// <summary>What a request for messages wants: the time form, or the queue form when it has a key of that.</summary>
internal sealed record MessageQuery
{
    /// <summary>Messages in one answer.</summary>
    internal const int CountMax = 100_000;

    /// <summary>Bytes of one answer, about.</summary>
    internal const int BytesMax = 32 * 1024 * 1024;

    /// <summary>Longest time for which a request waits for messages, s.</summary>
    internal const int TimeoutSecondsMax = 300;

    /// <summary>Latest time that can be asked for, s since 1970.</summary>
    internal const decimal TimeMax = 100_000_000_000m;

    private static readonly string[] s_readKeys = ["from", "to", "count", "reverse", "filter", "fields", "curr_key", "limit_count", "limit_size", "timeout", "delete"];
    private static readonly string[] s_packetKeys = ["from", "to", "count", "reverse", "filter", "fields"];
    private static readonly string[] s_resultKeys = ["from", "to", "count", "reverse"];
    private static readonly string[] s_logKeys = [.. s_packetKeys, "item_type"];
    private static readonly string[] s_resultDeleteKeys = ["from", "to"];
    private static readonly string[] s_deleteKeys = ["from", "to", "key", "curr_key"];

    /// <summary>Keys and <c>next_key</c> instead of times.</summary>
    internal bool IsQueue { get; private init; }

    /// <summary>First server time wanted, µs since 1970, inclusive.</summary>
    internal long FromUs { get; private init; }

    /// <summary>Last server time wanted, µs since 1970, inclusive.</summary>
    internal long ToUs { get; private init; } = long.MaxValue;

    /// <summary>Messages at most.</summary>
    internal int Count { get; private init; } = CountMax;

    /// <summary>Bytes of JSON at most; the first message is given whatever its size.</summary>
    internal int Bytes { get; private init; } = BytesMax;

    /// <summary>Newest first.</summary>
    internal bool IsReverse { get; private init; }

    /// <summary>Only messages that match.</summary>
    internal Expression? Filter { get; private init; }

    /// <summary>Only these parameters.</summary>
    internal ParameterSelection? Fields { get; private init; }

    /// <summary>First key wanted; 0 for the oldest message.</summary>
    internal long Key { get; private init; }

    /// <summary>How long to wait when there is nothing.</summary>
    internal TimeSpan Timeout { get; private init; }

    /// <summary>Delete what is below <see cref="Key"/> first.</summary>
    internal bool Deletes { get; private init; }

    /// <summary>Only events of such items; null for all.</summary>
    internal long? ItemType { get; private init; }

    /// <summary>Whether a request to delete names neither key nor time: then it means all messages.</summary>
    internal bool IsUnbounded => Key == 0 && FromUs == 0 && ToUs == long.MaxValue;

    /// <summary>Reads the <c>data</c> of a GET.</summary>
    internal static MessageQuery ForRead(JsonElement? data) => Read(data, s_readKeys);

    /// <summary>Reads the <c>data</c> of a GET of devices' messages; times are the devices' own there.</summary>
    internal static MessageQuery ForDevices(JsonElement? data) => Read(data, s_packetKeys);

    /// <summary>The same, of messages that were filtered already.</summary>
    internal MessageQuery WithoutFilter() => this with { Filter = null };

    /// <summary>Reads the <c>data</c> of a GET for results of commands; its times are those of their ends.</summary>
    internal static MessageQuery ForResults(JsonElement? data) => Read(data, s_resultKeys);

    /// <summary>Reads the <c>data</c> of a DELETE of results of commands.</summary>
    internal static MessageQuery ForResultsDelete(JsonElement? data) => Read(data, s_resultDeleteKeys);

    /// <summary>Reads the <c>data</c> of a DELETE.</summary>
    internal static MessageQuery ForDelete(JsonElement? data) => Read(data, s_deleteKeys);

    /// <summary>Reads the <c>data</c> of a GET for raw traffic; its times are those of the bytes.</summary>
    internal static MessageQuery ForPackets(JsonElement? data) => Read(data, s_packetKeys);

    /// <summary>Reads the <c>data</c> of a GET for events; its times are those of the events.</summary>
    internal static MessageQuery ForLogs(JsonElement? data) => Read(data, s_logKeys);

    /// <summary>Whether events of items of a type are wanted.</summary>
    internal bool IsOfType(int itemType) => ItemType is null || ItemType == itemType;

    private static MessageQuery Read(JsonElement? data, string[] keys)
    {
        var query = new MessageQuery();
        if (data is null) return query;
        foreach (JsonProperty field in data.Value.EnumerateObject())
        {
            if (!keys.Contains(field.Name)) throw ApiProblem.BadRequest($"data has no key '{field.Name}'; valid keys: {string.Join(", ", keys)}.");
            if (field.Value.ValueKind is JsonValueKind.Null) continue;
            query = field.Name switch
            {
                "from" => query with { FromUs = Time(field) },
                "to" => query with { ToUs = Time(field) },
                "count" => query with { Count = (int)Integer(field, 1, int.MaxValue, CountMax) },
                "reverse" => query with { IsReverse = Flag(field) },
                "filter" => query with { Filter = FilterText.Parse(Text(field)) },
                "fields" => query with { Fields = FieldsOf(field) },
                "item_type" => query with { ItemType = Integer(field, 0, int.MaxValue, int.MaxValue) },
                "key" => query with { Key = Integer(field, 0, 1L << 53, 1L << 53) },
                "curr_key" => query with { Key = Integer(field, 0, 1L << 53, 1L << 53), IsQueue = true },
                "limit_count" => query with { Count = (int)Integer(field, 1, int.MaxValue, CountMax), IsQueue = true },
                "limit_size" => query with { Bytes = (int)Integer(field, 1, int.MaxValue, BytesMax), IsQueue = true },
                "timeout" => query with { Timeout = TimeSpan.FromSeconds(Integer(field, 0, TimeoutSecondsMax, TimeoutSecondsMax)), IsQueue = true },
                _ => query with { Deletes = Flag(field), IsQueue = true },
            };
        }
        if (query.IsQueue && (query.FromUs > 0 || query.ToUs < long.MaxValue || query.IsReverse))
            throw ApiProblem.BadRequest("from, to and reverse can't be combined with curr_key, limit_count, limit_size, timeout or delete.");
        if (query.FromUs > query.ToUs) throw ApiProblem.BadRequest("from must not be later than to.");
        return query;
    }

    private static long Time(JsonProperty field) =>
        field.Value.ValueKind is JsonValueKind.Number && field.Value.TryGetDecimal(out decimal seconds) && seconds is >= 0 and <= TimeMax
            ? (long)(seconds * 1_000_000)
            : throw Wrong(field, $"a number of seconds since 1970, 0 to {TimeMax}");

    /// <summary>An integer; above <paramref name="cap"/> it is taken as that, as clients send large limits to mean everything.</summary>
    private static long Integer(JsonProperty field, long min, long max, long cap) =>
        field.Value.ValueKind is JsonValueKind.Number && field.Value.TryGetInt64(out long value) && value >= min && value <= max
            ? Math.Min(value, cap)
            : throw Wrong(field, $"an integer, {min} to {max}");

    private static bool Flag(JsonProperty field) =>
        field.Value.ValueKind is JsonValueKind.True or JsonValueKind.False ? field.Value.GetBoolean() : throw Wrong(field, "true or false");

    private static string Text(JsonProperty field) => field.Value.ValueKind is JsonValueKind.String ? field.Value.GetString()! : throw Wrong(field, "a string");

    private static ParameterSelection? FieldsOf(JsonProperty field) =>
        ParameterSelection.TryParse(Text(field), out ParameterSelection? selection)
            ? selection
            : throw Wrong(field, $"a list of at most {ParameterSelection.ItemsMax} names");

    private static ApiProblem Wrong(JsonProperty field, string expected) => ApiProblem.BadRequest($"data.{field.Name} must be {expected}, not {field.Value.ValueKind}.");
}
