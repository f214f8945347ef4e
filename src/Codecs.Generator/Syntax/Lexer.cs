using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Gateway.Codecs.Generator;

internal enum TokenKind
{
    Name,
    Integer,
    Real,
    Text,
    Bytes,
    Target,
    Unit,
    Symbol,
    End,
}

/// <summary>A token of one line. <see cref="Optional"/>: a name with a question mark at its end, as in <c>real?</c>.</summary>
internal sealed class Token
{
    internal TokenKind Kind;
    internal string Text = "";
    internal long Integer;
    internal double Real;
    internal byte[] Bytes = [];
    internal bool Optional;
    internal int Line;
    internal int Column;
    internal int Length;

    public override string ToString() => Kind == TokenKind.End ? "end of line" : $"'{Text}'";
}

/// <summary>A line of a spec with the lines that are indented below it.</summary>
internal sealed class SpecLine
{
    internal int Number;
    internal int Indent;
    internal string Raw = "";
    internal List<Token> Tokens = [];
    internal List<SpecLine> Children = [];
}

/// <summary>Cuts a spec into lines, tokens and a tree by indentation. One diagnostic per line at most; a bad line is left out.</summary>
internal sealed class Lexer(string text, List<SpecDiagnostic> diagnostics, int linesBefore = 0)
{
    private static readonly string[] Symbols =
        ["->", "..", "==", "!=", "<=", ">=", "<<", ">>", "+", "-", "*", "/", "%", "&", "|", "^", "~", "<", ">", "?", ":", "(", ")", "[", "]", ",", "=", "@", ".", "{", "}"];

    internal List<SpecLine> ReadTree()
    {
        List<SpecLine> roots = [];
        Stack<SpecLine> open = new();
        int number = linesBefore;
        foreach (string rawLine in text.Split('\n'))
        {
            number++;
            string raw = rawLine.TrimEnd('\r');
            int indent = 0;
            while (indent < raw.Length && raw[indent] == ' ') indent++;
            if (indent == raw.Length || raw[indent] == '#') continue;
            if (raw[indent] == '\t')
            {
                Report(Ids.Indentation, number, indent + 1, 1, "a tab in the indentation; write two spaces for each level");
                continue;
            }

            SpecLine line = new() { Number = number, Indent = indent, Raw = raw };
            if (!Tokenize(raw, indent, number, line.Tokens)) continue;
            if (line.Tokens.Count == 0) continue;
            line.Tokens.Add(new Token { Kind = TokenKind.End, Line = number, Column = raw.Length + 1, Length = 1 });

            while (open.Count > 0 && open.Peek().Indent >= indent) open.Pop();
            if (open.Count == 0)
            {
                if (indent != 0) Report(Ids.Indentation, number, 1, indent, "this line is indented but nothing above it takes a block; start it at column 1");
                roots.Add(line);
            }
            else
            {
                List<SpecLine> siblings = open.Peek().Children;
                if (siblings.Count > 0 && siblings[0].Indent != indent)
                {
                    Report(Ids.Indentation, number, 1, indent, $"this line is indented by {indent} spaces, its neighbours by {siblings[0].Indent}; indent them alike");
                }
                siblings.Add(line);
            }
            open.Push(line);
        }
        return roots;
    }

    private bool Tokenize(string raw, int start, int number, List<Token> tokens)
    {
        int i = start;
        while (i < raw.Length)
        {
            char c = raw[i];
            if (c == ' ')
            {
                i++;
                continue;
            }
            if (c == '\t')
            {
                Report(Ids.Indentation, number, i + 1, 1, "a tab; write spaces");
                return false;
            }
            if (c == '#') break;

            Token? last = tokens.Count > 0 ? tokens[tokens.Count - 1] : null;
            int from = i;
            if (last is { Kind: TokenKind.Symbol, Text: "->" } && c != '"' && !Follows(raw, i, "hex "))
            {
                i = EndOfTarget(raw, i);
                Add(tokens, new Token { Kind = TokenKind.Target, Text = raw.Substring(from, i - from) }, number, from, i);
                continue;
            }
            if (last is { Kind: TokenKind.Target } && c != ',')
            {
                while (i < raw.Length && raw[i] != ' ' && raw[i] != ',') i++;
                Add(tokens, new Token { Kind = TokenKind.Unit, Text = raw.Substring(from, i - from) }, number, from, i);
                continue;
            }
            if (c == ',' && AfterTarget(tokens))
            {
                Add(tokens, new Token { Kind = TokenKind.Symbol, Text = "," }, number, i, i + 1);
                i++;
                while (i < raw.Length && raw[i] == ' ') i++;
                from = i;
                i = EndOfTarget(raw, i);
                if (i > from) Add(tokens, new Token { Kind = TokenKind.Target, Text = raw.Substring(from, i - from) }, number, from, i);
                continue;
            }
            if (IsNameStart(c))
            {
                i = ReadName(raw, i);
                string name = raw.Substring(from, i - from);
                if (tokens.Count == 0 && (name == "in" || name == "out") && TryReadRawHex(raw, ref i, number, name, from, tokens)) return true;
                bool optional = i < raw.Length && raw[i] == '?' && (i + 1 == raw.Length || raw[i + 1] == ' ');
                if (optional) i++;
                Add(tokens, new Token { Kind = TokenKind.Name, Text = name, Optional = optional }, number, from, i);
                if (name == "hex" && !optional && TryReadHex(raw, ref i, number, tokens)) continue;
                continue;
            }
            if (c >= '0' && c <= '9')
            {
                if (!ReadNumber(raw, ref i, number, tokens)) return false;
                continue;
            }
            if (c == '"' || c == '\'')
            {
                if (!ReadText(raw, ref i, number, tokens)) return false;
                continue;
            }

            string? symbol = null;
            foreach (string s in Symbols)
            {
                if (string.CompareOrdinal(raw, i, s, 0, s.Length) == 0)
                {
                    symbol = s;
                    break;
                }
            }
            if (symbol is null)
            {
                Report(Ids.Syntax, number, i + 1, 1, $"the character '{c}' has no meaning here; text goes in quotes");
                return false;
            }
            i += symbol.Length;
            Add(tokens, new Token { Kind = TokenKind.Symbol, Text = symbol }, number, from, i);
        }
        return true;
    }

    // A list of targets goes on behind a comma: `-> a, b`.
    private static bool AfterTarget(List<Token> tokens)
    {
        if (tokens.Count == 0) return false;
        Token last = tokens[tokens.Count - 1];
        return last.Kind is TokenKind.Target or TokenKind.Unit;
    }

    private static bool Follows(string raw, int i, string word) => string.CompareOrdinal(raw, i, word, 0, word.Length) == 0;

    private static int EndOfTarget(string raw, int i)
    {
        int depth = 0;
        while (i < raw.Length && (depth > 0 || (raw[i] != ' ' && raw[i] != ',')))
        {
            if (raw[i] == '{') depth++;
            if (raw[i] == '}') depth--;
            i++;
        }
        return i;
    }

    private static bool IsNameStart(char c) => c is >= 'a' and <= 'z' or >= 'A' and <= 'Z' or '_';

    private static bool IsNamePart(char c) => IsNameStart(c) || c is >= '0' and <= '9';

    private static int ReadName(string raw, int i)
    {
        while (i < raw.Length)
        {
            if (IsNamePart(raw[i])) i++;
            else if (raw[i] == '.' && i + 1 < raw.Length && IsNamePart(raw[i + 1])) i++;
            else break;
        }
        return i;
    }

    // `hex 0D0A`: an even number of digits directly behind the word, ended by a blank or a closing sign.
    private static bool TryReadHex(string raw, ref int i, int number, List<Token> tokens)
    {
        int start = i;
        while (start < raw.Length && raw[start] == ' ') start++;
        int end = start;
        while (end < raw.Length && HexValue(raw[end]) >= 0) end++;
        int digits = end - start;
        if (digits == 0 || digits % 2 != 0 || (end < raw.Length && IsNamePart(raw[end]))) return false;

        Token hex = tokens[tokens.Count - 1];
        hex.Kind = TokenKind.Bytes;
        hex.Bytes = new byte[digits / 2];
        for (int k = 0; k < hex.Bytes.Length; k++) hex.Bytes[k] = (byte)(HexValue(raw[start + 2 * k]) * 16 + HexValue(raw[start + 2 * k + 1]));
        hex.Text = raw.Substring(start, digits);
        hex.Length = end + 1 - hex.Column;
        i = end;
        return true;
    }

    // `in 7878 0D01`: the rest of the line is hex digits, blanks between them allowed.
    private static bool TryReadRawHex(string raw, ref int i, int number, string word, int from, List<Token> tokens)
    {
        List<byte> bytes = [];
        int high = -1;
        int at = i;
        for (; at < raw.Length && raw[at] != '#'; at++)
        {
            if (raw[at] == ' ') continue;
            int value = HexValue(raw[at]);
            if (value < 0) return false;
            if (high < 0)
            {
                high = value;
                continue;
            }
            bytes.Add((byte)(high * 16 + value));
            high = -1;
        }
        if (bytes.Count == 0 && high < 0) return false;
        Add(tokens, new Token { Kind = TokenKind.Name, Text = word }, number, from, i);
        // An odd digit at the end is kept as a token of its own, which the sample's parser refuses by name.
        Add(tokens, new Token { Kind = TokenKind.Bytes, Text = raw.Substring(i).Trim(), Bytes = bytes.ToArray(), Optional = high >= 0 }, number, i + 1, raw.Length);
        i = raw.Length;
        return true;
    }

    internal static int HexValue(char c) => c switch
    {
        >= '0' and <= '9' => c - '0',
        >= 'a' and <= 'f' => c - 'a' + 10,
        >= 'A' and <= 'F' => c - 'A' + 10,
        _ => -1,
    };

    private bool ReadNumber(string raw, ref int i, int number, List<Token> tokens)
    {
        int from = i;
        long value = 0;
        if (raw[i] == '0' && i + 1 < raw.Length && raw[i + 1] is 'x' or 'b')
        {
            int radix = raw[i + 1] == 'x' ? 16 : 2;
            i += 2;
            int digits = i;
            while (i < raw.Length && (HexValue(raw[i]) is int d and >= 0 && d < radix || raw[i] == '_'))
            {
                if (raw[i] != '_') value = unchecked(value * radix + HexValue(raw[i]));
                i++;
            }
            if (i == digits || (i < raw.Length && IsNamePart(raw[i]))) return BadNumber(number, from, i);
            Add(tokens, new Token { Kind = TokenKind.Integer, Text = raw.Substring(from, i - from), Integer = value, Real = value }, number, from, i);
            return true;
        }

        while (i < raw.Length && raw[i] is >= '0' and <= '9') i++;
        bool real = false;
        if (i + 1 < raw.Length && raw[i] == '.' && raw[i + 1] is >= '0' and <= '9')
        {
            real = true;
            i++;
            while (i < raw.Length && raw[i] is >= '0' and <= '9') i++;
        }
        if (i < raw.Length && raw[i] is 'e' or 'E')
        {
            int e = i + 1;
            if (e < raw.Length && raw[e] is '+' or '-') e++;
            if (e < raw.Length && raw[e] is >= '0' and <= '9')
            {
                real = true;
                i = e;
                while (i < raw.Length && raw[i] is >= '0' and <= '9') i++;
            }
        }
        if (i < raw.Length && IsNameStart(raw[i])) return BadNumber(number, from, i + 1);

        string text = raw.Substring(from, i - from);
        Token token = new() { Kind = real ? TokenKind.Real : TokenKind.Integer, Text = text };
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out token.Real)) return BadNumber(number, from, i);
        if (!real && !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out token.Integer)) return BadNumber(number, from, i);
        if (real && token.Real == System.Math.Floor(token.Real) && System.Math.Abs(token.Real) < 9e15) token.Integer = (long)token.Real;
        Add(tokens, token, number, from, i);
        return true;
    }

    private bool BadNumber(int number, int from, int to)
    {
        Report(Ids.Syntax, number, from + 1, System.Math.Max(1, to - from), "this is no number; write 12, 0x1F, 0b101 or 1.5, and put text in quotes");
        return false;
    }

    private bool ReadText(string raw, ref int i, int number, List<Token> tokens)
    {
        char quote = raw[i];
        int from = i++;
        List<byte> bytes = [];
        while (i < raw.Length && raw[i] != quote)
        {
            if (raw[i] != '\\')
            {
                int width = char.IsHighSurrogate(raw[i]) && i + 1 < raw.Length ? 2 : 1;
                bytes.AddRange(Encoding.UTF8.GetBytes(raw.Substring(i, width)));
                i += width;
                continue;
            }
            if (i + 1 >= raw.Length) break;
            char escaped = raw[i + 1];
            i += 2;
            switch (escaped)
            {
                case 'r': bytes.Add(13); break;
                case 'n': bytes.Add(10); break;
                case 't': bytes.Add(9); break;
                case '0': bytes.Add(0); break;
                case '"' or '\'' or '\\': bytes.Add((byte)escaped); break;
                case 'x' when i + 1 < raw.Length && HexValue(raw[i]) >= 0 && HexValue(raw[i + 1]) >= 0:
                    bytes.Add((byte)(HexValue(raw[i]) * 16 + HexValue(raw[i + 1])));
                    i += 2;
                    break;
                default:
                    Report(Ids.Syntax, number, i - 1, 2, $"'\\{escaped}' is no escape; write \\r \\n \\t \\0 \\\" \\\\ or \\xHH");
                    return false;
            }
        }
        if (i >= raw.Length)
        {
            Report(Ids.Syntax, number, from + 1, raw.Length - from, $"the text has no end; close it with {quote}");
            return false;
        }
        i++;
        if (quote == '\'')
        {
            if (bytes.Count != 1)
            {
                Report(Ids.Syntax, number, from + 1, i - from, "a character constant holds exactly one byte; use double quotes for text");
                return false;
            }
            Add(tokens, new Token { Kind = TokenKind.Integer, Text = raw.Substring(from, i - from), Integer = bytes[0], Real = bytes[0] }, number, from, i);
            return true;
        }
        Add(tokens, new Token { Kind = TokenKind.Text, Text = raw.Substring(from, i - from), Bytes = bytes.ToArray() }, number, from, i);
        return true;
    }

    private static void Add(List<Token> tokens, Token token, int number, int from, int to)
    {
        token.Line = number;
        token.Column = from + 1;
        token.Length = to - from;
        tokens.Add(token);
    }

    private void Report(string id, int line, int column, int length, string message) =>
        diagnostics.Add(new SpecDiagnostic(id, line, column, length, message));
}
