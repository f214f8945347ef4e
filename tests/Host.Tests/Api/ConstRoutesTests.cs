using System.Net;
using System.Text.Json;
using Gateway.Host.Accounts;
using Gateway.Host.Channels;
using Gateway.Host.Devices;
using Gateway.Host.Listeners;
using Gateway.Host.Mqtt.Logs;
using Gateway.Host.Tests.Channels;
using MQTTnet.Protocol;
using Xunit;

namespace Gateway.Host.Tests.Api;

/// <summary>Promise: every code that an event can have is explained, and a log viewer can read the explanation without a token.</summary>
public sealed class ConstRoutesTests
{
    [Fact]
    public void Every_code_has_exactly_one_row()
    {
        IEnumerable<int> codes = Enum.GetValues<ChannelEventCode>().Cast<int>().Union(Enum.GetValues<DeviceEventCode>().Cast<int>()).Union(Enum.GetValues<AccountEventCode>().Cast<int>()).Union(Enum.GetValues<SessionEventCode>().Cast<int>());
        Assert.Equal(codes.Order(), EventTable.Events.Select(row => row.Code).Order());
        Assert.Equal(Enum.GetValues<CloseCode>().Where(code => code is not CloseCode.Open).Select(code => (int)code).Order(), EventTable.CloseCodes.Select(row => row.Code).Order());
        Assert.Equal(Enum.GetValues<MqttDisconnectReasonCode>().Cast<int>().Order(), SessionEventTable.CloseCodes.Select(row => row.Code).Order());
        Assert.Equal([1, 2, 3, 4, 6], EventTable.BlockCodes.Select(row => row.Code));
    }

    [Theory]
    [InlineData("?names=toolbox%2Fcodes")]
    [InlineData("?names=toolbox/codes")]
    [InlineData("")]
    public async Task Codes_come_in_the_shape_that_log_viewers_read(string query)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        (HttpStatusCode status, JsonElement body) = await gateway.CallAsync(null, "GET", "/const/values" + query);
        Assert.Equal(HttpStatusCode.OK, status);
        JsonElement codes = body.GetProperty("result")[0].GetProperty("toolbox/codes").GetProperty("codes");
        JsonElement closed = codes.GetProperty("102");
        Assert.Equal((102, "info", "close_code"), (closed.GetProperty("code").GetInt32(), closed.GetProperty("severity").GetString(), closed.GetProperty("extra_name").GetString()));
        Assert.NotEmpty(closed.GetProperty("extra_codes").GetProperty("-1").GetProperty("description").GetString()!);
        // A field of the same name means other things elsewhere.
        Assert.Contains("deleted by a user", codes.GetProperty("503").GetProperty("extra_codes").GetProperty("152").GetProperty("description").GetString(), StringComparison.Ordinal);
        foreach (JsonProperty code in codes.EnumerateObject())
        {
            Assert.Contains(code.Value.GetProperty("severity").GetString(), new[] { "info", "notice", "warning", "alert" });
            Assert.NotEmpty(code.Value.GetProperty("description").GetString()!);
        }
    }

    [Fact]
    public async Task Topics_come_in_the_shape_that_topic_builders_read()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        (_, JsonElement body) = await gateway.CallAsync(null, "GET", "/const/values?names=toolbox/topics");
        JsonElement topics = body.GetProperty("result")[0].GetProperty("toolbox/topics").GetProperty("topics");
        Assert.NotEmpty(topics.GetProperty("flespi/message/gw/channels/{channel_id}/{ident}").GetProperty("description").GetString()!);
        Assert.All(topics.EnumerateObject(), topic => Assert.StartsWith("flespi/", topic.Name, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_unknown_name_is_refused_with_those_there_are()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        (HttpStatusCode status, JsonElement body) = await gateway.CallAsync(null, "GET", "/const/values?names=toolbox/colours");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains("toolbox/codes, toolbox/topics", body.GetProperty("errors")[0].GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_the_gateway_is_can_be_asked_without_a_token()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        (HttpStatusCode status, JsonElement body) = await gateway.CallAsync(null, "GET", "/auth/regions");
        Assert.Equal(HttpStatusCode.OK, status);
        JsonElement region = body.GetProperty("result")[0];
        Assert.Equal(gateway.Http.BaseAddress, new Uri(region.GetProperty("rest").GetString()!));
        Assert.Equal(gateway.Http.BaseAddress!.Authority, region.GetProperty("mqtt-ws").GetString());
        Assert.True(region.GetProperty("default").GetBoolean());
        (status, body) = await gateway.CallAsync(null, "GET", "/auth/oauth/providers");
        Assert.Equal((HttpStatusCode.OK, """{"result":[{}]}"""), (status, body.GetRawText()));
    }

    [Theory]
    [InlineData("/platform/tokens/all")]
    [InlineData("/const/values")]
    [InlineData("/auth/info")]
    [InlineData("/mqtt/sessions/all")]
    public async Task Foreign_origins_may_call_every_module(string path)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Options, path);
        request.Headers.Add("Origin", "https://panel.example");
        using HttpResponseMessage preflight = await gateway.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NoContent, preflight.StatusCode);
        string allowed = preflight.Headers.GetValues("Access-Control-Allow-Headers").Single();
        foreach (string header in new[] { "Authorization", "Content-Type", "x-flespi-app", "x-flespi-cid", "x-flespi-trace" }) Assert.Contains(header, allowed, StringComparison.Ordinal);
    }
}
