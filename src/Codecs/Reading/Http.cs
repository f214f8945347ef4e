namespace Gateway.Codecs.Reading;

/// <summary>HTTP/1.x requests as frames: request line, headers, and a body whose length or chunks the headers announce.</summary>
/// <remarks>A frame is one whole request. A chunked body is put together, so that in each frame the body is all that follows the empty line.</remarks>
public static class Http
{
    /// <summary>Longest request line and headers in bytes.</summary>
    public const int HeadBytesMax = 16 * 1024;

    private const int MethodBytesMax = 16;

    private static ReadOnlySpan<byte> EmptyLine => "\r\n\r\n"u8;

    /// <summary>Finds the request at the start of the input.</summary>
    /// <param name="input">Unread bytes behind <paramref name="skipped"/>; not empty.</param>
    /// <param name="session">Remembers how far the head was searched.</param>
    /// <param name="skipped">Bytes skipped before them.</param>
    /// <param name="max">Longest request in bytes.</param>
    public static FrameResult Frame(ReadOnlySpan<byte> input, Session session, int skipped, int max)
    {
        if (!StartsWithMethod(input)) return FrameResult.Malformed;
        int from = Math.Clamp(session.Examined - skipped, 0, input.Length);
        int head = input[from..].IndexOf(EmptyLine);
        if (head < 0)
        {
            return input.Length >= Math.Min(max, HeadBytesMax) ? FrameResult.TooLong : Framing.NeedMore(session, skipped, Math.Max(0, input.Length - EmptyLine.Length + 1));
        }
        head += from;
        int body = head + EmptyLine.Length;
        if (body > Math.Min(max, HeadBytesMax)) return FrameResult.TooLong;

        bool chunked = Header(input[..body], "transfer-encoding"u8, out int start, out int length)
            && Text.EqualsIgnoreCase(input.Slice(start, length), "chunked"u8);
        bool counted = Header(input[..body], "content-length"u8, out start, out length);
        // Two ways to tell the body's end are one too many: the next hop could see another request in it.
        if (chunked && counted) return FrameResult.Malformed;
        if (chunked) return Chunks(input, session, skipped, head, max);

        long size = 0;
        if (counted && !Text.TryDigits(input.Slice(start, length), out size)) return FrameResult.Malformed;
        if (size > max - body) return FrameResult.TooLong;
        int whole = body + (int)size;
        if (input.Length < whole) return Framing.NeedMore(session, skipped, head);
        session.Examined = session.SkippedBytes = 0;
        return new FrameResult(FrameStatus.Frame, skipped, whole, skipped + whole);
    }

    // hexadecimal size [;extension] CRLF bytes CRLF ... 0 CRLF [trailers] CRLF
    private static FrameResult Chunks(ReadOnlySpan<byte> input, Session session, int skipped, int head, int max)
    {
        int at = head + EmptyLine.Length;
        if (!session.EnsureScratch(Math.Min(max, Math.Max(at, input.Length)))) return FrameResult.TooLong;
        input[..at].CopyTo(session.Scratch);
        int length = at;
        while (true)
        {
            int line = input[at..].IndexOf("\r\n"u8);
            if (line < 0) return input.Length >= max ? FrameResult.TooLong : Framing.NeedMore(session, skipped, head);
            ReadOnlySpan<byte> size = input.Slice(at, line);
            int extension = size.IndexOf((byte)';');
            if (extension >= 0) size = size[..extension];
            if (!Text.TryHex(Text.Trim(size), out long bytes) || bytes < 0) return FrameResult.Malformed;
            at += line + 2;
            if (bytes > max - length) return FrameResult.TooLong;
            if (bytes == 0) break;
            if (input.Length - at < bytes + 2) return Framing.NeedMore(session, skipped, head);
            if (!session.EnsureScratch(length + (int)bytes)) return FrameResult.TooLong;
            input.Slice(at, (int)bytes).CopyTo(session.Scratch.AsSpan(length));
            length += (int)bytes;
            at += (int)bytes;
            if (!input[at..].StartsWith("\r\n"u8)) return FrameResult.Malformed;
            at += 2;
        }
        while (true)
        {
            // Trailers say nothing about the message; the empty line ends them.
            int line = input[at..].IndexOf("\r\n"u8);
            if (line < 0) return input.Length >= max + HeadBytesMax ? FrameResult.TooLong : Framing.NeedMore(session, skipped, head);
            at += line + 2;
            if (line == 0) break;
        }
        session.Examined = session.SkippedBytes = 0;
        return new FrameResult(FrameStatus.Frame, 0, length, skipped + at, true);
    }

    private static bool StartsWithMethod(ReadOnlySpan<byte> input)
    {
        int space = input[..Math.Min(input.Length, MethodBytesMax)].IndexOf((byte)' ');
        ReadOnlySpan<byte> method = space >= 0 ? input[..space] : input[..Math.Min(input.Length, MethodBytesMax)];
        return (space > 0 || input.Length < MethodBytesMax) && space != 0 && method.IndexOfAnyExceptInRange((byte)'A', (byte)'Z') < 0;
    }

    /// <summary>The parts of a request; all empty when the frame is none.</summary>
    /// <param name="frame">One whole request.</param>
    public static HttpRequest Read(ReadOnlySpan<byte> frame)
    {
        int head = frame.IndexOf(EmptyLine);
        int line = frame.IndexOf("\r\n"u8);
        if (head < 0 || line < 0 || !StartsWithMethod(frame)) return new HttpRequest(0, 0, 0, 0, 0, frame.Length);
        int method = frame.IndexOf((byte)' ');
        int target = method + 1;
        int space = target <= line ? frame[target..line].IndexOf((byte)' ') : -1;
        int end = space < 0 ? Math.Max(line, target) : target + space;
        int question = frame[target..end].IndexOf((byte)'?');
        int path = question < 0 ? end - target : question;
        int query = question < 0 ? end : target + question + 1;
        return new HttpRequest(method, target, path, query, end - query, head + EmptyLine.Length);
    }

    /// <summary>Where the value of a header is, without the spaces around it.</summary>
    /// <param name="frame">A request, its first line included.</param>
    /// <param name="name">The header's name, letters of either case.</param>
    /// <param name="start">Offset of the value.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <returns>False when the request has no such header.</returns>
    public static bool Header(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> name, out int start, out int length)
    {
        start = length = 0;
        int at = frame.IndexOf("\r\n"u8);
        while (at >= 0)
        {
            at += 2;
            int size = frame[at..].IndexOf("\r\n"u8);
            if (size <= 0) return false;
            ReadOnlySpan<byte> line = frame.Slice(at, size);
            if (line.Length > name.Length && line[name.Length] == ':' && Text.EqualsIgnoreCase(line[..name.Length], name))
            {
                start = at + name.Length + 1;
                int end = at + size;
                while (start < end && frame[start] is (byte)' ' or (byte)'\t') start++;
                while (end > start && frame[end - 1] is (byte)' ' or (byte)'\t') end--;
                length = end - start;
                return true;
            }
            at += size;
        }
        return false;
    }
}

/// <summary>Where the parts of an HTTP request are in its frame.</summary>
/// <param name="MethodLength">Length of the method, which is at the start.</param>
/// <param name="PathStart">Start of the path.</param>
/// <param name="PathLength">Length of the path, without query.</param>
/// <param name="QueryStart">Start of the query, behind its question mark.</param>
/// <param name="QueryLength">Length of the query.</param>
/// <param name="BodyStart">Start of the body, which goes to the frame's end.</param>
public readonly record struct HttpRequest(int MethodLength, int PathStart, int PathLength, int QueryStart, int QueryLength, int BodyStart);
