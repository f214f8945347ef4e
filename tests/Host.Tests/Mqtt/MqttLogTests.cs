using System.Text;
using System.Text.Json;
using Gateway.Host.Channels;
using Gateway.Host.Tests.Cli;
using MQTTnet;
using MQTTnet.Formatter;
using Xunit;

namespace Gateway.Host.Tests.Mqtt;

/// <summary>Promise: below <c>flespi/log/</c> comes what happens, as REST shows it in logs, to whoever may read those, and to nobody else.</summary>
public sealed class MqttLogTests : IAsyncLifetime
{
    private MqttAccounts _accounts = null!;

    private RunningGateway Gateway => _accounts.Gateway;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _accounts = await MqttAccounts.StartAsync();

    public async ValueTask DisposeAsync() => await _accounts.DisposeAsync();

    [Theory]
    [InlineData(MqttProtocolVersion.V311)]
    [InlineData(MqttProtocolVersion.V500)]
    public async Task The_life_of_a_channel_and_of_its_connections_is_told_as_rest_tells_it(MqttProtocolVersion version)
    {
        using MqttTests.Subscriber subscriber = await _accounts.ConnectAsync(RunningGateway.Token, "flespi/log/gw/channels/#", version);
        Channel channel = await Gateway.CreateChannelAsync();
        string prefix = $"flespi/log/gw/channels/{channel.Id}/";
        Assert.Equal(prefix + "created", (await subscriber.NextAsync()).Topic);
        using (MqttTests.TestDevice device = await MqttTests.TestDevice.ConnectAsync(channel))
        {
            long connection = channel.Connections.All.Single().Id;
            Assert.Equal($"{prefix}connections/{connection}/accepted", (await subscriber.NextAsync()).Topic);
            MqttApplicationMessage identified = await subscriber.NextAsync();
            Assert.Equal($"{prefix}connections/{connection}/identified", identified.Topic);
            using JsonDocument payload = JsonDocument.Parse(identified.Payload);
            Assert.Equal("353173060000000", payload.RootElement.GetProperty("ident").GetString());
            using JsonDocument rest = JsonDocument.Parse(await Gateway.Http.GetStringAsync($$"""gw/channels/{{channel.Id}}/logs?data={"filter":"event_code==101"}""", Cancelled));
            Assert.True(JsonElement.DeepEquals(rest.RootElement.GetProperty("result")[0], payload.RootElement));
        }
        Assert.EndsWith("/closed", (await subscriber.NextAsync()).Topic, StringComparison.Ordinal);
        await _accounts.SendAsync(HttpMethod.Put, $"gw/channels/{channel.Id}", """{"name":"other"}""");
        MqttApplicationMessage updated = await subscriber.NextAsync();
        Assert.Equal(prefix + "updated", updated.Topic);
        using (JsonDocument payload = JsonDocument.Parse(updated.Payload)) Assert.Equal("other", payload.RootElement.GetProperty("new").GetProperty("name").GetString());
        await _accounts.SendAsync(HttpMethod.Delete, $"gw/channels/{channel.Id}");
        MqttApplicationMessage deleted = await subscriber.NextAsync();
        Assert.Equal((prefix + "deleted", false), (deleted.Topic, deleted.Retain));
    }

    [Fact]
    public async Task Devices_tell_of_their_connections_and_commands()
    {
        Channel channel = await Gateway.CreateChannelAsync();
        using MqttTests.Subscriber subscriber = await _accounts.ConnectAsync(RunningGateway.Token, "flespi/log/gw/devices/#");
        long id = await _accounts.CreateDeviceAsync();
        string prefix = $"flespi/log/gw/devices/{id}/";
        Assert.Equal(prefix + "created", (await subscriber.NextAsync()).Topic);
        await _accounts.SendAsync(HttpMethod.Post, $"gw/devices/{id}/commands-queue", """[{"name":"custom","properties":{"text":"x"}}]""");
        MqttApplicationMessage queued = await subscriber.NextAsync();
        using JsonDocument command = JsonDocument.Parse(queued.Payload);
        string commandPrefix = $"{prefix}commands-queue/{command.RootElement.GetProperty("command_id").GetInt64()}/";
        Assert.Equal(commandPrefix + "queued", queued.Topic);
        await _accounts.SendAsync(HttpMethod.Delete, $"gw/devices/{id}/commands-queue/all");
        Assert.Equal(commandPrefix + "canceled", (await subscriber.NextAsync()).Topic);
        using (MqttTests.TestDevice device = await MqttTests.TestDevice.ConnectAsync(channel)) Assert.Equal(prefix + "connected", (await subscriber.NextAsync()).Topic);
        Assert.Equal(prefix + "disconnected", (await subscriber.NextAsync()).Topic);
    }

    [Fact]
    public async Task Logs_reach_who_may_read_them_and_those_of_accounts_only_master_tokens()
    {
        string master = await _accounts.TokenAsync(_accounts.Left, """{"type":1}""");
        string standard = await _accounts.TokenAsync(_accounts.Left, """{"type":0}""");
        string without = await _accounts.TokenAsync(_accounts.Left, """{"type":2,"acl":[{"uri":"gw/channels","methods":["GET"],"submodules":[{"name":"messages","methods":["GET"]}]}]}""");
        string neighbour = await _accounts.TokenAsync(_accounts.Right, """{"type":1}""");
        using MqttTests.Subscriber owner = await _accounts.ConnectAsync(master, "flespi/log/gw,platform/#");
        using MqttTests.Subscriber helper = await _accounts.ConnectAsync(standard, "flespi/log/gw,platform/#");
        using MqttTests.Subscriber listed = await _accounts.ConnectAsync(without, "flespi/log/gw/channels/+/+");
        using MqttTests.Subscriber stranger = await _accounts.ConnectAsync(neighbour, "flespi/log/gw,platform/#");
        await _accounts.TokenAsync(_accounts.Left, """{"type":0}""");
        Assert.Matches("^flespi/log/platform/tokens/[0-9]+/created$", (await owner.NextAsync()).Topic);
        Channel channel = await _accounts.CreateChannelAsync(_accounts.Left);
        string created = $"flespi/log/gw/channels/{channel.Id}/created";
        Assert.Equal(created, (await owner.NextAsync()).Topic);
        MqttApplicationMessage heard = await helper.NextAsync();
        Assert.Equal(created, heard.Topic);
        Assert.Contains("\"timestamp\":", Encoding.UTF8.GetString(heard.Payload), StringComparison.Ordinal);
        foreach (MqttTests.Subscriber other in new[] { listed, stranger })
        {
            await other.Client.PingAsync(Cancelled);
            Assert.Null(other.TryNext());
        }
    }
}
