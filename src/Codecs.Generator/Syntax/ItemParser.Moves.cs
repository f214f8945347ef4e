namespace Gateway.Codecs.Generator;

/// <summary>Items that only move the position: find, skip, column.</summary>
internal sealed partial class ItemParser
{
    // `find "x" | "y" [or skip]`, `find last "x"`, `find digit 15`.
    private static Item ParseFind(LineReader r, Place at)
    {
        r.Take();
        MoveItem item = new() { At = at, Kind = r.TakeName("last") ? "find last" : "find" };
        if (item.Kind == "find" && r.Next.Kind == TokenKind.Name)
        {
            item.Kind = "find class";
            item.Class = ParseClass(r);
            if (r.Next.Kind == TokenKind.Integer) item.Count = ExpressionParser.Postfix(r);
        }
        else item.Marks = r.Marks();
        if (item.Kind == "find last" && item.Marks.Count > 1) throw new SpecSyntaxException(Ids.Syntax, at, "'find last' looks for one text; find the others with 'find'");
        if (r.TakeName("or"))
        {
            if (r.TakeName("skip")) item.OrSkip = true;
            else if (!r.TakeName("fail")) throw r.Expected("'skip' (go on here when there is none) or 'fail'");
        }
        return End(item, r);
    }

    // `skip until "x" | "y" [or end]`, `skip while digit`, `skip while " \t"`.
    private static Item ParseSkip(LineReader r, Place at)
    {
        r.Take();
        bool until = r.Take().Text == "until";
        MoveItem item = new() { At = at, Kind = until ? "skip until" : "skip while" };
        if (!until)
        {
            if (r.Next.Kind == TokenKind.Text) item.Marks = [r.Take().Bytes];
            else item.Class = ParseClass(r);
            return End(item, r);
        }
        item.Marks = r.Marks();
        if (r.TakeName("or"))
        {
            if (!r.TakeName("end")) throw r.Expected("'end'");
            item.OrSkip = true;
        }
        return End(item, r);
    }

    private static Item ParseColumn(LineReader r, Place at)
    {
        r.Take();
        return End(new MoveItem { At = at, Kind = "column", Count = ExpressionParser.Parse(r) }, r);
    }

    private static string ParseClass(LineReader r)
    {
        Token token = r.ExpectName("a text in quotes or a class: digit, letter, space, hex or printable");
        if (token.Text is "digit" or "letter" or "space" or "hex" or "printable") return token.Text;
        throw new SpecSyntaxException(Ids.Syntax, new Place(token.Line, token.Column, token.Length), $"'{token.Text}' is no class of characters{Nearest.Suggestion(token.Text, ["digit", "letter", "space", "hex", "printable"])}; write digit, letter, space, hex or printable");
    }

    // `csv "," | ";"`: any of these characters ends a column.
    private static byte[] ParseSeparators(LineReader r)
    {
        Place at = r.Here;
        System.Collections.Generic.List<byte[]> marks = r.Marks();
        byte[] separators = new byte[marks.Count];
        for (int i = 0; i < separators.Length; i++)
        {
            if (marks[i].Length != 1) throw new SpecSyntaxException(Ids.Value, at, "the separator of columns is one character; several are written \",\" | \";\"");
            separators[i] = marks[i][0];
        }
        return separators;
    }
}
