using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Gateway.Host.Channels;
using Gateway.Host.Tests.Cli;
using MQTTnet.Formatter;
using MQTTnet.Packets;
using MQTTnet.Protocol;
using Xunit;

namespace Gateway.Host.Tests.Mqtt;

/// <summary>Promise: a session that was wanted to last gets everything of QoS 1 that it subscribed to, in order, whatever its client and the gateway did meanwhile; once what it acknowledged.</summary>
public sealed class MqttSessionTests : IAsyncLifetime
{
    private RunningGateway _gateway = null!;

    public async ValueTask InitializeAsync() => _gateway = await RunningGateway.StartAsync();

    public async ValueTask DisposeAsync() => await _gateway.DisposeAsync();

    [Theory]
    [InlineData(MqttProtocolVersion.V310)]
    [InlineData(MqttProtocolVersion.V311)]
    [InlineData(MqttProtocolVersion.V500)]
    public async Task Messages_of_channels_outlast_client_and_gateway(MqttProtocolVersion version)
    {
        Channel channel = await _gateway.CreateChannelAsync();
        (RawClient client, MqttConnAckPacket answer) = await ConnectAsync("lasting", version);
        Assert.False(answer.IsSessionPresent);
        await client.SubscribeAsync("flespi/message/gw/channels/+/+");
        await SendAsync(channel, 0, 3);
        await client.AcknowledgeAsync(await NextAsync(client, 0));
        MqttPublishPacket unacknowledged = await NextAsync(client, 1);
        await NextAsync(client, 2);
        // The acknowledgement is noted before what comes behind it is answered.
        await client.ExpectNothingAsync();
        client.Dispose();
        await SendAsync(channel, 3, 2);

        // The client comes back to the same gateway: what it did not acknowledge comes again, marked, with its old number.
        (client, answer) = await ConnectAsync("lasting", version);
        Assert.Equal(version is not MqttProtocolVersion.V310, answer.IsSessionPresent);
        MqttPublishPacket again = await NextAsync(client, 1);
        Assert.True(again.Dup);
        Assert.Equal(unacknowledged.PacketIdentifier, again.PacketIdentifier);
        for (int i = 2; i < 5; i++) await NextAsync(client, i);
        await client.AcknowledgeAsync(again);
        await client.ExpectNothingAsync();
        client.Dispose();

        // The gateway goes and comes back, twice: what was not acknowledged comes again, and what came meanwhile.
        _gateway = await _gateway.RestartAsync();
        await SendAsync(_gateway.Process.Channels.All[0], 5, 1);
        _gateway = await _gateway.RestartAsync();
        (client, answer) = await ConnectAsync("lasting", version);
        for (int i = 2; i < 6; i++) await client.AcknowledgeAsync(await NextAsync(client, i));
        await client.ExpectNothingAsync();
        await SendAsync(_gateway.Process.Channels.All[0], 6, 1);
        await NextAsync(client, 6);
        client.Dispose();
    }

    [Fact]
    public async Task Topics_of_clients_outlast_client_and_gateway_whatever_their_size()
    {
        string[] texts = ["first", new string('x', 200_000), "third", ""];
        (RawClient client, _) = await ConnectAsync("lasting");
        await client.SubscribeAsync("own/#", identifier: 17);
        await client.ExpectNothingAsync();
        client.Dispose();
        (RawClient publisher, _) = await ConnectAsync("publisher");
        for (ushort i = 0; i < texts.Length; i++)
        {
            await publisher.SendAsync(new MqttPublishPacket
            {
                Topic = "own/topic",
                PacketIdentifier = (ushort)(i + 1),
                QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce,
                PayloadSegment = Encoding.UTF8.GetBytes(texts[i]),
                ContentType = "text/plain",
                UserProperties = [new("who", Encoding.UTF8.GetBytes("me"))],
            });
            Assert.Equal(MqttPubAckReasonCode.Success, (await publisher.ExpectAsync<MqttPubAckPacket>()).ReasonCode);
        }
        publisher.Dispose();
        _gateway = await _gateway.RestartAsync();
        (client, MqttConnAckPacket answer) = await ConnectAsync("lasting");
        Assert.True(answer.IsSessionPresent);
        foreach (string text in texts)
        {
            var got = await client.ExpectAsync<MqttPublishPacket>();
            Assert.Equal(text, Encoding.UTF8.GetString(got.Payload));
            Assert.Equal(("own/topic", "text/plain", 17u), (got.Topic, got.ContentType, got.SubscriptionIdentifiers.Single()));
            Assert.Equal(["who", "timestamp", "cid"], got.UserProperties.Select(property => property.Name));
            if (text.Length > 0) await client.AcknowledgeAsync(got);
        }
        await client.ExpectNothingAsync();
        client.Dispose();
        _gateway = await _gateway.RestartAsync();
        (client, _) = await ConnectAsync("lasting");
        Assert.Equal(0, (await client.ExpectAsync<MqttPublishPacket>()).Payload.Length);
        await client.ExpectNothingAsync();
        client.Dispose();
    }

    [Fact]
    public async Task A_group_that_lasts_shares_the_messages_of_a_channel_and_loses_none()
    {
        const string Filter = "$share/workers/flespi/message/gw/channels/+/+";
        Channel channel = await _gateway.CreateChannelAsync();
        var got = new List<int>();
        (RawClient one, _) = await ConnectAsync("one");
        (RawClient two, _) = await ConnectAsync("two");
        await one.SubscribeAsync(Filter);
        await two.SubscribeAsync(Filter);
        await SendAsync(channel, 0, 40);
        List<int> ofOne = await TakeAsync(one, 20), ofTwo = await TakeAsync(two, 20);
        Assert.Equal(Enumerable.Range(0, 40), ofOne.Concat(ofTwo).Order());
        await one.ExpectNothingAsync();
        await two.ExpectNothingAsync();
        one.Dispose();
        two.Dispose();

        await SendAsync(channel, 40, 10);
        _gateway = await _gateway.RestartAsync();
        await SendAsync(_gateway.Process.Channels.All[0], 50, 6);
        (one, MqttConnAckPacket answer) = await ConnectAsync("one");
        Assert.True(answer.IsSessionPresent);
        (two, _) = await ConnectAsync("two");
        // Who got how many depends on when the gateway saw which of them go.
        long until = Environment.TickCount64 + (long)RunningGateway.Patience.TotalMilliseconds;
        while (got.Count < 16 && Environment.TickCount64 < until)
        {
            got.AddRange(await DrainAsync(one));
            got.AddRange(await DrainAsync(two));
        }
        Assert.Equal(Enumerable.Range(40, 16), got.Order());
        one.Dispose();
        two.Dispose();

        static async Task<List<int>> TakeAsync(RawClient client, int count)
        {
            var numbers = new List<int>();
            while (numbers.Count < count) numbers.Add(await NumberAsync(client, await client.ExpectAsync<MqttPublishPacket>()));
            return numbers;
        }

        static async Task<List<int>> DrainAsync(RawClient client)
        {
            var numbers = new List<int>();
            await client.SendAsync([0xC0, 0]);
            while (await client.ReceiveAsync() is MqttPublishPacket packet) numbers.Add(await NumberAsync(client, packet));
            return numbers;
        }

        static async Task<int> NumberAsync(RawClient client, MqttPublishPacket packet)
        {
            await client.AcknowledgeAsync(packet);
            using JsonDocument json = JsonDocument.Parse(packet.Payload);
            return json.RootElement.GetProperty("position.altitude").GetInt32();
        }
    }

    [Fact]
    public async Task Retained_messages_and_those_cleared_stay_so_after_a_restart()
    {
        (RawClient client, _) = await ConnectAsync("one");
        foreach ((string topic, string text) in new[] { ("r/1", "a"), ("r/2", "b"), ("r/1", ""), ("r/3", "c") })
        {
            await client.SendAsync(new MqttPublishPacket { Topic = topic, PacketIdentifier = 1, QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce, Retain = true, PayloadSegment = Encoding.UTF8.GetBytes(text) });
            await client.ExpectAsync<MqttPubAckPacket>();
        }
        client.Dispose();
        _gateway = await _gateway.RestartAsync();
        (client, _) = await ConnectAsync("one");
        await client.SubscribeAsync("r/#", qos: 0);
        var got = new List<string>();
        for (int i = 0; i < 2; i++)
        {
            var packet = await client.ExpectAsync<MqttPublishPacket>();
            Assert.True(packet.Retain);
            got.Add($"{packet.Topic} {Encoding.UTF8.GetString(packet.Payload)}");
        }
        Assert.Equal(["r/2 b", "r/3 c"], got.Order());
        await client.ExpectNothingAsync();
        client.Dispose();
    }

    [Fact]
    public async Task No_more_is_under_way_than_the_client_wants()
    {
        Channel channel = await _gateway.CreateChannelAsync();
        (RawClient client, _) = await ConnectAsync("two at a time", receiveMaximum: 2);
        await client.SubscribeAsync("flespi/message/gw/channels/+/+");
        await SendAsync(channel, 0, 6);
        MqttPublishPacket first = await NextAsync(client, 0), second = await NextAsync(client, 1);
        await client.ExpectNothingAsync();
        await client.AcknowledgeAsync(first);
        await client.AcknowledgeAsync(second);
        await NextAsync(client, 2);
        await NextAsync(client, 3);
        await client.ExpectNothingAsync();
        client.Dispose();
    }

    [Fact]
    public async Task A_session_ends_with_its_connection_its_time_or_a_clean_start()
    {
        Channel channel = await _gateway.CreateChannelAsync();
        (RawClient client, _) = await ConnectAsync("short", expirySeconds: 0);
        await client.SubscribeAsync("flespi/message/gw/channels/+/+");
        client.Dispose();
        (client, MqttConnAckPacket answer) = await ConnectAsync("short", expirySeconds: 3600);
        Assert.False(answer.IsSessionPresent);
        await client.SubscribeAsync("flespi/message/gw/channels/+/+");
        client.Dispose();
        await SendAsync(channel, 0, 1);
        (client, answer) = await ConnectAsync("short", isClean: true, expirySeconds: 3600);
        Assert.False(answer.IsSessionPresent);
        await client.ExpectNothingAsync();
        // At the end of its time.
        await client.SendAsync(new MqttDisconnectPacket { SessionExpiryInterval = 1 });
        client.Dispose();
        long until = Environment.TickCount64 + (long)RunningGateway.Patience.TotalMilliseconds;
        do
        {
            Assert.True(Environment.TickCount64 < until, "The session outlived its time.");
            await Task.Delay(1_500, TestContext.Current.CancellationToken);
            (client, answer) = await ConnectAsync("short", expirySeconds: 1);
            client.Dispose();
        }
        while (answer.IsSessionPresent);
    }

    internal static async Task<MqttPublishPacket> NextAsync(RawClient client, int expected)
    {
        var packet = await client.ExpectAsync<MqttPublishPacket>();
        using JsonDocument json = JsonDocument.Parse(packet.Payload);
        Assert.Equal(expected, json.RootElement.GetProperty("position.altitude").GetInt32());
        return packet;
    }

    internal static async Task SendAsync(Channel channel, int first, int count)
    {
        using MqttTests.TestDevice device = await MqttTests.TestDevice.ConnectAsync(channel);
        for (int i = first; i < first + count; i++)
            await device.ExchangeAsync(string.Create(CultureInfo.InvariantCulture, $"#D#141123;221320;5441.2320;N;02516.7820;E;54;090;{i};11\r\n"), "#AD#1\r\n");
    }

    private Task<(RawClient Client, MqttConnAckPacket Answer)> ConnectAsync(
        string clientId, MqttProtocolVersion version = MqttProtocolVersion.V500, bool isClean = false, uint expirySeconds = 3600, ushort receiveMaximum = 0) =>
        RawClient.ConnectAsync(_gateway.Process.MqttEndPoint, Packet(clientId, isClean, expirySeconds, receiveMaximum), version);

    internal static MqttConnectPacket Packet(string clientId, bool isClean = true, uint expirySeconds = 0, ushort receiveMaximum = 0) => new()
    {
        ClientId = clientId,
        Username = RunningGateway.Token,
        CleanSession = isClean,
        SessionExpiryInterval = expirySeconds,
        ReceiveMaximum = receiveMaximum,
    };
}
