using System.Globalization;
using System.Text;
using System.Text.Json;
using Gateway.Host.Mqtt;
using Gateway.Host.Mqtt.Logs;
using Gateway.Host.Tests.Channels;
using Gateway.Host.Tests.Cli;
using Microsoft.Extensions.DependencyInjection;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Packets;
using MQTTnet.Protocol;
using Xunit;

namespace Gateway.Host.Tests.Mqtt;

/// <summary>Promise: what happens to MQTT sessions is in the log of their account and below <c>flespi/log/mqtt/</c>, with the reasons of MQTT, and no client can fill either.</summary>
public sealed class MqttSessionLogTests : IAsyncLifetime
{
    private MqttAccounts _accounts = null!;

    private RunningGateway Gateway => _accounts.Gateway;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _accounts = await MqttAccounts.StartAsync();

    public async ValueTask DisposeAsync() => await _accounts.DisposeAsync();

    [Fact]
    public async Task The_life_of_a_session_is_told_as_rest_tells_it()
    {
        using MqttTests.Subscriber listener = await _accounts.ConnectAsync(RunningGateway.Token, "$filter/payload=client_id==%22worker%22/flespi/log/mqtt/sessions/+/+");
        (RawClient client, _) = await ConnectAsync("worker");
        await client.SubscribeAsync("own/#");
        await client.SendAsync(new MqttUnsubscribePacket { PacketIdentifier = 9, TopicFilters = ["own/#", "none"] });
        await client.ExpectAsync<MqttUnsubAckPacket>();
        await _accounts.CallAsync(HttpMethod.Post, "mqtt/sessions/client_id=worker/subscriptions", """{"topic":"rest","qos":0}""");
        await _accounts.CallAsync(HttpMethod.Post, "mqtt/sessions/client_id=worker/subscriptions", """{"topic":"rest","qos":1}""");
        await _accounts.CallAsync(HttpMethod.Delete, "mqtt/sessions/client_id=worker/subscriptions/all");
        long id = Assert.Single(await _accounts.CallAsync(HttpMethod.Get, "mqtt/sessions/client_id=worker?fields=id")).GetProperty("id").GetInt64();
        await client.SendAsync(new MqttDisconnectPacket());
        Assert.Null(await client.ReceiveAsync());
        client.Dispose();

        string[] names = ["created", "accepted", "subscribed", "unsubscribed", "subscription_created", "subscription_updated", "subscription_deleted", "closed", "updated"];
        var told = new List<string>();
        foreach (string name in names)
        {
            MqttApplicationMessage message = await listener.NextAsync();
            Assert.Equal(($"flespi/log/mqtt/sessions/{id}/{name}", false), (message.Topic, message.Retain));
            told.Add(Encoding.UTF8.GetString(message.Payload));
        }
        JsonElement[] kept = await LogsAsync($"filter={Uri.EscapeDataString($"origin_id=={id}")}");
        Assert.Equal(kept.Select(one => one.GetRawText()), told);
        Assert.Equal([1, 500, 520, 521, 510, 511, 512, 503, 2], kept.Select(one => one.GetProperty("event_code").GetInt32()));
        Assert.Equal(("own/#", 1), (kept[2].GetProperty("topic").GetString(), kept[2].GetProperty("qos").GetInt32()));
        Assert.Equal((0, 14, "worker"), (kept[7].GetProperty("close_code").GetInt32(), kept[7].GetProperty("origin_type").GetInt32(), kept[7].GetProperty("client_id").GetString()));
        Assert.StartsWith("127.0.0.1:", kept[1].GetProperty("source").GetString(), StringComparison.Ordinal);

        Assert.Equal((id, true), (kept[0].GetProperty("new").GetProperty("id").GetInt64(), kept[0].GetProperty("new").GetProperty("connected").GetBoolean()));
        Assert.False(kept[8].GetProperty("new").GetProperty("connected").GetBoolean());

        // It stays when the session and the gateway are gone.
        await _accounts.CallAsync(HttpMethod.Delete, $"mqtt/sessions/{id}");
        await _accounts.RestartAsync();
        JsonElement[] all = await LogsAsync($"filter={Uri.EscapeDataString($"origin_id=={id}")}");
        Assert.Equal((10, 3, "worker"), (all.Length, all[9].GetProperty("event_code").GetInt32(), all[9].GetProperty("old").GetProperty("client_id").GetString()));
        Assert.Empty(await LogsAsync("item_type=9"));
    }

    [Fact]
    public async Task A_connection_that_ends_leaves_its_reason()
    {
        (RawClient lost, _) = await ConnectAsync("lost");
        lost.Dispose();
        (RawClient before, _) = await ConnectAsync("twice");
        (RawClient after, _) = await ConnectAsync("twice", MqttProtocolVersion.V311);
        (RawClient wrong, _) = await ConnectAsync("wrong");
        await wrong.SendAsync([0xF0, 0]);
        (RawClient deleted, _) = await ConnectAsync("deleted");
        await _accounts.CallAsync(HttpMethod.Delete, "mqtt/sessions/client_id=deleted");
        (RawClient willing, _) = await ConnectAsync("willing");
        await willing.SendAsync(new MqttDisconnectPacket { ReasonCode = MqttDisconnectReasonCode.DisconnectWithWillMessage });
        string[] expected = ["deleted 152", "lost 128", "twice 142", "willing 4", "wrong 130"];
        string[] closed = [];
        await Eventually.TrueAsync(() => (closed = [.. Closed(LogsAsync("filter=event_code==503").GetAwaiter().GetResult())]).Length >= expected.Length, "all connections are closed");
        Assert.Equal(expected, closed);
        foreach (RawClient client in new[] { before, after, wrong, deleted, willing }) client.Dispose();
        await _accounts.RestartAsync();
        Assert.Contains("other 139", Closed(await LogsAfterStopAsync()));

        async Task<JsonElement[]> LogsAfterStopAsync()
        {
            (RawClient other, _) = await ConnectAsync("other");
            await _accounts.RestartAsync();
            other.Dispose();
            return await LogsAsync("filter=event_code==503");
        }

        static IEnumerable<string> Closed(JsonElement[] events) =>
            events.Select(one => string.Create(CultureInfo.InvariantCulture, $"{one.GetProperty("client_id").GetString()} {one.GetProperty("close_code").GetInt32()}")).Order(StringComparer.Ordinal);
    }

    [Fact]
    public async Task Who_is_kept_out_and_what_is_lost_is_told_to_the_account()
    {
        await _accounts.LimitAsync(_accounts.Left, """{"name":"x","mqtt_sessions":1,"mqtt_session_storage":65536}""");
        string key = await _accounts.TokenAsync(_accounts.Left, """{"type":0}""");
        Assert.Single(await _accounts.CallAsync(HttpMethod.Post, "mqtt/sessions", """{"client_id":"absent"}""", cid: _accounts.Left));
        await _accounts.CallAsync(HttpMethod.Post, "mqtt/sessions/client_id=absent/subscriptions", """{"topic":"own/#"}""", cid: _accounts.Left);
        await Refused(new MqttConnectPacket { ClientId = "second", Username = key, CleanSession = true }, MqttConnectReasonCode.QuotaExceeded);
        await Refused(new MqttConnectPacket { ClientId = new string('x', MqttLimits.ClientIdLengthMax + 1), Username = key, CleanSession = true }, MqttConnectReasonCode.ClientIdentifierNotValid);
        string large = new('x', 30_000);
        for (int i = 0; i < 3; i++) await _accounts.CallAsync(HttpMethod.Post, "mqtt/messages", $$"""{"topic":"own/a","payload":"{{large}}"}""", cid: _accounts.Left);

        JsonElement[] events = await LogsAsync($"filter={Uri.EscapeDataString("event_code>=500 && event_code<505")}", _accounts.Left);
        Assert.Equal([501, 502, 504], events.Select(one => one.GetProperty("event_code").GetInt32()));
        Assert.Equal(("second", 0), (events[0].GetProperty("client_id").GetString(), events[0].GetProperty("origin_id").GetInt64()));
        Assert.Equal(("ClientIdentifierNotValid", SessionJournal.TextLengthMax), (events[1].GetProperty("reason").GetString(), events[1].GetProperty("client_id").GetString()!.Length));
        Assert.Equal(("absent", 65536), (events[2].GetProperty("client_id").GetString(), events[2].GetProperty("size").GetInt64()));
        Assert.Empty(await LogsAsync("", _accounts.Right));

        async Task Refused(MqttConnectPacket packet, MqttConnectReasonCode reason)
        {
            using RawClient client = await RawClient.OpenAsync(Gateway.Process.MqttEndPoint);
            await client.SendAsync(packet);
            Assert.Equal(reason, (await client.ExpectAsync<MqttConnAckPacket>()).ReasonCode);
        }
    }

    [Fact]
    public async Task A_client_that_comes_and_goes_is_noted_up_to_its_limit_and_leaves_room_for_others()
    {
        using MqttTests.Subscriber listener = await _accounts.ConnectAsync(RunningGateway.Token, "flespi/log/mqtt/sessions/+/accepted");
        const int Rounds = MqttLimits.ClientEventsPerMinuteMax * 3 / 2;
        for (int i = 0; i < Rounds; i++)
        {
            (RawClient client, _) = await ConnectAsync("flapping");
            client.Dispose();
        }
        (RawClient quiet, _) = await ConnectAsync("quiet");
        while (!Encoding.UTF8.GetString((await listener.NextAsync()).Payload).Contains("quiet", StringComparison.Ordinal))
        {
        }
        JsonElement[] flapping = [.. (await LogsAsync("")).Where(one => one.GetProperty("client_id").GetString() == "flapping")];
        // Its rounds may reach into the next minute.
        Assert.InRange(flapping.Length, MqttLimits.ClientEventsPerMinuteMax, 2 * MqttLimits.ClientEventsPerMinuteMax);
        Assert.Contains(flapping, one => one.TryGetProperty("reason", out JsonElement reason) && reason.GetString()!.Contains("left out until the minute ends", StringComparison.Ordinal));
        Assert.True(Gateway.Process.Services.GetRequiredService<MqttCounters>().Unlogged > 0);
        quiet.Dispose();
    }

    [Fact]
    public async Task Logs_of_sessions_reach_who_may_read_them()
    {
        string without = await _accounts.TokenAsync(_accounts.Left, """{"type":2,"acl":[{"uri":"gw","methods":["GET"]}]}""");
        string listed = await _accounts.TokenAsync(_accounts.Left, """{"type":2,"acl":[{"uri":"mqtt","methods":["GET"]}]}""");
        string neighbour = await _accounts.TokenAsync(_accounts.Right, """{"type":1}""");
        const string Filter = "$filter/payload=client_id==%22seen%22/flespi/log/mqtt/#";
        using MqttTests.Subscriber blind = await _accounts.ConnectAsync(without, Filter);
        using MqttTests.Subscriber stranger = await _accounts.ConnectAsync(neighbour, Filter);
        using MqttTests.Subscriber reader = await _accounts.ConnectAsync(listed, Filter);
        MqttConnectPacket packet = MqttSessionTests.Packet("seen");
        packet.Username = await _accounts.TokenAsync(_accounts.Left, """{"type":0}""");
        (RawClient client, _) = await RawClient.ConnectAsync(Gateway.Process.MqttEndPoint, packet);
        Assert.EndsWith("/created", (await reader.NextAsync()).Topic, StringComparison.Ordinal);
        foreach (MqttTests.Subscriber other in new[] { blind, stranger })
        {
            await other.Client.PingAsync(Cancelled);
            Assert.Null(other.TryNext());
        }
        client.Dispose();
        Assert.Equal(System.Net.HttpStatusCode.Forbidden, (await _accounts.AnswerAsync(HttpMethod.Get, "mqtt/logs", key: without)).Status);
        string ofOther = await _accounts.TokenAsync(_accounts.Left, """{"type":2,"acl":[{"uri":"mqtt","methods":["GET"],"ids":[1]}]}""");
        Assert.Empty((await _accounts.AnswerAsync(HttpMethod.Get, "mqtt/logs", key: ofOther)).Body.GetProperty("result").EnumerateArray());
        Assert.NotEmpty((await _accounts.AnswerAsync(HttpMethod.Get, "mqtt/logs", key: listed)).Body.GetProperty("result").EnumerateArray());
    }

    private Task<JsonElement[]> LogsAsync(string query, long? cid = null) => _accounts.CallAsync(HttpMethod.Get, $"mqtt/logs?{query}", cid: cid);

    private Task<(RawClient Client, MqttConnAckPacket Answer)> ConnectAsync(string clientId, MqttProtocolVersion version = MqttProtocolVersion.V500) =>
        RawClient.ConnectAsync(Gateway.Process.MqttEndPoint, MqttSessionTests.Packet(clientId, isClean: false, expirySeconds: 60), version);
}
