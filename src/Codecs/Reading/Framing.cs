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
        byte[] target = session.Scratch;
        int length = 0;
        for (int i = 0; i < frame.Length;)
        {
            int taken = 0;
            for (int m = 0; m < pairs.Length;)
            {
                ReadOnlySpan<byte> from = pairs.Slice(m + 1, pairs[m]);
                ReadOnlySpan<byte> to = pairs.Slice(m + 2 + from.Length, pairs[m + 1 + from.Length]);
                m += 2 + from.Length + to.Length;
                // A replacement is never longer than its sequence, so the result always fits.
                if (to.Length > from.Length || !frame[i..].StartsWith(from)) continue;
                to.CopyTo(target.AsSpan(length));
                length += to.Length;
                taken = from.Length;
                break;
            }
            if (taken == 0)
            {
                target[length++] = frame[i];
                taken = 1;
            }
            i += taken;
        }
        return length;
    }
}
