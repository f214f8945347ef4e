using System.Text;
using System.Text.Json;
using Gateway.Host.Mqtt.Routing;
using Gateway.Host.Mqtt.Topics;
using Gateway.Host.Mqtt.Wire;

namespace Gateway.Host.Api;

/// <summary>An MQTT message as REST shows and takes it.</summary>
internal static class MqttMessageJson
{
    // Of MQTT's own texts: topics, names and values of properties.
    private const int TextBytesMax = ushort.MaxValue;

    private static readonly string[] s_settable = ["topic", "payload", "payload_base64", "qos", "retain", "user_properties"];

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    internal static ItemShape<Publication> Shape { get; } = new(
        new("topic", true, (json, message) => json.WriteStringValue(message.Topic)),
        new("payload", true, (json, message) => json.WriteStringValue(TextOf(message.Payload.Span))),
        new("payload_base64", false, (json, message) => json.WriteBase64StringValue(message.Payload.Span)),
        new("qos", true, (json, message) => json.WriteNumberValue(message.Qos)),
        new("retain", true, (json, message) => json.WriteBooleanValue(message.IsRetained)),
        new("timestamp", true, (json, message) => json.WriteNumberValue(message.TimeUs / 1e6m)),
        new("cid", true, (json, message) => json.WriteNumberValue(message.Cid)),
        new("user_properties", true, WriteProperties));

    /// <summary>Reads a message to publish.</summary>
    /// <param name="item">The object.</param>
    /// <param name="cid">The account.</param>
    /// <param name="nowUs">µs since 1970.</param>
    /// <exception cref="ApiProblem">It is none.</exception>
    internal static Publication Read(JsonElement item, long cid, long nowUs)
    {
        string? topic = null;
        byte[] payload = [];
        byte qos = 1;
        bool isRetained = false;
        List<KeyValuePair<string, string>> properties = [];
        foreach (JsonProperty field in item.EnumerateObject())
        {
            switch (field.Name)
            {
                case "topic":
                    topic = field.Text(TextBytesMax);
                    break;
                case "payload":
                    payload = BytesOf(field.Value);
                    break;
                case "payload_base64":
                    payload = field.Value.ValueKind is JsonValueKind.String && field.Value.TryGetBytesFromBase64(out byte[]? bytes) ? bytes : throw ApiProblem.BadRequest("payload_base64 must be bytes in base64.");
                    break;
                case "qos":
                    qos = (byte)Math.Min(field.Integer(0, 2), 1);
                    break;
                // Clients of the platform call it retained, and some add a type, which says nothing about the message.
                case "retain" or "retained":
                    isRetained = field.Flag();
                    break;
                case "type":
                    break;
                case "user_properties":
                    properties = ReadProperties(field);
                    break;
                default:
                    throw field.Unknown("message", s_settable);
            }
        }
        if (topic is null || !TopicLevels.IsTopic(topic) || Encoding.UTF8.GetByteCount(topic) > TextBytesMax)
            throw ApiProblem.BadRequest($"A message must have a topic: 1 to {TextBytesMax} bytes, no + and #, no NUL, at most {Mqtt.MqttLimits.TopicLevelsMax} levels.");
        return new Publication
        {
            Topic = topic,
            Payload = payload,
            Cid = cid,
            TimeUs = nowUs,
            Qos = qos,
            IsRetained = isRetained,
            Extra = properties.Count == 0 ? PublicationProperties.None : new PublicationProperties { UserProperties = properties },
        };
    }

    /// <summary>A text as it is, nothing for null, any other value as its JSON.</summary>
    private static byte[] BytesOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => Encoding.UTF8.GetBytes(value.GetString()!),
        JsonValueKind.Null => [],
        _ => Encoding.UTF8.GetBytes(value.GetRawText()),
    };

    /// <summary>The payload as text; null when it is none: its bytes are in payload_base64.</summary>
    private static string? TextOf(ReadOnlySpan<byte> payload)
    {
        try
        {
            return s_strict.GetString(payload);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static List<KeyValuePair<string, string>> ReadProperties(JsonProperty field)
    {
        var properties = new List<KeyValuePair<string, string>>();
        if (field.Value.ValueKind is not JsonValueKind.Object) throw Wrong();
        foreach (JsonProperty property in field.Value.EnumerateObject())
        {
            foreach (JsonElement value in property.Value.ValueKind is JsonValueKind.Array ? [.. property.Value.EnumerateArray()] : new[] { property.Value })
            {
                string text = value.ValueKind is JsonValueKind.String ? value.GetString()! : throw Wrong();
                if (Encoding.UTF8.GetByteCount(property.Name) > TextBytesMax || Encoding.UTF8.GetByteCount(text) > TextBytesMax) throw Wrong();
                if (property.Name.Contains('\0', StringComparison.Ordinal) || text.Contains('\0', StringComparison.Ordinal)) throw Wrong();
                properties.Add(new(property.Name, text));
            }
        }
        return properties;

        static ApiProblem Wrong() => ApiProblem.BadRequest($"user_properties must be an object of texts, or arrays of texts, at most {TextBytesMax} bytes each, without NUL.");
    }

    /// <summary>An object; a name that comes more than once has an array.</summary>
    private static void WriteProperties(Utf8JsonWriter json, Publication message)
    {
        json.WriteStartObject();
        foreach (IGrouping<string, string> property in message.Extra.UserProperties.GroupBy(one => one.Key, one => one.Value, StringComparer.Ordinal))
        {
            if (property.Count() == 1)
            {
                json.WriteString(property.Key, property.First());
                continue;
            }
            json.WriteStartArray(property.Key);
            foreach (string value in property) json.WriteStringValue(value);
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }
}
