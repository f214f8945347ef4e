using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Gateway.Host.Devices;
using Gateway.Host.Devices.Telemetry;
using Gateway.Host.Mqtt;
using Gateway.Host.Mqtt.Sessions;
using Gateway.Host.Tests.Cli;
using Microsoft.Extensions.DependencyInjection;
using MQTTnet.Packets;
using MQTTnet.Protocol;
using Xunit;

namespace Gateway.Host.Tests.Mqtt;

/// <summary>Promise: who subscribes gets all retained messages that match, however many there are and however slowly it reads; never an older one behind a newer one of the same topic; and they wait nowhere.</summary>
public sealed class MqttReplayTests : IAsyncLifetime
{
    private const string AllValues = "flespi/state/gw/devices/+/telemetry/+";

    private MqttAccounts _accounts = null!;

    private RunningGateway Gateway => _accounts.Gateway;

    public async ValueTask InitializeAsync() => _accounts = await MqttAccounts.StartAsync();

    public async ValueTask DisposeAsync() => await _accounts.DisposeAsync();

    [Theory]
    [InlineData(0, 600, 50)]
    [InlineData(1, 60, 50)]
    [InlineData(1, 3, 1_000)]
    public async Task A_fleet_is_told_completely_to_a_reader_that_takes_its_time(int qos, int devices, int values)
    {
        Device[] fleet = await MakeFleetAsync(devices, values);
        using RawClient client = await ConnectAsync("slow");
        await client.SubscribeAsync(AllValues, qos);
        Session session = Gateway.Process.Services.GetRequiredService<SessionDirectory>().All.Single();
        var got = new HashSet<string>();
        int read = 0;
        while (got.Count < devices * values)
        {
            var packet = await client.ExpectAsync<MqttPublishPacket>();
            Assert.True(packet.Retain);
            if (qos > 0) await client.AcknowledgeAsync(packet);
            // The six values that no message stores come too.
            if (packet.Topic.Contains("/custom.", StringComparison.Ordinal)) Assert.True(got.Add(packet.Topic), packet.Topic);
            if (++read % 5_000 == 0) await Task.Delay(20, TestContext.Current.CancellationToken);
            Assert.InRange(session.WaitingBytes, 0, MqttLimits.OutboxBytesMax);
        }
        Assert.Equal(fleet.SelectMany(device => Enumerable.Range(0, values).Select(i => $"flespi/state/gw/devices/{device.Id}/telemetry/custom.{i}")).ToHashSet(), got);
    }

    [Fact]
    public async Task A_value_that_changes_meanwhile_is_never_followed_by_an_older_one()
    {
        const int Devices = 400, Values = 100, Changes = 4, ChangedDevices = 60;
        Device[] fleet = await MakeFleetAsync(Devices, Values);
        using RawClient slow = await ConnectAsync("slow"), witness = await ConnectAsync("witness");
        await witness.SubscribeAsync("flespi/state/gw/devices/+/telemetry/custom.7", handling: MqttRetainHandling.DoNotSendOnSubscribe);
        await slow.SubscribeAsync(AllValues, qos: 0);
        var last = new Dictionary<string, int>();
        for (int change = 1; change <= Changes; change++)
        {
            // Part of the fleet is told already, part not; what a client at QoS 0 does not take is bounded by its outbox.
            for (int i = 0; i < Devices * Values / (2 * Changes); i++) await TakeAsync();
            Device[] changed = [.. fleet.Where((_, at) => at % (Devices / ChangedDevices) == 0).Take(ChangedDevices)];
            foreach (Device device in changed) Apply(device, [("custom.7", change)]);
            for (int i = 0; i < changed.Length; i++) Assert.Equal($"{change}", Encoding.UTF8.GetString((await witness.ExpectAsync<MqttPublishPacket>()).Payload.ToArray()));
        }
        while (last.Count < Devices * Values || last.Values.Count(value => value == Changes) < ChangedDevices) await TakeAsync();

        async Task TakeAsync()
        {
            var packet = await slow.ExpectAsync<MqttPublishPacket>();
            if (!packet.Topic.Contains("/custom.", StringComparison.Ordinal)) return;
            int value = int.Parse(Encoding.UTF8.GetString(packet.Payload.ToArray()), CultureInfo.InvariantCulture);
            Assert.True(value >= last.GetValueOrDefault(packet.Topic), $"{packet.Topic}: {value} behind {last.GetValueOrDefault(packet.Topic)}");
            last[packet.Topic] = value;
        }
    }

    [Fact]
    public async Task Who_ends_its_subscription_is_told_no_more()
    {
        const int Devices = 400, Values = 100;
        await MakeFleetAsync(Devices, Values);
        using RawClient client = await ConnectAsync("fickle");
        await client.SubscribeAsync(AllValues);
        await client.SendAsync(new MqttUnsubscribePacket { PacketIdentifier = 9, TopicFilters = [AllValues] });
        int got = 0;
        MqttPacket? packet;
        while ((packet = await client.ReceiveAsync()) is MqttPublishPacket) got++;
        Assert.IsType<MqttUnsubAckPacket>(packet);
        await client.SendAsync([0xC0, 0]);
        while (await client.ReceiveAsync() is MqttPublishPacket publish)
        {
            got++;
            await client.AcknowledgeAsync(publish);
        }
        Assert.InRange(got, 0, Devices * Values / 2);
    }

    [Fact]
    public async Task Retained_messages_of_clients_are_told_as_they_are_when_their_turn_comes()
    {
        const int Count = 1_500;
        byte[] payload = new byte[2_000];
        using RawClient publisher = await ConnectAsync("publisher"), reader = await ConnectAsync("reader");
        for (int i = 0; i < Count; i++) await PublishAsync($"r/{i}", payload);
        // Nothing is acknowledged: what is not on its way waits on the shelf.
        await reader.SubscribeAsync("r/#");
        var got = new Dictionary<string, MqttPublishPacket>();
        while (got.Count < MqttLimits.InflightMax)
        {
            var packet = await reader.ExpectAsync<MqttPublishPacket>();
            got.Add(packet.Topic, packet);
        }
        string[] rest = [.. Enumerable.Range(0, Count).Select(i => $"r/{i}").Except(got.Keys)];
        // The outbox holds some of them already; the others are gone when their turn comes.
        HashSet<string> cleared = [];
        foreach (string topic in rest)
        {
            await PublishAsync(topic, []);
            cleared.Add(topic);
        }
        int told = 0;
        foreach (MqttPublishPacket packet in got.Values) await reader.AcknowledgeAsync(packet);
        while (cleared.Count > 0)
        {
            var packet = await reader.ExpectAsync<MqttPublishPacket>();
            await reader.AcknowledgeAsync(packet);
            if (packet.Payload.Length == 0) Assert.True(cleared.Remove(packet.Topic), packet.Topic);
            else Assert.Contains(packet.Topic, cleared);
            if (packet.Payload.Length > 0) told++;
        }
        await reader.ExpectNothingAsync();
        Assert.InRange(told, 0, MqttLimits.OutboxBytesMax / payload.Length);

        async Task PublishAsync(string topic, byte[] bytes)
        {
            await publisher.SendAsync(new MqttPublishPacket { Topic = topic, PacketIdentifier = 1, QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce, Retain = true, PayloadSegment = bytes });
            await publisher.ExpectAsync<MqttPubAckPacket>();
        }
    }

    private static void Apply(Device device, (string Name, int Value)[] values)
    {
        // A MessagePack map: names and 32-bit numbers, as messages are stored.
        var payload = new ArrayBufferWriter<byte>();
        Span<byte> head = payload.GetSpan(3);
        head[0] = 0xDE;
        BinaryPrimitives.WriteUInt16BigEndian(head[1..], (ushort)values.Length);
        payload.Advance(3);
        foreach ((string name, int value) in values)
        {
            payload.Write([(byte)(0xA0 | name.Length)]);
            payload.Write(Encoding.ASCII.GetBytes(name));
            Span<byte> number = payload.GetSpan(5);
            number[0] = 0xD2;
            BinaryPrimitives.WriteInt32BigEndian(number[1..], value);
            payload.Advance(5);
        }
        long nowUs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1_000;
        device.Telemetry.Apply(payload.WrittenSpan, nowUs, new Origin(1, device.Definition.ProtocolId, nowUs));
    }

    private async Task<Device[]> MakeFleetAsync(int devices, int values)
    {
        string body = $"[{string.Join(',', Enumerable.Range(1, devices).Select(i => $$$"""{"device_type_id":{{{Gateway.Codec.Info.Id * 100_000L}}},"configuration":{"ident":"{{{i}}}"}}"""))}]";
        await _accounts.CallAsync(HttpMethod.Post, "gw/devices", body);
        Device[] fleet = [.. Gateway.Process.Services.GetRequiredService<DeviceDirectory>().All];
        Assert.Equal(devices, fleet.Length);
        (string, int)[] all = [.. Enumerable.Range(0, values).Select(i => ($"custom.{i}", 0))];
        foreach (Device device in fleet) Apply(device, all);
        // Until it is no news any more: else it comes as a change, too.
        long until = Environment.TickCount64 + (long)RunningGateway.Patience.TotalMilliseconds;
        while (fleet.Any(device => device.Telemetry.HasFresh))
        {
            Assert.True(Environment.TickCount64 < until, "Values are news for ever.");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
        return fleet;
    }

    private async Task<RawClient> ConnectAsync(string clientId) => (await RawClient.ConnectAsync(Gateway.Process.MqttEndPoint, MqttSessionTests.Packet(clientId))).Client;
}
