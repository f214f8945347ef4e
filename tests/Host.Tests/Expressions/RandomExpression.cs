using System.Globalization;
using System.Text;
using Gateway.Codecs;
using Gateway.Host.Expressions;

namespace Gateway.Host.Tests.Expressions;

/// <summary>Makes expressions and subjects at random.</summary>
internal sealed class RandomExpression(Random random)
{
    private static readonly string[] s_names = ["a", "b", "ident", "position.latitude", "position.longitude", "custom.x"];
    private static readonly string[] s_numbers = ["0", "1", "2", "7", "0.5", "-3", "12", "1e3", "0x1F", "1706760559.5", "12345678901234567890", "007", "4503599627370497", "1e308", ".25", "100000000000000000000000000000"];
    private static readonly string[] s_texts = ["", "a", "abc", "12", "007", "0x1f", "1e2", "a*c", "*", "?b?", "Übung", "日本語", "\U0001F69A truck", " a b ", "12345678901234567890", "true", "-5", "NaN", "A.B-c"];
    private static readonly string[] s_binary = ["+", "-", "*", "/", "%", "==", "=", "!=", "<", "<=", ">", ">=", "~", "&&", "||", "&", "|", "^", "<<", ">>"];
    private static readonly string[] s_pieces =
        ["(", ")", ",", "?", ":", "=", "$", ".", "\"", "'", "\\", " ", "\t", "0x", "1e", "..", "é", "\u0000", "\ud800", "if(", "exists(", "param(", "coalesce(", "substr(", "previous(", "nothing(", "true", "null", "{", "}", "!", "-"];

    /// <summary>An expression that compiles.</summary>
    public string Text(int depth)
    {
        if (depth == 0 || random.Next(5) == 0) return Leaf();
        switch (random.Next(8))
        {
            case 0: return $"({Text(depth - 1)})";
            case 1: return $"{(random.Next(2) == 0 ? "!" : "-")}{Text(depth - 1)}";
            case 2: return $"({Text(depth - 1)} ? {Text(depth - 1)} : {Text(depth - 1)})";
            case 3: return Call(depth);
            default: return $"{Text(depth - 1)} {s_binary[random.Next(s_binary.Length)]} {Text(depth - 1)}";
        }
    }

    /// <summary>Anything, mostly no expression.</summary>
    public string Soup()
    {
        var text = new StringBuilder(random.Next(2) == 0 ? Text(3) : "");
        for (int changes = random.Next(1, 8); changes > 0; changes--)
        {
            int at = random.Next(text.Length + 1);
            switch (random.Next(4))
            {
                case 0 when text.Length > 0:
                    text.Remove(at == text.Length ? at - 1 : at, 1);
                    break;
                case 1:
                    text.Insert(at, (char)random.Next(random.Next(2) == 0 ? 128 : 0x10000));
                    break;
                case 2:
                    text.Insert(at, s_binary[random.Next(s_binary.Length)]);
                    break;
                default:
                    text.Insert(at, random.Next(3) == 0 ? Leaf() : s_pieces[random.Next(s_pieces.Length)]);
                    break;
            }
        }
        return text.ToString();
    }

    /// <summary>A value for each name.</summary>
    public Dictionary<string, object?> Subject() => s_names.ToDictionary(name => name, _ => Value());

    /// <summary>The same values as a run takes them.</summary>
    public static byte[] Fill(Expression expression, IReadOnlyDictionary<string, object?> subject, StoredValue[] values)
    {
        var bytes = new List<byte>();
        for (int i = 0; i < values.Length; i++)
        {
            object? value = subject.GetValueOrDefault(expression.Names[i]);
            byte[] text = Encoding.UTF8.GetBytes(value as string ?? "");
            values[i] = value switch
            {
                null => default,
                bool truth => StoredValue.Of(truth),
                Num number => StoredValue.Of(number.Value),
                string => StoredValue.OfText(bytes.Count, text.Length),
                _ => StoredValue.Other,
            };
            bytes.AddRange(text);
        }
        return [.. bytes];
    }

    private object? Value() => random.Next(7) switch
    {
        0 => null,
        1 => random.Next(2) == 0,
        2 => Opaque.Instance,
        3 or 4 => s_texts[random.Next(s_texts.Length)],
        5 => new Num(random.Next(-10, 100) / (double)random.Next(1, 4)),
        _ => new Num(double.Parse(s_numbers[random.Next(s_numbers.Length)] is var text && text.StartsWith("0x", StringComparison.Ordinal) ? "31" : text, CultureInfo.InvariantCulture)),
    };

    private string Leaf() => random.Next(10) switch
    {
        < 4 => (random.Next(2) == 0 ? "$" : "") + s_names[random.Next(s_names.Length)],
        < 7 => s_numbers[random.Next(s_numbers.Length)],
        < 9 => Quoted(s_texts[random.Next(s_texts.Length)]),
        _ => random.Next(4) switch { 0 => "true", 1 => "false", 2 => "null", _ => $"exists({Quoted(s_names[random.Next(s_names.Length)])})" },
    };

    private string Quoted(string text)
    {
        char quote = random.Next(2) == 0 ? '"' : '\'';
        return quote + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(quote.ToString(), "\\" + quote, StringComparison.Ordinal) + quote;
    }

    private string Call(int depth)
    {
        Function[] functions = [.. FunctionTable.All.Where(function => function.Refusal is null && function.Name is not ("exists" or "param"))];
        Function function = functions[random.Next(functions.Length)];
        int count = random.Next(function.ArgumentsMin, Math.Min(function.ArgumentsMax, function.ArgumentsMin + 2) + 1);
        return $"{function.Name}({string.Join(", ", Enumerable.Range(0, count).Select(_ => Text(depth - 1)))})";
    }
}
