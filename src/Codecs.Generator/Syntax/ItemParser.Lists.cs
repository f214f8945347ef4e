namespace Gateway.Codecs.Generator;

/// <summary>Parses blocks that run over a list which is known only at run time: each, mask; and next record.</summary>
internal sealed partial class ItemParser
{
    // `each id in session.columns by "," as i`, `each pid in session.pids by u16`, `each part in data by 4`.
    private BlockItem ParseEach(LineReader r, Place at)
    {
        r.Take();
        BlockItem item = new() { At = at, Kind = "each", Name = r.ExpectName("a name for the element").Text };
        if (!r.TakeName("in")) throw r.Expected("'in' and the list");
        item.Argument = ExpressionParser.Parse(r);
        if (!r.TakeName("by")) throw r.Expected("'by' and what an element is: by \",\", by u16 or by 4");
        if (r.Next.Kind is TokenKind.Text or TokenKind.Bytes) item.Separator = r.Take().Bytes;
        else if (r.Next.Kind == TokenKind.Name && IsType(r.Next.Text)) item.IdType = ParseType(r);
        else item.Size = ExpressionParser.Postfix(r);
        if (r.TakeName("as")) item.LengthName = r.ExpectName("a name for the number of the round").Text;
        return Block(item, r);
    }

    // `mask session.mask as id`, `mask flags as id lsb`.
    private BlockItem ParseMask(LineReader r, Place at)
    {
        r.Take();
        BlockItem item = new() { At = at, Kind = "mask", Argument = ExpressionParser.Parse(r) };
        if (!r.TakeName("as")) throw r.Expected("'as' and a name for the number of the bit");
        item.Name = r.ExpectName("a name for the number of the bit").Text;
        item.LowestFirst = r.TakeName("lsb");
        return Block(item, r);
    }

    private BlockItem Block(BlockItem item, LineReader r)
    {
        r.ExpectEnd();
        item.LastLine = LastLine(r.Line);
        item.Body = ParseAll(r.Line.Children);
        if (item.Body.Count == 0 && r.Line.Children.Count == 0) throw new SpecSyntaxException(Ids.Missing, item.At, $"'{item.Kind}' has no block; indent its items below it");
        return item;
    }

    private static Item ParseNextRecord(LineReader r, Place at)
    {
        r.Take();
        if (!r.TakeName("record")) throw r.Expected("'record'");
        NextRecordItem item = new() { At = at };
        if (r.TakeName("if")) item.Condition = ExpressionParser.Parse(r);
        return End(item, r);
    }
}
