using System.Text;
using System.Text.Json;
using Gateway.Codecs;
using Gateway.Host.Expressions;

namespace Gateway.Host.Api;

/// <summary><c>/storage/expressions</c>: what the language of filters and selectors has, and a place to try it.</summary>
internal static class ExpressionRoutes
{
    /// <summary>Longest name of a time zone in characters.</summary>
    private const int ZoneLengthMax = 64;

    private static readonly string[] s_testKeys = ["expression", "input", "timezone"];

    internal static ApiRoute[] Table { get; } =
    [
        new("GET", "/storage/expressions/functions", RouteInputs.None, ReadFunctionsAsync, "Lists the functions of expressions.") { Audience = RouteAudience.AnyToken },
        new("POST", "/storage/expressions/test", RouteInputs.Body, TestAsync, "Evaluates an expression on messages of the request.") { Audience = RouteAudience.AnyToken },
    ];

    private static Task ReadFunctionsAsync(ApiCall call) => call.WriteAsync(FunctionTable.All, static (json, function) =>
    {
        json.WriteStartObject();
        json.WriteString("name", function.Name);
        json.WriteString("usage", function.Usage);
        json.WriteString("description", function.Refusal is null ? function.Description : $"Not available here: {function.Refusal} {function.Description}");
        json.WriteStartObject("arguments");
        json.WriteNumber("min", function.ArgumentsMin);
        json.WriteNumber("max", function.ArgumentsMax);
        json.WriteEndObject();
        json.WriteBoolean("available", function.Refusal is null);
        if (function.Refusal is null)
        {
            json.WriteStartObject("example");
            json.WriteString("expression", function.Example);
            json.WritePropertyName("result");
            json.WriteRawValue(function.Result);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    });

    /// <summary>Body: <c>expression</c>, <c>input</c> (a message or a list of them, each flat or nested), <c>timezone</c>. One result per message: its <c>index</c>, and <c>code</c> 0 with <c>result</c>, or 1 with <c>error</c>.</summary>
    private static async Task TestAsync(ApiCall call)
    {
        using JsonDocument body = await call.ReadBodyAsync() ?? throw ApiProblem.BadRequest("The body must be an object with expression and input.");
        if (body.RootElement.ValueKind is not JsonValueKind.Object) throw ApiProblem.BadRequest("The body must be an object with expression and input.");
        foreach (JsonProperty member in body.RootElement.EnumerateObject())
            if (!s_testKeys.Contains(member.Name)) throw ApiProblem.UnknownName($"The body has no field '{member.Name}'", s_testKeys);

        string source = TextOf(body.RootElement, "expression") ?? throw ApiProblem.BadRequest("expression must be a string.");
        var options = new ExpressionOptions { Zone = ZoneOf(TextOf(body.RootElement, "timezone")) };
        if (!Expression.TryCompile(source, options, out Expression? expression, out ExpressionError error)) throw ApiProblem.BadExpression("expression", error);

        JsonElement[] inputs = body.RootElement.TryGetProperty("input", out JsonElement input) && input.ValueKind is not JsonValueKind.Null
            ? input.ValueKind is JsonValueKind.Array ? [.. input.EnumerateArray()] : [input]
            : [];
        var run = new ExpressionRun(expression, call.Service<TimeProvider>());
        byte[][] names = [.. expression.Names.Select(Encoding.UTF8.GetBytes)];
        using var subject = new JsonSubject();
        await call.WriteAsync([.. inputs.Index()], (json, entry) => WriteResult(json, entry.Index, entry.Item, run, names, subject));
    }

    private static void WriteResult(Utf8JsonWriter json, int index, JsonElement message, ExpressionRun run, byte[][] names, JsonSubject subject)
    {
        json.WriteStartObject();
        json.WriteNumber("index", index);
        json.WriteNumber("code", message.ValueKind is JsonValueKind.Object ? 0 : 1);
        if (message.ValueKind is JsonValueKind.Object)
        {
            subject.Clear();
            Range place = subject.Add(static (writer, element) => element.WriteTo(writer), message);
            for (int i = 0; i < names.Length; i++) run.Values[i] = subject.Find(place, names[i]);
            Value value = run.Evaluate(subject.Bytes, out ReadOnlySpan<byte> text);
            json.WritePropertyName("result");
            WriteValue(json, value, text);
        }
        else
        {
            json.WriteStartObject("error");
            json.WriteNumber("column", 0);
            json.WriteString("reason", $"A message must be an object, not {message.ValueKind}.");
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static void WriteValue(Utf8JsonWriter json, Value value, ReadOnlySpan<byte> text)
    {
        switch (value.Kind)
        {
            case ValueKind.Boolean:
                json.WriteBooleanValue(value.Number != 0);
                break;
            case ValueKind.Number:
                json.WriteNumberValue(value.Number);
                break;
            case ValueKind.Text:
                json.WriteStringValue(text);
                break;
            case ValueKind.Other:
                json.WriteRawValue(text, skipInputValidation: true);     // our own copy of parsed JSON
                break;
            default:
                json.WriteNullValue();
                break;
        }
    }

    private static string? TextOf(JsonElement body, string name)
    {
        if (!body.TryGetProperty(name, out JsonElement value) || value.ValueKind is JsonValueKind.Null) return null;
        return value.ValueKind is JsonValueKind.String ? value.GetString() : throw ApiProblem.BadRequest($"{name} must be a string, not {value.ValueKind}.");
    }

    private static TimeZoneInfo ZoneOf(string? name)
    {
        if (string.IsNullOrEmpty(name)) return TimeZoneInfo.Utc;
        bool isName = name.Length <= ZoneLengthMax && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '/' or '_' or '-' or '+') && char.IsAsciiLetter(name[0]);
        return isName && TimeZoneInfo.TryFindSystemTimeZoneById(name, out TimeZoneInfo? zone) ? zone : throw ApiProblem.BadRequest("timezone must be the name of a time zone that this machine knows, as Europe/Berlin.");
    }
}
