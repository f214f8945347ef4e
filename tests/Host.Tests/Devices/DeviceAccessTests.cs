using System.Net;
using System.Text.Json;
using Gateway.Host.Channels;
using Gateway.Host.Devices;
using Gateway.Host.Tests.Channels;
using Xunit;

namespace Gateway.Host.Tests.Devices;

/// <summary>Promise: devices of another account are absent, cannot be squatted, and get no messages that are not theirs.</summary>
public sealed class DeviceAccessTests
{
    private const string Master = """{"type":1}""";

    [Fact]
    public async Task An_ident_is_free_in_an_account_beside_and_taken_above_and_below()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        long left = await gateway.CreateAccountAsync("left"), right = await gateway.CreateAccountAsync("right"), below = await gateway.CreateAccountAsync("below", left);
        long device = await gateway.RegisterAsync("77", account: left);
        await gateway.RegisterAsync("77", account: right);
        string body = $$"""[{"device_type_id":{{DeviceTools.LineType}},"configuration":{"ident":"77"} }]""";
        (HttpStatusCode status, JsonElement answer) = await gateway.CallAsync(TestGateway.Token, "POST", "/gw/devices", body);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains($"device {device} already", answer.Reason(), StringComparison.Ordinal);
        (status, answer) = await gateway.CallAsync(await gateway.CreateTokenAsync(below, Master), "POST", "/gw/devices", body);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains("another device already", answer.Reason(), StringComparison.Ordinal);      // the number of a device above is not told

        // To where it is taken it cannot be moved either.
        (status, answer) = await gateway.CallAsync(TestGateway.Token, "PUT", $"/gw/devices/{device}/cid", $$"""{"cid":{{right}}}""");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        (status, _) = await gateway.CallAsync(TestGateway.Token, "PUT", $"/gw/devices/{device}/cid", $$"""{"cid":{{below}}}""");
        Assert.Equal(HttpStatusCode.OK, status);
    }

    [Fact]
    public async Task Devices_of_another_account_are_absent_for_every_call()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        long mine = await gateway.CreateAccountAsync("mine"), others = await gateway.CreateAccountAsync("others");
        long device = await gateway.RegisterAsync("77", account: others);
        string key = await gateway.CreateTokenAsync(mine, Master);
        foreach ((string method, string path, string? body) in new (string, string, string?)[]
        {
            ("GET", $"/gw/devices/{device}", null), ("PUT", $"/gw/devices/{device}", """{"name":"x"}"""), ("PATCH", $"/gw/devices/{device}", """{"name":"x"}"""),
            ("DELETE", $"/gw/devices/{device}", null), ("PUT", $"/gw/devices/{device}/cid", $$"""{"cid":{{mine}}}"""),
        })
        {
            (HttpStatusCode status, JsonElement answer) = await gateway.CallAsync(key, method, path, body);
            Assert.True(status is HttpStatusCode.NotFound && answer.Reason() == $"There is no device {device}.", $"{method} {path}: {answer.GetRawText()}");
        }
        (_, JsonElement all) = await gateway.CallAsync(key, "GET", "/gw/devices/all");
        Assert.Empty(all.Results());
    }

    [Fact]
    public async Task The_limit_of_an_account_counts_devices_of_those_below_it()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        (_, JsonElement made) = await gateway.SendAsync(HttpMethod.Post, "/platform/limits?fields=id", """[{"name":"two","devices_count":2}]""");
        long account = await gateway.CreateAccountAsync("small", limitId: made.Results().First().GetProperty("id").GetInt64());
        await gateway.RegisterAsync("1", account: account);
        (HttpStatusCode status, JsonElement answer) = await gateway.CallAsync(TestGateway.Token, "POST", "/gw/devices?fields=id", """[{"name":"a"},{"name":"b"}]""", account);
        Assert.Equal((HttpStatusCode.OK, 1), (status, answer.Results().Count()));
        Assert.Equal(5, answer.GetProperty("errors")[0].GetProperty("code").GetInt32());
        (status, answer) = await gateway.SendAsync(HttpMethod.Delete, $"/platform/subaccounts/{account}");
        Assert.Contains("still has 2 devices", answer.Reason(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_a_shared_channel_the_device_that_was_registered_first_has_the_messages()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        long left = await gateway.CreateAccountAsync("left"), right = await gateway.CreateAccountAsync("right");
        long first = await gateway.RegisterAsync("77", account: left);
        await gateway.RegisterAsync("77", account: right);
        Channel channel = await gateway.CreateAsync();
        DeviceIndex index = gateway.Service<DeviceDirectory>().Index;
        Assert.Equal(first, index.Find(LineCodec.Id, channel.Definition.Cid, "77"u8)!.Id);
        Assert.Equal(first + 1, index.Find(LineCodec.Id, right, "77"u8)!.Id);
        Assert.Null(index.Find(LineCodec.Id, await gateway.CreateAccountAsync("third"), "77"u8));
    }

    [Fact]
    public async Task A_reader_of_a_channel_learns_nothing_of_devices_above_it()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        long account = await gateway.CreateAccountAsync("below");
        await gateway.RegisterAsync("77");
        await gateway.RegisterAsync("88", account: account);
        (_, JsonElement made) = await gateway.CallAsync(TestGateway.Token, "POST", "/gw/channels?fields=id,uri", """[{"protocol_name":"line"}]""", account);
        JsonElement channel = made.Results().First();
        using TestDevice device = await TestDevice.ConnectAsync(int.Parse(channel.GetProperty("uri").GetString()!.Split(':')[1]));
        await device.SendAsync("#L;77\n#M;1\n");
        await device.ExpectAsync("#AL;1\n#AM;1\n");
        await device.SendAsync("#L;88\n#M;1\n");
        await device.ExpectAsync("#AL;1\n#AM;1\n");
        (_, JsonElement messages) = await gateway.GetAsync($"/gw/channels/{channel.GetProperty("id").GetInt64()}/messages?data={{\"fields\":\"ident,device.id\"}}");
        Assert.Equal("""{"result":[{"ident":"77"},{"device.id":2,"ident":"88"}]}""", messages.GetRawText());
    }
}
