namespace Gateway.Codecs.Reading;

/// <summary>Lines of columns: the next one, one by number, how many there are. Each search is one vectorised pass over the bytes that it passes.</summary>
/// <remarks>Positions run from the start of the first column to end + 1 behind the last. Nothing throws: a column that is not there is empty.</remarks>
public static class Columns
{
    /// <summary>The next column where several characters separate; see <see cref="FieldCursor"/> for one.</summary>
    /// <param name="s">The frame.</param>
    /// <param name="p">Where the column starts; moved to the start of the next one, or to end + 1 after the last.</param>
    /// <param name="end">Where the line ends.</param>
    /// <param name="separators">The characters, any of which ends a column.</param>
    /// <param name="start">Where the column is; empty ones count.</param>
    /// <param name="length">Its length.</param>
    public static bool Next(ReadOnlySpan<byte> s, ref int p, int end, ReadOnlySpan<byte> separators, out int start, out int length)
    {
        start = p;
        length = 0;
        if ((uint)p > (uint)end || end > s.Length)
        {
            start = Math.Clamp(p, 0, s.Length);
            return false;
        }
        int at = s[p..end].IndexOfAny(separators);
        length = at >= 0 ? at : end - p;
        p += length + 1;
        return true;
    }

    /// <summary>Number of columns from <paramref name="start"/>: separators and one more.</summary>
    public static int Count(ReadOnlySpan<byte> s, int start, int end, byte separator) =>
        (uint)start > (uint)end || end > s.Length ? 0 : s[start..end].Count(separator) + 1;

    /// <summary>As the other overload, for several separators.</summary>
    public static int Count(ReadOnlySpan<byte> s, int start, int end, ReadOnlySpan<byte> separators)
    {
        if ((uint)start > (uint)end || end > s.Length) return 0;
        int count = 1;
        foreach (byte separator in separators) count += s[start..end].Count(separator);
        return count;
    }

    /// <summary>The column of a number.</summary>
    /// <param name="s">The frame.</param>
    /// <param name="from">Where the first column starts.</param>
    /// <param name="end">Where the line ends.</param>
    /// <param name="separator">The separator.</param>
    /// <param name="number">From 1, or from -1 for the last one backwards.</param>
    /// <param name="start">Where the column is.</param>
    /// <param name="length">Its length, 0 when there is none of that number.</param>
    public static void Find(ReadOnlySpan<byte> s, int from, int end, byte separator, int number, out int start, out int length) =>
        Find(s, from, end, [separator], number, out start, out length);

    /// <summary>As the other overload, for several separators.</summary>
    public static void Find(ReadOnlySpan<byte> s, int from, int end, ReadOnlySpan<byte> separators, int number, out int start, out int length)
    {
        start = length = 0;
        if ((uint)from > (uint)end || end > s.Length || number == 0) return;
        start = Position(s, from, end, separators, number);
        if (start < 0 || start > end)
        {
            start = end;
            return;
        }
        int at = s[start..end].IndexOfAny(separators);
        length = at >= 0 ? at : end - start;
    }

    /// <summary>Goes on at the column of a number; behind the last one when there is none of that number.</summary>
    /// <param name="s">The frame.</param>
    /// <param name="from">Where the first column starts.</param>
    /// <param name="p">Where the next column starts.</param>
    /// <param name="end">Where the line ends.</param>
    /// <param name="separator">The separator.</param>
    /// <param name="number">From 1, or from -1 for the last one backwards.</param>
    /// <param name="taken">Columns before <paramref name="p"/>.</param>
    public static void Seek(ReadOnlySpan<byte> s, int from, ref int p, int end, byte separator, int number, ref int taken) =>
        Seek(s, from, ref p, end, [separator], number, ref taken);

    /// <summary>As the other overload, for several separators.</summary>
    public static void Seek(ReadOnlySpan<byte> s, int from, ref int p, int end, ReadOnlySpan<byte> separators, int number, ref int taken)
    {
        if ((uint)from > (uint)end || end > s.Length) return;
        if (number > taken && p >= from && p <= end)
        {
            // The usual way is forward, from where the block has got to.
            int ahead = number - taken;
            taken = number - 1;
            p = Position(s, p, end, separators, ahead);
            return;
        }
        int at = Position(s, from, end, separators, number);
        p = at >= 0 ? at : end + 1;
        taken = number > 0 ? number - 1 : Count(s, from, Math.Min(p, end), separators) - 1;
    }

    /// <summary>Goes on at the next column that is exactly this text, or behind it.</summary>
    /// <returns>False when there is none; the position stays.</returns>
    public static bool Search(ReadOnlySpan<byte> s, ref int p, int end, byte separator, ReadOnlySpan<byte> text, bool past, ref int taken) =>
        Search(s, ref p, end, [separator], text, past, ref taken);

    /// <summary>As the other overload, for several separators.</summary>
    public static bool Search(ReadOnlySpan<byte> s, ref int p, int end, ReadOnlySpan<byte> separators, ReadOnlySpan<byte> text, bool past, ref int taken)
    {
        int next = p;
        for (int passed = 0; ; passed++)
        {
            int at = next;
            if (!Next(s, ref next, end, separators, out int start, out int length)) return false;
            if (!s.Slice(start, length).SequenceEqual(text)) continue;
            p = past ? next : at;
            taken += past ? passed + 1 : passed;
            return true;
        }
    }

    // Where column `number` starts: end + 1 when there are too few, -1 when there are too few before the end.
    private static int Position(ReadOnlySpan<byte> s, int from, int end, ReadOnlySpan<byte> separators, int number)
    {
        if (number > 0)
        {
            int p = from;
            for (int n = 1; n < number; n++)
            {
                int at = s[p..end].IndexOfAny(separators);
                if (at < 0) return end + 1;
                p += at + 1;
            }
            return p;
        }
        int stop = end;
        for (int n = -1; ; n--)
        {
            int at = s[from..stop].LastIndexOfAny(separators);
            if (n == number) return at < 0 ? from : from + at + 1;
            if (at < 0 || number == 0) return -1;
            stop = from + at;
        }
    }
}
