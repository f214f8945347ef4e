using System.Globalization;
using System.Text;
using System.Text.Json;
using Gateway.Host.Channels;
using Gateway.Host.Tests.Cli;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Packets;
using MQTTnet.Protocol;
using Xunit;

namespace Gateway.Host.Tests.Mqtt;

/// <summary>Promise: below <c>flespi/state/</c> lies what REST shows of items, at the subscription all of it and then each change, and nobody sees an item that its token may not read.</summary>
public sealed class MqttStateTests : IAsyncLifetime
{
    private const string List = "flespi/state/gw/channels/+/id,name,deleted,protocol_id,uri";

    private readonly Dictionary<MqttTests.Subscriber, Dictionary<string, string>> _known = [];
    private MqttAccounts _accounts = null!;

    private RunningGateway Gateway => _accounts.Gateway;

    public async ValueTask InitializeAsync() => _accounts = await MqttAccounts.StartAsync();

    public async ValueTask DisposeAsync() => await _accounts.DisposeAsync();

    [Theory]
    [InlineData(MqttProtocolVersion.V311)]
    [InlineData(MqttProtocolVersion.V500)]
    public async Task A_subscription_lists_all_channels_and_then_tells_what_is_new_changed_and_gone(MqttProtocolVersion version)
    {
        Channel[] channels = [await Gateway.CreateChannelAsync(), await Gateway.CreateChannelAsync()];
        using MqttTests.Subscriber subscriber = await _accounts.ConnectAsync(RunningGateway.Token, List, version);
        Dictionary<string, string> listed = await TakeAsync(subscriber, 8, isRetained: true);
        foreach (Channel channel in channels)
        {
            Assert.Equal($"{channel.Id}", listed[$"{channel.Id}/id"]);
            Assert.Equal("\"test\"", listed[$"{channel.Id}/name"]);
            Assert.Equal($"{Gateway.Codec.Info.Id}", listed[$"{channel.Id}/protocol_id"]);
            Assert.EndsWith($":{channel.Definition.Port}\"", listed[$"{channel.Id}/uri"], StringComparison.Ordinal);
        }

        Channel created = await Gateway.CreateChannelAsync();
        Assert.Equal("\"test\"", (await TakeAsync(subscriber, 4, isRetained: false))[$"{created.Id}/name"]);
        await _accounts.SendAsync(HttpMethod.Put, $"gw/channels/{created.Id}", """{"name":"Ümlaut","messages_ttl":60}""");
        Assert.Equal("\"Ümlaut\"", (await TakeAsync(subscriber, 1, isRetained: false))[$"{created.Id}/name"]);
        await _accounts.SendAsync(HttpMethod.Delete, $"gw/channels/{created.Id}");
        Dictionary<string, string> gone = await TakeAsync(subscriber, 4, isRetained: false);
        Assert.All(gone, one => Assert.Equal("", one.Value));

        using MqttTests.Subscriber later = await _accounts.ConnectAsync(RunningGateway.Token, List, version);
        Assert.Equal(channels.SelectMany(channel => new[] { "id", "name", "protocol_id", "uri" }.Select(name => $"{channel.Id}/{name}")).Order(), (await TakeAsync(later, 8, isRetained: true)).Keys.Order());
    }

    [Fact]
    public async Task The_whole_channel_is_what_rest_shows_with_its_keys_sorted()
    {
        Channel channel = await Gateway.CreateChannelAsync();
        using MqttTests.Subscriber subscriber = await _accounts.ConnectAsync(RunningGateway.Token, $"flespi/state/gw/channels/{channel.Id}");
        string text = Encoding.UTF8.GetString((await subscriber.NextAsync()).Payload);
        using JsonDocument state = JsonDocument.Parse(text);
        string[] names = [.. state.RootElement.EnumerateObject().Select(property => property.Name)];
        Assert.Equal(names.Order(StringComparer.Ordinal), names);
        using JsonDocument rest = JsonDocument.Parse(await Gateway.Http.GetStringAsync($"gw/channels/{channel.Id}", TestContext.Current.CancellationToken));
        Assert.True(JsonElement.DeepEquals(rest.RootElement.GetProperty("result")[0], state.RootElement), text);
    }

    [Fact]
    public async Task Counters_of_a_channel_follow_what_its_devices_do()
    {
        Channel channel = await Gateway.CreateChannelAsync();
        using MqttTests.Subscriber subscriber = await _accounts.ConnectAsync(RunningGateway.Token, $"flespi/state/gw/channels/{channel.Id}/connections_count,messages_size");
        await UntilAsync(subscriber, "connections_count", "0");
        using (MqttTests.TestDevice device = await MqttTests.TestDevice.ConnectAsync(channel))
        {
            await UntilAsync(subscriber, "connections_count", "1");
            await device.ExchangeAsync("#D#141123;221320;5441.2320;N;02516.7820;E;54;090;112;11\r\n", "#AD#1\r\n");
            await UntilAsync(subscriber, "messages_size", $"{channel.Log.State.Bytes}");
        }
        await UntilAsync(subscriber, "connections_count", "0");
    }

    [Fact]
    public async Task Telemetry_of_a_device_comes_with_the_time_of_the_value_retained_and_as_it_changes()
    {
        Channel channel = await Gateway.CreateChannelAsync();
        long id = await _accounts.CreateDeviceAsync();
        string topic = $"flespi/state/gw/devices/{id}/telemetry/";
        using MqttTests.TestDevice device = await MqttTests.TestDevice.ConnectAsync(channel);
        using MqttTests.Subscriber subscriber = await _accounts.ConnectAsync(RunningGateway.Token, topic + "position.altitude");
        await device.ExchangeAsync("#D#141123;221320;5441.2320;N;02516.7820;E;54;090;112;11\r\n", "#AD#1\r\n");
        MqttApplicationMessage first = await subscriber.NextAsync();
        Assert.Equal("112", Encoding.UTF8.GetString(first.Payload));
        Assert.Equal(1_700_000_000, double.Parse(first.UserProperties.Single(property => property.Name == "timestamp").ValueAsText(), CultureInfo.InvariantCulture));
        await device.ExchangeAsync("#D#141123;221321;5441.2320;N;02516.7820;E;54;090;113;11\r\n", "#AD#1\r\n");
        Assert.Equal("113", Encoding.UTF8.GetString((await subscriber.NextAsync()).Payload));

        using MqttTests.Subscriber later = await _accounts.ConnectAsync(RunningGateway.Token, topic + "position");
        MqttApplicationMessage retained = await later.NextAsync();
        Assert.True(retained.Retain);
        using JsonDocument position = JsonDocument.Parse(retained.Payload);
        Assert.Equal(113, position.RootElement.GetProperty("altitude").GetInt32());
        await _accounts.SendAsync(HttpMethod.Delete, $"gw/devices/{id}/telemetry/position.altitude");
        Assert.Equal("", Encoding.UTF8.GetString((await subscriber.NextAsync()).Payload));
    }

    [Fact]
    public async Task A_new_name_of_a_device_is_told_among_its_telemetry_as_rest_shows_it()
    {
        Channel channel = await Gateway.CreateChannelAsync();
        long id = await _accounts.CreateDeviceAsync();
        await MqttSessionTests.SendAsync(channel, 0, 1);
        using MqttTests.Subscriber subscriber = await _accounts.ConnectAsync(RunningGateway.Token, $"flespi/state/gw/devices/{id}/telemetry/device.name");
        await UntilAsync(subscriber, "device.name", "\"lorry\"");
        // Twice: with the first look after the subscription, all that is not stored is told.
        foreach (string name in (string[])["van", "bus"])
        {
            await _accounts.SendAsync(HttpMethod.Put, $"gw/devices/{id}", $$"""{"name":"{{name}}"}""");
            await UntilAsync(subscriber, "device.name", $"\"{name}\"");
        }
        using JsonDocument rest = JsonDocument.Parse(await Gateway.Http.GetStringAsync($"gw/devices/{id}/telemetry/device.name", TestContext.Current.CancellationToken));
        Assert.Contains("\"value\":\"bus\"", rest.RootElement.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connections_of_a_device_are_there_while_they_are_open()
    {
        Channel channel = await Gateway.CreateChannelAsync();
        long id = await _accounts.CreateDeviceAsync();
        using MqttTests.Subscriber subscriber = await _accounts.ConnectAsync(RunningGateway.Token, $"flespi/state/gw/devices/{id}/connections/+");
        using (MqttTests.TestDevice device = await MqttTests.TestDevice.ConnectAsync(channel))
        {
            using JsonDocument connection = JsonDocument.Parse((await subscriber.NextAsync()).Payload);
            Assert.Equal(id, connection.RootElement.GetProperty("device_id").GetInt64());
            Assert.Equal(channel.Id, connection.RootElement.GetProperty("channel_id").GetInt64());
            using MqttTests.Subscriber later = await _accounts.ConnectAsync(RunningGateway.Token, "flespi/state/gw/devices/#");
            await UntilAsync(later, "connected", "true");
        }
        Assert.Equal("", Encoding.UTF8.GetString((await subscriber.NextAsync()).Payload));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task More_changes_at_a_time_than_may_wait_for_a_client_reach_it_all_the_same(int qos)
    {
        const int Devices = 6_000, PerCall = 500;
        // One that never reads costs the others a moment, and is left behind.
        (RawClient hanging, _) = await RawClient.ConnectAsync(Gateway.Process.MqttEndPoint, MqttSessionTests.Packet("hangs"));
        await hanging.SubscribeAsync("flespi/state/gw/devices/+/+", qos: 0);
        (RawClient client, _) = await RawClient.ConnectAsync(Gateway.Process.MqttEndPoint, MqttSessionTests.Packet("reads"));
        await client.SubscribeAsync("flespi/state/gw/devices/+/+", qos);
        Task<int> reading = Task.Run(async () =>
        {
            var last = new HashSet<string>();
            while (last.Count < Devices)
            {
                var packet = await client.ExpectAsync<MqttPublishPacket>();
                if (qos > 0) await client.AcknowledgeAsync(packet);
                if (Encoding.UTF8.GetString(packet.Payload) == "\"changed\"") Assert.True(last.Add(packet.Topic), packet.Topic);
            }
            return last.Count;
        });
        long type = Gateway.Codec.Info.Id * 100_000L;
        for (int made = 0; made < Devices; made += PerCall)
        {
            IEnumerable<string> items = Enumerable.Range(made, PerCall).Select(i => $$$"""{"name":"d","device_type_id":{{{type}}},"configuration":{"ident":"{{{i}}}"}}""");
            await _accounts.SendAsync(HttpMethod.Post, "gw/devices?fields=id", $"[{string.Join(',', items)}]");
        }
        await _accounts.SendAsync(HttpMethod.Put, "gw/devices/all?fields=id", """{"name":"changed","messages_ttl":1000}""");
        Assert.Equal(Devices, await reading);
        client.Dispose();
        hanging.Dispose();
    }

    [Fact]
    public async Task A_command_that_waits_is_there_until_it_is_taken_back()
    {
        long id = await _accounts.CreateDeviceAsync();
        using MqttTests.Subscriber subscriber = await _accounts.ConnectAsync(RunningGateway.Token, $"flespi/state/gw/devices/{id}/commands-queue/+");
        await _accounts.SendAsync(HttpMethod.Post, $"gw/devices/{id}/commands-queue", """[{"name":"custom","properties":{"text":"x"}}]""");
        MqttApplicationMessage queued = await subscriber.NextAsync();
        using JsonDocument command = JsonDocument.Parse(queued.Payload);
        Assert.Equal("queued", command.RootElement.GetProperty("state").GetString());
        await _accounts.SendAsync(HttpMethod.Delete, $"gw/devices/{id}/commands-queue/all");
        MqttApplicationMessage gone = await subscriber.NextAsync();
        Assert.Equal((queued.Topic, ""), (gone.Topic, Encoding.UTF8.GetString(gone.Payload)));
    }

    [Fact]
    public async Task Who_may_not_read_an_item_sees_nothing_of_it()
    {
        Channel left = await _accounts.CreateChannelAsync(_accounts.Left);
        Channel right = await _accounts.CreateChannelAsync(_accounts.Right);
        string key = await _accounts.TokenAsync(_accounts.Left, """{"type":1}""");
        string listed = await _accounts.TokenAsync(1, $$"""{"type":2,"acl":[{"uri":"gw/channels","methods":["GET"],"ids":[{{right.Id}}]}]}""");
        using MqttTests.Subscriber neighbour = await _accounts.ConnectAsync(key, List);
        using MqttTests.Subscriber chosen = await _accounts.ConnectAsync(listed, List);
        Assert.All((await TakeAsync(neighbour, 4, isRetained: true)).Keys, name => Assert.StartsWith($"{left.Id}/", name, StringComparison.Ordinal));
        Assert.All((await TakeAsync(chosen, 4, isRetained: true)).Keys, name => Assert.StartsWith($"{right.Id}/", name, StringComparison.Ordinal));
        foreach (Channel channel in (Channel[])[right, left]) await _accounts.SendAsync(HttpMethod.Put, $"gw/channels/{channel.Id}", """{"name":"changed"}""");
        Assert.Equal([$"{left.Id}/name"], (await TakeAsync(neighbour, 1, isRetained: false)).Keys);
        Assert.Equal([$"{right.Id}/name"], (await TakeAsync(chosen, 1, isRetained: false)).Keys);

        // What is given away is gone for the one and new for the other.
        await _accounts.SendAsync(HttpMethod.Put, $"gw/channels/{left.Id}/cid", $$"""{"cid":{{_accounts.Right}}}""");
        Assert.All(await TakeAsync(neighbour, 4, isRetained: false), one => Assert.Equal("", one.Value));
        await chosen.Client.PingAsync(TestContext.Current.CancellationToken);
        while (chosen.TryNext() is { } further) Assert.StartsWith($"flespi/state/gw/channels/{right.Id}/", further.Topic, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_that_lasts_hears_after_a_restart_what_changed_while_its_client_was_away()
    {
        Channel channel = await Gateway.CreateChannelAsync();
        MqttClientOptionsBuilder Options() => _accounts.Options(RunningGateway.Token, "stays", MqttProtocolVersion.V500).WithCleanStart(false).WithSessionExpiryInterval(600);
        using (MqttTests.Subscriber before = await MqttTests.Subscriber.ConnectAsync(Options(), $"flespi/state/gw/channels/{channel.Id}/name"))
        {
            Assert.Equal("\"test\"", Encoding.UTF8.GetString((await before.NextAsync()).Payload));
            await before.Client.DisconnectAsync(cancellationToken: TestContext.Current.CancellationToken);
        }
        await _accounts.SendAsync(HttpMethod.Put, $"gw/channels/{channel.Id}", """{"name":"while away"}""");
        using (MqttTests.Subscriber witness = await _accounts.ConnectAsync(RunningGateway.Token, $"flespi/state/gw/channels/{channel.Id}/name")) await UntilAsync(witness, "name", "\"while away\"");
        await _accounts.RestartAsync();
        using MqttTests.Subscriber after = await MqttTests.Subscriber.ConnectAsync(Options(), null);
        // The name from its creation may come once more.
        await UntilAsync(after, "name", "\"while away\"");
    }

    [Fact]
    public async Task Who_may_not_read_an_item_any_more_is_not_given_what_waits_of_it()
    {
        Channel kept = await Gateway.CreateChannelAsync(), taken = await Gateway.CreateChannelAsync();
        (long token, string key) = await _accounts.NamedTokenAsync(1, AccessTo(kept.Id, taken.Id));
        MqttClientOptionsBuilder Options() => _accounts.Options(key, "stays", MqttProtocolVersion.V500).WithCleanStart(false).WithSessionExpiryInterval(600);
        using (MqttTests.Subscriber before = await MqttTests.Subscriber.ConnectAsync(Options(), "flespi/state/gw/channels/+/name"))
        {
            await TakeAsync(before, 2, isRetained: true);
            await before.Client.DisconnectAsync(cancellationToken: TestContext.Current.CancellationToken);
        }
        using (MqttTests.Subscriber witness = await _accounts.ConnectAsync(RunningGateway.Token, "flespi/state/gw/channels/+/name"))
        {
            // In this order: what waits of the one that was taken would come first.
            foreach (Channel channel in (Channel[])[taken, kept])
            {
                await _accounts.SendAsync(HttpMethod.Put, $"gw/channels/{channel.Id}", $$"""{"name":"now {{channel.Id}}"}""");
                await UntilAsync(witness, $"{channel.Id}/name", $"\"now {channel.Id}\"");
            }
        }
        await _accounts.SendAsync(HttpMethod.Put, $"platform/tokens/{token}", $$"""{"access":{{AccessTo(kept.Id)}}}""");
        await _accounts.RestartAsync();
        using MqttTests.Subscriber after = await MqttTests.Subscriber.ConnectAsync(Options(), null);
        MqttApplicationMessage message;
        do
        {
            message = await after.NextAsync();
            Assert.Equal($"flespi/state/gw/channels/{kept.Id}/name", message.Topic);
        }
        while (message.ConvertPayloadToString() != $"\"now {kept.Id}\"");

        static string AccessTo(params long[] channels) => $$"""{"type":2,"acl":[{"uri":"gw/channels","methods":["GET"],"ids":[{{string.Join(',', channels)}}]}]}""";
    }

    /// <summary>The next payloads, each another than the one before at its topic: what is made while somebody subscribes may come twice. Item and property → payload.</summary>
    private async Task<Dictionary<string, string>> TakeAsync(MqttTests.Subscriber subscriber, int count, bool isRetained)
    {
        if (!_known.TryGetValue(subscriber, out Dictionary<string, string>? known)) _known[subscriber] = known = [];
        var taken = new Dictionary<string, string>();
        while (taken.Count < count)
        {
            MqttApplicationMessage message = await subscriber.NextAsync();
            string[] levels = message.Topic.Split('/');
            string name = $"{levels[4]}/{levels[5]}", payload = Encoding.UTF8.GetString(message.Payload);
            if (known.GetValueOrDefault(name) == payload) continue;
            Assert.Equal(isRetained, message.Retain);
            known[name] = payload;
            taken.Add(name, payload);
        }
        return taken;
    }

    private static async Task UntilAsync(MqttTests.Subscriber subscriber, string property, string payload)
    {
        while (true)
        {
            MqttApplicationMessage message = await subscriber.NextAsync();
            if (message.Topic.EndsWith($"/{property}", StringComparison.Ordinal) && Encoding.UTF8.GetString(message.Payload) == payload) return;
        }
    }
}
