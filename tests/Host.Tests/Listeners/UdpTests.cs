using Gateway.Codecs;
using Gateway.Host.Channels;
using Gateway.Host.Listeners;
using Gateway.Host.Tests.Channels;
using Xunit;

namespace Gateway.Host.Tests.Listeners;

public sealed class UdpTests
{
    [Fact]
    public async Task A_datagram_is_stored_and_answered_to_its_sender()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        using TestDevice first = await TestDevice.ConnectUdpAsync(channel.Definition.Port);
        using TestDevice second = await TestDevice.ConnectUdpAsync(channel.Definition.Port);
        await first.SendAsync("#L;tracker1\n#M;1\n");
        await second.SendAsync("#L;tracker2\n");
        await first.ExpectAsync("#AL;1\n#AM;1\n");
        await second.ExpectAsync("#AL;1\n");
        await first.SendAsync("#B;4\n");       // the peer is remembered: no login again
        await first.ExpectAsync("#AB;4\n");

        Assert.Equal(5, channel.Log.State.Count);
        Assert.Equal(["tracker1", "tracker2"], channel.Connections.All.Select(connection => connection.Ident).Order());
        Assert.All(channel.Connections.All, connection => Assert.Equal(Transport.Udp, connection.Transport));
        Assert.Equal(first.Socket.LocalEndPoint!.ToString(), channel.Connections.Find("tracker1")!.Source);
    }

    [Fact]
    public async Task A_reply_waits_for_the_append()
    {
        // Promise: a device that sees an acknowledgement can forget the message.
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        using TestDevice device = await TestDevice.ConnectUdpAsync(channel.Definition.Port);
        gateway.Memory!.Of(channel.Id).IsUnavailable = true;
        await device.SendAsync("#L;tracker1\n#M;1\n");
        Assert.True(await device.IsQuietForAsync(TimeSpan.FromMilliseconds(200)));
        gateway.Memory.Of(channel.Id).IsUnavailable = false;
        await device.ExpectAsync("#AL;1\n#AM;1\n");
        Assert.Equal(1, channel.Log.State.Count);
    }

    [Fact]
    public async Task Rubbish_is_counted_and_its_sender_is_not_remembered()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        using TestDevice device = await TestDevice.ConnectUdpAsync(channel.Definition.Port);
        await device.SendAsync("rubbish");
        await device.Socket.SendAsync(ReadOnlyMemory<byte>.Empty, System.Net.Sockets.SocketFlags.None, TestContext.Current.CancellationToken);
        await device.SendAsync("#Z\u00FF\u00FF\u00FF\u00FF");
        await device.SendAsync("#half a fra");
        await Eventually.TrueAsync(() => channel.Counters.Of(DecodeStatus.Truncated) == 1, "the half frame is counted");
        Assert.Equal(1, channel.Counters.Of(FrameStatus.Malformed));
        Assert.Equal(1, channel.Counters.Of(FrameStatus.TooLong));
        Assert.Equal(0, channel.Connections.Count);
        await device.SendAsync("#P\n");
        await device.ExpectAsync("#AP;1\n");
        Assert.Equal(1, channel.Connections.Count);
    }

    [Fact]
    public async Task The_peer_that_was_silent_longest_gives_way()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(options => options with { UdpPeersPerChannelMax = 2 });
        Channel channel = await gateway.CreateAsync();
        using TestDevice first = await TestDevice.ConnectUdpAsync(channel.Definition.Port);
        using TestDevice second = await TestDevice.ConnectUdpAsync(channel.Definition.Port);
        using TestDevice third = await TestDevice.ConnectUdpAsync(channel.Definition.Port);
        foreach ((TestDevice device, int number) in new[] { (first, 1), (second, 2) })
        {
            await device.SendAsync($"#L;tracker{number}\n");
            await device.ExpectAsync("#AL;1\n");
        }
        await first.SendAsync("#P\n");
        await first.ExpectAsync("#AP;1\n");
        await third.SendAsync("#L;tracker3\n");
        await third.ExpectAsync("#AL;1\n");

        Assert.Equal(["tracker1", "tracker3"], channel.Connections.All.Select(connection => connection.Ident).Order());
        Assert.Equal(1, channel.Counters.PeersEvicted);
    }

    [Fact]
    public async Task A_silent_peer_is_forgotten_after_the_idle_timeout()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync("""{"idle_timeout":0.2}""");
        using TestDevice device = await TestDevice.ConnectUdpAsync(channel.Definition.Port);
        await device.SendAsync("#L;tracker1\n");
        await device.ExpectAsync("#AL;1\n");
        await Eventually.TrueAsync(() => channel.Counters.Of(CloseCode.IdleTimeout) == 1, "the peer is forgotten");
        Assert.Equal(0, channel.Connections.Count);
        Assert.Null(channel.Connections.Find("tracker1"));
        await device.SendAsync("#L;tracker1\n");
        await device.ExpectAsync("#AL;1\n");
    }

    [Fact]
    public async Task Many_peers_at_once_are_all_answered()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        TestDevice[] devices = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => TestDevice.ConnectUdpAsync(channel.Definition.Port)));
        for (int i = 0; i < devices.Length; i++) await devices[i].SendAsync($"#L;tracker{i}\n#M;{i % 90}\n");
        foreach (TestDevice device in devices) await device.ExpectAsync("#AL;1\n#AM;1\n");
        Assert.Equal(100, channel.Log.State.Count);
        Assert.True(gateway.Memory!.Of(channel.Id).Appends <= 100);
        foreach (TestDevice device in devices) device.Dispose();
    }
}
