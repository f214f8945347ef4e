using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Gateway.Perf.Shared;

namespace Gateway.Perf.Load;

/// <summary>Reading over REST: paging, a filter, and long polls. The gateway has core 0, the client core 1; next to it a socket server that copies as many bytes, in the same run.</summary>
internal static class RestReads
{
    private const int ClientCore = 1;
    private const int RecordsPerPacket = 250;
    private const int PacketsInFlight = 32;
    private const int PageMessages = 20_000;
    private const int AckBytes = 4;

    /// <summary>Until the runtime has compiled the hot code with all it knows.</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(8);

    private const string Imei = "352093081452251";

    /// <summary>Measures and prints.</summary>
    /// <param name="gateway">The gateway's binary.</param>
    /// <param name="messages">Messages in the channel.</param>
    /// <param name="polls">Long polls that wait at one time; 0 leaves them out.</param>
    public static async Task RunAsync(string gateway, int messages, int polls)
    {
        ServerProcess server = await ServerProcess.StartGatewayAsync(gateway).ConfigureAwait(false);
        await using (server.ConfigureAwait(false))
        {
            IPEndPoint devices = await server.CreateChannelAsync("reads").ConfigureAwait(false);
            long lastTime = Fill(devices, messages);
            ReadResult Page() => Fetch(server, "page", $"{PageMessages}");
            ReadResult first = Measured("first", server, Page);
            if (first.Messages != messages) throw new IOException($"{messages} messages were sent, {first.Messages} were read.");
            Console.WriteLine($"{messages:N0} messages of {first.Bytes / first.Messages} bytes as JSON");
            for (Stopwatch warmUp = Stopwatch.StartNew(); warmUp.Elapsed < WarmUp;) Page();

            ReadResult paged = Measured("paging", server, Page);
            int pages = (messages + PageMessages - 1) / PageMessages;
            await BaselineAsync((int)(paged.Bytes / pages), pages, paged).ConfigureAwait(false);

            // The filter fits the last message alone: who gives it has looked at all.
            string filter = $"/gw/channels/1/messages?data=%7B%22filter%22:%22timestamp=={lastTime}%22%7D";
            Fetch(server, filter, "1");
            ReadResult filtered = Measured("filter", server, () => Fetch(server, filter, "3"), messages * 3L);
            if (filtered.Messages != 3) throw new IOException($"The filter gave {filtered.Messages} messages, 3 were right.");
        }

        if (polls > 0) await LongPolls.RunAsync(gateway, polls).ConfigureAwait(false);
    }

    /// <summary>What the client process does: pages, or asks one path several times.</summary>
    public static void RunClient(IPEndPoint server, string token, string what, int number, string output)
    {
        RestClient client = new(server, token);
        ReadResult result = what == "page" ? client.ReadAll(number) : client.Repeat(what, number);
        File.WriteAllText(output, JsonSerializer.Serialize(result));
    }

    /// <summary>Logs in and sends packets, some of them ahead of their acknowledgements.</summary>
    /// <returns>The time of the last message, s since 1970.</returns>
    internal static long Fill(IPEndPoint devices, int messages, long firstTime = 1_700_000_000)
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 30_000 };
        socket.Connect(devices);
        socket.Send(TrackerFrames.TeltonikaLogin(Imei));
        byte[] reply = new byte[PacketsInFlight * AckBytes];
        Receive(socket, reply.AsSpan(0, 1));
        int sent = 0;
        while (sent < messages)
        {
            int packets = 0;
            for (; packets < PacketsInFlight && sent < messages; packets++)
            {
                int records = Math.Min(RecordsPerPacket, messages - sent);
                byte[] packet = TrackerFrames.TeltonikaPacket(records, (firstTime + sent) * 1000);
                for (int at = 0; at < packet.Length;) at += socket.Send(packet.AsSpan(at));
                sent += records;
            }
            Receive(socket, reply.AsSpan(0, packets * AckBytes));
        }
        return firstTime + messages - 1;
    }

    internal static void Receive(Socket socket, Span<byte> bytes)
    {
        for (int got = 0; got < bytes.Length;)
        {
            int count = socket.Receive(bytes[got..]);
            if (count == 0) throw new IOException("The gateway closed the connection.");
            got += count;
        }
    }

    private static async Task BaselineAsync(int pageBytes, int pages, ReadResult gateway)
    {
        (ServerProcess raw, IPEndPoint endPoint) = await ServerProcess.StartRawAsync("serve-bytes", "--bytes", $"{pageBytes}").ConfigureAwait(false);
        await using (raw.ConfigureAwait(false))
        {
            RunFetch(endPoint, "none", "/", $"{pages}");
            ReadResult copied = Measured("raw", raw, () => RunFetch(endPoint, "none", "/", $"{pages}"), gateway.Messages);
            Console.WriteLine($"{"",-8} gateway at {copied.Seconds / gateway.Seconds:P0} of a server that copies as many bytes");
        }
    }

    private static ReadResult Measured(string name, ServerProcess server, Func<ReadResult> read, long? messages = null)
    {
        TimeSpan cpuBefore = server.CpuTime;
        ReadResult result = read();
        double serverBusy = (server.CpuTime - cpuBefore).TotalSeconds / result.Seconds;
        Console.WriteLine(
            $"{name,-8} {(messages ?? result.Messages) / result.Seconds,11:N0} messages/s {result.Bytes / result.Seconds / 1e6,7:N0} MB/s, server busy {Math.Min(serverBusy, 1):P0}, client {result.Busy:P0}, {server.ResidentBytes / 1e6:N0} MB");
        return result;
    }

    private static ReadResult Fetch(ServerProcess server, string what, string number) => RunFetch(server.HttpEndPoint, ServerProcess.Token, what, number);

    private static ReadResult RunFetch(IPEndPoint server, string token, string what, string number)
    {
        string output = Path.GetTempFileName();
        try
        {
            string[] command =
            [
                "-c", ClientCore.ToString(CultureInfo.InvariantCulture), Environment.ProcessPath!, .. ServerProcess.SelfArguments(), "fetch",
                "--to", $"{server}", "--token", token, "--what", what, "--number", number, "--json", output,
            ];
            using Process client = Process.Start(new ProcessStartInfo("taskset", command))!;
            client.WaitForExit();
            return client.ExitCode == 0 ? JsonSerializer.Deserialize<ReadResult>(File.ReadAllText(output))! : throw new IOException("The client failed.");
        }
        finally
        {
            File.Delete(output);
        }
    }
}
