using System;
using System.Collections.Generic;

namespace Gateway.Codecs.Generator;

/// <summary>Functions that make text, and what stands for text where digits of bytes are given.</summary>
internal sealed partial class SpecEmitter
{
    private static readonly string[] TextFunctions = ["join", "decimal", "hex", "lower", "upper", "luhn", "trimend", "column", "year", "month", "day", "hour", "minute", "second", "unix"];

    private Value? EmitTextFunction(CallExpr call, Context c)
    {
        switch (call.Function)
        {
            case "column": return ColumnText(call, c);
            case "year" or "month" or "day" or "hour" or "minute" or "second" or "unix":
                Value moment = Only(call, c);
                if (moment.Type != ValueType.Time) throw new SpecSyntaxException(Ids.Type, call.At, $"'{call.Function}' takes a time: now, or a name read with 'time'");
                string part = call.Function == "unix" ? $"({moment.Code} / 1000000)" : $"(long)global::Gateway.Codecs.Reading.Clock.ToCivil({moment.Code}).{char.ToUpperInvariant(call.Function[0])}{call.Function.Substring(1)}";
                return new Value { Type = ValueType.Integer, Code = part, Has = moment.Has };
            case "join": return EmitJoin(call, c);
            case "decimal": return EmitNumberText(call, c, "Add");
            case "hex": return EmitNumberText(call, c, "AddHex");
            case "lower" or "upper":
                Value text = Only(call, c);
                Value cased = Kept($"global::Gateway.Codecs.Reading.Support.Cased(s, {TextOf(text, call.At)}, {Truth(call.Function == "upper")})");
                cased.Has = text.Has;
                return cased;
            case "luhn":
                Value digits = Only(call, c);
                return new Value { Type = ValueType.Integer, Code = $"global::Gateway.Codecs.Reading.Support.Luhn({TextOf(digits, call.At)})", Has = digits.Has };
            case "trimend":
                if (call.Arguments.Count != 2) throw new SpecSyntaxException(Ids.Type, call.At, "'trimend' takes a text and the characters to leave out at its end: trimend(id, \"f\")");
                Value whole = Textual(Emit(call.Arguments[0], c), call.At);
                Value ending = Emit(call.Arguments[1], c);
                string length = _method.Int32("n");
                Out.Line($"{length} = global::Gateway.Codecs.Reading.Support.LengthWithout({whole.Span}, {(ending.Constant is long letter and >= 0 and < 256 ? Value.Literal([(byte)letter]) : TextOf(ending, call.At))});");
                return new Value { Type = ValueType.Bytes, Base = whole.ConstantBytes is null ? whole.Base : whole.Code, Start = whole.Start, Length = length, Has = whole.Has, Field = whole.Field, FieldStart = whole.FieldStart, FieldLength = whole.FieldLength };
            default: return null;
        }
    }

    private Value Only(CallExpr call, Context c) =>
        call.Arguments.Count == 1 ? Emit(call.Arguments[0], c) : throw new SpecSyntaxException(Ids.Type, call.At, $"'{call.Function}' takes one value");

    // join(a, ",", b): texts as they are, bytes of the frame without NUL and blanks at their end, numbers in decimal. Absent ones are left out.
    private Value EmitJoin(CallExpr call, Context c)
    {
        if (call.Arguments.Count == 0) throw new SpecSyntaxException(Ids.Type, call.At, "'join' takes texts and numbers: join(a, \",\", b)");
        List<(Value Value, string? Text)> parts = [];
        foreach (Expr argument in call.Arguments)
        {
            Value value = Emit(argument, c);
            // Digits are made into text first: the workspace takes one thing at a time.
            parts.Add((value, value.Type is ValueType.Bytes or ValueType.Hex ? TextOf(value, argument.At) : null));
        }
        Out.Line("s.BeginText();");
        foreach ((Value value, string? text) in parts)
        {
            string added = value.Type switch
            {
                ValueType.Real => value.Code,
                ValueType.Bytes when value.ConstantBytes is not null => value.Code,
                ValueType.Bytes or ValueType.Hex => $"global::Gateway.Codecs.Reading.Support.Trimmed({text})",
                ValueType.Boolean => $"{value.Code} ? \"true\"u8 : \"false\"u8",
                _ => Int(value, call.At),
            };
            Guarded(value.Has, $"s.Add({added});");
        }
        return Kept("s.EndText()");
    }

    // decimal(n, 15), hex(n, 8): digits with zeros in front.
    private Value EmitNumberText(CallExpr call, Context c, string method)
    {
        if (call.Arguments.Count is not (1 or 2)) throw new SpecSyntaxException(Ids.Type, call.At, $"'{call.Function}' takes a number and the number of digits: {call.Function}(n, 8)");
        Value value = Emit(call.Arguments[0], c);
        if (call.Function == "hex" && value.Type is ValueType.Bytes or ValueType.Hex) return HexOf(value, call.At);
        string width = call.Arguments.Count == 2 ? Int32(Emit(call.Arguments[1], c), call.At) : "0";
        string number = Int(value, call.At);
        Out.Line("s.BeginText();");
        Out.Line($"s.{method}({number}, {width});");
        Value text = Kept("s.EndText()");
        text.Has = value.Has;
        return text;
    }

    private Value HexOf(Value value, Place at)
    {
        if (value.Type == ValueType.Hex) return Textual(value, at);
        Value text = Kept($"global::Gateway.Codecs.Reading.Support.HexDigits(s, {value.Span}, 0, int.MaxValue)");
        text.Has = value.Has;
        return text;
    }

    private Value Kept(string span)
    {
        string local = _method.Span();
        Out.Line($"{local} = {span};");
        return Value.OfBytes(local, "0", $"{local}.Length");
    }

    /// <summary>A value as text: digits of bytes are written out.</summary>
    private Value Textual(Value value, Place at)
    {
        if (value.Type == ValueType.Bytes) return value;
        if (value.Type != ValueType.Hex) throw new SpecSyntaxException(Ids.Type, at, "text is needed here, this is a number; decimal(n, digits) makes text of it");
        Value text = Kept($"global::Gateway.Codecs.Reading.Support.HexDigits(s, {value.Base}, {value.Start}, {value.Length})");
        (text.Has, text.Field, text.FieldStart, text.FieldLength) = (value.Has, value.Field, value.FieldStart, value.FieldLength);
        return text;
    }

    private string TextOf(Value value, Place at) => Textual(value, at).Span;
}
