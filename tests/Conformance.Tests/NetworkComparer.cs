using System.Text.Json;

namespace Gateway.Conformance.Tests;

/// <summary>Compares the cells and Wi-Fi access points of a recording with <c>gsm.*</c> and <c>wifi.*</c>. Their order says nothing.</summary>
internal static class NetworkComparer
{
    private static readonly (string Recorded, string Ours)[] s_cell =
        [("mcc", "gsm.mcc"), ("mnc", "gsm.mnc"), ("lac", "gsm.lac"), ("cid", "gsm.cellid"), ("signalStrength", "gsm.signal.dbm")];

    private static readonly (string Recorded, string Ours)[] s_wifi =
        [("macAddress", "wifi.mac.address"), ("signalStrength", "wifi.signal.strength"), ("channel", "wifi.channel")];

    private const int PlacesMax = 64;

    /// <summary>Adds what is missing, and the number of values that were looked for.</summary>
    public static void Compare(JsonElement expected, JsonElement got, List<Difference> missing, ref int total)
    {
        if (!expected.TryGetProperty("network", out JsonElement network) || network.ValueKind != JsonValueKind.Object) return;
        Compare("cell", network, "cellTowers", s_cell, got, missing, ref total);
        Compare("wifi", network, "wifiAccessPoints", s_wifi, got, missing, ref total);
    }

    private static void Compare(
        string what, JsonElement network, string list, (string Recorded, string Ours)[] fields, JsonElement got, List<Difference> missing, ref int total)
    {
        if (!network.TryGetProperty(list, out JsonElement recorded)) return;
        List<Dictionary<string, JsonElement>> ours = Places(got, fields);
        foreach (JsonElement place in recorded.EnumerateArray())
        {
            // Country and network 0 stand for those that the device did not send.
            bool isNowhere = IsZero(place, "mcc") && IsZero(place, "mnc");
            (string Recorded, string Ours)[] present =
                [.. fields.Where(f => place.TryGetProperty(f.Recorded, out JsonElement v) && v.ValueKind != JsonValueKind.Null && !(isNowhere && f.Recorded is "mcc" or "mnc"))];
            total += present.Length;
            Dictionary<string, JsonElement>? best = ours.MaxBy(o => present.Count(f => Same(place.GetProperty(f.Recorded), o, f.Ours)));
            foreach ((string name, string parameter) in present)
            {
                if (best is not null && Same(place.GetProperty(name), best, parameter)) continue;
                if (name == "signalStrength" && what == "cell" && IsLevel(place.GetProperty(name), got)) continue;
                string seen = best is not null && best.TryGetValue(parameter, out JsonElement value) ? value.GetRawText() : "-";
                missing.Add(new($"{what} {name}", place.GetProperty(name).GetRawText(), seen, parameter));
            }
            if (best is not null) ours.Remove(best);
        }
    }

    private static bool IsZero(JsonElement place, string name) => place.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.GetDouble() == 0;

    // A CSQ of 0 to 31 that the recording put beside the cell, often negated, is a level in percent here.
    private static bool IsLevel(JsonElement recorded, JsonElement got) =>
        recorded.ValueKind == JsonValueKind.Number && Math.Abs(recorded.GetDouble()) is <= 31 and double csq
        && got.TryGetProperty("gsm.signal.level", out JsonElement level) && level.ValueKind == JsonValueKind.Number && Math.Abs(level.GetDouble() - csq * 100 / 31) <= 1;

    /// <summary>Our places by index: without a number, .1, .2 and so on.</summary>
    private static List<Dictionary<string, JsonElement>> Places(JsonElement got, (string Recorded, string Ours)[] fields)
    {
        var places = new List<Dictionary<string, JsonElement>>();
        for (int i = 0; i <= PlacesMax; i++)
        {
            var place = new Dictionary<string, JsonElement>();
            foreach ((_, string name) in fields)
                if (got.TryGetProperty(i == 0 ? name : $"{name}.{i}", out JsonElement value)) place[name] = value;
            if (place.Count > 0) places.Add(place);
        }
        return places;
    }

    private static bool Same(JsonElement recorded, Dictionary<string, JsonElement> place, string parameter)
    {
        if (!place.TryGetValue(parameter, out JsonElement value)) return false;
        if (recorded.ValueKind == JsonValueKind.String)
            return value.ValueKind == JsonValueKind.String && ValueComparer.Compact(recorded.GetString()!) == ValueComparer.Compact(value.GetString()!);
        // The recordings do not agree on the sign of a signal strength.
        double a = recorded.GetDouble();
        return ValueComparer.Number(value) is { } b && (a == b || (parameter.Contains("signal", StringComparison.Ordinal) && a == -b));
    }
}
