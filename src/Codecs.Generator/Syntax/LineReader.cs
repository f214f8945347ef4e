using System;
using System.Collections.Generic;

namespace Gateway.Codecs.Generator;

/// <summary>A line that can't be understood; caught per line, so that the rest of the spec is still checked.</summary>
internal sealed class SpecSyntaxException(string id, Place at, string message) : Exception(message)
{
    internal string Id { get; } = id;
    internal Place At { get; } = at;
}

/// <summary>Reads the tokens of one line from left to right.</summary>
internal sealed class LineReader(SpecLine line)
{
    private int _at;

    internal SpecLine Line => line;
    internal Token Next => line.Tokens[_at];
    internal bool AtEnd => Next.Kind == TokenKind.End;
    internal Place Here => new(Next.Line, Next.Column, Next.Length);
    internal Place Whole => new(line.Number, line.Indent + 1, Math.Max(1, line.Raw.Length - line.Indent));

    internal Token Peek(int ahead) => line.Tokens[Math.Min(_at + ahead, line.Tokens.Count - 1)];

    internal Token Take() => AtEnd ? Next : line.Tokens[_at++];

    internal int Position
    {
        get => _at;
        set => _at = value;
    }

    internal bool IsName(string name) => Next.Kind == TokenKind.Name && Next.Text == name;

    internal bool IsSymbol(string symbol) => Next.Kind == TokenKind.Symbol && Next.Text == symbol;

    internal bool TakeName(string name)
    {
        if (!IsName(name)) return false;
        _at++;
        return true;
    }

    internal bool TakeSymbol(string symbol)
    {
        if (!IsSymbol(symbol)) return false;
        _at++;
        return true;
    }

    internal Token ExpectName(string what)
    {
        if (Next.Kind != TokenKind.Name) throw Expected(what);
        return Take();
    }

    internal void ExpectSymbol(string symbol)
    {
        if (!TakeSymbol(symbol)) throw Expected($"'{symbol}'");
    }

    internal byte[] ExpectBytes(string what)
    {
        if (Next.Kind is not (TokenKind.Text or TokenKind.Bytes)) throw Expected($"{what}, as \"text\" or hex 0D0A");
        return Take().Bytes;
    }

    internal string ExpectText(string what)
    {
        if (Next.Kind != TokenKind.Text) throw Expected($"{what} in double quotes");
        return System.Text.Encoding.UTF8.GetString(Take().Bytes);
    }

    internal long ExpectInteger(string what)
    {
        bool negative = TakeSymbol("-");
        if (Next.Kind != TokenKind.Integer) throw Expected($"{what}, a number");
        long value = Take().Integer;
        return negative ? -value : value;
    }

    internal void ExpectEnd()
    {
        if (!AtEnd) throw Expected("the end of the line");
    }

    internal SpecSyntaxException Expected(string what) => new(Ids.Syntax, Here, $"expected {what}, found {Next}{Hint()}");

    // Signs of other languages.
    private string Hint()
    {
        Token before = _at > 0 ? line.Tokens[_at - 1] : Next;
        if (Next.Text == "&" && before.Text == "&") return "; write 'and'";
        if (Next.Text == "|" && before.Text == "|") return "; write 'or'";
        if (Next.Text == "=" && before.Kind != TokenKind.Symbol) return "; equality is '=='";
        if (Next.Kind == TokenKind.Integer && Next.Text.StartsWith("'", StringComparison.Ordinal)) return "; text is in double quotes, single quotes make a number of a character";
        return "";
    }

    internal List<byte[]> Marks()
    {
        List<byte[]> marks = [ExpectBytes("a mark")];
        while (TakeSymbol("|")) marks.Add(ExpectBytes("a mark"));
        return marks;
    }
}
