using System.Collections.Generic;

namespace Gateway.Codecs.Generator;

/// <summary>Parses what is sent: replies, layouts, commands.</summary>
internal static class OutParser
{
    internal static List<OutItem> ParseBlock(IEnumerable<SpecLine> lines)
    {
        List<OutItem> items = [];
        OutItem? lastIf = null;
        foreach (SpecLine line in lines)
        {
            LineReader r = new(line);
            if (r.IsName("else"))
            {
                if (lastIf is null) throw new SpecSyntaxException(Ids.Syntax, r.Whole, "'else' has no 'if' directly above it");
                r.Take();
                if (r.IsName("if"))
                {
                    List<OutItem> chained = ParseLine(r);
                    lastIf.Else = chained;
                    lastIf = chained[0];
                    continue;
                }
                r.ExpectEnd();
                lastIf.Else = ParseBlock(line.Children);
                lastIf = null;
                continue;
            }
            List<OutItem> parsed = ParseLine(r);
            lastIf = parsed.Count == 1 && parsed[0].Kind == "if" ? parsed[0] : null;
            items.AddRange(parsed);
        }
        return items;
    }

    /// <summary>One line; several elements may stand behind each other.</summary>
    internal static List<OutItem> ParseLine(LineReader r)
    {
        List<OutItem> items = [];
        Place at = r.Whole;
        if (r.Next.Kind == TokenKind.Name && r.Peek(1) is { Kind: TokenKind.Symbol, Text: ":" } && r.Peek(2).Kind == TokenKind.End)
        {
            OutItem part = new() { At = at, Kind = "part", Name = r.Take().Text };
            r.Take();
            part.Body = ParseBlock(r.Line.Children);
            return [part];
        }
        if (r.TakeName("if"))
        {
            OutItem branch = new() { At = at, Kind = "if", Value = ExpressionParser.Parse(r) };
            r.ExpectEnd();
            branch.Body = ParseBlock(r.Line.Children);
            return [branch];
        }
        if (r.IsName("escape"))
        {
            r.Take();
            OutItem escape = new() { At = at, Kind = "escape", Escapes = Pairs(r) };
            r.ExpectEnd();
            escape.Body = ParseBlock(r.Line.Children);
            return [escape];
        }
        while (!r.AtEnd) items.Add(ParseElement(r));
        if (r.Line.Children.Count > 0 && items.Count > 0 && r.Line.Children[0].Number > at.Line && !(r.Line.Tokens[0].Text == "reply"))
        {
            SpecLine child = r.Line.Children[0];
            throw new SpecSyntaxException(Ids.Indentation, new Place(child.Number, child.Indent + 1, 1), "nothing can be indented below this element; a part is opened with `name:`");
        }
        return items;
    }

    /// <summary>Elements behind commas, for arguments.</summary>
    internal static List<OutItem> ParseList(LineReader r, string close)
    {
        List<OutItem> items = [];
        if (r.IsSymbol(close)) return items;
        do items.Add(ParseElement(r));
        while (r.TakeSymbol(","));
        return items;
    }

    internal static List<(byte[] From, byte[] To)> Pairs(LineReader r)
    {
        List<(byte[], byte[])> pairs = [];
        do
        {
            byte[] from = r.ExpectBytes("the bytes to replace");
            r.ExpectSymbol("->");
            pairs.Add((from, r.ExpectBytes("what stands for them")));
        }
        while (r.TakeSymbol(","));
        return pairs;
    }

    private static OutItem ParseElement(LineReader r)
    {
        Place at = r.Here;
        if (r.Next.Kind is TokenKind.Text or TokenKind.Bytes)
        {
            if (r.Peek(1) is { Kind: TokenKind.Symbol, Text: "?" or "==" }) return new OutItem { At = at, Kind = "expr", Value = ExpressionParser.Parse(r) };
            return new OutItem { At = at, Kind = "literal", Bytes = r.Take().Bytes };
        }

        if (r.Next.Kind == TokenKind.Name)
        {
            string word = r.Next.Text;
            Token after = r.Peek(1);
            bool followed = after.Kind is TokenKind.Name or TokenKind.Integer or TokenKind.Real || after is { Kind: TokenKind.Symbol, Text: "(" or "-" or "~" };
            if (word == "now" && after.Kind is TokenKind.Name or TokenKind.Text) return ParseNow(r, at);
            if (word is "bytes" or "unhex" && after.Kind == TokenKind.Name)
            {
                r.Take();
                OutItem bytes = new() { At = at, Kind = word, Value = ExpressionParser.Postfix(r) };
                return r.TakeName("reversed") ? new OutItem { At = at, Kind = "reversed", Body = [bytes] } : bytes;
            }
            if (after is { Kind: TokenKind.Symbol, Text: "(" } && (FunctionNames.Contains(word) || ChecksumNames.Contains(word))) return new OutItem { At = at, Kind = "expr", Value = ExpressionParser.Parse(r) };
            if (word is "utf16" or "utf16le" && (followed || after.Kind == TokenKind.Text))
            {
                r.Take();
                return new OutItem { At = at, Kind = word, Value = ExpressionParser.Postfix(r) };
            }
            if (word == "pad" && after.Kind is TokenKind.Integer) return ParsePad(r, at);
            if (word == "hextext" && followed) return ParseHexText(r, at);
            if (followed && (ItemParser.IsType(word) && word is not ("text" or "rest" or "int" or "real" or "skip" or "bool" or "ascii" or "hexint" or "bytes" or "digits") || word == "digits" && after.Kind == TokenKind.Integer)) return ParseNumber(r, at);
            if (word is "dec" or "hexdigits" or "ascii" && followed) return ParseText(r, at);
            if (after is { Kind: TokenKind.Symbol, Text: "(" } && word != "if")
            {
                r.Take();
                r.Take();
                OutItem call = new() { At = at, Kind = "call", Name = word, Arguments = ParseList(r, ")") };
                r.ExpectSymbol(")");
                return call;
            }
        }
        return new OutItem { At = at, Kind = "expr", Value = ExpressionParser.Parse(r) };
    }

    private static OutItem ParseNumber(LineReader r, Place at)
    {
        OutItem item = new() { At = at, Kind = "number", Type = r.Take().Text };
        if (item.Type is "uint" or "uintle" or "bcd" or "digits" or "int" or "intle")
        {
            item.Width = (int)r.ExpectInteger("a width in bytes");
        }
        Operand(r, item);
        return item;
    }

    private static OutItem ParseText(LineReader r, Place at)
    {
        OutItem item = new() { At = at, Kind = r.Take().Text };
        Operand(r, item);
        if (item.Kind == "hexdigits")
        {
            item.Width = r.Next.Kind == TokenKind.Integer ? (int)r.Take().Integer : 2;
            item.Upper = r.TakeName("upper");
        }
        if (r.TakeName("width")) item.Width = (int)r.ExpectInteger("a number of digits");
        return item;
    }

    // What a typed element holds: an expression, the length of a part, or a checksum.
    private static void Operand(LineReader r, OutItem item)
    {
        item.Value = item.Kind == "hexdigits" ? ExpressionParser.Postfix(r) : ExpressionParser.Parse(r);
    }

    // `pad 20 ident`, `pad 8 "0" text`: an element of fixed length, filled up at its end.
    private static OutItem ParsePad(LineReader r, Place at)
    {
        r.Take();
        OutItem item = new() { At = at, Kind = "pad", Width = (int)r.ExpectInteger("a length in bytes"), Bytes = [0] };
        if (item.Width is < 1 or > 4096) throw new SpecSyntaxException(Ids.Range, at, "a padded element has 1 to 4096 bytes");
        if (r.Next.Kind is TokenKind.Text or TokenKind.Bytes && r.Peek(1).Kind != TokenKind.End) item.Bytes = r.Take().Bytes;
        if (item.Bytes.Length != 1) throw new SpecSyntaxException(Ids.Value, at, "what fills an element up is one byte: pad 20 \"0\" ident");
        item.Body = [ParseElement(r)];
        return item;
    }

    private static OutItem ParseHexText(LineReader r, Place at)
    {
        r.Take();
        bool wide = r.Next is { Kind: TokenKind.Name, Text: "utf16" or "utf16le" };
        OutItem item = wide ? new() { At = at, Kind = "hexed", Body = [ParseElement(r)] } : new() { At = at, Kind = "hextext", Value = ExpressionParser.Postfix(r) };
        item.Upper = r.TakeName("upper");
        return item;
    }

    private static OutItem ParseNow(LineReader r, Place at)
    {
        r.Take();
        OutItem item = new() { At = at, Kind = "now" };
        if (r.Next.Kind == TokenKind.Text)
        {
            item.Pattern = r.ExpectText("a pattern");
        }
        else
        {
            item.Pattern = r.ExpectName("ymdhms, unix, unix.ms or a pattern in quotes").Text;
            if (item.Pattern == "epoch") item.EpochUs = ItemParser.ParseDay(r);
            if (r.Next.Kind == TokenKind.Name && r.Next.Text != "zone") item.Type = r.Take().Text;
        }
        if (r.TakeName("zone")) item.Value = ExpressionParser.Postfix(r);
        return item;
    }
}
