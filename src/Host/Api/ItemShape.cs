using System.Buffers;
using System.Text.Json;

namespace Gateway.Host.Api;

/// <summary>A field of an API object.</summary>
/// <param name="Name">Name in JSON.</param>
/// <param name="IsDefault">Shown when the request names no fields.</param>
/// <param name="Write">Writes the value.</param>
internal sealed record ItemField<T>(string Name, bool IsDefault, Action<Utf8JsonWriter, T> Write);

/// <summary>What an API object looks like: its fields, how a request chooses among them, and how selectors look into them.</summary>
internal sealed class ItemShape<T>(params ItemField<T>[] fields)
{
    /// <summary>Paths in one <c>fields</c> list.</summary>
    internal const int FieldsMax = 100;

    private readonly Projection _default = new([.. fields.Where(field => field.IsDefault).Select(field => (field, (string[])[]))]);

    /// <summary>Reads a <c>fields</c> list: names separated by commas, members of objects as <c>configuration.port</c>.</summary>
    /// <param name="list">The list; null or empty for the default fields.</param>
    internal Projection Choose(string? list)
    {
        if (string.IsNullOrWhiteSpace(list)) return _default;
        string[] paths = list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (paths.Length > FieldsMax) throw ApiProblem.BadRequest($"fields may name at most {FieldsMax} fields.");

        var chosen = new List<(ItemField<T>, string[])>();
        foreach (IGrouping<string, string> root in paths.Distinct(StringComparer.Ordinal).GroupBy(path => path.Split('.')[0], StringComparer.Ordinal))
        {
            ItemField<T> field = fields.FirstOrDefault(known => known.Name == root.Key)
                ?? throw ApiProblem.BadRequest($"There is no field '{root.Key}'; valid fields: {string.Join(", ", fields.Select(known => known.Name))}.");
            bool isWhole = root.Any(path => path.Length == root.Key.Length);
            chosen.Add((field, isWhole ? [] : [.. root.Select(path => path[(root.Key.Length + 1)..])]));
        }
        return new Projection(chosen);
    }

    /// <summary>Whether an item has this value at this path. Text is compared as text, everything else as JSON writes it; <c>*</c> and <c>?</c> are wildcards.</summary>
    internal bool Matches(T item, string path, string pattern)
    {
        string[] steps = path.Split('.', 2);
        ItemField<T> field = fields.FirstOrDefault(known => known.Name == steps[0])
            ?? throw ApiProblem.BadRequest($"A selector can't look at '{steps[0]}'; valid fields: {string.Join(", ", fields.Select(known => known.Name))}.");
        using JsonDocument value = Render(field, item);
        return ItemShape.TryFollow(value.RootElement, steps.Length > 1 ? steps[1] : "", out JsonElement found) && Wildcard.IsMatch(ItemShape.TextOf(found), pattern);
    }

    private static JsonDocument Render(ItemField<T> field, T item)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer)) field.Write(json, item);
        return JsonDocument.Parse(buffer.WrittenMemory);
    }

    /// <summary>A choice of fields.</summary>
    internal sealed class Projection(IReadOnlyList<(ItemField<T> Field, string[] Members)> chosen)
    {
        /// <summary>Writes the chosen fields of an item as an object.</summary>
        internal void Write(Utf8JsonWriter json, T item)
        {
            json.WriteStartObject();
            foreach ((ItemField<T> field, string[] members) in chosen)
            {
                json.WritePropertyName(field.Name);
                if (members.Length == 0) field.Write(json, item);
                else WriteMembers(json, field, item, members);
            }
            json.WriteEndObject();
        }

        private static void WriteMembers(Utf8JsonWriter json, ItemField<T> field, T item, string[] members)
        {
            using JsonDocument value = Render(field, item);
            json.WriteStartObject();
            foreach (string member in members)
            {
                if (!ItemShape.TryFollow(value.RootElement, member, out JsonElement found)) continue;
                json.WritePropertyName(member);
                found.WriteTo(json);
            }
            json.WriteEndObject();
        }
    }
}

/// <summary>Looks into JSON values for selectors.</summary>
internal static class ItemShape
{
    /// <summary>Follows a dotted path; a member whose own name has the dots is found too.</summary>
    internal static bool TryFollow(JsonElement value, string path, out JsonElement found)
    {
        found = value;
        if (path.Length == 0) return true;
        if (value.ValueKind is not JsonValueKind.Object) return false;
        if (value.TryGetProperty(path, out found)) return true;
        int dot = path.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && value.TryGetProperty(path[..dot], out JsonElement inner) && TryFollow(inner, path[(dot + 1)..], out found);
    }

    /// <summary>A value as a selector would write it.</summary>
    internal static string TextOf(JsonElement value) => value.ValueKind is JsonValueKind.String ? value.GetString()! : value.GetRawText();
}
