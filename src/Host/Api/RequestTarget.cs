using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Gateway.Host.Api;

/// <summary>Path and query of a request as the client wrote them. Read from the raw target: what the host decodes before routing has lost which slashes and plus signs were escaped.</summary>
internal sealed class RequestTarget(HttpContext http)
{
    /// <summary>Longest path, and longest query, in characters as sent.</summary>
    internal const int LengthMax = 64 * 1024;

    /// <summary>Most names in a query.</summary>
    internal const int QueryNamesMax = 64;

    // Keys of data whose values are texts even where they look like numbers.
    private static readonly string[] s_textKeys = ["filter", "fields", "method", "ident", "name"];

    private List<(string Name, string Value)>? _query;

    /// <summary>What stands in the path for a parameter of the route, decoded.</summary>
    /// <exception cref="ApiProblem">It is not UTF-8, or too long.</exception>
    internal string PathValue(string name)
    {
        string routed = (string?)http.Request.RouteValues[name] ?? "";
        string target = http.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        int end = target.IndexOf('?', StringComparison.Ordinal);
        string[] raw = (end < 0 ? target : target[..end]).Split('/');
        // The host takes away dot segments, and a target may be a whole URL: then the segments do not correspond.
        int at = http.GetEndpoint() is RouteEndpoint endpoint ? SegmentOf(endpoint.RoutePattern, name) + 1 : 0;
        if (at <= 0 || raw[0].Length > 0 || raw.Length != (http.Request.Path.Value ?? "").Split('/').Length) return routed;
        if (raw[at].Length > LengthMax) throw ApiProblem.BadRequest($"A part of the path may have at most {LengthMax} characters.");
        return PercentText.DecodeSegment(raw[at], "The path");
    }

    /// <summary>The value of a name in the query; null when it is not there.</summary>
    internal string? QueryValue(string name)
    {
        foreach ((string known, string value) in Query())
            if (known == name) return value;
        return null;
    }

    /// <summary>The names of the query beside <c>data</c> as members of a JSON object; null when there are none.</summary>
    /// <param name="data">Members that count before them; null for none.</param>
    internal byte[]? QueryAsData(JsonElement? data)
    {
        List<(string Name, string Value)> query = Query();
        if (!query.Exists(entry => entry.Name != "data")) return null;
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (data is { } given)
                foreach (JsonProperty member in given.EnumerateObject()) member.WriteTo(json);
            foreach ((string name, string value) in query.Where(entry => entry.Name != "data" && data?.TryGetProperty(entry.Name, out _) is not true).DistinctBy(entry => entry.Name))
            {
                json.WritePropertyName(name);
                WriteValue(json, name, value);
            }
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteValue(Utf8JsonWriter json, string name, string value)
    {
        bool isText = s_textKeys.Contains(name);
        if (!isText && value is "true" or "false") json.WriteBooleanValue(value == "true");
        else if (!isText && value == "null") json.WriteNullValue();
        else if (!isText && long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long integer)) json.WriteNumberValue(integer);
        else if (!isText && decimal.TryParse(value, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number)) json.WriteNumberValue(number);
        else json.WriteStringValue(value);
    }

    private static int SegmentOf(RoutePattern route, string name)
    {
        for (int i = 0; i < route.PathSegments.Count; i++)
            if (route.PathSegments[i].Parts is [RoutePatternParameterPart part] && part.Name == name) return i;
        return -1;
    }

    private List<(string Name, string Value)> Query()
    {
        if (_query is not null) return _query;
        string raw = http.Request.QueryString.Value ?? "";
        if (raw.Length > LengthMax) throw ApiProblem.BadRequest($"The query may have at most {LengthMax} characters.");
        List<(string, string)> query = [];
        foreach (string pair in raw.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            if (query.Count == QueryNamesMax) throw ApiProblem.BadRequest($"The query may have at most {QueryNamesMax} names.");
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            string name = PercentText.DecodeQuery(equals < 0 ? pair : pair[..equals], "The query");
            query.Add((name, equals < 0 ? "" : PercentText.DecodeQuery(pair.AsSpan(equals + 1), $"The query's {name}")));
        }
        return _query = query;
    }
}
