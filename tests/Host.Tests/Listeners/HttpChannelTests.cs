using System.Net;
using System.Text;
using System.Text.Json;
using Gateway.Codecs;
using Gateway.Host.Channels;
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
        Assert.Equal(HttpStatusCode.OK, await PostAsync(http, channel, "[]"));
        using HttpResponseMessage answer = await http.GetAsync(AddressOf(channel), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        (_, JsonElement body) = await gateway.GetAsync("/gw/channels/1/messages");
        Assert.Equal(0, body.GetProperty("result").GetArrayLength());
        Assert.Equal(HttpStatusCode.OK, await PostAsync(http, channel, """{"ident":"123"}"""));
        (_, body) = await gateway.GetAsync("/gw/channels/1/messages");
        Assert.Equal(1, body.GetProperty("result").GetArrayLength());
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
