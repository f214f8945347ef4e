using System.Text.Json;

namespace Gateway.Host.Configuration;

/// <summary>Writes and reads the JSON of stored items without reflection.</summary>
internal static class StoredJson
{
    /// <summary>A JSON object as text.</summary>
    internal static string Object(Action<Utf8JsonWriter> writeMembers)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            writeMembers(json);
            json.WriteEndObject();
        }
        return System.Text.Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    /// <summary>Reads what was stored.</summary>
    /// <param name="what">What it is, for the operator: <c>device 7</c>.</param>
    /// <param name="text">The JSON.</param>
    /// <param name="read">Takes the item out of it.</param>
    /// <exception cref="InvalidDataException">It is not what is expected.</exception>
    internal static T Read<T>(string what, string text, Func<JsonElement, T> read)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return read(document.RootElement);
        }
        catch (Exception damage) when (damage is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"stored {what} is damaged: {damage.Message.ReplaceLineEndings(" ")}", damage);
        }
    }

    /// <summary>A member that holds JSON text.</summary>
    internal static void WriteRaw(this Utf8JsonWriter json, string name, string text)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(text);
    }

    /// <summary>A text member; the other value when it is not there.</summary>
    internal static string Text(this JsonElement item, string name, string otherwise) => item.TryGetProperty(name, out JsonElement value) ? value.GetString() ?? otherwise : otherwise;

    /// <summary>An integer member; the other value when it is not there.</summary>
    internal static long Integer(this JsonElement item, string name, long otherwise) => item.TryGetProperty(name, out JsonElement value) ? value.GetInt64() : otherwise;

    /// <summary>A member as JSON text; the other text when it is not there.</summary>
    internal static string Raw(this JsonElement item, string name, string otherwise) => item.TryGetProperty(name, out JsonElement value) ? value.GetRawText() : otherwise;
}
