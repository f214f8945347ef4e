using System.Globalization;
using System.Text;
using Gateway.Host.Expressions;

namespace Gateway.Host.Tests.Expressions;

/// <summary>A list or object, of which an expression sees only that it is there.</summary>
internal sealed class Opaque
{
    public static readonly Opaque Instance = new();
}

/// <summary>A number, with the text that it was written as when that counts.</summary>
internal sealed record Num(double Value, string? Written = null);

/// <summary>Evaluates trees with objects and recursion, as one would write it first: the judge of the compiled program.</summary>
internal sealed class NaiveInterpreter(IReadOnlyDictionary<string, object?> subject, TimeSpan offset, double now)
{
    public object? Evaluate(Node node) => node switch
    {
        NumberNode number => new Num(number.Value, NeedsText(number.Written) ? number.Written : null),
        TextNode text => text.Value,
        ConstantNode constant => constant.Value,
        NameNode name => subject.GetValueOrDefault(name.Name),
        ExistsNode exists => subject.GetValueOrDefault(exists.Name) is not null,
        UnaryNode { Op: Op.Not } not => !IsTrue(Evaluate(not.Operand)),
        UnaryNode { Op: Op.ToBoolean } conversion => IsTrue(Evaluate(conversion.Operand)),
        UnaryNode negation => NumberOf(Evaluate(negation.Operand)) is { } number ? Finite(-number) : null,
        BinaryNode { Op: Op.And } and => IsTrue(Evaluate(and.Left)) && IsTrue(Evaluate(and.Right)),
        BinaryNode { Op: Op.Or } or => IsTrue(Evaluate(or.Left)) || IsTrue(Evaluate(or.Right)),
        BinaryNode binary => Combine(binary),
        ConditionalNode conditional => Evaluate(IsTrue(Evaluate(conditional.Condition)) ? conditional.Then : conditional.Else),
        CallNode call => Call(call.Function.Name, [.. call.Arguments.Select(Evaluate)]),
        _ => throw new InvalidOperationException(),
    };

    public static bool IsTrue(object? value) => value switch
    {
        null => false,
        bool truth => truth,
        Num number => number.Value != 0,
        string text => text.Length > 0,
        _ => true,
    };

    private object? Combine(BinaryNode binary)
    {
        object? left = Evaluate(binary.Left), right = Evaluate(binary.Right);
        bool leftIsMask = binary.Left is TextNode { Value: var l } && l.Contains('*'), rightIsMask = binary.Right is TextNode { Value: var r } && r.Contains('*');
        if (binary.Op is Op.Equal or Op.NotEqual && (leftIsMask || rightIsMask))
            return (leftIsMask ? Fits(right, left) : Fits(left, right)) == binary.Op is Op.Equal;
        switch (binary.Op)
        {
            case Op.Equal: return AreEqual(left, right);
            case Op.NotEqual: return !AreEqual(left, right);
            case Op.Less: return Order(left, right) < 0;
            case Op.LessOrEqual: return Order(left, right) <= 0;
            case Op.Greater: return Order(left, right) > 0;
            case Op.GreaterOrEqual: return Order(left, right) >= 0;
            case Op.Match: return Fits(left, right);
        }
        if (NumberOf(left) is not { } a || NumberOf(right) is not { } b) return null;
        switch (binary.Op)
        {
            case Op.Add: return Finite(a + b);
            case Op.Subtract: return Finite(a - b);
            case Op.Multiply: return Finite(a * b);
            case Op.Divide: return b == 0 ? null : Finite(a / b);
            case Op.Remainder: return b == 0 ? null : Finite(a % b);
        }
        const double limit = 9007199254740992;
        if (a != Math.Floor(a) || b != Math.Floor(b) || Math.Abs(a) >= limit || Math.Abs(b) >= limit) return null;
        switch (binary.Op)
        {
            case Op.BitAnd: return Finite((long)a & (long)b);
            case Op.BitOr: return Finite((long)a | (long)b);
            case Op.BitXor: return Finite((long)a ^ (long)b);
        }
        if (b is < 0 or > 52) return null;
        return Finite(binary.Op is Op.ShiftLeft ? a * Math.Pow(2, b) : Math.Floor(a / Math.Pow(2, b)));
    }

    private static bool AreEqual(object? left, object? right) => (left, right) switch
    {
        (null, null) => true,
        (string text, Num { Written: { } written }) => text == written,
        (Num { Written: { } written }, string text) => text == written,
        _ => Order(left, right) == 0,
    };

    private static int? Order(object? left, object? right)
    {
        if (left is string a && right is string b) return Math.Sign(Encoding.UTF8.GetBytes(a).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(b)));
        if ((left is bool && right is string) || (left is string && right is bool)) return null;
        return NumberOf(left) is { } x && NumberOf(right) is { } y ? x.CompareTo(y) : null;
    }

    private static bool Fits(object? value, object? mask)
    {
        if (TextOf(value) is not { } text || TextOf(mask) is not { } pattern) return false;
        if (Encoding.UTF8.GetByteCount(text) > 4096 || Encoding.UTF8.GetByteCount(pattern) > 256) return false;
        Rune[] characters = [.. text.EnumerateRunes()], masks = [.. pattern.EnumerateRunes()];
        // fits[t]: the mask so far fits the first t characters.
        bool[] fits = new bool[characters.Length + 1];
        fits[0] = true;
        foreach (Rune rune in masks)
        {
            var next = new bool[fits.Length];
            for (int t = 0; t < fits.Length; t++)
                next[t] = rune.Value == '*' ? fits[t] || (t > 0 && next[t - 1]) : t > 0 && fits[t - 1] && (rune.Value == '?' || rune == characters[t - 1]);
            fits = next;
        }
        return fits[^1];
    }

    private object? Call(string name, object?[] x)
    {
        switch (name)
        {
            case "coalesce": return x.FirstOrDefault(value => value is not null);
            case "in": return x.Skip(1).Any(value => AreEqual(x[0], value));
            case "error": return null;
            case "isnull": return x[0] is null;
            case "isnumber": return x[0] is Num;
            case "isstring": return x[0] is string;
            case "isboolean": return x[0] is bool;
            case "isjson": return x[0] is Opaque;
            case "tonumber": return NumberOf(x[0]) is { } number ? Finite(number) : null;
            case "tostring": return TextOf(x[0]);
            case "min": return x.Select(NumberOf).Where(value => value is not null).Min() is { } least ? Finite(least) : null;
            case "max": return x.Select(NumberOf).Where(value => value is not null).Max() is { } greatest ? Finite(greatest) : null;
            case "concat": return Bounded(string.Concat(x.Select(TextOf)));
            case "now": return new Num(now);
            case "distance_to": return DistanceTo(x);
        }
        return name is "strlen" or "lower" or "upper" or "trim" or "substr" or "strpos" or "contains" or "startswith" or "endswith" or "replace" ? CallText(name, x)
            : name is "year" or "month" or "day" or "weekday" or "hour" or "minute" or "second" or "datetime" ? CallTime(name, NumberOf(x[0]))
            : CallNumber(name, x);
    }

    private static Num? CallNumber(string name, object?[] x)
    {
        if (NumberOf(x[0]) is not { } a) return null;
        double? b = x.Length > 1 ? NumberOf(x[1]) : 0;
        if (b is null) return null;
        return name switch
        {
            "abs" => Finite(Math.Abs(a)),
            "ceil" => Finite(Math.Ceiling(a)),
            "floor" => Finite(Math.Floor(a)),
            "trunc" => Finite(a < 0 ? Math.Ceiling(a) : Math.Floor(a)),
            "sign" => Finite(a < 0 ? -1 : a > 0 ? 1 : 0),
            "sqrt" => Finite(Math.Sqrt(a)),
            "exp" => Finite(Math.Exp(a)),
            "log" => Finite(Math.Log(a)),
            "log10" => Finite(Math.Log10(a)),
            "pow" => Finite(Math.Pow(a, b.Value)),
            "round" => b is >= 0 and <= 15 ? Finite(Math.Round(a, (int)b, MidpointRounding.AwayFromZero)) : null,
            _ => throw new InvalidOperationException(name),
        };
    }

    private static object? CallText(string name, object?[] x)
    {
        if (TextOf(x[0]) is not { } text) return null;
        Rune[] characters = [.. text.EnumerateRunes()];
        switch (name)
        {
            case "strlen": return new Num(characters.Length);
            case "lower": return Bounded(text, string.Concat(characters.Select(Rune.ToLowerInvariant)));
            case "upper": return Bounded(text, string.Concat(characters.Select(Rune.ToUpperInvariant)));
            case "trim": return Bounded(text.Trim(' ', '\t', '\r', '\n'));
            case "substr":
                double? start = NumberOf(x[1]), count = x.Length > 2 ? NumberOf(x[2]) : double.MaxValue;
                if (start is null || count is null) return null;
                double first = Math.Truncate(start.Value) < 0 ? Math.Max(0, characters.Length + Math.Truncate(start.Value)) : Math.Truncate(start.Value);
                return Bounded(string.Concat(characters.Where((_, i) => i >= first && i - first < Math.Truncate(count.Value))));
        }
        if (TextOf(x[1]) is not { } part) return null;
        int at = text.IndexOf(part, StringComparison.Ordinal);
        return name switch
        {
            "strpos" => new Num(at < 0 ? -1 : text[..at].EnumerateRunes().Count()),
            "contains" => at >= 0,
            "startswith" => text.StartsWith(part, StringComparison.Ordinal),
            "endswith" => text.EndsWith(part, StringComparison.Ordinal),
            _ => TextOf(x[2]) is not { } other ? null : part.Length == 0 ? Bounded(text) : Bounded(text.Replace(part, other, StringComparison.Ordinal)),
        };
    }

    private object? CallTime(string name, double? seconds)
    {
        if (seconds is not (>= -62_135_510_400 and <= 253_402_214_400)) return null;
        DateTime time = DateTime.UnixEpoch.AddSeconds(Math.Floor(seconds.Value)) + offset;
        return name switch
        {
            "year" => new Num(time.Year),
            "month" => new Num(time.Month),
            "day" => new Num(time.Day),
            "weekday" => new Num(((int)time.DayOfWeek + 6) % 7 + 1),
            "hour" => new Num(time.Hour),
            "minute" => new Num(time.Minute),
            "second" => new Num(time.Second),
            _ => time.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
        };
    }

    private Num? DistanceTo(object?[] x)
    {
        double?[] degrees = [NumberOf(x[0]), NumberOf(x[1]), NumberOf(subject.GetValueOrDefault("position.latitude")), NumberOf(subject.GetValueOrDefault("position.longitude"))];
        if (degrees.Any(value => value is null)) return null;
        double[] r = [.. degrees.Select(value => double.DegreesToRadians(value!.Value))];
        double north = double.DegreesToRadians(degrees[0]!.Value - degrees[2]!.Value), east = double.DegreesToRadians(degrees[1]!.Value - degrees[3]!.Value);
        double a = Math.Pow(Math.Sin(north / 2), 2) + Math.Cos(r[2]) * Math.Cos(r[0]) * Math.Pow(Math.Sin(east / 2), 2);
        return Finite(2 * 6371.0088 * Math.Asin(Math.Min(1, Math.Sqrt(a))));
    }

    private static Num? Finite(double value) => double.IsFinite(value) ? new Num(value) : null;

    private static string? Bounded(string text) => Encoding.UTF8.GetByteCount(text) <= 4096 ? text : null;

    private static string? Bounded(string before, string after) => Bounded(before) is null ? null : Bounded(after);

    private static double? NumberOf(object? value)
    {
        switch (value)
        {
            case Num number: return number.Value;
            case bool truth: return truth ? 1 : 0;
            case string text:
                if (Encoding.UTF8.GetByteCount(text) > 40) return null;
                if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
                    return text.Length is > 2 and <= 15 && text[2..].All(char.IsAsciiHexDigit) ? Convert.ToInt64(text[2..], 16) : null;
                bool isNumber = text.Length > 0 && text.All(c => char.IsAsciiDigit(c) || c is '.' or '+' or '-' or 'e' or 'E')
                    && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double parsed) && double.IsFinite(parsed);
                return isNumber ? double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture) : null;
            default: return null;
        }
    }

    private static string? TextOf(object? value) => value switch
    {
        string text => text,
        bool truth => truth ? "true" : "false",
        Num { Value: var number } when number == Math.Floor(number) && Math.Abs(number) < 9007199254740992 => ((long)number).ToString(CultureInfo.InvariantCulture),
        Num { Value: var number } => number.ToString("R", CultureInfo.InvariantCulture),
        _ => null,
    };

    private static bool NeedsText(string written) =>
        !written.StartsWith("0x", StringComparison.OrdinalIgnoreCase) && (written.Count(char.IsAsciiDigit) > 15 || (written is ['0', >= '0' and <= '9', ..]));
}
