using System.Collections.Frozen;
using System.Text.Json;

namespace Gateway.Host.Accounts;

/// <summary>One line of an access list: methods on a collection of items, on all of them or some, and on parts of them; for MQTT also a topic filter.</summary>
/// <param name="Uri">The collection, <c>gw/channels</c>, or a whole module, <c>gw</c>.</param>
/// <param name="Methods">HTTP methods on the items themselves.</param>
/// <param name="Ids">The items; null for all.</param>
/// <param name="Submodules">Methods on parts of the items; null when the list is silent about parts, then <see cref="Methods"/> hold for each.</param>
/// <param name="Topic">MQTT filter of topics outside <c>flespi/</c>; null for none.</param>
/// <param name="MayPublish">Publishing to topics that <see cref="Topic"/> matches.</param>
/// <param name="MaySubscribe">Subscribing to filters that <see cref="Topic"/> covers.</param>
internal sealed record AccessEntry(
    string Uri, FrozenSet<string> Methods, FrozenSet<long>? Ids, FrozenDictionary<string, FrozenSet<string>>? Submodules, string? Topic, bool MayPublish, bool MaySubscribe)
{
    /// <summary>Items in one entry.</summary>
    internal const int IdsMax = 10_000;

    /// <summary>Longest topic filter in characters.</summary>
    internal const int TopicLengthMax = 1_024;

    private const string Mqtt = "mqtt";

    private static readonly string[] s_methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];
    private static readonly string[] s_actions = ["publish", "subscribe"];
    private static readonly string[] s_members = ["uri", "methods", "ids", "submodules", "topic", "actions"];

    /// <summary>Names that an entry may have in <c>uri</c>. Those of things that this gateway lacks are kept, and match nothing.</summary>
    internal static string[] Uris { get; } =
    [
        "gw", "storage", "gw/channels", "gw/devices", "gw/groups", "gw/streams", "gw/modems", "gw/calcs", "gw/plugins", "gw/geofences", "gw/assets",
        "storage/containers", "storage/cdns", Mqtt, "ai",
    ];

    /// <summary>Names that an entry may have in <c>submodules</c>.</summary>
    internal static string[] SubmoduleNames { get; } =
    [
        "logs", "messages", "telemetry", "settings", "connections", "devices", "channels", "groups", "geofences", "assets", "calculate", "media", "packets", "commands",
        "commands-queue", "commands-result", "sms", "files", "intervals", "idents", "subscriptions", "snapshots",
    ];

    /// <summary>Whether the entry is about a collection.</summary>
    internal bool IsAbout(string collection) => Uri == collection || (collection.StartsWith(Uri, StringComparison.Ordinal) && collection[Uri.Length] == '/');

    /// <summary>Whether it gives a method on items of its collection, or on a part of them.</summary>
    internal bool Gives(string method, string? submodule) =>
        submodule is null || Submodules is null ? Methods.Contains(method) : Submodules.TryGetValue(submodule, out FrozenSet<string>? methods) && methods.Contains(method);

    /// <summary>Whether it is about this item of its collection.</summary>
    internal bool Has(long id) => Ids is null || Ids.Contains(id);

    /// <summary>Reads an entry.</summary>
    /// <param name="entry">A member of <c>access.acl</c>.</param>
    /// <param name="problem">What is wrong and what was expected.</param>
    internal static AccessEntry? TryRead(JsonElement entry, out string problem)
    {
        problem = "each entry of access.acl must be an object with uri and methods.";
        if (entry.ValueKind is not JsonValueKind.Object) return null;
        foreach (JsonProperty member in entry.EnumerateObject())
        {
            problem = $"an entry of access.acl has no '{member.Name}'; valid: {string.Join(", ", s_members)}.";
            if (!s_members.Contains(member.Name)) return null;
        }

        problem = $"uri of an access list must be one of {string.Join(", ", Uris)}.";
        if (!entry.TryGetProperty("uri", out JsonElement uriValue) || uriValue.ValueKind is not JsonValueKind.String || uriValue.GetString() is not { } uri || !Uris.Contains(uri)) return null;

        problem = $"methods of an access list must be an array of {string.Join(", ", s_methods)}.";
        if (Words(entry, "methods", s_methods) is not { } methods) return null;
        if (!TryReadIds(entry, out FrozenSet<long>? ids, out problem)) return null;
        if (!TryReadSubmodules(entry, out FrozenDictionary<string, FrozenSet<string>>? submodules, out problem)) return null;

        problem = "topic and actions belong to an entry with uri mqtt; actions are publish, subscribe.";
        string? topic = null;
        if (entry.TryGetProperty("topic", out JsonElement topicValue) && (topicValue.ValueKind is not JsonValueKind.String || (topic = topicValue.GetString()) is null)) return null;
        if (Words(entry, "actions", s_actions) is not { } actions || ((topic is not null || actions.Count > 0) && uri != Mqtt)) return null;

        problem = $"topic of an access list must be an MQTT filter of 1 to {TopicLengthMax} characters outside flespi/: what gives flespi/ topics are the entries of the items.";
        if (topic is not null && (topic.Length is 0 or > TopicLengthMax || !TopicFilter.IsValid(topic) || TopicFilter.IsReserved(topic))) return null;
        problem = "";
        return new AccessEntry(uri, methods, ids, submodules, topic, actions.Contains("publish"), actions.Contains("subscribe"));
    }

    /// <summary>Writes the entry as <see cref="TryRead"/> takes it.</summary>
    internal void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("uri", Uri);
        WriteWords("methods", s_methods.Where(Methods.Contains));
        if (Ids is null && Uri != Mqtt) json.WriteString("ids", "all");
        if (Ids is not null)
        {
            json.WriteStartArray("ids");
            foreach (long id in Ids.Order()) json.WriteNumberValue(id);
            json.WriteEndArray();
        }
        if (Submodules is not null)
        {
            json.WriteStartArray("submodules");
            foreach ((string name, FrozenSet<string> methods) in Submodules.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                json.WriteStartObject();
                json.WriteString("name", name);
                WriteWords("methods", s_methods.Where(methods.Contains));
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        if (Topic is not null) json.WriteString("topic", Topic);
        if (MayPublish || MaySubscribe) WriteWords("actions", s_actions.Where(action => action == s_actions[0] ? MayPublish : MaySubscribe));
        json.WriteEndObject();

        void WriteWords(string name, IEnumerable<string> words)
        {
            json.WriteStartArray(name);
            foreach (string word in words) json.WriteStringValue(word);
            json.WriteEndArray();
        }
    }

    private static bool TryReadIds(JsonElement entry, out FrozenSet<long>? ids, out string problem)
    {
        ids = null;
        problem = $"ids of an access list must be \"all\" or an array of at most {IdsMax} integers; in-groups needs groups, which this gateway does not have.";
        if (!entry.TryGetProperty("ids", out JsonElement value)) return true;
        if (value.ValueKind is JsonValueKind.String) return value.GetString() == "all";
        if (value.ValueKind is not JsonValueKind.Array || value.GetArrayLength() > IdsMax) return false;

        var list = new List<long>(value.GetArrayLength());
        foreach (JsonElement item in value.EnumerateArray())
        {
            if (item.ValueKind is not JsonValueKind.Number || !item.TryGetInt64(out long id)) return false;
            list.Add(id);
        }
        ids = list.ToFrozenSet();
        return true;
    }

    private static bool TryReadSubmodules(JsonElement entry, out FrozenDictionary<string, FrozenSet<string>>? submodules, out string problem)
    {
        submodules = null;
        problem = $"submodules of an access list must be an array of {{\"name\",\"methods\"}}, names out of {string.Join(", ", SubmoduleNames)}.";
        if (!entry.TryGetProperty("submodules", out JsonElement value)) return true;
        if (value.ValueKind is not JsonValueKind.Array) return false;

        var read = new Dictionary<string, FrozenSet<string>>(StringComparer.Ordinal);
        foreach (JsonElement item in value.EnumerateArray())
        {
            if (item.ValueKind is not JsonValueKind.Object || !item.TryGetProperty("name", out JsonElement name) || name.ValueKind is not JsonValueKind.String) return false;
            if (!SubmoduleNames.Contains(name.GetString()) || Words(item, "methods", s_methods) is not { } methods) return false;
            if (!read.TryAdd(name.GetString()!, methods)) return false;
        }
        submodules = read.ToFrozenDictionary(StringComparer.Ordinal);
        return true;
    }

    /// <summary>An array of known words; empty when it is absent, null when it is something else.</summary>
    private static FrozenSet<string>? Words(JsonElement item, string name, string[] known)
    {
        if (!item.TryGetProperty(name, out JsonElement value)) return FrozenSet<string>.Empty;
        if (value.ValueKind is not JsonValueKind.Array) return null;
        var words = new HashSet<string>(StringComparer.Ordinal);
        foreach (JsonElement word in value.EnumerateArray())
            if (word.ValueKind is not JsonValueKind.String || !known.Contains(word.GetString()) || !words.Add(word.GetString()!)) return null;
        return words.ToFrozenSet(StringComparer.Ordinal);
    }
}
