using System.Numerics;
using System.Runtime.CompilerServices;

namespace Gateway.Codecs.Reading;

/// <summary>Where the columns of a line start: made in one pass for lines whose columns are asked for by number. One for each thread and depth of nesting, so that nothing is allocated per line.</summary>
public sealed class ColumnIndex
{
    /// <summary>Deepest nesting of lines within columns.</summary>
    public const int DepthMax = 8;

    [ThreadStatic]
    private static ColumnIndex[]? t_indexes;

    // One more than there are columns: the start behind the last one.
    private int[] _starts = new int[256];

    private ColumnIndex()
    {
    }

    /// <summary>Number of columns.</summary>
    public int Count { get; private set; }

    /// <summary>The index of this thread for a depth, made of a line.</summary>
    /// <param name="depth">0 to <see cref="DepthMax"/> - 1.</param>
    /// <param name="s">The frame.</param>
    /// <param name="from">Where the first column starts.</param>
    /// <param name="end">Where the line ends.</param>
    /// <param name="separator">The separator.</param>
    public static ColumnIndex Of(int depth, ReadOnlySpan<byte> s, int from, int end, byte separator)
    {
        ColumnIndex index = (t_indexes ?? Create())[depth];
        index.Build(s, from, end, separator);
        return index;
    }

    /// <summary>The column of a number.</summary>
    /// <param name="number">From 1, or from -1 for the last one backwards.</param>
    /// <param name="start">Where the column is.</param>
    /// <param name="length">Its length, 0 when there is none of that number.</param>
    public void Find(int number, out int start, out int length)
    {
        int place = number > 0 ? number - 1 : Count + number;
        if (number == 0 || (uint)place >= (uint)Count)
        {
            start = length = 0;
            return;
        }
        start = _starts[place];
        length = _starts[place + 1] - 1 - start;
    }

    /// <summary>Goes on at the column of a number; behind the last one when there is none of that number.</summary>
    /// <param name="number">From 1, or from -1 for the last one backwards.</param>
    /// <param name="p">Where the next column starts.</param>
    /// <param name="taken">Columns before <paramref name="p"/>.</param>
    public void Seek(int number, ref int p, ref int taken)
    {
        int place = number > 0 ? number - 1 : Count + number;
        if ((uint)place > (uint)Count) place = Count;
        p = _starts[place];
        taken = place;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ColumnIndex[] Create()
    {
        ColumnIndex[] indexes = new ColumnIndex[DepthMax];
        for (int i = 0; i < DepthMax; i++) indexes[i] = new ColumnIndex();
        return t_indexes = indexes;
    }

    private void Build(ReadOnlySpan<byte> s, int from, int end, byte separator)
    {
        Count = 0;
        if ((uint)from > (uint)end || end > s.Length)
        {
            _starts[0] = Math.Max(0, end) + 1;
            return;
        }
        int[] starts = _starts;
        int count = 0;
        starts[count++] = from;
        for (int block = from >> 6; block << 6 < end; block++)
        {
            ulong separators = FieldCursor.SeparatorsOf(s, block, separator);
            if (block == from >> 6) separators = separators >> from << from;
            // Room for every byte of the block to be a separator, and for the end.
            if (starts.Length - count < 66)
            {
                Array.Resize(ref _starts, starts.Length * 2);
                starts = _starts;
            }
            for (; separators != 0; separators &= separators - 1)
            {
                int at = (block << 6) + BitOperations.TrailingZeroCount(separators);
                if (at >= end) break;
                starts[count++] = at + 1;
            }
        }
        starts[count] = end + 1;
        Count = count;
    }
}
