using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Gateway.Host.Api;

/// <summary>A condition on messages: comparisons joined by <c>&amp;&amp;</c>, or a comma list of parameters that must all be there.</summary>
/// <remarks>Looks at the flat JSON of a message, so that it sees exactly what the client would; makes no objects per message.</remarks>
internal sealed class MessageFilter
{
    /// <summary>Longest expression in characters.</summary>
    internal const int LengthMax = 1_024;

    /// <summary>Conditions in one expression.</summary>
    internal const int ConditionsMax = 32;

    private const string Expected =
        "expected comparisons as ident=123 (also ==, !=, <, >, <=, >=, and ~ with * as wildcard) joined by &&, or a comma list of parameters that must be there.";

    // Longer operators first, so that <= is not read as <.
    private static readonly string[] s_operators = ["==", "!=", "<=", ">=", "=", "<", ">", "~"];

    private readonly Condition[] _conditions;

    private MessageFilter(Condition[] conditions) => _conditions = conditions;

    /// <summary>Reads an expression; null for an empty one.</summary>
    internal static MessageFilter? Parse(string? expression)
    {
        if (string.IsNullOrWhiteSpace(expression)) return null;
        if (expression.Length > LengthMax) throw ApiProblem.BadRequest($"filter may have at most {LengthMax} characters.");

        bool isList = expression.Contains(',', StringComparison.Ordinal) && !s_operators.Any(expression.Contains);
        string[] parts = isList ? expression.Split(',') : expression.Split("&&");
        if (parts.Length > ConditionsMax) throw ApiProblem.BadRequest($"filter may have at most {ConditionsMax} conditions.");
        return new MessageFilter([.. parts.Select(part => ConditionOf(part.Trim(), expression))]);
    }

    /// <summary>Whether a message, as flat JSON, meets all conditions.</summary>
    internal bool IsMatch(ReadOnlySpan<byte> json)
    {
        uint met = 0, seen = 0;
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            int which = -1;
            uint named = 0;
            for (int i = 0; i < _conditions.Length; i++)
            {
                if (!reader.ValueTextEquals(_conditions[i].Name)) continue;
                named |= 1u << i;
                which = i;
            }
            reader.Read();
            if (which >= 0)
            {
                seen |= named;
                for (int i = 0; i <= which; i++)
                    if ((named & (1u << i)) != 0 && _conditions[i].IsMet(ref reader)) met |= 1u << i;
            }
            reader.TrySkip();
        }
        for (int i = 0; i < _conditions.Length; i++)
            if (_conditions[i].Operator == "!=" && (seen & (1u << i)) == 0) met |= 1u << i;     // what is not there is different
        return System.Numerics.BitOperations.PopCount(met) == _conditions.Length;
    }

    private static Condition ConditionOf(string text, string expression)
    {
        if (text.StartsWith("exists(", StringComparison.Ordinal) && text.EndsWith(')')) text = text["exists(".Length..^1].Trim().Trim('"', '\'');
        int at = -1;
        string op = "";
        for (int i = 0; i < text.Length && at < 0; i++)
        {
            op = Array.Find(s_operators, known => string.CompareOrdinal(text, i, known, 0, known.Length) == 0) ?? "";
            if (op.Length > 0) at = i;
        }
        string name = (at < 0 ? text : text[..at]).Trim().TrimStart('$');
        if (name.Length == 0 || name.AsSpan().ContainsAnyExcept(s_nameCharacters)) throw ApiProblem.BadRequest($"filter '{expression}' is not understood: {Expected}");
        if (at < 0) return new Condition(Encoding.UTF8.GetBytes(name), "", "", null);

        string value = text[(at + op.Length)..].Trim();
        bool isQuoted = value.Length >= 2 && value[0] is '"' or '\'' && value[^1] == value[0];
        if (isQuoted) value = value[1..^1];
        else if (value.Length == 0 || value.AsSpan().ContainsAny(s_notInValues)) throw ApiProblem.BadRequest($"filter '{expression}' is not understood: {Expected}");
        double? number = double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double parsed) && double.IsFinite(parsed) ? parsed : null;
        if (op is "<" or ">" or "<=" or ">=" && number is null) throw ApiProblem.BadRequest($"filter '{expression}': {op} needs a number.");
        return new Condition(Encoding.UTF8.GetBytes(name), op is "==" ? "=" : op, value, number);
    }

    private static readonly System.Buffers.SearchValues<char> s_nameCharacters =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

    private static readonly System.Buffers.SearchValues<char> s_notInValues = System.Buffers.SearchValues.Create("()|&\"'");

    /// <summary>One comparison; an empty operator asks only whether the parameter is there.</summary>
    private sealed record Condition(byte[] Name, string Operator, string Value, double? Number)
    {
        private readonly byte[] _utf8 = Encoding.UTF8.GetBytes(Value);

        internal bool IsMet(ref Utf8JsonReader value)
        {
            switch (value.TokenType)
            {
                case JsonTokenType.Null:
                    return Operator == "!=";
                case JsonTokenType.True or JsonTokenType.False:
                    bool same = Value == (value.TokenType is JsonTokenType.True ? "true" : "false");
                    return Operator switch { "" => true, "=" => same, "!=" => !same, _ => false };
                case JsonTokenType.String:
                    return Operator switch
                    {
                        "" => true,
                        "=" => value.ValueTextEquals(_utf8),
                        "!=" => !value.ValueTextEquals(_utf8),
                        "~" => Wildcard.IsMatch(value.GetString(), Value),
                        _ => false,
                    };
                case JsonTokenType.Number:
                    double number = value.GetDouble();
                    return (Operator, Number) switch
                    {
                        ("", _) => true,
                        ("=", { } wanted) => number == wanted,
                        ("!=", { } wanted) => number != wanted,
                        ("<", { } wanted) => number < wanted,
                        (">", { } wanted) => number > wanted,
                        ("<=", { } wanted) => number <= wanted,
                        (">=", { } wanted) => number >= wanted,
                        ("!=", null) => true,
                        _ => false,
                    };
                default:
                    return Operator == "";
            }
        }
    }
}
