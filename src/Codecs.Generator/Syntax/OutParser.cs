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
                return new OutItem { At = at, Kind = word, Value = ExpressionParser.Postfix(r) };
            }
            if (followed && ItemParser.IsType(word) && word is not ("text" or "rest" or "int" or "real" or "skip" or "bool" or "ascii")) return ParseNumber(r, at);
            if (word is "dec" or "hexdigits" or "ascii" && followed) return ParseText(r, at);
            if (after is { Kind: TokenKind.Symbol, Text: "(" } && !IsFunction(word) && word != "if")
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

    private static bool IsFunction(string name) => name is "int" or "real" or "hexint" or "len" or "min" or "max" or "abs" or "round";

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
        if (r.Next.Kind == TokenKind.Name && ChecksumNames.Contains(r.Next.Text) && r.Peek(1) is { Kind: TokenKind.Name, Text: "of" })
        {
            item.Checksum = r.Take().Text;
            r.Take();
            if (r.Next.Kind == TokenKind.Name && r.Peek(1) is not { Kind: TokenKind.Symbol, Text: ".." })
            {
                item.Part = r.Take().Text;
                return;
            }
            item.From = ExpressionParser.Postfix(r);
            r.ExpectSymbol("..");
            item.To = ExpressionParser.Postfix(r);
            return;
        }
        item.Value = item.Kind == "hexdigits" ? ExpressionParser.Postfix(r) : ExpressionParser.Parse(r);
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
            if (r.Next.Kind == TokenKind.Name) item.Type = r.Take().Text;
        }
        if (r.TakeName("zone")) item.Value = ExpressionParser.Postfix(r);
        return item;
    }
}

/// <summary>The checksums of the language and the method of the runtime that computes each.</summary>
internal static class ChecksumNames
{
    private static readonly Dictionary<string, string> Methods = new()
    {
        ["crc16.arc"] = "Crc16Arc",
        ["crc16.modbus"] = "Crc16Modbus",
        ["crc16.x25"] = "Crc16X25",
        ["crc16.ccitt"] = "Crc16CcittFalse",
        ["crc16.kermit"] = "Crc16Kermit",
        ["crc16.xmodem"] = "Crc16Xmodem",
        ["crc8.egts"] = "Crc8Egts",
        ["crc8.maxim"] = "Crc8Maxim",
        ["crc8.rohc"] = "Crc8Rohc",
        ["crc32"] = "Crc32",
        ["crc32.mpeg2"] = "Crc32Mpeg2",
        ["xor8"] = "Xor8",
        ["sum8"] = "Sum8",
        ["sum16"] = "Sum16",
    };

    internal static bool Contains(string name) => Methods.ContainsKey(name);

    internal static IEnumerable<string> All => Methods.Keys;

    internal static string Method(string name) => Methods[name];
}
