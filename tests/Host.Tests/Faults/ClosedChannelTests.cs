using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;
using Gateway.Codecs;
using Gateway.Host.Channels;
using Gateway.Host.Configuration;
using Gateway.Host.Tests.Channels;
using Xunit;

namespace Gateway.Host.Tests.Faults;

/// <summary>Channels that can't be opened at a start: shown, closed, their data as they were, the others alive.</summary>
public sealed class ClosedChannelTests : IDisposable
{
    private const int MessagesSent = 7;

    private readonly string _folder = Path.Combine(Path.GetTempPath(), "gateway-tests", Guid.NewGuid().ToString("n"));
    private int _port;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Promise: a damaged buffer stops its channel and nothing else, says so by name, and stays as it is until somebody mends or deletes it.</summary>
    [Fact]
    public async Task A_channel_with_a_damaged_buffer_is_blocked_closed_and_untouched_until_it_is_restored()
    {
        await FillTwoChannelsAsync();
        string file = Directory.GetFiles(Path.Combine(_folder, GatewayChannels.MessagesFolderName, "channels", "1"), "log-*").Single();
        Flip(file);
        byte[] damaged = SHA256.HashData(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));
        await using (TestGateway gateway = await TestGateway.StartAsync(onDisk: true, folder: _folder))
        {
            await ExpectClosedAsync(gateway, enabled: true, "line", file);
            (HttpStatusCode status, JsonElement body) = await gateway.GetAsync("/gw/channels/1/messages");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
            Assert.Contains(file, body.GetProperty("errors")[0].GetProperty("reason").GetString(), StringComparison.Ordinal);
            (status, _) = await gateway.SendAsync(HttpMethod.Delete, "/gw/channels/1/messages");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, status);

            (status, body) = await gateway.GetAsync("/gw/channels/all/messages");
            Assert.Equal((HttpStatusCode.OK, MessagesSent), (status, body.GetProperty("result").GetArrayLength()));
            Assert.Equal(1, body.GetProperty("errors")[0].GetProperty("id").GetInt64());

            // What does not touch the buffer can be changed, and does not open the port.
            (status, body) = await gateway.SendAsync(HttpMethod.Put, "/gw/channels/1?fields=name,blocked", """{"name":"new"}""");
            Assert.Equal((HttpStatusCode.OK, """{"result":[{"name":"new","blocked":6}]}"""), (status, body.GetRawText()));
            await ExpectClosedAsync(gateway, enabled: true, "line", file);
        }
        Assert.Equal(damaged, SHA256.HashData(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken)));

        Flip(file);
        await using (TestGateway gateway = await TestGateway.StartAsync(onDisk: true, folder: _folder)) await ExpectOpenAsync(gateway, 1, MessagesSent);
    }

    [Fact]
    public async Task A_channel_with_a_damaged_buffer_can_be_deleted_with_its_files()
    {
        await FillTwoChannelsAsync();
        string folder = Path.Combine(_folder, GatewayChannels.MessagesFolderName, "channels", "1");
        Flip(Directory.GetFiles(folder, "log-*").Single());
        await using (TestGateway gateway = await TestGateway.StartAsync(onDisk: true, folder: _folder))
        {
            (HttpStatusCode status, _) = await gateway.SendAsync(HttpMethod.Delete, "/gw/channels/1");
            Assert.Equal(HttpStatusCode.OK, status);
            Assert.True(!Directory.Exists(folder) || Directory.GetFiles(folder, "log-*").Length == 0);
        }
        await using (TestGateway gateway = await TestGateway.StartAsync(onDisk: true, folder: _folder))
        {
            Assert.Equal(2, Assert.Single(gateway.Channels.All).Id);
            await ExpectOpenAsync(gateway, 2, MessagesSent);
        }
    }

    [Fact]
    public async Task A_channel_of_a_protocol_that_is_not_there_is_blocked_closed_and_back_when_it_is()
    {
        await FillTwoChannelsAsync();
        await using (TestGateway gateway = await TestGateway.StartAsync(onDisk: true, folder: _folder, codecs: CodecRegistry.BuiltIn))
        {
            await ExpectClosedAsync(gateway, enabled: true, "", $"There is no protocol {LineCodec.Id}.");
            (HttpStatusCode status, JsonElement body) = await gateway.SendAsync(HttpMethod.Put, "/gw/channels/1", """{"name":"new"}""");
            Assert.Equal(HttpStatusCode.BadRequest, status);
            Assert.Contains("can only be removed now", body.GetProperty("errors")[0].GetProperty("reason").GetString(), StringComparison.Ordinal);
        }
        await using (TestGateway gateway = await TestGateway.StartAsync(onDisk: true, folder: _folder)) await ExpectOpenAsync(gateway, 1, MessagesSent);
    }

    [Fact]
    public async Task A_channel_with_settings_that_are_not_understood_is_closed_until_they_are_corrected()
    {
        await FillTwoChannelsAsync();
        await RewriteAsync(definition => definition.Replace("\"configuration\":{}", "\"configuration\":{\"colour\":1}", StringComparison.Ordinal));
        await using (TestGateway gateway = await TestGateway.StartAsync(onDisk: true, folder: _folder))
        {
            await ExpectClosedAsync(gateway, enabled: true, "line", "configuration.colour is not a setting");
            List<(string What, long Id)> announced = [];
            gateway.Channels.Removed += channel => announced.Add(("removed", channel.Id));
            gateway.Channels.Added += channel => announced.Add(("added", channel.Id));
            (HttpStatusCode status, JsonElement body) = await gateway.SendAsync(HttpMethod.Put, "/gw/channels/1?fields=blocked,blocked_reason", """{"configuration":{}}""");
            Assert.Equal((HttpStatusCode.OK, """{"result":[{"blocked":0,"blocked_reason":""}]}"""), (status, body.GetRawText()));
            Assert.Equal([("removed", 1), ("added", 1)], announced);
            await ExpectOpenAsync(gateway, 1, MessagesSent);
        }
        await using (TestGateway gateway = await TestGateway.StartAsync(onDisk: true, folder: _folder)) await ExpectOpenAsync(gateway, 1, MessagesSent + 1);
    }

    [Fact]
    public async Task A_channel_whose_definition_can_not_be_read_is_shown_and_can_be_deleted()
    {
        await FillTwoChannelsAsync();
        await RewriteAsync(_ => """{"name":1}""");
        await using TestGateway gateway = await TestGateway.StartAsync(onDisk: true, folder: _folder);
        await ExpectClosedAsync(gateway, enabled: false, "", "stored definition of channel 1 can't be read");
        await ExpectOpenAsync(gateway, 2, MessagesSent);
        (HttpStatusCode status, _) = await gateway.SendAsync(HttpMethod.Delete, "/gw/channels/1");
        Assert.Equal(HttpStatusCode.OK, status);
    }

    private async Task FillTwoChannelsAsync()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(onDisk: true, folder: _folder);
        for (int i = 0; i < 2; i++)
        {
            int port = (await gateway.CreateAsync()).Definition.Port;
            if (i == 0) _port = port;
            using TestDevice device = await TestDevice.ConnectAsync(port);
            await device.SendAsync($"#L;tracker1\n#B;{MessagesSent}\n");
            await device.ExpectAsync($"#AL;1\n#AB;{MessagesSent}\n");
        }
    }

    /// <summary>Changes one byte among the messages; twice gives the file back.</summary>
    private static void Flip(string file)
    {
        byte[] bytes = File.ReadAllBytes(file);
        int at = Array.FindLastIndex(bytes, b => b != 0) - 3;
        bytes[at] ^= 0x41;
        File.WriteAllBytes(file, bytes);
    }

    private async Task RewriteAsync(Func<string, string> change)
    {
        await using SqliteConfigurationStore store = SqliteConfigurationStore.Open(_folder);
        ConfigurationItem item = (await store.GetAsync("channel", 1, TestContext.Current.CancellationToken))!;
        string changed = change(item.Json);
        Assert.NotEqual(item.Json, changed);
        Assert.NotEqual(0, await store.PutAsync("channel", 1, changed, item.Revision, TestContext.Current.CancellationToken));
    }

    private async Task ExpectClosedAsync(TestGateway gateway, bool enabled, string protocol, string reason)
    {
        (HttpStatusCode status, JsonElement body) = await gateway.GetAsync("/gw/channels/1?fields=id,enabled,protocol_name,blocked,blocked_reason,uri");
        Assert.Equal(HttpStatusCode.OK, status);
        JsonElement channel = body.GetProperty("result")[0];
        Assert.Equal((enabled, protocol, 6), (channel.GetProperty("enabled").GetBoolean(), channel.GetProperty("protocol_name").GetString(), channel.GetProperty("blocked").GetInt32()));
        Assert.Contains(reason, channel.GetProperty("blocked_reason").GetString(), StringComparison.Ordinal);
        Assert.True(gateway.Channels.TryFind(1, out Channel? found));
        Assert.Contains(await gateway.EventsAsync(found), happened => happened.Is(ChannelEventCode.ConfigurationInvalid) && happened.GetProperty("error_text").GetString()!.Contains(reason, StringComparison.Ordinal));
        await Assert.ThrowsAnyAsync<SocketException>(() => TestDevice.ConnectAsync(_port));
    }

    private static async Task ExpectOpenAsync(TestGateway gateway, long id, int messages)
    {
        (HttpStatusCode status, JsonElement body) = await gateway.GetAsync($"/gw/channels/{id}/messages");
        Assert.Equal((HttpStatusCode.OK, messages), (status, body.GetProperty("result").GetArrayLength()));
        Assert.True(gateway.Channels.TryFind(id, out Channel? channel));
        Assert.Equal(0, channel.Blocked);
        using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
        await device.SendAsync("#L;tracker1\n#M;1\n");
        await device.ExpectAsync("#AL;1\n#AM;1\n");
    }
}
