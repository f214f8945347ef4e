using System.Globalization;
using System.Text;
using System.Text.Json;
using Gateway.Host.Expressions;
using Gateway.Host.Mqtt.Routing;

namespace Gateway.Host.Mqtt.Topics;

/// <summary>Asks of messages what <c>$filter</c> or the user property <c>cid</c> of a subscription asks. Any number of threads, one after the other.</summary>
/// <param name="spec">The specification, null for none.</param>
/// <param name="cid">The account from the user property, 0 for none.</param>
/// <param name="clock">What time it is.</param>
internal sealed class SpecMatcher(FilterSpec? spec, long cid, TimeProvider clock)
{
    private readonly Lock _gate = new();
    [ThreadStatic]
    private static JsonSubject? t_json;

    private readonly Condition? _payload = spec?.Payload is null ? null : new Condition(spec.Payload, clock);
    private readonly Condition? _message = spec?.Message is null ? null : new Condition(spec.Message, clock);

    /// <summary>Whether a message meets it.</summary>
    internal bool IsMet(Publication publication)
    {
        if (cid != 0 && cid != publication.Cid) return false;
        if (spec is { Cid: not 0 } && spec.Cid != publication.Cid) return false;
        if (spec?.ModifiedSinceUs is { } since && publication.TimeUs <= since) return false;
        if (_payload is null && _message is null) return true;
        lock (_gate) return (_payload is null || IsMet(_payload, publication.Payload.Span)) && (_message is null || IsMessageMet(_message, publication));
    }

    private static bool IsMet(Condition condition, ReadOnlySpan<byte> json)
    {
        JsonSubject subject = t_json ??= new JsonSubject();
        subject.Clear();
        Range place = subject.Add(json);
        try
        {
            for (int i = 0; i < condition.Names.Length; i++) condition.Run.Values[i] = subject.Find(place, condition.Names[i]);
            return condition.Run.IsTrue(subject.Bytes);
        }
        catch (JsonException)
        {
            return false;       // a payload that is no JSON has no values to ask about
        }
    }

    private static bool IsMessageMet(Condition condition, Publication publication)
    {
        var whole = new System.Buffers.ArrayBufferWriter<byte>(publication.Payload.Length + 256);
        using (var json = new Utf8JsonWriter(whole))
        {
            json.WriteStartObject();
            json.WriteString("topic", publication.Topic);
            json.WriteNumber("cid", publication.Cid);
            json.WriteNumber("timestamp", publication.TimeUs / 1e6m);
            json.WriteStartObject("user_properties");
            foreach ((string name, string value) in publication.Extra.UserProperties) json.WriteString(name, value);
            json.WriteString("timestamp", (publication.TimeUs / 1e6m).ToString("0.######", CultureInfo.InvariantCulture));
            json.WriteString("cid", publication.Cid.ToString(CultureInfo.InvariantCulture));
            json.WriteEndObject();
            json.WritePropertyName("payload");
            if (IsJson(publication.Payload.Span)) json.WriteRawValue(publication.Payload.Span, skipInputValidation: true);
            else json.WriteStringValue(Encoding.UTF8.GetString(publication.Payload.Span));
            json.WriteEndObject();
        }
        return IsMet(condition, whole.WrittenSpan);
    }

    private static bool IsJson(ReadOnlySpan<byte> payload)
    {
        var reader = new Utf8JsonReader(payload);
        try
        {
            if (!reader.Read()) return false;
            if (!reader.TrySkip()) return false;
            return !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private sealed class Condition(Expression expression, TimeProvider clock)
    {
        internal ExpressionRun Run { get; } = new(expression, clock);

        internal byte[][] Names { get; } = [.. expression.Names.Select(Encoding.UTF8.GetBytes)];
    }
}
