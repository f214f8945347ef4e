using System.Globalization;
using System.Text.Json;

namespace Gateway.Host.Api;

/// <summary>Looks into the JSON of fields: for selectors, and for <c>fields</c> that name members.</summary>
internal static class ItemJson
{
    /// <summary>Whether a value at a path fits a pattern.</summary>
    /// <param name="value">Where the path starts.</param>
    /// <param name="path">Names joined by dots; empty for the value itself. A member whose own name has the dots is found too; of lists each element is looked at.</param>
    /// <param name="pattern">A text with <c>*</c> and <c>?</c> as wildcards.</param>
    internal static bool AnyMatches(JsonElement value, string path, string pattern)
    {
        if (value.ValueKind is JsonValueKind.Array) return value.EnumerateArray().Any(element => AnyMatches(element, path, pattern));
        if (path.Length == 0) return Matches(value, pattern);
        if (value.ValueKind is not JsonValueKind.Object) return false;
        if (value.TryGetProperty(path, out JsonElement whole) && AnyMatches(whole, "", pattern)) return true;
        int dot = path.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && value.TryGetProperty(path[..dot], out JsonElement inner) && AnyMatches(inner, path[(dot + 1)..], pattern);
    }

    /// <summary>Writes a value with no more than the named members: objects keep their nesting, lists the elements that have members, and other values have none.</summary>
    /// <param name="json">Takes the value.</param>
    /// <param name="value">The whole value.</param>
    /// <param name="members">Paths; the names in them may have <c>*</c>.</param>
    internal static void WriteMembers(Utf8JsonWriter json, JsonElement value, IReadOnlyList<string> members)
    {
        if (value.ValueKind is JsonValueKind.Array)
        {
            json.WriteStartArray();
            foreach (JsonElement element in value.EnumerateArray())
                if (element.ValueKind is JsonValueKind.Object or JsonValueKind.Array) WriteMembers(json, element, members);
            json.WriteEndArray();
            return;
        }
        json.WriteStartObject();
        if (value.ValueKind is JsonValueKind.Object)
        {
            foreach (JsonProperty property in value.EnumerateObject())
            {
                var inner = new List<string>();
                bool isWhole = false;
                foreach (string member in members)
                {
                    if (Names(member, property.Name)) isWhole = true;
                    else if (member.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot && Names(member[..dot], property.Name)) inner.Add(member[(dot + 1)..]);
                }
                bool hasMembers = property.Value.ValueKind is JsonValueKind.Object or JsonValueKind.Array;
                if (isWhole) property.WriteTo(json);
                else if (inner.Count > 0 && hasMembers)
                {
                    json.WritePropertyName(property.Name);
                    WriteMembers(json, property.Value, inner);
                }
            }
        }
        json.WriteEndObject();
    }

    private static bool Names(string member, string name) => member == name || (member.Contains('*', StringComparison.Ordinal) && Wildcard.IsMatch(name, member));

    private static bool Matches(JsonElement value, string pattern)
    {
        if (value.ValueKind is JsonValueKind.String) return Wildcard.IsMatch(value.GetString(), pattern);
        if (value.ValueKind is JsonValueKind.Number && double.TryParse(pattern, NumberStyles.Float, CultureInfo.InvariantCulture, out double wanted) && value.TryGetDouble(out double number) && number == wanted) return true;
        return Wildcard.IsMatch(value.GetRawText(), pattern);
    }
}
