using System.Buffers;
using System.Globalization;
using System.Text;

namespace Gateway.Host.Expressions;

/// <summary>Cuts an expression into tokens. Never throws: what it can't read is a token of its own kind.</summary>
internal sealed class Lexer(string source)
{
    private const int HexDigitsMax = 13;        // 52 bits: exact as a double

    private static readonly SearchValues<char> s_nameCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.");
    private static readonly string[] s_symbols = ["&&", "||", "==", "!=", "<=", ">=", "<<", ">>", "(", ")", ",", "?", ":", "=", "<", ">", "+", "-", "*", "/", "%", "!", "~", "&", "|", "^"];

    private int _at;

    /// <summary>Reads the next token.</summary>
    public Token Next()
    {
        SkipSpaces();
        if (_at == source.Length) return new Token(TokenKind.End, _at, "");
        char c = source[_at];
        if (char.IsAsciiDigit(c) || (c == '.' && _at + 1 < source.Length && char.IsAsciiDigit(source[_at + 1]))) return ReadNumber();
        if (c is '"' or '\'') return ReadText(c);
        if (c == '$' || char.IsAsciiLetter(c) || c == '_') return ReadName();
        foreach (string symbol in s_symbols)
        {
            if (string.CompareOrdinal(source, _at, symbol, 0, symbol.Length) != 0) continue;
            _at += symbol.Length;
            return new Token(TokenKind.Symbol, _at - symbol.Length, symbol);
        }
        return Bad(_at, $"'{(char.IsControl(c) || char.IsSurrogate(c) ? $"U+{(int)c:X4}" : c)}' has no meaning; texts stand in quotes");
    }

    /// <summary>Reads a word behind a single <c>=</c> that stands for itself: <c>ident=12AB34</c>.</summary>
    /// <param name="isName">Words that are names nevertheless.</param>
    /// <param name="word">The word as a text.</param>
    /// <returns>False, and nothing read, when there is anything else.</returns>
    public bool TryReadWord(Func<string, bool> isName, out Token word)
    {
        word = default;
        int start = _at;
        while (start < source.Length && char.IsWhiteSpace(source[start])) start++;
        int end = source.AsSpan(start).IndexOfAnyExcept(s_nameCharacters) is var length && length < 0 ? source.Length : start + length;
        int next = end;
        while (next < source.Length && char.IsWhiteSpace(source[next])) next++;
        if (end == start || (next < source.Length && source[next] is not ('&' or '|' or ')' or ','))) return false;

        string text = source[start..end];
        bool isNumber = text.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0 || TryParseNumber(text, out _);
        if (isNumber || text is "true" or "false" or "null" || isName(text)) return false;
        _at = end;
        word = new Token(TokenKind.Text, start, text);
        return true;
    }

    private void SkipSpaces()
    {
        while (_at < source.Length && char.IsWhiteSpace(source[_at])) _at++;
    }

    private Token ReadNumber()
    {
        int start = _at;
        int length = source.AsSpan(_at).IndexOfAnyExcept(s_nameCharacters);
        int end = length < 0 ? source.Length : _at + length;
        // The sign of an exponent belongs to the number, every other sign is an operator.
        if (end < source.Length && source[end] is '+' or '-' && source[end - 1] is 'e' or 'E' && !source.AsSpan(start).StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            end++;
            while (end < source.Length && char.IsAsciiDigit(source[end])) end++;
        }
        _at = end;
        string text = source[start..end];
        if (TryParseNumber(text, out double number)) return new Token(TokenKind.Number, start, text, number);
        return Bad(start, $"'{text}' is no number; a text stands in quotes");
    }

    private static bool TryParseNumber(string text, out double number)
    {
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            bool isHex = text.Length <= HexDigitsMax + 2 && long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _);
            number = isHex ? long.Parse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) : 0;
            return isHex;
        }
        number = 0;
        return char.IsAsciiDigit(text[^1])
            && double.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);
    }

    private Token ReadText(char quote)
    {
        int start = _at++;
        var text = new StringBuilder();
        while (_at < source.Length)
        {
            char c = source[_at++];
            if (c == quote) return new Token(TokenKind.Text, start, text.ToString());
            if (c != '\\')
            {
                text.Append(c);
                continue;
            }
            if (_at == source.Length) break;
            char escaped = source[_at++];
            if (escaped is not ('\\' or '"' or '\'' or 'n' or 'r' or 't')) return Bad(_at - 2, @"an unknown escape; expected \\, \"", \', \n, \r or \t");
            text.Append(escaped switch { 'n' => '\n', 'r' => '\r', 't' => '\t', _ => escaped });
        }
        return Bad(start, $"a text without its closing {quote}");
    }

    private Token ReadName()
    {
        int start = _at;
        if (source[_at] == '$') _at++;
        int length = source.AsSpan(_at).IndexOfAnyExcept(s_nameCharacters);
        int end = length < 0 ? source.Length : _at + length;
        string name = source[_at..end];
        _at = end;
        if (name.Length == 0) return Bad(start, "'$' without a name behind it");
        return name[0] == '.' || name[^1] == '.' || name.Contains("..", StringComparison.Ordinal)
            ? Bad(start, $"'{name}' is no name: a dot stands between two parts")
            : new Token(TokenKind.Name, start, name);
    }

    private Token Bad(int column, string reason)
    {
        _at = source.Length;
        return new Token(TokenKind.Bad, column, reason);
    }
}
