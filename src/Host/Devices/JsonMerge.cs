using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gateway.Host.Devices;

/// <summary>Puts a JSON object into another one, as RFC 7396 has it: members of the patch take the place of equal ones, null removes, objects are merged.</summary>
internal static class JsonMerge
{
    // Texts stay as they were given; where they are shown in HTML, that must escape them anyway.
    private static readonly JsonWriterOptions s_asGiven = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The merged object.</summary>
    /// <param name="target">JSON text of an object.</param>
    /// <param name="patch">JSON text of an object; its depth is bounded where it was parsed.</param>
    internal static string Merge(string target, string patch)
    {
        using JsonDocument left = JsonDocument.Parse(target);
        using JsonDocument right = JsonDocument.Parse(patch);
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, s_asGiven)) Write(json, left.RootElement, right.RootElement);
        return System.Text.Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private static void Write(Utf8JsonWriter json, JsonElement target, JsonElement patch)
    {
        if (patch.ValueKind is not JsonValueKind.Object)
        {
            patch.WriteTo(json);
            return;
        }
        json.WriteStartObject();
        if (target.ValueKind is JsonValueKind.Object)
        {
            foreach (JsonProperty member in target.EnumerateObject())
                if (!patch.TryGetProperty(member.Name, out _)) member.WriteTo(json);
        }
        foreach (JsonProperty member in patch.EnumerateObject())
        {
            if (member.Value.ValueKind is JsonValueKind.Null) continue;
            json.WritePropertyName(member.Name);
            Write(json, target.ValueKind is JsonValueKind.Object && target.TryGetProperty(member.Name, out JsonElement present) ? present : default, member.Value);
        }
        json.WriteEndObject();
    }
}
