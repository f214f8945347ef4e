using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace Gateway.Codecs.Generator;

/// <summary>Functions that do not take plain values only.</summary>
internal sealed partial class SpecEmitter
{
    /// <summary>The value of a function with arguments of its own kind; null when it is a plain one.</summary>
    private Value? EmitFunction(CallExpr call, Context c) => call.Function switch
    {
        "index" => EmitIndex(call, c),
        "header" => EmitHeader(call, c),
        "masksize" => EmitMaskSize(call, c),
        _ when ChecksumNames.Contains(call.Function) => EmitChecksumOf(call, c),
        _ when call.Function.StartsWith("kind ", System.StringComparison.Ordinal) => EmitKind(call, c),
        _ => EmitTextFunction(call, c),
    };

    // index(TEXT, MARK [, FROM])
    private Value EmitIndex(CallExpr call, Context c)
    {
        if (call.Arguments.Count is not (2 or 3)) throw new SpecSyntaxException(Ids.Type, call.At, "'index' takes a text, a mark and perhaps where to start: index(frame, \",\", 4)");
        Value text = Emit(call.Arguments[0], c);
        Value mark = Emit(call.Arguments[1], c);
        string from = call.Arguments.Count == 3 ? Int(Emit(call.Arguments[2], c), call.At) : "0";
        // A letter in single quotes is a number elsewhere; here it is a mark of one byte.
        string sought = mark.Constant is long letter and >= 0 and < 256 ? Value.Literal([(byte)letter]) : SpanOf(mark, call.At);
        return Value.Of(ValueType.Integer, $"global::Gateway.Codecs.Reading.Support.Index({SpanOf(text, call.At)}, {sought}, {from})");
    }

    // crc16.xmodem(frame[1..])
    private Value EmitChecksumOf(CallExpr call, Context c)
    {
        if (call.Arguments.Count != 1) throw new SpecSyntaxException(Ids.Type, call.At, $"a checksum takes the bytes it covers: {call.Function}(frame[1..]), or {call.Function} of 1..size");
        Value covered = Emit(call.Arguments[0], c);
        return new Value { Type = ValueType.Integer, Code = $"(long)global::Gateway.Codecs.Reading.Checksums.{ChecksumNames.Method(call.Function)}({SpanOf(covered, call.At)})", Has = covered.Has };
    }

    // A checksum over what was received: a range of offsets, or the bytes of a name.
    private Value EmitChecksum(ChecksumExpr sum, Context c)
    {
        string covered = sum.Part.Length > 0
            ? SpanOf(TryName(sum.Part, c) ?? throw Unknown(new NameExpr { At = sum.At, Name = sum.Part }, c), sum.At)
            : $"global::Gateway.Codecs.Reading.Support.Range({c.Span}, {Int(Emit(sum.From!, c), sum.At)}, {Int(Emit(sum.To!, c), sum.At)})";
        return Value.Of(ValueType.Integer, $"(long)global::Gateway.Codecs.Reading.Checksums.{ChecksumNames.Method(sum.Algorithm)}({covered})");
    }

    // masksize(TABLE, MASK [, lsb])
    private Value EmitMaskSize(CallExpr call, Context c)
    {
        bool lowestFirst = call.Arguments.Count == 3 && call.Arguments[2] is NameExpr { Name: "lsb" };
        if (call.Arguments.Count != (lowestFirst ? 3 : 2) || call.Arguments[0] is not NameExpr name)
        {
            throw new SpecSyntaxException(Ids.Type, call.At, "'masksize' takes a table and a mask: masksize(fields, session.mask), or masksize(fields, mask, lsb)");
        }
        TableNode table = _spec.Tables.Find(t => t.Name == name.Name)
            ?? throw new SpecSyntaxException(Ids.UnknownName, name.At, $"there is no table '{name.Name}'{Nearest.Suggestion(name.Name, _spec.Tables.Select(t => t.Name))}");
        table.Used = true;
        SortedDictionary<long, int> sizes = [];
        foreach (TableRowNode row in table.Rows) AddRowSize(row, table, sizes, c);
        int[] list = new int[sizes.Count == 0 ? 0 : (int)sizes.Keys.Last()];
        foreach (KeyValuePair<long, int> size in sizes) list[size.Key - 1] = size.Value;
        string literal = $"((global::System.ReadOnlySpan<ushort>)[{string.Join(", ", list.Select(n => n.ToString(CultureInfo.InvariantCulture)))}])";
        Value mask = Emit(call.Arguments[1], c);
        string order = lowestFirst ? "true" : "false";
        if (mask.Type == ValueType.Bytes) return Value.Of(ValueType.Integer, $"global::Gateway.Codecs.Reading.Framing.MaskSize({mask.Span}, {literal}, {order})");
        if (!lowestFirst) throw new SpecSyntaxException(Ids.Type, call.At, "the bits of a number are counted from the lowest; write masksize(TABLE, MASK, lsb), or read the mask as bytes");
        return Value.Of(ValueType.Integer, $"global::Gateway.Codecs.Reading.Framing.MaskSize({Int(mask, call.At)}, {literal})");
    }

    private void AddRowSize(TableRowNode row, TableNode table, SortedDictionary<long, int> sizes, Context c)
    {
        const int idMax = 4096;
        if (row.IsDefault) return;
        int size = 0;
        foreach (Item item in row.Body)
        {
            // What reads nothing has no size.
            if (item is ValueItem or LetItem or SetItem or ValidItem) continue;
            size += ConstantSize(item, c)?.Consumed
                ?? throw new SpecSyntaxException(Ids.Bounds, item.At, $"'masksize({table.Name}, ...)' needs rows of known size; this item has none. Write a type with a constant size such as u16 or skip 4");
        }
        if (row.Condition is not null) throw new SpecSyntaxException(Ids.Bounds, row.At, $"'masksize({table.Name}, ...)' can't weigh a row with a condition; use 'if' behind the type in the row's block instead");
        foreach ((Expr from, Expr? to) in row.Keys)
        {
            if (ConstantOf(from, c) is not long first || (to is null ? first : ConstantOf(to, c)) is not long last || first < 1 || last > idMax)
            {
                throw new SpecSyntaxException(Ids.Range, row.At, $"the ids of '{table.Name}' are numbers of bits here, from 1 to {idMax}");
            }
            for (long id = first; id <= last; id++) sizes[id] = size;
        }
    }
}
