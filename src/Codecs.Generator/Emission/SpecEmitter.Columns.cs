using System;
using System.Collections.Generic;
using System.Linq;

namespace Gateway.Codecs.Generator;

/// <summary>Blocks of columns: each item takes the text up to the next separator, which is looked for once.</summary>
internal sealed partial class SpecEmitter
{
    private const string ColumnsClass = "global::Gateway.Codecs.Reading.Columns";
    private const string ColumnIndexClass = "global::Gateway.Codecs.Reading.ColumnIndex";
    private const int ColumnDepthMax = 8;

    private void EmitCsv(BlockItem item, Context c)
    {
        Context inner = Inner(c);
        Value text = item.Argument is null ? TryName("rest", c)! : Emit(item.Argument, c);
        if (text.Has is not null) Out.Open($"if ({text.Has})");
        EnterText(text, item.At, inner);
        inner.Columns = true;
        inner.Element = false;
        inner.NotAvailable = item.NotAvailable ?? c.NotAvailable;
        inner.Table = new ColumnTable { Start = _method.Int32("s"), Taken = _method.Int32("col"), Separators = item.Separator };
        if (item.Separator.Length == 1)
        {
            inner.Table.Cursor = NewCursor();
            inner.Table.Depth = c.Table is null ? 0 : c.Table.Depth + 1;
        }
        Out.Line($"{inner.Table.Start} = {inner.Position}; {inner.Table.Taken} = 0;");
        (int, int) counted = Out.Bookmark;
        EmitItems(FlattenOptional(item.Body), inner);
        // Counting is a pass over the text, so it is made only for a block that asks, and once.
        string? index = inner.Table.Index;
        if (inner.Table.Count is string count) Out.Insert(counted, index is null ? $"{count} = {ColumnsClass}.Count({inner.Span}, {inner.Table.Start}, {inner.End}, {inner.Table.Separator});" : $"{count} = {index}.Count;");
        if (index is not null) Out.Insert(counted, $"{index} = {ColumnIndexClass}.Of({inner.Table.Depth}, {inner.Span}, {inner.Table.Start}, {inner.End}, {inner.Table.Separator});");
        if (item.Argument is null) Out.Line($"{c.Position} = {c.End};");
        if (text.Has is not null) Out.Close();
        Export(inner, c);
    }

    /// <summary>The local with the index of the columns, for lines whose columns are asked for by number; null where there is none.</summary>
    private string? IndexOf(ColumnTable table) =>
        table.Depth is < 0 or >= ColumnDepthMax ? null : table.Index ??= _method.Local(ColumnIndexClass, "null!", "ix");

    private string NewCursor()
    {
        string cursor = _method.Local("global::Gateway.Codecs.Reading.FieldCursor", "default", "fc");
        Out.Line($"{cursor} = default;");
        return cursor;
    }

    // Columns may be missing at the end anyway, so a plain `optional` among them is only a grouping, unless something in it can fail.
    private static List<Item> FlattenOptional(List<Item> items) =>
        [.. items.SelectMany(i => i is BlockItem { Kind: "optional", Argument: null, Separator.Length: 0 } block && !block.Body.Exists(CanFail) ? FlattenOptional(block.Body) : [i])];

    private static bool CanFail(Item item) => item is LiteralItem or ConstItem or RejectItem { Stop: false } or MoveItem { OrSkip: false } or UseItem or BlockItem or SwitchItem;

    /// <summary>Takes the next column; gives start, length and whether there is a value.</summary>
    private (string Start, string Length, string Has) NextColumn(Context c)
    {
        string start = _method.Int32("s");
        string length = _method.Int32("n");
        string has = _method.Boolean("h");
        if (c.Element)
        {
            Out.Line($"{start} = {c.Position}; {length} = {c.End} - {c.Position}; {has} = {length} > 0; {c.Position} = {c.End};");
        }
        else
        {
            Out.Line($"{has} = {NextOf(c, start, length)} && {length} > 0;");
            Out.Line($"{c.Table!.Taken}++;");
        }
        if (c.NotAvailable is not null) Out.Line($"if ({has} && global::System.MemoryExtensions.SequenceEqual({c.Span}.Slice({start}, {length}), {Value.Literal(c.NotAvailable)})) {{ {has} = false; {length} = 0; }}");
        return (start, length, has);
    }

    private static string NextOf(Context c, string start, string length) => c.Table!.Separators.Length == 1
        ? $"{c.Table.Cursor}.Next({c.Span}, ref {c.Position}, {c.End}, {c.Table.Separator}, out {start}, out {length})"
        : $"{ColumnsClass}.Next({c.Span}, ref {c.Position}, {c.End}, {c.Table.Separator}, out {start}, out {length})";

    // In a column a value of the wrong form is missing and counted; in an alternative, or where no column ends it, the layout is another one.
    private static string WrongForm(Context c, string has, int line) =>
        (c.Columns || c.Element) && !c.StrictColumns ? $"{{ {has} = false; s.DroppedValues++; }}" : c.Fail("Malformed", line);

    private void EmitColumnLiteral(byte[] bytes, Context c, int line)
    {
        (string start, string length, string has) = NextColumn(c);
        TraceField(AddField(line, "", "const", "", "", new Linear(), true), start, length);
        Out.Line($"if (!{has} || !global::System.MemoryExtensions.SequenceEqual({c.Span}.Slice({start}, {length}), {Value.Literal(bytes)})) {c.Fail("Malformed", line)}");
    }

    /// <summary><c>column n</c>, and <c>find</c> and <c>skip until</c> among columns.</summary>
    private void EmitColumnMove(MoveItem move, Context c)
    {
        ColumnTable table = c.Table!;
        switch (move.Kind)
        {
            case "column":
                Value number = Emit(move.Count!, c);
                if (number.Constant is 0) throw new SpecSyntaxException(Ids.Range, move.At, "columns count from 1, and from -1 at the end");
                if (IndexOf(table) is string known) Out.Line($"{known}.Seek({Int32(number, move.At)}, ref {c.Position}, ref {table.Taken});");
                else Out.Line($"{ColumnsClass}.Seek({c.Span}, {table.Start}, ref {c.Position}, {c.End}, {table.Separator}, {Int32(number, move.At)}, ref {table.Taken});");
                return;
            case "find" or "skip until" when move.Marks.Count == 1:
                string past = move.Kind == "find" ? "true" : "false";
                string found = $"{ColumnsClass}.Search({c.Span}, ref {c.Position}, {c.End}, {table.Separator}, {Value.Literal(move.Marks[0])}, {past}, ref {table.Taken})";
                Out.Line(move.OrSkip ? $"{found};" : $"if (!{found}) {c.Fail("Malformed", move.Line)}");
                return;
            default:
                throw new SpecSyntaxException(Ids.Syntax, move.At, $"'{move.Kind}' is for text without columns; among columns write find \"text\", skip until \"text\" or column n");
        }
    }

    /// <summary><c>columns</c> and <c>column</c>: how many there are, and the number of the next one.</summary>
    private Value? ColumnName(string name, Context c)
    {
        if (c.Table is null) return null;
        if (name == "column") return Value.Of(ValueType.Integer, $"({c.Table.Taken} + 1)");
        c.Table.Count ??= _method.Int32("cols");
        return Value.Of(ValueType.Integer, c.Table.Count);
    }

    /// <summary><c>column(n)</c>: the text of a column, wherever the block has got to.</summary>
    private Value ColumnText(CallExpr call, Context c)
    {
        if (c.Table is null || !c.Columns) throw new SpecSyntaxException(Ids.Syntax, call.At, "column(n) is for csv blocks; for other text write name[a..b]");
        if (call.Arguments.Count != 1) throw new SpecSyntaxException(Ids.Type, call.At, "'column' takes one number: column(3), or column(-1) for the last one");
        string start = _method.Int32("s");
        string length = _method.Int32("n");
        if (IndexOf(c.Table) is string index) Out.Line($"{index}.Find({Int32(Emit(call.Arguments[0], c), call.At)}, out {start}, out {length});");
        else Out.Line($"{ColumnsClass}.Find({c.Span}, {c.Table.Start}, {c.End}, {c.Table.Separator}, {Int32(Emit(call.Arguments[0], c), call.At)}, out {start}, out {length});");
        return new Value { Type = ValueType.Bytes, Base = c.Span, Start = start, Length = length, Has = $"({length} != 0)" };
    }
}
