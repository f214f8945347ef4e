using Gateway.Codecs;
using Gateway.Host.Cli;

namespace Gateway.Host.Trials;

/// <summary>Reads recorded traffic from a text file, one received chunk a line.</summary>
/// <remarks>
/// <code>
/// # a comment
/// session                       a new connection begins; the first needs no such line
/// session 353173060000000       the same, of a device that is known already
/// tcp 78780D01...               what one read gave: hex with or without separators, or "text\r\n"
/// udp "2.0;..."                 one datagram
/// 78780D01...                   hex alone: as tcp
/// </code>
/// </remarks>
internal static class CaptureFile
{
    /// <summary>Longest capture file in bytes.</summary>
    public const int BytesMax = 256 * 1024 * 1024;

    /// <summary>Reads a file.</summary>
    /// <exception cref="FailureException">It can't be read, has nothing in it, or a line is none of those above.</exception>
    public static IReadOnlyList<RecordedConnection> Read(string path)
    {
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > BytesMax }) throw new FailureException($"{path} is larger than {BytesMax} bytes.");
            IReadOnlyList<RecordedConnection> traffic = Parse(File.ReadLines(path), path);
            return traffic.Count > 0 ? traffic : throw new FailureException($"{path} has no recorded bytes in it.");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new FailureException($"can't read {path}: {unreadable.Message}", unreadable);
        }
    }

    /// <summary>Reads lines.</summary>
    /// <exception cref="FailureException">A line is wrong; says which and what was expected.</exception>
    public static IReadOnlyList<RecordedConnection> Parse(IEnumerable<string> lines, string path)
    {
        List<RecordedConnection> traffic = [];
        List<RecordedChunk> chunks = [];
        string? ident = null;
        int number = 0;
        foreach (string raw in lines)
        {
            number++;
            string line = raw.Trim();
            if (line.Length == 0 || line[0] == '#') continue;
            string[] words = line.Split(' ', 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            switch (words[0])
            {
                case "session":
                    if (chunks.Count > 0) traffic.Add(new RecordedConnection(ident, chunks));
                    chunks = [];
                    ident = words.Length > 1 ? words[1] : null;
                    break;
                case "tcp" or "udp":
                    Transport transport = words[0] == "udp" ? Transport.Udp : Transport.Tcp;
                    chunks.Add(new RecordedChunk(transport, Bytes(words.Length > 1 ? words[1] : "", path, number), number));
                    break;
                default:
                    chunks.Add(new RecordedChunk(Transport.Tcp, Bytes(line, path, number), number));
                    break;
            }
        }
        if (chunks.Count > 0) traffic.Add(new RecordedConnection(ident, chunks));
        return traffic;
    }

    private static byte[] Bytes(string text, string path, int line)
    {
        if (text.Length > 2 && text[0] == '"' && text[^1] == '"') return ByteInput.Unescape(text[1..^1]);
        return ByteInput.TryHex(text, out byte[] bytes)
            ? bytes
            : throw new FailureException($"{path}({line},1): expected 'tcp HEX', 'udp HEX', 'session', 'session IDENT' or HEX; HEX may also be \"text\\r\\n\".");
    }
}
