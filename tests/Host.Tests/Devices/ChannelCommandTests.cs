using System.Net;
using System.Text.Json;
using Gateway.Host.Tests.Channels;
using Xunit;

namespace Gateway.Host.Tests.Devices;

/// <summary>Promise: the command paths that channels had until 2022 still work, for registered devices, with the rights that the devices' own paths need; and each answer says where the commands are now.</summary>
public sealed class ChannelCommandTests
{
    [Fact]
    public async Task A_client_of_the_old_paths_queues_reads_takes_back_and_forgets()
    {
        await using CommandWorld world = await CommandWorld.StartAsync();
        string channel = $"/gw/channels/{world.Channel.Id}";
        (HttpStatusCode status, JsonElement body) = await world.Gateway.SendAsync(HttpMethod.Post, $"{channel}/commands-queue",
            """[{"ident":"0077","name":"custom","properties":{"payload":"1"}},{"ident":"77","name":"custom","properties":{"payload":"2"},"ttl":60},{"ident":"78","name":"custom","properties":{"payload":"3"}}]""");
        Assert.True(status is HttpStatusCode.OK, body.GetRawText());
        JsonElement[] queued = [.. body.Results()];
        Assert.Equal([1L, 1L], queued.Select(command => command.GetProperty("device_id").GetInt64()));
        Assert.Equal($"There is no device with the ident 78 on channel {world.Channel.Id}: commands are for registered devices.", body.Reason());
        Assert.Contains("/gw/devices/{selector}/commands-queue", body.GetProperty("warnings")[0].GetProperty("reason").GetString(), StringComparison.Ordinal);

        long[] ids = [.. queued.Select(command => command.GetProperty("id").GetInt64())];
        foreach (string path in new[] { "commands-queue", "commands-queue/all", $"commands-queue/{ids[0]},{ids[1]}" })
        {
            (_, body) = await world.Gateway.GetAsync($"{channel}/{path}");
            Assert.Equal(ids, body.Results().Select(command => command.GetProperty("id").GetInt64()));
        }
        (_, body) = await world.Gateway.SendAsync(HttpMethod.Delete, $"{channel}/commands-queue/{ids[1]}");
        Assert.Equal($"[{{\"id\":{ids[1]}}}]", body.GetProperty("result").GetRawText());

        using TestDevice device = await world.LoginAsync();
        await device.ExpectAsync("C;1\n");
        await device.SendAsync("A;done\n");
        await world.EndedAsync(2);
        (_, body) = await world.Gateway.GetAsync($"{channel}/commands-result?data={{\"reverse\":true}}");
        Assert.Equal(["processed", "cancelled"], body.Results().Select(result => result.GetProperty("state").GetString()));
        (status, _) = await world.Gateway.SendAsync(HttpMethod.Delete, $"{channel}/commands-result");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Empty(await world.ResultsAsync());
    }

    [Theory]
    [InlineData("""[{"name":"custom","properties":{"payload":"1"}}]""", "needs the ident of its device")]
    [InlineData("""[{"ident":5,"name":"custom"}]""", "ident must be a string")]
    [InlineData("""[{"ident":"77","name":"custom","colour":1}]""", "no field 'colour'")]
    [InlineData("""[{"ident":"77","name":"reboot"}]""", "command definition reboot is not found")]
    public async Task Bad_input_is_refused_with_what_was_expected(string body, string reason)
    {
        await using CommandWorld world = await CommandWorld.StartAsync();
        (HttpStatusCode status, JsonElement answer) = await world.Gateway.SendAsync(HttpMethod.Post, "/gw/channels/all/commands-queue", body);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains(reason, answer.Reason(), StringComparison.Ordinal);
        Assert.Empty(await world.WaitingAsync());
    }

    [Fact]
    public async Task Rights_on_the_channel_alone_do_not_reach_the_device()
    {
        await using CommandWorld world = await CommandWorld.StartAsync();
        await world.QueueAsync("secret");
        const string Channels = """{"uri":"gw/channels","methods":["GET","POST","DELETE"]}""";
        string channelsOnly = await world.Gateway.CreateTokenAsync(1, $$"""{"type":2,"acl":[{{Channels}}]}""");
        string reading = await world.Gateway.CreateTokenAsync(1, $$"""{"type":2,"acl":[{{Channels}},{"uri":"gw/devices","methods":["GET"]}]}""");
        const string Order = """[{"ident":"77","name":"custom","properties":{"payload":"1"}}]""";
        foreach ((string key, int seen) in new[] { (channelsOnly, 0), (reading, 1) })
        {
            (HttpStatusCode status, JsonElement body) = await world.Gateway.CallAsync(key, "POST", "/gw/channels/1/commands-queue", Order);
            Assert.Equal((HttpStatusCode.NotFound, "There is no device with the ident 77 on channel 1: commands are for registered devices."), (status, body.Reason()));
            (_, body) = await world.Gateway.CallAsync(key, "GET", "/gw/channels/1/commands-queue/all");
            Assert.Equal(seen, body.Results().Count());
            (_, body) = await world.Gateway.CallAsync(key, "DELETE", "/gw/channels/1/commands-queue/all");
            Assert.Empty(body.Results());
        }
        Assert.Single(await world.WaitingAsync());
    }

    [Fact]
    public async Task Commands_of_another_accounts_devices_are_absent()
    {
        await using CommandWorld world = await CommandWorld.StartAsync();
        long id = await world.QueueAsync("secret");
        string key = await world.Gateway.CreateTokenAsync(await world.Gateway.CreateAccountAsync("below"), """{"type":1}""");
        foreach ((string method, string path) in new[] { ("GET", $"commands-queue/{id}"), ("DELETE", $"commands-queue/{id}"), ("GET", "commands-result"), ("GET", $"commands-result/{id}"), ("GET", "logs"), ("GET", "packets"), ("GET", "connections/all") })
        {
            (HttpStatusCode status, JsonElement body) = await world.Gateway.CallAsync(key, method, $"/gw/devices/1/{path}");
            Assert.True(status is HttpStatusCode.NotFound && body.Reason() == "There is no device 1.", $"{method} {path}: {body.GetRawText()}");
        }
        Assert.Single(await world.WaitingAsync());
    }
}
