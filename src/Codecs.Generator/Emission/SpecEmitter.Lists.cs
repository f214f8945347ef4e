using System.Collections.Generic;

namespace Gateway.Codecs.Generator;

/// <summary>Blocks that run over a list which is known only at run time, and read on in the message meanwhile.</summary>
internal sealed partial class SpecEmitter
{
    private void EmitEach(BlockItem item, Context c)
    {
        Value list = Emit(item.Argument!, c);
        if (list.Type == ValueType.Hex) list = Value.OfBytes(list.Base, "0", $"{list.Base}.Length");
        if (list.Type != ValueType.Bytes) throw new SpecSyntaxException(Ids.Type, item.At, "'each' goes through text or bytes, this is a number; for the bits of a number write 'mask'");
        Context source = Inner(c);
        EnterText(list, item.At, source);
        string round = _method.Integer("i");
        string start = _method.Int32("s");
        string length = _method.Int32("n");
        Context inner = Inner(c);
        Out.Line($"{round} = 0;");
        Value element = Value.OfBytes(source.Span, start, length);
        if (item.Separator.Length > 0)
        {
            string next = item.Separator.Length == 1
                ? $"{TextClass}.NextField({source.Span}, ref {source.Position}, {source.End}, {item.Separator[0]}, out {start}, out {length})"
                : $"global::Gateway.Codecs.Reading.Support.NextPart({source.Span}, ref {source.Position}, {source.End}, {Value.Literal(item.Separator)}, out {start}, out {length})";
            Out.Open($"while ({next})");
            // A separator at the very end closes the last element, it does not open another one.
            Out.Line($"if ({length} == 0 && {start} >= {source.End}) break;");
        }
        else
        {
            int width = 0;
            bool signed = false, little = false;
            if (item.IdType is not null && !TryIntegerType(item.IdType.Name, out width, out signed, out little)) throw new SpecSyntaxException(Ids.Type, item.IdType.At, "an element is a number such as u8 or u16le, a text up to a separator, or so many bytes: by 4");
            Out.Line($"{length} = {(item.Size is null ? width.ToString(System.Globalization.CultureInfo.InvariantCulture) : Int32(Emit(item.Size, c), item.At))};");
            if (item.Size is not null) Out.Line($"if ({length} < 1) {c.Fail("Malformed", item.Line)}");
            Out.Open($"while ({source.End} - {source.Position} >= {length})");
            Out.Line($"{start} = {source.Position}; {source.Position} += {length};");
            if (item.IdType is not null)
            {
                string number = _method.Integer("v");
                string at = $"{source.Span}.Slice({start}, {width})";
                Out.Line($"{number} = {ReadInteger(at, at, 0, width, signed, little)};");
                element = Value.Of(ValueType.Integer, number);
            }
        }
        Out.Line($"if (++{round} > {RoundsMax}) {c.Fail("Malformed", item.Line)}");
        inner.Scope.Set(item.Name, element);
        if (item.LengthName.Length > 0) inner.Scope.Set(item.LengthName, Value.Of(ValueType.Integer, round));
        EmitItems(item.Body, inner);
        Out.Close();
        Export(inner, c);
    }

    private void EmitMask(BlockItem item, Context c)
    {
        Value mask = Emit(item.Argument!, c);
        if (mask.Type == ValueType.Hex) mask = Value.OfBytes(mask.Base, "0", $"{mask.Base}.Length");
        string bit = _method.Integer("bit");
        Out.Line($"{bit} = 0;");
        if (mask.Type == ValueType.Bytes)
        {
            mask = mask.ConstantBytes is null ? Anchor(mask) : mask;
            Out.Open($"while (global::Gateway.Codecs.Reading.Support.NextBit({mask.Span}, ref {bit}, {Truth(item.LowestFirst)}))");
            Out.Line($"if ({bit} > {RoundsMax}) {c.Fail("Malformed", item.Line)}");
        }
        else
        {
            string number = _method.Integer("mask");
            Out.Line($"{number} = {Int(mask, item.At)};");
            Out.Open($"while (global::Gateway.Codecs.Reading.Support.NextBit({number}, ref {bit}))");
        }
        Context inner = Inner(c);
        inner.Scope.Set(item.Name, Value.Of(ValueType.Integer, bit));
        EmitItems(item.Body, inner);
        Out.Close();
        Export(inner, c);
    }

    private void EmitNextRecord(NextRecordItem item, Context c)
    {
        if (!c.InRecord) throw new SpecSyntaxException(Ids.Syntax, item.At, "'next record' stands inside a record: it closes that message and begins another one");
        Guarded(item.Condition is null ? null : Bool(Emit(item.Condition, c), item.At), "{ sink.EndMessage(); s.FrameMessages++; sink.BeginMessage(); }");
    }

    // ---- names that change ----

    /// <summary>A let that a `set` changes somewhere is a local of its own, whatever it starts with.</summary>
    private Value Assignable(LetItem let, Value value)
    {
        Value local;
        switch (value.Type)
        {
            case ValueType.Bytes or ValueType.Hex:
                string span = _method.Span();
                Out.Line($"{span} = {TextOf(value, let.At)};");
                local = Value.OfBytes(span, "0", $"{span}.Length");
                break;
            case ValueType.Real:
                local = Value.Of(ValueType.Real, _method.Real(LocalName(let.Name)));
                Out.Line($"{local.Code} = {value.Code};");
                break;
            case ValueType.Boolean:
                local = Value.Of(ValueType.Boolean, _method.Boolean(LocalName(let.Name)));
                Out.Line($"{local.Code} = {value.Code};");
                break;
            default:
                local = Value.Of(value.Type, _method.Integer(LocalName(let.Name)));
                Out.Line($"{local.Code} = {value.Code};");
                break;
        }
        if (value.Has is not null)
        {
            local.Has = _method.Boolean("h");
            Out.Line($"{local.Has} = {value.Has};");
        }
        local.Assignable = true;
        return local;
    }

    private static string LocalName(string name) => "v_" + Identifier(name) + "_";

    private void EmitAssignment(SetItem set, Value target, Context c)
    {
        Value value = Emit(set.Value, c);
        if (target.Type == ValueType.Integer && value.Type == ValueType.Real) throw new SpecSyntaxException(Ids.Type, set.At, $"'{set.Name}' began as a whole number; write a point into its first value: let {set.Name} = 0.0");
        string statement = target.Type switch
        {
            ValueType.Bytes => $"{target.Base} = {TextOf(value, set.At)};",
            ValueType.Real => $"{target.Code} = {Real(value, set.At)};",
            ValueType.Boolean => $"{target.Code} = {Bool(value, set.At)};",
            _ => $"{target.Code} = {Int(value, set.At)};",
        };
        if (target.Has is not null) statement = $"{{ {statement} {target.Has} = {value.Has ?? "true"}; }}";
        // What is not there leaves the name as it is.
        else if (value.Has is not null) statement = $"if ({value.Has}) {statement}";
        Guarded(set.Condition is null ? null : Bool(Emit(set.Condition, c), set.At), statement);
    }

    // A try that fails leaves no trace in names that it may have changed either.
    private List<(string Local, string Kept)> KeepAssigned(Context c)
    {
        List<(string, string)> kept = [];
        HashSet<string> seen = [];
        foreach (string name in c.Scope.Names)
        {
            if (!seen.Add(name) || c.Scope.Find(name) is not { Assignable: true } value) continue;
            string local = value.Type == ValueType.Bytes ? value.Base : value.Code;
            string copy = value.Type switch
            {
                ValueType.Bytes => _method.Span(),
                ValueType.Real => _method.Real("kept"),
                ValueType.Boolean => _method.Boolean("kept"),
                _ => _method.Integer("kept"),
            };
            Out.Line($"{copy} = {local};");
            kept.Add((local, copy));
        }
        return kept;
    }
}
