using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace Gateway.Codecs.Generator;

internal sealed partial class SpecEmitter
{
    private const int BlockDepthMax = 16;

    private void EmitItem(Item item, Item? following, Context c, List<Item> pending)
    {
        switch (item)
        {
            case FieldItem field: EmitField(field, following, c); break;
            case CoordinateItem coordinate: EmitCoordinate(coordinate, c, pending); break;
            case TimeItem time: EmitTime(time, c); break;
            case LiteralItem literal: EmitLiteral(literal.Bytes, c, literal.Line); break;
            case ConstItem constant: EmitConst(constant, c); break;
            case ValidItem valid:
                _used.Add("position.valid");
                EmitPut(new Target { At = valid.At, Name = "position.valid" }, Value.Of(ValueType.Boolean, Bool(Emit(valid.Condition, c), valid.At)), new Linear(), c, valid.At);
                break;
            case ValueItem value: EmitValue(value, c); break;
            case LetItem let: EmitLet(let, c); break;
            case SetItem set: EmitSet(set, c); break;
            case LoginItem login:
                if (login.Condition is not null) Out.Open($"if ({Bool(Emit(login.Condition, c), login.At)})");
                EmitLogin(login.Candidates.ConvertAll(x => Emit(x, c)), login.At, c);
                if (login.Condition is not null) Out.Close();
                break;
            case RequireLoginItem: Out.Line($"if (s.Ident.IsEmpty) {c.Fail("NotIdentified", item.Line)}"); break;
            case BlockItem block: EmitBlock(block, c); break;
            case SwitchItem choice: EmitSwitch(choice, c); break;
            case UseItem use: EmitUse(use, c); break;
            case TableCallItem call: EmitTableCall(call, c); break;
            case MarkItem mark:
                string place = _method.Int32("mark");
                Out.Line($"{place} = {c.Position};");
                c.Scope.Set(mark.Name, Value.Of(ValueType.Integer, place));
                break;
            case CheckItem check: EmitCheck(check, c); break;
            case RejectItem reject:
                string leave = reject.Stop ? c.StopStatement : c.Fail("Malformed", reject.Line);
                Out.Line(reject.Condition is null ? $"if (global::Gateway.Codecs.Reading.Support.Always) {leave}" : $"if ({Bool(Emit(reject.Condition, c), reject.At)}) {leave}");
                break;
            case MoveItem move: EmitMove(move, c); break;
            case NextRecordItem next: EmitNextRecord(next, c); break;
            case ReplyItem reply: EmitReply(reply, c); break;
            default: throw new SpecSyntaxException(Ids.Syntax, item.At, "this item can't stand here");
        }
    }

    // ---- fields outside of runs ----

    private void EmitField(FieldItem field, Item? next, Context c)
    {
        string? condition = field.Condition is null ? null : Bool(Emit(field.Condition, c), field.At);
        if (c.Bits is not null)
        {
            EmitBits(field, condition, c);
            return;
        }
        if (c.Columns || c.Element || IsTextType(field, c))
        {
            EmitTextField(field, condition, next, c);
            return;
        }
        if (condition is null)
        {
            EmitBinary(field, c, null);
            return;
        }
        // The field's value is there only when the condition holds.
        string has = _method.Boolean("h");
        Out.Line($"{has} = {condition};");
        Out.Open($"if ({has})");
        EmitBinary(field, c, has);
        Out.Close();
    }

    private void EmitBinary(FieldItem field, Context c, string? has)
    {
        string start = _method.Int32("p");
        Out.Line($"{start} = {c.Position};");
        Value raw = ReadVariable(field, c, start, out string length);
        if (has is not null) raw.Has = raw.Has is null ? has : $"({has} && {raw.Has})";
        Finish(field, raw, start, length, c);
    }

    /// <summary>Reads a field with its own bounds test and moves the position.</summary>
    private Value ReadVariable(FieldItem field, Context c, string start, out string length)
    {
        TypeRef type = field.Type;
        string fail = c.Fail("Truncated", field.Line);
        string available = $"{c.End} - {c.Position}";
        if (c.Sized is not null && TryIntegerType(type.Name, out int declared, out bool signed, out bool little))
        {
            // A table row that got a size: the device may send the same id wider or narrower.
            length = _method.Int32("w");
            Out.Line($"{length} = {c.Sized} ? {c.End} - {c.Position} : {declared};");
            Out.Line($"if ({length} < 1 || {length} > 8 || {available} < {length}) {fail}");
            string code = $"global::Gateway.Codecs.Reading.Bin.{(signed ? "" : "U")}Int{(little ? "LE" : "BE")}({c.Span}.Slice({c.Position}, {length}))";
            string value = _method.Integer("v");
            Out.Line($"{value} = {code};");
            Out.Line($"{c.Position} += {length};");
            return Value.Of(ValueType.Integer, value);
        }
        if (ConstantSize(type, c) is (int consumed, int needed))
        {
            length = consumed.ToString(CultureInfo.InvariantCulture);
            Out.Line($"if ({available} < {needed}) {fail}");
            if (type.Name == "bcd")
            {
                string digits = _method.Integer("v");
                string good = _method.Boolean("h");
                long count = ConstantOf(type.Size!, c)!.Value;
                Out.Line($"{good} = global::Gateway.Codecs.Reading.Bin.Bcd({c.Span}.Slice({c.Position}, {needed}), {count}, out {digits});");
                Out.Line($"{c.Position} += {consumed};");
                return new Value { Type = ValueType.Integer, Code = digits, Has = good };
            }
            string run = $"r{_method.NextNumber()}";
            Out.Line($"global::System.ReadOnlySpan<byte> {run} = {c.Span}.Slice({c.Position}, {consumed});");
            Out.Line($"{c.Position} += {consumed};");
            Value fixedValue = ReadFixed(type, c, run, 0, consumed, start);
            return fixedValue.Type is ValueType.Integer or ValueType.Real or ValueType.Boolean ? ToLocal(fixedValue, "v") : fixedValue;
        }

        length = _method.Int32("w");
        if (type.Name is "uint" or "uintle" && type.Size is ConditionalExpr choice && ConstantOf(choice.Then, c) is >= 1 and <= 8 and long wide && ConstantOf(choice.Else, c) is >= 1 and <= 8 and long narrow)
        {
            // One of two known widths: two straight reads instead of a loop over bytes.
            bool littleEndian = _spec.LittleEndian || type.Name == "uintle";
            string chosen = _method.Boolean("wide");
            string number = _method.Integer("v");
            Out.Line($"{chosen} = {Bool(Emit(choice.Condition, c), choice.At)};");
            Out.Line($"{length} = {chosen} ? {wide} : {narrow};");
            Out.Line($"if ({available} < {length}) {fail}");
            string at = $"{c.Span}.Slice({c.Position}, ";
            Out.Line($"{number} = {chosen} ? {ReadInteger($"{at}{wide})", $"{at}{wide})", 0, (int)wide, false, littleEndian)} : {ReadInteger($"{at}{narrow})", $"{at}{narrow})", 0, (int)narrow, false, littleEndian)};");
            Out.Line($"{c.Position} += {length};");
            return Value.Of(ValueType.Integer, number);
        }
        if (type.Name is "varint" or "svarint")
        {
            string value = _method.Integer("v");
            Out.Line($"if (!global::Gateway.Codecs.Reading.Bin.TryVarint{(c.Protobuf || type.Name == "svarint" ? "LE" : "")}({c.Span}, ref {c.Position}, {c.End}, out {value})) {fail}");
            Out.Line($"{length} = {c.Position} - {start};");
            // Zigzag: 0, -1, 1, -2, ...
            if (type.Name == "svarint") Out.Line($"{value} = {value} >>> 1 ^ -({value} & 1);");
            return Value.Of(ValueType.Integer, value);
        }
        if (type.Until is not null)
        {
            Out.Line($"{length} = global::System.MemoryExtensions.IndexOf({c.Span}.Slice({c.Position}, {available}), {Value.Literal(type.Until)});");
            Out.Line($"if ({length} < 0) {fail}");
            Out.Line($"{c.Position} += {length} + {type.Until.Length};");
            return ReadText(type.Name, c.Span, start, length);
        }
        if (type.Rest || type.Name == "rest")
        {
            Out.Line($"{length} = {available};");
        }
        else if (type.Size is not null)
        {
            Out.Line($"{length} = {Int32(Emit(type.Size, c), type.At)};");
            string limit = type.Name is "uint" or "int" or "uintle" or "intle" ? $"{length} < 1 || {length} > 8 || " : $"{length} < 0 || ";
            if (type.Name == "bcd")
            {
                string digits = _method.Integer("v");
                string good = _method.Boolean("h");
                string count = _method.Int32("n");
                Out.Line($"{count} = {length};");
                Out.Line($"if ({count} < 1 || {count} > 18 || {available} < ({count} + 1) / 2) {fail}");
                Out.Line($"{good} = global::Gateway.Codecs.Reading.Bin.Bcd({c.Span}.Slice({c.Position}, ({count} + 1) / 2), {count}, out {digits});");
                Out.Line($"{length} = {count} / 2;");
                Out.Line($"{c.Position} += {length};");
                return new Value { Type = ValueType.Integer, Code = digits, Has = good };
            }
            Out.Line($"if ({limit}{available} < {length}) {fail}");
        }
        else
        {
            throw new SpecSyntaxException(Ids.Type, type.At, $"'{type.Name}' needs a size here: {type.Name} 4");
        }
        Out.Line($"{c.Position} += {length};");
        bool le = _spec.LittleEndian || type.Name.EndsWith("le", StringComparison.Ordinal);
        switch (type.Name)
        {
            case "uint" or "uintle" or "int" or "intle":
                string number = _method.Integer("v");
                Out.Line($"{number} = global::Gateway.Codecs.Reading.Bin.{(type.Name[0] == 'i' ? "" : "U")}Int{(le ? "LE" : "BE")}({c.Span}.Slice({start}, {length}));");
                return Value.Of(ValueType.Integer, number);
            case "hex": return HexValue(c.Span, start, length);
            case "bytes": return HexOrBytes(c.Span, start, length);
            case "rest": return Value.OfBytes(c.Span, start, length);
            case "skip": return Value.OfConstant(0);
            case "digits":
                string parsed = _method.Integer("v");
                string ok = _method.Boolean("h");
                Out.Line($"{ok} = global::Gateway.Codecs.Reading.Text.TryDigits({c.Span}.Slice({start}, {length}), out {parsed});");
                return new Value { Type = ValueType.Integer, Code = parsed, Has = ok };
            case "ascii" or "utf8" or "latin1" or "utf16" or "utf16le" or "gbk": return ReadText(type.Name, c.Span, start, length);
            default: throw new SpecSyntaxException(Ids.Type, type.At, $"'{type.Name}' is a type for text columns, or is used in the wrong place");
        }
    }

    private void EmitConst(ConstItem constant, Context c)
    {
        Value expected = constant.Bytes is not null ? Value.OfConstant(constant.Bytes) : Emit(constant.Value!, c);
        if (constant.Bytes is not null)
        {
            EmitLiteral(constant.Bytes, c, constant.Line);
            return;
        }
        FieldItem field = new() { At = constant.At, Type = constant.Type! };
        string start = _method.Int32("p");
        Out.Line($"{start} = {c.Position};");
        Value read = ReadVariable(field, c, start, out string length);
        TraceField(AddField(constant.Line, "", "const", "", "", new Linear(), true), start, length);
        Out.Line($"if (!({EmitEquals(read, expected, false, constant.At)})) {c.Fail("Malformed", constant.Line)}");
    }

    private void EmitLiteral(byte[] bytes, Context c, int line)
    {
        if (c.Columns)
        {
            EmitColumnLiteral(bytes, c, line);
            return;
        }
        string test = $"!global::System.MemoryExtensions.StartsWith({c.Span}.Slice({c.Position}, {c.End} - {c.Position}), {Value.Literal(bytes)})";
        if (c.Walk) Out.Line($"if ({c.End} - {c.Position} < {bytes.Length}) {c.Fail("Truncated", line)}");
        Out.Line($"if ({test}) {c.Fail("Malformed", line)}");
        TraceField(AddField(line, "", "const", "", "", new Linear(), true), c.Position, bytes.Length.ToString(CultureInfo.InvariantCulture));
        Out.Line($"{c.Position} += {bytes.Length};");
    }

    private void EmitCoordinate(CoordinateItem item, Context c, List<Item> pending)
    {
        if (item.Value is null && IsTextCoordinate(item, c))
        {
            EmitTextCoordinate(item, c, pending);
            return;
        }
        string? condition = item.Condition is null ? null : Bool(Emit(item.Condition, c), item.At);
        string? has = null;
        if (condition is not null)
        {
            has = _method.Boolean("h");
            Out.Line($"{has} = {condition};");
            Out.Open($"if ({has})");
        }
        string start = _method.Int32("p");
        Out.Line($"{start} = {c.Position};");
        if (item.Value is not null)
        {
            Value value = Emit(item.Value, c);
            if (value.Type == ValueType.Integer && Divides(item.Value)) throw new SpecSyntaxException(Ids.Type, item.At, "whole numbers are divided to whole numbers here, so the fraction is lost; write the divisor with a point: / 60000.0");
            if (has is not null) value.Has = Both(has, value.Has);
            FinishCoordinate(item, value, start, "0", c, pending);
        }
        else if (c.Bits is not null)
        {
            (Value bits, string at, string bytes) = TakeBits(item.Type!, item.Line, c);
            if (has is not null) bits.Has = has;
            FinishCoordinate(item, bits, at, bytes, c, pending);
        }
        else
        {
            Value raw = ReadVariable(new FieldItem { At = item.At, Type = item.Type! }, c, start, out string length);
            if (has is not null) raw.Has = raw.Has is null ? has : $"({has} && {raw.Has})";
            FinishCoordinate(item, raw, start, length, c, pending);
        }
        if (condition is not null) Out.Close();
    }

    // ---- values ----

    private void EmitValue(ValueItem item, Context c)
    {
        string? condition = item.Condition is null ? null : Bool(Emit(item.Condition, c), item.At);
        if (condition is not null) Out.Open($"if ({condition})");
        Value value = Emit(item.Value, c);
        if (value.Field >= 0) Out.Line($"if (TSink.Traces) sink.Origin({value.Field}, {value.FieldStart}, {value.FieldLength});");
        if (item.Enum is not null) EmitEnum(FindEnum(item.Enum, item.EnumAt), value, item.Targets, c, item.At);
        else if (value.Code == "bytes" && value.Type == ValueType.Bytes)
        {
            EmitPuts(item.Targets, new Value { Type = ValueType.Hex, Base = value.Span, Start = "0", Length = $"{value.Length} * 2", Has = value.Has }, new Linear(), c, item.At);
        }
        else EmitPuts(item.Targets, value, new Linear(), c, item.At);
        if (condition is not null) Out.Close();
    }

    private void EmitLet(LetItem let, Context c)
    {
        Value value = Emit(let.Value, c);
        if (_spec.Assigned.Contains(let.Name) && !_spec.Session.Exists(v => v.Name == let.Name))
        {
            c.Scope.Set(let.Name, Assignable(let, value));
            return;
        }
        Value local = value.Type is ValueType.Bytes or ValueType.Hex ? Anchor(value) : ToLocal(value, let.Name);
        local.Has = value.Has;
        local.Field = value.Field;
        local.FieldStart = value.FieldStart;
        local.FieldLength = value.FieldLength;
        c.Scope.Set(let.Name, local);
    }

    // Start and length into locals, so that the name keeps its meaning when the position moves on.
    private Value Anchor(Value value)
    {
        if (value.ConstantBytes is not null) return value;
        string start = _method.Int32("s");
        string length = _method.Int32("n");
        Out.Line($"{length} = {value.Length};");
        Out.Line($"{start} = {value.Start};");
        return new Value { Type = value.Type, Base = value.Base, Start = start, Length = length, Code = value.Code, Has = value.Has, Field = value.Field, FieldStart = value.FieldStart, FieldLength = value.FieldLength };
    }

    private void EmitSet(SetItem set, Context c)
    {
        if (c.Scope.Find(set.Name) is { Assignable: true } local)
        {
            EmitAssignment(set, local, c);
            return;
        }
        if (set.Name == "command.answered")
        {
            string number = Int(Emit(set.Value, c), set.At);
            Guarded(set.Condition is null ? null : Bool(Emit(set.Condition, c), set.At), $"s.AnsweredCommand = {number};");
            return;
        }
        string name = set.Name.StartsWith("session.", StringComparison.Ordinal) ? set.Name.Substring(8) : set.Name;
        VariableNode variable = _spec.Session.Find(v => v.Name == name)
            ?? throw new SpecSyntaxException(Ids.UnknownName, set.At, $"there is no session variable '{name}'{Nearest.Suggestion(name, _spec.Session.Select(v => v.Name))}; declare it below `session`, or write `let {name} = 0` above for a value of this message");
        Value value = Emit(set.Value, c);
        string field = "s.v_" + Identifier(name);
        string statement = variable.Type switch
        {
            "int" or "minutes" => $"{field} = {Int(value, set.At)};",
            "real" => $"{field} = {Real(value, set.At)};",
            "bool" => $"{field} = {Bool(value, set.At)};",
            _ => $"{field}.Set({SpanOf(value, set.At)});",
        };
        Guarded(set.Condition is null ? null : Bool(Emit(set.Condition, c), set.At), statement);
    }

    private void EmitCheck(CheckItem check, Context c)
    {
        if (!ChecksumNames.Contains(check.Algorithm))
        {
            throw new SpecSyntaxException(Ids.UnknownName, check.At, $"'{check.Algorithm}' is no checksum{Nearest.Suggestion(check.Algorithm, ChecksumNames.All)}; there are {string.Join(", ", ChecksumNames.All)}");
        }
        string from = _method.Int32("from");
        string to = _method.Int32("to");
        string at = _method.Int32("at");
        Out.Line($"{at} = {c.Position};");
        Out.Line($"{from} = {Int32(Emit(check.From, c), check.At)};");
        Out.Line($"{to} = {Int32(Emit(check.To, c), check.At)};");
        Out.Line($"if ({from} < 0 || {to} > {c.Span}.Length || {from} > {to}) {c.Fail("Truncated", check.Line)}");
        bool text = check.Type.Name is "hex" or "hexint" or "ascii";
        string stored;
        FieldItem field = new() { At = check.At, Type = check.Type };
        if (text)
        {
            long digits = check.Type.Size is null ? 2 : ConstantOf(check.Type.Size, c) ?? 2;
            stored = _method.Integer("v");
            Out.Line($"if ({c.End} - {c.Position} < {digits}) {c.Fail("Truncated", check.Line)}");
            Out.Line($"if (!global::Gateway.Codecs.Reading.Text.TryHex({c.Span}.Slice({c.Position}, {digits}), out {stored})) {stored} = -1;");
            Out.Line($"{c.Position} += {digits};");
        }
        else
        {
            stored = Int(ReadVariable(field, c, at, out _), check.At);
        }
        bool little = TryIntegerType(check.Type.Name, out _, out _, out bool le) && le;
        int index = _checks.FindIndex(x => x.Line == check.Line);
        if (index < 0)
        {
            _checks.Add((check.Line, check.Algorithm, TypeText(check.Type), !little));
            index = _checks.Count - 1;
        }
        string correct = _method.Boolean("ok");
        Out.Line($"{correct} = global::Gateway.Codecs.Reading.Checksums.{ChecksumNames.Method(check.Algorithm)}({c.Span}.Slice({from}, {to} - {from})) == (uint)({stored});");
        Out.Line($"if (TSink.Traces) sink.Check({index}, {from}, {to}, {at}, {correct});");
        Out.Open($"if (!{correct})");
        Out.Line("s.ChecksumErrors++;");
        Out.Line($"if (s.StrictChecksums) {c.Fail("BadChecksum", check.Line)}");
        Out.Close();
    }

    // ---- use and tables ----

    private void EmitUse(UseItem use, Context c)
    {
        BlockNode block = _spec.Blocks.Find(b => b.Name == use.Block)
            ?? throw new SpecSyntaxException(Ids.UnknownName, use.At, $"there is no block '{use.Block}'{Nearest.Suggestion(use.Block, _spec.Blocks.Select(b => b.Name))}");
        block.Used = true;
        if (use.Arguments.Count != block.Parameters.Count) throw new SpecSyntaxException(Ids.Type, use.At, $"'{use.Block}' takes {block.Parameters.Count} values, here are {use.Arguments.Count}");
        if (c.Depth >= BlockDepthMax || !_open.Add(block.Name)) throw new SpecSyntaxException(Ids.Recursion, use.At, $"'{use.Block}' uses itself; repeat with 'repeat' or 'tlv' instead");
        Context inner = c.Clone();
        inner.Depth++;
        inner.Scope = new Scope(c.Scope);
        for (int i = 0; i < block.Parameters.Count; i++)
        {
            OutItem argument = use.Arguments[i];
            Value value = argument.Kind switch
            {
                "expr" => Emit(argument.Value!, c),
                "literal" => Value.OfConstant(argument.Bytes),
                _ => throw new SpecSyntaxException(Ids.Type, argument.At, "a block takes values, not things to send"),
            };
            inner.Scope.Set(block.Parameters[i], value.Constant is not null || value.ConstantBytes is not null ? value : value.Type is ValueType.Bytes or ValueType.Hex ? Anchor(value) : ToLocal(value, block.Parameters[i]));
        }
        bool foreign = _imported.Contains(block);
        if (foreign) _foreign++;
        try
        {
            EmitItems(block.Body, inner);
        }
        finally
        {
            if (foreign) _foreign--;
            _open.Remove(block.Name);
        }
        // What the block named stays visible, its arguments do not.
        foreach (KeyValuePair<string, Value> own in inner.Scope.Own)
            if (!block.Parameters.Contains(own.Key)) c.Scope.Set(own.Key, own.Value);
    }

    private void EmitTableCall(TableCallItem call, Context c)
    {
        TableNode table = _spec.Tables.Find(t => t.Name == call.Table)
            ?? throw new SpecSyntaxException(Ids.UnknownName, call.At, $"there is no table '{call.Table}'{Nearest.Suggestion(call.Table, _spec.Tables.Select(t => t.Name))}");
        table.Used = true;
        if (call.Arguments.Count != Math.Max(1, table.Parameters.Count)) throw new SpecSyntaxException(Ids.Type, call.At, $"'{call.Table}' takes {Math.Max(1, table.Parameters.Count)} values, here are {call.Arguments.Count}");
        List<Value> arguments = call.Arguments.ConvertAll(a => Emit(a, c));
        TableUse known = RequestTable(table, arguments.ConvertAll(a => a.Type), call.At, c);
        string passed = string.Concat(arguments.Select(a => a.Type switch
        {
            ValueType.Bytes => $", {a.Span}",
            ValueType.Real => $", {a.Code}",
            ValueType.Boolean => $", {a.Code}",
            _ => $", {Int(a, call.At)}",
        }));
        if (c.Columns)
        {
            if (call.Size is not null) throw new SpecSyntaxException(Ids.Syntax, call.At, "among columns the separators say where a value ends; leave 'size' out");
            passed += $"{(c.Table!.Separators.Length == 1 ? $", ref {c.Table.Cursor}" : "")}, {c.Table.Start}, ref {c.Table.Taken}";
        }
        string sub = _method.Int32("q");
        if (call.Size is null)
        {
            Out.Line($"{sub} = {c.Position};");
            Out.Line($"if (!{known.Method}({c.Span}, ref {sub}, {c.End}, false{passed}, s, ref sink, reply)) {c.Fail("Truncated", call.Line)}");
            Out.Line($"{c.Position} = {sub};");
            return;
        }
        string size = _method.Int32("w");
        Out.Line($"{size} = {Int32(Emit(call.Size, c), call.At)};");
        Out.Line($"if ({size} < 0 || {c.End} - {c.Position} < {size}) {c.Fail("Truncated", call.Line)}");
        Out.Line($"{sub} = {c.Position};");
        // A row that does not fit its size loses its value, not the record.
        Out.Line($"if (!{known.Method}({c.Span}, ref {sub}, {c.Position} + {size}, true{passed}, s, ref sink, reply)) s.DroppedValues++;");
        Out.Line($"{c.Position} += {size};");
    }
}
