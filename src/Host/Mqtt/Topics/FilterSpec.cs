using System.Globalization;
using Gateway.Host.Expressions;

namespace Gateway.Host.Mqtt.Topics;

/// <summary>What <c>$filter/SPEC/</c> asks of a message besides its topic; parts joined by <c>&amp;</c>, values percent-encoded. Immutable.</summary>
/// <remarks><c>cid=1</c>, <c>modified_since&gt;1700000000.5</c>, <c>payload=EXPRESSION</c> over the JSON payload, <c>message=EXPRESSION</c> over topic, cid, timestamp, user_properties and payload.</remarks>
internal sealed class FilterSpec
{
    private const string Known = "cid=NUMBER, modified_since>TIME, payload=EXPRESSION, message=EXPRESSION";

    private Expression? _payload;
    private Expression? _message;

    private FilterSpec()
    {
    }

    /// <summary>The account whose messages are wanted; 0 for any.</summary>
    internal long Cid { get; private set; }

    /// <summary>Messages of this time and before are not wanted, µs since 1970.</summary>
    internal long? ModifiedSinceUs { get; private set; }

    /// <summary>Condition on the payload.</summary>
    internal Expression? Payload => _payload;

    /// <summary>Condition on the message.</summary>
    internal Expression? Message => _message;

    /// <summary>Reads a specification.</summary>
    /// <param name="text">What stands between <c>$filter/</c> and the next slash.</param>
    /// <param name="problem">What is wrong; empty when nothing is.</param>
    internal static FilterSpec? TryRead(string text, out string problem)
    {
        problem = "";
        var spec = new FilterSpec();
        foreach (string part in text.Split('&'))
        {
            int at = part.AsSpan().IndexOfAny('=', '>');
            if (at < 1)
            {
                problem = $"'{part}' is no specification; known: {Known}";
                return null;
            }
            string value = Uri.UnescapeDataString(part[(at + 1)..]);
            problem = (part[..at], part[at]) switch
            {
                ("cid", '=') => spec.ReadCid(value),
                ("modified_since", '>') => spec.ReadTime(value),
                ("payload", '=') => Compile(value, out spec._payload),
                ("message", '=') => Compile(value, out spec._message),
                _ => $"'{part[..(at + 1)]}' is no specification; known: {Known}",
            };
            if (problem.Length > 0) return null;
        }
        return spec;
    }

    private string ReadCid(string value)
    {
        bool isRead = long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long cid) && cid > 0;
        Cid = cid;
        return isRead ? "" : $"cid must be the number of an account, not '{value}'";
    }

    private string ReadTime(string value)
    {
        const decimal SecondsMax = 253_402_300_799;
        if (!decimal.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal seconds) || seconds > SecondsMax) return $"modified_since must be seconds since 1970, not '{value}'";
        ModifiedSinceUs = (long)(seconds * 1_000_000);
        return "";
    }

    private static string Compile(string source, out Expression? expression) =>
        Expression.TryCompile(source, ExpressionOptions.Filter, out expression, out ExpressionError error) ? "" : $"'{source}' is no expression {error}";
}
