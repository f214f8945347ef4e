using System.Collections.Generic;

namespace Gateway.Codecs.Generator;

/// <summary>Parses the items of messages, blocks and tables: fields, coordinates, times, control, text.</summary>
internal sealed partial class ItemParser(List<SpecDiagnostic> diagnostics)
{
    private static readonly HashSet<string> SizedTypes =
    [
        "uint", "int", "uintle", "intle", "bcd", "hex", "digits", "ascii", "utf8", "latin1", "utf16", "utf16le", "bytes", "skip", "bits", "ibits", "hexint", "text", "gbk",
    ];

    internal static readonly HashSet<string> Types =
    [
        "u8", "u16", "u24", "u32", "u40", "u48", "u56", "u64", "i8", "i16", "i24", "i32", "i40", "i48", "i56", "i64",
        "sm16", "sm32", "f32", "f64", "bool", "mac", "varint", "svarint", "real", "char", "text", "rest", "gbk",
        "uint", "int", "bcd", "hex", "digits", "ascii", "utf8", "latin1", "utf16", "bytes", "skip", "bits", "ibits", "hexint",
    ];

    private static readonly HashSet<string> ColumnTypes = ["int", "real", "hexint", "digits", "text", "char", "bool", "rest"];

    /// <summary>Names that a `set` without `session.` gives a new value.</summary>
    internal HashSet<string> Assigned { get; } = [];

    internal List<Item> ParseAll(IEnumerable<SpecLine> lines)
    {
        List<Item> items = [];
        BlockItem? lastIf = null;
        foreach (SpecLine line in lines)
        {
            LineReader r = new(line);
            try
            {
                if (r.IsName("else"))
                {
                    lastIf = ParseElse(r, lastIf);
                    continue;
                }
                Item item = Parse(r);
                lastIf = item is BlockItem { Kind: "if" } branch ? branch : null;
                items.Add(item);
            }
            catch (SpecSyntaxException e)
            {
                diagnostics.Add(new SpecDiagnostic(e.Id, e.At.Line, e.At.Column, e.At.Length, e.Message));
            }
        }
        return items;
    }

    private BlockItem? ParseElse(LineReader r, BlockItem? branch)
    {
        if (branch is null) throw new SpecSyntaxException(Ids.Syntax, r.Whole, "'else' has no 'if' directly above it");
        r.Take();
        if (r.TakeName("if"))
        {
            BlockItem next = new() { At = r.Whole, Kind = "if", Argument = ExpressionParser.Parse(r) };
            r.ExpectEnd();
            next.Body = ParseAll(r.Line.Children);
            next.LastLine = LastLine(r.Line);
            branch.Else = [next];
            branch.ElseLastLine = int.MaxValue;
            return next;
        }
        r.ExpectEnd();
        branch.Else = ParseAll(r.Line.Children);
        branch.ElseLastLine = LastLine(r.Line);
        return null;
    }

    internal static bool IsType(string name) =>
        Types.Contains(name) || ((name.EndsWith("le") || name.EndsWith("be")) && Types.Contains(name.Substring(0, name.Length - 2)));

    private Item Parse(LineReader r)
    {
        Place at = r.Whole;
        if (r.Next.Kind is TokenKind.Text) return With(new LiteralItem { Bytes = r.Take().Bytes }, at, r);
        if (r.Next.Kind is TokenKind.Bytes) return ParseHexField(r, at);
        if (r.Next.Kind != TokenKind.Name) throw r.Expected("an item: a type such as u16, or lat, time, record, if, ...");

        string word = r.Next.Text;
        switch (word)
        {
            case "lat" or "lon": return ParseCoordinate(r, at);
            case "time" or "date": return ParseTime(r, at);
            case "const": return ParseConst(r, at);
            case "valid":
                r.Take();
                return End(new ValidItem { At = at, Condition = ExpressionParser.Parse(r) }, r);
            case "value": return ParseValue(r, at);
            case "let":
                r.Take();
                LetItem let = new() { At = at, Name = r.ExpectName("a name").Text };
                r.ExpectSymbol("=");
                let.Value = ExpressionParser.Parse(r);
                return End(let, r);
            case "set":
                r.Take();
                SetItem set = new() { At = at, Name = r.ExpectName("session.NAME, or the name of a let").Text };
                r.ExpectSymbol("=");
                if (set.Name.IndexOf('.') < 0) Assigned.Add(set.Name);
                set.Value = ExpressionParser.Parse(r);
                if (r.TakeName("if")) set.Condition = ExpressionParser.Parse(r);
                return End(set, r);
            case "login":
                r.Take();
                LoginItem login = new() { At = at };
                do login.Candidates.Add(ExpressionParser.Postfix(r));
                while (r.TakeSymbol("|"));
                if (r.TakeName("if")) login.Condition = ExpressionParser.Parse(r);
                return End(login, r);
            case "require":
                r.Take();
                if (!r.TakeName("login")) throw r.Expected("'login'");
                return End(new RequireLoginItem { At = at }, r);
            case "record" or "optional" or "one" or "if" or "repeat" or "for" or "within" or "at" or "tlv" or "csv" or "list" or "split" or "inflate" or "unhex" or "base64"
                or "bitfield" or "scan" or "try" or "kv":
                if (word == "at" && r.Peek(1) is { Kind: TokenKind.Symbol, Text: "=" }) break;
                return ParseBlock(r, at);
            case "protobuf" or "message": return ParseProtobuf(r, at);
            case "each": return ParseEach(r, at);
            case "mask": return ParseMask(r, at);
            case "next": return ParseNextRecord(r, at);
            case "switch": return ParseSwitch(r, at);
            case "json": return ParseJson(r, at);
            case "use": return ParseUse(r, at);
            case "item": return ParseTableCall(r, at);
            case "mark":
                r.Take();
                return End(new MarkItem { At = at, Name = r.ExpectName("a name").Text }, r);
            case "check": return ParseCheck(r, at);
            case "reject" or "stop":
                r.Take();
                RejectItem reject = new() { At = at, Stop = word == "stop" };
                if (r.TakeName("if")) reject.Condition = ExpressionParser.Parse(r);
                return End(reject, r);
            case "find": return ParseFind(r, at);
            case "column": return ParseColumn(r, at);
            case "skip" when r.Peek(1) is { Kind: TokenKind.Name, Text: "until" or "while" }: return ParseSkip(r, at);
            case "reply": return ParseReply(r, at);
        }
        if (IsType(word)) return ParseField(r, at);
        throw new SpecSyntaxException(Ids.Syntax, r.Here, $"'{word}' is no type and no item{Nearest.Suggestion(word, AllWords())}");
    }

    private static IEnumerable<string> AllWords()
    {
        foreach (string type in Types) yield return type;
        foreach (string word in new[] { "lat", "lon", "time", "const", "valid", "value", "let", "set", "login", "require", "record", "optional", "one", "if", "repeat", "for", "within", "at", "tlv", "csv",
                     "list", "split", "kv", "json", "each", "mask", "next", "protobuf", "inflate", "unhex", "base64", "bitfield", "switch", "use", "item", "mark", "check", "reject", "stop", "find", "skip", "column", "reply" }) yield return word;
    }

    private static int LastLine(SpecLine line) => line.Children.Count == 0 ? line.Number : LastLine(line.Children[line.Children.Count - 1]);

    private static Item End(Item item, LineReader r)
    {
        r.ExpectEnd();
        NoChildren(r);
        return item;
    }

    private static Item With(Item item, Place at, LineReader r)
    {
        item.At = at;
        return End(item, r);
    }

    private static void NoChildren(LineReader r)
    {
        if (r.Line.Children.Count > 0)
        {
            SpecLine child = r.Line.Children[0];
            throw new SpecSyntaxException(Ids.Indentation, new Place(child.Number, child.Indent + 1, 1), "nothing can be indented below this item; move the line to the left");
        }
    }

    // ---- fields ----

    internal TypeRef ParseType(LineReader r)
    {
        TypeRef type = ParsePlainType(r);
        if (type.Name is "hex" or "bytes" or "mac") type.Reversed = r.TakeName("reversed");
        return type;
    }

    private TypeRef ParsePlainType(LineReader r)
    {
        Token token = r.ExpectName("a type");
        if (!IsType(token.Text)) throw new SpecSyntaxException(Ids.Type, new Place(token.Line, token.Column, token.Length), $"'{token.Text}' is no type{Nearest.Suggestion(token.Text, Types)}");
        TypeRef type = new() { At = new Place(token.Line, token.Column, token.Length), Name = token.Text, Optional = token.Optional };
        if (!SizedTypes.Contains(token.Text)) return type;
        if (r.TakeName("rest"))
        {
            type.Rest = true;
            return type;
        }
        if (r.TakeName("until"))
        {
            type.Until = r.ExpectBytes("the text it reaches to");
            return type;
        }
        bool columnType = ColumnTypes.Contains(token.Text);
        if (r.Next.Kind == TokenKind.Integer || r.IsSymbol("(") || (!columnType && r.Next.Kind == TokenKind.Name && r.Next.Text is not ("if" or "none" or "enum" or "default")))
        {
            // Behind a number an operation works on its value; text and bytes have none, so there it belongs to the size.
            type.Size = IsCounted(token.Text) ? ExpressionParser.Parse(r) : ExpressionParser.Postfix(r);
        }
        else if (!columnType && token.Text != "skip")
        {
            throw r.Expected($"a size behind '{token.Text}': a number, a name, (an expression) or rest");
        }
        return type;
    }

    private static bool IsCounted(string type) => type is "hex" or "gbk" or "ascii" or "utf8" or "latin1" or "utf16" or "utf16le" or "bytes" or "skip";

    // The lexer takes `hex 16` for bytes; at the start of a field it is the type with a size in decimal digits.
    private FieldItem ParseHexField(LineReader r, Place at)
    {
        Token token = r.Take();
        if (!int.TryParse(token.Text, out int size)) throw new SpecSyntaxException(Ids.Syntax, at, "bytes that must be here are written `const hex 0D0A`; `hex n` is a field of n bytes");
        TypeRef type = new() { At = new Place(token.Line, token.Column, token.Length), Name = "hex", Size = new NumberExpr { At = at, Integer = size, Real = size } };
        type.Reversed = r.TakeName("reversed");
        return ParseFieldRest(r, at, type);
    }

    private FieldItem ParseField(LineReader r, Place at) => ParseFieldRest(r, at, ParseType(r));

    private FieldItem ParseFieldRest(LineReader r, Place at, TypeRef type)
    {
        FieldItem field = new() { At = at, Type = type };
        if (r.TakeSymbol(".")) { }
        else if (r.Next.Kind == TokenKind.Name && r.Next.Text is not ("enum" or "none" or "if" or "default" or "flag")) field.Name = r.Take().Text;
        if (type.Name is "hex" or "bytes" or "mac" && r.TakeName("reversed")) type.Reversed = true;
        ParseModifiers(r, field.Ops, field.None, ref field.Enum, ref field.EnumAt, ref field.Default, ref field.Condition);
        if (r.Next.Kind is TokenKind.Text or TokenKind.Bytes) field.Terminator = r.Take().Bytes;
        ParseTargets(r, field.Targets);
        r.ExpectEnd();
        foreach (SpecLine child in r.Line.Children)
        {
            LineReader c = new(child);
            try
            {
                field.Bits.Add(ParseBit(c));
            }
            catch (SpecSyntaxException e)
            {
                diagnostics.Add(new SpecDiagnostic(e.Id, e.At.Line, e.At.Column, e.At.Length, e.Message));
            }
        }
        return field;
    }

    private static void ParseModifiers(LineReader r, List<Op> ops, List<Expr> none, ref string? enumName, ref Place enumAt, ref Expr? defaultValue, ref Expr? condition)
    {
        while (true)
        {
            OpKind? kind = r.Next.Kind == TokenKind.Symbol
                ? r.Next.Text switch
                {
                    "*" => OpKind.Multiply,
                    "/" => OpKind.Divide,
                    "+" => OpKind.Add,
                    "-" => OpKind.Subtract,
                    "&" => OpKind.And,
                    ">>" => OpKind.ShiftRight,
                    "<<" => OpKind.ShiftLeft,
                    _ => null,
                }
                : null;
            if (kind is OpKind op)
            {
                r.Take();
                ops.Add(new Op { Kind = op, Operand = ExpressionParser.Postfix(r) });
            }
            else if (r.TakeName("enum"))
            {
                enumAt = r.Here;
                enumName = r.ExpectName("the name of an enum").Text;
            }
            else if (r.TakeName("none"))
            {
                do none.Add(Signed(r));
                while (r.TakeSymbol(","));
            }
            else if (r.TakeName("default"))
            {
                defaultValue = Signed(r);
            }
            else if (r.TakeName("if"))
            {
                condition = ExpressionParser.Parse(r);
            }
            else
            {
                return;
            }
        }
    }

    private static Expr Signed(LineReader r)
    {
        Place at = r.Here;
        return r.TakeSymbol("-") ? new UnaryExpr { At = at, Op = "-", Operand = ExpressionParser.Postfix(r) } : ExpressionParser.Postfix(r);
    }

    internal static void ParseTargets(LineReader r, List<Target> targets)
    {
        if (!r.TakeSymbol("->")) return;
        do
        {
            if (r.Next.Kind != TokenKind.Target) throw r.Expected("a parameter name such as position.speed");
            Token token = r.Take();
            Target target = new() { At = new Place(token.Line, token.Column, token.Length), Name = token.Text };
            if (r.Next.Kind == TokenKind.Unit)
            {
                Token unit = r.Take();
                RefuseBehind(unit, target);
                target.Unit = unit.Text;
                target.UnitAt = new Place(unit.Line, unit.Column, unit.Length);
            }
            RefuseBehind(r.Next, target);
            targets.Add(target);
        }
        while (r.TakeSymbol(","));
    }

    // `u8 -> position.speed if x`: the order of other languages.
    private static void RefuseBehind(Token token, Target target)
    {
        if (token.Text is not ("if" or "none" or "enum" or "default")) return;
        throw new SpecSyntaxException(Ids.Syntax, new Place(token.Line, token.Column, token.Length), $"'{token.Text}' stands in front of '->'; behind a parameter there is only its unit: u8 {token.Text} ... -> {target.Name}");
    }

    private static BitItem ParseBit(LineReader r)
    {
        BitItem bit = new() { At = r.Whole };
        bit.FlagOnly = r.TakeName("flag");
        bit.From = bit.To = (int)r.ExpectInteger("a bit number, 0 being the lowest");
        if (r.TakeSymbol("..")) bit.To = (int)r.ExpectInteger("the last bit");
        if (bit.To < bit.From || bit.To > 63) throw new SpecSyntaxException(Ids.Range, bit.At, "bits go from the lower to the higher, 0..63");
        if (r.TakeName("as")) bit.Alias = r.ExpectName("a name").Text;
        List<Expr> none = [];
        Expr? unused = null;
        ParseModifiers(r, bit.Ops, none, ref bit.Enum, ref bit.EnumAt, ref unused, ref bit.Condition);
        if (none.Count > 0 || unused is not null) throw new SpecSyntaxException(Ids.Syntax, bit.At, "'none' and 'default' are not for bits; write 'if' instead");
        ParseTargets(r, bit.Targets);
        r.ExpectEnd();
        if (bit.Targets.Count == 0 && bit.Enum is null && bit.Alias.Length == 0) throw new SpecSyntaxException(Ids.Syntax, bit.At, "say what the bits are for: '-> parameter', 'enum NAME' or 'as name'");
        return bit;
    }

    private Item ParseConst(LineReader r, Place at)
    {
        r.Take();
        ConstItem item = new() { At = at };
        if (r.Next.Kind is TokenKind.Text or TokenKind.Bytes) item.Bytes = r.Take().Bytes;
        else
        {
            item.Type = ParseType(r);
            item.Value = ExpressionParser.Parse(r);
        }
        return End(item, r);
    }

    private static Item ParseValue(LineReader r, Place at)
    {
        r.Take();
        ValueItem item = new() { At = at, Value = ExpressionParser.Parse(r) };
        if (r.TakeName("enum"))
        {
            item.EnumAt = r.Here;
            item.Enum = r.ExpectName("the name of an enum").Text;
        }
        if (r.TakeName("if")) item.Condition = ExpressionParser.Parse(r);
        ParseTargets(r, item.Targets);
        if (item.Targets.Count == 0 && item.Enum is null) throw r.Expected("'-> parameter'");
        return End(item, r);
    }

    // ---- control ----

    private BlockItem ParseBlock(LineReader r, Place at)
    {
        BlockItem item = new() { At = at, Kind = r.Take().Text };
        switch (item.Kind)
        {
            case "record" or "try":
                break;
            case "scan":
                if (r.TakeName("in")) item.Argument = ExpressionParser.Parse(r);
                break;
            case "one":
                if (!r.TakeName("of")) throw r.Expected("'of'");
                item.Kind = "one of";
                break;
            case "optional":
                if (r.TakeName("if")) item.Argument = ExpressionParser.Parse(r);
                else if (r.TakeName("next")) item.Separator = r.ExpectBytes("the text that must come next");
                break;
            case "if":
                item.Argument = ExpressionParser.Parse(r);
                break;
            case "repeat":
                if (r.TakeName("to"))
                {
                    if (!r.TakeName("end")) throw r.Expected("'end'");
                }
                else if (r.TakeName("while"))
                {
                    item.Kind = "repeat while";
                    item.Argument = ExpressionParser.Parse(r);
                }
                else item.Argument = ExpressionParser.Parse(r);
                if (r.TakeName("as")) item.Name = r.ExpectName("a name").Text;
                break;
            case "for":
                item.Name = r.ExpectName("a name").Text;
                if (!r.TakeName("in")) throw r.Expected("'in'");
                do item.Choices.Add(ExpressionParser.Parse(r));
                while (r.TakeSymbol(","));
                break;
            case "within":
                if (r.TakeName("text")) item.Kind = "within text";
                item.Argument = ExpressionParser.Parse(r);
                break;
            case "at" or "inflate" or "unhex" or "base64" or "bitfield":
                item.Argument = ExpressionParser.Parse(r);
                break;
            case "tlv":
                item.IdType = ParseType(r);
                item.Name = r.ExpectName("a name for the id").Text;
                item.LengthType = ParseType(r);
                item.LengthName = r.ExpectName("a name for the length").Text;
                if (r.IsSymbol("-") || r.IsSymbol("+"))
                {
                    // A length that counts more than the value, e.g. its own tag: `u16 len - 2`.
                    Place opAt = r.Here;
                    string op = r.Take().Text;
                    item.Argument = new BinaryExpr { At = opAt, Op = op, Left = new NameExpr { At = opAt, Name = item.LengthName }, Right = ExpressionParser.Postfix(r) };
                }
                if (r.TakeName("to") && !r.TakeName("end")) throw r.Expected("'end'");
                break;
            case "kv":
                item.Separator = r.ExpectBytes("the separator of items");
                r.TakeSymbol(",");
                item.Separator2 = r.ExpectBytes("the sign between key and value");
                item.UrlEncoded = r.TakeName("urlencoded");
                if (r.TakeName("in")) item.Argument = ExpressionParser.Parse(r);
                break;
            default:
                if (item.Kind == "csv") item.Separator = ParseSeparators(r);
                else item.Separator = r.ExpectBytes("a separator");
                while (!r.AtEnd)
                {
                    if (r.TakeName("na")) item.NotAvailable = r.ExpectBytes("the text for no value");
                    else if (r.TakeName("in")) item.Argument = ExpressionParser.Parse(r);
                    else if (r.TakeName("as")) item.Name = r.ExpectName("a name").Text;
                    else throw r.Expected("'in', 'na' or 'as'");
                }
                break;
        }
        r.ExpectEnd();
        item.LastLine = LastLine(r.Line);
        if (item.Kind == "kv")
        {
            SwitchItem rows = new() { At = at, Operand = new NameExpr { At = at, Name = "key" } };
            ParseRows(r, rows);
            item.Body.Add(rows);
            return item;
        }
        item.Body = ParseAll(r.Line.Children);
        if (item.Body.Count == 0 && r.Line.Children.Count == 0) throw new SpecSyntaxException(Ids.Missing, at, $"'{item.Kind}' has no block; indent its items below it");
        return item;
    }

    private SwitchItem ParseSwitch(LineReader r, Place at)
    {
        r.Take();
        SwitchItem item = new() { At = at, Operand = ExpressionParser.Parse(r) };
        r.ExpectEnd();
        ParseRows(r, item);
        return item;
    }

    private void ParseRows(LineReader r, SwitchItem item)
    {
        foreach (SpecLine line in r.Line.Children)
        {
            LineReader c = new(line);
            try
            {
                SwitchRow row = new() { At = c.Whole, LastLine = LastLine(line) };
                if (c.TakeSymbol("*")) row.IsDefault = true;
                else row.Choices = ExpressionParser.Choices(c);
                if (c.AtEnd) row.Body = ParseAll(line.Children);
                else row.Body = [Parse(c)];
                item.Rows.Add(row);
            }
            catch (SpecSyntaxException e)
            {
                diagnostics.Add(new SpecDiagnostic(e.Id, e.At.Line, e.At.Column, e.At.Length, e.Message));
            }
        }
        if (item.Rows.Count == 0 && r.Line.Children.Count == 0) throw new SpecSyntaxException(Ids.Missing, item.At, "'switch' has no rows; indent `value` lines with their blocks below it");
    }

    private Item ParseUse(LineReader r, Place at)
    {
        r.Take();
        UseItem item = new() { At = at, Block = r.ExpectName("the name of a block").Text };
        if (r.TakeSymbol("(") && !r.TakeSymbol(")"))
        {
            item.Arguments = OutParser.ParseList(r, ")");
            r.ExpectSymbol(")");
        }
        if (!r.TakeName("if")) return End(item, r);
        // Short for a block of its own.
        BlockItem guarded = new() { At = at, Kind = "if", Argument = ExpressionParser.Parse(r), LastLine = r.Line.Number };
        guarded.Body.Add(item);
        return End(guarded, r);
    }

    private static Item ParseTableCall(LineReader r, Place at)
    {
        r.Take();
        TableCallItem item = new() { At = at, Table = r.ExpectName("the name of a table").Text };
        r.ExpectSymbol("(");
        do item.Arguments.Add(ExpressionParser.Parse(r));
        while (r.TakeSymbol(","));
        r.ExpectSymbol(")");
        if (r.TakeName("size")) item.Size = ExpressionParser.Parse(r);
        return End(item, r);
    }

    private Item ParseCheck(LineReader r, Place at)
    {
        r.Take();
        CheckItem item = new() { At = at, Algorithm = r.ExpectName("a checksum such as crc16.x25").Text, Type = r.Next.Kind == TokenKind.Bytes ? HexType(r) : ParseType(r) };
        if (!r.TakeName("over")) throw r.Expected("'over a..b'");
        item.From = ExpressionParser.Postfix(r);
        r.ExpectSymbol("..");
        item.To = ExpressionParser.Parse(r);
        return End(item, r);
    }

    private static TypeRef HexType(LineReader r)
    {
        Token token = r.Take();
        return new TypeRef { At = r.Whole, Name = "hex", Size = new NumberExpr { Integer = int.TryParse(token.Text, out int n) ? n : 2 } };
    }

    private static ReplyItem ParseReply(LineReader r, Place at)
    {
        r.Take();
        ReplyItem item = new() { At = at };
        if (r.TakeName("none"))
        {
            item.None = true;
            r.ExpectEnd();
            NoChildren(r);
            return item;
        }
        if (r.TakeName("if")) item.Condition = ExpressionParser.Parse(r);
        if (r.TakeName("http"))
        {
            ParseHttpReply(r, item);
            return item;
        }
        if (!r.AtEnd) item.Items = OutParser.ParseLine(r);
        item.Items.AddRange(OutParser.ParseBlock(r.Line.Children));
        if (item.Items.Count == 0) throw new SpecSyntaxException(Ids.Missing, at, "the reply is empty; write what to send behind it or below it");
        return item;
    }
}
