using System.Text.Json;
using Gateway.Host.Configuration;

namespace Gateway.Host.Accounts;

/// <summary>An owner of items: the root account, or a subaccount below another one.</summary>
internal sealed record Account
{
    /// <summary>Longest name in characters.</summary>
    internal const int NameLengthMax = 256;

    /// <summary>Longest metadata in characters.</summary>
    internal const int MetadataLengthMax = 64 * 1024;

    /// <summary>Number of the account: what its items show as <c>cid</c>.</summary>
    internal required long Id { get; init; }

    /// <summary>The account above, 0 for the root.</summary>
    internal required long OwnerId { get; init; }

    /// <summary>Name for people.</summary>
    internal string Name { get; init; } = "";

    /// <summary>The limit it is under, 0 for none of its own.</summary>
    internal long LimitId { get; init; }

    /// <summary>Free JSON object of the user's.</summary>
    internal string MetadataJson { get; init; } = "{}";

    /// <summary>When it was made, s since 1970; 0 for the root of a folder that is older than accounts.</summary>
    internal long Created { get; init; }

    internal string ToJson() => StoredJson.Object(json =>
    {
        json.WriteNumber("owner_id", OwnerId);
        json.WriteString("name", Name);
        json.WriteNumber("limit_id", LimitId);
        json.WriteRaw("metadata", MetadataJson);
        json.WriteNumber("created", Created);
    });

    internal static Account FromJson(long id, JsonElement item) => new()
    {
        Id = id,
        OwnerId = item.GetProperty("owner_id").GetInt64(),
        Name = item.GetProperty("name").GetString() ?? "",
        LimitId = item.GetProperty("limit_id").GetInt64(),
        MetadataJson = item.GetProperty("metadata").GetRawText(),
        Created = item.GetProperty("created").GetInt64(),
    };
}
