using System.Net;
using System.Text.Json;
using Gateway.Host.Channels;
using Gateway.Host.Devices;
using Gateway.Host.Devices.Telemetry;
using Gateway.Host.Tests.Channels;
using Xunit;

namespace Gateway.Host.Tests.Devices;

/// <summary>Promise: telemetry follows what devices send, over sockets, registrations and restarts, and never keeps a device waiting.</summary>
public sealed class TelemetryTests
{
    [Fact]
    public async Task Telemetry_follows_messages_and_has_what_came_before_the_registration()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
        await device.SendAsync("#L;77\n#M;1\n#M;2\n");
        await device.ExpectAsync("#AL;1\n#AM;1\n#AM;1\n");
        long first = await gateway.RegisterAsync("77");
        await LatitudeAsync(gateway, first, 2);
        await device.SendAsync("#M;3\n");
        await device.ExpectAsync("#AM;1\n");
        await LatitudeAsync(gateway, first, 3);

        // A second device of the protocol: the feed reads already, and goes through what it has read once more.
        using TestDevice other = await TestDevice.ConnectAsync(channel.Definition.Port);
        await other.SendAsync("#L;88\n#M;5\n");
        await other.ExpectAsync("#AL;1\n#AM;1\n");
        await Eventually.TrueAsync(() => gateway.Service<TelemetryFeeds>().CursorOf(channel.Id) == channel.Log.State.NextKey, "the feed has read everything");
        long second = await gateway.RegisterAsync("88");
        await LatitudeAsync(gateway, second, 5);

        (HttpStatusCode status, JsonElement body) = await gateway.GetAsync($"/gw/devices/{first},{second},99/telemetry/position.latitude,ident");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal([3, 5], body.Results().Select(one => one.GetProperty("telemetry").GetProperty("position.latitude").GetProperty("value").GetInt32()));
        Assert.Equal("There is no device 99.", body.Reason());
        (_, body) = await gateway.GetAsync($"/gw/devices/{first}/telemetry");
        Assert.Contains("\"position.speed\":{\"ts\":", body.GetRawText(), StringComparison.Ordinal);
        (_, body) = await gateway.SendAsync(HttpMethod.Delete, $"/gw/devices/{first}/telemetry/position");
        Assert.Equal($$"""{"result":[{"id":{{first}},"deleted":2}]}""", body.GetRawText());
        (_, body) = await gateway.GetAsync($"/gw/devices/{first}/telemetry/position");
        Assert.Equal("{}", body.Results().First().GetProperty("telemetry").GetRawText());
        (status, _) = await gateway.SendAsync(HttpMethod.Delete, $"/gw/devices/{first}/telemetry/all", """["ident"]""");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.NotEqual("null", await gateway.FieldAsync(first, "last_active"));
    }

    [Fact]
    public async Task Telemetry_survives_a_restart_without_the_messages()
    {
        string folder = Path.Combine(Path.GetTempPath(), "gateway-tests", Guid.NewGuid().ToString("n"));
        try
        {
            long id;
            string before, active;
            await using (TestGateway gateway = await TestGateway.StartAsync(folder: folder, onDisk: true))
            {
                Channel channel = await gateway.CreateAsync();
                id = await gateway.RegisterAsync("77");
                using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
                await device.SendAsync("#L;77\n#M;9\n");
                await device.ExpectAsync("#AL;1\n#AM;1\n");
                await LatitudeAsync(gateway, id, 9);
                before = (await gateway.GetAsync($"/gw/devices/{id}/telemetry/all")).Body.GetRawText();
                active = await gateway.FieldAsync(id, "last_active");
                await gateway.SendAsync(HttpMethod.Delete, $"/gw/channels/{channel.Id}/messages");
            }
            await using (TestGateway gateway = await TestGateway.StartAsync(folder: folder, onDisk: true))
            {
                Assert.Equal(before, (await gateway.GetAsync($"/gw/devices/{id}/telemetry/all")).Body.GetRawText());
                Assert.Equal(active, await gateway.FieldAsync(id, "last_active"));
                Assert.Equal("false", await gateway.FieldAsync(id, "connected"));
                Assert.True(gateway.Service<DeviceDirectory>().TryFind(id, out Device? device) && device.History.IsComplete);
                Channel channel = Assert.Single(gateway.Channels.All);
                using TestDevice socket = await TestDevice.ConnectAsync(channel.Definition.Port);
                await socket.SendAsync("#L;77\n#M;10\n");
                await socket.ExpectAsync("#AL;1\n#AM;1\n");
                await LatitudeAsync(gateway, id, 10);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_device_that_gets_another_ident_gets_its_history_and_keeps_what_it_knew()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
        await device.SendAsync("#L;1\n#M;1\n");
        await device.ExpectAsync("#AL;1\n#AM;1\n");
        await device.SendAsync("#L;2\n#M;2\n");
        await device.ExpectAsync("#AL;1\n#AM;1\n");
        long id = await gateway.RegisterAsync("1");
        await LatitudeAsync(gateway, id, 1);
        await gateway.SendAsync(HttpMethod.Put, $"/gw/devices/{id}", """{"configuration":{"ident":"2"}}""");
        await LatitudeAsync(gateway, id, 2);
    }

    private static async Task LatitudeAsync(TestGateway gateway, long device, int expected)
    {
        long until = Environment.TickCount64 + (long)TestDevice.Patience.TotalMilliseconds;
        while (true)
        {
            (_, JsonElement body) = await gateway.GetAsync($"/gw/devices/{device}/telemetry/position.latitude");
            JsonElement telemetry = body.Results().First().GetProperty("telemetry");
            if (telemetry.TryGetProperty("position.latitude", out JsonElement latitude) && latitude.GetProperty("value").GetInt32() == expected) return;
            Assert.True(Environment.TickCount64 < until, $"latitude {expected} is not there: {body.GetRawText()}");
            await Task.Delay(10);
        }
    }
}
