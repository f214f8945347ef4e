using System.Globalization;
using System.Text;
using System.Text.Json;
using Gateway.Host.Tests.Cli;
using MQTTnet;
using MQTTnet.Packets;
using Xunit;

namespace Gateway.Host.Tests.Mqtt;

/// <summary>Promise: below <c>flespi/state/mqtt/sessions/</c> lies what REST shows of sessions, told when their clients come and go, cleared when they end, to whoever may read them.</summary>
public sealed class MqttSessionStateTests : IAsyncLifetime
{
    private readonly Dictionary<string, string> _known = new(StringComparer.Ordinal);
    private MqttAccounts _accounts = null!;

    public async ValueTask InitializeAsync() => _accounts = await MqttAccounts.StartAsync();

    public async ValueTask DisposeAsync() => await _accounts.DisposeAsync();

    [Fact]
    public async Task A_session_is_told_as_it_is_made_joined_left_and_ended()
    {
        long id = Assert.Single(await _accounts.CallAsync(HttpMethod.Post, "mqtt/sessions", """{"client_id":"worker","expires":60}""")).GetProperty("id").GetInt64();
        string topic = $"flespi/state/mqtt/sessions/{id}";
        using MqttTests.Subscriber subscriber = await _accounts.ConnectAsync(RunningGateway.Token, $"{topic}/#");
        await ExpectAsync(subscriber, (topic, Whole(isConnected: false, "null")), ($"{topic}/client_id", "\"worker\""), ($"{topic}/connected", "false"), ($"{topic}/ip", "null"));
        // What would change with each message that tells of it is not told.
        Assert.DoesNotContain($"{topic}/size", _known.Keys);

        (RawClient client, _) = await RawClient.ConnectAsync(_accounts.Gateway.Process.MqttEndPoint, MqttSessionTests.Packet("worker", isClean: false, expirySeconds: 60));
        await ExpectAsync(subscriber, (topic, Whole(isConnected: true, "\"127.0.0.1\"")), ($"{topic}/connected", "true"), ($"{topic}/disconnected", "null"));
        await client.SubscribeAsync("own/#");
        await ExpectAsync(subscriber, ($"{topic}/subscriptions_count", "1"));
        await client.SendAsync(new MqttDisconnectPacket { SessionExpiryInterval = 60 });
        client.Dispose();
        await ExpectAsync(subscriber, (topic, Whole(isConnected: false, "\"127.0.0.1\"")), ($"{topic}/connected", "false"));

        await _accounts.CallAsync(HttpMethod.Delete, $"mqtt/sessions/{id}");
        await ExpectAsync(subscriber, [.. _known.Keys.Select(known => (known, ""))]);
        using MqttTests.Subscriber later = await _accounts.ConnectAsync(RunningGateway.Token, $"{topic}/#");
        await later.Client.PingAsync(TestContext.Current.CancellationToken);
        Assert.Null(later.TryNext());

        string Whole(bool isConnected, string ip) => $$"""{"cid":1,"clean":false,"client_id":"worker","connected":{{(isConnected ? "true" : "false")}},"expires":60,"id":{{id}},"ip":{{ip}}}""";
    }

    [Fact]
    public async Task A_session_that_lasts_is_told_of_the_clients_that_went_with_the_gateway()
    {
        RawClient watcher = await WatchAsync();
        await watcher.SubscribeAsync("flespi/state/mqtt/sessions/+/client_id,connected");
        (RawClient brief, _) = await RawClient.ConnectAsync(_accounts.Gateway.Process.MqttEndPoint, MqttSessionTests.Packet("brief"));
        await TakeUntilAsync(watcher, () => IdOf("brief") is { } id && _known.GetValueOrDefault($"{id}/connected") == "true");
        long briefId = IdOf("brief")!.Value;
        watcher.Dispose();
        await _accounts.RestartAsync();
        brief.Dispose();
        watcher = await WatchAsync();
        await TakeUntilAsync(watcher, () => _known[$"{briefId}/client_id"].Length == 0 && _known[$"{briefId}/connected"].Length == 0);
        watcher.Dispose();

        async Task<RawClient> WatchAsync() =>
            (await RawClient.ConnectAsync(_accounts.Gateway.Process.MqttEndPoint, MqttSessionTests.Packet("watcher", isClean: false, expirySeconds: 3600))).Client;

        long? IdOf(string clientId) => _known.Where(one => one.Value == $"\"{clientId}\"").Select(one => (long?)long.Parse(one.Key.Split('/')[0], CultureInfo.InvariantCulture)).FirstOrDefault();

        async Task TakeUntilAsync(RawClient client, Func<bool> isTold)
        {
            while (!isTold())
            {
                var packet = await client.ExpectAsync<MqttPublishPacket>();
                await client.AcknowledgeAsync(packet);
                _known[packet.Topic["flespi/state/mqtt/sessions/".Length..]] = Encoding.UTF8.GetString(packet.Payload);
            }
        }
    }

    [Fact]
    public async Task States_of_sessions_reach_who_may_read_them()
    {
        JsonElement session = Assert.Single(await _accounts.CallAsync(HttpMethod.Post, "mqtt/sessions", """{"client_id":"of left"}""", cid: _accounts.Left));
        string topic = $"flespi/state/mqtt/sessions/{session.GetProperty("id").GetInt64()}";
        string[] keys =
        [
            await _accounts.TokenAsync(_accounts.Right, """{"type":1}"""),
            await _accounts.TokenAsync(_accounts.Left, """{"type":2,"acl":[{"uri":"gw","methods":["GET"]}]}"""),
            await _accounts.TokenAsync(_accounts.Left, """{"type":2,"acl":[{"uri":"mqtt","methods":["GET"],"ids":[1]}]}"""),
        ];
        foreach (string key in keys)
        {
            using MqttTests.Subscriber other = await _accounts.ConnectAsync(key, $"{topic}/#");
            await other.Client.PingAsync(TestContext.Current.CancellationToken);
            Assert.Null(other.TryNext());
        }
        using MqttTests.Subscriber owner = await _accounts.ConnectAsync(await _accounts.TokenAsync(_accounts.Left, """{"type":2,"acl":[{"uri":"mqtt","methods":["GET"]}]}"""), $"{topic}/client_id");
        Assert.Equal("\"of left\"", Encoding.UTF8.GetString((await owner.NextAsync()).Payload));
    }

    /// <summary>Takes what comes until it says this. What is made in the moment of a subscription may come twice.</summary>
    private async Task ExpectAsync(MqttTests.Subscriber subscriber, params (string Topic, string Payload)[] expected)
    {
        while (!expected.All(one => _known.GetValueOrDefault(one.Topic) == one.Payload))
        {
            MqttApplicationMessage message = await subscriber.NextAsync();
            _known[message.Topic] = Encoding.UTF8.GetString(message.Payload);
        }
    }
}
