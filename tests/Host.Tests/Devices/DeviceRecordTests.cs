using System.Net;
using System.Text;
using System.Text.Json;
using Gateway.Host.Channels;
using Gateway.Host.Devices;
using Gateway.Host.Listeners;
using Gateway.Host.Tests.Channels;
using Xunit;

namespace Gateway.Host.Tests.Devices;

/// <summary>Promise: what a device sent and was sent, through whichever channels, and what happened to it, can be read at the device; its connections can be seen and closed there.</summary>
public sealed class DeviceRecordTests
{
    [Fact]
    public async Task Packets_of_a_device_come_from_all_its_channels_in_the_order_of_their_times()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel[] channels = [await gateway.CreateAsync(), await gateway.CreateAsync()];
        long id = await gateway.RegisterAsync("77");
        for (int i = 0; i < 6; i++)
        {
            using TestDevice device = await ConnectAsync(channels[i % 2], i % 3 == 0 ? "0077" : "77");
            await device.SendAsync($"#M;{i}\n");
            await device.ExpectAsync("#AM;1\n");
            await device.CloseAsync(channels[i % 2]);
            using TestDevice other = await ConnectAsync(channels[i % 2], "88");
            await other.CloseAsync(channels[i % 2]);
        }
        JsonElement[] all = await ReadAsync(gateway, $"/gw/devices/{id}/packets");
        Assert.Equal(6 * 6, all.Length);        // connect, login and its reply, message and its reply, disconnect
        Assert.Equal(Enumerable.Range(0, 6).Select(i => $"#M;{i}\n"), all.Where(IsReceived).Select(TextOf).Where(text => text.StartsWith("#M", StringComparison.Ordinal)));
        decimal[] times = [.. all.Select(packet => packet.GetProperty("timestamp").GetDecimal())];
        Assert.Equal(times.Order(), times);

        JsonElement[] last = await ReadAsync(gateway, $"/gw/devices/{id}/packets", """{"reverse":true,"count":7,"filter":"type=2"}""");
        Assert.Equal(all.Where(IsReceived).Reverse().Take(7).Select(TextOf), last.Select(TextOf));
        JsonElement[] some = await ReadAsync(gateway, $"/gw/devices/{id}/packets", $$"""{"from":{{times[10]}},"to":{{times[20]}},"count":5}""");
        Assert.Equal(all[10..15].Select(packet => packet.GetRawText()), some.Select(packet => packet.GetRawText()));
        (HttpStatusCode status, JsonElement body) = await gateway.GetAsync($"/gw/devices/{id}/packets?data={{\"colour\":1}}");
        Assert.Equal((HttpStatusCode.BadRequest, true), (status, body.Reason().Contains("no key 'colour'", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_device_below_gets_no_packets_of_a_device_that_has_its_ident_on_the_channel()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        long left = await gateway.CreateAccountAsync("left"), right = await gateway.CreateAccountAsync("right");
        long first = await gateway.RegisterAsync("77", account: left), second = await gateway.RegisterAsync("77", account: right);
        Channel channel = await gateway.CreateAsync();
        using TestDevice device = await ConnectAsync(channel, "77");
        Assert.Equal(3, (await ReadAsync(gateway, $"/gw/devices/{first}/packets")).Length);
        Assert.Empty(await ReadAsync(gateway, $"/gw/devices/{second}/packets"));
    }

    [Fact]
    public async Task Logs_of_a_device_tell_what_happened_to_it_and_survive_a_restart()
    {
        string folder = Path.Combine(Path.GetTempPath(), "gateway-tests", Guid.NewGuid().ToString("n"));
        try
        {
            await using (CommandWorld world = await CommandWorld.StartAsync(folder: folder))
            {
                long command = await world.QueueAsync("beep");
                using (TestDevice device = await world.LoginAsync())
                {
                    await device.ExpectAsync("C;beep\n");
                    await device.SendAsync("A;done\n");
                    await world.EndedAsync(1);
                }
                await Eventually.TrueAsync(() => world.Channel.Connections.Count == 0, "the connection has ended");
                await world.Gateway.SendAsync(HttpMethod.Put, "/gw/devices/1", """{"name":"changed"}""");
                JsonElement[] logs = await ReadAsync(world.Gateway, "/gw/devices/1/logs");
                Assert.Equal([1, 330, 300, 334, 332, 301, 2], logs.Select(CodeOf));
                Assert.All(logs, log => Assert.Equal((1, 11), (log.GetProperty("origin_id").GetInt32(), log.GetProperty("origin_type").GetInt32())));
                Assert.Equal((command, "custom", world.Channel.Id), (logs[3].GetProperty("command_id").GetInt64(), logs[3].GetProperty("name").GetString(), logs[3].GetProperty("channel_id").GetInt64()));
                (_, JsonElement shown) = await world.Gateway.GetAsync("/gw/devices/1");
                Assert.Equal(shown.Results().First().GetRawText(), logs[6].GetProperty("new").GetRawText());
                Assert.Equal((logs[0].GetProperty("new").GetRawText(), ""), (logs[6].GetProperty("old").GetRawText(), logs[6].GetProperty("old").GetProperty("name").GetString()));
                Assert.Equal(("77", 2, 1), (logs[5].GetProperty("ident").GetString(), logs[5].GetProperty("close_code").GetInt32(), logs[5].GetProperty("msgs").GetInt32()));
            }
            await using (CommandWorld world = await CommandWorld.StartAsync(folder: folder, isNew: false))
            {
                Assert.Equal([2, 301], (await ReadAsync(world.Gateway, "/gw/devices/1/logs", """{"reverse":true,"count":2}""")).Select(CodeOf));
                Assert.Equal([300, 301], (await ReadAsync(world.Gateway, "/gw/devices/1/logs", """{"filter":"event_code>=300 && event_code<310"}""")).Select(CodeOf));
                Assert.Equal([330, 334, 332], (await ReadAsync(world.Gateway, "/gw/devices/1/logs", """{"filter":"command_id"}""")).Select(CodeOf));
                Assert.Empty(await ReadAsync(world.Gateway, "/gw/devices/1/logs", """{"item_type":9}"""));
                Assert.Equal(7, (await ReadAsync(world.Gateway, "/gw/devices/1/logs", """{"item_type":11}""")).Length);

                // Logs of others are not mixed in.
                await world.Gateway.SendAsync(HttpMethod.Post, "/gw/devices", """[{"name":"other"}]""");
                Assert.Equal([1], (await ReadAsync(world.Gateway, "/gw/devices/2/logs")).Select(CodeOf));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Connections_of_a_device_are_shown_and_closed()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        long id = await gateway.RegisterAsync("77");
        using TestDevice device = await ConnectAsync(channel, "77"), other = await ConnectAsync(channel, "88");
        await Eventually.TrueAsync(() => gateway.Service<DeviceDirectory>().All.Single().IsConnected, "the device is known");
        JsonElement connection = Assert.Single(await ReadAsync(gateway, $"/gw/devices/{id}/connections/all"));
        Assert.Equal(["id", "channel_id", "device_id", "ident", "source", "transport", "established", "secondary", "meta"], connection.EnumerateObject().Select(member => member.Name));
        Assert.Equal((channel.Id, id, "77", "tcp"), (connection.GetProperty("channel_id").GetInt64(), connection.GetProperty("device_id").GetInt64(), connection.GetProperty("ident").GetString(), connection.GetProperty("transport").GetString()));
        Assert.Equal([$"{id}", "0"], (await ReadAsync(gateway, "/gw/channels/all/connections/all?fields=device_id")).Select(one => one.GetProperty("device_id").GetRawText()));

        long number = connection.GetProperty("id").GetInt64();
        (HttpStatusCode status, JsonElement body) = await gateway.SendAsync(HttpMethod.Delete, $"/gw/devices/{id}/connections/{number}");
        Assert.Equal((HttpStatusCode.OK, $$"""{"result":[{"id":{{number}}}]}"""), (status, body.GetRawText()));
        await device.ExpectClosedAsync();
        await Eventually.TrueAsync(() => channel.Connections.Count == 1, "the connection has ended");
        Assert.Equal("false", await gateway.FieldAsync(id, "connected"));
        JsonElement log = (await ReadAsync(gateway, $"/gw/devices/{id}/logs")).Last();
        Assert.Equal((301, (int)CloseCode.UserRequest), (CodeOf(log), log.GetProperty("close_code").GetInt32()));
        (status, body) = await gateway.SendAsync(HttpMethod.Delete, $"/gw/devices/{id}/connections/{number}");
        Assert.Equal((HttpStatusCode.NotFound, $"There is no connection {number}."), (status, body.Reason()));
    }

    [Fact]
    public async Task A_connection_of_several_devices_is_not_closed_for_one_of_them()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        await gateway.RegisterAsync("77");
        using TestDevice device = await ConnectAsync(channel, "66");
        await device.SendAsync("#L;77\n");
        await device.ExpectAsync("#AL;1\n");
        await Eventually.TrueAsync(() => gateway.Service<DeviceDirectory>().All.Single().IsConnected, "the device is known");
        (HttpStatusCode status, JsonElement body) = await gateway.SendAsync(HttpMethod.Delete, "/gw/devices/1/connections/all");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains("close it at channel 1", body.Reason(), StringComparison.Ordinal);
        await device.SendAsync("#M;1\n");
        await device.ExpectAsync("#AM;1\n");
    }

    private static async Task<TestDevice> ConnectAsync(Channel channel, string ident)
    {
        TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
        await device.SendAsync($"#L;{ident}\n");
        await device.ExpectAsync("#AL;1\n");
        return device;
    }

    private static async Task<JsonElement[]> ReadAsync(TestGateway gateway, string path, string? data = null)
    {
        (HttpStatusCode status, JsonElement body) = await gateway.GetAsync(data is null ? path : $"{path}?data={Uri.EscapeDataString(data)}");
        Assert.True(status is HttpStatusCode.OK && !body.TryGetProperty("errors", out _), body.GetRawText());
        return [.. body.Results()];
    }

    private static int CodeOf(JsonElement log) => log.GetProperty("event_code").GetInt32();

    private static bool IsReceived(JsonElement packet) => packet.GetProperty("type").GetInt32() == (int)TrafficType.TcpReceived;

    private static string TextOf(JsonElement packet) => Encoding.Latin1.GetString(packet.GetProperty("data").GetBytesFromBase64());
}
