using System.Net;
using System.Text;
using System.Text.Json;
using Gateway.Codecs;
using Gateway.Host.Channels;
using Gateway.Host.Listeners;
using Gateway.Host.Tests.Channels;
using Xunit;

namespace Gateway.Host.Tests.Listeners;

/// <summary>Promise: a channel of the protocol http takes flat JSON from anybody, keeps the names it is sent with, and what it gave out it can take back.</summary>
public sealed class HttpChannelTests
{
    [Fact]
    public async Task Messages_posted_to_the_port_come_out_of_the_api_under_the_names_they_came_with()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(codecs: CodecRegistry.BuiltIn);
        Channel channel = await CreateAsync(gateway);
        using var http = new HttpClient();
        Assert.Equal(HttpStatusCode.OK, await PostAsync(http, channel, """
            [{"ident":"a","timestamp":1706760559.319966,"position.latitude":-17.724326,"position.longitude":-63.171542,"vehicle_id":"X 1","fuel.level":42.5,"din":3,"alarm.event":true,"message.type":"D0"},
             {"ident":"b","timestamp":"2024-02-01T04:09:20Z","position":{"speed":7},"none":null,"channel.id":77,"custom.ids":[5,6]}]
            """));
        (_, JsonElement body) = await gateway.GetAsync("/gw/channels/1/messages");
        JsonElement[] messages = [.. body.GetProperty("result").EnumerateArray()];
        Assert.Equal(
            ["alarm.event", "channel.id", "din", "fuel.level", "ident", "message.type", "peer", "position.latitude", "position.longitude", "protocol.id", "server.timestamp", "timestamp", "vehicle_id"],
            messages[0].EnumerateObject().Select(parameter => parameter.Name));
        Assert.Equal(("X 1", 42.5, 3, true, -17.724326m, 1706760559.319966m), (
            messages[0].GetProperty("vehicle_id").GetString(), messages[0].GetProperty("fuel.level").GetDouble(), messages[0].GetProperty("din").GetInt32(), messages[0].GetProperty("alarm.event").GetBoolean(),
            messages[0].GetProperty("position.latitude").GetDecimal(), messages[0].GetProperty("timestamp").GetDecimal()));
        Assert.Equal(("b", 1706760560, 1, 7, 6), (
            messages[1].GetProperty("ident").GetString(), messages[1].GetProperty("timestamp").GetInt32(), messages[1].GetProperty("channel.id").GetInt32(), messages[1].GetProperty("position.speed").GetInt32(),
            messages[1].GetProperty("custom.ids.2").GetInt32()));

        // A filter finds them, by names of the dictionary and others.
        (_, body) = await gateway.GetAsync("/gw/channels/1/messages?data=" + Uri.EscapeDataString("""{"filter":"fuel.level>40&&vehicle_id~\"X*\"","fields":"ident"}"""));
        Assert.Equal("""{"result":[{"ident":"a"}]}""", body.GetRawText());

        // What came out goes in again, and is the same but for what the gateway says of it.
        Channel second = await CreateAsync(gateway);
        Assert.Equal(HttpStatusCode.OK, await PostAsync(http, second, $"[{messages[0].GetRawText()},{messages[1].GetRawText()}]"));
        (_, body) = await gateway.GetAsync("/gw/channels/2/messages");
        string[] own = ["channel.id", "peer", "server.timestamp"];
        Assert.Equal(
            messages.Select(message => string.Join(',', message.EnumerateObject().Where(parameter => !own.Contains(parameter.Name)).Select(parameter => parameter.ToString()))),
            body.GetProperty("result").EnumerateArray().Select(message => string.Join(',', message.EnumerateObject().Where(parameter => !own.Contains(parameter.Name)).Select(parameter => parameter.ToString()))));
    }

    [Fact]
    public async Task What_is_no_list_of_messages_is_refused_whole()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(codecs: CodecRegistry.BuiltIn);
        Channel channel = await CreateAsync(gateway);
        using var http = new HttpClient();
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync(http, channel, """[{"ident":"a","din":1},{"din":2}]"""));
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync(http, channel, """[{"ident":5}]"""));
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync(http, channel, "7"));
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync(http, channel, ""));
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync(http, channel, "[[{\"ident\":\"a\"}]]"));
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync(http, channel, "{\"messages\":[{\"ident\":\"a\"}]}"));
        Assert.Equal(HttpStatusCode.OK, await PostAsync(http, channel, "[]"));
        using HttpResponseMessage answer = await http.GetAsync(AddressOf(channel), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        (_, JsonElement body) = await gateway.GetAsync("/gw/channels/1/messages");
        Assert.Equal(0, body.GetProperty("result").GetArrayLength());
        Assert.Equal(HttpStatusCode.OK, await PostAsync(http, channel, """{"ident":"123"}"""));
        (_, body) = await gateway.GetAsync("/gw/channels/1/messages");
        Assert.Equal(1, body.GetProperty("result").GetArrayLength());
    }

    [Theory]
    [InlineData("{\"ident\":\"a\"", "The request can't be read; nothing of it was stored.")]
    [InlineData("[{\"ident\":\"a\"},]", "The request can't be read; nothing of it was stored.")]
    [InlineData("ident=a&din=1", "The request can't be read; nothing of it was stored.")]
    [InlineData("{\"ident\":\"a\",\"a\":tru}", "The request can't be read; nothing of it was stored.")]
    public async Task A_body_that_is_no_json_is_answered_and_the_connection_goes_on(string body, string reason)
    {
        await using TestGateway gateway = await TestGateway.StartAsync(codecs: CodecRegistry.BuiltIn);
        Channel channel = await CreateAsync(gateway);
        using TestDevice client = await TestDevice.ConnectAsync(channel.Definition.Port);
        for (int i = 0; i < 20; i++)        // requests in between that are understood: it may go on for ever
        {
            await client.SendAsync(Request(body));
            await ExpectRefusalAsync(client, "400 Bad Request", reason, closes: false);
            await client.SendAsync(Request("[{\"ident\":\"a\"}]"));
            await client.ExpectAsync("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
        }
        Assert.Equal((20, 20), (channel.Counters.Of(DecodeStatus.Malformed) + channel.Counters.Of(DecodeStatus.Truncated), channel.Counters.Messages));
        (_, JsonElement packets) = await gateway.GetAsync("/gw/channels/1/packets?data=" + Uri.EscapeDataString("{\"filter\":\"refused\"}"));
        Assert.Equal(20, packets.GetProperty("result").GetArrayLength());
    }

    [Fact]
    public async Task Who_sends_nothing_else_than_what_cannot_be_read_is_told_that_the_connection_ends()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(codecs: CodecRegistry.BuiltIn);
        Channel channel = await CreateAsync(gateway);
        using TestDevice client = await TestDevice.ConnectAsync(channel.Definition.Port);
        for (int i = 1; i <= FrameDecoder.UnknownBeforeFirstMax; i++)
        {
            await client.SendAsync(Request("x"));
            await ExpectRefusalAsync(client, "400 Bad Request", "The request can't be read", closes: i == FrameDecoder.UnknownBeforeFirstMax);
        }
        await client.ExpectClosedAsync();
    }

    [Fact]
    public async Task A_request_that_is_too_long_is_answered_although_its_sender_goes_on_sending()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(codecs: CodecRegistry.BuiltIn);
        Channel channel = await CreateAsync(gateway);
        string large = $"[{{\"ident\":\"a\",\"text\":\"{new string('x', 3_000_000)}\"}}]";
        using var http = new HttpClient();
        using var content = new StringContent(large, Encoding.UTF8, "application/json");
        using HttpResponseMessage answer = await http.PostAsync(AddressOf(channel), content, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Contains("at most 1048576 bytes", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);

        foreach ((string sent, string status, string reason) in new[]
        {
            ($"POST / HTTP/1.1\r\nx: {new string('y', 20_000)}", "431 Request Header Fields Too Large", "at most 16384 bytes"),
            ("POST / HTTP/1.1\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n", "400 Bad Request", "one length of its body"),
            ("\u0016\u0003\u0001 no request", "400 Bad Request", "no HTTP/1.1 request"),
        })
        {
            using TestDevice client = await TestDevice.ConnectAsync(channel.Definition.Port);
            await client.SendAsync(sent);
            await ExpectRefusalAsync(client, status, reason, closes: true);
            await client.ExpectClosedAsync();
        }
        Assert.Equal((2, 2), (channel.Counters.Of(FrameStatus.TooLong), channel.Counters.Of(FrameStatus.Malformed)));
        Assert.Equal(0, channel.Counters.Messages);
    }

    [Fact]
    public async Task Who_asks_whether_the_body_may_come_is_told_once()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(codecs: CodecRegistry.BuiltIn);
        Channel channel = await CreateAsync(gateway);
        using TestDevice client = await TestDevice.ConnectAsync(channel.Definition.Port);
        for (int i = 0; i < 3; i++)
        {
            await client.SendAsync("POST / HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: 15\r\n\r\n");
            await client.ExpectAsync("HTTP/1.1 100 Continue\r\n\r\n");
            await client.SendAsync("{\"ident\":");
            await client.SendAsync("\"abc\"}");
            await client.ExpectAsync("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
        }
        await client.SendAsync("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 15000000\r\n\r\n");
        await ExpectRefusalAsync(client, "413 Content Too Large", "at most 1048576 bytes", closes: true);
    }

    private static string Request(string body) => $"POST / HTTP/1.1\r\nContent-Length: {body.Length}\r\n\r\n{body}";

    private static async Task ExpectRefusalAsync(TestDevice client, string status, string reason, bool closes)
    {
        await client.ExpectAsync($"HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{(closes ? "connection: close\r\n" : "")}content-length: ");
        int length = int.Parse(await client.ReadUntilAsync("\r\n\r\n"), System.Globalization.CultureInfo.InvariantCulture);
        string told = JsonElement.Parse(await client.ReadAsync(length)).GetProperty("errors")[0].GetProperty("reason").GetString()!;
        Assert.Contains(reason, told, StringComparison.Ordinal);
        if (status.StartsWith("400", StringComparison.Ordinal)) Assert.EndsWith("Expected is a JSON array of flat objects, or one object, each with its sender in ident, a text.", told, StringComparison.Ordinal);
    }

    private static Uri AddressOf(Channel channel) => new($"http://127.0.0.1:{channel.Definition.Port}/any");

    private static async Task<Channel> CreateAsync(TestGateway gateway)
    {
        ChannelOutcome outcome = await gateway.Channels.CreateAsync(new ChannelDraft { ProtocolName = "http" }, CancellationToken.None);
        Assert.Null(outcome.Problem);
        return outcome.Channel!;
    }

    private static async Task<HttpStatusCode> PostAsync(HttpClient http, Channel channel, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using HttpResponseMessage answer = await http.PostAsync(AddressOf(channel), content, TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }
}
