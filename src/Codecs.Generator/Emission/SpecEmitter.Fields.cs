using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace Gateway.Codecs.Generator;

internal sealed partial class SpecEmitter
{
    /// <summary>Emits items in order. Neighbouring fields of constant size share one bounds test.</summary>
    private void EmitItems(List<Item> items, Context c)
    {
        List<Item> pending = [];
        if (c.Walk && !CanWalk(items, c)) return;
        for (int i = 0; i < items.Count; i++)
        {
            Item item = items[i];
            try
            {
                int run = c.Columns || c.Element || c.Bits is not null || c.Sized is not null ? 0 : RunLength(items, i, c, out _);
                if (run > 0)
                {
                    EmitRun(items.GetRange(i, run), c, pending);
                    i += run - 1;
                    continue;
                }
                Out.Spec(item.Line, _file);
                EmitItem(item, i + 1 < items.Count ? items[i + 1] : null, c, pending);
            }
            catch (SpecSyntaxException e)
            {
                Report(e);
            }
        }
        foreach (Item item in pending)
        {
            try
            {
                Out.Spec(item.Line, _file);
                FlushCoordinate((CoordinateItem)item, c);
            }
            catch (SpecSyntaxException e)
            {
                Report(e);
            }
        }
    }

    private int RunLength(List<Item> items, int from, Context c, out int bytes)
    {
        bytes = 0;
        int count = 0;
        for (int i = from; i < items.Count; i++, count++)
        {
            if (ConstantSize(items[i], c) is not (int consumed, int needed)) break;
            if (needed > consumed)
            {
                // An odd number of BCD digits looks at a byte that it does not consume: it ends the run.
                if (count > 0) break;
                return 0;
            }
            bytes += consumed;
        }
        return bytes > 0 ? count : 0;
    }

    private (int Consumed, int Needed)? ConstantSize(Item item, Context c) => item switch
    {
        FieldItem { Condition: null, Terminator: null } field when !field.Type.Optional => ConstantSize(field.Type, c),
        CoordinateItem { Type: not null, Condition: null, Hemisphere: HemisphereMode.None } coordinate when !IsTextCoordinate(coordinate, c) => ConstantSize(coordinate.Type, c),
        TimeItem { Type: not null, Condition: null } time => TimeSize(time) is int size ? (size, size) : null,
        ConstItem { Bytes: not null } constant => (constant.Bytes.Length, constant.Bytes.Length),
        ConstItem { Type: not null } typed => ConstantSize(typed.Type, c),
        _ => null,
    };

    private static int? TimeSize(TimeItem time) => time.Form switch
    {
        "ymdhms" or "dmyhms" or "hmsdmy" or "hmsymd" => time.Type!.Name == "u16year" ? 7 : 6,
        "ymd" or "hms" => 3,
        "unix" or "unix.ms" or "epoch" => TimeWidth(time.Type!),
        _ => null,
    };

    private static int? TimeWidth(TypeRef type)
    {
        string digits = type.Name.TrimStart('u', 'i').Replace("le", "").Replace("be", "");
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int bits) && bits % 8 == 0 ? bits / 8 : null;
    }

    private (int Consumed, int Needed)? ConstantSize(TypeRef type, Context c)
    {
        if (TryIntegerType(type.Name, out int width, out _, out _)) return (width, width);
        string name = type.Name;
        switch (name)
        {
            case "sm16" or "sm16le": return (2, 2);
            case "sm32" or "sm32le" or "f32" or "f32le" or "f32be": return (4, 4);
            case "f64" or "f64le" or "f64be": return (8, 8);
            case "bool": return (1, 1);
            case "mac": return (6, 6);
        }
        if (type.Size is null || type.Rest || type.Until is not null) return null;
        if (name is not ("uint" or "int" or "uintle" or "intle" or "hex" or "digits" or "ascii" or "utf8" or "latin1" or "utf16" or "utf16le" or "gbk" or "bytes" or "skip" or "bcd")) return null;
        if (!CanResolve(type.Size, c) || ConstantOf(type.Size, c) is not (>= 1 and <= 4096 and long size)) return null;
        if (name is "uint" or "int" or "uintle" or "intle" && size > 8) throw new SpecSyntaxException(Ids.Bounds, type.At, $"{name} takes 1 to 8 bytes, not {size}; write hex {size} or bytes {size}");
        if (name == "bcd") return ((int)size / 2, (int)(size + 1) / 2);
        return ((int)size, (int)size);
    }

    // Constants need no statements, so a look at them leaves no trace in the output.
    private long? ConstantOf(Expr expr, Context c) => expr switch
    {
        NumberExpr { IsReal: false } number => number.Integer,
        NameExpr name => c.Scope.Find(name.Name)?.Constant,
        BinaryExpr binary when ConstantOf(binary.Left, c) is long a && ConstantOf(binary.Right, c) is long b => Fold(binary.Op, a, b),
        UnaryExpr { Op: "-" } unary when ConstantOf(unary.Operand, c) is long v => -v,
        _ => null,
    };

    private void EmitRun(List<Item> items, Context c, List<Item> pending)
    {
        int total = items.Sum(i => ConstantSize(i, c)!.Value.Consumed);
        Out.Spec(items[0].Line, _file);
        Out.Line($"if ({c.End} - {c.Position} < {total}) {c.Fail("Truncated", items[0].Line)}");
        string run = $"r{_method.NextNumber()}";
        Out.Line($"global::System.ReadOnlySpan<byte> {run} = {c.Span}.Slice({c.Position}, {total});");
        Out.Line($"{c.Position} += {total};");
        int offset = 0;
        foreach (Item item in items)
        {
            Out.Spec(item.Line, _file);
            int size = ConstantSize(item, c)!.Value.Consumed;
            string start = $"({c.Position} - {total - offset})";
            try
            {
                EmitAt(item, c, run, offset, size, start, pending);
            }
            catch (SpecSyntaxException e)
            {
                Report(e);
            }
            offset += size;
        }
    }

    // A field of constant size at a known place of a checked run.
    private void EmitAt(Item item, Context c, string run, int offset, int size, string start, List<Item> pending)
    {
        switch (item)
        {
            case FieldItem field:
                Finish(field, ReadFixed(field.Type, c, run, offset, size, start), start, size.ToString(CultureInfo.InvariantCulture), c);
                break;
            case CoordinateItem coordinate:
                FinishCoordinate(coordinate, ReadFixed(coordinate.Type!, c, run, offset, size, start), start, size.ToString(CultureInfo.InvariantCulture), c, pending);
                break;
            case TimeItem time:
                FinishTime(time, ReadTime(time, run, offset, c), start, size.ToString(CultureInfo.InvariantCulture), c);
                break;
            case ConstItem constant:
                int index = AddField(constant.Line, "", "const", "", "", new Linear(), !_spec.LittleEndian);
                TraceField(index, start, size.ToString(CultureInfo.InvariantCulture));
                string test = constant.Bytes is not null
                    ? $"!global::System.MemoryExtensions.SequenceEqual({run}.Slice({offset}, {size}), {Value.Literal(constant.Bytes)})"
                    : $"{ReadFixed(constant.Type!, c, run, offset, size, start).Code} != {Int(Emit(constant.Value!, c), constant.At)}";
                Out.Line($"if ({test}) {c.Fail("Malformed", constant.Line)}");
                break;
        }
    }

    /// <summary>The value of a constant-size type at <c>run[offset..]</c>.</summary>
    private Value ReadFixed(TypeRef type, Context c, string run, int offset, int size, string start)
    {
        string at = offset == 0 ? run : $"{run}.Slice({offset})";
        if (TryIntegerType(type.Name, out int width, out bool signed, out bool little)) return Value.Of(ValueType.Integer, ReadInteger(run, at, offset, width, signed, little));
        bool le = _spec.LittleEndian || type.Name.EndsWith("le", StringComparison.Ordinal);
        if (type.Name.EndsWith("be", StringComparison.Ordinal)) le = false;
        string order = le ? "LittleEndian" : "BigEndian";
        switch (type.Name.Replace("le", "").Replace("be", ""))
        {
            case "sm16": return Value.Of(ValueType.Integer, $"global::Gateway.Codecs.Reading.Bin.SignMagnitude16((long)global::System.Buffers.Binary.BinaryPrimitives.ReadUInt16{order}({at}))");
            case "sm32": return Value.Of(ValueType.Integer, $"global::Gateway.Codecs.Reading.Bin.SignMagnitude32((long)global::System.Buffers.Binary.BinaryPrimitives.ReadUInt32{order}({at}))");
            case "f32": return Value.Of(ValueType.Real, $"global::Gateway.Codecs.Reading.Support.Single(global::System.Buffers.Binary.BinaryPrimitives.ReadSingle{order}({at}))");
            case "f64": return Value.Of(ValueType.Real, $"global::System.Buffers.Binary.BinaryPrimitives.ReadDouble{order}({at})");
        }
        switch (type.Name)
        {
            case "bool": return Value.Of(ValueType.Boolean, $"({run}[{offset}] != 0)");
            case "mac":
                return new Value { Type = ValueType.Bytes, Base = $"global::Gateway.Codecs.Reading.Support.Mac(s, {c.Span}.Slice({start}, 6))", Start = "0", Length = "17" };
            case "uint" or "uintle" or "int" or "intle": return Value.Of(ValueType.Integer, ReadInteger(run, at, offset, size, type.Name[0] == 'i', le));
            case "hex": return HexValue(c.Span, start, size.ToString(CultureInfo.InvariantCulture));
            case "bytes": return HexOrBytes(c.Span, start, size.ToString(CultureInfo.InvariantCulture));
            case "bcd":
                string bcd = _method.Integer("v");
                string good = _method.Boolean("h");
                Out.Line($"{good} = global::Gateway.Codecs.Reading.Bin.Bcd({at}, {size * 2}, out {bcd});");
                return new Value { Type = ValueType.Integer, Code = bcd, Has = good };
            case "digits":
                string number = _method.Integer("v");
                string parsed = _method.Boolean("h");
                Out.Line($"{parsed} = global::Gateway.Codecs.Reading.Text.TryDigits({run}.Slice({offset}, {size}), out {number});");
                return new Value { Type = ValueType.Integer, Code = number, Has = parsed };
            case "skip": return Value.OfConstant(0);
            default: return ReadText(type.Name, c.Span, start, size.ToString(CultureInfo.InvariantCulture));
        }
    }

    private static string ReadInteger(string run, string at, int offset, int width, bool signed, bool little)
    {
        string order = little ? "LittleEndian" : "BigEndian";
        string u = signed ? "" : "U";
        return width switch
        {
            1 => signed ? $"(long)(sbyte){run}[{offset}]" : $"(long){run}[{offset}]",
            2 => $"(long)global::System.Buffers.Binary.BinaryPrimitives.Read{u}Int16{order}({at})",
            3 => $"(long)global::Gateway.Codecs.Reading.Bin.{(signed ? "I" : "U")}24{(little ? "LE" : "BE")}({at})",
            4 => $"(long)global::System.Buffers.Binary.BinaryPrimitives.Read{u}Int32{order}({at})",
            8 => $"(long)global::System.Buffers.Binary.BinaryPrimitives.Read{u}Int64{order}({at})",
            _ => $"global::Gateway.Codecs.Reading.Bin.{(signed ? "" : "U")}Int{(little ? "LE" : "BE")}({run}.Slice({offset}, {width}))",
        };
    }

    private Value HexValue(string span, string start, string length)
    {
        // Digits are counted from the start of the bytes, so that id[1..] drops the first one.
        string first = _method.Int32("s");
        Out.Line($"{first} = {start};");
        return new Value { Type = ValueType.Hex, Base = $"{span}.Slice({first}, {length})", Start = "0", Length = $"{length} * 2" };
    }

    // `bytes n`: text operators and slices work on the bytes; written out they are hex.
    private Value HexOrBytes(string span, string start, string length)
    {
        string first = _method.Int32("s");
        Out.Line($"{first} = {start};");
        return new Value { Type = ValueType.Bytes, Base = span, Start = first, Length = length, Code = "bytes" };
    }

    private Value ReadText(string type, string span, string start, string length)
    {
        string first = _method.Int32("s");
        string count = _method.Int32("n");
        Out.Line($"{first} = {start};");
        if (type == "gbk" || type.StartsWith("utf16", StringComparison.Ordinal))
        {
            bool little = type == "utf16le";
            string decoded = type == "gbk" ? $"global::Gateway.Codecs.Reading.Charsets.Gbk(s, {span}.Slice({first}, {length}))" : $"global::Gateway.Codecs.Reading.Support.Utf16(s, {span}.Slice({first}, {length}), {(little ? "true" : "false")})";
            string text = _method.Span();
            Out.Line($"{text} = {decoded};");
            return Value.OfBytes(text, "0", $"{text}.Length");
        }
        Out.Line($"{count} = global::Gateway.Codecs.Reading.Support.TrimmedLength({span}.Slice({first}, {length}));");
        return Value.OfBytes(span, first, count);
    }

    // ---- what happens to a value once it is read ----

    private void Finish(FieldItem field, Value raw, string start, string length, Context c)
    {
        if (field.Type.Reversed) raw = Reversed(field.Type, raw, start, c);
        Linear linear = new();
        Value working = raw;
        string? bitOps = null;
        foreach (Op op in field.Ops)
        {
            double? k = ConstantReal(op.Operand, c);
            if (op.Kind is OpKind.And or OpKind.ShiftLeft or OpKind.ShiftRight)
            {
                string sign = op.Kind == OpKind.And ? "&" : op.Kind == OpKind.ShiftLeft ? "<<" : ">>";
                string operand = Int(Emit(op.Operand, c), field.At);
                bitOps = $"({bitOps ?? Int(working, field.At)} {sign} {(op.Kind == OpKind.And ? operand : "(int)" + operand)})";
                working = new Value { Type = ValueType.Integer, Code = bitOps, Has = raw.Has };
                continue;
            }
            if (k is null)
            {
                Value operand = Emit(op.Operand, c);
                string sign = op.Kind switch { OpKind.Multiply => "*", OpKind.Divide => "/", OpKind.Add => "+", _ => "-" };
                working = linear.Apply(working);
                linear = new Linear();
                working = op.Kind == OpKind.Divide || operand.Type == ValueType.Real || working.Type == ValueType.Real
                    ? new Value { Type = ValueType.Real, Code = $"({Real(working, field.At)} {sign} {Real(operand, field.At)})", Has = raw.Has }
                    : new Value { Type = ValueType.Integer, Code = $"({Int(working, field.At)} {sign} {Int(operand, field.At)})", Has = raw.Has };
                continue;
            }
            switch (op.Kind)
            {
                case OpKind.Multiply: linear.Times(k.Value); break;
                case OpKind.Divide:
                    if (k.Value == 0) throw new SpecSyntaxException(Ids.Range, field.At, "division by zero");
                    linear.Over(k.Value);
                    break;
                case OpKind.Add: linear.Add += k.Value; break;
                default: linear.Add -= k.Value; break;
            }
        }

        Target? first = field.Targets.Count > 0 ? field.Targets[0] : null;
        int index = AddField(field.Line, field.Name, TypeText(field.Type), first?.Name ?? "", first?.Unit ?? "", linear, IsBigEndian(field.Type));
        TraceField(index, start, length);
        if (field.Name.Length == 0 && field.Targets.Count == 0 && field.Bits.Count == 0 && field.Enum is null) return;

        // The value is read into a local once, whatever uses it.
        Value local = ToLocal(working, field.Name.Length > 0 ? field.Name : "v");
        local.Field = index;
        local.FieldStart = start;
        local.FieldLength = length;
        if (field.None.Count > 0)
        {
            string has = _method.Boolean("h");
            string rawCode = bitOps is null && local.Type is ValueType.Integer or ValueType.Real or ValueType.Boolean or ValueType.Time ? local.Code : Int(raw, field.At);
            List<string> tests = field.None.ConvertAll(n => local.Type == ValueType.Bytes
                ? "!" + EmitEquals(local, Emit(n, c), false, n.At).TrimStart()
                : local.Type == ValueType.Real ? $"{rawCode} != {Real(Emit(n, c), n.At)}" : $"{rawCode} != {Int(Emit(n, c), n.At)}");
            if (local.Has is not null) tests.Insert(0, local.Has);
            Out.Line($"{has} = {string.Join(" && ", tests)};");
            local.Has = has;
        }
        if (field.Default is not null && local.Has is not null)
        {
            Value given = Emit(field.Default, c);
            Out.Line($"if (!{local.Has}) {local.Code} = {(local.Type == ValueType.Real ? Real(given, field.At) : Int(given, field.At))};");
            local.Has = null;
        }
        if (field.Name.Length > 0)
        {
            Value named = linear.IsIdentity ? local : ToLocal(linear.Apply(local), field.Name);
            named.Has = local.Has;
            named.Field = index;
            named.FieldStart = start;
            named.FieldLength = length;
            c.Scope.Set(field.Name, named);
        }
        if (field.Enum is not null)
        {
            EmitEnum(FindEnum(field.Enum, field.EnumAt), local, field.Targets, c, field.At);
        }
        else if (local.Code == "bytes" && local.Type == ValueType.Bytes && field.Targets.Count > 0)
        {
            // Raw bytes are written as hex.
            Value hex = new() { Type = ValueType.Hex, Base = local.Span, Start = "0", Length = $"{local.Length} * 2", Has = local.Has };
            EmitPuts(field.Targets, hex, linear, c, field.At);
        }
        else
        {
            EmitPuts(field.Targets, local, linear, c, field.At);
        }
        foreach (BitItem bit in field.Bits) EmitBit(bit, local, c);
    }

    private double? ConstantReal(Expr expr, Context c) => expr is NumberExpr number ? (number.IsReal ? number.Real : number.Integer) : ConstantOf(expr, c);

    private void EmitBit(BitItem bit, Value value, Context c)
    {
        Out.Spec(bit.Line, _file);
        bool single = bit.From == bit.To;
        string raw = Int(value, bit.At);
        Value part = single && bit.Enum is null && bit.Ops.Count == 0
            ? Value.Of(ValueType.Boolean, $"(({raw} >> {bit.From} & 1) != 0)")
            : Value.Of(ValueType.Integer, $"({raw} >> {bit.From} & {Value.Literal(MaskOf(bit.To - bit.From + 1))})");
        part.Has = value.Has;
        Linear linear = new();
        foreach (Op op in bit.Ops)
        {
            if (ConstantReal(op.Operand, c) is not double k) throw new SpecSyntaxException(Ids.Type, bit.At, "bits take constant operations only");
            switch (op.Kind)
            {
                case OpKind.Multiply: linear.Times(k); break;
                case OpKind.Divide: linear.Over(k); break;
                case OpKind.Add: linear.Add += k; break;
                case OpKind.Subtract: linear.Add -= k; break;
                default: throw new SpecSyntaxException(Ids.Type, bit.At, "bits take * / + - only");
            }
        }
        if (bit.Alias.Length > 0) c.Scope.Set(bit.Alias, part);
        string? condition = bit.Condition is null ? null : Bool(Emit(bit.Condition, c), bit.At);
        if (bit.FlagOnly) condition = condition is null ? part.Code : $"{part.Code} && {condition}";
        if (condition is not null) Out.Open($"if ({condition})");
        if (bit.Enum is not null) EmitEnum(FindEnum(bit.Enum, bit.EnumAt), part, bit.Targets, c, bit.At);
        else EmitPuts(bit.Targets, bit.FlagOnly ? Value.Of(ValueType.Boolean, "true") : part, linear, c, bit.At);
        if (condition is not null) Out.Close();
    }

    private Value ToLocal(Value value, string hint)
    {
        string name = "v_" + Identifier(hint) + "_";
        switch (value.Type)
        {
            case ValueType.Integer or ValueType.Time:
                if (value.Constant is not null) return value;
                string integer = _method.Local("long", "0", name);
                Out.Line($"{integer} = {value.Code};");
                return new Value { Type = value.Type, Code = integer, Has = value.Has };
            case ValueType.Real:
                string real = _method.Local("double", "0", name);
                Out.Line($"{real} = {value.Code};");
                return new Value { Type = ValueType.Real, Code = real, Has = value.Has };
            case ValueType.Boolean:
                string truth = _method.Local("bool", "false", name);
                Out.Line($"{truth} = {value.Code};");
                return new Value { Type = ValueType.Boolean, Code = truth, Has = value.Has };
            default:
                return value;
        }
    }

    // ---- coordinates and times on bytes ----

    private void FinishCoordinate(CoordinateItem item, Value raw, string start, string length, Context c, List<Item> pending)
    {
        Linear linear = new();
        foreach (Op op in item.Ops)
        {
            if (ConstantReal(op.Operand, c) is not double k)
            {
                raw = new Value { Type = ValueType.Integer, Code = op.Kind == OpKind.And ? $"({Int(raw, item.At)} & {Int(Emit(op.Operand, c), item.At)})" : throw new SpecSyntaxException(Ids.Type, item.At, "coordinates take constants") };
                continue;
            }
            switch (op.Kind)
            {
                case OpKind.Multiply: linear.Times(k); break;
                case OpKind.Divide: linear.Over(k); break;
                case OpKind.Add: linear.Add += k; break;
                case OpKind.Subtract: linear.Add -= k; break;
                case OpKind.And: raw = new Value { Type = ValueType.Integer, Code = $"({Int(raw, item.At)} & {Value.Literal((long)k)})" }; break;
                case OpKind.ShiftRight: raw = new Value { Type = ValueType.Integer, Code = $"({Int(raw, item.At)} >> {(int)k})" }; break;
                default: raw = new Value { Type = ValueType.Integer, Code = $"({Int(raw, item.At)} << {(int)k})" }; break;
            }
        }
        if (item.None.Count > 0)
        {
            raw = ToLocal(raw, "v");
            string present = _method.Boolean("h");
            Out.Line($"{present} = {string.Join(" && ", item.None.Select(n => $"{(raw.Type == ValueType.Real ? raw.Code : Int(raw, item.At))} != {(raw.Type == ValueType.Real ? Real(Emit(n, c), n.At) : Int(Emit(n, c), n.At))}"))};");
            raw.Has = Both(present, raw.Has);
        }
        string parameter = item.IsLatitude ? "position.latitude" : "position.longitude";
        int index = item.Value is null ? AddField(item.Line, item.IsLatitude ? "latitude" : "longitude", $"{(item.IsLatitude ? "lat" : "lon")} {(item.Form.Length > 0 ? item.Form + " " : "")}{TypeText(item.Type)}", parameter, "", linear, item.Type is null || IsBigEndian(item.Type)) : raw.Field;
        if (item.Value is null) TraceField(index, start, length);
        else if (index >= 0)
        {
            (start, length) = (raw.FieldStart, raw.FieldLength);
            Out.Line($"if (TSink.Traces) sink.Origin({index}, {start}, {length});");
        }
        if (item.DegreeDigits > 0) linear.Over(MinuteScale(item, c));
        string code = Real(linear.Apply(raw), item.At);
        if (item.Form == "ddmm") code = $"global::Gateway.Codecs.Reading.Coordinates.DegreesMinutes({code})";
        if (item.Form == "rad") code = $"global::Gateway.Codecs.Reading.Coordinates.Radians({code})";
        if (item.NegativeIf is null)
        {
            Guarded(raw.Has, $"sink.{(item.IsLatitude ? "Latitude" : "Longitude")}({code});");
            _used.Add(parameter);
            return;
        }
        string degrees = _method.Real("degrees");
        string from = _method.Int32("s");
        Out.Line($"{degrees} = {code};");
        Out.Line($"{from} = {start};");
        string? has = raw.Has;
        _coordinates[item] = new Value { Type = ValueType.Real, Code = degrees, Has = has, Field = index, FieldStart = from, FieldLength = length };
        if (CanResolve(item.NegativeIf, c)) FlushCoordinate(item, c);
        else pending.Add(item);
    }

    private void FlushCoordinate(CoordinateItem item, Context c)
    {
        Value value = _coordinates[item];
        _coordinates.Remove(item);
        _used.Add(item.IsLatitude ? "position.latitude" : "position.longitude");
        string negative = Bool(Emit(item.NegativeIf!, c), item.At);
        if (value.Field >= 0) Out.Line($"if (TSink.Traces) sink.Origin({value.Field}, {value.FieldStart}, {value.FieldLength});");
        Guarded(value.Has, $"sink.{(item.IsLatitude ? "Latitude" : "Longitude")}({negative} ? -{value.Code} : {value.Code});");
    }

    // ---- descriptions ----

    private int AddField(int line, string name, string type, string parameter, string unit, Linear linear, bool bigEndian)
    {
        if (_walking) return 0;
        int known = _fields.FindIndex(f => f.Line == line && f.Name == name && f.Type == type);
        if (known >= 0) return known;
        _fields.Add((line, name, type, parameter, unit, linear, bigEndian));
        return _fields.Count - 1;
    }

    private void TraceField(int index, string start, string length)
    {
        if (!_walking) Out.Line($"if (TSink.Traces) sink.Field({index}, {_origin ?? $"{start}, {length}"});");
    }

    private bool IsBigEndian(TypeRef type) =>
        TryIntegerType(type.Name, out _, out _, out bool little) ? !little : !(type.Name.EndsWith("le", StringComparison.Ordinal) || (_spec.LittleEndian && !type.Name.EndsWith("be", StringComparison.Ordinal)));

    private static string TypeText(TypeRef? type) => type is null ? "text" : type.Size is NumberExpr number ? $"{type.Name} {number.Integer}" : type.Name;
}
