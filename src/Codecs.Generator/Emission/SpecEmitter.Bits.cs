using System.Globalization;

namespace Gateway.Codecs.Generator;

/// <summary>Streams of bits: inside <c>bitfield n</c> every number takes bits, the highest first, wherever bytes begin.</summary>
internal sealed partial class SpecEmitter
{
    private void EmitBitfield(BlockItem item, Context c)
    {
        string bits = _method.Int32("bit");
        string size = _method.Int32("w");
        string end = _method.Int32("e");
        Out.Line($"{size} = {Int32(Emit(item.Argument!, c), item.At)};");
        Out.Line($"if ({size} < 0 || {c.End} - {c.Position} < {size}) {c.Fail("Truncated", item.Line)}");
        Out.Line($"{bits} = {c.Position} * 8; {end} = {c.Position} + {size};");
        Context inner = Inner(c);
        inner.Bits = bits;
        inner.End = end;
        EmitItems(item.Body, inner);
        Out.Line($"{c.Position} = {end};");
        Export(inner, c);
    }

    private void EmitBits(FieldItem field, string? condition, Context c)
    {
        string? has = null;
        if (condition is not null)
        {
            has = _method.Boolean("h");
            Out.Line($"{has} = {condition};");
            Out.Open($"if ({has})");
        }
        (Value value, string start, string length) = TakeBits(field.Type, field.Line, c);
        value.Has = has;
        Finish(field, value, start, length, c);
        if (condition is not null) Out.Close();
    }

    /// <summary>Reads the bits of a number; gives the bytes that they lie in, for traces.</summary>
    private (Value Value, string Start, string Length) TakeBits(TypeRef type, int line, Context c)
    {
        bool signed = type.Name == "ibits";
        string count;
        if (type.Name is "bits" or "ibits" && type.Size is not null)
        {
            if (ConstantOf(type.Size, c) is long constant)
            {
                if (constant is < 1 or > 63) throw new SpecSyntaxException(Ids.Range, type.At, "bits takes 1 to 63");
                count = constant.ToString(CultureInfo.InvariantCulture);
            }
            else
            {
                count = _method.Int32("n");
                Out.Line($"{count} = {Int32(Emit(type.Size, c), type.At)};");
                Out.Line($"if ({count} < 1 || {count} > 63) {c.Fail("Malformed", line)}");
            }
        }
        else if (TryIntegerType(type.Name, out int width, out signed, out bool little) && !(little && width > 1)) count = (width * 8).ToString(CultureInfo.InvariantCulture);
        else if (type.Name == "bool") count = "8";
        else throw new SpecSyntaxException(Ids.Type, type.At, $"in a bitfield numbers take bits, from the highest on: write 'bits n' or 'ibits n' instead of '{type.Name}'");
        string value = _method.Integer("v");
        string start = _method.Int32("s");
        Out.Line($"if ({c.Bits} + {count} > {c.End} * 8) {c.Fail("Truncated", line)}");
        Out.Line($"{value} = global::Gateway.Codecs.Reading.Bin.{(signed ? "SignedBitsMsb" : "BitsMsb")}({c.Span}, {c.Bits}, {count});");
        Out.Line($"{start} = {c.Bits} / 8;");
        Out.Line($"{c.Bits} += {count};");
        return (Value.Of(ValueType.Integer, value), start, $"(({c.Bits} + 7) / 8 - {start})");
    }

    // The last byte first: tag numbers and addresses of some makers.
    private Value Reversed(TypeRef type, Value raw, string start, Context c)
    {
        const string reverse = "global::Gateway.Codecs.Reading.Support.Reversed";
        switch (type.Name)
        {
            case "mac":
                Value mac = Kept($"global::Gateway.Codecs.Reading.Support.Mac(s, {reverse}(s, {c.Span}.Slice({start}, 6)))");
                mac.Has = raw.Has;
                return mac;
            case "hex":
                string digits = _method.Span();
                Out.Line($"{digits} = {reverse}(s, {raw.Base});");
                return new Value { Type = ValueType.Hex, Base = digits, Start = "0", Length = $"{digits}.Length * 2", Has = raw.Has };
            default:
                Value bytes = Kept($"{reverse}(s, {raw.Span})");
                (bytes.Has, bytes.Code) = (raw.Has, raw.Code);
                return bytes;
        }
    }

    // ---- protobuf ----

    /// <summary>Fields of a protobuf message by number; a row reads within the value of its field.</summary>
    private void EmitProtobuf(BlockItem item, Context c)
    {
        Context outer = Inner(c);
        outer.Columns = outer.Element = false;
        outer.Bits = null;
        outer.Sized = null;
        if (item.Argument is not null)
        {
            Value data = Emit(item.Argument, c);
            if (data.Type == ValueType.Hex) data = Value.OfBytes(data.Base, "0", $"{data.Base}.Length");
            EnterText(data, item.At, outer);
        }
        string rounds = _method.Int32("i");
        string key = _method.Integer("key");
        string end = _method.Int32("e");
        string field = _method.Integer("field");
        Out.Line($"{rounds} = 0;");
        Out.Open($"while ({outer.Position} < {outer.End})");
        Out.Line($"if (++{rounds} > {RoundsMax}) {c.Fail("Malformed", item.Line)}");
        Out.Line($"if (!global::Gateway.Codecs.Reading.Bin.TryProtobuf({outer.Span}, ref {outer.Position}, {outer.End}, out {key}, out {end})) {c.Fail("Malformed", item.Line)}");
        Out.Line($"{field} = {key} >> 3;");
        Context inner = Inner(outer);
        inner.End = end;
        inner.Protobuf = true;
        inner.Scope.Set("field", Value.Of(ValueType.Integer, field));
        EmitItems(item.Body, inner);
        Out.Line($"{outer.Position} = {end};");
        Out.Close();
        Export(inner, c);
    }
}
