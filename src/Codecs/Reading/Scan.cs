using System.Buffers;

namespace Gateway.Codecs.Reading;

/// <summary>Searches in text by literal or by class of characters. A position is given, or -1 where nothing is found; nothing throws for any position.</summary>
public static class Scan
{
    /// <summary>0 to 9.</summary>
    public static readonly SearchValues<byte> Digits = SearchValues.Create("0123456789"u8);
    /// <summary>ASCII letters.</summary>
    public static readonly SearchValues<byte> Letters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);
    /// <summary>Blank, tab, line ends.</summary>
    public static readonly SearchValues<byte> Spaces = SearchValues.Create(" \t\r\n\v\f"u8);
    /// <summary>Hexadecimal digits of either case.</summary>
    public static readonly SearchValues<byte> Hexs = SearchValues.Create("0123456789ABCDEFabcdef"u8);
    /// <summary>ASCII from blank to tilde.</summary>
    public static readonly SearchValues<byte> Printables = SearchValues.Create([.. Enumerable.Range(0x20, 0x5F).Select(b => (byte)b)]);

    /// <summary>Whether a text stands at a position.</summary>
    public static bool IsAt(ReadOnlySpan<byte> s, int p, int end, ReadOnlySpan<byte> text) => Part(s, p, end).StartsWith(text);

    /// <summary>Where the next such text is.</summary>
    public static int Find(ReadOnlySpan<byte> s, int p, int end, ReadOnlySpan<byte> text)
    {
        int at = Part(s, p, end).IndexOf(text);
        return at < 0 ? -1 : p + at;
    }

    /// <summary>Where the last such text is, not before <paramref name="p"/>.</summary>
    public static int FindLast(ReadOnlySpan<byte> s, int p, int end, ReadOnlySpan<byte> text)
    {
        int at = Part(s, p, end).LastIndexOf(text);
        return at < 0 ? -1 : p + at;
    }

    /// <summary>Where the next of several texts is; of those at one place the longest.</summary>
    /// <param name="s">The frame.</param>
    /// <param name="p">Where to start.</param>
    /// <param name="end">Where to end.</param>
    /// <param name="marks">The texts, as pairs of <see cref="Framing"/> with an empty second part.</param>
    /// <param name="length">Length of the text found.</param>
    public static int FindAny(ReadOnlySpan<byte> s, int p, int end, ReadOnlySpan<byte> marks, out int length)
    {
        int at = Framing.FindMark(Part(s, p, end), 0, marks, out length);
        return at < 0 ? -1 : p + at;
    }

    /// <summary>Where the next run of at least <paramref name="count"/> characters of a class starts.</summary>
    public static int FindRun(ReadOnlySpan<byte> s, int p, int end, SearchValues<byte> set, int count)
    {
        ReadOnlySpan<byte> part = Part(s, p, end);
        for (int from = 0; ;)
        {
            int at = part[from..].IndexOfAny(set);
            if (at < 0) return -1;
            int length = part[(from + at)..].IndexOfAnyExcept(set);
            if (length < 0) length = part.Length - from - at;
            if (length >= count) return p + from + at;
            from += at + length;
        }
    }

    /// <summary>The position behind all characters of a class.</summary>
    public static int SkipWhile(ReadOnlySpan<byte> s, int p, int end, SearchValues<byte> set)
    {
        int at = Part(s, p, end).IndexOfAnyExcept(set);
        return at < 0 ? Math.Max(p, end) : p + at;
    }

    /// <summary>The position behind all of these characters.</summary>
    public static int SkipWhile(ReadOnlySpan<byte> s, int p, int end, ReadOnlySpan<byte> set)
    {
        int at = Part(s, p, end).IndexOfAnyExcept(set);
        return at < 0 ? Math.Max(p, end) : p + at;
    }

    private static ReadOnlySpan<byte> Part(ReadOnlySpan<byte> s, int p, int end) => (uint)p <= (uint)end && end <= s.Length ? s[p..end] : default;
}
