using System.Globalization;
using System.Text.Json;

namespace Gateway.Conformance.Tests;

/// <summary>One thing that differs between a recording and our message.</summary>
/// <param name="What">The field or attribute.</param>
/// <param name="Expected">As recorded.</param>
/// <param name="Got">As we have it; <c>-</c> for nothing.</param>
/// <param name="Names">Where ours was looked for.</param>
internal readonly record struct Difference(string What, string Expected, string Got, string Names = "");

/// <summary>Compares one recorded position with one message.</summary>
internal sealed class PositionComparer(AttributeMap map)
{
    private const double KnotsToKmh = 1.852;

    /// <summary>What of the position itself differs: whose, when, where, how fast.</summary>
    /// <param name="expected">The recorded position.</param>
    /// <param name="got">Our message.</param>
    /// <param name="clockDependent">Its time comes from the clock of the recording: not compared.</param>
    public static List<Difference> Position(JsonElement expected, JsonElement got, bool clockDependent)
    {
        var found = new List<Difference>();
        string? ident = Text(expected, "ident");
        if (ident is not null && Text(got, "ident") != ident) found.Add(new("ident", ident, Text(got, "ident") ?? "-"));
        if (!clockDependent) Times(expected, got, found);

        if (expected.TryGetProperty("outdated", out JsonElement outdated) && outdated.ValueKind == JsonValueKind.True)
        {
            if (got.TryGetProperty("position.latitude", out JsonElement latitude)) found.Add(new("outdated", "no position.latitude", latitude.GetRawText()));
            return found;
        }

        bool valid = expected.GetProperty("valid").GetBoolean();
        double lat = Double(expected, "latitude"), lon = Double(expected, "longitude");
        // 0, 0 and not valid is how the recordings say that there was no coordinate.
        bool none = lat == 0 && lon == 0 && !valid && !got.TryGetProperty("position.latitude", out _);
        if (!none)
        {
            Compare("latitude", lat, got, "position.latitude", 1e-5, zeroMayBeAbsent: false, found);
            Compare("longitude", lon, got, "position.longitude", 1e-5, zeroMayBeAbsent: false, found);
            bool gotValid = !got.TryGetProperty("position.valid", out JsonElement flag) || flag.ValueKind == JsonValueKind.True;
            if (gotValid != valid) found.Add(new("valid", valid ? "true" : "false", gotValid ? "true" : "false"));
        }
        Compare("altitude", Double(expected, "altitude"), got, "position.altitude", 0.01, zeroMayBeAbsent: true, found);
        Compare("speed", Double(expected, "speed") * KnotsToKmh, got, "position.speed", 0.011, zeroMayBeAbsent: true, found);
        Compare("course", Double(expected, "course"), got, "position.direction", 0.01, zeroMayBeAbsent: true, found);
        // 0 is how the recordings say that the accuracy was not read.
        if (Double(expected, "accuracy") != 0) Compare("accuracy", Double(expected, "accuracy"), got, "position.accuracy", 0.01, zeroMayBeAbsent: false, found);
        return found;
    }

    /// <summary>Which attributes are missing or differ.</summary>
    /// <param name="expected">The recorded position.</param>
    /// <param name="got">Our message.</param>
    /// <param name="total">Number of attributes that were looked for.</param>
    public List<Difference> Attributes(JsonElement expected, JsonElement got, out int total)
    {
        var missing = new List<Difference>();
        total = 0;
        foreach (JsonProperty attribute in expected.GetProperty("attributes").EnumerateObject())
        {
            if (attribute.Name == "alarm") Alarms(attribute.Value.GetString() ?? "", got, missing, ref total);
            else Attribute(attribute, got, missing, ref total);
        }
        NetworkComparer.Compare(expected, got, missing, ref total);
        return missing;
    }

    private void Attribute(JsonProperty attribute, JsonElement got, List<Difference> missing, ref int total)
    {
        AttributeRule[] rules = [.. map.RulesFor(attribute.Name)];
        if (rules[0].Ignored) return;
        total++;
        string seen = "-";
        foreach (AttributeRule rule in rules)
        {
            foreach (string name in rule.Names)
            {
                foreach (JsonElement value in Values(got, name))
                {
                    if (ValueComparer.Matches(attribute.Value, value, rule)) return;
                    if (seen == "-") seen = $"{name}={value.GetRawText()}";
                }
            }
        }
        missing.Add(new(attribute.Name, attribute.Value.GetRawText(), seen, string.Join(' ', rules.SelectMany(r => r.Names).Take(4))));
    }

    private void Alarms(string words, JsonElement got, List<Difference> missing, ref int total)
    {
        foreach (string word in words.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            total++;
            AttributeRule? rule = map.Alarm(word);
            bool wanted = rule is null || !rule.Notes.StartsWith("false", StringComparison.Ordinal);
            bool found = rule is not null && rule.Names.Any(name => Values(got, name).Any(v =>
                v.ValueKind is JsonValueKind.True or JsonValueKind.False && v.GetBoolean() == (wanted || name.EndsWith(".alarm", StringComparison.Ordinal))));
            if (!found) missing.Add(new($"alarm {word}", wanted ? "true" : "false", "-", rule is null ? "" : string.Join(' ', rule.Names)));
        }
    }

    /// <summary>The values of a parameter with and without a number behind its name.</summary>
    private static IEnumerable<JsonElement> Values(JsonElement got, string name)
    {
        foreach (JsonProperty property in got.EnumerateObject())
        {
            if (string.Equals(property.Name, name, StringComparison.OrdinalIgnoreCase)) yield return property.Value;
            else if (property.Name.Length > name.Length + 1 && property.Name.StartsWith(name, StringComparison.OrdinalIgnoreCase) &&
                     property.Name[name.Length] == '.' && property.Name.AsSpan(name.Length + 1).IndexOfAnyExceptInRange('0', '9') < 0) yield return property.Value;
        }
    }

    private static void Times(JsonElement expected, JsonElement got, List<Difference> found)
    {
        string? fix = Text(expected, "time"), report = Text(expected, "deviceTime");
        double? timestamp = Optional(got, "timestamp");
        double? position = Optional(got, "position.timestamp") ?? timestamp;
        if (fix is not null && !SameTime(fix, position)) found.Add(new("time", fix, Iso(position)));
        if (report is not null && (fix is null || report != fix) && !SameTime(report, timestamp)) found.Add(new("deviceTime", report, Iso(timestamp)));
    }

    // A recorder that misread a clock wrote years of five digits; such a text is no time.
    private static bool SameTime(string iso, double? seconds) => seconds is { } s && VectorFile.TryToUs(iso, out long us) && Math.Abs(us / 1e6 - s) < 0.0011;

    private static string Iso(double? seconds) =>
        seconds is { } s ? DateTimeOffset.UnixEpoch.AddMilliseconds(Math.Round(s * 1000)).ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture) : "-";

    private static void Compare(string what, double expected, JsonElement got, string name, double tolerance, bool zeroMayBeAbsent, List<Difference> found)
    {
        double? value = Optional(got, name);
        if (value is null ? zeroMayBeAbsent && expected == 0 : Math.Abs(value.Value - expected) <= tolerance) return;
        found.Add(new(what, expected.ToString(CultureInfo.InvariantCulture), value?.ToString(CultureInfo.InvariantCulture) ?? "-"));
    }

    private static double Double(JsonElement element, string name) => Optional(element, name) ?? 0;

    private static double? Optional(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
