using System.Text.Json;
using Gateway.Host.Channels;
using Gateway.Host.Mqtt;

namespace Gateway.Host.Api;

/// <summary><c>/const/values</c>: what codes mean and which topics there are. Log viewers and topic builders ask for it before they show anything, some without a token.</summary>
internal static class ConstRoutes
{
    private static readonly Dictionary<string, Action<Utf8JsonWriter>> s_values = new(StringComparer.Ordinal)
    {
        ["toolbox/codes"] = WriteCodes,
        ["toolbox/topics"] = WriteTopics,
    };

    internal static ApiRoute[] Table { get; } =
    [
        new("GET", "/const/values", RouteInputs.Names, ReadAsync, $"Shows constants by name: {string.Join(", ", s_values.Keys)}.") { Audience = RouteAudience.Everybody, IsStable = true },
    ];

    private static Task ReadAsync(ApiCall call)
    {
        string[] names = call.Http.Request.Query["names"] is [{ Length: > 0 } list, ..] ? list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) : [.. s_values.Keys];
        string[] unknown = [.. names.Where(name => !s_values.ContainsKey(name))];
        if (unknown.Length > 0) throw ApiProblem.UnknownName($"There is no constant '{unknown[0]}'", [.. s_values.Keys]);
        return call.WriteAsync([names], static (json, chosen) =>
        {
            json.WriteStartObject();
            foreach (string name in chosen.Distinct(StringComparer.Ordinal))
            {
                json.WritePropertyName(name);
                s_values[name](json);
            }
            json.WriteEndObject();
        });
    }

    private static void WriteCodes(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartObject("codes");
        foreach (EventMeaning meaning in EventTable.Events)
        {
            json.WriteStartObject(meaning.Code.ToString(System.Globalization.CultureInfo.InvariantCulture));
            json.WriteNumber("code", meaning.Code);
            json.WriteString("description", meaning.Description);
            json.WriteString("severity", WordOf(meaning.Severity));
            if (meaning.ExtraName is { } extraName)
            {
                json.WriteString("extra_name", extraName);
                json.WriteStartObject("extra_codes");
                foreach (CodeMeaning code in EventTable.CodesOf(meaning))
                {
                    json.WriteStartObject(code.Code.ToString(System.Globalization.CultureInfo.InvariantCulture));
                    json.WriteString("description", code.Description);
                    json.WriteString("severity", WordOf(code.Severity));
                    json.WriteEndObject();
                }
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteTopics(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartObject("topics");
        foreach ((string topic, string description) in TopicTable.All)
        {
            json.WriteStartObject(topic);
            json.WriteString("description", description);
            json.WriteEndObject();
        }
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static string WordOf(EventSeverity severity) => severity switch
    {
        EventSeverity.Info => "info",
        EventSeverity.Notice => "notice",
        EventSeverity.Warning => "warning",
        _ => "alert",
    };
}
