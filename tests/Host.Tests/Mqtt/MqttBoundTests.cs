using System.Text;
using Gateway.Host.Channels;
using Gateway.Host.Mqtt;
using Gateway.Host.Tests.Cli;
using Microsoft.Extensions.DependencyInjection;
using MQTTnet.Formatter;
using MQTTnet.Packets;
using MQTTnet.Protocol;
using Xunit;

namespace Gateway.Host.Tests.Mqtt;

/// <summary>Promise: whatever a client sends, or does not take, costs it its own connection at most: it is bounded and counted, and others are served as before.</summary>
public sealed class MqttBoundTests : IAsyncLifetime
{
    private RunningGateway _gateway = null!;

    private MqttCounters Counters => _gateway.Process.Services.GetRequiredService<MqttCounters>();

    public async ValueTask InitializeAsync() => _gateway = await RunningGateway.StartAsync();

    public async ValueTask DisposeAsync() => await _gateway.DisposeAsync();

    [Fact]
    public async Task Who_does_not_say_who_it_is_is_cut_and_counted()
    {
        using RawClient silent = await RawClient.OpenAsync(_gateway.Process.MqttEndPoint);
        using RawClient half = await RawClient.OpenAsync(_gateway.Process.MqttEndPoint);
        await half.SendAsync([0x10, 0x40, 0, 4, (byte)'M']);
        Assert.Null(await silent.ReceiveAsync());
        Assert.Null(await half.ReceiveAsync());
        Assert.Equal(2, Counters.Of(MqttRefusal.ConnectTimeout));
    }

    [Fact]
    public async Task Mutated_packets_end_their_connection_or_are_taken_and_nothing_else_happens()
    {
        const int Rounds = 3_000;
        using RawClient witness = await ConnectAsync("witness");
        await witness.SubscribeAsync("w/#", qos: 0);
        var random = new Random(99);
        byte[][] packets = [.. Samples()];
        for (int i = 0; i < Rounds; i++)
        {
            using RawClient client = random.Next(2) == 0 ? await RawClient.OpenAsync(_gateway.Process.MqttEndPoint) : await ConnectAsync($"m{i % 7}");
            byte[] bytes = [.. packets[random.Next(packets.Length)]];
            for (int change = random.Next(1, 6); change > 0; change--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            await client.SendAsync(random.Next(4) == 0 ? bytes[..random.Next(1, bytes.Length + 1)] : bytes);
        }
        using RawClient after = await ConnectAsync("after");
        await after.SendAsync(new MqttPublishPacket { Topic = "w/alive", PayloadSegment = "x"u8.ToArray() });
        MqttPublishPacket? got;
        do got = await witness.ExpectAsync<MqttPublishPacket>();
        while (got.Topic != "w/alive");
        Assert.True(Counters.Of(MqttRefusal.Malformed) > Rounds / 10, $"{Counters.Of(MqttRefusal.Malformed)} malformed");
    }

    [Theory]
    [InlineData(MqttProtocolVersion.V311)]
    [InlineData(MqttProtocolVersion.V500)]
    public async Task Huge_client_ids_and_huge_packets_are_refused(MqttProtocolVersion version)
    {
        using RawClient client = await RawClient.OpenAsync(_gateway.Process.MqttEndPoint, version);
        await client.SendAsync(MqttSessionTests.Packet(new string('x', MqttLimits.ClientIdLengthMax + 1)));
        var answer = await client.ExpectAsync<MqttConnAckPacket>();
        if (version is MqttProtocolVersion.V500) Assert.Equal(MqttConnectReasonCode.ClientIdentifierNotValid, answer.ReasonCode);
        else Assert.Equal(MqttConnectReturnCode.ConnectionRefusedIdentifierRejected, answer.ReturnCode);
        Assert.Null(await client.ReceiveAsync());

        (RawClient large, _) = await RawClient.ConnectAsync(_gateway.Process.MqttEndPoint, MqttSessionTests.Packet("large"), version);
        await large.SendAsync([0x30, 0xFF, 0xFF, 0xFF, 0x7F, 0, 1, (byte)'a']);
        if (version is MqttProtocolVersion.V500) Assert.Equal(MqttDisconnectReasonCode.PacketTooLarge, (await large.ExpectAsync<MqttDisconnectPacket>()).ReasonCode);
        Assert.Null(await large.ReceiveAsync());
        large.Dispose();
        Assert.Equal((1, 1), (Counters.Of(MqttRefusal.ClientId), Counters.Of(MqttRefusal.TooLarge)));
    }

    [Fact]
    public async Task A_client_that_is_silent_beyond_its_keep_alive_is_gone_and_its_will_is_said()
    {
        using RawClient witness = await ConnectAsync("witness");
        await witness.SubscribeAsync("will/#");
        MqttConnectPacket packet = MqttSessionTests.Packet("silent");
        packet.KeepAlivePeriod = 1;
        (packet.WillFlag, packet.WillTopic, packet.WillMessage, packet.WillQoS) = (true, "will/silent", "gone"u8.ToArray(), MqttQualityOfServiceLevel.AtLeastOnce);
        (RawClient silent, _) = await RawClient.ConnectAsync(_gateway.Process.MqttEndPoint, packet);
        Assert.Equal(MqttDisconnectReasonCode.KeepAliveTimeout, (await silent.ExpectAsync<MqttDisconnectPacket>()).ReasonCode);
        var will = await witness.ExpectAsync<MqttPublishPacket>();
        Assert.Equal(("will/silent", "gone"), (will.Topic, Encoding.UTF8.GetString(will.Payload)));
        silent.Dispose();

        // Who takes leave takes its will along.
        (packet.ClientId, packet.KeepAlivePeriod) = ("polite", 0);
        (RawClient polite, _) = await RawClient.ConnectAsync(_gateway.Process.MqttEndPoint, packet);
        await polite.SendAsync(new MqttDisconnectPacket());
        Assert.Null(await polite.ReceiveAsync());
        await witness.ExpectNothingAsync();
        polite.Dispose();
    }

    [Fact]
    public async Task A_client_that_does_not_read_gets_all_messages_of_a_channel_from_disk_later_and_holds_up_nobody()
    {
        const int Count = 6_000;
        Channel channel = await _gateway.CreateChannelAsync();
        using RawClient slow = await ConnectAsync("slow");
        await slow.SubscribeAsync("flespi/message/gw/channels/+/+", qos: 0);
        using RawClient quick = await ConnectAsync("quick");
        await quick.SubscribeAsync("flespi/message/gw/channels/+/+", qos: 0);
        Task sending = MqttSessionTests.SendAsync(channel, 0, Count);
        for (int i = 0; i < Count; i++) await MqttSessionTests.NextAsync(quick, i);
        await sending;
        for (int i = 0; i < Count; i++) await MqttSessionTests.NextAsync(slow, i);
        await slow.ExpectNothingAsync();
        Assert.Equal(0, Counters.Dropped);
    }

    [Fact]
    public async Task A_client_that_does_not_read_is_cut_where_the_operator_wants_it_and_gets_the_rest_when_it_is_back()
    {
        const int Count = 3_000;
        await using RunningGateway gateway = await RunningGateway.StartAsync(options => options with { MqttCutsSlowClients = true });
        Channel channel = await gateway.CreateChannelAsync();
        MqttConnectPacket lasting = MqttSessionTests.Packet("slow", isClean: false, expirySeconds: 600);
        (RawClient slow, _) = await RawClient.ConnectAsync(gateway.Process.MqttEndPoint, lasting);
        await slow.SubscribeAsync("flespi/message/gw/channels/+/+");
        (RawClient quick, _) = await RawClient.ConnectAsync(gateway.Process.MqttEndPoint, MqttSessionTests.Packet("quick"));
        await quick.SubscribeAsync("flespi/message/gw/channels/+/+", qos: 0);
        Task sending = MqttSessionTests.SendAsync(channel, 0, Count);
        for (int i = 0; i < Count; i++) await MqttSessionTests.NextAsync(quick, i);
        await sending;
        await quick.ExpectNothingAsync();
        quick.Dispose();

        MqttPacket? last;
        do last = await slow.ReceiveAsync();
        while (last is MqttPublishPacket);
        Assert.Equal(MqttDisconnectReasonCode.QuotaExceeded, Assert.IsType<MqttDisconnectPacket>(last).ReasonCode);
        slow.Dispose();
        Assert.Contains("\"close_code\":151", await gateway.Http.GetStringAsync("/mqtt/logs?data={\"filter\":\"event_code==503\"}", TestContext.Current.CancellationToken), StringComparison.Ordinal);

        (RawClient back, MqttConnAckPacket answer) = await RawClient.ConnectAsync(gateway.Process.MqttEndPoint, lasting);
        Assert.True(answer.IsSessionPresent);
        for (int i = 0; i < Count; i++) await back.AcknowledgeAsync(await MqttSessionTests.NextAsync(back, i));
        await back.ExpectNothingAsync();
        back.Dispose();
    }

    [Fact]
    public async Task A_client_that_does_not_read_loses_own_topics_beyond_its_bounds_or_its_connection()
    {
        byte[] payload = new byte[10_000];
        using RawClient careless = await ConnectAsync("careless");
        await careless.SubscribeAsync("own/#", qos: 0);
        using RawClient strict = await ConnectAsync("strict");
        await strict.SubscribeAsync("own/#", qos: 1);
        using RawClient publisher = await ConnectAsync("publisher");
        int published = 0;
        long until = Environment.TickCount64 + (long)RunningGateway.Patience.TotalMilliseconds;
        while (Counters.Dropped < 100)
        {
            Assert.True(Environment.TickCount64 < until, "Nothing was dropped.");
            for (int i = 0; i < 50; i++, published++) await publisher.SendAsync(new MqttPublishPacket { Topic = "own/a", PacketIdentifier = 1, QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce, PayloadSegment = payload });
            for (int i = 0; i < 50; i++) await publisher.ExpectAsync<MqttPubAckPacket>();
        }
        int got = 0;
        await careless.SendAsync([0xC0, 0]);
        while (await careless.ReceiveAsync() is MqttPublishPacket) got++;
        Assert.InRange(got, 1, published - 1);
        MqttPacket? last = null;
        while (await strict.ReceiveAsync() is { } packet) last = packet;
        Assert.True(last is MqttDisconnectPacket { ReasonCode: MqttDisconnectReasonCode.QuotaExceeded } or MqttPublishPacket, $"{last}");
    }

    [Fact]
    public async Task Publishes_of_QoS_2_work_in_MQTT_3_and_end_the_connection_in_MQTT_5()
    {
        using RawClient witness = await ConnectAsync("witness");
        await witness.SubscribeAsync("q/#", qos: 0);
        (RawClient old, _) = await RawClient.ConnectAsync(_gateway.Process.MqttEndPoint, MqttSessionTests.Packet("old"), MqttProtocolVersion.V311);
        var packet = new MqttPublishPacket { Topic = "q/a", PacketIdentifier = 4, QualityOfServiceLevel = MqttQualityOfServiceLevel.ExactlyOnce, PayloadSegment = "x"u8.ToArray() };
        await old.SendAsync(packet);
        Assert.Equal(4, (await old.ExpectAsync<MqttPubRecPacket>()).PacketIdentifier);
        await old.SendAsync(packet);
        await old.ExpectAsync<MqttPubRecPacket>();
        await old.SendAsync(new MqttPubRelPacket { PacketIdentifier = 4 });
        await old.ExpectAsync<MqttPubCompPacket>();
        await witness.ExpectAsync<MqttPublishPacket>();
        await witness.ExpectNothingAsync();
        old.Dispose();

        (RawClient young, MqttConnAckPacket answer) = await RawClient.ConnectAsync(_gateway.Process.MqttEndPoint, MqttSessionTests.Packet("young"));
        Assert.Equal(MqttQualityOfServiceLevel.AtLeastOnce, answer.MaximumQoS);
        await young.SendAsync(packet);
        Assert.Equal(MqttDisconnectReasonCode.QoSNotSupported, (await young.ExpectAsync<MqttDisconnectPacket>()).ReasonCode);
        young.Dispose();
    }

    private static IEnumerable<byte[]> Samples()
    {
        var formatter = new MqttPacketFormatterAdapter(MqttProtocolVersion.V500, new MqttBufferWriter(4096, 65_536));
        MqttPacket[] packets =
        [
            // Without a token: an address that shows many wrong ones is not listened to for a while.
            new MqttConnectPacket { ClientId = "m", CleanSession = true, WillFlag = true, WillTopic = "w/will", WillMessage = "x"u8.ToArray(), KeepAlivePeriod = 60 },
            new MqttPublishPacket { Topic = "w/x", PacketIdentifier = 1, QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce, ContentType = "t", UserProperties = [new("a", "b"u8.ToArray())], PayloadSegment = "hello"u8.ToArray() },
            new MqttSubscribePacket { PacketIdentifier = 2, SubscriptionIdentifier = 3, TopicFilters = [new() { Topic = "$share/g/a/+/#" }, new() { Topic = "$filter/payload=a%3E1/b" }] },
            new MqttUnsubscribePacket { PacketIdentifier = 2, TopicFilters = ["a", "b/#"] },
            new MqttPubAckPacket { PacketIdentifier = 1 },
            new MqttPubRelPacket { PacketIdentifier = 1 },
            new MqttDisconnectPacket { SessionExpiryInterval = 7, ReasonString = "x" },
        ];
        foreach (MqttPacket packet in packets)
        {
            yield return formatter.Encode(packet).Join().ToArray();
            formatter.Cleanup();
        }
    }

    private async Task<RawClient> ConnectAsync(string clientId) => (await RawClient.ConnectAsync(_gateway.Process.MqttEndPoint, MqttSessionTests.Packet(clientId))).Client;
}
