using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Codecs;

namespace Gateway.Host.Inspection;

/// <summary>Writes traced messages as the flat JSON that consumers get, without what only a channel adds (<c>channel.id</c>, <c>server.timestamp</c>).</summary>
internal static class TraceJson
{
    private const decimal UsPerSecond = 1_000_000m;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>One line of JSON, keys sorted; of a name that comes twice the last value counts.</summary>
    public static string Of(TraceMessage message)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, Options))
        {
            json.WriteStartObject();
            foreach (string name in message.Values.Select(value => value.Name).Distinct().Order(StringComparer.Ordinal))
            {
                json.WritePropertyName(name);
                Write(json, message.Find(name)!);
            }
            json.WriteEndObject();
        }
        return System.Text.Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>One value as JSON.</summary>
    public static string Of(TraceValue value)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, Options)) Write(json, value);
        return System.Text.Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter json, TraceValue value)
    {
        switch (value.Value)
        {
            // decimal keeps what was written: whole seconds stay whole.
            case long timeUs when value.IsTime && timeUs % 1_000_000 == 0: json.WriteNumberValue(timeUs / 1_000_000); break;
            case long timeUs when value.IsTime: json.WriteNumberValue(timeUs / UsPerSecond); break;
            case long integer: json.WriteNumberValue(integer); break;
            case double real: json.WriteNumberValue(real); break;
            case bool truth: json.WriteBooleanValue(truth); break;
            default: json.WriteStringValue((string)value.Value); break;
        }
    }
}
