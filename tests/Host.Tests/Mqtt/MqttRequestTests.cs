using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Gateway.Host.Accounts;
using Gateway.Host.Api;
using Gateway.Host.Channels;
using Gateway.Host.Mqtt;
using Gateway.Host.Tests.Cli;
using Microsoft.Extensions.DependencyInjection;
using MQTTnet.Packets;
using MQTTnet.Protocol;
using Xunit;

namespace Gateway.Host.Tests.Mqtt;

/// <summary>Promise: a publish to <c>flespi/rest/METHOD/PATH</c> is answered as the same request over HTTP is, with the rights of the client's token, and no number of them costs more than their limit.</summary>
public sealed class MqttRequestTests : IAsyncLifetime
{
    private const string Answers = "answers/mine";

    private readonly Queue<MqttPublishPacket> _early = [];
    private MqttAccounts _accounts = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _accounts = await MqttAccounts.StartAsync();

    public async ValueTask DisposeAsync() => await _accounts.DisposeAsync();

    [Theory]
    [InlineData("GET", "gw/channels/all", "")]
    [InlineData("GET", "gw/channels/1/messages", """{"count":1}""")]
    [InlineData("GET", "gw/channels/1/messages?data=%7B%22count%22:1%7D", "")]
    [InlineData("GET", "gw/channels/name%3D%22a%20test%22?fields=id,name", "")]
    [InlineData("GET", "gw/channels/77", "")]
    [InlineData("GET", "platform/limits/all", "")]
    [InlineData("POST", "gw/channels", "no json")]
    [InlineData("DELETE", "gw/nothing/1", "")]
    [InlineData("GET", "gw/streams/all", "")]
    public async Task A_request_is_answered_as_over_HTTP(string method, string path, string body)
    {
        await MqttSessionTests.SendAsync(await _accounts.Gateway.CreateChannelAsync(), 0, 3);
        using RawClient client = await ConnectAsync();
        (string status, string text) = await AskAsync(client, method.ToLowerInvariant(), path, body);
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = body.Length == 0 ? null : new StringContent(body) };
        using HttpResponseMessage expected = await _accounts.Gateway.Http.SendAsync(request, Cancelled);
        Assert.Equal(await expected.Content.ReadAsStringAsync(Cancelled), text);
        Assert.Equal(((int)expected.StatusCode).ToString(CultureInfo.InvariantCulture), status);
    }

    [Fact]
    public async Task A_request_changes_what_it_asks_and_acts_in_the_account_that_it_names()
    {
        using RawClient client = await ConnectAsync();
        string body = $$"""[{"name":"made","protocol_id":{{_accounts.Gateway.Codec.Info.Id}}}]""";
        (string status, string text) = await AskAsync(client, "post", "gw/channels", body, ("cid", $"{_accounts.Left}"));
        Assert.Equal("200", status);
        using JsonDocument answer = JsonDocument.Parse(text);
        long id = answer.RootElement.GetProperty("result")[0].GetProperty("id").GetInt64();
        Assert.True(_accounts.Gateway.Process.Channels.TryFind(id, out Channel? channel));
        Assert.Equal(("made", _accounts.Left), (channel!.Definition.Name, channel.Definition.Cid));
        Assert.Equal("404", (await AskAsync(client, "get", $"gw/channels/{id}", "", ("x-flespi-cid", $"{_accounts.Right}"))).Status);
    }

    [Theory]
    [InlineData("get", "gw/channels/all", "200")]
    [InlineData("delete", "gw/channels/all", "403")]
    [InlineData("get", "platform/customer", "403")]
    public async Task A_request_has_the_rights_of_its_token(string method, string path, string expected)
    {
        string key = await _accounts.TokenAsync(_accounts.Left, """{"type":2,"acl":[{"uri":"gw/channels","methods":["GET"]},{"uri":"mqtt","topic":"answers/#","actions":["publish","subscribe"]}]}""");
        await _accounts.Gateway.CreateChannelAsync();
        using RawClient client = await ConnectAsync(key);
        (string status, string text) = await AskAsync(client, method, path, "");
        Assert.Equal(expected, status);
        using JsonDocument answer = JsonDocument.Parse(text);
        Assert.Equal(0, answer.RootElement.GetProperty("result").GetArrayLength());
        Assert.Equal(MqttPubAckReasonCode.NotAuthorized, await PublishAsync(client, "flespi/rest/get/gw/channels/all", "", "elsewhere/a"));
        Assert.Equal(MqttPubAckReasonCode.NotAuthorized, await PublishAsync(client, "flespi/rest/get/gw/channels/all", "", "flespi/state/gw/channels/1"));
    }

    [Theory]
    [InlineData("metrics")]
    [InlineData("mqtt")]
    [InlineData("gw")]
    [InlineData("/gw/channels/all")]
    public async Task Paths_beside_the_API_are_not_there(string path)
    {
        using RawClient client = await ConnectAsync();
        Assert.Equal("404", (await AskAsync(client, "get", path, "")).Status);
    }

    [Theory]
    [InlineData("flespi/rest/get")]
    [InlineData("flespi/rest/get/")]
    [InlineData("flespi/rest//gw/channels/all")]
    [InlineData("flespi/rest/g t/gw/channels/all")]
    public async Task A_topic_without_method_or_path_is_refused(string topic)
    {
        using RawClient client = await ConnectAsync();
        Assert.Equal(MqttPubAckReasonCode.TopicNameInvalid, await PublishAsync(client, topic, "", Answers));
        await client.ExpectNothingAsync();
    }

    [Fact]
    public async Task Requests_that_wait_are_bounded_and_end_with_their_client()
    {
        Channel channel = await _accounts.Gateway.CreateChannelAsync();
        const string Poll = """{"curr_key":0,"timeout":60}""";
        string topic = $"flespi/rest/get/gw/channels/{channel.Id}/messages";
        using (RawClient client = await ConnectAsync())
        {
            for (int i = 0; i < MqttLimits.RequestsPerClientMax; i++) Assert.Equal(MqttPubAckReasonCode.Success, await PublishAsync(client, topic, Poll, Answers));
            Assert.Equal(MqttPubAckReasonCode.QuotaExceeded, await PublishAsync(client, topic, Poll, Answers));
            await MqttSessionTests.SendAsync(channel, 0, 1);
            for (int i = 0; i < MqttLimits.RequestsPerClientMax; i++) Assert.Contains("ident", Encoding.UTF8.GetString((await NextAsync(client)).Payload), StringComparison.Ordinal);
        }
        // More clients than the gateway has room for, one after the other: what those had that went is free again.
        for (int clients = 0; clients <= MqttLimits.RequestsMax / MqttLimits.RequestsPerClientMax; clients++)
        {
            using RawClient client = await ConnectAsync();
            for (int i = 0; i < MqttLimits.RequestsPerClientMax; i++)
                while (await PublishAsync(client, topic, """{"curr_key":1000,"timeout":60}""", Answers) is not MqttPubAckReasonCode.Success and var reason) Assert.Equal(MqttPubAckReasonCode.QuotaExceeded, reason);
        }
    }

    [Fact]
    public async Task Who_asks_and_leaves_is_answered_where_somebody_listens()
    {
        using RawClient listener = await ConnectAsync();
        using (RawClient asking = await ConnectAsync())
        {
            await asking.SendAsync(new MqttPublishPacket { Topic = "flespi/rest/get/gw/channels/all", ResponseTopic = Answers });
            await asking.SendAsync(new MqttDisconnectPacket());
        }
        Assert.StartsWith("{\"result\":", Encoding.UTF8.GetString((await NextAsync(listener)).Payload), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_is_too_long_is_replaced_by_an_error()
    {
        await MqttSessionTests.SendAsync(await _accounts.Gateway.CreateChannelAsync(), 0, 10);
        IServiceProvider services = _accounts.Gateway.Process.Services;
        Assert.True(services.GetRequiredService<AccessTokens>().TryFind(RunningGateway.Token, out Token? token));
        LocalCalls calls = services.GetRequiredService<LocalCalls>();
        foreach (string target in new[] { "/gw/channels/1/messages", "/gw/channels/all" })
        {
            LocalAnswer whole = await calls.CallAsync(new LocalRequest("GET", target, default, token!), 1_000_000, Cancelled);
            LocalAnswer fits = await calls.CallAsync(new LocalRequest("GET", target, default, token!), whole.Body.Length, Cancelled);
            Assert.Equal((200, Encoding.UTF8.GetString(whole.Body.Span)), (fits.Status, Encoding.UTF8.GetString(fits.Body.Span)));
            LocalAnswer cut = await calls.CallAsync(new LocalRequest("GET", target, default, token!), whole.Body.Length - 1, Cancelled);
            Assert.Equal((int)HttpStatusCode.RequestEntityTooLarge, cut.Status);
            Assert.Contains("ask for less", Encoding.UTF8.GetString(cut.Body.Span), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_request_without_a_response_topic_is_made_and_a_will_is_none()
    {
        Channel kept = await _accounts.Gateway.CreateChannelAsync();
        Channel deleted = await _accounts.Gateway.CreateChannelAsync();
        using (RawClient dying = (await RawClient.ConnectAsync(_accounts.Gateway.Process.MqttEndPoint, new MqttConnectPacket
        {
            ClientId = "dying",
            Username = RunningGateway.Token,
            CleanSession = true,
            WillFlag = true,
            WillTopic = $"flespi/rest/delete/gw/channels/{kept.Id}",
            WillMessage = [],
        })).Client) await dying.ExpectNothingAsync();
        using RawClient client = await ConnectAsync();
        Assert.Equal(MqttPubAckReasonCode.Success, await PublishAsync(client, $"flespi/rest/delete/gw/channels/{deleted.Id}", "", null));
        MqttCounters counters = _accounts.Gateway.Process.Services.GetRequiredService<MqttCounters>();
        long until = Environment.TickCount64 + (long)RunningGateway.Patience.TotalMilliseconds;
        while (_accounts.Gateway.Process.Channels.TryFind(deleted.Id, out _) || counters.Of(MqttRefusal.Publish) == 0)
        {
            Assert.True(Environment.TickCount64 < until, "The channel was not deleted, or the will not refused.");
            await Task.Delay(10, Cancelled);
        }
        await client.ExpectNothingAsync();
        Assert.True(_accounts.Gateway.Process.Channels.TryFind(kept.Id, out _));
    }

    private async Task<RawClient> ConnectAsync(string key = RunningGateway.Token)
    {
        (RawClient client, _) = await RawClient.ConnectAsync(
            _accounts.Gateway.Process.MqttEndPoint, new MqttConnectPacket { ClientId = Guid.NewGuid().ToString("n"), Username = key, CleanSession = true });
        await client.SubscribeAsync("answers/#", qos: 0);
        return client;
    }

    private async Task<(string Status, string Text)> AskAsync(RawClient client, string method, string path, string body, params (string Name, string Value)[] properties)
    {
        byte[] correlation = Guid.NewGuid().ToByteArray();
        Assert.Equal(MqttPubAckReasonCode.Success, await PublishAsync(client, $"flespi/rest/{method}/{path}", body, Answers, correlation, properties));
        MqttPublishPacket answer = await NextAsync(client);
        Assert.Equal((Answers, "application/json"), (answer.Topic, answer.ContentType));
        Assert.Equal(correlation, answer.CorrelationData);
        return (Encoding.UTF8.GetString(answer.UserProperties.First(property => property.Name == "status").ValueBuffer.Span), Encoding.UTF8.GetString(answer.Payload));
    }

    private async Task<MqttPubAckReasonCode> PublishAsync(RawClient client, string topic, string body, string? answerTo, byte[]? correlation = null, params (string Name, string Value)[] properties)
    {
        await client.SendAsync(new MqttPublishPacket
        {
            Topic = topic,
            PacketIdentifier = 7,
            QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce,
            PayloadSegment = Encoding.UTF8.GetBytes(body),
            ResponseTopic = answerTo,
            CorrelationData = correlation,
            UserProperties = [.. properties.Select(property => new MqttUserProperty(property.Name, Encoding.UTF8.GetBytes(property.Value)))],
        });
        // Answer and acknowledgement come in any order.
        while (true)
        {
            MqttPacket? packet = await client.ReceiveAsync();
            if (packet is MqttPubAckPacket acknowledgement) return acknowledgement.ReasonCode;
            _early.Enqueue(Assert.IsType<MqttPublishPacket>(packet));
        }
    }

    private async Task<MqttPublishPacket> NextAsync(RawClient client) => _early.TryDequeue(out MqttPublishPacket? early) ? early : await client.ExpectAsync<MqttPublishPacket>();
}
