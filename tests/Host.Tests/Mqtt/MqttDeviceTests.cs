using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Gateway.Host.Channels;
using Gateway.Host.Tests.Cli;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Packets;
using Xunit;

namespace Gateway.Host.Tests.Mqtt;

/// <summary>Promise: at <c>flespi/message/gw/devices/{id}</c> a client gets each message of a device that REST shows, whichever channel stored it, with the guarantees of the channels' topics.</summary>
public sealed class MqttDeviceTests : IAsyncLifetime
{
    private const string OfDevices = "flespi/message/gw/devices/", OfChannels = "flespi/message/gw/channels/";

    private MqttAccounts _accounts = null!;

    private RunningGateway Gateway => _accounts.Gateway;

    public async ValueTask InitializeAsync() => _accounts = await MqttAccounts.StartAsync();

    public async ValueTask DisposeAsync() => await _accounts.DisposeAsync();

    [Theory]
    [InlineData("flespi/message/gw/devices/{0}")]
    [InlineData("flespi/message/gw/devices/+")]
    [InlineData("flespi/message/gw/devices/#")]
    [InlineData("flespi/message/gw/devices/{0}/#")]
    [InlineData("flespi/message/gw/devices/7,{0},{0}")]
    [InlineData("flespi/message/+/state,devices/{0}")]
    [InlineData("$filter/cid=1&payload=position.altitude%3D%3D112/flespi/message/gw/devices/+")]
    [InlineData("$share/group/flespi/message/gw/devices/+")]
    public async Task A_message_arrives_at_its_devices_topic_as_rest_shows_it(string filter)
    {
        Channel channel = await Gateway.CreateChannelAsync();
        long id = await _accounts.CreateDeviceAsync();
        using MqttTests.Subscriber subscriber = await _accounts.ConnectAsync(RunningGateway.Token, string.Format(CultureInfo.InvariantCulture, filter, id));
        await MqttSessionTests.SendAsync(channel, 112, 1);
        MqttApplicationMessage message = await subscriber.NextAsync();
        Assert.Equal($"{OfDevices}{id}", message.Topic);
        Assert.Equal("1", message.UserProperties.Single(property => property.Name == "cid").ValueAsText());
        using JsonDocument got = JsonDocument.Parse(message.Payload);
        Assert.True(JsonElement.DeepEquals((await _accounts.MessagesOfAsync(id))[0], got.RootElement), got.RootElement.ToString());
        Assert.Equal(("lorry", id), (got.RootElement.GetProperty("device.name").GetString(), got.RootElement.GetProperty("device.id").GetInt64()));
        await subscriber.Client.PingAsync(TestContext.Current.CancellationToken);
        Assert.Null(subscriber.TryNext());
    }

    [Theory]
    [InlineData("flespi/message/gw/devices/{1}")]
    [InlineData("flespi/message/gw/devices")]
    [InlineData("flespi/message/gw/devices/{0}/+")]
    [InlineData("$filter/cid=2/flespi/message/gw/devices/+")]
    public async Task Other_filters_get_nothing_of_it(string filter)
    {
        Channel channel = await Gateway.CreateChannelAsync();
        long id = await _accounts.CreateDeviceAsync(), other = await _accounts.CreateDeviceAsync(ident: "2");
        using RawClient client = await ConnectAsync("other");
        await client.SubscribeAsync(string.Format(CultureInfo.InvariantCulture, filter, id, other));
        await client.SubscribeAsync(OfChannels + "+/+");
        await MqttSessionTests.SendAsync(channel, 0, 2);
        for (int i = 0; i < 2; i++) Assert.StartsWith(OfChannels, (await MqttSessionTests.NextAsync(client, i)).Topic, StringComparison.Ordinal);
        await client.ExpectNothingAsync();
    }

    [Theory]
    [InlineData(MqttProtocolVersion.V311)]
    [InlineData(MqttProtocolVersion.V500)]
    public async Task Messages_of_devices_outlast_client_and_gateway(MqttProtocolVersion version)
    {
        await Gateway.CreateChannelAsync();
        await _accounts.CreateDeviceAsync();
        RawClient client = await ConnectAsync("lasting", version);
        await client.SubscribeAsync(OfDevices + "+");
        await SendAsync(0, 3);
        await client.AcknowledgeAsync(await MqttSessionTests.NextAsync(client, 0));
        MqttPublishPacket unacknowledged = await MqttSessionTests.NextAsync(client, 1);
        await MqttSessionTests.NextAsync(client, 2);
        await client.ExpectNothingAsync();
        client.Dispose();
        await SendAsync(3, 2);

        client = await ConnectAsync("lasting", version);
        MqttPublishPacket again = await MqttSessionTests.NextAsync(client, 1);
        Assert.True(again.Dup);
        Assert.Equal(unacknowledged.PacketIdentifier, again.PacketIdentifier);
        for (int i = 2; i < 5; i++) await MqttSessionTests.NextAsync(client, i);
        await client.AcknowledgeAsync(again);
        await client.ExpectNothingAsync();
        client.Dispose();

        await _accounts.RestartAsync();
        await SendAsync(5, 1);
        await _accounts.RestartAsync();
        client = await ConnectAsync("lasting", version);
        for (int i = 2; i < 6; i++) await client.AcknowledgeAsync(await MqttSessionTests.NextAsync(client, i));
        await client.ExpectNothingAsync();
        await SendAsync(6, 1);
        Assert.False((await MqttSessionTests.NextAsync(client, 6)).Dup);
        client.Dispose();
    }

    [Fact]
    public async Task Who_wants_both_topics_gets_each_message_once_at_each_and_acknowledges_them_apart()
    {
        await Gateway.CreateChannelAsync();
        await _accounts.CreateDeviceAsync();
        RawClient client = await ConnectAsync("both");
        await client.SubscribeAsync("flespi/message/#", identifier: 1);
        await client.SubscribeAsync(OfDevices + "+", identifier: 2);
        await client.SubscribeAsync(OfChannels + "+/+", identifier: 3);
        await SendAsync(0, 3);
        for (int i = 0; i < 3; i++)
        {
            MqttPublishPacket ofChannel = await MqttSessionTests.NextAsync(client, i), ofDevice = await MqttSessionTests.NextAsync(client, i);
            Assert.StartsWith(OfChannels, ofChannel.Topic, StringComparison.Ordinal);
            Assert.StartsWith(OfDevices, ofDevice.Topic, StringComparison.Ordinal);
            Assert.Equal([1u, 3u], ofChannel.SubscriptionIdentifiers.Order());
            Assert.Equal([1u, 2u], ofDevice.SubscriptionIdentifiers.Order());
            await client.AcknowledgeAsync(i < 2 ? ofChannel : ofDevice);
            if (i == 0) await client.AcknowledgeAsync(ofDevice);
        }
        await client.ExpectNothingAsync();
        client.Dispose();
        await _accounts.RestartAsync();

        // Of the devices' messages the last was acknowledged before the second: what is acknowledged behind one that is not comes again, as with any topic.
        client = await ConnectAsync("both");
        var again = new List<string>();
        for (int i = 0; i < 3; i++)
        {
            var packet = await client.ExpectAsync<MqttPublishPacket>();
            Assert.True(packet.Dup);
            again.Add($"{packet.Topic.Split('/')[3]} {NumberOf(packet)}");
        }
        Assert.Equal(["channels 2", "devices 1", "devices 2"], again.Order(StringComparer.Ordinal));
        await client.ExpectNothingAsync();
        client.Dispose();
    }

    [Fact]
    public async Task Who_is_behind_at_both_topics_loses_and_doubles_nothing()
    {
        const int Count = 3_000;
        Channel channel = await Gateway.CreateChannelAsync();
        await _accounts.CreateDeviceAsync();
        using RawClient slow = await ConnectAsync("slow");
        await slow.SubscribeAsync("flespi/message/#");
        using RawClient ofDevices = await ConnectAsync("devices");
        await ofDevices.SubscribeAsync(OfDevices + "+", qos: 0);
        await MqttSessionTests.SendAsync(channel, 0, Count);
        for (int i = 0; i < Count; i++) await MqttSessionTests.NextAsync(ofDevices, i);
        Dictionary<string, int> next = new() { ["channels"] = 0, ["devices"] = 0 };
        for (int i = 0; i < 2 * Count; i++)
        {
            var packet = await slow.ExpectAsync<MqttPublishPacket>();
            await slow.AcknowledgeAsync(packet);
            Assert.Equal(next[packet.Topic.Split('/')[3]]++, NumberOf(packet));
        }
        await slow.ExpectNothingAsync();
        await ofDevices.ExpectNothingAsync();
    }

    [Fact]
    public async Task A_group_that_lasts_shares_the_messages_of_a_device_and_loses_none()
    {
        const string Filter = "$share/workers/flespi/message/gw/devices/+";
        await Gateway.CreateChannelAsync();
        await _accounts.CreateDeviceAsync();
        RawClient one = await ConnectAsync("one"), two = await ConnectAsync("two");
        await one.SubscribeAsync(Filter);
        await two.SubscribeAsync(Filter);
        await SendAsync(0, 20);
        var got = new List<int>();
        foreach (RawClient client in (RawClient[])[one, two])
        {
            for (int i = 0; i < 10; i++) got.Add(await TakeAsync(client));
            await client.ExpectNothingAsync();
            client.Dispose();
        }
        Assert.Equal(Enumerable.Range(0, 20), got.Order());
        await SendAsync(20, 5);
        await _accounts.RestartAsync();
        await SendAsync(25, 5);
        one = await ConnectAsync("one");
        two = await ConnectAsync("two");
        got.Clear();
        long until = Environment.TickCount64 + (long)RunningGateway.Patience.TotalMilliseconds;
        while (got.Count < 10 && Environment.TickCount64 < until)
        {
            foreach (RawClient client in (RawClient[])[one, two])
            {
                await client.SendAsync([0xC0, 0]);
                while (await client.ReceiveAsync() is MqttPublishPacket packet)
                {
                    await client.AcknowledgeAsync(packet);
                    got.Add(NumberOf(packet));
                }
            }
        }
        Assert.Equal(Enumerable.Range(20, 10), got.Order());
        one.Dispose();
        two.Dispose();

        static async Task<int> TakeAsync(RawClient client)
        {
            var packet = await client.ExpectAsync<MqttPublishPacket>();
            await client.AcknowledgeAsync(packet);
            return NumberOf(packet);
        }
    }

    [Fact]
    public async Task Who_may_read_a_device_gets_its_messages_whatever_it_may_read_of_the_channel()
    {
        Channel left = await _accounts.CreateChannelAsync(_accounts.Left);
        long ofRoot = await _accounts.CreateDeviceAsync(), other = await _accounts.CreateDeviceAsync(_accounts.Right, ident: "2");
        string listed = await _accounts.TokenAsync(1, $$"""{"type":2,"acl":[{"uri":"gw/devices","methods":["GET"],"ids":[{{ofRoot}}],"submodules":[{"name":"messages","methods":["GET"]}]}]}""");
        string unlisted = await _accounts.TokenAsync(1, $$"""{"type":2,"acl":[{"uri":"gw/devices","methods":["GET"],"ids":[{{other}}]}]}""");
        string logsAlone = await _accounts.TokenAsync(1, """{"type":2,"acl":[{"uri":"gw/devices","methods":["GET"],"submodules":[{"name":"logs","methods":["GET"]}]}]}""");
        string ofChannel = await _accounts.TokenAsync(_accounts.Left, """{"type":1}""");
        const string Any = "flespi/message/#";
        using MqttTests.Subscriber reader = await _accounts.ConnectAsync(listed, Any), stranger = await _accounts.ConnectAsync(unlisted, Any);
        using MqttTests.Subscriber clerk = await _accounts.ConnectAsync(logsAlone, Any), neighbour = await _accounts.ConnectAsync(ofChannel, Any);
        await MqttSessionTests.SendAsync(left, 0, 1);

        MqttApplicationMessage message = await reader.NextAsync();
        Assert.Equal($"{OfDevices}{ofRoot}", message.Topic);
        Assert.Equal("1", message.UserProperties.Single(property => property.Name == "cid").ValueAsText());
        Assert.Contains("\"device.name\":\"lorry\"", message.ConvertPayloadToString(), StringComparison.Ordinal);
        // Of a device of the account above, the channel's readers learn nothing.
        message = await neighbour.NextAsync();
        Assert.StartsWith(OfChannels, message.Topic, StringComparison.Ordinal);
        Assert.DoesNotContain("device.name", message.ConvertPayloadToString(), StringComparison.Ordinal);
        foreach (MqttTests.Subscriber nobody in (MqttTests.Subscriber[])[reader, stranger, clerk, neighbour])
        {
            await nobody.Client.PingAsync(TestContext.Current.CancellationToken);
            Assert.Null(nobody.TryNext());
        }
    }

    private static int NumberOf(MqttPublishPacket packet)
    {
        using JsonDocument json = JsonDocument.Parse(packet.Payload);
        return json.RootElement.GetProperty("position.altitude").GetInt32();
    }

    private Task SendAsync(int first, int count) => MqttSessionTests.SendAsync(Gateway.Process.Channels.All[0], first, count);

    private async Task<RawClient> ConnectAsync(string clientId, MqttProtocolVersion version = MqttProtocolVersion.V500) =>
        (await RawClient.ConnectAsync(Gateway.Process.MqttEndPoint, MqttSessionTests.Packet(clientId, isClean: false, expirySeconds: 3600), version)).Client;
}
