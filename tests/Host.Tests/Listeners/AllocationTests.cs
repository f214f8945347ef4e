using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Codecs;
using Gateway.Host.Channels;
using Gateway.Host.Configuration;
using Gateway.Host.Listeners;
using Gateway.Host.Tests.Channels;
using Gateway.Storage;
using Gateway.Storage.Rings;
using Gateway.Storage.Tests.Contract;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Gateway.Host.Tests.Listeners;

[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
public sealed class Alone;

/// <summary>Promise: per frame, from the socket read to the append and the reply, nothing is allocated.</summary>
[Collection(nameof(AllocationTests))]
public sealed class AllocationTests
{
    private const int FramesPerRound = 10;

    private static readonly byte[] s_frames = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("#M;54.5\n", FramesPerRound)));
    private static readonly byte[] s_replies = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("#AM;1\n", FramesPerRound)));

    [Fact]
    public async Task Decoding_the_frames_of_a_read_allocates_nothing()
    {
        var options = new GatewayOptions();
        var codec = new LineCodec();
        IMessageLog log = await new InMemoryMessageStore().OpenAsync(1, new LogOptions(), TestContext.Current.CancellationToken);
        ChannelSettings settings = ChannelSettings.TryParse("{}", codec.Info, options, out _)!;
        await using var rings = new RingStore(new RingStoreOptions { Folder = Path.Combine(Path.GetTempPath(), "gateway-tests", Guid.NewGuid().ToString("n")), LingerMs = 3_600_000 });
        var channel = new Channel(new ChannelDefinition { Id = 1, ProtocolId = LineCodec.Id, Port = 1 }, settings, codec, log, ChannelRings.Open(rings, 1, settings), TimeProvider.System);
        var peers = new UdpPeers(channel, 10);
        UdpPeer peer = peers.Meet(new IPEndPoint(IPAddress.Loopback, 1).Serialize());
        var decoder = new FrameDecoder(NullLogger<FrameDecoder>.Instance);
        var batch = new DecodeBatch();

        void DecodeOnce(ReadOnlySpan<byte> input)
        {
            batch.Clear();
            DecodeVerdict verdict = decoder.Decode(peer, input, batch, seen: 0, isDatagram: false, out int consumed);
            Assert.True(verdict.Ending is CloseCode.Open && consumed == input.Length);
            peer.Traffic.Received(input, consumed, batch.Messages.Count);
            peer.Traffic.Stored(1);
            peer.Traffic.Sent(batch.Reply.Written);
            batch.Seal(1);
        }

        DecodeOnce("#L;tracker1\n"u8);
        for (int i = 0; i < 2_000; i++) DecodeOnce(s_frames);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++) DecodeOnce(s_frames);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(0, channel.Rings.Traffic.State.Dropped);
        Assert.Equal(FramesPerRound, batch.Messages.Count);
        Assert.Equal(s_replies.Length, batch.Reply.Length);
    }

    [Theory]
    [InlineData(true, false, 10_000, 24)]       // the smallest object has 24 bytes: so not one per read
    [InlineData(false, false, 10_000, 24)]
    [InlineData(true, true, 1_000, 3_000)]      // the store's commits: about 1.5 KB each, whatever number of frames one holds
    public async Task From_socket_read_to_append_and_reply_nothing_is_allocated_per_frame(bool tcp, bool onDisk, int rounds, int bytesPerReadMax)
    {
        await using TestGateway gateway = await TestGateway.StartAsync(options => options with { SweepInterval = TimeSpan.FromSeconds(30) }, onDisk: onDisk);
        Channel channel = await gateway.CreateAsync();
        InMemoryMessageLog? discarding = gateway.Memory?.Of(channel.Id);
        if (discarding is not null) discarding.IsDiscarding = true;
        using Socket device = tcp
            ? new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true }
            : new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        device.ReceiveTimeout = (int)TestDevice.Patience.TotalMilliseconds;

        // A client that blocks on a thread of its own allocates nothing (one asynchronous call, and its socket would); what is left is the gateway's.
        const int warmUpRounds = 1_000;
        long allocated = await Task.Factory.StartNew(() =>
        {
            device.Connect(IPAddress.Loopback, channel.Definition.Port);
            device.Send("#L;tracker1\n"u8);
            device.Receive(new byte[6]);
            Rounds(device, warmUpRounds);
            long before = GC.GetTotalAllocatedBytes(precise: true);
            Rounds(device, rounds);
            return GC.GetTotalAllocatedBytes(precise: true) - before;
        }, TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        // The whole process is counted, start of threads and timers of the host too: so the bound is not zero.
        double perRead = (double)allocated / rounds;
        Assert.True(perRead < bytesPerReadMax, $"{perRead:F3} bytes per read of {FramesPerRound} frames, {allocated} in all.");
        Assert.Equal((warmUpRounds + rounds) * FramesPerRound, discarding?.Discarded ?? channel.Log.State.Count);
    }

    private static void Rounds(Socket socket, int count)
    {
        var buffer = new byte[s_replies.Length];
        for (int i = 0; i < count; i++)
        {
            socket.Send(s_frames);
            for (int received = 0; received < s_replies.Length;) received += socket.Receive(buffer, received, buffer.Length - received, SocketFlags.None);
            Assert.True(buffer.AsSpan().SequenceEqual(s_replies));
        }
    }
}
