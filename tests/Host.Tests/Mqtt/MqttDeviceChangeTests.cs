using System.Buffers;
using System.Text;
using Gateway.Host.Channels;
using Gateway.Host.Tests.Cli;
using MQTTnet.Packets;
using Xunit;

namespace Gateway.Host.Tests.Mqtt;

/// <summary>Promise: whose device a message is says the moment of its delivery, also while devices come, change and go; none is lost for that.</summary>
public sealed class MqttDeviceChangeTests : IAsyncLifetime
{
    private const string OfDevices = "flespi/message/gw/devices/";

    private MqttAccounts _accounts = null!;

    private RunningGateway Gateway => _accounts.Gateway;

    public async ValueTask InitializeAsync() => _accounts = await MqttAccounts.StartAsync();

    public async ValueTask DisposeAsync() => await _accounts.DisposeAsync();

    [Fact]
    public async Task Whose_a_message_is_says_the_moment_of_its_delivery()
    {
        Channel channel = await Gateway.CreateChannelAsync();
        using RawClient there = await ConnectAsync("there");
        await there.SubscribeAsync(OfDevices + "+");
        // Who gets a message at the channel's topic knows that it was delivered.
        using RawClient witness = await ConnectAsync("witness");
        await witness.SubscribeAsync("flespi/message/gw/channels/+/+");
        await MqttSessionTests.SendAsync(channel, 0, 1);
        await MqttSessionTests.NextAsync(witness, 0);
        await there.ExpectNothingAsync();

        // Registered later, renamed, given away, removed: who listens hears it from then on.
        long first = await _accounts.CreateDeviceAsync();
        await MqttSessionTests.SendAsync(channel, 1, 1);
        Assert.Equal($"{OfDevices}{first}", (await MqttSessionTests.NextAsync(there, 1)).Topic);
        await _accounts.SendAsync(HttpMethod.Put, $"gw/devices/{first}", """{"name":"van"}""");
        await MqttSessionTests.SendAsync(channel, 2, 1);
        Assert.Contains("\"device.name\":\"van\"", Encoding.UTF8.GetString((await MqttSessionTests.NextAsync(there, 2)).Payload.ToArray()), StringComparison.Ordinal);
        await _accounts.SendAsync(HttpMethod.Put, $"gw/devices/{first}/cid", $$"""{"cid":{{_accounts.Left}}}""");
        await MqttSessionTests.SendAsync(channel, 3, 1);
        Assert.Equal($"{_accounts.Left}", (await MqttSessionTests.NextAsync(there, 3)).UserProperties.Single(property => property.Name == "cid").ValueAsText());
        await _accounts.SendAsync(HttpMethod.Delete, $"gw/devices/{first}");
        await MqttSessionTests.SendAsync(channel, 4, 1);
        for (int i = 1; i < 5; i++) await MqttSessionTests.NextAsync(witness, i);
        await there.ExpectNothingAsync();

        // The ident is another device's now.
        long second = await _accounts.CreateDeviceAsync();
        await MqttSessionTests.SendAsync(channel, 5, 1);
        Assert.Equal($"{OfDevices}{second}", (await MqttSessionTests.NextAsync(there, 5)).Topic);
    }

    [Fact]
    public async Task A_device_that_is_named_before_it_exists_is_heard_once_it_comes_and_after_a_restart()
    {
        await Gateway.CreateChannelAsync();
        long before = await _accounts.CreateDeviceAsync(ident: "2");
        RawClient client = await ConnectAsync("lasting");
        await client.SubscribeAsync($"{OfDevices}{before + 1}");
        // Its session ends with it: then nobody but the first has the channel read.
        using (RawClient witness = (await RawClient.ConnectAsync(Gateway.Process.MqttEndPoint, MqttSessionTests.Packet("witness"))).Client)
        {
            await witness.SubscribeAsync("flespi/message/gw/channels/+/+");
            await SendAsync(0, 1);
            await MqttSessionTests.NextAsync(witness, 0);
        }
        await client.ExpectNothingAsync();
        Assert.Equal(before + 1, await _accounts.CreateDeviceAsync());
        await SendAsync(1, 1);
        await client.AcknowledgeAsync(await MqttSessionTests.NextAsync(client, 1));
        await client.ExpectNothingAsync();
        client.Dispose();
        await SendAsync(2, 1);
        await _accounts.RestartAsync();
        await SendAsync(3, 1);
        client = await ConnectAsync("lasting");
        for (int i = 2; i < 4; i++) await client.AcknowledgeAsync(await MqttSessionTests.NextAsync(client, i));
        await client.ExpectNothingAsync();
        client.Dispose();
    }

    [Fact]
    public async Task Devices_that_are_changed_all_the_time_lose_no_message()
    {
        const int Count = 300;
        Channel channel = await Gateway.CreateChannelAsync();
        long id = await _accounts.CreateDeviceAsync();
        using RawClient client = await ConnectAsync("listener");
        await client.SubscribeAsync(OfDevices + "+");
        using var stop = new CancellationTokenSource();
        Task renaming = Task.Run(async () =>
        {
            for (int i = 0; !stop.IsCancellationRequested; i++) await _accounts.SendAsync(HttpMethod.Put, $"gw/devices/{id}", $$"""{"name":"{{i}}"}""");
        }, TestContext.Current.CancellationToken);
        await MqttSessionTests.SendAsync(channel, 0, Count);
        await stop.CancelAsync();
        await renaming;
        for (int i = 0; i < Count; i++) await client.AcknowledgeAsync(await MqttSessionTests.NextAsync(client, i));
        await client.ExpectNothingAsync();
    }

    [Fact]
    public async Task A_session_waits_for_no_channel_that_has_nothing_of_its_devices()
    {
        Channel channel = await Gateway.CreateChannelAsync();
        await _accounts.CreateDeviceAsync(ident: "2");
        using RawClient client = await ConnectAsync("lasting");
        await client.SubscribeAsync(OfDevices + "+");
        using RawClient witness = await ConnectAsync("witness");
        await witness.SubscribeAsync("flespi/message/gw/channels/+/+");
        await MqttSessionTests.SendAsync(channel, 0, 1);
        MqttPublishPacket unacknowledged = await MqttSessionTests.NextAsync(witness, 0);
        Assert.Equal("[]", await WaitingOfAsync("lasting"));
        Assert.Equal($"[{channel.Id}]", await WaitingOfAsync("witness"));
        await witness.AcknowledgeAsync(unacknowledged);
        await witness.ExpectNothingAsync();
        Assert.Equal("[]", await WaitingOfAsync("witness"));
    }

    private async Task<string> WaitingOfAsync(string clientId) =>
        (await _accounts.CallAsync(HttpMethod.Get, $"mqtt/sessions/client_id={clientId}?fields=waiting_channels"))[0].GetProperty("waiting_channels").GetRawText();

    private Task SendAsync(int first, int count) => MqttSessionTests.SendAsync(Gateway.Process.Channels.All[0], first, count);

    private async Task<RawClient> ConnectAsync(string clientId) =>
        (await RawClient.ConnectAsync(Gateway.Process.MqttEndPoint, MqttSessionTests.Packet(clientId, isClean: false, expirySeconds: 3600))).Client;
}
