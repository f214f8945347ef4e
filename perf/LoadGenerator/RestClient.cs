using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Perf.Load;

/// <summary>What a client read.</summary>
/// <param name="Messages">Messages in the answers.</param>
/// <param name="Bytes">Bytes received, heads included.</param>
/// <param name="Seconds">From the first request to the end of the last answer.</param>
/// <param name="Busy">Share of the time in which the client used its core.</param>
internal sealed record ReadResult(long Messages, long Bytes, double Seconds, double Busy);

/// <summary>A REST client that costs next to nothing: HTTP/1.0 over a plain socket, the answer ends with its connection.</summary>
internal sealed class RestClient(IPEndPoint server, string token)
{
    private const int AnswerBytesMax = 48 * 1024 * 1024;

    private readonly byte[] _buffer = new byte[AnswerBytesMax];

    /// <summary>Pages through a channel as a queue until nothing comes any more.</summary>
    /// <param name="limit">Messages of a page.</param>
    public ReadResult ReadAll(int limit)
    {
        Stopwatch watch = Stopwatch.StartNew();
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        long key = 0, messages = 0, bytes = 0;
        while (true)
        {
            ReadOnlySpan<byte> answer = Get(string.Create(CultureInfo.InvariantCulture, $"/gw/channels/1/messages?data=%7B%22curr_key%22:{key},%22limit_count%22:{limit}%7D"));
            bytes += answer.Length;
            int count = answer.Count("\"server.timestamp\":"u8);
            if (count == 0) break;
            messages += count;
            key = NextKeyOf(answer);
        }
        return new ReadResult(messages, bytes, watch.Elapsed.TotalSeconds, (Environment.CpuUsage.TotalTime - cpu) / watch.Elapsed);
    }

    /// <summary>Asks the same several times and throws the answers away.</summary>
    public ReadResult Repeat(string path, int times)
    {
        Stopwatch watch = Stopwatch.StartNew();
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        long messages = 0, bytes = 0;
        for (int i = 0; i < times; i++)
        {
            ReadOnlySpan<byte> answer = Get(path);
            messages += answer.Count("\"server.timestamp\":"u8);
            bytes += answer.Length;
        }
        return new ReadResult(messages, bytes, watch.Elapsed.TotalSeconds, (Environment.CpuUsage.TotalTime - cpu) / watch.Elapsed);
    }

    /// <summary>One answer with its head; valid until the next.</summary>
    /// <exception cref="IOException">It is no success, or too long.</exception>
    public ReadOnlySpan<byte> Get(string path)
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 60_000 };
        socket.Connect(server);
        socket.Send(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.0\r\nAuthorization: FlespiToken {token}\r\n\r\n"));
        int length = 0;
        for (int count; (count = socket.Receive(_buffer.AsSpan(length))) > 0; length += count)
            if (length + count == _buffer.Length) throw new IOException("The answer is too long.");
        ReadOnlySpan<byte> answer = _buffer.AsSpan(0, length);
        return answer.StartsWith("HTTP/1.1 200"u8) ? answer : throw new IOException($"{path}: {Encoding.UTF8.GetString(answer[..Math.Min(length, 500)])}");
    }

    /// <summary>The key of the next page.</summary>
    public static long NextKeyOf(ReadOnlySpan<byte> answer)
    {
        ReadOnlySpan<byte> name = "\"next_key\":"u8;
        int at = answer.LastIndexOf(name);
        return at < 0 ? throw new IOException("The answer has no next_key.") : long.Parse(answer[(at + name.Length)..answer.LastIndexOf((byte)'}')], CultureInfo.InvariantCulture);
    }
}
