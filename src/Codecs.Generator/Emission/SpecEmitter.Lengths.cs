using System;
using System.Collections.Generic;
using System.Linq;

namespace Gateway.Codecs.Generator;

/// <summary>Lengths and checksums in what is sent, also of parts that come later.</summary>
internal sealed partial class SpecEmitter
{
    /// <summary>What a layout under construction knows: where it began, its parts, and lengths that wait for a part to end.</summary>
    private sealed class LayoutState
    {
        internal string Begin = "0";
        internal Dictionary<string, (string Start, string End)> Parts = [];
        internal List<Waiting> Waiting = [];
        internal LayoutState? Outer;

        /// <summary>Names of all its parts, those to come too.</summary>
        internal HashSet<string> Names = new(StringComparer.Ordinal);

        /// <summary>Where an element stands that is filled in later; <c>here</c> means that place then.</summary>
        internal string? Here;

        /// <summary>Locals that hold offsets of the output, in its order.</summary>
        internal List<string> Positions = [];
    }

    /// <summary>A length that stands before its part: <c>Before</c> counts the offsets known when it was reached, <c>Fill</c> writes it.</summary>
    private sealed record Waiting(string Part, string At, int Before, OutItem Item, Context Context, Func<string, string> Fill);

    private static void CollectParts(List<OutItem> items, HashSet<string> names)
    {
        foreach (OutItem item in items)
        {
            if (item.Kind == "part") names.Add(item.Name);
            CollectParts(item.Body, names);
            if (item.Else is not null) CollectParts(item.Else, names);
        }
    }

    // A part hides a name that was read; of the parts those count that are complete.
    private bool IsToCome(string name, Context c, LayoutState layout) =>
        !layout.Parts.ContainsKey(name) && (layout.Names.Contains(name) || TryName(name, c) is not { Type: ValueType.Bytes });

    // The current end of the output. An initial value below 0 tells that a condition kept the element out.
    private string Position(LayoutState layout, string hint, string initial = "0")
    {
        string local = _method.Local("int", initial, hint);
        Out.Line($"{local} = {_writer}.Length;");
        layout.Positions.Add(local);
        return local;
    }

    // The end of the layout, or of what is escaped: a checksum over all of it waits for that.
    private const string Whole = "";

    // All of a layout or reply; what could not be filled in is told.
    private void EmitWhole(List<OutItem> items, Context c, LayoutState layout)
    {
        CollectParts(items, layout.Names);
        EmitOut(items, c, layout);
        Settle(layout, Whole);
        foreach (Waiting waiting in layout.Waiting) Report(new SpecSyntaxException(Ids.UnknownName, waiting.Item.At, $"there is no part '{waiting.Part}' in this layout{Nearest.Suggestion(waiting.Part, layout.Parts.Keys)}"));
    }

    // Lengths and checksums that were written before their part are filled in once the part is complete.
    private void Settle(LayoutState layout, string part)
    {
        foreach (Waiting waiting in layout.Waiting.Where(w => w.Part == part).ToList())
        {
            layout.Waiting.Remove(waiting);
            Out.Open($"if ({waiting.At} >= 0)");
            layout.Here = waiting.At;
            string value = Int(EmitLength(waiting.Item.Value!, waiting.Context, layout), waiting.Item.At);
            layout.Here = null;
            Out.Line(waiting.Fill(value));
            Out.Close();
        }
    }

    // Digits without a fixed width move what follows them, and with it the offsets that are known already.
    private string Insert(LayoutState layout, string at, int before, string value)
    {
        string moved = _method.Int32("moved");
        IEnumerable<string> shifts = layout.Positions.Select((position, i) => i < before
            ? $"if ({position} > {at}) {position} += {moved};"
            : $"if ({position} >= {at}) {position} += {moved};");
        return $"{moved} = {_writer}.InsertDecimal({at}, {value}); {string.Join(" ", shifts.Where((_, i) => layout.Positions[i] != at))}";
    }

    private void EmitOutDigits(OutItem item, Context c, LayoutState layout)
    {
        string upper = item.Upper ? "true" : "false";
        if (UnknownPart(item.Value!, c, layout) is string unknown)
        {
            string at = Position(layout, "at", "-1");
            int before = layout.Positions.Count;
            if (item.Kind == "hexdigits") Out.Line($"{_writer}.HexDigits(0, {item.Width}, {upper});");
            else if (item.Width > 0) Out.Line($"{_writer}.Decimal(0, {item.Width});");
            layout.Waiting.Add(new Waiting(unknown, at, before, item, c, value =>
                item.Kind == "hexdigits" ? $"{_writer}.PatchDigits({at}, {value}, {item.Width}, 16, {upper});"
                : item.Width > 0 ? $"{_writer}.PatchDigits({at}, {value}, {item.Width}, 10, false);"
                : Insert(layout, at, before, value)));
            return;
        }
        string number = Int(OutOperand(item, c, layout), item.At);
        Out.Line(item.Kind == "hexdigits" ? $"{_writer}.HexDigits({number}, {item.Width}, {upper});" : $"{_writer}.Decimal({number}, {Math.Max(1, item.Width)});");
    }

    private void EmitHexText(OutItem item, Context c)
    {
        Value value = Emit(item.Value!, c);
        string upper = item.Upper ? "true" : "false";
        if (value.Type == ValueType.Hex)
        {
            Guarded(value.Has, $"global::Gateway.Codecs.Reading.Support.WriteHexDigits({_writer}, {value.Base}, {value.Start}, {value.Length});");
            return;
        }
        if (value.Type != ValueType.Bytes) throw new SpecSyntaxException(Ids.Type, item.At, "'hextext' takes bytes; write 'hexdigits n 4' for a number");
        Guarded(value.Has, $"{_writer}.HexText({value.Span}, {upper});");
    }

    private void EmitPadded(OutItem item, Context c, LayoutState layout)
    {
        string start = Position(layout, "pad");
        EmitOut(item.Body, c, layout);
        Out.Line($"global::Gateway.Codecs.Reading.Support.Pad({_writer}, {start}, {item.Width}, {item.Bytes[0]});");
    }

    // What an element has to wait for: a part that comes later, or the whole layout.
    private string? UnknownPart(Expr expr, Context c, LayoutState layout) => expr switch
    {
        LengthOfExpr length => IsToCome(length.Part, c, layout) ? length.Part : null,
        ChecksumExpr { Part.Length: > 0 } sum => IsToCome(sum.Part, c, layout) ? sum.Part : null,
        // A range up to the end holds the checksum itself, as zero; one over lengths that are not known yet has to wait for them.
        ChecksumExpr sum => sum.To is NameExpr { Name: "end" or "size" } || layout.Waiting.Count > 0 ? Whole : null,
        BinaryExpr binary => UnknownPart(binary.Left, c, layout) ?? UnknownPart(binary.Right, c, layout),
        ConditionalExpr conditional => UnknownPart(conditional.Then, c, layout) ?? UnknownPart(conditional.Else, c, layout),
        UnaryExpr unary => UnknownPart(unary.Operand, c, layout),
        _ => null,
    };

    private Value OutOperand(OutItem item, Context c, LayoutState layout) => EmitLength(item.Value!, c, layout);

    // A checksum over a part of the layout or a range in it; over the bytes of a name that was read, as in messages.
    private Value EmitSent(ChecksumExpr sum, Context c, LayoutState layout)
    {
        string range;
        if (sum.Part.Length > 0)
        {
            if (!layout.Parts.TryGetValue(sum.Part, out var part))
            {
                if (TryName(sum.Part, c) is { Type: ValueType.Bytes }) return EmitChecksum(sum, c);
                throw new SpecSyntaxException(Ids.UnknownName, sum.At, $"there is no part '{sum.Part}' above this checksum{Nearest.Suggestion(sum.Part, layout.Parts.Keys)}");
            }
            range = $"{part.Start}, {part.End}";
        }
        else
        {
            range = $"{layout.Begin} + {Offset(sum.From!, c, layout, sum.At)}, {layout.Begin} + {Offset(sum.To!, c, layout, sum.At)}";
        }
        return Value.Of(ValueType.Integer, $"(long)global::Gateway.Codecs.Reading.Checksums.{ChecksumNames.Method(sum.Algorithm)}({_writer}.Range({range}))");
    }

    private string Offset(Expr expr, Context c, LayoutState layout, Place at) =>
        expr switch
        {
            NameExpr { Name: "here" or "pos" } => $"({layout.Here ?? $"{_writer}.Length"} - {layout.Begin})",
            NameExpr { Name: "end" or "size" } => $"({_writer}.Length - {layout.Begin})",
            BinaryExpr { Op: "+" or "-" } binary => $"({Offset(binary.Left, c, layout, at)} {binary.Op} {Offset(binary.Right, c, layout, at)})",
            _ => Int32(Emit(expr, c), at),
        };

    // An expression of a layout, in which `length of part` is known.
    private Value EmitLength(Expr expr, Context c, LayoutState layout)
    {
        switch (expr)
        {
            case LengthOfExpr length:
                if (layout.Parts.TryGetValue(length.Part, out var part)) return Value.Of(ValueType.Integer, $"({part.End} - {part.Start})");
                if (TryName(length.Part, c) is { Type: ValueType.Bytes } bytes) return Value.Of(ValueType.Integer, bytes.Length);
                if (c.Scope.FindArgument(length.Part) is not null) throw new SpecSyntaxException(Ids.Syntax, length.At, $"put '{length.Part}' into a part of its own to take its length");
                throw new SpecSyntaxException(Ids.UnknownName, length.At, $"there is no part '{length.Part}'{Nearest.Suggestion(length.Part, layout.Parts.Keys)}");
            case ChecksumExpr sum: return EmitSent(sum, c, layout);
            case UnaryExpr { Op: "-" or "~" } unary when ContainsLength(unary):
                return Value.Of(ValueType.Integer, $"({unary.Op}{Paren(Int(EmitLength(unary.Operand, c, layout), unary.At))})");
            case BinaryExpr { Op: "/" or "%" } divided when ContainsLength(divided):
                return Value.Of(ValueType.Integer, $"global::Gateway.Codecs.Reading.Support.{(divided.Op == "/" ? "Divide" : "Modulo")}({Int(EmitLength(divided.Left, c, layout), divided.At)}, {Int(EmitLength(divided.Right, c, layout), divided.At)})");
            case BinaryExpr { Op: "<<" or ">>" } shifted when ContainsLength(shifted):
                return Value.Of(ValueType.Integer, $"((long){Paren(Int(EmitLength(shifted.Left, c, layout), shifted.At))} {shifted.Op} (int)({Int(EmitLength(shifted.Right, c, layout), shifted.At)}))");
            case BinaryExpr { Op: "+" or "-" or "*" or "|" or "&" or "^" } binary when ContainsLength(binary):
                return Value.Of(ValueType.Integer, $"({Int(EmitLength(binary.Left, c, layout), binary.At)} {binary.Op} {Int(EmitLength(binary.Right, c, layout), binary.At)})");
            default:
                return Emit(expr, c);
        }
    }

    private static bool ContainsLength(Expr expr) => expr switch
    {
        LengthOfExpr or ChecksumExpr => true,
        UnaryExpr unary => ContainsLength(unary.Operand),
        BinaryExpr binary => ContainsLength(binary.Left) || ContainsLength(binary.Right),
        _ => false,
    };
}
