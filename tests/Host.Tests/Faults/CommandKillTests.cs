using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json;
using Gateway.Host.Tests.Channels;
using Xunit;

namespace Gateway.Host.Tests.Faults;

public sealed class CommandKillTests : IDisposable
{
    private const string Location = "*HQ,3500000017,V1,030405,A,4851.4800,N,00221.0000,W,33.00,270,020126,FFF7F9FB#";

    private const int Commands = 100;
    private const int Kills = 5;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-kill-");

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>
    /// Promise: a killed gateway has the commands that waited, but for those whose time is over; and a command that may have been sent before the kill is not sent again: its result says what is known.
    /// </summary>
    [Fact]
    public async Task Killed_with_commands_in_the_queue_the_gateway_sends_each_once_or_says_why_not()
    {
        int portFirst = 12_000 + (Random.Shared.Next(40) * 64);
        ChildGateway gateway = await ChildGateway.StartAsync(_folder.FullName, portFirst);
        try
        {
            (_, int port) = await gateway.CreateChannelAsync("h02");
            await PostAsync(gateway, "gw/devices", """[{"protocol_name":"h02","configuration":{"ident":"3500000017"}}]""");
            JsonElement[] queued = await PostAsync(gateway, "gw/devices/1/commands-queue", """[{"name":"engine.stop"},{"name":"engine.resume"},{"name":"alarm.arm","ttl":1}]""");
            await KillAsync();

            // What waited is there, what ended is not forgotten, what is too late is expired.
            JsonElement expired = Assert.Single(await EndedAsync(gateway, 1));
            Assert.Equal((IdOf(queued[2]), "expired"), (IdOf(expired), StateOf(expired)));
            Assert.Equal([IdOf(queued[0]), IdOf(queued[1])], (await GetAsync(gateway, "gw/devices/1/commands-queue/all")).Select(IdOf));

            using (TestDevice device = await ConnectAsync(port))
            {
                Assert.Contains(",S20,", await ReadUntilAsync(device, "1,1#"), StringComparison.Ordinal);
                await KillAsync();
            }
            JsonElement lost = Assert.Single(await EndedAsync(gateway, 2), result => IdOf(result) == IdOf(queued[0]));
            Assert.Equal(("failed", "The gateway stopped before an answer came."), (StateOf(lost), lost.GetProperty("reason").GetString()));

            using (TestDevice device = await ConnectAsync(port))
            {
                // The next in the queue is the other one.
                string received = await ReadUntilAsync(device, "1,0#");
                Assert.DoesNotContain("1,1#", received, StringComparison.Ordinal);
                await device.SendAsync("*HQ,3500000017,V4,S20,DONE,030500#");
                JsonElement done = Assert.Single(await EndedAsync(gateway, 3), result => IdOf(result) == IdOf(queued[1]));
                Assert.Equal(("processed", "S20,DONE,030500"), (StateOf(done), done.GetProperty("response").GetString()));
            }
        }
        finally
        {
            gateway.Dispose();
        }

        async Task KillAsync()
        {
            await gateway.KillAsync();
            gateway.Dispose();
            gateway = await ChildGateway.StartAsync(_folder.FullName, portFirst);
            Assert.DoesNotContain("fail:", gateway.Printed, StringComparison.Ordinal);
        }
    }

    /// <summary>Promise: however often the gateway is killed, no command reaches its device twice, each has an end that says what is known, and what is said to be answered was received.</summary>
    [Fact]
    public async Task Killed_at_any_moment_the_gateway_sends_no_command_twice()
    {
        int seed = Environment.TickCount, portFirst = 15_000 + (Random.Shared.Next(40) * 64);
        var random = new Random(seed);
        ChildGateway gateway = await ChildGateway.StartAsync(_folder.FullName, portFirst);
        try
        {
            (_, int port) = await gateway.CreateChannelAsync("h02");
            await PostAsync(gateway, "gw/devices", """[{"protocol_name":"h02","configuration":{"ident":"3500000017"}}]""");
            // Each command has a period of its own, by which the device knows it.
            string orders = string.Join(',', Enumerable.Range(0, Commands).Select(i => $$$"""{"name":"position.periodic","properties":{"frequency":{{{1_000 + i}}}}}"""));
            JsonElement[] queued = await PostAsync(gateway, "gw/devices/1/commands-queue", $"[{orders}]");

            var received = new ConcurrentQueue<int>();
            using var stopping = new CancellationTokenSource();
            Task device = Task.Run(() => ObeyAsync(port, received, stopping.Token), TestContext.Current.CancellationToken);
            for (int kill = 0; kill < Kills; kill++)
            {
                int before = received.Count;
                await Eventually.TrueAsync(() => received.Count > before, $"the device gets commands, seed {seed}");
                await Task.Delay(random.Next(60), TestContext.Current.CancellationToken);
                await gateway.KillAsync();
                gateway.Dispose();
                gateway = await ChildGateway.StartAsync(_folder.FullName, portFirst);
            }
            JsonElement[] results = await EndedAsync(gateway, Commands);
            await stopping.CancelAsync();
            await device;

            Assert.Equal(Commands, results.Length);
            Dictionary<int, int> counts = received.CountBy(period => period).ToDictionary();
            Assert.True(counts.Values.All(count => count == 1), $"twice, seed {seed}: {string.Join(' ', counts.Where(pair => pair.Value > 1))}");
            foreach (JsonElement result in results)
            {
                int period = 1_000 + Array.FindIndex(queued, command => IdOf(command) == IdOf(result));
                Assert.True(StateOf(result) is "failed" || (StateOf(result) is "processed" && counts.ContainsKey(period)), $"seed {seed}: {result.GetRawText()}");
            }
            TestContext.Current.TestOutputHelper?.WriteLine($"{Kills} kills, {results.Count(result => StateOf(result) == "processed")} answered, {results.Count(result => StateOf(result) == "failed")} unknown, {received.Count} received");
        }
        finally
        {
            gateway.Dispose();
        }
    }

    /// <summary>A device that connects again whenever it is cut off, and answers each command.</summary>
    private static async Task ObeyAsync(int port, ConcurrentQueue<int> received, CancellationToken stopping)
    {
        byte[] buffer = new byte[4096];
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                using TestDevice device = await ConnectAsync(port);
                string text = "";
                while (true)
                {
                    int count = await device.Socket.ReceiveAsync(buffer.AsMemory(), System.Net.Sockets.SocketFlags.None, stopping);
                    if (count == 0) break;
                    text += System.Text.Encoding.ASCII.GetString(buffer, 0, count);
                    for (int end; (end = text.IndexOf('#', StringComparison.Ordinal)) >= 0; text = text[(end + 1)..])
                    {
                        string[] fields = text[..end].Split(',');
                        if (fields[2] != "S71") continue;
                        received.Enqueue(int.Parse(fields[^1], System.Globalization.CultureInfo.InvariantCulture));
                        await device.SendAsync("*HQ,3500000017,V4,S71,DONE,030500#");
                    }
                }
            }
            catch (System.Net.Sockets.SocketException)
            {
                await Task.Delay(20, CancellationToken.None);       // the gateway is being killed
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private static async Task<TestDevice> ConnectAsync(int port)
    {
        TestDevice device = await TestDevice.ConnectAsync(port);
        await device.SendAsync(Location);
        return device;
    }

    private static async Task<string> ReadUntilAsync(TestDevice device, string end)
    {
        var received = new System.Text.StringBuilder();
        byte[] buffer = new byte[4096];
        using var limit = new CancellationTokenSource(TestDevice.Patience);
        while (!received.ToString().EndsWith(end, StringComparison.Ordinal))
        {
            int count = await device.Socket.ReceiveAsync(buffer.AsMemory(), System.Net.Sockets.SocketFlags.None, limit.Token);
            Assert.True(count > 0, $"closed after {received}");
            received.Append(System.Text.Encoding.ASCII.GetString(buffer, 0, count));
        }
        return received.ToString();
    }

    private static async Task<JsonElement[]> PostAsync(ChildGateway gateway, string path, string body)
    {
        using HttpResponseMessage answer = await gateway.Http.PostAsync(path, new StringContent(body));
        JsonElement json = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.True(answer.IsSuccessStatusCode && !json.TryGetProperty("errors", out _), json.GetRawText());
        return [.. json.GetProperty("result").EnumerateArray()];
    }

    private static async Task<JsonElement[]> GetAsync(ChildGateway gateway, string path) =>
        [.. (await gateway.Http.GetFromJsonAsync<JsonElement>(path)).GetProperty("result").EnumerateArray()];

    private static async Task<JsonElement[]> EndedAsync(ChildGateway gateway, int count)
    {
        long until = Environment.TickCount64 + (long)TestDevice.Patience.TotalMilliseconds;
        while (true)
        {
            JsonElement[] results = await GetAsync(gateway, "gw/devices/1/commands-result");
            if (results.Length >= count) return results;
            Assert.True(Environment.TickCount64 < until, $"{results.Length} of {count} commands have ended.");
            await Task.Delay(20);
        }
    }

    private static long IdOf(JsonElement command) => command.GetProperty("id").GetInt64();

    private static string StateOf(JsonElement command) => command.GetProperty("state").GetString()!;
}
