using System.Text.Json;

namespace Gateway.Host.Api;

/// <summary>Reads the members of a request's body; what is not as expected leaves the endpoint with HTTP 400.</summary>
internal static class BodyFields
{
    /// <summary>Items in one POST.</summary>
    internal const int ItemsMax = 1_000;

    /// <summary>The items of a POST: an array of objects, or one object.</summary>
    /// <param name="body">The body, null when there was none.</param>
    /// <param name="noun">What an item is called: <c>token</c>.</param>
    internal static IReadOnlyList<JsonElement> ItemsOf(JsonDocument? body, string noun)
    {
        if (body is null) throw ApiProblem.BadRequest($"The body must be an array of {noun}s, or one {noun}.");
        JsonElement[] items = body.RootElement.ValueKind is JsonValueKind.Array ? [.. body.RootElement.EnumerateArray()] : [body.RootElement];
        if (items.Length is 0 or > ItemsMax) throw ApiProblem.BadRequest($"The body must have 1 to {ItemsMax} {noun}s.");
        foreach (JsonElement item in items) ObjectOf(item, noun);
        return items;
    }

    /// <summary>The object of a PUT.</summary>
    internal static JsonElement ItemOf(JsonDocument? body, string noun) =>
        body is null ? throw ApiProblem.BadRequest($"The body must be an object with the fields of the {noun} to change.") : ObjectOf(body.RootElement, noun);

    /// <summary>A text of limited length in characters.</summary>
    internal static string Text(this JsonProperty field, int lengthMax)
    {
        string text = field.Value.ValueKind is JsonValueKind.String ? field.Value.GetString()! : throw field.Wrong("a string");
        return text.Length <= lengthMax ? text : throw ApiProblem.BadRequest($"{field.Name} may have at most {lengthMax} characters.");
    }

    /// <summary>An integer within bounds, both inclusive.</summary>
    internal static long Integer(this JsonProperty field, long min, long max) =>
        field.Value.ValueKind is JsonValueKind.Number && field.Value.TryGetInt64(out long value) && value >= min && value <= max ? value : throw field.Wrong($"an integer, {min} to {max}");

    /// <summary>True or false.</summary>
    internal static bool Flag(this JsonProperty field) => field.Value.ValueKind is JsonValueKind.True or JsonValueKind.False ? field.Value.GetBoolean() : throw field.Wrong("true or false");

    /// <summary>A JSON object as text of limited length in characters.</summary>
    internal static string ObjectText(this JsonProperty field, int lengthMax)
    {
        string text = field.Value.ValueKind is JsonValueKind.Object ? field.Value.GetRawText() : throw field.Wrong("an object");
        return text.Length <= lengthMax ? text : throw ApiProblem.BadRequest($"{field.Name} may have at most {lengthMax} characters.");
    }

    /// <summary>A member that there is none of.</summary>
    internal static ApiProblem Unknown(this JsonProperty field, string noun, IReadOnlyList<string> valid) => ApiProblem.UnknownName($"A {noun} has no field '{field.Name}' that can be set", valid);

    private static ApiProblem Wrong(this JsonProperty field, string expected) =>
        ApiProblem.BadRequest($"{field.Name} must be {expected}, not {(field.Value.ValueKind is JsonValueKind.Number ? field.Value.GetRawText() : field.Value.ValueKind)}.");

    private static JsonElement ObjectOf(JsonElement item, string noun) =>
        item.ValueKind is JsonValueKind.Object ? item : throw ApiProblem.BadRequest($"A {noun} must be a JSON object, not {item.ValueKind}.");
}
