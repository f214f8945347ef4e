using System;
using System.Collections.Generic;
using System.Globalization;

namespace Gateway.Codecs.Generator;

internal sealed partial class SpecEmitter
{
    private const string TextClass = "global::Gateway.Codecs.Reading.Text";
    private const string ScanClass = "global::Gateway.Codecs.Reading.Scan";

    private static bool IsTextType(FieldItem field, Context c) =>
        field.Terminator is not null || field.Type.Optional
        || (field.Type.Name is "int" or "real" or "hexint" or "digits" or "text" or "char" && (field.Type.Size is null || field.Type.Name is "hexint" or "text"));

    private void EmitTextField(FieldItem field, string? condition, Item? next, Context c)
    {
        if (condition is not null) Out.Open($"if ({condition})");
        string start, length, has;
        bool required = false;
        if (c.Columns || c.Element)
        {
            if (field.Type.Name == "skip")
            {
                long count = field.Type.Size is null ? 1 : ConstantOf(field.Type.Size, c) ?? 1;
                for (int i = 0; i < Math.Min(count, 64); i++) NextColumn(c);
                if (condition is not null) Out.Close();
                return;
            }
            if (field.Type.Name == "rest")
            {
                start = _method.Int32("s");
                length = _method.Int32("n");
                has = _method.Boolean("h");
                Out.Line($"{start} = global::System.Math.Min({c.Position}, {c.End}); {length} = {c.End} - {start}; {has} = {length} > 0; {c.Position} = {c.End} + 1;");
            }
            else (start, length, has) = NextColumn(c);
        }
        else
        {
            required = !field.Type.Optional;
            (start, length, has) = ScanText(field, next, c);
        }

        Value value = ParseText(field.Type, c, start, length, has, required, field.Line);
        Finish(field, value, start, length, c);
        if (condition is not null)
        {
            if (field.Name.Length > 0 && c.Scope.Find(field.Name) is { Has: null } named) named.Has = "true";
            Out.Close();
        }
    }

    /// <summary>The extent of a field inside a scan: up to its literal, or as far as its class of characters reaches.</summary>
    private (string Start, string Length, string Has) ScanText(FieldItem field, Item? next, Context c)
    {
        string start = _method.Int32("s");
        string length = _method.Int32("n");
        string has = _method.Boolean("h");
        Out.Line($"{start} = {c.Position};");
        byte[]? until = field.Terminator ?? field.Type.Until ?? (field.Type.Name == "text" && next is LiteralItem literal ? literal.Bytes : null);
        if (field.Type.Size is not null)
        {
            bool constant = ConstantOf(field.Type.Size, c) is >= 0;
            Out.Line($"{length} = {Int32(Emit(field.Type.Size, c), field.At)};");
            Out.Line($"if ({(constant ? "" : $"{length} < 0 || ")}{c.End} - {c.Position} < {length}) {c.Fail("Truncated", field.Line)}");
            Out.Line($"{c.Position} += {length};");
            if (field.Terminator is not null) EmitLiteral(field.Terminator, c, field.Line);
        }
        else if (until is not null)
        {
            Out.Line($"{length} = global::System.MemoryExtensions.IndexOf({c.Span}.Slice({c.Position}, {c.End} - {c.Position}), {Value.Literal(until)});");
            Out.Line($"if ({length} < 0) {FailMissing(c, field.Line)}");
            if ((field.Terminator ?? field.Type.Until) is not null) TraceDelimiter(c, field.Line, $"{c.Position} + {length}", until.Length);
            Out.Line($"{c.Position} += {length}{((field.Terminator ?? field.Type.Until) is not null ? $" + {until.Length}" : "")};");
        }
        else
        {
            string end = field.Type.Name switch
            {
                "digits" => $"{TextClass}.DigitsEnd({c.Span}, {c.Position}, {c.End})",
                "int" => $"{TextClass}.IntegerEnd({c.Span}, {c.Position}, {c.End})",
                "real" => $"{TextClass}.RealEnd({c.Span}, {c.Position}, {c.End})",
                "hexint" => $"{TextClass}.HexEnd({c.Span}, {c.Position}, {c.End})",
                "char" or "bool" => $"global::System.Math.Min({c.Position} + 1, {c.End})",
                _ => c.End,
            };
            Out.Line($"{length} = {end} - {c.Position};");
            Out.Line($"{c.Position} += {length};");
        }
        Out.Line($"{has} = {length} > 0;");
        return (start, length, has);
    }

    /// <summary>Turns text into a value. Text of the wrong form fails the block, or is absent in columns.</summary>
    private Value ParseText(TypeRef type, Context c, string start, string length, string has, bool required, int line)
    {
        string span = $"{c.Span}.Slice({start}, {length})";
        void Parse(string call, string failure, string? result = null)
        {
            // In a loop the number of the round before must not show through where this column is empty.
            if (!required && result is not null) Out.Line($"{result} = default;");
            Out.Line($"if ({has} && !{call}) {failure}");
            if (required) Out.Line($"if (!{has}) {c.Fail("Malformed", line)}");
        }
        // In a column a value of the wrong form is missing and counted; elsewhere the layout is another one.
        string wrong = WrongForm(c, has, line);
        string number;
        switch (type.Name)
        {
            case "int":
                number = _method.Integer("v");
                Parse($"{TextClass}.TryInteger({span}, out {number})", wrong, number);
                return new Value { Type = ValueType.Integer, Code = number, Has = has };
            case "digits":
                Parse($"{TextClass}.IsDigits({span})", wrong);
                // Digits keep their text: an IMEI with leading zeros is one of them. Numbers are taken with int.
                return new Value { Type = ValueType.Bytes, Base = c.Span, Start = start, Length = length, Has = has };
            case "hexint":
                number = _method.Integer("v");
                Parse($"{TextClass}.TryHex({span}, out {number})", wrong, number);
                return new Value { Type = ValueType.Integer, Code = number, Has = has };
            case "real":
                number = _method.Real("v");
                Parse($"{TextClass}.TryReal({span}, out {number})", wrong, number);
                return new Value { Type = ValueType.Real, Code = number, Has = has };
            case "bool":
                string truth = _method.Boolean("v");
                Parse($"global::Gateway.Codecs.Reading.Support.TryBoolean({span}, out {truth})", wrong, truth);
                return new Value { Type = ValueType.Boolean, Code = truth, Has = has };
            case "char":
                if (required) Out.Line($"if (!{has}) {c.Fail("Malformed", line)}");
                return new Value { Type = ValueType.Bytes, Base = c.Span, Start = start, Length = $"global::System.Math.Min(1, {length})", Has = has };
            case "text" or "rest" or "ascii" or "utf8" or "latin1":
                return new Value { Type = ValueType.Bytes, Base = c.Span, Start = start, Length = length, Has = has };
            case "hex":
                Parse($"{TextClass}.IsHex({span})", wrong);
                return new Value { Type = ValueType.Bytes, Base = c.Span, Start = start, Length = length, Has = has };
            default:
                throw new SpecSyntaxException(Ids.Type, type.At, $"'{type.Name}' is a binary type; in text write int, real, hexint, digits, char, bool, text or rest");
        }
    }
}
