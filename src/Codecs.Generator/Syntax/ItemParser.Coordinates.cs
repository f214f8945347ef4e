namespace Gateway.Codecs.Generator;

/// <summary>Parses <c>lat</c> and <c>lon</c>.</summary>
internal sealed partial class ItemParser
{
    private Item ParseCoordinate(LineReader r, Place at)
    {
        CoordinateItem item = new() { At = at, IsLatitude = r.Take().Text == "lat" };
        if (r.TakeName("value"))
        {
            item.Value = ExpressionParser.Parse(r);
        }
        else if (r.Next.Kind == TokenKind.Name && r.Next.Text is "ddmm" or "degrees" or "ddmmdigits")
        {
            item.Optional = r.Next.Optional;
            item.Form = r.Take().Text;
            item.FractionDigits = 4;
            if (item.Form == "ddmmdigits" && r.Next.Kind == TokenKind.Integer) item.FractionDigits = (int)r.Take().Integer;
            if (item.FractionDigits is < 0 or > 9) throw new SpecSyntaxException(Ids.Range, at, "the minutes have 0 to 9 digits behind the point");
            ParseScale(r, at, item);
        }
        else
        {
            item.Type = ParseType(r);
            ParseScale(r, at, item);
            if (r.TakeName("rad")) item.Form = "rad";
            else if (r.TakeName("ddmm"))
            {
                item.Form = "ddmm";
                if (r.Next.Kind == TokenKind.Integer) item.DegreeDigits = (int)r.Take().Integer;
            }
        }
        ParseHemisphere(r, item);
        if (r.Next.Kind is TokenKind.Text or TokenKind.Bytes) item.Terminator = r.Take().Bytes;
        if (r.TakeName(item.IsLatitude ? "south" : "west"))
        {
            if (!r.TakeName("if")) throw r.Expected("'if'");
            item.NegativeIf = ExpressionParser.Parse(r);
        }
        else if (r.TakeName("if")) item.Condition = ExpressionParser.Parse(r);
        return End(item, r);
    }

    private static void ParseScale(LineReader r, Place at, CoordinateItem item)
    {
        string? e = null;
        Place p = default;
        Expr? d = null;
        ParseModifiers(r, item.Ops, item.None, ref e, ref p, ref d, ref item.Condition);
        if (e is not null || d is not null) throw new SpecSyntaxException(Ids.Syntax, at, "a coordinate takes a type, a scale, none and south/west only; work others out with let and 'lat value'");
    }

    private static void ParseHemisphere(LineReader r, CoordinateItem item)
    {
        if (!r.TakeName("hem")) return;
        item.Hemisphere = HemisphereMode.Next;
        if (r.TakeName("after"))
        {
            item.Hemisphere = HemisphereMode.After;
            item.HemisphereSeparator = r.ExpectBytes("the text between number and letter");
        }
        else if (r.TakeName("before")) item.Hemisphere = HemisphereMode.Before;
        else if (r.TakeName("joined")) item.Hemisphere = HemisphereMode.Joined;
        else r.TakeName("next");
    }
}
