using System.Collections.Generic;
using System.Globalization;

namespace Gateway.Codecs.Generator;

/// <summary>Coordinates in text: a number, perhaps with a letter before, behind or in a column of its own.</summary>
internal sealed partial class SpecEmitter
{
    private const string HemisphereClass = "global::Gateway.Codecs.Reading.Hemisphere";

    private static bool IsTextCoordinate(CoordinateItem item, Context c) =>
        c.Columns || c.Element || item.Type is null || (item.Type.Name is "int" or "real" or "hexint" or "digits" && (item.Type.Size is null || item.Type.Name == "hexint") && !item.Type.Rest);

    // Digits of a number ddmm without a point: those of its type, less the degrees and the two of whole minutes.
    private double MinuteScale(CoordinateItem item, Context c)
    {
        long digits = item.Type is { Name: "bcd" or "digits", Size: Expr size } ? ConstantOf(size, c) ?? 0 : 0;
        long fraction = digits - item.DegreeDigits - 2;
        if (fraction is < 0 or > 12) throw new SpecSyntaxException(Ids.Bounds, item.At, "'ddmm n' tells how many of the digits are degrees: lat bcd 8 ddmm 2, lon digits 9 ddmm 3; of another number scale the minutes: lat u32 / 10000 ddmm");
        double scale = 1;
        for (; fraction > 0; fraction--) scale *= 10;
        return scale;
    }

    private static bool Divides(Expr expr) => expr switch
    {
        BinaryExpr binary => binary.Op == "/" || Divides(binary.Left) || Divides(binary.Right),
        UnaryExpr unary => Divides(unary.Operand),
        ConditionalExpr conditional => Divides(conditional.Then) || Divides(conditional.Else),
        _ => false,
    };

    private void EmitTextCoordinate(CoordinateItem item, Context c, List<Item> pending)
    {
        string degrees = _method.Real("degrees");
        string letter = _method.Int32("letter");
        string? condition = item.Condition is null ? null : Bool(Emit(item.Condition, c), item.At);
        if (condition is not null) Out.Open($"if ({condition})");
        Out.Line($"{letter} = 0;");
        (string start, string length, string has) = c.Columns || c.Element ? CoordinateColumn(item, letter, c) : CoordinateText(item, letter, c);

        string wrong = WrongForm(c, has, item.Line);
        Out.Line($"if ({has} && !{ParseCoordinateText(item, $"{c.Span}.Slice({start}, {length})", degrees)}) {wrong}");
        Linear linear = CoordinateScale(item, c);
        foreach (Expr none in item.None) Out.Line($"if ({degrees} == {Real(Emit(none, c), none.At)}) {has} = false;");
        if (!linear.IsIdentity) Out.Line($"{degrees} = {linear.Apply(Value.Of(ValueType.Real, degrees)).Code};");
        Out.Line($"if ({HemisphereClass}.IsNegative((byte){letter})) {degrees} = -global::System.Math.Abs({degrees});");

        string parameter = item.IsLatitude ? "position.latitude" : "position.longitude";
        _used.Add(parameter);
        int index = AddField(item.Line, item.IsLatitude ? "latitude" : "longitude", $"{(item.IsLatitude ? "lat" : "lon")} {(item.Form.Length > 0 ? item.Form : "degrees")}", parameter, "", linear, true);
        TraceField(index, start, length);
        if (item.NegativeIf is null)
        {
            Out.Line($"if ({has}) sink.{(item.IsLatitude ? "Latitude" : "Longitude")}({degrees});");
        }
        else
        {
            _coordinates[item] = new Value { Type = ValueType.Real, Code = degrees, Has = has, Field = index, FieldStart = start, FieldLength = length };
            if (CanResolve(item.NegativeIf, c)) FlushCoordinate(item, c);
            else pending.Add(item);
        }
        if (condition is not null) Out.Close();
    }

    private (string Start, string Length, string Has) CoordinateColumn(CoordinateItem item, string letter, Context c)
    {
        void Letter()
        {
            (string start, string length, string has) = NextColumn(c);
            Out.Line($"{letter} = {has} ? {c.Span}[{start} + {length} - 1] : 0;");
        }
        if (item.Hemisphere == HemisphereMode.Before) Letter();
        (string Start, string Length, string Has) number = NextColumn(c);
        if (item.Hemisphere is HemisphereMode.Next or HemisphereMode.After) Letter();
        if (item.Hemisphere == HemisphereMode.Joined)
        {
            Out.Line($"if ({number.Has}) {letter} = {HemisphereClass}.TakeJoined({c.Span}, ref {number.Start}, ref {number.Length});");
        }
        return number;
    }

    private (string Start, string Length, string Has) CoordinateText(CoordinateItem item, string letter, Context c)
    {
        string start = _method.Int32("s");
        string length = _method.Int32("n");
        string has = _method.Boolean("h");
        string here = $"{c.Position} < {c.End} && {HemisphereClass}.IsLetter({c.Span}[{c.Position}])";
        void Letter(bool needed)
        {
            if (needed) Out.Line($"if (!({here})) {c.Fail("Malformed", item.Line)}");
            Out.Line($"{(needed ? "" : $"if ({here}) ")}{letter} = {c.Span}[{c.Position}++];");
        }
        if (item.Hemisphere is HemisphereMode.Before or HemisphereMode.Joined) Letter(item.Hemisphere == HemisphereMode.Before);
        Out.Line($"{start} = {c.Position};");
        if (item.Type?.Size is Expr size)
        {
            Out.Line($"{length} = {Int32(Emit(size, c), item.At)};");
            Out.Line($"if ({length} < 0 || {c.End} - {c.Position} < {length}) {c.Fail("Truncated", item.Line)}");
        }
        else Out.Line($"{length} = {TextClass}.{(item.Type?.Name == "hexint" ? "HexEnd" : "RealEnd")}({c.Span}, {c.Position}, {c.End}) - {c.Position};");
        Out.Line($"{has} = {length} > 0;");
        if (!item.Optional) Out.Line($"if (!{has}) {c.Fail("Malformed", item.Line)}");
        Out.Line($"{c.Position} += {length};");
        if (item.HemisphereSeparator is not null) EmitLiteral(item.HemisphereSeparator, c, item.Line);
        if (item.Hemisphere == HemisphereMode.Joined) Letter(needed: false);
        if (item.Hemisphere is HemisphereMode.Next or HemisphereMode.After)
        {
            if (item.Optional) Out.Open($"if ({has})");
            Letter(needed: true);
            if (item.Optional) Out.Close();
        }
        if (item.Terminator is not null) EmitLiteral(item.Terminator, c, item.Line);
        return (start, length, has);
    }

    private string ParseCoordinateText(CoordinateItem item, string span, string degrees)
    {
        switch (item.Form)
        {
            case "ddmm": return $"global::Gateway.Codecs.Reading.Coordinates.TryDegreesMinutes({span}, out {degrees})";
            case "ddmmdigits": return $"global::Gateway.Codecs.Reading.Coordinates.TryDegreesMinutesDigits({span}, {item.FractionDigits.ToString(CultureInfo.InvariantCulture)}, out {degrees})";
        }
        return item.Type?.Name == "hexint" ? $"global::Gateway.Codecs.Reading.Support.TryHexReal({span}, out {degrees})" : $"{TextClass}.TryReal({span}, out {degrees})";
    }

    private Linear CoordinateScale(CoordinateItem item, Context c)
    {
        Linear linear = new();
        foreach (Op op in item.Ops)
        {
            if (ConstantReal(op.Operand, c) is not double k) throw new SpecSyntaxException(Ids.Type, item.At, "coordinates are scaled by constants; work others out: lat value x / scale");
            switch (op.Kind)
            {
                case OpKind.Multiply: linear.Times(k); break;
                case OpKind.Divide: linear.Over(k); break;
                case OpKind.Add: linear.Add += k; break;
                case OpKind.Subtract: linear.Add -= k; break;
                default: throw new SpecSyntaxException(Ids.Type, item.At, "bits of a number in text: read it with hexint or int, and write 'lat value (x & 0xFFFF) / 1000'");
            }
        }
        return linear;
    }
}
