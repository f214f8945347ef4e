using System.Text.Json;
using Gateway.Host.Configuration;

namespace Gateway.Host.Accounts;

/// <summary>An access token: whose it is, what it may do and how long. Its key is nowhere, only the key's hash.</summary>
internal sealed record Token
{
    /// <summary>Longest info in characters.</summary>
    internal const int InfoLengthMax = 256;

    /// <summary>Longest ttl in seconds: ten years.</summary>
    internal const long TtlMax = 10 * 366 * 86_400L;

    /// <summary>Latest expiry, s since 1970: the end of the year 9999.</summary>
    internal const long ExpireMax = 253_402_300_799;

    /// <summary>Number of the token.</summary>
    internal required long Id { get; init; }

    /// <summary>The account whose it is.</summary>
    internal required long Cid { get; init; }

    /// <summary>What it is for.</summary>
    internal string Info { get; init; } = "";

    /// <summary>A disabled token opens nothing.</summary>
    internal bool Enabled { get; init; } = true;

    /// <summary>Seconds since its last use for which it is valid; 0: that does not make it valid.</summary>
    internal long Ttl { get; init; }

    /// <summary>Time until which it is valid, s since 1970; 0: that does not make it valid.</summary>
    internal long Expire { get; init; }

    /// <summary>When it was made, s since 1970.</summary>
    internal long Created { get; init; }

    /// <summary>Its last use as far as it is stored, s since 1970.</summary>
    internal long Accessed { get; init; }

    /// <summary>What it may do.</summary>
    internal required TokenAccess Access { get; init; }

    /// <summary>Free JSON object of the user's.</summary>
    internal string MetadataJson { get; init; } = "{}";

    /// <summary>Hash of its key.</summary>
    internal required TokenHash Hash { get; init; }

    /// <summary>Made at the first start of the gateway, or given by its settings.</summary>
    internal bool IsStart { get; init; }

    /// <summary>Whether it is valid at a time, given its last use; both s since 1970. One that has neither ttl nor expire never ends: only start tokens are so.</summary>
    internal bool IsValidAt(long now, long accessed) =>
        (Ttl == 0 && Expire == 0) || now < Expire || (Ttl > 0 && now < Math.Max(Created, accessed) + Ttl);

    internal string ToJson() => StoredJson.Object(json =>
    {
        json.WriteNumber("cid", Cid);
        json.WriteString("info", Info);
        json.WriteBoolean("enabled", Enabled);
        json.WriteNumber("ttl", Ttl);
        json.WriteNumber("expire", Expire);
        json.WriteNumber("created", Created);
        json.WriteNumber("accessed", Accessed);
        json.WritePropertyName("access");
        Access.Write(json);
        json.WriteRaw("metadata", MetadataJson);
        json.WriteBoolean("start", IsStart);
        json.WriteString("sha256", Hash.ToString());
    });

    /// <summary>Reads a stored token; what is missing is as in folders from before there were accounts: the start token, a master token of the root.</summary>
    internal static Token FromJson(long id, JsonElement item)
    {
        string problem = "";
        return new Token
        {
            Id = id,
            Cid = item.Integer("cid", AccountDirectory.RootId),
            Info = item.Text("info", item.Text("name", "")),
            Enabled = !item.TryGetProperty("enabled", out JsonElement enabled) || enabled.GetBoolean(),
            Ttl = item.Integer("ttl", 0),
            Expire = item.Integer("expire", 0),
            Created = item.Integer("created", 0),
            Accessed = item.Integer("accessed", 0),
            Access = !item.TryGetProperty("access", out JsonElement access) ? TokenAccess.Master : TokenAccess.TryRead(access, out problem) ?? throw new FormatException(problem),
            MetadataJson = item.Raw("metadata", "{}"),
            IsStart = !item.TryGetProperty("start", out JsonElement start) || start.GetBoolean(),
            Hash = TokenHash.Parse(item.GetProperty("sha256").GetString() ?? ""),
        };
    }
}
