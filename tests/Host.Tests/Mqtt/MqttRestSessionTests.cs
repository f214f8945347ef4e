using System.Net;
using System.Text;
using System.Text.Json;
using Gateway.Host.Channels;
using Gateway.Host.Mqtt.Storing;
using Gateway.Host.Tests.Cli;
using Microsoft.Data.Sqlite;
using MQTTnet.Formatter;
using MQTTnet.Packets;
using MQTTnet.Protocol;
using Xunit;

namespace Gateway.Host.Tests.Mqtt;

/// <summary>Promise: over REST sessions can be made ahead of their clients, looked at, subscribed and ended; it holds at once, over restarts, and for nobody else's sessions.</summary>
public sealed class MqttRestSessionTests : IAsyncLifetime
{
    private MqttAccounts _accounts = null!;

    private RunningGateway Gateway => _accounts.Gateway;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _accounts = await MqttAccounts.StartAsync();

    public async ValueTask DisposeAsync() => await _accounts.DisposeAsync();

    [Theory]
    [InlineData(MqttProtocolVersion.V311)]
    [InlineData(MqttProtocolVersion.V500)]
    public async Task A_session_made_ahead_keeps_what_comes_until_its_client_does(MqttProtocolVersion version)
    {
        Channel channel = await Gateway.CreateChannelAsync();
        long id = await MakeAsync("""[{"client_id":"later","expires":3600}]""");
        JsonElement[] made = await _accounts.CallAsync(HttpMethod.Post, $"mqtt/sessions/{id}/subscriptions", $$"""[{"topic":"flespi/message/gw/channels/{{channel.Id}}/+"},{"topic":"own/#","identifier":7}]""");
        Assert.Equal([$"flespi/message/gw/channels/{channel.Id}/+", "own/#"], made.Select(one => one.GetProperty("topic").GetString()));
        await MqttSessionTests.SendAsync(channel, 0, 2);
        await _accounts.CallAsync(HttpMethod.Post, "mqtt/messages", """{"topic":"own/topic","payload":"first"}""");
        await _accounts.RestartAsync();
        await _accounts.CallAsync(HttpMethod.Post, "mqtt/messages", """{"topic":"own/topic","payload":"second"}""");

        JsonElement waiting = await OneAsync($"mqtt/sessions/{id}?fields=*");
        Assert.Equal(("later", false, false, 3600), (waiting.GetProperty("client_id").GetString(), waiting.GetProperty("connected").GetBoolean(), waiting.GetProperty("clean").GetBoolean(), waiting.GetProperty("expires").GetInt32()));
        Assert.True(waiting.GetProperty("size").GetInt64() > 10, waiting.GetRawText());
        Assert.Equal($"[{channel.Id}]", waiting.GetProperty("waiting_channels").GetRawText());
        Assert.Equal(made.Select(one => one.GetProperty("id").GetInt64()).Order(), (await _accounts.CallAsync(HttpMethod.Get, $"mqtt/sessions/{id}/subscriptions/all")).Select(one => one.GetProperty("id").GetInt64()).Order());

        (RawClient client, MqttConnAckPacket answer) = await RawClient.ConnectAsync(Gateway.Process.MqttEndPoint, MqttSessionTests.Packet("later", isClean: false, expirySeconds: 60), version);
        Assert.True(answer.IsSessionPresent);
        var got = new List<string>();
        for (int i = 0; i < 4; i++)
        {
            var packet = await client.ExpectAsync<MqttPublishPacket>();
            got.Add(packet.Topic == "own/topic" ? Encoding.UTF8.GetString(packet.Payload) : "of the channel");
            await client.AcknowledgeAsync(packet);
        }
        await client.ExpectNothingAsync();
        Assert.Equal(["first", "second"], got.Where(text => text != "of the channel"));
        JsonElement there = await OneAsync($"mqtt/sessions/client_id=later?fields=id,connected,ip,size,waiting_channels,disconnected");
        Assert.Equal($$"""{"id":{{id}},"connected":true,"ip":"127.0.0.1","size":0,"waiting_channels":[],"disconnected":null}""", there.GetRawText());
        client.Dispose();
    }

    [Theory]
    [InlineData(MqttProtocolVersion.V311)]
    [InlineData(MqttProtocolVersion.V500)]
    public async Task The_client_of_a_session_that_is_deleted_is_disconnected_and_finds_nothing_of_it_later(MqttProtocolVersion version)
    {
        (RawClient client, _) = await ConnectAsync("worker", version);
        await client.SubscribeAsync("own/#");
        await _accounts.CallAsync(HttpMethod.Post, "mqtt/messages", """{"topic":"own/topic","payload":"unacknowledged"}""");
        await client.ExpectAsync<MqttPublishPacket>();
        JsonElement session = await OneAsync("mqtt/sessions/client_id=worker?fields=id,size,connected");
        Assert.True(session.GetProperty("connected").GetBoolean() && session.GetProperty("size").GetInt64() > 0, session.GetRawText());
        long id = session.GetProperty("id").GetInt64();

        Assert.Equal(id, Assert.Single(await _accounts.CallAsync(HttpMethod.Delete, $"mqtt/sessions/{id}")).GetProperty("id").GetInt64());
        MqttPacket? last = await client.ReceiveAsync();
        if (version is MqttProtocolVersion.V500)
        {
            Assert.Equal(MqttDisconnectReasonCode.AdministrativeAction, Assert.IsType<MqttDisconnectPacket>(last).ReasonCode);
            last = await client.ReceiveAsync();
        }
        Assert.Null(last);
        client.Dispose();
        Assert.Equal(HttpStatusCode.NotFound, (await _accounts.AnswerAsync(HttpMethod.Get, $"mqtt/sessions/{id}")).Status);

        await _accounts.RestartAsync();
        Assert.Empty(await _accounts.CallAsync(HttpMethod.Get, "mqtt/sessions/all"));
        (client, MqttConnAckPacket answer) = await ConnectAsync("worker", version);
        Assert.False(answer.IsSessionPresent);
        await client.SubscribeAsync("own/#");
        await client.ExpectNothingAsync();
        Assert.NotEqual(id, (await OneAsync("mqtt/sessions/all?fields=id")).GetProperty("id").GetInt64());
        client.Dispose();
    }

    [Fact]
    public async Task Sessions_can_be_deleted_while_messages_come_for_them_and_leave_nothing_on_disk()
    {
        const int Sessions = 30;
        using var stopping = new CancellationTokenSource();
        (RawClient publisher, _) = await ConnectAsync("publisher", expirySeconds: 0);
        Task publishing = Task.Run(async () =>
        {
            for (ushort number = 1; !stopping.IsCancellationRequested; number = (ushort)(number % 60_000 + 1))
            {
                await publisher.SendAsync(new MqttPublishPacket { Topic = "own/topic", PacketIdentifier = number, QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce, PayloadSegment = "x"u8.ToArray() });
                // It is no matter of who publishes that a session ends: it is never disconnected for that.
                Assert.Equal(MqttPubAckReasonCode.Success, (await publisher.ExpectAsync<MqttPubAckPacket>()).ReasonCode);
            }
        }, Cancelled);
        for (int i = 0; i < Sessions; i++)
        {
            long id = await MakeAsync($$"""{"client_id":"of {{i}}"}""");
            await _accounts.CallAsync(HttpMethod.Post, $"mqtt/sessions/{id}/subscriptions", """{"topic":"own/#"}""");
            if (i % 3 == 0) await Channels.Eventually.TrueAsync(() => OneAsync($"mqtt/sessions/{id}?fields=size").GetAwaiter().GetResult().GetProperty("size").GetInt64() > 0, "something waits");
            await _accounts.CallAsync(HttpMethod.Delete, $"mqtt/sessions/{id}");
        }
        await stopping.CancelAsync();
        await publishing;
        publisher.Dispose();
        string folder = Gateway.Process.DataPath;
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(folder, "mqtt", "queues", "channels")));
        using var database = new SqliteConnection($"Data Source={Path.Combine(folder, SessionStore.FileName)};Mode=ReadOnly;Pooling=False");
        database.Open();
        foreach (string table in new[] { "sessions", "subscriptions", "places" })
        {
            using SqliteCommand command = database.CreateCommand();
            command.CommandText = $"SELECT count(*) FROM {table}";
            Assert.Equal((table, 0L), (table, command.ExecuteScalar()));
        }
    }

    [Fact]
    public async Task The_will_of_a_client_whose_session_is_deleted_is_said_at_once_whatever_its_delay()
    {
        using MqttTests.Subscriber subscriber = await _accounts.ConnectAsync(RunningGateway.Token, "wills/#");
        MqttConnectPacket packet = MqttSessionTests.Packet("willing", isClean: false, expirySeconds: 3600);
        (packet.WillFlag, packet.WillTopic, packet.WillMessage, packet.WillDelayInterval) = (true, "wills/willing", "gone"u8.ToArray(), 3600);
        (RawClient client, _) = await RawClient.ConnectAsync(Gateway.Process.MqttEndPoint, packet);
        await _accounts.CallAsync(HttpMethod.Delete, "mqtt/sessions/client_id=willing");
        Assert.Equal("gone", Encoding.UTF8.GetString((await subscriber.NextAsync()).Payload));
        client.Dispose();
    }

    [Fact]
    public async Task Subscriptions_made_and_ended_over_rest_hold_at_once_for_a_client_that_is_there()
    {
        await _accounts.CallAsync(HttpMethod.Post, "mqtt/messages", """{"topic":"own/kept","payload":"kept","retain":true}""");
        (RawClient client, _) = await ConnectAsync("there", expirySeconds: 0);
        JsonElement[] made = await _accounts.CallAsync(HttpMethod.Post, "mqtt/sessions/client_id=there/subscriptions", """[{"topic":"own/+","qos":0,"identifier":9},{"topic":"other","retain_handling":2}]""");
        var kept = await client.ExpectAsync<MqttPublishPacket>();
        Assert.Equal(("own/kept", true, 9u, MqttQualityOfServiceLevel.AtMostOnce), (kept.Topic, kept.Retain, kept.SubscriptionIdentifiers.Single(), kept.QualityOfServiceLevel));
        await client.ExpectNothingAsync();

        // What the client does and what REST does are the same subscriptions.
        await client.SubscribeAsync("own/+", handling: MqttRetainHandling.DoNotSendOnSubscribe);
        JsonElement[] both = await _accounts.CallAsync(HttpMethod.Get, "mqtt/sessions/client_id=there/subscriptions/all?fields=id,topic,qos,identifier");
        Assert.Equal([$$"""{"id":{{made[1].GetProperty("id")}},"topic":"other","qos":1,"identifier":0}""", $$"""{"id":{{made[0].GetProperty("id")}},"topic":"own/+","qos":1,"identifier":0}"""],
            both.OrderBy(one => one.GetProperty("topic").GetString()).Select(one => one.GetRawText()));

        Assert.Single(await _accounts.CallAsync(HttpMethod.Delete, $"mqtt/sessions/client_id=there/subscriptions/{made[0].GetProperty("id")}"));
        await _accounts.CallAsync(HttpMethod.Post, "mqtt/messages", """[{"topic":"own/a","payload":"not heard"},{"topic":"other","payload":"heard"}]""");
        Assert.Equal("heard", Encoding.UTF8.GetString((await client.ExpectAsync<MqttPublishPacket>()).Payload));
        await client.ExpectNothingAsync();
        Assert.Equal(HttpStatusCode.NotFound, (await _accounts.AnswerAsync(HttpMethod.Delete, $"mqtt/sessions/client_id=there/subscriptions/{made[0].GetProperty("id")}")).Status);
        client.Dispose();
    }

    [Fact]
    public async Task A_subscription_that_was_ended_over_rest_does_not_come_back_with_the_gateway()
    {
        long id = await MakeAsync("""{"client_id":"lasting"}""");
        await _accounts.CallAsync(HttpMethod.Post, $"mqtt/sessions/{id}/subscriptions", """[{"topic":"a"},{"topic":"b"}]""");
        await _accounts.CallAsync(HttpMethod.Delete, $"mqtt/sessions/{id}/subscriptions/topic=a");
        await _accounts.RestartAsync();
        Assert.Equal("""{"topic":"b"}""", Assert.Single(await _accounts.CallAsync(HttpMethod.Get, $"mqtt/sessions/{id}/subscriptions/all?fields=topic")).GetRawText());
    }

    [Fact]
    public async Task A_session_made_for_an_account_below_gets_what_is_of_that_account_alone()
    {
        long id = await MakeAsync($$"""{"client_id":"below","cid":{{_accounts.Left}}}""");
        await _accounts.CallAsync(HttpMethod.Post, $"mqtt/sessions/{id}/subscriptions", """{"topic":"own/#"}""");
        await _accounts.RestartAsync();
        await _accounts.CallAsync(HttpMethod.Post, "mqtt/messages", """{"topic":"own/topic","payload":"of the root"}""");
        await _accounts.CallAsync(HttpMethod.Post, "mqtt/messages", """{"topic":"own/topic","payload":"of left"}""", cid: _accounts.Left);
        string key = await _accounts.TokenAsync(_accounts.Left, """{"type":0}""");
        MqttConnectPacket packet = MqttSessionTests.Packet("below", isClean: false, expirySeconds: 60);
        packet.Username = key;
        (RawClient client, MqttConnAckPacket answer) = await RawClient.ConnectAsync(Gateway.Process.MqttEndPoint, packet);
        Assert.True(answer.IsSessionPresent);
        Assert.Equal("of left", Encoding.UTF8.GetString((await client.ExpectAsync<MqttPublishPacket>()).Payload));
        await client.ExpectNothingAsync();
        client.Dispose();

        // With its account it goes, though the token it was made with stays.
        await MakeAsync($$"""{"client_id":"other","cid":{{_accounts.Right}}}""");
        await _accounts.SendAsync(HttpMethod.Delete, $"platform/subaccounts/{_accounts.Right}");
        await Channels.Eventually.TrueAsync(() => _accounts.CallAsync(HttpMethod.Get, "mqtt/sessions/client_id=other").GetAwaiter().GetResult().Length == 0, "the session is gone");
    }

    [Fact]
    public async Task Sessions_of_other_accounts_are_absent()
    {
        long id = await MakeAsync($$"""{"client_id":"of left","cid":{{_accounts.Left}}}""");
        string neighbour = await _accounts.TokenAsync(_accounts.Right, """{"type":1}""");
        foreach ((HttpMethod method, string path, string? body) in new[]
        {
            (HttpMethod.Get, $"mqtt/sessions/{id}", null), (HttpMethod.Delete, $"mqtt/sessions/{id}", null), (HttpMethod.Get, $"mqtt/sessions/{id}/subscriptions/all", null),
            (HttpMethod.Post, $"mqtt/sessions/{id}/subscriptions", """{"topic":"a"}"""), (HttpMethod.Delete, $"mqtt/sessions/{id}/subscriptions/all", null),
        })
            Assert.Equal(HttpStatusCode.NotFound, (await _accounts.AnswerAsync(method, path, body, key: neighbour)).Status);
        Assert.Empty((await _accounts.AnswerAsync(HttpMethod.Get, "mqtt/sessions/all", key: neighbour)).Body.GetProperty("result").EnumerateArray());
        Assert.Equal(id, (await OneAsync($"mqtt/sessions/cid={_accounts.Left}?fields=id")).GetProperty("id").GetInt64());
    }

    [Fact]
    public async Task Sessions_and_subscriptions_are_held_to_the_accounts_limits()
    {
        await _accounts.LimitAsync(_accounts.Left, """{"name":"x","mqtt_sessions":1,"mqtt_subscriptions":2}""");
        (HttpStatusCode status, JsonElement body) = await _accounts.AnswerAsync(HttpMethod.Post, "mqtt/sessions", """[{"client_id":"one"},{"client_id":"two"}]""", cid: _accounts.Left);
        Assert.Equal((HttpStatusCode.OK, 1, 5), (status, body.GetProperty("result").GetArrayLength(), body.GetProperty("errors")[0].GetProperty("code").GetInt32()));
        (status, body) = await _accounts.AnswerAsync(HttpMethod.Post, "mqtt/sessions/client_id=one/subscriptions", """[{"topic":"a"},{"topic":"b"},{"topic":"c"},{"topic":"a"}]""", cid: _accounts.Left);
        Assert.Equal((HttpStatusCode.OK, 3, 1), (status, body.GetProperty("result").GetArrayLength(), body.GetProperty("errors").GetArrayLength()));
        Assert.Contains("mqtt_subscriptions is 2", body.GetProperty("errors")[0].GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mqtt/sessions", "{}", "client_id")]
    [InlineData("mqtt/sessions", """{"client_id":""}""", "client_id")]
    [InlineData("mqtt/sessions", """{"client_id":"x","expires":0}""", "1 to 2592000")]
    [InlineData("mqtt/sessions", """{"client_id":"x","ip":"::1"}""", "no field 'ip' that can be set")]
    [InlineData("mqtt/sessions", """{"client_id":"taken"}""", "has session")]
    [InlineData("mqtt/sessions/all/subscriptions", "{}", "must have a topic")]
    [InlineData("mqtt/sessions/all/subscriptions", """{"topic":"a/#/b"}""", "+ and # must fill a level")]
    [InlineData("mqtt/sessions/all/subscriptions", """{"topic":"$share/a"}""", "$share/ must be followed")]
    [InlineData("mqtt/sessions/all/subscriptions", """{"topic":"a","qos":3}""", "0 to 2")]
    [InlineData("mqtt/sessions/all/subscriptions", """{"topic":"a","retain_handling":-1}""", "0 to 2")]
    public async Task What_can_not_be_is_refused_in_words_and_changes_nothing(string path, string body, string reason)
    {
        await MakeAsync("""{"client_id":"taken"}""");
        (HttpStatusCode status, JsonElement answer) = await _accounts.AnswerAsync(HttpMethod.Post, path, body);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains(reason, answer.GetProperty("errors")[0].GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal("""{"client_id":"taken","subscriptions_count":0}""", (await OneAsync("mqtt/sessions/all?fields=client_id,subscriptions_count")).GetRawText());
    }

    private async Task<long> MakeAsync(string body) => Assert.Single(await _accounts.CallAsync(HttpMethod.Post, "mqtt/sessions", body)).GetProperty("id").GetInt64();

    private async Task<JsonElement> OneAsync(string path) => Assert.Single(await _accounts.CallAsync(HttpMethod.Get, path));

    private Task<(RawClient Client, MqttConnAckPacket Answer)> ConnectAsync(string clientId, MqttProtocolVersion version = MqttProtocolVersion.V500, uint expirySeconds = 3600) =>
        RawClient.ConnectAsync(Gateway.Process.MqttEndPoint, MqttSessionTests.Packet(clientId, isClean: expirySeconds == 0, expirySeconds), version);
}
