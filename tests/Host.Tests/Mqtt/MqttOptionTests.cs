using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Host.Channels;
using Gateway.Host.Tests.Cli;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Packets;
using MQTTnet.Protocol;
using Xunit;

namespace Gateway.Host.Tests.Mqtt;

/// <summary>Promise: what a subscription asks beside its topics is honoured: identifiers, no local, the retain options, groups and conditions.</summary>
public sealed class MqttOptionTests : IAsyncLifetime
{
    private RunningGateway _gateway = null!;

    public async ValueTask InitializeAsync() => _gateway = await RunningGateway.StartAsync();

    public async ValueTask DisposeAsync() => await _gateway.DisposeAsync();

    [Fact]
    public async Task A_message_comes_once_with_the_identifiers_of_all_subscriptions_that_match()
    {
        Channel channel = await _gateway.CreateChannelAsync();
        using RawClient client = await ConnectAsync("c");
        await client.SubscribeAsync("flespi/message/gw/channels/+/+", qos: 0, identifier: 5);
        await client.SubscribeAsync($"flespi/message/gw/channels/{channel.Id},77/#", qos: 1, identifier: 200_000);
        await client.SubscribeAsync("own/#", identifier: 9);
        await MqttSessionTests.SendAsync(channel, 0, 1);
        MqttPublishPacket packet = await MqttSessionTests.NextAsync(client, 0);
        Assert.Equal([5u, 200_000u], packet.SubscriptionIdentifiers.Order());
        Assert.Equal(MqttQualityOfServiceLevel.AtLeastOnce, packet.QualityOfServiceLevel);
        await client.ExpectNothingAsync();
    }

    [Fact]
    public async Task Own_messages_are_left_out_on_wish_and_the_retain_flag_is_as_wished()
    {
        using RawClient client = await ConnectAsync("c");
        await client.SubscribeAsync("quiet/#", noLocal: true);
        await client.SubscribeAsync("loud/+", keepsRetain: true);
        await client.SubscribeAsync("plain/+");
        await PublishAsync(client, "quiet/a", "1");
        using RawClient other = await ConnectAsync("d");
        await PublishAsync(other, "loud/a", "2", retain: true);
        Assert.True((await TextAsync(client, "2")).Retain);
        await PublishAsync(other, "plain/a", "3", retain: true);
        Assert.False((await TextAsync(client, "3")).Retain);
        await PublishAsync(other, "quiet/a", "4");
        await TextAsync(client, "4");
        await client.ExpectNothingAsync();
    }

    [Fact]
    public async Task Retained_messages_come_at_each_subscription_at_new_ones_or_never()
    {
        using RawClient client = await ConnectAsync("c");
        await PublishAsync(client, "r/a", "kept", retain: true);
        await client.SubscribeAsync("r/+", qos: 0, handling: MqttRetainHandling.DoNotSendOnSubscribe);
        await client.ExpectNothingAsync();
        await client.SubscribeAsync("r/+", qos: 0, handling: MqttRetainHandling.SendAtSubscribeIfNewSubscriptionOnly);
        await client.ExpectNothingAsync();
        await client.SubscribeAsync("r/#", qos: 0, identifier: 3, handling: MqttRetainHandling.SendAtSubscribeIfNewSubscriptionOnly);
        Assert.Equal([3u], (await TextAsync(client, "kept")).SubscriptionIdentifiers);
        await client.SubscribeAsync("r/#", qos: 0);
        await TextAsync(client, "kept");
        await client.SubscribeAsync("$share/g/r/#", qos: 0);
        await client.ExpectNothingAsync();
    }

    [Theory]
    [InlineData("$filter/modified_since>4000000000/f/#", "")]
    [InlineData("$filter/modified_since>1000000000.5/f/#", "a b c")]
    [InlineData("$filter/payload=speed%3E10/f/#", "b")]
    [InlineData("$filter/payload=speed%3E10&cid=1/f/#", "b")]
    [InlineData("$filter/cid=2/f/#", "")]
    [InlineData("$filter/message=topic%3D%3D%22f%2Fc%22/f/#", "c")]
    [InlineData("$filter/message=payload.speed%3C10%20%26%26%20cid%3D%3D1/f/#", "a")]
    [InlineData("$filter/message=user_properties.who%3D%3D%22me%22/f/#", "a b c")]
    [InlineData("$share/g/$filter/payload=speed%3E10/f/#", "b")]
    public async Task A_condition_lets_through_what_meets_it_live_and_retained(string filter, string expected)
    {
        using RawClient client = await ConnectAsync("c");
        MqttSubAckPacket answer = await client.SubscribeAsync(filter, qos: 0);
        Assert.Equal([MqttSubscribeReasonCode.GrantedQoS0], answer.ReasonCodes);
        foreach ((string topic, string payload) in new[] { ("f/a", """{"speed":5}"""), ("f/b", """{"speed":15.5}"""), ("f/c", "no json") }) await PublishAsync(client, topic, payload, retain: true, who: "me", alsoComes: expected.Split(' ').Contains(topic[2..]));
        if (filter.StartsWith("$share", StringComparison.Ordinal)) return;
        using RawClient later = await ConnectAsync("later");
        await later.SubscribeAsync(filter, qos: 0);
        var got = new List<string>();
        foreach (string _ in expected.Split(' ', StringSplitOptions.RemoveEmptyEntries)) got.Add((await later.ExpectAsync<MqttPublishPacket>()).Topic[2..]);
        Assert.Equal(expected, string.Join(' ', got.Order()));
        await later.ExpectNothingAsync();
    }

    [Theory]
    [InlineData("a/#/b", MqttSubscribeReasonCode.TopicFilterInvalid)]
    [InlineData("$share/g", MqttSubscribeReasonCode.TopicFilterInvalid)]
    [InlineData("$filter/payload=%28/a", MqttSubscribeReasonCode.TopicFilterInvalid)]
    public async Task What_is_no_filter_is_refused_and_the_connection_lives_on(string filter, MqttSubscribeReasonCode expected)
    {
        using RawClient client = await ConnectAsync("c");
        Assert.Equal([expected], (await client.SubscribeAsync(filter)).ReasonCodes);
        await client.ExpectNothingAsync();
        (RawClient old, _) = await RawClient.ConnectAsync(_gateway.Process.MqttEndPoint, MqttSessionTests.Packet("old"), MqttProtocolVersion.V311);
        Assert.Equal([MqttSubscribeReasonCode.UnspecifiedError], (await old.SubscribeAsync(filter)).ReasonCodes);
        old.Dispose();
    }

    [Fact]
    public async Task A_group_gets_each_message_once_and_a_sticky_one_keeps_topics_together()
    {
        const int Messages = 200, Topics = 20;
        RawClient[] free = [await ConnectAsync("f1"), await ConnectAsync("f2"), await ConnectAsync("f3")];
        RawClient[] sticky = [await ConnectAsync("s1"), await ConnectAsync("s2"), await ConnectAsync("s3")];
        foreach (RawClient client in free) await client.SubscribeAsync("$share/free/g/#", qos: 0);
        foreach (RawClient client in sticky) await client.SubscribeAsync("$share/by:1:1/g/+/+", qos: 0);
        using RawClient publisher = await ConnectAsync("p");
        for (int i = 0; i < Messages; i++) await PublishAsync(publisher, $"g/{i % Topics}/{i}", "x");
        string[][] byFree = [await DrainAsync(free[0]), await DrainAsync(free[1]), await DrainAsync(free[2])];
        Assert.Equal(Messages, byFree.SelectMany(topics => topics).Distinct().Count());
        Assert.Equal(Messages, byFree.Sum(topics => topics.Length));
        Assert.All(byFree, topics => Assert.InRange(topics.Length, Messages / 6, Messages / 2));
        string[][] bySticky = [await DrainAsync(sticky[0]), await DrainAsync(sticky[1]), await DrainAsync(sticky[2])];
        Assert.Equal(Messages, bySticky.Sum(topics => topics.Length));
        HashSet<string>[] devices = [.. bySticky.Select(topics => topics.Select(topic => topic.Split('/')[1]).ToHashSet())];
        Assert.Equal(Topics, devices.Sum(set => set.Count));
        Assert.All(devices, set => Assert.NotEmpty(set));

        // One goes: what was the others' stays theirs.
        sticky[0].Dispose();
        await PublishAsync(publisher, "g/x/x", "x");
        long until = Environment.TickCount64 + (long)RunningGateway.Patience.TotalMilliseconds;
        HashSet<string>[] after;
        do
        {
            Assert.True(Environment.TickCount64 < until, "The topics of the one that went did not move.");
            for (int i = 0; i < Topics; i++) await PublishAsync(publisher, $"g/{i}/again", "x");
            after = [.. new[] { await DrainAsync(sticky[1]), await DrainAsync(sticky[2]) }.Select(topics => topics.Where(topic => topic.EndsWith("again", StringComparison.Ordinal)).Select(topic => topic.Split('/')[1]).ToHashSet())];
        }
        while (after.Sum(set => set.Count) < Topics);
        Assert.Superset(devices[1], after[0]);
        Assert.Superset(devices[2], after[1]);
    }

    [Fact]
    public async Task TLS_is_served_with_the_certificate_of_the_settings()
    {
        string file = Path.GetTempFileName();
        try
        {
            using (var key = ECDsa.Create(ECCurve.NamedCurves.nistP256))
            using (X509Certificate2 made = new CertificateRequest("CN=gateway.test", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1)))
                await File.WriteAllTextAsync(file, made.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem(), TestContext.Current.CancellationToken);
            await using RunningGateway gateway = await RunningGateway.StartAsync(options => options with { MqttTlsEndPoint = new IPEndPoint(IPAddress.Loopback, 0), TlsCertificateFile = file });
            string subject = "";
            using IMqttClient client = new MqttClientFactory().CreateMqttClient();
            MqttClientConnectResult result = await client.ConnectAsync(
                new MqttClientOptionsBuilder()
                    .WithTcpServer("127.0.0.1", gateway.Process.MqttTlsEndPoint!.Port)
                    .WithCredentials(RunningGateway.Token)
                    .WithTlsOptions(tls => tls.UseTls().WithCertificateValidationHandler(shown =>
                    {
                        subject = shown.Certificate.Subject;
                        return true;
                    }))
                    .Build(),
                TestContext.Current.CancellationToken);
            Assert.Equal((MqttClientConnectResultCode.Success, "CN=gateway.test"), (result.ResultCode, subject));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task<string[]> DrainAsync(RawClient client)
    {
        var topics = new List<string>();
        await client.SendAsync([0xC0, 0]);
        while (await client.ReceiveAsync() is MqttPublishPacket packet) topics.Add(packet.Topic);
        return [.. topics];
    }

    private static async Task<MqttPublishPacket> TextAsync(RawClient client, string expected)
    {
        var packet = await client.ExpectAsync<MqttPublishPacket>();
        Assert.Equal(expected, Encoding.UTF8.GetString(packet.Payload));
        return packet;
    }

    private static async Task PublishAsync(RawClient client, string topic, string payload, bool retain = false, string? who = null, bool alsoComes = false)
    {
        await client.SendAsync(new MqttPublishPacket
        {
            Topic = topic,
            PacketIdentifier = 77,
            QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce,
            Retain = retain,
            PayloadSegment = Encoding.UTF8.GetBytes(payload),
            UserProperties = who is null ? null : [new("who", Encoding.UTF8.GetBytes(who))],
        });
        // Delivery and acknowledgement come in any order.
        bool isAcknowledged = false;
        while (!isAcknowledged || alsoComes)
        {
            MqttPacket? packet = await client.ReceiveAsync();
            if (packet is MqttPubAckPacket) isAcknowledged = true;
            else if (alsoComes && packet is MqttPublishPacket) alsoComes = false;
            else if (packet is MqttPublishPacket published) throw new InvalidOperationException($"{published.Topic} was not expected.");
            else Assert.Fail("The connection ended.");
        }
    }

    private async Task<RawClient> ConnectAsync(string clientId) => (await RawClient.ConnectAsync(_gateway.Process.MqttEndPoint, MqttSessionTests.Packet(clientId))).Client;
}
