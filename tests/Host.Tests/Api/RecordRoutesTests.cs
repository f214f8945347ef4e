using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Gateway.Host.Channels;
using Gateway.Host.Tests.Channels;
using Xunit;

namespace Gateway.Host.Tests.Api;

/// <summary>Promise: what devices sent and were sent, and what happened on channels, is readable over REST in the shape that viewers expect.</summary>
public sealed class RecordRoutesTests
{
    [Fact]
    public async Task Packets_of_an_ident_are_given_from_connect_to_disconnect()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        string source = await ServeAsync(channel, "tracker1", "#M;1\n");
        await ServeAsync(channel, "tracker2", "#M;2\n");

        JsonElement[] packets = await ResultAsync(gateway, "/gw/channels/1/idents/tracker1/packets");
        Assert.Equal([0, 2, 3, 2, 3, 1], packets.Select(packet => packet.GetProperty("type").GetInt32()));
        Assert.Equal(Enumerable.Range(0, 6), packets.Select(packet => packet.GetProperty("index").GetInt32()));
        Assert.Equal(["#L;tracker1\n", "#AL;1\n", "#M;1\n", "#AM;1\n"], packets[1..^1].Select(TextOf));
        Assert.Single(packets.Select(packet => packet.GetProperty("conn").GetInt64()).Distinct());
        Assert.Equal(["channel_id", "conn", "ident", "index", "source", "timestamp", "type"], packets[0].EnumerateObject().Select(member => member.Name));
        Assert.Equal(["channel_id", "conn", "data", "ident", "index", "timestamp", "type"], packets[1].EnumerateObject().Select(member => member.Name));
        Assert.Equal(["channel_id", "close_code", "conn", "ident", "index", "timestamp", "type"], packets[^1].EnumerateObject().Select(member => member.Name));
        Assert.Equal((source, 2), (packets[0].GetProperty("source").GetString(), packets[^1].GetProperty("close_code").GetInt32()));
        Assert.All(packets, packet => Assert.Equal("tracker1", packet.GetProperty("ident").GetString()));
        decimal[] times = [.. packets.Select(packet => packet.GetProperty("timestamp").GetDecimal())];
        Assert.Equal(times.Distinct().Order(), times);
    }

    [Theory]
    [InlineData("""{"filter":"type=2"}""", "L M L M")]
    [InlineData("""{"filter":"type=3&&ident=tracker2"}""", "AL AM")]
    [InlineData("""{"filter":"type==2&&ident==\"tracker1\""}""", "L M")]
    [InlineData("""{"filter":"index>=3 && index<5"}""", "M AM M AM")]
    [InlineData("""{"filter":"type=2","reverse":true,"count":1}""", "M")]
    [InlineData("""{"reverse":true,"count":3,"filter":"exists(\"data\")"}""", "AM M AL")]
    [InlineData("""{"filter":"type=130"}""", "")]
    [InlineData("""{"filter":"ident","count":2,"fields":"data,index"}""", ". L")]
    public async Task Packets_are_chosen_by_filter_count_and_order(string data, string letters)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        await ServeAsync(channel, "tracker1", "#M;1\n");
        await ServeAsync(channel, "tracker2", "#M;2\n");
        JsonElement[] packets = await ResultAsync(gateway, $"/gw/channels/1/packets?data={Uri.EscapeDataString(data)}");
        Assert.Equal(letters, string.Join(' ', packets.Select(packet => packet.TryGetProperty("data", out _) ? TextOf(packet).TrimStart('#').Split(';')[0] : ".")));
        if (data.Contains("fields", StringComparison.Ordinal)) Assert.Equal(["""{"index":0}""", $$"""{"data":"{{packets[1].GetProperty("data").GetString()}}","index":1}"""], packets.Select(packet => packet.GetRawText()));
    }

    [Fact]
    public async Task Pages_by_time_leave_nothing_out()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        for (int i = 0; i < 5; i++) await ServeAsync(channel, $"tracker{i}", "#M;1\n");
        JsonElement[] all = await ResultAsync(gateway, "/gw/channels/1/packets");
        Assert.Equal(30, all.Length);

        foreach (bool isReverse in new[] { false, true })
        {
            var paged = new List<string>();
            decimal from = 0, to = 100_000_000_000;
            while (true)
            {
                JsonElement[] page = await ResultAsync(gateway, $$"""/gw/channels/1/packets?data={"from":{{Number(from)}},"to":{{Number(to)}},"count":7,"reverse":{{(isReverse ? "true" : "false")}}}""");
                if (page.Length == 0) break;
                paged.AddRange(page.Select(packet => packet.GetRawText()));
                decimal last = page[^1].GetProperty("timestamp").GetDecimal();
                if (isReverse) to = last - 0.000001m;
                else from = last + 0.000001m;
            }

            Assert.Equal(isReverse ? all.Reverse().Select(packet => packet.GetRawText()) : all.Select(packet => packet.GetRawText()), paged);
        }

        static string Number(decimal value) => value.ToString(CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task Traffic_without_an_ident_is_found_on_the_channel_and_under_no_ident()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        using (TestDevice stranger = await TestDevice.ConnectAsync(channel.Definition.Port))
        {
            await stranger.SendAsync("GET /");
            await stranger.ExpectClosedAsync();
        }

        await ServeAsync(channel, "tracker\u00FF1", "#M;1\n");       // a byte that is no UTF-8 breaks nothing
        JsonElement[] packets = await ResultAsync(gateway, "/gw/channels/1/packets");
        Assert.Contains(packets, packet => packet.TryGetProperty("data", out _) && TextOf(packet) == "GET /" && !packet.TryGetProperty("ident", out _));
        Assert.All(await ResultAsync(gateway, "/gw/channels/1/idents/*/packets"), packet => Assert.Equal("tracker\uFFFD1", packet.GetProperty("ident").GetString()));
        Assert.Equal("tracker\uFFFD1", Assert.Single(await ResultAsync(gateway, "/gw/channels/1/idents/*")).GetProperty("ident").GetString());
    }

    [Fact]
    public async Task Idents_are_listed_by_mask_with_size_and_on_request_more()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync(), other = await gateway.CreateAsync();
        foreach (string ident in new[] { "beta", "alpha1", "alpha2" }) await ServeAsync(channel, ident, "#M;1\n");
        await ServeAsync(other, "alpha3", "");

        foreach ((string mask, string[] idents) in new[] { ("*", new[] { "alpha1", "alpha2", "beta" }), ("all", ["alpha1", "alpha2", "beta"]), ("*pha%3F", ["alpha1", "alpha2"]), ("beta", ["beta"]), ("nobody", []) })
        {
            JsonElement[] found = await ResultAsync(gateway, $"/gw/channels/1/idents/{mask}");
            Assert.Equal(idents, found.Select(item => item.GetProperty("ident").GetString()));
            Assert.All(found, item => Assert.True(item.GetProperty("size").GetInt64() > 6 * 32));
        }

        JsonElement beta = Assert.Single(await ResultAsync(gateway, "/gw/channels/1/idents/beta?fields=ident,count,first,last,channel_id"));
        Assert.Equal((6, 1), (beta.GetProperty("count").GetInt32(), beta.GetProperty("channel_id").GetInt32()));
        JsonElement[] packets = await ResultAsync(gateway, "/gw/channels/1/idents/beta/packets");
        Assert.Equal((packets[0].GetProperty("timestamp").GetDecimal(), packets[^1].GetProperty("timestamp").GetDecimal()), (beta.GetProperty("first").GetDecimal(), beta.GetProperty("last").GetDecimal()));
        Assert.Equal(["alpha1", "alpha2", "alpha3"], (await ResultAsync(gateway, "/gw/channels/all/idents/alpha*")).Select(item => item.GetProperty("ident").GetString()).Order());
        (_, JsonElement body) = await gateway.GetAsync("/gw/channels/1/idents/*?limit=1&offset=1");
        Assert.Equal("alpha2", Assert.Single(body.GetProperty("result").EnumerateArray()).GetProperty("ident").GetString());
    }

    [Fact]
    public async Task Logs_have_codes_and_what_belongs_to_them()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        string source = await ServeAsync(channel, "tracker1", "#M;1\n");
        JsonElement[] logs = await ResultAsync(gateway, "/gw/channels/1/logs");
        Assert.Equal([1, 100, 101, 102], logs.Select(log => log.GetProperty("event_code").GetInt32()));
        JsonElement closed = logs[^1];
        Assert.Equal(
            ["close_code", "connection_id", "duration", "event_code", "ident", "msgs", "origin_id", "origin_type", "recv", "send", "source", "transport", "timestamp"],
            closed.EnumerateObject().Select(member => member.Name));
        Assert.Equal((2, "tracker1", 1, 17, 12, source, "tcp"), (
            closed.GetProperty("close_code").GetInt32(), closed.GetProperty("ident").GetString(), closed.GetProperty("msgs").GetInt32(), closed.GetProperty("recv").GetInt32(),
            closed.GetProperty("send").GetInt32(), closed.GetProperty("source").GetString(), closed.GetProperty("transport").GetString()));

        foreach ((string data, int[] codes) in new[]
        {
            ("""{"filter":"event_code=102"}""", new[] { 102 }),
            ("""{"filter":"ident=tracker1"}""", [101, 102]),
            ("""{"filter":"event_code>=100&&close_code=2"}""", [102]),
            ("""{"reverse":true,"count":2}""", [102, 101]),
            ("""{"item_type":9,"count":1}""", [1]),
            ("""{"item_type":12}""", []),
            ($$"""{"from":{{closed.GetProperty("timestamp").GetRawText()}}}""", [102]),
            ($$"""{"filter":"timestamp>={{closed.GetProperty("timestamp").GetRawText()}}"}""", [102]),
        })
            Assert.Equal(codes, (await ResultAsync(gateway, $"/gw/channels/1/logs?data={Uri.EscapeDataString(data)}")).Select(log => log.GetProperty("event_code").GetInt32()));
        JsonElement[] projected = await ResultAsync(gateway, """/gw/channels/1/logs?data={"fields":"event_code,source","count":2}""");
        Assert.Equal(["""{"event_code":1}""", $$"""{"event_code":100,"source":"{{source}}"}"""], projected.Select(log => log.GetRawText()));
    }

    [Fact]
    public async Task Traffic_and_logs_survive_a_restart_and_go_with_the_channel()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("gateway-records-");
        try
        {
            await using (TestGateway gateway = await TestGateway.StartAsync(onDisk: true, folder: folder.FullName)) await ServeAsync(await gateway.CreateAsync(), "tracker1", "#M;1\n");
            await using TestGateway again = await TestGateway.StartAsync(onDisk: true, folder: folder.FullName);
            Assert.True(again.Channels.TryFind(1, out Channel? channel));
            await ServeAsync(channel, "tracker1", "#M;2\n");
            JsonElement[] packets = await ResultAsync(again, "/gw/channels/1/idents/tracker1/packets");
            Assert.Equal([0, 2, 3, 2, 3, 1, 0, 2, 3, 2, 3, 1], packets.Select(packet => packet.GetProperty("type").GetInt32()));
            Assert.Equal(2, packets.Select(packet => packet.GetProperty("conn").GetInt64()).Distinct().Count());

            Assert.Equal(HttpStatusCode.OK, (await again.SendAsync(HttpMethod.Delete, "/gw/channels/1")).Status);
            Assert.Equal(HttpStatusCode.NotFound, (await again.GetAsync("/gw/channels/1/packets")).Status);
            Assert.False(Directory.Exists(Path.Combine(folder.FullName, "rings", "traffic", "1")) || Directory.Exists(Path.Combine(folder.FullName, "rings", "logs", "1")));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Damage_is_told_beside_what_is_left()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        await ServeAsync(channel, "tracker1", "#M;1\n");
        Assert.Equal(6, (await ResultAsync(gateway, "/gw/channels/1/packets")).Length);
        string file = Directory.GetFiles(Path.Combine(gateway.Options.DataFolder, "rings", "traffic", "1")).Single();
        using (FileStream stream = new(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            const int inFirstRecord = 80 + 8;
            stream.Position = inFirstRecord;
            int harmed = stream.ReadByte() ^ 0xFF;
            stream.Position = inFirstRecord;
            stream.WriteByte((byte)harmed);
        }

        (HttpStatusCode status, JsonElement body) = await gateway.GetAsync("/gw/channels/1/packets");
        Assert.Equal((HttpStatusCode.OK, 5), (status, body.GetProperty("result").GetArrayLength()));
        JsonElement warning = Assert.Single(body.GetProperty("warnings").EnumerateArray());
        Assert.Equal((1, "ring-1: 48 bytes at 80 can't be read: the bytes are damaged."), (warning.GetProperty("id").GetInt32(), warning.GetProperty("reason").GetString()));
        (_, body) = await gateway.GetAsync("/gw/channels/1/idents/*");
        Assert.Single(body.GetProperty("warnings").EnumerateArray());
    }

    [Theory]
    [InlineData("/gw/channels/1/packets?data={\"colour\":1}", "valid keys: from, to, count, reverse, filter, fields")]
    [InlineData("/gw/channels/1/packets?data={\"curr_key\":1}", "data has no key 'curr_key'")]
    [InlineData("/gw/channels/1/packets?data={\"from\":\"x\"}", "data.from must be a number of seconds")]
    [InlineData("/gw/channels/1/idents/x/packets?data={\"count\":0}", "data.count must be an integer, 1")]
    [InlineData("/gw/channels/1/idents/x/packets?data={\"filter\":\"((\"}", "filter is not understood")]
    [InlineData("/gw/channels/1/logs?data={\"item_type\":-1}", "data.item_type must be an integer, 0")]
    [InlineData("/gw/channels/1/logs?data={\"from\":2,\"to\":1}", "from must not be later than to")]
    [InlineData("/gw/channels/1/idents/*?fields=colour", "There is no field 'colour'")]
    public async Task Bad_input_is_refused_with_what_was_expected(string path, string reason)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        await gateway.CreateAsync();
        (HttpStatusCode status, JsonElement body) = await gateway.GetAsync(path);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains(reason, body.GetProperty("errors")[0].GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Channels_that_are_not_there_are_told_and_the_others_answer()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        await ServeAsync(await gateway.CreateAsync(), "tracker1", "#M;1\n");
        foreach (string path in new[] { "packets", "logs", "idents/*", "idents/tracker1/packets" })
        {
            (HttpStatusCode status, JsonElement body) = await gateway.GetAsync($"/gw/channels/77/{path}");
            Assert.Equal((HttpStatusCode.NotFound, "There is no channel 77."), (status, body.GetProperty("errors")[0].GetProperty("reason").GetString()));
            (status, body) = await gateway.GetAsync($"/gw/channels/1,77/{path}");
            Assert.Equal((HttpStatusCode.OK, 77), (status, body.GetProperty("errors")[0].GetProperty("id").GetInt32()));
            Assert.NotEqual(0, body.GetProperty("result").GetArrayLength());
        }
    }

    /// <summary>A device that logs in, sends, and leaves.</summary>
    /// <returns>Its address.</returns>
    private static async Task<string> ServeAsync(Channel channel, string ident, string frame)
    {
        using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
        string source = device.Socket.LocalEndPoint!.ToString()!;
        await device.SendAsync($"#L;{ident}\n");
        await device.ExpectAsync("#AL;1\n");
        if (frame.Length > 0)
        {
            await device.SendAsync(frame);
            await device.ExpectAsync("#AM;1\n");
        }

        device.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
        await device.ExpectClosedAsync();
        await Eventually.TrueAsync(() => channel.Connections.Count == 0, "the connection has ended");
        return source;
    }

    private static async Task<JsonElement[]> ResultAsync(TestGateway gateway, string path)
    {
        (HttpStatusCode status, JsonElement body) = await gateway.GetAsync(path);
        Assert.True(status is HttpStatusCode.OK, body.GetRawText());
        Assert.False(body.TryGetProperty("warnings", out _) || body.TryGetProperty("errors", out _), body.GetRawText());
        return [.. body.GetProperty("result").EnumerateArray()];
    }

    private static string TextOf(JsonElement packet) => Encoding.Latin1.GetString(packet.GetProperty("data").GetBytesFromBase64());
}
