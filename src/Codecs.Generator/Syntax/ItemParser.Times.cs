namespace Gateway.Codecs.Generator;

/// <summary>Parses <c>time</c>: a form, then what goes for all forms.</summary>
internal sealed partial class ItemParser
{
    private Item ParseTime(LineReader r, Place at)
    {
        TimeItem item = new() { At = at };
        r.Take();
        if (r.TakeName("combine")) ParseCombine(r, item);
        else if (r.TakeName("of"))
        {
            item.Form = "of";
            do item.Parts.Add(ExpressionParser.Parse(r));
            while (r.TakeSymbol(","));
            if (item.Parts.Count is < 3 or > 6) throw new SpecSyntaxException(Ids.Syntax, at, "'time of' takes year, month, day and perhaps hour, minute, second, separated by commas");
        }
        else if (r.TakeName("value"))
        {
            item.Form = "value";
            item.Parts.Add(ExpressionParser.Parse(r));
        }
        else if (r.TakeName("gps"))
        {
            item.Form = "gps";
            if (!r.TakeName("week")) throw r.Expected("'week', as in: time gps week w seconds s");
            item.Parts.Add(ExpressionParser.Parse(r));
            if (!r.TakeName("seconds")) throw r.Expected("'seconds' and the seconds of the week");
            item.Parts.Add(ExpressionParser.Parse(r));
        }
        else if (r.Next.Kind == TokenKind.Text)
        {
            item.Form = "pattern";
            item.Pattern = r.ExpectText("a pattern");
        }
        else ParseTimeForm(r, at, item);
        ParseTimeRest(r, item);
        return End(item, r);
    }

    private static void ParseCombine(LineReader r, TimeItem item)
    {
        item.Form = "combine";
        item.CombineDate = r.ExpectName("the name of a date").Text;
        r.ExpectSymbol(",");
        item.CombineTime = r.ExpectName("the name of a time of day").Text;
    }

    private void ParseTimeForm(LineReader r, Place at, TimeItem item)
    {
        Token form = r.ExpectName("a time form: unix, unix.ms, iso, epoch, ymdhms, of, value, gps, or a pattern such as yyMMddHHmmss");
        Place place = new(form.Line, form.Column, form.Length);
        item.Form = form.Text;
        item.Optional = form.Optional;
        if (form.Text == "epoch")
        {
            item.EpochUs = ParseDay(r);
        }
        if (IsPattern(form.Text))
        {
            item.Form = "pattern";
            item.Pattern = form.Text;
        }
        else if (form.Text is "now" or "iso")
        {
        }
        else if (form.Text is "unix" or "unix.ms" or "epoch")
        {
            // Without a type it is a number in text.
            if (r.Next.Kind == TokenKind.Name && IsType(r.Next.Text)) item.Type = ParseType(r);
        }
        else if (form.Text is "ymdhms" or "dmyhms" or "hmsdmy" or "hmsymd" or "ymd" or "hms")
        {
            Token unit = r.ExpectName("u8, bcd or u16year");
            if (unit.Text is not ("u8" or "bcd" or "u16year")) throw new SpecSyntaxException(Ids.Type, new Place(unit.Line, unit.Column, unit.Length), "a date by components is u8, bcd or u16year; of anything else write 'time of year, month, day, hour, minute, second'");
            item.Type = new TypeRef { At = at, Name = unit.Text };
        }
        else
        {
            throw new SpecSyntaxException(Ids.Type, place, $"'{form.Text}' is no time form; write unix, unix.ms, iso, epoch yyyy-MM-dd, ymdhms u8, of y, m, d, or a pattern such as ddMMyy or \"yyyy-MM-dd HH:mm:ss\"");
        }
    }

    internal static long ParseDay(LineReader r)
    {
        Place at = r.Here;
        long year = r.ExpectInteger("a day such as 2000-01-01");
        r.ExpectSymbol("-");
        long month = r.ExpectInteger("a month");
        r.ExpectSymbol("-");
        long day = r.ExpectInteger("a day");
        if (year is < 1 or > 9999 || month is < 1 or > 12 || day < 1 || day > System.DateTime.DaysInMonth((int)year, (int)month)) throw new SpecSyntaxException(Ids.Range, at, "there is no such day; write year-month-day, as in 2000-01-01");
        return (long)(new System.DateTime((int)year, (int)month, (int)day) - new System.DateTime(1970, 1, 1)).TotalMilliseconds * 1000;
    }

    private static void ParseTimeRest(LineReader r, TimeItem item)
    {
        while (!r.AtEnd)
        {
            if (r.TakeName("zone")) item.Zone = ExpressionParser.Postfix(r);
            else if (r.TakeName("plus")) item.Plus = ExpressionParser.Parse(r);
            else if (r.TakeName("if")) item.Condition = ExpressionParser.Parse(r);
            else if (r.TakeName("default"))
            {
                if (r.TakeName("today")) item.Today = true;
                else if (r.TakeName("now")) item.DefaultNow = true;
                else throw r.Expected("'now' (the clock when there is no time) or 'today' (the day that a time of day lacks)");
            }
            else if (r.Next.Kind is TokenKind.Text or TokenKind.Bytes) item.Terminator = r.Take().Bytes;
            else if (r.IsSymbol("->"))
            {
                System.Collections.Generic.List<Target> targets = [];
                ParseTargets(r, targets);
                item.Target = targets[0];
            }
            else if (r.Next.Kind == TokenKind.Name && item.Name.Length == 0) item.Name = r.Take().Text;
            else throw r.Expected("'zone', 'plus', 'default', 'if', a name, or '-> parameter'");
        }
    }

    private static bool IsPattern(string text)
    {
        if (text.Length < 4 || text is "unix" or "epoch") return false;
        foreach (char c in text)
            if (c is not ('y' or 'M' or 'd' or 'H' or 'm' or 's' or 'f')) return false;
        return text.IndexOf("dd", System.StringComparison.Ordinal) >= 0 || text.IndexOf("HH", System.StringComparison.Ordinal) >= 0;
    }

    // `protobuf [in expr]` with rows by field number; `message` is the same inside one.
    private BlockItem ParseProtobuf(LineReader r, Place at)
    {
        r.Take();
        BlockItem item = new() { At = at, Kind = "protobuf", LastLine = LastLine(r.Line) };
        if (r.TakeName("in")) item.Argument = ExpressionParser.Parse(r);
        r.ExpectEnd();
        SwitchItem rows = new() { At = at, Operand = new NameExpr { At = at, Name = "field" } };
        ParseRows(r, rows);
        item.Body.Add(rows);
        return item;
    }
}
