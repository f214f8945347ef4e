using System.Net;
using System.Text.Json;
using Gateway.Host.Channels;
using Gateway.Host.Tests.Channels;
using Gateway.Storage;
using Gateway.Storage.Tests;
using Xunit;

namespace Gateway.Host.Tests.Faults;

/// <summary>Devices before a disk that refuses writes and syncs.</summary>
public sealed class FailingDiskTests
{
    private const int Devices = 6;
    private const int Rounds = 5;

    /// <summary>Promise: while the disk fails no device gets a reply; when it works again each packet is stored once, in the order of its device, and answered.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Packets_that_came_while_the_disk_failed_are_stored_once_and_answered_when_it_works(bool failSyncs)
    {
        var files = new FaultyFiles();
        await using TestGateway gateway = await TestGateway.StartAsync(
            openStore: folder => new MessageStore(new StoreOptions { Folder = folder, CheckpointIntervalSeconds = 1 }, files));
        Channel channel = await gateway.CreateAsync();
        TestDevice[] devices = await Task.WhenAll(Enumerable.Range(0, Devices).Select(_ => TestDevice.ConnectAsync(channel.Definition.Port)));
        try
        {
            for (int i = 0; i < Devices; i++) await devices[i].SendAsync($"#L;device{i}\n");
            foreach (TestDevice device in devices) await device.ExpectAsync("#AL;1\n");
            for (int round = 0; round < Rounds; round++)
            {
                if (failSyncs) files.FailSync = IsJournal;
                else files.FailWrite = IsJournal;
                foreach (TestDevice device in devices) await device.SendAsync($"#M;{round}\n");
                await Eventually.TrueAsync(() => channel.Counters.Of(AppendStatus.Unavailable) > 0 && channel.Blocked == Channel.BlockedByStorage, "the channel is blocked");
                foreach (TestDevice device in devices) Assert.Equal(0, device.Socket.Available);
                files.FailWrite = files.FailSync = _ => false;
                foreach (TestDevice device in devices) await device.ExpectAsync("#AM;1\n");
            }
        }
        finally
        {
            foreach (TestDevice device in devices) device.Dispose();
        }

        (HttpStatusCode status, JsonElement body) = await gateway.GetAsync($"/gw/channels/{channel.Id}/messages");
        Assert.Equal(HttpStatusCode.OK, status);
        ILookup<string, double> stored = body.GetProperty("result").EnumerateArray()
            .ToLookup(message => message.GetProperty("ident").GetString()!, message => message.GetProperty("position.latitude").GetDouble());
        Assert.Equal(Devices, stored.Count);
        foreach (IGrouping<string, double> device in stored) Assert.Equal(Enumerable.Range(0, Rounds).Select(round => (double)round), device);
    }

    private static bool IsJournal(string path) => Path.GetFileName(path).StartsWith("journal-", StringComparison.Ordinal);
}
