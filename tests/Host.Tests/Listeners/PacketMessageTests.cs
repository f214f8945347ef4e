using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Gateway.Host.Channels;
using Gateway.Host.Tests.Channels;
using Gateway.Host.Tests.Devices;
using Gateway.Storage.Tests.Contract;
using Xunit;

namespace Gateway.Host.Tests.Listeners;

/// <summary>Promise: each packet that was received tells which messages it became, so that they can be read by key; or that it became none, and why if bytes of it were refused.</summary>
public sealed class PacketMessageTests
{
    [Fact]
    public async Task A_packet_tells_its_messages_and_a_login_has_none()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        using TestDevice device = await LoginAsync(channel, "tracker1"), other = await LoginAsync(channel, "tracker2");
        await SayAsync(device, "#M;1\n", "#AM;1\n");
        await SayAsync(other, "#M;2\n", "#AM;1\n");
        await SayAsync(device, "#M;3\n#M;4\n#B;3\n", "#AM;1\n#AM;1\n#AB;3\n");
        await SayAsync(device, "#P\n", "#AP;1\n");
        await SayAsync(device, "#M;5\n", "#AM;1\n");

        JsonElement[] packets = await ReceivedAsync(gateway, "/gw/channels/1/idents/tracker1/packets");
        Assert.Equal(["#L;tracker1\n: ", "#M;1\n: 1", "#M;3\n#M;4\n#B;3\n: 3 4 0 1 2", "#P\n: ", "#M;5\n: 5"], await MessagesOfAsync(gateway, packets));
        Assert.Equal(5, packets[2].GetProperty("messages")[0].GetProperty("count").GetInt32());
        Assert.All(packets, packet => Assert.Equal((channel.Id, false), (packet.GetProperty("channel_id").GetInt64(), packet.TryGetProperty("refused", out _))));
        Assert.All(await AllAsync(gateway, "/gw/channels/1/packets"), packet => Assert.True(TypeOf(packet) is 2 || !packet.TryGetProperty("messages", out _)));
    }

    [Fact]
    public async Task A_frame_that_is_cut_over_packets_is_named_by_each_of_them()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        using TestDevice device = await LoginAsync(channel, "tracker1");
        long received = channel.Counters.BytesReceived;
        foreach (string piece in new[] { "#M;1\n#M;", "2", "2\n#M;3\n#P\n#", "M;4\n#P", "\n" })
        {
            await device.SendAsync(piece);
            received += piece.Length;
            await Eventually.TrueAsync(() => channel.Counters.BytesReceived == received, "the piece is read for itself");
            if (piece.StartsWith("#M;1", StringComparison.Ordinal)) await device.ExpectAsync("#AM;1\n");
        }
        await device.ExpectAsync("#AM;1\n#AM;1\n#AP;1\n#AM;1\n#AP;1\n");

        Assert.Equal(
            ["#M;1\n#M;: 1 22", "2: 22", "2\n#M;3\n#P\n#: 22 3 4", "M;4\n#P: 4", "\n: "],
            (await MessagesOfAsync(gateway, await ReceivedAsync(gateway, "/gw/channels/1/packets"))).Skip(1));
    }

    [Fact]
    public async Task A_read_that_lies_in_many_packets_and_appends_names_each_message_once_at_least()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        using TestDevice device = await LoginAsync(channel, "tracker1");
        string sent = string.Concat(Enumerable.Range(0, 20_000).Select(i => $"#M;{i % 90}\n"));
        Task reading = device.ExpectAsync(string.Concat(Enumerable.Repeat("#AM;1\n", 20_000)));
        await device.SendAsync(sent);
        await reading;

        JsonElement[] packets = await ReceivedAsync(gateway, "/gw/channels/1/packets");
        Assert.All(packets.Skip(1), packet => Assert.True(packet.TryGetProperty("messages", out _), packet.GetRawText()));
        HashSet<long> named = [.. packets.SelectMany(RangesOf).SelectMany(range => Enumerable.Range(0, range.Count).Select(i => range.Key + i))];
        Assert.Equal(Enumerable.Range(1, 20_000).Select(key => (long)key), named.Order());
    }

    [Fact]
    public async Task Datagrams_that_share_an_append_tell_their_own_messages()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        TestDevice[] devices = new TestDevice[5];
        for (int i = 0; i < devices.Length; i++) devices[i] = await TestDevice.ConnectUdpAsync(channel.Definition.Port);
        for (int i = 0; i < devices.Length; i++) await devices[i].SendAsync($"#L;t{i}\n");
        foreach (TestDevice device in devices) await device.ExpectAsync("#AL;1\n");
        for (int round = 0; round < 20; round++)
            for (int i = 0; i < devices.Length; i++) await devices[i].SendAsync(i == 2 ? "#P\n" : $"#M;{i}\n#M;{round}\n");
        for (int i = 0; i < devices.Length; i++)
        {
            await devices[i].ExpectAsync(string.Concat(Enumerable.Repeat(i == 2 ? "#AP;1\n" : "#AM;1\n#AM;1\n", 20)));
            devices[i].Dispose();
            Assert.Equal(
                Enumerable.Range(0, 20).Select(round => i == 2 ? "#P\n: " : $"#M;{i}\n#M;{round}\n: {i} {round}"),
                (await MessagesOfAsync(gateway, await ReceivedAsync(gateway, $"/gw/channels/1/idents/t{i}/packets"))).Skip(1));
        }
    }

    [Fact]
    public async Task Refused_bytes_tell_the_reason_beside_the_messages_that_came_with_them()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        foreach (string sent in new[] { "GET /", "#Z", "#L;nobody\n", "#U\n", "#L;a\n#M;1\n#U\n#M;2\n", "#L;b\n#M;x\n", "#L;c\n#M;3\n#T\n", "#L;d\n#M;4\n#E\n" })
        {
            using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
            await device.SendAsync(sent);
            device.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
            await device.ExpectClosedAsync();
            await Eventually.TrueAsync(() => channel.Connections.Count == 0, "the connection has ended");
        }

        JsonElement[] packets = await ReceivedAsync(gateway, "/gw/channels/1/packets");
        Assert.Equal(["Malformed", "TooLong", "NotIdentified", "Unknown", "Unknown", "Malformed", "Truncated", "CodecFault"], packets.Select(packet => packet.GetProperty("refused").GetString()));
        Assert.Equal(["", "", "", "", "1 2", "", "3", "4"], (await MessagesOfAsync(gateway, packets)).Select(line => line[(line.LastIndexOf(':') + 2)..]));

        using TestDevice datagrams = await TestDevice.ConnectUdpAsync(channel.Definition.Port);
        await datagrams.SendAsync("#L;e\n#M;5\n#M;6");
        await datagrams.ExpectAsync("#AL;1\n#AM;1\n");
        JsonElement cut = (await ReceivedAsync(gateway, "/gw/channels/1/idents/e/packets")).Single();
        Assert.Equal(("Truncated", 1), (cut.GetProperty("refused").GetString(), RangesOf(cut).Single().Count));
    }

    [Theory]
    [InlineData("messages", "#M;1\n|#M;2\n#M;3\n")]
    [InlineData("messages>1", "#M;2\n#M;3\n")]
    [InlineData("type=2 && !messages", "#L;t\n|#U\n")]
    [InlineData("refused", "#U\n")]
    [InlineData("refused=\\\"Unknown\\\" && channel_id=1", "#U\n")]
    [InlineData("refused~\\\"Mal*\\\"", "")]
    public async Task Packets_are_chosen_by_what_they_became(string filter, string expected)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        using TestDevice device = await LoginAsync(channel, "t");
        await SayAsync(device, "#M;1\n", "#AM;1\n");
        await device.SendAsync("#U\n");
        await Eventually.TrueAsync(() => channel.Counters.Of(Codecs.DecodeStatus.Unknown) == 1, "it is refused");
        await SayAsync(device, "#M;2\n#M;3\n", "#AM;1\n#AM;1\n");
        JsonElement[] found = await AllAsync(gateway, $"/gw/channels/1/packets?data={Uri.EscapeDataString($$"""{"filter":"{{filter}}"}""")}");
        Assert.Equal(expected, string.Join('|', found.Select(TextOf)));
        foreach (JsonElement packet in await AllAsync(gateway, """/gw/channels/1/packets?data={"fields":"messages,refused","filter":"type=2"}"""))
            Assert.All(packet.EnumerateObject(), member => Assert.Contains(member.Name, new[] { "messages", "refused" }));
    }

    [Fact]
    public async Task While_a_full_channel_takes_no_messages_packets_are_shown_without_them_and_name_them_afterwards()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        InMemoryMessageLog log = gateway.Memory!.Of(channel.Id)!;
        using TestDevice device = await LoginAsync(channel, "t");
        await SayAsync(device, "#M;0\n", "#AM;1\n");
        log.Configure(new Storage.LogOptions { QuotaBytes = log.State.Bytes });
        await device.SendAsync("#M;1\n");
        await Eventually.TrueAsync(() => channel.Counters.Of(Storage.AppendStatus.Full) > 0, "the log refuses");
        JsonElement waiting = (await ReceivedAsync(gateway, "/gw/channels/1/packets"))[2];
        Assert.Equal(("#M;1\n", false), (TextOf(waiting), waiting.TryGetProperty("messages", out _)));
        log.Configure(new Storage.LogOptions());
        await device.ExpectAsync("#AM;1\n");
        Assert.Equal("#M;1\n: 1", (await MessagesOfAsync(gateway, await ReceivedAsync(gateway, "/gw/channels/1/packets")))[2]);
    }

    [Fact]
    public async Task Packets_name_their_messages_after_a_restart_and_at_the_device()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("gateway-packets-");
        try
        {
            await using (TestGateway gateway = await TestGateway.StartAsync(onDisk: true, folder: folder.FullName))
            {
                await gateway.RegisterAsync("t");
                using TestDevice device = await LoginAsync(await gateway.CreateAsync(), "t");
                await SayAsync(device, "#M;1\n", "#AM;1\n");
            }
            await using TestGateway again = await TestGateway.StartAsync(onDisk: true, folder: folder.FullName);
            Assert.True(again.Channels.TryFind(1, out Channel? channel));
            using (TestDevice device = await LoginAsync(channel, "t")) await SayAsync(device, "#M;2\n", "#AM;1\n");
            foreach (string path in new[] { "/gw/channels/1/idents/t/packets", "/gw/devices/1/packets" })
                Assert.Equal(["#L;t\n: ", "#M;1\n: 1", "#L;t\n: ", "#M;2\n: 2"], await MessagesOfAsync(again, await ReceivedAsync(again, path)));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<TestDevice> LoginAsync(Channel channel, string ident)
    {
        TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
        await SayAsync(device, $"#L;{ident}\n", "#AL;1\n");
        return device;
    }

    private static async Task SayAsync(TestDevice device, string sent, string expected)
    {
        await device.SendAsync(sent);
        await device.ExpectAsync(expected);
    }

    private static async Task<JsonElement[]> AllAsync(TestGateway gateway, string path)
    {
        (HttpStatusCode status, JsonElement body) = await gateway.GetAsync(path);
        Assert.True(status is HttpStatusCode.OK && !body.TryGetProperty("errors", out _) && !body.TryGetProperty("warnings", out _), body.GetRawText());
        return [.. body.GetProperty("result").EnumerateArray()];
    }

    private static async Task<JsonElement[]> ReceivedAsync(TestGateway gateway, string path) => [.. (await AllAsync(gateway, path)).Where(packet => TypeOf(packet) is 2 or 130)];

    /// <summary>Goes from packets to their messages as a client does: <c>bytes: latitudes</c>.</summary>
    private static async Task<List<string>> MessagesOfAsync(TestGateway gateway, JsonElement[] packets)
    {
        var lines = new List<string>();
        foreach (JsonElement packet in packets)
        {
            var latitudes = new List<string>();
            foreach ((long key, int count) in RangesOf(packet))
            {
                string path = $"/gw/channels/{packet.GetProperty("channel_id").GetInt64()}/messages?data=" + Uri.EscapeDataString($$"""{"curr_key":{{key}},"limit_count":{{count}}}""");
                JsonElement[] messages = [.. (await gateway.GetAsync(path)).Body.GetProperty("result").EnumerateArray()];
                Assert.Equal(count, messages.Length);
                Assert.All(messages, message => Assert.Equal(packet.GetProperty("ident").GetString(), message.GetProperty("ident").GetString()));
                latitudes.AddRange(messages.Select(message => message.GetProperty("position.latitude").GetDouble().ToString(CultureInfo.InvariantCulture)));
            }
            lines.Add($"{TextOf(packet)}: {string.Join(' ', latitudes)}");
        }
        return lines;
    }

    private static IEnumerable<(long Key, int Count)> RangesOf(JsonElement packet) =>
        packet.TryGetProperty("messages", out JsonElement messages) ? messages.EnumerateArray().Select(range => (range.GetProperty("key").GetInt64(), range.GetProperty("count").GetInt32())) : [];

    private static int TypeOf(JsonElement packet) => packet.GetProperty("type").GetInt32();

    private static string TextOf(JsonElement packet) => Encoding.Latin1.GetString(packet.GetProperty("data").GetBytesFromBase64());
}
