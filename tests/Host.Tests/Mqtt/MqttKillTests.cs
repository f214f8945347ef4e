using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Gateway.Host.Tests.Cli;
using Gateway.Host.Tests.Faults;
using MQTTnet.Packets;
using MQTTnet.Protocol;
using Xunit;

namespace Gateway.Host.Tests.Mqtt;

public sealed class MqttKillTests : IDisposable
{
    private const int Kills = 5;
    private const int PerKill = 20;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-mqtt-kill-");

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>
    /// Promise: a gateway that is killed while devices and clients send gives a lasting session, afterwards, everything that it acknowledged to them. What the session acknowledged well before the kill
    /// does not come again; what it acknowledged in the last moment may.
    /// </summary>
    [Fact]
    public async Task A_lasting_session_gets_all_that_was_acknowledged_to_devices_and_publishers_over_kills()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        int portFirst = 19_100 + random.Next(40) * 20;
        var fromDevice = new ConcurrentQueue<int>();
        var fromClient = new ConcurrentQueue<int>();
        var got = new Dictionary<string, List<int>> { ["channel"] = [], ["device"] = [], ["client"] = [] };
        ChildGateway? gateway = await ChildGateway.StartAsync(_folder.FullName, portFirst, 20);
        try
        {
            (_, int port) = await gateway!.CreateChannelAsync("wialon");
            using (HttpResponseMessage made = await gateway.Http.PostAsJsonAsync("gw/devices", new[] { new { protocol_name = "wialon", configuration = new { ident = "353173060000000" } } }, TestContext.Current.CancellationToken)) made.EnsureSuccessStatusCode();
            int sent = 0, published = 0;
            for (int kill = 0; kill <= Kills; kill++)
            {
                RawClient subscriber = await OpenAsync(gateway, "lasting");
                if (kill == 0) await subscriber.SubscribeAsync("flespi/message/gw/channels/+/+");
                if (kill == 0) await subscriber.SubscribeAsync("flespi/message/gw/devices/+");
                if (kill == 0) await subscriber.SubscribeAsync("own/+");
                bool isLast = kill == Kills;
                Task device = isLast ? Task.CompletedTask : Task.Run(() => SendAsync(port, () => ++sent, fromDevice), TestContext.Current.CancellationToken);
                using RawClient publisher = await OpenAsync(gateway, "publisher");
                Task client = isLast ? Task.CompletedTask : Task.Run(() => PublishAsync(publisher, () => ++published, fromClient), TestContext.Current.CancellationToken);
                Task reading = Task.Run(() => ReadAsync(subscriber, got, isLast), TestContext.Current.CancellationToken);
                if (isLast)
                {
                    await reading.WaitAsync(RunningGateway.Patience, TestContext.Current.CancellationToken);
                    break;
                }
                await UntilAsync(() => fromDevice.Count >= (kill + 1) * PerKill && fromClient.Count >= (kill + 1) * PerKill);
                await Task.Delay(random.Next(200), TestContext.Current.CancellationToken);
                await gateway.KillAsync();
                await Task.WhenAll(device, client, reading).WaitAsync(RunningGateway.Patience, TestContext.Current.CancellationToken);
                subscriber.Dispose();
                gateway.Dispose();
                gateway = null;
                gateway = await ChildGateway.StartAsync(_folder.FullName, portFirst, 20);
            }
        }
        finally
        {
            gateway?.Dispose();
        }
        Check("channel", [.. fromDevice], got["channel"], seed);
        Check("device", [.. fromDevice], got["device"], seed);
        Check("client", [.. fromClient], got["client"], seed);
    }

    private static void Check(string whose, int[] acknowledged, List<int> got, int seed)
    {
        Assert.True(acknowledged.All(got.Contains), $"seed {seed}: of the {whose} {string.Join(',', acknowledged.Except(got))} are lost.");
        // In order, but for what comes again after a kill: a step back for each at most.
        int stepsBack = Enumerable.Range(1, got.Count - 1).Count(i => got[i] <= got[i - 1]);
        Assert.True(stepsBack <= Kills, $"seed {seed}: {stepsBack} steps back with the {whose}: {string.Join(',', got)}");
        int twice = got.Count - got.Distinct().Count();
        TestContext.Current.TestOutputHelper?.WriteLine($"{whose}: {acknowledged.Length} acknowledged, {got.Count} got, {twice} twice");
        // The window of a client is the most that it can have had without its acknowledgement being noted.
        Assert.True(twice <= Kills * 100, $"seed {seed}: {twice} of the {whose} came twice.");
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        long until = Environment.TickCount64 + 3 * (long)RunningGateway.Patience.TotalMilliseconds;
        while (!condition())
        {
            Assert.True(Environment.TickCount64 < until, "Devices and publishers get no acknowledgements.");
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }

    private static async Task<RawClient> OpenAsync(ChildGateway gateway, string clientId)
    {
        MqttConnectPacket packet = MqttSessionTests.Packet(clientId, isClean: false, expirySeconds: 3600, receiveMaximum: 50);
        packet.Username = ChildGateway.Token;
        return (await RawClient.ConnectAsync(gateway.Mqtt, packet)).Client;
    }

    private static async Task SendAsync(int port, Func<int> next, ConcurrentQueue<int> acknowledged)
    {
        using var socket = new TcpClient { NoDelay = true };
        try
        {
            await socket.ConnectAsync("127.0.0.1", port);
            NetworkStream stream = socket.GetStream();
            byte[] reply = new byte["#ASD#1\r\n".Length];
            await stream.WriteAsync("#L#353173060000000;NA\r\n"u8.ToArray());
            await stream.ReadExactlyAsync(reply.AsMemory(0, "#AL#1\r\n".Length));
            while (true)
            {
                int number = next();
                await stream.WriteAsync(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"#SD#141123;221320;5441.2320;N;02516.7820;E;54;090;{number};11\r\n")));
                await stream.ReadExactlyAsync(reply);
                acknowledged.Enqueue(number);
            }
        }
        catch (Exception killed) when (killed is IOException or SocketException)
        {
            // The gateway is gone.
        }
    }

    private static async Task PublishAsync(RawClient client, Func<int> next, ConcurrentQueue<int> acknowledged)
    {
        try
        {
            while (true)
            {
                int number = next();
                await client.SendAsync(new MqttPublishPacket { Topic = "own/numbers", PacketIdentifier = 1, QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce, PayloadSegment = Encoding.ASCII.GetBytes($"{number}") });
                if (await client.ReceiveAsync() is not MqttPubAckPacket) return;
                acknowledged.Enqueue(number);
            }
        }
        catch (SocketException)
        {
            // The gateway is gone.
        }
    }

    /// <summary>Takes and acknowledges what comes, to the end of the connection or, after the last kill, until nothing more is there.</summary>
    private static async Task ReadAsync(RawClient subscriber, Dictionary<string, List<int>> got, bool isLast)
    {
        try
        {
            int quiet = 0;
            if (isLast) await subscriber.SendAsync([0xC0, 0]);
            while (await subscriber.ReceiveAsync() is { } packet)
            {
                if (packet is MqttPingRespPacket)
                {
                    // What is read from disk can come after the answer: ask until nothing came between several.
                    if (++quiet == 20) return;
                    await Task.Delay(50);
                    await subscriber.SendAsync([0xC0, 0]);
                }
                if (packet is not MqttPublishPacket publish) continue;
                quiet = 0;
                if (publish.Topic.StartsWith("own/", StringComparison.Ordinal)) got["client"].Add(int.Parse(Encoding.ASCII.GetString(publish.Payload), CultureInfo.InvariantCulture));
                else got[publish.Topic.Contains("/channels/", StringComparison.Ordinal) ? "channel" : "device"].Add(JsonDocument.Parse(publish.Payload).RootElement.GetProperty("position.altitude").GetInt32());
                await subscriber.AcknowledgeAsync(publish);
            }
        }
        catch (SocketException)
        {
            // The gateway is gone.
        }
    }
}
