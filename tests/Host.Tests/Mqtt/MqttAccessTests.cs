using System.Net;
using System.Text;
using System.Text.Json;
using Gateway.Host.Accounts;
using Gateway.Host.Channels;
using Gateway.Host.Mqtt;
using Gateway.Host.Tests.Cli;
using Microsoft.Extensions.DependencyInjection;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Protocol;
using Xunit;

namespace Gateway.Host.Tests.Mqtt;

/// <summary>Promise: over MQTT a token gives what it gives over REST, and accounts neither hear nor disturb each other.</summary>
public sealed class MqttAccessTests : IAsyncLifetime
{
    private const string AnyMessage = "flespi/message/gw/channels/+/+";

    private RunningGateway _gateway = null!;
    private long _left, _right;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _gateway = await RunningGateway.StartAsync();
        _left = await MakeAsync("subaccounts", """[{"name":"left"}]""", "id", element => element.GetInt64());
        _right = await MakeAsync("subaccounts", """[{"name":"right"}]""", "id", element => element.GetInt64());
    }

    public async ValueTask DisposeAsync() => await _gateway.DisposeAsync();

    [Theory]
    [InlineData(0, """{"type":1}""", "root left right")]
    [InlineData(0, """{"type":0}""", "root left right")]
    [InlineData(1, """{"type":1}""", "left")]
    [InlineData(1, """{"type":2,"acl":[{"uri":"gw/channels","methods":["GET"]}]}""", "left")]
    [InlineData(0, """{"type":2,"acl":[{"uri":"gw/channels","methods":["GET"],"ids":[LEFT]}]}""", "left")]
    [InlineData(0, """{"type":2,"acl":[{"uri":"gw/channels","methods":[],"submodules":[{"name":"messages","methods":["GET"]}],"ids":[RIGHT]}]}""", "right")]
    [InlineData(0, """{"type":2,"acl":[{"uri":"gw/channels","methods":["GET"],"submodules":[{"name":"logs","methods":["GET"]}]}]}""", "")]
    [InlineData(0, """{"type":2,"acl":[{"uri":"mqtt","topic":"#","actions":["subscribe","publish"]}]}""", "")]
    public async Task Messages_of_channels_reach_who_may_read_them(int account, string access, string expected)
    {
        Dictionary<string, Channel> channels = new() { ["root"] = await CreateChannelAsync(1), ["left"] = await CreateChannelAsync(_left), ["right"] = await CreateChannelAsync(_right) };
        access = access.Replace("LEFT", $"{channels["left"].Id}", StringComparison.Ordinal).Replace("RIGHT", $"{channels["right"].Id}", StringComparison.Ordinal);
        string key = await TokenAsync(account == 0 ? 1 : _left, access);
        using MqttTests.Subscriber subscriber = await ConnectAsync(key, AnyMessage);
        using MqttTests.Subscriber everybody = await ConnectAsync(RunningGateway.Token, AnyMessage);
        foreach ((_, Channel channel) in channels)
        {
            using MqttTests.TestDevice device = await MqttTests.TestDevice.ConnectAsync(channel);
            await device.ExchangeAsync("#D#141123;221320;5441.2320;N;02516.7820;E;54;090;112;11\r\n", "#AD#1\r\n");
            // Who sees everything was served: others were asked about before or after, in the same pass.
            Assert.Equal(TopicOf(channel), (await everybody.NextAsync()).Topic);
        }
        string[] wanted = [.. expected.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(name => TopicOf(channels[name]))];
        var got = new List<string>();
        foreach (string _ in wanted) got.Add((await subscriber.NextAsync()).Topic);
        Assert.Equal(wanted, got);
        await subscriber.Client.PingAsync(Cancelled);
        Assert.Null(subscriber.TryNext());
    }

    [Fact]
    public async Task A_message_says_whose_it_is()
    {
        Channel channel = await CreateChannelAsync(_left);
        using MqttTests.Subscriber subscriber = await ConnectAsync(RunningGateway.Token, AnyMessage);
        using MqttTests.TestDevice device = await MqttTests.TestDevice.ConnectAsync(channel);
        await device.ExchangeAsync("#D#141123;221320;5441.2320;N;02516.7820;E;54;090;112;11\r\n", "#AD#1\r\n");
        MqttApplicationMessage message = await subscriber.NextAsync();
        Assert.Equal($"{_left}", message.UserProperties.Single(property => property.Name == "cid").ValueAsText());
    }

    [Fact]
    public async Task What_clients_publish_stays_in_their_account_and_those_above()
    {
        using MqttTests.Subscriber root = await ConnectAsync(RunningGateway.Token, "#");
        using MqttTests.Subscriber left = await ConnectAsync(await TokenAsync(_left, """{"type":0}"""), "#");
        using MqttTests.Subscriber right = await ConnectAsync(await TokenAsync(_right, """{"type":0}"""), "#");
        await left.Client.PublishStringAsync("a/b", "of left", MqttQualityOfServiceLevel.AtLeastOnce, cancellationToken: Cancelled);
        await right.Client.PublishStringAsync("a/b", "of right", MqttQualityOfServiceLevel.AtLeastOnce, cancellationToken: Cancelled);
        Assert.Equal(["of left", "of right"], [await PayloadAsync(root), await PayloadAsync(root)]);
        Assert.Equal("of left", await PayloadAsync(left));
        Assert.Equal("of right", await PayloadAsync(right));
        await root.Client.PublishStringAsync("a/b", "of root", MqttQualityOfServiceLevel.AtLeastOnce, cancellationToken: Cancelled);
        Assert.Equal("of root", await PayloadAsync(root));
        await left.Client.PingAsync(Cancelled);
        Assert.Null(left.TryNext());
        Assert.Null(right.TryNext());
    }

    [Fact]
    public async Task An_access_list_bounds_topics()
    {
        string key = await TokenAsync(_left, """{"type":2,"acl":[{"uri":"mqtt","topic":"in/#","actions":["subscribe"]},{"uri":"mqtt","topic":"out/+","actions":["publish"]}]}""");
        using MqttTests.Subscriber listed = await ConnectAsync(key, null);
        using MqttTests.Subscriber other = await ConnectAsync(await TokenAsync(_left, """{"type":0}"""), "#");
        foreach ((string filter, bool isAllowed) in new[] { ("in/a/+", true), ("in/#", true), ("#", false), ("+/a", false), ("out/x", false), ("flespi/message/#", true) })
        {
            MqttClientSubscribeResult result = await listed.Client.SubscribeAsync(filter, MqttQualityOfServiceLevel.AtMostOnce, Cancelled);
            Assert.Equal(isAllowed ? MqttClientSubscribeResultCode.GrantedQoS0 : MqttClientSubscribeResultCode.NotAuthorized, result.Items.Single().ResultCode);
        }
        foreach ((string topic, bool isAllowed) in new[] { ("out/a", true), ("out/a/b", false), ("in/a", false), ("flespi/message/gw/channels/1/x", false) })
        {
            MqttClientPublishResult result = await listed.Client.PublishStringAsync(topic, topic, MqttQualityOfServiceLevel.AtLeastOnce, cancellationToken: Cancelled);
            Assert.Equal(isAllowed, result.IsSuccess);
        }
        Assert.Equal("out/a", await PayloadAsync(other));
        await other.Client.PublishStringAsync("in/a", "heard", cancellationToken: Cancelled);
        Assert.Equal("heard", await PayloadAsync(listed));
        Assert.Equal("heard", await PayloadAsync(other));
    }

    [Fact]
    public async Task Accounts_retain_messages_at_topics_of_their_own()
    {
        using MqttTests.Subscriber left = await ConnectAsync(await TokenAsync(_left, """{"type":0}"""), null);
        using MqttTests.Subscriber right = await ConnectAsync(await TokenAsync(_right, """{"type":0}"""), null);
        using MqttTests.Subscriber root = await ConnectAsync(RunningGateway.Token, null);
        Assert.True((await PublishRetainedAsync(left, "of left")).IsSuccess);
        Assert.True((await PublishRetainedAsync(right, "of right")).IsSuccess);
        await right.Client.SubscribeAsync("kept/#", cancellationToken: Cancelled);
        await left.Client.SubscribeAsync("kept/#", cancellationToken: Cancelled);
        await root.Client.SubscribeAsync("kept/#", cancellationToken: Cancelled);
        Assert.Equal("of left", await PayloadAsync(left));
        Assert.Equal("of right", await PayloadAsync(right));
        Assert.Equal(["of left", "of right"], new[] { await PayloadAsync(root), await PayloadAsync(root) }.Order());

        // To clear one's own leaves the other's.
        Assert.True((await PublishRetainedAsync(left, "")).IsSuccess);
        Assert.Equal("", await PayloadAsync(left));
        await right.Client.PingAsync(Cancelled);
        Assert.Null(right.TryNext());
        using MqttTests.Subscriber later = await ConnectAsync(RunningGateway.Token, "kept/#");
        MqttApplicationMessage kept = await later.NextAsync();
        Assert.Equal("of right", Encoding.UTF8.GetString(kept.Payload));
        Assert.True(kept.Retain);
        await later.Client.PingAsync(Cancelled);
        Assert.Null(later.TryNext());

        static Task<MqttClientPublishResult> PublishRetainedAsync(MqttTests.Subscriber client, string text) =>
            client.Client.PublishStringAsync("kept/topic", text, MqttQualityOfServiceLevel.AtLeastOnce, retain: true, Cancelled);
    }

    [Fact]
    public async Task A_client_id_is_taken_over_within_its_account_and_free_in_others()
    {
        using MqttTests.Subscriber left = await ConnectAsync(await TokenAsync(_left, """{"type":0}"""), null, "worker");
        using MqttTests.Subscriber right = await ConnectAsync(await TokenAsync(_right, """{"type":1}"""), null, "worker");
        Assert.True(left.Client.IsConnected);
        var reason = new TaskCompletionSource<MqttClientDisconnectReason>();
        left.Client.DisconnectedAsync += gone =>
        {
            reason.TrySetResult(gone.Reason);
            return Task.CompletedTask;
        };
        using MqttTests.Subscriber successor = await ConnectAsync(await TokenAsync(_left, """{"type":1}"""), null, "worker");
        Assert.True(successor.Client.IsConnected);
        Assert.Equal(MqttClientDisconnectReason.SessionTakenOver, await reason.Task.WaitAsync(RunningGateway.Patience, Cancelled));
        Assert.True(right.Client.IsConnected);
    }

    [Fact]
    public async Task A_removed_token_hears_nothing_more_and_its_session_ends()
    {
        Channel channel = await CreateChannelAsync(_left);
        string key = await TokenAsync(_left, """{"type":0}""");
        long id = _gateway.Process.Services.GetRequiredService<AccessTokens>().All[^1].Id;
        using MqttTests.Subscriber subscriber = await ConnectAsync(key, AnyMessage);
        using MqttTests.Subscriber everybody = await ConnectAsync(RunningGateway.Token, AnyMessage);
        using HttpResponseMessage removed = await _gateway.Http.DeleteAsync($"platform/tokens/{id}", Cancelled);
        Assert.Equal(HttpStatusCode.OK, removed.StatusCode);
        using MqttTests.TestDevice device = await MqttTests.TestDevice.ConnectAsync(channel);
        await device.ExchangeAsync("#D#141123;221320;5441.2320;N;02516.7820;E;54;090;112;11\r\n", "#AD#1\r\n");
        await everybody.NextAsync();
        await EventuallyAsync(() => !subscriber.Client.IsConnected, "the session ends");
        Assert.Null(subscriber.TryNext());
    }

    [Fact]
    public async Task Sessions_subscriptions_and_messages_are_held_to_the_accounts_limits()
    {
        long limit = await MakeAsync("limits", """[{"name":"x","mqtt_sessions":2,"mqtt_subscriptions":2,"mqtt_messages":3}]""", "id", element => element.GetInt64());
        using (HttpResponseMessage put = await _gateway.Http.PutAsync($"platform/subaccounts/{_left}", new StringContent($$"""{"limit_id":{{limit}}}"""), Cancelled)) Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        string key = await TokenAsync(_left, """{"type":0}""");
        using MqttTests.Subscriber first = await ConnectAsync(key, "a");
        using (MqttTests.Subscriber second = await ConnectAsync(key, "b"))
        {
            using IMqttClient third = new MqttClientFactory().CreateMqttClient();
            Assert.Equal(MqttClientConnectResultCode.QuotaExceeded, (await third.ConnectAsync(Options(key, "third").Build(), Cancelled)).ResultCode);
            Assert.Equal(MqttClientSubscribeResultCode.QuotaExceeded, (await first.Client.SubscribeAsync("c", cancellationToken: Cancelled)).Items.Single().ResultCode);
            Assert.Equal(MqttClientSubscribeResultCode.GrantedQoS0, (await first.Client.SubscribeAsync("a", cancellationToken: Cancelled)).Items.Single().ResultCode);
            await second.Client.DisconnectAsync(cancellationToken: Cancelled);
        }
        // The second session is gone with its subscription.
        MqttClientSubscribeResultCode again = default;
        await EventuallyAsync(async () => (again = (await first.Client.SubscribeAsync("c", cancellationToken: Cancelled)).Items.Single().ResultCode) is MqttClientSubscribeResultCode.GrantedQoS0, "its place is free");

        // Within two minutes at most twice the limit gets through.
        int refused = 0;
        for (int i = 0; i < 7; i++)
            if (!(await first.Client.PublishStringAsync("a", "x", MqttQualityOfServiceLevel.AtLeastOnce, cancellationToken: Cancelled)).IsSuccess) refused++;
        Assert.InRange(refused, 1, 4);
    }

    [Fact]
    public async Task What_waits_for_a_session_beyond_its_accounts_limit_is_lost_and_counted()
    {
        const int Published = 20;
        long limit = await MakeAsync("limits", """[{"name":"x","mqtt_session_storage":65536}]""", "id", element => element.GetInt64());
        using (HttpResponseMessage put = await _gateway.Http.PutAsync($"platform/subaccounts/{_left}", new StringContent($$"""{"limit_id":{{limit}}}"""), Cancelled)) Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        string key = await TokenAsync(_left, """{"type":0}""");
        MqttClientOptionsBuilder lasting = Options(key, "lasting").WithCleanStart(false).WithSessionExpiryInterval(600);
        using (MqttTests.Subscriber before = await MqttTests.Subscriber.ConnectAsync(lasting, "own/#")) await before.Client.DisconnectAsync(cancellationToken: Cancelled);
        using MqttTests.Subscriber publisher = await ConnectAsync(key, null);
        for (int i = 0; i < Published; i++) Assert.True((await publisher.Client.PublishBinaryAsync("own/a", new byte[10_000], MqttQualityOfServiceLevel.AtLeastOnce, cancellationToken: Cancelled)).IsSuccess);
        Assert.True(_gateway.Process.Services.GetRequiredService<MqttCounters>().Dropped > 0);

        using MqttTests.Subscriber after = await MqttTests.Subscriber.ConnectAsync(lasting, null);
        await publisher.Client.PublishStringAsync("own/last", "x", MqttQualityOfServiceLevel.AtLeastOnce, cancellationToken: Cancelled);
        int got = 0;
        while ((await after.NextAsync()).Topic != "own/last") got++;
        Assert.InRange(got, 0, Published - 1);
    }

    [Fact]
    public async Task The_answer_to_a_connection_says_what_the_token_is()
    {
        string key = await TokenAsync(_left, """{"type":2,"acl":[{"uri":"gw/channels","methods":["GET"]}]}""");
        using IMqttClient client = new MqttClientFactory().CreateMqttClient();
        MqttClientConnectResult result = await client.ConnectAsync(Options("Bearer " + key, "x").Build(), Cancelled);
        using JsonDocument token = JsonDocument.Parse(result.UserProperties.Single(property => property.Name == "token").ValueAsText());
        Assert.Equal(_left, token.RootElement.GetProperty("cid").GetInt64());
        Assert.Equal("""{"type":2,"acl":[{"uri":"gw/channels","methods":["GET"],"ids":"all"}]}""", token.RootElement.GetProperty("access").GetRawText());
    }

    private static string TopicOf(Channel channel) => $"flespi/message/gw/channels/{channel.Id}/353173060000000";

    private static async Task<string> PayloadAsync(MqttTests.Subscriber subscriber) => Encoding.UTF8.GetString((await subscriber.NextBesideStateAsync()).Payload);

    private static Task EventuallyAsync(Func<bool> condition, string what) => EventuallyAsync(() => Task.FromResult(condition()), what);

    private static async Task EventuallyAsync(Func<Task<bool>> condition, string what)
    {
        long until = Environment.TickCount64 + (long)RunningGateway.Patience.TotalMilliseconds;
        while (!await condition())
        {
            Assert.True(Environment.TickCount64 < until, $"Not within {RunningGateway.Patience}: {what}");
            await Task.Delay(20, Cancelled);
        }
    }

    private async Task<Channel> CreateChannelAsync(long cid)
    {
        ChannelOutcome outcome = await _gateway.Process.Channels.CreateAsync(new ChannelDraft { ProtocolId = _gateway.Codec.Info.Id, Cid = cid }, Cancelled);
        Assert.Null(outcome.Problem);
        return outcome.Channel!;
    }

    private Task<string> TokenAsync(long cid, string access) => MakeAsync("tokens", $$"""[{"cid":{{cid}},"ttl":3600,"access":{{access}}}]""", "key", element => element.GetString()!);

    private async Task<T> MakeAsync<T>(string kind, string body, string field, Func<JsonElement, T> read)
    {
        using HttpResponseMessage answer = await _gateway.Http.PostAsync($"platform/{kind}", new StringContent(body), Cancelled);
        string text = await answer.Content.ReadAsStringAsync(Cancelled);
        Assert.True(answer.IsSuccessStatusCode, text);
        using JsonDocument json = JsonDocument.Parse(text);
        return read(json.RootElement.GetProperty("result")[0].GetProperty(field));
    }

    private Task<MqttTests.Subscriber> ConnectAsync(string key, string? filter, string? clientId = null) => MqttTests.Subscriber.ConnectAsync(Options(key, clientId), filter);

    private MqttClientOptionsBuilder Options(string key, string? clientId) => new MqttClientOptionsBuilder()
        .WithProtocolVersion(MqttProtocolVersion.V500)
        .WithTimeout(RunningGateway.Patience)
        .WithTcpServer(_gateway.Process.MqttEndPoint.Address.ToString(), _gateway.Process.MqttEndPoint.Port)
        .WithClientId(clientId ?? Guid.NewGuid().ToString("n"))
        .WithCredentials(key);
}
