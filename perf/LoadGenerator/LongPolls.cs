using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Perf.Shared;

namespace Gateway.Perf.Load;

/// <summary>Requests that wait for messages: how soon they answer, and what they cost while they wait.</summary>
internal static class LongPolls
{
    private const int Rounds = 300;
    private const int RoundsUncounted = 100;
    private const int WarmUpPolls = 200;
    private const int WaitSeconds = 60;
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(20);

    /// <summary>Measures on a gateway of its own and prints.</summary>
    /// <param name="gateway">The gateway's binary.</param>
    /// <param name="polls">Requests that wait at one time.</param>
    public static async Task RunAsync(string gateway, int polls)
    {
        ServerProcess server = await ServerProcess.StartGatewayAsync(gateway).ConfigureAwait(false);
        await using (server.ConfigureAwait(false))
        {
            IPEndPoint devices = await server.CreateChannelAsync("polls").ConfigureAwait(false);
            MeasureAnswers(server, devices);
            await MeasureWaitAsync(server, devices, polls).ConfigureAwait(false);
        }
    }

    /// <summary>From the moment at which a device holds the acknowledgement, which follows the commit, to the answer of a request that waited.</summary>
    private static void MeasureAnswers(ServerProcess server, IPEndPoint devices)
    {
        RestClient client = new(server.HttpEndPoint, ServerProcess.Token);
        long key = 0;
        LatencyHistogram fromSend = new(), fromCommit = new();
        for (int round = 0; round < RoundsUncounted + Rounds; round++)
        {
            using Socket poll = Ask(server.HttpEndPoint, key, WaitSeconds);
            Thread.Sleep(5);       // until it waits
            long sent = Stopwatch.GetTimestamp(), acknowledged = 0;
            Thread device = new(() =>
            {
                RestReads.Fill(devices, 1);
                acknowledged = Stopwatch.GetTimestamp();
            });
            device.Start();
            byte[] answer = ReadToEnd(poll);
            long answered = Stopwatch.GetTimestamp();
            device.Join();
            key = RestClient.NextKeyOf(answer);
            if (round < RoundsUncounted) continue;
            fromSend.Add(Stopwatch.GetElapsedTime(sent, answered));
            fromCommit.Add(acknowledged < answered ? Stopwatch.GetElapsedTime(acknowledged, answered) : TimeSpan.Zero);
        }
        Console.WriteLine($"long poll: answer after the acknowledgement {fromCommit}; after connect, login and packet {fromSend}");
    }

    private static async Task MeasureWaitAsync(ServerProcess server, IPEndPoint devices, int polls)
    {
        RestClient client = new(server.HttpEndPoint, ServerProcess.Token);
        await AnswerAllAsync(server, devices, KeyOfNext(client), WarmUpPolls).ConfigureAwait(false);
        long key = KeyOfNext(client);
        await Task.Delay(Quiet / 4).ConfigureAwait(false);
        TimeSpan idleBefore = server.CpuTime;
        await Task.Delay(Quiet).ConfigureAwait(false);
        TimeSpan idle = server.CpuTime - idleBefore;
        long before = server.ResidentBytes;

        List<Socket> waiting = [.. Enumerable.Range(0, polls).Select(_ => Ask(server.HttpEndPoint, key, WaitSeconds))];
        await Task.Delay(Quiet / 4).ConfigureAwait(false);
        long held = server.ResidentBytes - before;
        TimeSpan cpuBefore = server.CpuTime;
        await Task.Delay(Quiet).ConfigureAwait(false);
        TimeSpan cpu = server.CpuTime - cpuBefore;
        Console.WriteLine(
            $"{polls:N0} long polls that wait: {held / 1e6:0.0} MB, {held / polls:N0} bytes of each; processor {cpu.TotalMilliseconds / Quiet.TotalSeconds:0.0} ms/s, without them {idle.TotalMilliseconds / Quiet.TotalSeconds:0.0} ms/s");

        Stopwatch watch = Stopwatch.StartNew();
        RestReads.Fill(devices, 1);
        foreach (Socket poll in waiting)
        {
            if (RestClient.NextKeyOf(ReadToEnd(poll)) <= key) throw new IOException("A long poll was answered without the message.");
            poll.Dispose();
        }
        Console.WriteLine($"one message answers all {polls:N0} within {watch.ElapsedMilliseconds} ms");
    }

    private static long KeyOfNext(RestClient client) => RestClient.NextKeyOf(client.Get("/gw/channels/1/messages?data=%7B%22curr_key%22:0,%22limit_count%22:100000%7D"));

    private static async Task AnswerAllAsync(ServerProcess server, IPEndPoint devices, long key, int polls)
    {
        List<Socket> waiting = [.. Enumerable.Range(0, polls).Select(_ => Ask(server.HttpEndPoint, key, WaitSeconds))];
        await Task.Delay(500).ConfigureAwait(false);
        RestReads.Fill(devices, 1);
        foreach (Socket poll in waiting)
        {
            ReadToEnd(poll);
            poll.Dispose();
        }
    }

    private static Socket Ask(IPEndPoint server, long key, int timeoutSeconds)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 2 * WaitSeconds * 1000 };
        socket.Connect(server);
        socket.Send(Encoding.ASCII.GetBytes($"GET /gw/channels/1/messages?data=%7B%22curr_key%22:{key},%22timeout%22:{timeoutSeconds}%7D HTTP/1.0\r\nAuthorization: FlespiToken {ServerProcess.Token}\r\n\r\n"));
        return socket;
    }

    private static byte[] ReadToEnd(Socket socket)
    {
        byte[] buffer = new byte[16 * 1024];
        int length = 0;
        for (int count; (count = socket.Receive(buffer.AsSpan(length))) > 0;) length += count;
        return buffer[..length];
    }
}
