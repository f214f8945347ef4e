using System.Text.Json;

namespace Gateway.Host.Accounts;

/// <summary>Kinds of tokens, with the numbers of the API.</summary>
internal enum TokenKind
{
    /// <summary>Works with channels, devices and messages; not with accounts.</summary>
    Standard = 0,
    /// <summary>May do everything in its account and those below.</summary>
    Master = 1,
    /// <summary>May do what its access list says and nothing else.</summary>
    Acl = 2,
}

/// <summary>What a token may do: its kind, and the access list of kind <see cref="TokenKind.Acl"/>.</summary>
internal sealed record TokenAccess(TokenKind Kind, IReadOnlyList<AccessEntry> List)
{
    /// <summary>Entries of one list.</summary>
    internal const int EntriesMax = 100;

    internal static TokenAccess Master { get; } = new(TokenKind.Master, []);

    internal static TokenAccess Standard { get; } = new(TokenKind.Standard, []);

    /// <summary>Whether the list gives a method on some item of a collection.</summary>
    internal bool Gives(string method, string collection, string? submodule) => List.Any(entry => entry.IsAbout(collection) && entry.Gives(method, submodule));

    /// <summary>Whether the list gives a method on this item.</summary>
    internal bool Gives(string method, string collection, string? submodule, long id) =>
        List.Any(entry => entry.IsAbout(collection) && entry.Gives(method, submodule) && entry.Has(id));

    /// <summary>Whether the list gives a method on all items of a collection, those to come included: what making one needs.</summary>
    internal bool GivesAll(string method, string collection) => List.Any(entry => entry.IsAbout(collection) && entry.Gives(method, null) && entry.Ids is null);

    /// <summary>Whether the list has an item at all. What it has not reads as absent.</summary>
    internal bool Has(string collection, long id) => List.Any(entry => entry.IsAbout(collection) && entry.Has(id));

    /// <summary>Reads <c>access</c> of a token.</summary>
    internal static TokenAccess? TryRead(JsonElement access, out string problem)
    {
        problem = "access must be {\"type\":0} (standard), {\"type\":1} (master) or {\"type\":2,\"acl\":[...]}.";
        if (access.ValueKind is not JsonValueKind.Object || access.EnumerateObject().Any(member => member.Name is not ("type" or "acl"))) return null;
        if (!access.TryGetProperty("type", out JsonElement type) || type.ValueKind is not JsonValueKind.Number || !type.TryGetInt32(out int number) || number is < 0 or > 2) return null;

        var kind = (TokenKind)number;
        if (!access.TryGetProperty("acl", out JsonElement acl) || acl.ValueKind is JsonValueKind.Null) return kind is TokenKind.Acl ? null : new TokenAccess(kind, []);
        if (acl.ValueKind is not JsonValueKind.Array) return null;
        problem = $"access.acl may have at most {EntriesMax} entries.";
        if (acl.GetArrayLength() > EntriesMax) return null;

        var list = new List<AccessEntry>(acl.GetArrayLength());
        foreach (JsonElement item in acl.EnumerateArray())
        {
            if (AccessEntry.TryRead(item, out problem) is not { } entry) return null;
            list.Add(entry);
        }
        problem = "";
        return new TokenAccess(kind, list);
    }

    /// <summary>Writes it as <see cref="TryRead"/> takes it.</summary>
    internal void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("type", (int)Kind);
        if (Kind is TokenKind.Acl)
        {
            json.WriteStartArray("acl");
            foreach (AccessEntry entry in List) entry.Write(json);
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }
}
