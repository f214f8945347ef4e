using System.Collections.Frozen;
using System.Text.Json;
using Gateway.Host.Configuration;

namespace Gateway.Host.Accounts;

/// <summary>A set of numbers that accounts are held to. It belongs to an account, and is put on subaccounts below that.</summary>
internal sealed record Limit
{
    /// <summary>Longest description in characters.</summary>
    internal const int DescriptionLengthMax = 4_096;

    /// <summary>Value that stands for none, so that only the accounts above limit.</summary>
    internal const long None = -1;

    /// <summary>Number of the limit.</summary>
    internal required long Id { get; init; }

    /// <summary>The account whose it is.</summary>
    internal required long Cid { get; init; }

    /// <summary>Name for people.</summary>
    internal string Name { get; init; } = "";

    /// <summary>Text for people.</summary>
    internal string Description { get; init; } = "";

    /// <summary>Free JSON object of the user's.</summary>
    internal string MetadataJson { get; init; } = "{}";

    /// <summary>The numbers that are set.</summary>
    internal FrozenDictionary<string, long> Values { get; init; } = FrozenDictionary<string, long>.Empty;

    /// <summary>A number, <see cref="None"/> when it is not set.</summary>
    internal long Of(LimitName name) => Values.TryGetValue(name.Name, out long value) ? value : None;

    /// <summary>The same with other numbers; <see cref="None"/> takes one away.</summary>
    internal Limit With(IReadOnlyDictionary<string, long> values)
    {
        var merged = new Dictionary<string, long>(Values, StringComparer.Ordinal);
        foreach ((string name, long value) in values) merged[name] = value;
        return this with { Values = merged.Where(pair => pair.Value != None).ToFrozenDictionary(StringComparer.Ordinal) };
    }

    internal string ToJson() => StoredJson.Object(json =>
    {
        json.WriteNumber("cid", Cid);
        json.WriteString("name", Name);
        json.WriteString("description", Description);
        json.WriteRaw("metadata", MetadataJson);
        json.WriteStartObject("values");
        foreach ((string name, long value) in Values.OrderBy(pair => pair.Key, StringComparer.Ordinal)) json.WriteNumber(name, value);
        json.WriteEndObject();
    });

    internal static Limit FromJson(long id, JsonElement item) => new()
    {
        Id = id,
        Cid = item.GetProperty("cid").GetInt64(),
        Name = item.GetProperty("name").GetString() ?? "",
        Description = item.GetProperty("description").GetString() ?? "",
        MetadataJson = item.GetProperty("metadata").GetRawText(),
        Values = item.GetProperty("values").EnumerateObject().ToFrozenDictionary(member => member.Name, member => member.Value.GetInt64(), StringComparer.Ordinal),
    };
}
