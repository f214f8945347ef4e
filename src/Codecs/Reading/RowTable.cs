using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Gateway.Codecs.Reading;

/// <summary>A row of a table: how the value of an id is read, and which parameter it becomes.</summary>
/// <param name="Id">The id.</param>
/// <param name="Key">Key of the parameter.</param>
/// <param name="Width">Bytes on the wire, 1 to 8, unless the wire says otherwise.</param>
/// <param name="Signed">Two's complement.</param>
/// <param name="LittleEndian">Byte order.</param>
/// <param name="Boolean">The parameter is a truth value: not zero.</param>
/// <param name="Multiply">value = raw × Multiply ÷ Divide + Add.</param>
/// <param name="Divide">See <paramref name="Multiply"/>.</param>
/// <param name="Add">See <paramref name="Multiply"/>.</param>
/// <param name="None">Raw value that means no value; <see cref="long.MinValue"/>: none does.</param>
/// <param name="Field">Index of the field in <see cref="ProtocolInfo.Fields"/>.</param>
public readonly record struct TableRow(int Id, int Key, int Width, bool Signed, bool LittleEndian, bool Boolean, double Multiply, double Divide, double Add, long None, int Field);

/// <summary>Large tables as data instead of code: hundreds of rows cost neither JIT time nor instruction cache.</summary>
public sealed class RowTable
{
    private const int DirectMax = 16 * 1024;

    private readonly Row[] _rows;
    private readonly short[] _direct;
    private readonly Dictionary<int, short> _others = [];

    /// <summary>Rows in any order; ids differ.</summary>
    public RowTable(TableRow[] rows)
    {
        _rows = Array.ConvertAll(rows, r => new Row(r));
        int largest = 0;
        foreach (TableRow row in rows)
            if (row.Id < DirectMax) largest = Math.Max(largest, row.Id);
        _direct = new short[largest + 1];
        for (int i = 0; i < rows.Length; i++)
        {
            if (rows[i].Id is >= 0 and < DirectMax) _direct[rows[i].Id] = (short)(i + 1);
            else _others[rows[i].Id] = (short)(i + 1);
        }
    }

    /// <summary>Reads the value of an id and writes its parameter.</summary>
    /// <param name="id">The id from the frame.</param>
    /// <param name="m">The frame.</param>
    /// <param name="p">Where the value is; moved behind it.</param>
    /// <param name="e">Where it must end.</param>
    /// <param name="sized">The value takes all of p..e, whatever width the row says.</param>
    /// <param name="sink">Takes the value.</param>
    /// <returns>False when the id has no row or the bytes do not fit it; nothing is read then.</returns>
    public bool TryPut<TSink>(long id, ReadOnlySpan<byte> m, ref int p, int e, bool sized, ref TSink sink) where TSink : struct, IParameterSink
    {
        short[] direct = _direct;
        int index = (ulong)id < (ulong)direct.Length ? direct[(int)id] : id is >= DirectMax and <= int.MaxValue ? _others.GetValueOrDefault((int)id) : 0;
        if (index == 0) return false;
        ref readonly Row row = ref _rows[index - 1];
        int at = p;
        int width = sized ? e - at : row.Width;
        if ((uint)(width - 1) > 7 || e - at < width) return false;
        p = at + width;
        long raw = row.LittleEndian ? Bin.UIntLE(m.Slice(at, width)) : ReadBigEndian(m, at, width);
        if (row.Signed) raw = Bin.SignExtend(raw, width * 8);
        if (TSink.Traces) sink.Field(row.Field, at, width);
        if (raw == row.None) return true;
        switch (row.Kind)
        {
            case RowKind.Boolean: sink.Boolean(row.Key, raw != 0); break;
            case RowKind.Plain: sink.Integer(row.Key, raw); break;
            case RowKind.Integer: sink.Integer(row.Key, raw * row.IntegerMultiply + row.IntegerAdd); break;
            case RowKind.Quotient: sink.Real(row.Key, raw / row.Divide); break;
            default: sink.Real(row.Key, ((double)raw * row.Multiply + row.ScaledAdd) / row.Divide); break;
        }
        return true;
    }

    // One load and a shift instead of a branch by width, wherever eight bytes are left in the frame.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long ReadBigEndian(ReadOnlySpan<byte> m, int at, int width) =>
        at <= m.Length - 8 ? (long)(BinaryPrimitives.ReadUInt64BigEndian(m.Slice(at, 8)) >> 64 - 8 * width) : Bin.UIntBE(m.Slice(at, width));

    private enum RowKind : byte
    {
        Boolean,
        Plain,
        Integer,
        Quotient,
        Real,
    }

    private readonly struct Row(TableRow row)
    {
        internal readonly int Key = row.Key;
        internal readonly int Width = row.Width;
        internal readonly int Field = row.Field;
        internal readonly bool Signed = row.Signed;
        internal readonly bool LittleEndian = row.LittleEndian;
        internal readonly RowKind Kind = KindOf(row);
        internal readonly long IntegerMultiply = (long)row.Multiply;
        internal readonly long IntegerAdd = (long)row.Add;
        internal readonly double Multiply = row.Multiply;
        internal readonly double Divide = row.Divide;

        // (raw × multiply + add × divide) ÷ divide rounds once, so that decimal fractions come out clean.
        internal readonly double ScaledAdd = row.Add * row.Divide;
        internal readonly long None = row.None;

        private static RowKind KindOf(TableRow row)
        {
            if (row.Boolean) return RowKind.Boolean;
            if (row.Divide == 1 && row.Multiply == Math.Floor(row.Multiply) && row.Add == Math.Floor(row.Add)) return row.Multiply == 1 && row.Add == 0 ? RowKind.Plain : RowKind.Integer;
            return row.Multiply == 1 && row.Add == 0 ? RowKind.Quotient : RowKind.Real;
        }
    }
}
