using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Gateway.Host.Accounts;
using Gateway.Host.Tests.Cli;
using Microsoft.Extensions.DependencyInjection;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Protocol;
using Xunit;
using Channel = Gateway.Host.Channels.Channel;

namespace Gateway.Host.Tests.Mqtt;

/// <summary>A real MQTT client against a whole gateway.</summary>
public sealed class MqttTests : IAsyncLifetime
{
    private RunningGateway _gateway = null!;

    public async ValueTask InitializeAsync() => _gateway = await RunningGateway.StartAsync();

    public async ValueTask DisposeAsync() => await _gateway.DisposeAsync();

    [Theory]
    [InlineData(MqttProtocolVersion.V311, null, null, false)]
    [InlineData(MqttProtocolVersion.V311, "wrong", null, false)]
    [InlineData(MqttProtocolVersion.V500, "FlespiToken wrong", "wrong too", false)]
    [InlineData(MqttProtocolVersion.V311, RunningGateway.Token, null, true)]
    [InlineData(MqttProtocolVersion.V500, "FlespiToken " + RunningGateway.Token, null, true)]
    [InlineData(MqttProtocolVersion.V500, "anyone", RunningGateway.Token, true)]
    public async Task Only_a_valid_token_gets_in(MqttProtocolVersion version, string? user, string? password, bool expected)
    {
        using IMqttClient client = new MqttClientFactory().CreateMqttClient();
        MqttClientOptionsBuilder options = Options(version);
        if (user is not null) options = options.WithCredentials(user, password);
        MqttClientConnectResult result = await ConnectAsync(client, options);
        Assert.Equal(expected ? MqttClientConnectResultCode.Success : MqttClientConnectResultCode.NotAuthorized, result.ResultCode);
        if (expected && version is MqttProtocolVersion.V500)
        {
            // Clients of flespi read who they are from here.
            string token = result.UserProperties.Single(property => property.Name == "token").ValueAsText();
            using JsonDocument parsed = JsonDocument.Parse(token);
            Assert.Equal(1, parsed.RootElement.GetProperty("id").GetInt64());
        }
    }

    [Theory]
    [InlineData("flespi/message/gw/channels/{0}/+")]
    [InlineData("flespi/message/gw/channels/+/+")]
    [InlineData("flespi/message/gw/channels/{0}/353173060000000")]
    [InlineData("flespi/message/#")]
    [InlineData("#")]
    public async Task A_message_sent_over_a_socket_arrives_at_its_subscribers(string filter)
    {
        Channel channel = await _gateway.CreateChannelAsync();
        using Subscriber subscriber = await Subscriber.ConnectAsync(_gateway, string.Format(null, filter, channel.Id));
        using TestDevice device = await TestDevice.ConnectAsync(channel);
        await device.ExchangeAsync("#D#141123;221320;5441.2320;N;02516.7820;E;54;090;112;11\r\n", "#AD#1\r\n");

        MqttApplicationMessage message = await subscriber.NextBesideStateAsync();
        Assert.Equal($"flespi/message/gw/channels/{channel.Id}/353173060000000", message.Topic);
        using JsonDocument json = JsonDocument.Parse(message.Payload);
        Assert.Equal(54.6872, json.RootElement.GetProperty("position.latitude").GetDouble(), 6);
        Assert.Equal(channel.Id, json.RootElement.GetProperty("channel.id").GetInt64());
        double appeared = double.Parse(message.UserProperties.Single(p => p.Name == "timestamp").ValueAsText(), System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(json.RootElement.GetProperty("server.timestamp").GetDouble(), appeared, 3);
        Assert.False(message.Retain);
    }

    [Fact]
    public async Task Messages_arrive_once_and_in_order_and_the_same_as_by_rest()
    {
        const int Count = 500;
        Channel channel = await _gateway.CreateChannelAsync();
        using Subscriber subscriber = await Subscriber.ConnectAsync(_gateway, $"flespi/message/gw/channels/{channel.Id}/+");
        using TestDevice device = await TestDevice.ConnectAsync(channel);
        for (int i = 0; i < Count; i++)
            await device.ExchangeAsync($"#D#141123;221320;5441.2320;N;02516.7820;E;54;090;{i};11\r\n", "#AD#1\r\n");

        for (int i = 0; i < Count; i++)
        {
            MqttApplicationMessage message = await subscriber.NextAsync();
            using JsonDocument json = JsonDocument.Parse(message.Payload);
            Assert.Equal(i, json.RootElement.GetProperty("position.altitude").GetInt32());
        }
        Assert.Null(subscriber.TryNext());
    }

    [Fact]
    public async Task Who_subscribes_later_gets_what_comes_later()
    {
        Channel channel = await _gateway.CreateChannelAsync();
        using TestDevice device = await TestDevice.ConnectAsync(channel);
        await device.ExchangeAsync("#D#141123;221320;5441.2320;N;02516.7820;E;54;090;1;11\r\n", "#AD#1\r\n");
        using Subscriber subscriber = await Subscriber.ConnectAsync(_gateway, "flespi/message/gw/channels/+/+");
        await device.ExchangeAsync("#D#141123;221320;5441.2320;N;02516.7820;E;54;090;2;11\r\n", "#AD#1\r\n");
        using JsonDocument json = JsonDocument.Parse((await subscriber.NextAsync()).Payload);
        Assert.Equal(2, json.RootElement.GetProperty("position.altitude").GetInt32());
    }

    [Fact]
    public async Task Clients_may_publish_elsewhere_but_not_below_flespi()
    {
        Channel channel = await _gateway.CreateChannelAsync();
        using Subscriber subscriber = await Subscriber.ConnectAsync(_gateway, "#");
        await subscriber.Client.PublishStringAsync($"flespi/message/gw/channels/{channel.Id}/forged", "{}", cancellationToken: TestContext.Current.CancellationToken);
        await subscriber.Client.PublishStringAsync("mine/own", "{}", cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal("mine/own", (await subscriber.NextBesideStateAsync()).Topic);
    }

    [Fact]
    public async Task Qos_2_is_granted_as_1()
    {
        using IMqttClient client = new MqttClientFactory().CreateMqttClient();
        await ConnectAsync(client, Options(MqttProtocolVersion.V500).WithCredentials(RunningGateway.Token));
        MqttClientSubscribeResult result = await client.SubscribeAsync("a/b", MqttQualityOfServiceLevel.ExactlyOnce, TestContext.Current.CancellationToken);
        Assert.Equal(MqttClientSubscribeResultCode.GrantedQoS1, result.Items.Single().ResultCode);
    }

    [Theory]
    [InlineData("mqtt")]
    [InlineData("")]
    [InlineData("any/other/path")]
    public async Task WebSockets_on_the_http_port_speak_mqtt(string path)
    {
        using IMqttClient client = new MqttClientFactory().CreateMqttClient();
        MqttClientOptionsBuilder options = new MqttClientOptionsBuilder()
            .WithProtocolVersion(MqttProtocolVersion.V500)
            .WithWebSocketServer(web => web.WithUri($"ws://{_gateway.Process.HttpEndPoint}/{path}"))
            .WithCredentials(RunningGateway.Token);
        MqttClientConnectResult result = await ConnectAsync(client, options);
        Assert.Equal(MqttClientConnectResultCode.Success, result.ResultCode);
        using JsonDocument sessions = JsonDocument.Parse(await _gateway.Http.GetStringAsync("/mqtt/sessions/all", TestContext.Current.CancellationToken));
        Assert.Equal("127.0.0.1", Assert.Single(sessions.RootElement.GetProperty("result").EnumerateArray()).GetProperty("ip").GetString());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Guessing_is_stopped_over_each_transport(bool isWebSocket)
    {
        GuessGuard guard = _gateway.Process.Services.GetRequiredService<GuessGuard>();
        // The minute may turn in the middle: two rounds are enough for one of them to lie within one.
        for (int i = 0; i <= 2 * GuessGuard.WrongKeysMax && !guard.IsBlocked(IPAddress.Loopback); i++)
        {
            using IMqttClient client = new MqttClientFactory().CreateMqttClient();
            MqttClientOptionsBuilder options = isWebSocket
                ? new MqttClientOptionsBuilder().WithProtocolVersion(MqttProtocolVersion.V500).WithWebSocketServer(web => web.WithUri($"ws://{_gateway.Process.HttpEndPoint}/mqtt"))
                : Options(MqttProtocolVersion.V500);
            MqttClientConnectResult result = await ConnectAsync(client, options.WithCredentials($"guess{i}"));
            Assert.Equal(MqttClientConnectResultCode.NotAuthorized, result.ResultCode);
        }
        Assert.True(guard.IsBlocked(IPAddress.Loopback));
    }

    [Fact]
    public async Task A_persistent_session_gets_what_came_while_it_was_away()
    {
        Channel channel = await _gateway.CreateChannelAsync();
        MqttClientOptionsBuilder options = Options(MqttProtocolVersion.V500).WithCredentials(RunningGateway.Token)
            .WithClientId("stays").WithCleanStart(false).WithSessionExpiryInterval(600);
        using (IMqttClient before = new MqttClientFactory().CreateMqttClient())
        {
            await ConnectAsync(before, options);
            await before.SubscribeAsync($"flespi/message/gw/channels/{channel.Id}/+", MqttQualityOfServiceLevel.AtLeastOnce, TestContext.Current.CancellationToken);
            await before.DisconnectAsync(cancellationToken: TestContext.Current.CancellationToken);
        }
        using TestDevice device = await TestDevice.ConnectAsync(channel);
        await device.ExchangeAsync("#D#141123;221320;5441.2320;N;02516.7820;E;54;090;7;11\r\n", "#AD#1\r\n");

        using Subscriber after = await Subscriber.ConnectAsync(options, null);
        using JsonDocument json = JsonDocument.Parse((await after.NextAsync()).Payload);
        Assert.Equal(7, json.RootElement.GetProperty("position.altitude").GetInt32());
    }

    private MqttClientOptionsBuilder Options(MqttProtocolVersion version) => Options(_gateway, version);

    private static MqttClientOptionsBuilder Options(RunningGateway gateway, MqttProtocolVersion version) => new MqttClientOptionsBuilder()
        .WithProtocolVersion(version)
        .WithTimeout(RunningGateway.Patience)
        .WithTcpServer(gateway.Process.MqttEndPoint.Address.ToString(), gateway.Process.MqttEndPoint.Port);

    /// <summary>The result also when the broker refuses: the client throws then for MQTT 5.</summary>
    private static async Task<MqttClientConnectResult> ConnectAsync(IMqttClient client, MqttClientOptionsBuilder options)
    {
        MqttClientOptions built = options.Build();
        return await client.ConnectAsync(built, TestContext.Current.CancellationToken);
    }

    internal sealed class Subscriber : IDisposable
    {
        private readonly Channel<MqttApplicationMessage> _messages = System.Threading.Channels.Channel.CreateUnbounded<MqttApplicationMessage>();

        private Subscriber(IMqttClient client)
        {
            Client = client;
            client.ApplicationMessageReceivedAsync += received =>
            {
                MqttApplicationMessage message = received.ApplicationMessage;
                message.PayloadSegment = message.Payload.ToArray();     // the client's buffer is used again
                _messages.Writer.TryWrite(message);
                return Task.CompletedTask;
            };
        }

        public IMqttClient Client { get; }

        public static Task<Subscriber> ConnectAsync(RunningGateway gateway, string filter) =>
            ConnectAsync(Options(gateway, MqttProtocolVersion.V500).WithCredentials(RunningGateway.Token), filter);

        public static async Task<Subscriber> ConnectAsync(MqttClientOptionsBuilder options, string? filter)
        {
            Subscriber subscriber = new(new MqttClientFactory().CreateMqttClient());
            await MqttTests.ConnectAsync(subscriber.Client, options);
            if (filter is not null) await subscriber.Client.SubscribeAsync(filter, MqttQualityOfServiceLevel.AtLeastOnce, TestContext.Current.CancellationToken);
            return subscriber;
        }

        public async Task<MqttApplicationMessage> NextAsync() =>
            await _messages.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(RunningGateway.Patience);

        /// <summary>The next message that is neither state nor log: who subscribes to everything gets those too.</summary>
        public async Task<MqttApplicationMessage> NextBesideStateAsync()
        {
            while (true)
            {
                MqttApplicationMessage message = await NextAsync();
                if (!message.Topic.StartsWith("flespi/state/", StringComparison.Ordinal) && !message.Topic.StartsWith("flespi/log/", StringComparison.Ordinal)) return message;
            }
        }

        public MqttApplicationMessage? TryNext() => _messages.Reader.TryRead(out MqttApplicationMessage? message) ? message : null;

        public void Dispose() => Client.Dispose();
    }

    internal sealed class TestDevice : IDisposable
    {
        private readonly TcpClient _client = new() { NoDelay = true };

        public static async Task<TestDevice> ConnectAsync(Channel channel)
        {
            TestDevice device = new();
            await device._client.ConnectAsync("127.0.0.1", channel.Definition.Port, TestContext.Current.CancellationToken);
            await device.ExchangeAsync("#L#353173060000000;NA\r\n", "#AL#1\r\n");
            return device;
        }

        public async Task ExchangeAsync(string sent, string expected)
        {
            NetworkStream stream = _client.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes(sent), TestContext.Current.CancellationToken);
            byte[] reply = new byte[expected.Length];
            await stream.ReadExactlyAsync(reply, TestContext.Current.CancellationToken).AsTask().WaitAsync(RunningGateway.Patience);
            Assert.Equal(expected, Encoding.ASCII.GetString(reply));
        }

        public void Dispose() => _client.Dispose();
    }
}

internal static class UserPropertyText
{
    public static string ValueAsText(this MQTTnet.Packets.MqttUserProperty property) => Encoding.UTF8.GetString(property.ValueBuffer.Span);
}
