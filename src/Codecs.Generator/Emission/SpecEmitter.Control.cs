using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace Gateway.Codecs.Generator;

internal sealed partial class SpecEmitter
{
    private const int RoundsMax = 4096;

    private void EmitBlock(BlockItem item, Context c)
    {
        switch (item.Kind)
        {
            case "record": EmitRecord(item, c); break;
            case "if": EmitIf(item, c); break;
            case "repeat" or "repeat while": EmitRepeat(item, c); break;
            case "for": EmitFor(item, c); break;
            case "within": EmitWithin(item, c); break;
            case "within text" or "scan": EmitWithinText(item, c); break;
            case "at": EmitAtOffset(item, c); break;
            case "optional": EmitOptional(item, c); break;
            case "one of": EmitOneOf(item, c); break;
            case "try": throw new SpecSyntaxException(Ids.Syntax, item.At, "'try' stands below 'one of'; for a single block that may fail write 'optional'");
            case "tlv": EmitTlv(item, c); break;
            case "each": EmitEach(item, c); break;
            case "mask": EmitMask(item, c); break;
            case "csv": EmitCsv(item, c); break;
            case "list" or "split": EmitList(item, c); break;
            case "json" or "json each": EmitJson(item, c); break;
            case "kv": EmitKeyValue(item, c); break;
            case "protobuf": EmitProtobuf(item, c); break;
            case "inflate" or "unhex" or "base64": EmitUnpacked(item, c); break;
            case "bitfield": EmitBitfield(item, c); break;
            default: throw new SpecSyntaxException(Ids.Syntax, item.At, $"'{item.Kind}' can't stand here");
        }
    }

    private static Context Inner(Context c)
    {
        Context inner = c.Clone();
        inner.Scope = new Scope(c.Scope);
        return inner;
    }

    // Names from a block stay visible behind it; whether they were read is the question of `has`.
    private static void Export(Context inner, Context c)
    {
        foreach (KeyValuePair<string, Value> own in inner.Scope.Own) c.Scope.Set(own.Key, own.Value);
    }

    private void EmitRecord(BlockItem item, Context c)
    {
        if (c.InRecord) throw new SpecSyntaxException(Ids.Syntax, item.At, "a record inside a record; end the outer one first");
        if (c.InTable) throw new SpecSyntaxException(Ids.Syntax, item.At, "a table's row belongs to a record already");
        _hasRecord = true;
        Out.Line($"if (s.Ident.IsEmpty) {c.Fail("NotIdentified", item.Line)}");
        Out.Line("sink.BeginMessage();");
        Out.Open();
        Context inner = Inner(c);
        inner.InRecord = true;
        // `stop` inside a record ends the record and then the message.
        string end = $"E{_method.NextNumber()}";
        inner.StopStatement = $"goto {end};";
        EmitItems(item.Body, inner);
        Out.Close();
        string done = $"D{_method.NextNumber()}";
        Out.Line($"goto {done};");
        Out.Line($"{end}: sink.EndMessage(); s.FrameMessages++; {c.StopStatement}");
        Out.Line($"{done}: sink.EndMessage();");
        Out.Line("s.FrameMessages++;");
        // What was written before is in the record; what comes behind it is in none.
        if (_impliedRecord) _commonPuts = false;
        Export(inner, c);
    }

    private void EmitIf(BlockItem item, Context c)
    {
        Value condition = Emit(item.Argument!, c);
        Branches branches = new(Out.Bookmark);
        Out.Open($"if ({Bool(condition, item.At)})");
        Context inner = Inner(c);
        EmitItems(item.Body, inner);
        EndBranch(branches, inner, item.Line, item.LastLine);
        Out.Close();
        if (item.Else is not null)
        {
            Out.Open("else");
            Context other = Inner(c);
            EmitItems(item.Else, other);
            EndBranch(branches, other, item.LastLine + 1, item.ElseLastLine);
            Out.Close();
        }
        ExportBranches(branches, c);
    }

    private void EmitRepeat(BlockItem item, Context c)
    {
        string i = _method.Integer("i");
        string last = _method.Int32("last");
        Context inner = Inner(c);
        if (item.Name.Length > 0) inner.Scope.Set(item.Name, Value.Of(ValueType.Integer, i));
        if (item.Kind == "repeat while")
        {
            Out.Line($"{i} = 0;");
            // The condition's own statements belong to each round.
            Out.Open("while (true)");
            Out.Line($"if (!({Bool(Emit(item.Argument!, inner), item.At)})) break;");
            Out.Line($"if (++{i} > {RoundsMax}) {c.Fail("Malformed", item.Line)}");
        }
        else if (item.Argument is null)
        {
            Out.Line($"{i} = 0;");
            Out.Open(c.Bits is null ? $"while ({c.Position} < {c.End})" : $"while ({c.Bits} < {c.End} * 8)");
            Out.Line($"if (++{i} > {RoundsMax}) {c.Fail("Malformed", item.Line)}");
        }
        else
        {
            string count = _method.Integer("n");
            Out.Line($"{count} = {Int(Emit(item.Argument, c), item.At)};");
            Out.Line($"if ({count} < 0 || {count} > {RoundsMax}) {c.Fail("Malformed", item.Line)}");
            Out.Open($"for ({i} = 1; {i} <= {count}; {i}++)");
        }
        string moved = c.Bits ?? c.Position;
        Out.Line($"{last} = {moved};");
        EmitItems(item.Body, inner);
        // A round that reads nothing would go on for ever.
        if (item.Kind != "repeat" || item.Argument is null) Out.Line($"if ({moved} == {last}) break;");
        Out.Close();
        Export(inner, c);
        if (item.Name.Length > 0) c.Scope.Set(item.Name, Value.Of(ValueType.Integer, i));
    }

    private void EmitFor(BlockItem item, Context c)
    {
        foreach (Expr choice in item.Choices)
        {
            Context inner = Inner(c);
            inner.Scope.Set(item.Name, Emit(choice, c));
            EmitItems(item.Body, inner);
        }
    }

    private void EmitWithin(BlockItem item, Context c)
    {
        string end = _method.Int32("e");
        string size = _method.Int32("w");
        Out.Line($"{size} = {Int32(Emit(item.Argument!, c), item.At)};");
        Out.Line($"if ({size} < 0 || {c.End} - {c.Position} < {size}) {c.Fail("Truncated", item.Line)}");
        Out.Line($"{end} = {c.Position} + {size};");
        Context inner = Inner(c);
        inner.End = end;
        inner.Sized = null;
        EmitItems(item.Body, inner);
        Out.Line($"{c.Position} = {end};");
        Export(inner, c);
    }

    // A block over text: the same span when the text lies in the frame, so that byte ranges stay true.
    private void EmitWithinText(BlockItem item, Context c)
    {
        Context inner = Inner(c);
        inner.Columns = inner.Element = false;
        if (item.Argument is null && c.Columns)
        {
            // Among columns the block reads the text of the next one.
            (string start, string length, string has) = NextColumn(c);
            Branches branches = new(Out.Bookmark);
            Out.Open($"if ({has})");
            EnterText(Value.OfBytes(c.Span, start, length), item.At, inner);
            EmitItems(item.Body, inner);
            EndBranch(branches, inner, item.Line, item.LastLine);
            Out.Close();
            ExportBranches(branches, c);
            return;
        }
        if (item.Argument is null)
        {
            EmitItems(item.Body, inner);
            Export(inner, c);
            return;
        }
        EnterText(Emit(item.Argument, c), item.At, inner);
        EmitItems(item.Body, inner);
        Export(inner, c);
    }

    private void EnterText(Value text, Place at, Context inner)
    {
        if (text.Type != ValueType.Bytes) throw new SpecSyntaxException(Ids.Type, at, "text or bytes are needed here, this is a number");
        string position = _method.Int32("p");
        string end = _method.Int32("e");
        if (IsSimple(text.Base) && text.ConstantBytes is null)
        {
            inner.Span = text.Base;
            Out.Line($"{position} = {text.Start};");
            Out.Line($"{end} = {position} + {text.Length};");
        }
        else
        {
            string span = _method.Span();
            Out.Line($"{span} = {text.Span};");
            inner.Span = span;
            Out.Line($"{position} = 0;");
            Out.Line($"{end} = {span}.Length;");
        }
        inner.Position = position;
        inner.End = end;
        inner.Sized = inner.Bits = null;
        inner.Protobuf = false;
    }

    private void EmitAtOffset(BlockItem item, Context c)
    {
        string position = _method.Int32("p");
        Out.Line($"{position} = {Int32(Emit(item.Argument!, c), item.At)};");
        Out.Line($"if ({position} < 0 || {position} > {c.Span}.Length) {c.Fail("Truncated", item.Line)}");
        Context inner = Inner(c);
        inner.Position = position;
        // Offsets are those of the frame: the block may read beyond the enclosing one.
        string end = _method.Int32("e");
        Out.Line($"{end} = {c.Span}.Length;");
        inner.End = end;
        EmitItems(item.Body, inner);
        Export(inner, c);
    }

    // ---- blocks that may fail ----

    private void EmitOptional(BlockItem item, Context c)
    {
        string taken = _method.Boolean("taken");
        string? guard = item.Argument is not null ? Bool(Emit(item.Argument, c), item.At)
            : item.Separator.Length > 0 ? $"{ScanClass}.IsAt({c.Span}, {c.Position}, {c.End}, {Value.Literal(item.Separator)})"
            : null;
        if (guard is not null) Out.Open($"if ({guard})");
        EmitTry(item.Body, c, taken);
        if (guard is not null) Out.Close();
    }

    /// <summary>Emits items that leave no trace when one of them fails; <paramref name="taken"/> says whether they did not.</summary>
    private void EmitTry(List<Item> body, Context c, string taken)
    {
        string position = _method.Int32("p");
        string mark = $"mark{_method.NextNumber()}";
        string failed = $"F{_method.NextNumber()}";
        string done = $"D{_method.NextNumber()}";
        Out.Line($"{taken} = false;");
        Out.Line($"{position} = {c.Position};");
        string replies = _method.Int32("rp");
        Out.Line($"{replies} = reply.Length;");
        Out.Line($"global::Gateway.Codecs.SinkMark {mark} = sink.Mark();");
        string? bits = c.Bits is null ? null : _method.Int32("bit");
        if (bits is not null) Out.Line($"{bits} = {c.Bits};");
        List<(string Local, string Kept)> changed = KeepAssigned(c);
        string messages = _method.Int32("fm");
        Out.Line($"{messages} = s.FrameMessages;");
        string? columns = c.Table is null ? null : _method.Int32("col");
        if (columns is not null) Out.Line($"{columns} = {c.Table!.Taken};");
        Out.Open();
        Context inner = Inner(c);
        inner.Fail = (_, _) => $"goto {failed};";
        EmitItems(body, inner);
        Out.Line($"{taken} = true;");
        Out.Line($"goto {done};");
        Out.Close();
        Out.Line($"{failed}: {c.Position} = {position}; sink.Restore({mark}); reply.Truncate({replies}); s.FrameMessages = {messages};{(bits is null ? "" : $" {c.Bits} = {bits};")}{string.Concat(changed.Select(x => $" {x.Local} = {x.Kept};"))}{(columns is null ? "" : $" {c.Table!.Taken} = {columns};")}");
        Out.Line($"{done}: ;");
        foreach (KeyValuePair<string, Value> own in inner.Scope.Own)
        {
            // What a failed block read does not count.
            string has = _method.Boolean("h");
            Out.Line($"{has} = {taken}{(own.Value.Has is null ? "" : $" && {own.Value.Has}")};");
            Value kept = new()
            {
                Type = own.Value.Type, Code = own.Value.Code, Base = own.Value.Base, Start = own.Value.Start, Length = own.Value.Length, Has = has,
                Field = own.Value.Field, FieldStart = own.Value.FieldStart, FieldLength = own.Value.FieldLength, ConstantBytes = own.Value.ConstantBytes,
            };
            c.Scope.Set(own.Key, kept);
        }
    }

    private void EmitOneOf(BlockItem item, Context c)
    {
        string done = $"D{_method.NextNumber()}";
        Dictionary<string, List<Value>> read = [];
        string taken = _method.Boolean("taken");
        foreach (Item choice in item.Body)
        {
            // Every alternative is a `try` block, or a single item for short.
            List<Item> body = choice is BlockItem { Kind: "try" } branch ? branch.Body : [choice];
            Context inner = Inner(c);
            inner.StrictColumns = true;
            EmitTry(body, inner, taken);
            foreach (KeyValuePair<string, Value> own in inner.Scope.Own)
            {
                if (!read.TryGetValue(own.Key, out List<Value>? values)) read[own.Key] = values = [];
                values.Add(own.Value);
            }
            Out.Line($"if ({taken}) goto {done};");
        }
        Out.Line(c.Fail("Malformed", item.Line));
        Out.Line($"{done}: ;");
        foreach (KeyValuePair<string, List<Value>> name in read) c.Scope.Set(name.Key, Merge(name.Value));
    }

    // ---- repeated things ----

    private void EmitTlv(BlockItem item, Context c)
    {
        string rounds = _method.Int32("i");
        Out.Line($"{rounds} = 0;");
        Out.Open($"while ({c.Position} < {c.End})");
        Out.Line($"if (++{rounds} > {RoundsMax}) {c.Fail("Malformed", item.Line)}");
        Context inner = Inner(c);
        inner.Columns = inner.Element = false;
        inner.Sized = null;
        EmitItems(
        [
            new FieldItem { At = item.At, Type = item.IdType!, Name = item.Name },
            new FieldItem { At = item.At, Type = item.LengthType!, Name = item.LengthName },
        ], inner);
        string end = _method.Int32("e");
        Value length = item.Argument is null ? inner.Scope.Find(item.LengthName)! : Emit(item.Argument, inner);
        if (item.Argument is not null) inner.Scope.Set(item.LengthName, length = ToLocal(length, item.LengthName));
        string size = _method.Int32("w");
        Out.Line($"{size} = {Int32(length, item.At)};");
        Out.Line($"if ({size} < 0 || {c.End} - {c.Position} < {size}) {c.Fail("Truncated", item.Line)}");
        Out.Line($"{end} = {c.Position} + {size};");
        Context body = Inner(inner);
        body.End = end;
        EmitItems(item.Body, body);
        Out.Line($"{c.Position} = {end};");
        Out.Close();
    }

    private void EmitList(BlockItem item, Context c)
    {
        string start, length;
        string? has = null;
        string? guard = null;
        Value text;
        if (item.Argument is not null)
        {
            text = Emit(item.Argument, c);
            guard = text.Has;
        }
        else if (c.Columns || c.Element)
        {
            (start, length, has) = NextColumn(c);
            text = Value.OfBytes(c.Span, start, length);
            guard = has;
        }
        else
        {
            text = TryName("rest", c)!;
        }
        if (guard is not null) Out.Open($"if ({guard})");
        Context outer = Inner(c);
        EnterText(text, item.At, outer);
        if (item.Argument is null && !c.Columns && !c.Element) Out.Line($"{c.Position} = {c.End};");
        string i = _method.Integer("i");
        string part = _method.Int32("s");
        string size = _method.Int32("n");
        string end = _method.Int32("e");
        string at = _method.Int32("p");
        Out.Line($"{i} = 0;");
        // An empty text has no elements.
        string more = item.Separator.Length == 1
            ? $"{NewCursor()}.Next({outer.Span}, ref {outer.Position}, {outer.End}, {item.Separator[0]}, out {part}, out {size})"
            : $"global::Gateway.Codecs.Reading.Support.NextPart({outer.Span}, ref {outer.Position}, {outer.End}, {Value.Literal(item.Separator)}, out {part}, out {size})";
        Out.Open($"while ({more})");
        // A separator at the very end closes the last element, it does not open another one.
        Out.Line($"if ({size} == 0 && {part} >= {outer.End}) break;");
        Out.Line($"if (++{i} > {RoundsMax}) {c.Fail("Malformed", item.Line)}");
        Out.Line($"{at} = {part}; {end} = {part} + {size};");
        Context inner = Inner(outer);
        inner.Position = at;
        inner.End = end;
        inner.Columns = false;
        inner.Element = item.Kind == "list";
        inner.NotAvailable = item.NotAvailable ?? c.NotAvailable;
        if (item.Name.Length > 0) inner.Scope.Set(item.Name, Value.Of(ValueType.Integer, i));
        EmitItems(item.Body, inner);
        Out.Close();
        if (guard is not null) Out.Close();
        if (item.Name.Length > 0) c.Scope.Set(item.Name, Value.Of(ValueType.Integer, i));
    }

    private void EmitUnpacked(BlockItem item, Context c)
    {
        Value packed = Emit(item.Argument!, c);
        if (packed.Type == ValueType.Hex) packed = Value.OfBytes(packed.Base, "0", $"{packed.Base}.Length");
        string method = item.Kind switch { "inflate" => "Inflate", "base64" => "Base64", _ => "Unhex" };
        Context inner = Inner(c);
        string span = _method.Span();
        string position = _method.Int32("p");
        string end = _method.Int32("e");
        Out.Line($"if (!global::Gateway.Codecs.Reading.Support.{method}(s, {SpanOf(packed, item.At)}, out {span})) {c.Fail("Malformed", item.Line)}");
        Out.Line($"{position} = 0; {end} = {span}.Length;");
        inner.Span = span;
        inner.Position = position;
        inner.End = end;
        inner.Columns = inner.Element = false;
        inner.Sized = null;
        EmitItems(item.Body, inner);
        Export(inner, c);
    }
}
