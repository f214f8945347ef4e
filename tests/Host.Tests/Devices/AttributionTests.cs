using System.Buffers;
using System.Text.Json;
using Gateway.Codecs;
using Gateway.Host.Channels;
using Gateway.Host.Devices;
using Gateway.Host.Listeners;
using Gateway.Host.Tests.Channels;
using Gateway.Host.Tests.Cli;
using MQTTnet;
using Xunit;

namespace Gateway.Host.Tests.Devices;

/// <summary>Promise: a channel's message says whose it is when it is read, also when the device was registered later; and a disabled device gets nothing stored and nothing answered.</summary>
public sealed class AttributionTests
{
    [Fact]
    public async Task Messages_say_whose_they_are_also_those_from_before_the_registration()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
        await device.SendAsync("#L;0099\n#M;1\n");
        await device.ExpectAsync("#AL;1\n#AM;1\n");
        Assert.DoesNotContain("device.id", await MessagesAsync(gateway, channel), StringComparison.Ordinal);

        long id = await gateway.RegisterAsync("99");
        const string Fields = """?data={"fields":"device,ident"}""";
        Assert.Equal($$"""[{"device.id":{{id}},"device.name":"device 99","device.type.id":900100000,"ident":"0099"}]""", await MessagesAsync(gateway, channel, Fields));
        await gateway.SendAsync(HttpMethod.Put, $"/gw/devices/{id}", """{"name":"Lörry"}""");
        Assert.Contains("\"device.name\":\"Lörry\"", await MessagesAsync(gateway, channel, Fields), StringComparison.Ordinal);
        await gateway.SendAsync(HttpMethod.Delete, $"/gw/devices/{id}");
        Assert.Equal("""[{"ident":"0099"}]""", await MessagesAsync(gateway, channel, Fields));
    }

    [Theory]
    [InlineData("device.id==1", 2)]
    [InlineData("device.name~\"device*\"", 3)]
    [InlineData("device.name==\"device 2\"", 1)]
    [InlineData("device.type.id==900100000 && position.latitude>1", 2)]
    [InlineData("!exists(\"device.id\")", 1)]
    public async Task Filters_see_whose_messages_are(string filter, int count)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        await gateway.RegisterAsync("1");
        await gateway.RegisterAsync("2");
        foreach ((string ident, int latitude) in new[] { ("1", 1), ("2", 2), ("3", 3), ("1", 4) })
        {
            using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
            await device.SendAsync($"#L;{ident}\n#M;{latitude}\n");
            await device.ExpectAsync("#AL;1\n#AM;1\n");
        }
        string data = Uri.EscapeDataString(JsonSerializer.Serialize(new Dictionary<string, string> { ["filter"] = filter }));
        using JsonDocument found = JsonDocument.Parse(await MessagesAsync(gateway, channel, $"?data={data}"));
        Assert.Equal(count, found.RootElement.GetArrayLength());
    }

    [Fact]
    public async Task Published_messages_say_whose_they_are_and_follow_changes()
    {
        await using RunningGateway gateway = await RunningGateway.StartAsync();
        Channel channel = await gateway.CreateChannelAsync();
        var received = System.Threading.Channels.Channel.CreateUnbounded<string>();
        using IMqttClient client = new MqttClientFactory().CreateMqttClient();
        client.ApplicationMessageReceivedAsync += message =>
        {
            received.Writer.TryWrite(System.Text.Encoding.UTF8.GetString(message.ApplicationMessage.Payload.ToArray()));
            return Task.CompletedTask;
        };
        MqttClientOptions options = new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", gateway.Process.MqttEndPoint.Port).WithCredentials(RunningGateway.Token).Build();
        await client.ConnectAsync(options, TestContext.Current.CancellationToken);
        await client.SubscribeAsync("flespi/message/gw/channels/+/+", cancellationToken: TestContext.Current.CancellationToken);
        using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
        await device.SendAsync("#L#353173060000000;NA\r\n");
        await device.ExpectAsync("#AL#1\r\n");

        Assert.Null(await NextNameAsync());
        using (HttpResponseMessage made = await gateway.Http.PostAsync("gw/devices", new StringContent("""[{"name":"one","protocol_name":"pulse","configuration":{"ident":"0353173060000000"}}]"""), TestContext.Current.CancellationToken))
            Assert.True(made.IsSuccessStatusCode, await made.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal("one", await NextNameAsync());
        await gateway.Http.PutAsync("gw/devices/1", new StringContent("""{"name":"two"}"""), TestContext.Current.CancellationToken);
        Assert.Equal("two", await NextNameAsync());

        async Task<string?> NextNameAsync()
        {
            await device.SendAsync("#D#141123;221320;5441.2320;N;02516.7820;E;54;090;112;11\r\n");
            await device.ExpectAsync("#AD#1\r\n");
            using JsonDocument message = JsonDocument.Parse(await received.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(RunningGateway.Patience));
            return message.RootElement.TryGetProperty("device.name", out JsonElement name) ? name.GetString() : null;
        }
    }

    [Fact]
    public async Task A_device_is_connected_from_its_login_to_its_end_and_events_tell()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        var events = new System.Collections.Concurrent.ConcurrentQueue<(long, DeviceEventCode, CloseCode)>();
        gateway.Service<DeviceEvents>().Happened += (device, happened) => events.Enqueue((device.Id, happened.Code, happened.CloseCode));
        using TestDevice early = await TestDevice.ConnectAsync(channel.Definition.Port);
        await early.SendAsync("#L;11\n");
        await early.ExpectAsync("#AL;1\n");
        long id = await gateway.RegisterAsync("11");
        Assert.Equal("true", await gateway.FieldAsync(id, "connected"));       // it was there before it was registered
        Assert.NotEqual("null", await gateway.FieldAsync(id, "last_active"));

        using TestDevice later = await TestDevice.ConnectAsync(channel.Definition.Port);
        await later.SendAsync("#L;0011\n");
        await later.ExpectAsync("#AL;1\n");
        await gateway.SendAsync(HttpMethod.Put, $"/gw/devices/{id}", """{"configuration":{"ident":"12"}}""");
        Assert.Equal("false", await gateway.FieldAsync(id, "connected"));
        await gateway.SendAsync(HttpMethod.Put, $"/gw/devices/{id}", """{"configuration":{"ident":"11"}}""");
        later.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Both);
        early.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Both);
        await Eventually.TrueAsync(() => events.Count(one => one.Item3 is CloseCode.ClosedByDevice) == 2, "both connections have ended");
        Assert.Equal("false", await gateway.FieldAsync(id, "connected"));
        Assert.Equal(4, events.Count(one => one == (id, DeviceEventCode.Connected, CloseCode.Open)));
        Assert.Equal(2, events.Count(one => one == (id, DeviceEventCode.Disconnected, CloseCode.Open)));      // another device's now
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_disabled_device_is_closed_and_refused_until_it_is_enabled(bool tcp)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        long id = await gateway.RegisterAsync("55");
        Func<int, Task<TestDevice>> connect = tcp ? TestDevice.ConnectAsync : TestDevice.ConnectUdpAsync;
        using TestDevice first = await connect(channel.Definition.Port);
        using TestDevice other = await connect(channel.Definition.Port);
        await first.SendAsync("#L;55\n#M;1\n");
        await first.ExpectAsync("#AL;1\n#AM;1\n");

        await gateway.SendAsync(HttpMethod.Put, $"/gw/devices/{id}", """{"enabled":false}""");
        if (tcp) await first.ExpectClosedAsync();
        await Eventually.TrueAsync(() => channel.Counters.Of(CloseCode.Disabled) == 1, "the connection is closed with code 23");
        Assert.Equal("false", await gateway.FieldAsync(id, "connected"));

        using TestDevice second = await connect(channel.Definition.Port);
        await second.SendAsync("#L;0055\n#M;2\n#M;3\n");
        if (tcp) await second.ExpectClosedAsync();
        await Eventually.TrueAsync(() => Volatile.Read(ref channel.Counters.DevicesRefused) == 1, "it is refused");
        await other.SendAsync("#L;56\n#M;1\n");
        await other.ExpectAsync("#AL;1\n#AM;1\n");
        Assert.Equal(2, channel.Log.State.Count);       // nothing of the refused device
        Assert.Equal(["56"], channel.Connections.All.Select(connection => connection.Ident).OfType<string>());

        await gateway.SendAsync(HttpMethod.Put, $"/gw/devices/{id}", """{"enabled":true}""");
        using TestDevice third = await connect(channel.Definition.Port);
        await third.SendAsync("#L;55\n#M;2\n");
        await third.ExpectAsync("#AL;1\n#AM;1\n");
        Assert.Equal("true", await gateway.FieldAsync(id, "connected"));
    }

    [Fact]
    public async Task The_model_of_a_devices_type_reaches_its_codec()
    {
        var codec = new ModelCodec();
        await using TestGateway gateway = await TestGateway.StartAsync(codecs: [codec]);
        ChannelOutcome made = await gateway.Channels.CreateAsync(new ChannelDraft { ProtocolName = "model" }, TestContext.Current.CancellationToken);
        using TestDevice device = await TestDevice.ConnectAsync(made.Channel!.Definition.Port);
        await device.SendAsync("#L;1\n");
        await device.ExpectAsync("#AL;1\n");
        await device.SendAsync("?\n");
        await device.ExpectAsync("[]");
        await gateway.SendAsync(HttpMethod.Post, "/gw/devices", """[{"protocol_name":"model","device_type_name":"X1","configuration":{"ident":"1"}}]""");
        await device.SendAsync("?\n");
        await device.ExpectAsync("[X1]");
        await gateway.SendAsync(HttpMethod.Delete, "/gw/devices/all");
        await device.SendAsync("?\n");
        await device.ExpectAsync("[]");
    }

    private static async Task<string> MessagesAsync(TestGateway gateway, Channel channel, string query = "") =>
        (await gateway.GetAsync($"/gw/channels/{channel.Id}/messages{query}")).Body.GetProperty("result").GetRawText();

    /// <summary>The line protocol with models; <c>?</c> answers the model that the codec was told.</summary>
    private sealed class ModelCodec : Codec
    {
        private readonly LineCodec _line = new();

        public override ProtocolInfo Info { get; } = new() { Name = "model", Title = "Models", Id = 9002, Tcp = true, FrameBytesMax = 256, SpecFile = "", Devices = ["X1", "X*"] };

        public override Session CreateSession() => new ModelSession();

        public override FrameResult TryFrame(ReadOnlySpan<byte> input, Session session) =>
            input[0] == '?' ? new FrameResult(FrameStatus.Frame, 0, 1, 2) : _line.TryFrame(input, session);

        public override DecodeStatus Decode(ReadOnlySpan<byte> frame, Session session, ref MessageSink sink, ReplyWriter reply)
        {
            if (frame[0] != '?')
            {
                session.TrySetIdent(frame[3..]);
                reply.Bytes("#AL;1\n"u8);
                return DecodeStatus.Ok;
            }
            reply.U8('[');
            reply.Bytes(session.DeviceModel);
            reply.U8(']');
            return DecodeStatus.Ok;
        }

        public override DecodeStatus Decode(ReadOnlySpan<byte> frame, Session session, ref TraceSink sink, ReplyWriter reply) => throw new NotSupportedException();

        public override EncodeStatus TryEncode(string name, CommandArguments arguments, Session session, ReplyWriter output) => EncodeStatus.UnknownCommand;

        private sealed class ModelSession : Session;
    }
}
