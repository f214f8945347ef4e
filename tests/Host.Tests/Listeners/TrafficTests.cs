using System.Text.Json;
using Gateway.Host.Channels;
using Gateway.Host.Listeners;
using Gateway.Host.Tests.Channels;
using Gateway.Storage.Rings;
using Xunit;

namespace Gateway.Host.Tests.Listeners;

public sealed class TrafficTests
{
    /// <summary>Promise: a TCP connection's bytes are kept in both directions from connect to disconnect, without a hole, and all of them are found under the ident it told.</summary>
    [Fact]
    public async Task A_connection_is_noted_from_connect_to_disconnect()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        string source;
        using (TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port))
        {
            source = device.Socket.LocalEndPoint!.ToString()!;
            await device.SendAsync("#P\n");
            await device.ExpectAsync("#AP;1\n");
            await device.SendAsync("#L;track");
            await Eventually.TrueAsync(() => channel.Counters.BytesReceived == 11, "half a frame is there");
            await device.SendAsync("er1\n");
            await device.ExpectAsync("#AL;1\n");
            await device.SendAsync("#M;1\n#M;2\n");
            await device.ExpectAsync("#AM;1\n#AM;1\n");
        }

        await Eventually.TrueAsync(() => channel.Connections.Count == 0, "the connection has ended");
        List<Noted> all = await gateway.TrafficAsync(channel);
        Assert.Equal(
            [
                (TrafficType.TcpConnect, source), (TrafficType.TcpReceived, "#P\n"), (TrafficType.TcpSent, "#AP;1\n"), (TrafficType.TcpReceived, "#L;track"), (TrafficType.TcpReceived, "er1\n"),
                (TrafficType.TcpSent, "#AL;1\n"), (TrafficType.TcpReceived, "#M;1\n#M;2\n"), (TrafficType.TcpSent, "#AM;1\n#AM;1\n"), (TrafficType.TcpDisconnect, "\u0002"),
            ],
            all.Select(noted => (noted.Type, noted.Text)));
        Assert.Equal(Enumerable.Range(0, 9), all.Select(noted => noted.Index));
        Assert.Single(all.Select(noted => noted.Connection).Distinct());
        Assert.Equal(all, await gateway.TrafficAsync(channel, "tracker1"));
        Assert.Empty(await gateway.TrafficAsync(channel, "tracker2"));
    }

    /// <summary>Promise: what no device of the protocol would send is kept as well: without an ident, byte for byte.</summary>
    [Fact]
    public async Task Bytes_of_strangers_are_kept_without_an_ident()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        using (TestDevice stranger = await TestDevice.ConnectAsync(channel.Definition.Port))
        {
            await stranger.SendAsync("GET / HTTP/1.1\r\n\r\n");
            await stranger.ExpectClosedAsync();
        }

        await Eventually.TrueAsync(() => channel.Connections.Count == 0, "the connection has ended");
        List<Noted> all = await gateway.TrafficAsync(channel);
        Assert.Equal(["GET / HTTP/1.1\r\n\r\n", $"{(char)CloseCode.ProtocolMismatch}"], all.Skip(1).Select(noted => noted.Text));
        Assert.All(all, noted => Assert.Equal("", noted.Ident));
    }

    /// <summary>Promise: frames that lie in several segments, and reads longer than a record, are kept whole and in order.</summary>
    [Fact]
    public async Task A_long_stream_is_kept_byte_for_byte()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        string sent = "#L;tracker1\n" + string.Concat(Enumerable.Range(0, 40_000).Select(i => $"#M;{i % 90}\n"));
        using (TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port))
        {
            Task reading = device.ExpectAsync("#AL;1\n" + string.Concat(Enumerable.Repeat("#AM;1\n", 40_000)));
            await device.SendAsync(sent);
            await reading;
        }

        await Eventually.TrueAsync(() => channel.Connections.Count == 0, "the connection has ended");
        List<Noted> all = await gateway.TrafficAsync(channel, "tracker1");
        Assert.Equal(sent, string.Concat(all.Where(noted => noted.Type is TrafficType.TcpReceived).Select(noted => noted.Text)));
        Assert.Equal(6 * 40_001, all.Where(noted => noted.Type is TrafficType.TcpSent).Sum(noted => noted.Text.Length));
        Assert.Equal(Enumerable.Range(0, all.Count), all.Select(noted => noted.Index));
    }

    /// <summary>Promise: a read that holds frames of several devices is found under each of them, a read of one device under that one alone.</summary>
    [Fact]
    public async Task A_read_with_several_idents_is_found_under_each()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        using TestDevice device = await TestDevice.ConnectUdpAsync(channel.Definition.Port);       // a datagram is one read
        const string several = "#L;a\n#M;1\n#L;b\n#M;2\n#L;a\n#M;3\n#L;c\n#M;4\n";
        await device.SendAsync("#L;first\n#M;1\n");
        await device.ExpectAsync("#AL;1\n#AM;1\n");
        await device.SendAsync(several);
        await device.ExpectAsync(string.Concat(Enumerable.Repeat("#AL;1\n#AM;1\n", 4)));
        await device.SendAsync("#M;5\n");
        await device.ExpectAsync("#AM;1\n");

        foreach ((string ident, string[] received) in new[] { ("a", new[] { several }), ("b", [several]), ("c", [several, "#M;5\n"]), ("first", ["#L;first\n#M;1\n"]) })
            Assert.Equal(received, (await gateway.TrafficAsync(channel, ident)).Where(noted => noted.Type is TrafficType.UdpReceived).Select(noted => noted.Text));
        List<Noted> all = await gateway.TrafficAsync(channel);
        Assert.Equal(
            [(TrafficType.UdpReceived, "first"), (TrafficType.UdpSent, "first"), (TrafficType.UdpReceived, "c"), (TrafficType.UdpSent, "c"), (TrafficType.UdpReceived, "c"), (TrafficType.UdpSent, "c")],
            all.Select(noted => (noted.Type, noted.Ident)));
        Assert.Equal(Enumerable.Range(0, 6), all.Select(noted => noted.Index));
    }

    /// <summary>Promise: datagrams of several peers that are served together keep their own connection, and rubbish of unknown peers is kept too.</summary>
    [Fact]
    public async Task Datagrams_are_noted_per_peer()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        TestDevice[] devices = new TestDevice[8];
        for (int i = 0; i < devices.Length; i++) devices[i] = await TestDevice.ConnectUdpAsync(channel.Definition.Port);
        for (int round = 0; round < 3; round++)
        {
            for (int i = 0; i < devices.Length; i++) await devices[i].SendAsync($"#L;t{i}\n");
            foreach (TestDevice device in devices) await device.ExpectAsync("#AL;1\n");
        }

        await devices[0].SendAsync("rubbish");
        await Eventually.TrueAsync(() => channel.Counters.BytesReceived == (3 * 8 * 6) + 7, "the rubbish is there");
        for (int i = 1; i < devices.Length; i++)
        {
            List<Noted> own = await gateway.TrafficAsync(channel, $"t{i}");
            Assert.Equal(Enumerable.Repeat(new[] { $"#L;t{i}\n", "#AL;1\n" }, 3).SelectMany(pair => pair), own.Select(noted => noted.Text));
            Assert.Single(own.Select(noted => noted.Connection).Distinct());
            Assert.Equal(Enumerable.Range(0, 6), own.Select(noted => noted.Index));
        }

        Assert.Contains(await gateway.TrafficAsync(channel), noted => noted.Text == "rubbish");
        foreach (TestDevice device in devices) device.Dispose();
    }

    /// <summary>Promise: a channel that keeps no traffic has none; switching it off removes what there was; removing a channel removes its rings.</summary>
    [Fact]
    public async Task Traffic_is_kept_as_the_channel_wants_it()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel off = await gateway.CreateAsync("""{"traffic_quota_bytes":0,"logs_quota_bytes":0}""");
        Channel on = await gateway.CreateAsync("""{"traffic_quota_bytes":1000000,"traffic_ttl":60,"logs_ttl":60}""");
        foreach (Channel channel in new[] { off, on })
        {
            using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
            await device.SendAsync("#L;tracker1\n");
            await device.ExpectAsync("#AL;1\n");
        }

        Assert.Equal((0, 0), ((await gateway.TrafficAsync(off)).Count, (await gateway.EventsAsync(off)).Count));
        Assert.Contains(await gateway.TrafficAsync(on), noted => noted.Text == "#L;tracker1\n");
        Assert.Equal((1_000_000L, 60.0), (on.Settings.TrafficRing.QuotaBytes, on.Settings.LogsRing.AgeMax.TotalSeconds));
        string folder = Path.Combine(gateway.Options.DataFolder, "rings", "traffic", $"{on.Id}");
        Assert.NotEmpty(Directory.GetFiles(folder));

        Assert.Null((await gateway.Channels.UpdateAsync(on, new ChannelDraft { ConfigurationJson = """{"traffic_quota_bytes":0}""" }, TestContext.Current.CancellationToken)).Problem);
        await Eventually.TrueAsync(() => Directory.GetFiles(folder).Length == 0, "the traffic is removed");
        Assert.True(await gateway.Channels.RemoveAsync(on, TestContext.Current.CancellationToken));
        Assert.False(Directory.Exists(folder) || Directory.Exists(Path.Combine(gateway.Options.DataFolder, "rings", "logs", $"{on.Id}")));
    }

    /// <summary>Promise: events survive a restart, with all that belongs to them.</summary>
    [Fact]
    public async Task Events_survive_a_restart()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("gateway-events-");
        try
        {
            string source;
            await using (TestGateway gateway = await TestGateway.StartAsync(onDisk: true, folder: folder.FullName))
            {
                Channel channel = await gateway.CreateAsync();
                using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
                source = device.Socket.LocalEndPoint!.ToString()!;
                await device.SendAsync("#L;tracker1\n#M;1\n");
                await device.ExpectAsync("#AL;1\n#AM;1\n");
            }

            await using TestGateway again = await TestGateway.StartAsync(onDisk: true, folder: folder.FullName);
            Assert.True(again.Channels.TryFind(1, out Channel? same));
            List<JsonElement> events = await again.EventsAsync(same);
            Assert.Equal([1, 100, 101, 102], events.Select(happened => happened.GetProperty("event_code").GetInt32()));
            Assert.All(events, happened => Assert.Equal((1, 9), (happened.GetProperty("origin_id").GetInt32(), happened.GetProperty("origin_type").GetInt32())));
            JsonElement closed = events[^1];
            Assert.Equal(("tracker1", source, "tcp", 1), (closed.GetProperty("ident").GetString(), closed.GetProperty("source").GetString(), closed.GetProperty("transport").GetString(), closed.GetProperty("msgs").GetInt32()));
            Assert.Equal((17, 12), (closed.GetProperty("recv").GetInt32(), closed.GetProperty("send").GetInt32()));
            Assert.Contains((await again.TrafficAsync(same, "tracker1")).Select(noted => noted.Text), text => text == "#L;tracker1\n#M;1\n");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
