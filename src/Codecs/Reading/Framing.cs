namespace Gateway.Codecs.Reading;

/// <summary>What generated framers share. Marks come as one span: length and bytes, length of the replacement and its bytes, and so on.</summary>
public static class Framing
{
    /// <summary>More bytes are needed; the skipped ones are consumed and counted.</summary>
    /// <param name="session">Remembers what was skipped and how far the rest was searched.</param>
    /// <param name="skipped">Bytes skipped at the start of the input.</param>
    /// <param name="examined">Bytes behind the skipped ones that need no second search.</param>
    public static FrameResult NeedMore(Session session, int skipped, int examined = 0)
    {
        session.SkippedBytes += skipped;
        session.Examined = examined;
        return FrameResult.NeedMore(skipped);
    }

    /// <summary>More bytes are needed for a frame of at most <paramref name="max"/> bytes, of which <paramref name="available"/> are there.</summary>
    public static FrameResult Wait(Session session, int skipped, int available, int max) =>
        available >= max ? FrameResult.TooLong : NeedMore(session, skipped);

    /// <summary>The frame's end is not there: more bytes are needed, but what is left of a datagram is one frame, for the decoder to judge.</summary>
    public static FrameResult Unfinished(Session session, int skipped, int available, int max)
    {
        if (session.Transport != Transport.Udp) return Wait(session, skipped, available, max);
        session.Examined = session.SkippedBytes = 0;
        return available > max ? FrameResult.TooLong : new FrameResult(FrameStatus.Frame, skipped, available, skipped + available);
    }

    /// <summary>How many bytes come before the first mark, or before what may become one when more bytes arrive.</summary>
    public static int SkipTo(ReadOnlySpan<byte> input, ReadOnlySpan<byte> marks)
    {
        int best = input.Length;
        for (int m = 0; m < marks.Length;)
        {
            ReadOnlySpan<byte> mark = marks.Slice(m + 1, marks[m]);
            m += 1 + mark.Length + 1 + marks[m + 1 + mark.Length];
            int at = input.IndexOf(mark);
            if (at < 0)
            {
                // The start of a mark at the very end may be completed by the next read.
                for (at = Math.Max(0, input.Length - mark.Length + 1); at < input.Length && !mark.StartsWith(input[at..]); at++)
                {
                }
            }
            best = Math.Min(best, at);
        }
        return best;
    }

    /// <summary>The first mark at or behind <paramref name="from"/>; of two at the same place the longer one.</summary>
    /// <returns>Its offset, or -1.</returns>
    public static int FindMark(ReadOnlySpan<byte> input, int from, ReadOnlySpan<byte> marks, out int length)
    {
        int best = -1;
        length = 0;
        from = Math.Min(from, input.Length);
        for (int m = 0; m < marks.Length;)
        {
            ReadOnlySpan<byte> mark = marks.Slice(m + 1, marks[m]);
            m += 1 + mark.Length + 1 + marks[m + 1 + mark.Length];
            int end = best < 0 ? input.Length : Math.Min(input.Length, best + mark.Length);
            int at = input[from..end].IndexOf(mark);
            if (at < 0) continue;
            at += from;
            if (best >= 0 && (at > best || (at == best && mark.Length <= length))) continue;
            best = at;
            length = mark.Length;
        }
        return best;
    }

    /// <summary>The first mark at or behind <paramref name="from"/> that stands outside of every pair of <paramref name="open"/> and <paramref name="close"/>.</summary>
    /// <returns>Its offset, or -1; also when a pair is not closed yet.</returns>
    public static int FindMark(ReadOnlySpan<byte> input, int from, ReadOnlySpan<byte> marks, ReadOnlySpan<byte> open, ReadOnlySpan<byte> close, out int length)
    {
        while (true)
        {
            int at = FindMark(input, from, marks, out length);
            int begin = from < input.Length ? input[from..].IndexOf(open) : -1;
            if (at < 0 || begin < 0 || from + begin > at) return at;
            int inside = from + begin + open.Length;
            int end = input[inside..].IndexOf(close);
            if (end < 0) return -1;
            from = inside + end + close.Length;
        }
    }

    /// <summary>The first mark at or behind <paramref name="from"/> that is not the start of the excepted text. A mark that the input ends with counts.</summary>
    public static int FindMark(ReadOnlySpan<byte> input, int from, ReadOnlySpan<byte> marks, ReadOnlySpan<byte> except, out int length)
    {
        while (true)
        {
            int at = FindMark(input, from, marks, out length);
            if (at < 0 || !input[at..].StartsWith(except)) return at;
            from = at + except.Length;
        }
    }

    /// <summary>Sum of the sizes of the fields whose bits are set.</summary>
    /// <param name="mask">The bits; the first one belongs to the first size.</param>
    /// <param name="sizes">Bytes of each field.</param>
    /// <param name="lowestFirst">Whether the first bit is the lowest of the first byte instead of its highest.</param>
    public static long MaskSize(ReadOnlySpan<byte> mask, ReadOnlySpan<ushort> sizes, bool lowestFirst)
    {
        long size = 0;
        for (int i = 0; i < sizes.Length && i >> 3 < mask.Length; i++)
        {
            int shift = lowestFirst ? i & 7 : 7 - (i & 7);
            if ((mask[i >> 3] >> shift & 1) != 0) size += sizes[i];
        }
        return size;
    }

    /// <summary>As the other overload, for a number whose lowest bit belongs to the first size.</summary>
    public static long MaskSize(long mask, ReadOnlySpan<ushort> sizes)
    {
        long size = 0;
        for (int i = 0; i < sizes.Length && i < 64; i++)
            if ((mask >> i & 1) != 0) size += sizes[i];
        return size;
    }

    /// <summary>Length of the text up to the sign that closes the first one; quoted text does not count.</summary>
    /// <returns>0 when it is not closed yet, -1 when the input does not start with the opening sign.</returns>
    public static int Balanced(ReadOnlySpan<byte> input, byte open, byte close)
    {
        if (input[0] != open) return -1;
        int depth = 0;
        bool quoted = false;
        for (int i = 0; i < input.Length; i++)
        {
            byte b = input[i];
            if (b == '\\' && quoted) i++;
            else if (b == '"') quoted = !quoted;
            else if (quoted) continue;
            else if (b == open) depth++;
            else if (b == close && --depth == 0) return i + 1;
        }
        return 0;
    }

    /// <summary>Copies a frame into the session's scratch buffer with its escape sequences replaced.</summary>
    /// <returns>The new length, or -1 when it does not fit.</returns>
    public static int Unescape(ReadOnlySpan<byte> frame, Session session, ReadOnlySpan<byte> pairs)
    {
        if (!session.EnsureScratch(frame.Length)) return -1;
        Span<byte> target = session.Scratch;
        Span<byte> leads = stackalloc byte[EscapePairs.LeadsMax];
        leads = EscapePairs.Leads(pairs, leads);
        int length = 0;
        for (int i = 0; i < frame.Length;)
        {
            // Most frames have few sequences, or none: what lies between them is copied as one piece.
            int plain = frame[i..].IndexOfAny(leads);
            if (plain < 0) plain = frame.Length - i;
            frame.Slice(i, plain).CopyTo(target[length..]);
            length += plain;
            i += plain;
            if (i == frame.Length) break;
            // A replacement is never longer than its sequence, so the result always fits.
            if (EscapePairs.TryMatch(frame[i..], pairs, out int taken, out ReadOnlySpan<byte> replacement) && replacement.Length <= taken)
            {
                replacement.CopyTo(target[length..]);
                length += replacement.Length;
                i += taken;
            }
            else target[length++] = frame[i++];
        }
        return length;
    }
}
