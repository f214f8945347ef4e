using System.Globalization;
using System.Text.Json;

namespace Gateway.Host.Api;

/// <summary>The part of a collection that <c>limit</c> and <c>offset</c> ask for.</summary>
/// <param name="Limit">Items at most; null for all that follow.</param>
/// <param name="Offset">Items left out at the start; may be more than there are.</param>
/// <param name="Count">Items of the whole.</param>
internal sealed record Page(int? Limit, int Offset, int Count)
{
    /// <summary>The first item.</summary>
    internal int Start => Math.Min(Offset, Count);

    /// <summary>The item behind the last one.</summary>
    internal int End => Limit is { } limit && limit < Count - Start ? Start + limit : Count;

    /// <summary>Reads what a request asks for.</summary>
    /// <param name="target">The request.</param>
    /// <param name="count">Items of the whole.</param>
    /// <returns>Null when it asks for no part.</returns>
    /// <exception cref="ApiProblem">A number is none, or out of range.</exception>
    internal static Page? Of(RequestTarget target, int count)
    {
        string? limit = target.QueryValue("limit"), offset = target.QueryValue("offset");
        if (limit is null && offset is null) return null;
        return new Page(limit is null ? null : NumberOf("limit", limit, 1), offset is null ? 0 : NumberOf("offset", offset, 0), count);
    }

    /// <summary>Writes <c>pagination</c>.</summary>
    internal void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject("pagination");
        json.WriteNumber("limit", Limit ?? Count);
        json.WriteNumber("offset", Offset);
        json.WriteNumber("count", Count);
        json.WriteEndObject();
    }

    private static int NumberOf(string name, string text, int min) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= min
            ? value
            : throw ApiProblem.BadRequest($"{name} must be an integer, {min} to {int.MaxValue}.");
}
