using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Gateway.Conformance.Tests;

/// <summary>Compares a recorded value with ours by the rule between the two.</summary>
internal static class ValueComparer
{
    private static readonly double[] s_scales = [10, 100, 1000, 0.1, 0.01, 0.001, 0.05];

    /// <summary>Whether our value is what the rule makes of the recorded one.</summary>
    public static bool Matches(JsonElement expected, JsonElement got, AttributeRule rule)
    {
        // Several flags share one number: that one of them is there shows that the number was taken apart.
        if (rule.Expression is "bits" or "bits of x" && got.ValueKind is JsonValueKind.True or JsonValueKind.False) return true;
        if (rule.Expression.StartsWith("concatenate", StringComparison.Ordinal)) return Text(got).Contains(Text(expected), StringComparison.Ordinal);

        if (got.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            bool truth = IsTrue(expected);
            return got.GetBoolean() == (rule.Expression == "x==0" ? !truth : truth);
        }
        if (Number(expected) is { } number && Number(got) is { } value)
            return Factors(rule).Any(factor => Near(number * factor, value)) || (rule.Expression.Contains("CSQ", StringComparison.Ordinal) && SignalLevel(number, value));
        if (expected.ValueKind is JsonValueKind.True or JsonValueKind.False && Number(got) is { } flag) return (flag != 0) == expected.GetBoolean();
        return SameText(Text(expected), Text(got));
    }

    /// <summary>A text that compares without regard to separators and case, so that <c>7c:d9</c> and <c>7CD9</c> are one.</summary>
    public static string Compact(string text) =>
        new([.. text.Where(char.IsLetterOrDigit).Select(char.ToLowerInvariant)]);

    /// <summary>The number that a JSON value is or spells, or null.</summary>
    public static double? Number(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.GetDouble(),
        JsonValueKind.String when double.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out double number) => number,
        _ => null,
    };

    /// <summary>Equal within a relative 1e-6, and within a unit of the third place for what was rounded on the way.</summary>
    public static bool Near(double expected, double got) => Math.Abs(expected - got) <= Math.Max(Math.Abs(expected) * 1e-6, 1e-3);

    private static IEnumerable<double> Factors(AttributeRule rule)
    {
        if (rule.Expression.StartsWith("x/", StringComparison.Ordinal) && Leading(rule.Expression[2..]) is { } divisor) yield return 1 / divisor;
        else if (rule.Expression.StartsWith("x*", StringComparison.Ordinal) && Leading(rule.Expression[2..]) is { } factor) yield return factor;
        else yield return 1;

        if (!rule.AnyScale) yield break;
        yield return 1;
        foreach (double scale in s_scales) yield return scale;
    }

    private static double? Leading(string text)
    {
        string digits = new([.. text.TakeWhile(c => char.IsDigit(c) || c == '.')]);
        return double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && number != 0 ? number : null;
    }

    // The recordings keep what the family sends: 0 to 5 bars, CSQ 0 to 31, percent or dBm.
    private static bool SignalLevel(double raw, double level) => Near(raw * 20, level) || Math.Abs(raw * 100 / 31 - level) <= 0.51 || Near(raw, level) || Near(-raw, level);

    private static bool IsTrue(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False or JsonValueKind.Null => false,
        _ => Number(value) is { } number ? number != 0 : !string.Equals(value.GetString(), "false", StringComparison.OrdinalIgnoreCase),
    };

    private static bool SameText(string expected, string got)
    {
        if (string.Equals(expected.Trim('\0', ' '), got.Trim('\0', ' '), StringComparison.Ordinal)) return true;
        // What the recordings keep as hexadecimal may be a text of ours.
        if (got.Length > 0 && Convert.ToHexString(Encoding.Latin1.GetBytes(got)).Equals(expected, StringComparison.OrdinalIgnoreCase)) return true;
        string a = Compact(expected), b = Compact(got);
        return a.Length > 0 && (a == b || a.TrimStart('0') == b.TrimStart('0'));
    }

    private static string Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString() ?? "" : value.GetRawText();
}
