using System.Net.Sockets;
using Gateway.Codecs;
using Gateway.Host.Channels;
using Gateway.Host.Listeners;
using Gateway.Host.Tests.Channels;
using Gateway.Storage;
using Gateway.Storage.Tests.Contract;
using Xunit;

namespace Gateway.Host.Tests.Listeners;

public sealed class TcpTests
{
    [Fact]
    public async Task A_device_logs_in_sends_messages_and_gets_its_replies()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
        await device.SendAsync("#L;tracker1\n");
        await device.ExpectAsync("#AL;1\n");
        await device.SendAsync("#M;54.5\n#M;55\n#B;3\n");
        await device.ExpectAsync("#AM;1\n#AM;1\n#AB;3\n");

        Assert.Equal(5, channel.Log.State.Count);
        await Eventually.TrueAsync(() => channel.Counters.Messages == 5, "5 messages are counted");
        DeviceConnection connection = Assert.Single(channel.Connections.All);
        Assert.Equal("tracker1", connection.Ident);
        Assert.Equal(device.Socket.LocalEndPoint!.ToString(), connection.Source);
        Assert.Same(connection, channel.Connections.Find("tracker1"));
    }

    [Fact]
    public async Task The_frames_of_one_read_share_one_append()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
        await device.SendAsync("#L;tracker1\n" + string.Concat(Enumerable.Repeat("#M;1\n", 50)));
        await device.ExpectAsync("#AL;1\n" + string.Concat(Enumerable.Repeat("#AM;1\n", 50)));
        Assert.Equal(1, gateway.Memory!.Of(channel.Id).Appends);
    }

    [Fact]
    public async Task A_stream_cut_into_single_bytes_gives_the_same_messages()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
        foreach (char c in "#L;tracker1\n#M;54.5\n#B;3\n") await device.SendAsync(c.ToString());
        await device.ExpectAsync("#AL;1\n#AM;1\n#AB;3\n");
        Assert.Equal(4, channel.Log.State.Count);
        Assert.Equal(25, channel.Counters.BytesReceived);
    }

    [Fact]
    public async Task A_long_pipelined_stream_straddles_segments_and_loses_nothing()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
        var random = new Random(1);
        string[] frames = [.. Enumerable.Range(0, 20_000).Select(_ => $"#M;1.{new string('0', random.Next(1, 100))}1\n")];
        string all = "#L;tracker1\n" + string.Concat(frames);

        Task sending = device.SendAsync(all);
        await device.ExpectAsync("#AL;1\n" + string.Concat(Enumerable.Repeat("#AM;1\n", frames.Length)));
        await sending;
        Assert.Equal(frames.Length, channel.Log.State.Count);
        Assert.Equal(all.Length, channel.Counters.BytesReceived);
        Assert.Equal(frames.Length + 1, channel.Counters.Of(FrameStatus.Frame));
    }

    [Fact]
    public async Task A_reply_waits_for_the_append()
    {
        // Promise: a device that sees an acknowledgement can forget the message.
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
        await device.SendAsync("#L;tracker1\n");
        await device.ExpectAsync("#AL;1\n");

        var disk = new TaskCompletionSource();
        gateway.Memory!.Of(channel.Id).Gate = disk.Task;
        await device.SendAsync("#M;1\n");
        Assert.True(await device.IsQuietForAsync(TimeSpan.FromMilliseconds(200)));
        disk.SetResult();
        await device.ExpectAsync("#AM;1\n");
    }

    [Fact]
    public async Task A_full_buffer_gives_no_reply_until_messages_are_deleted()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync("""{"quota_bytes":65536}""");
        using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
        await device.SendAsync("#L;tracker1\n");
        await device.ExpectAsync("#AL;1\n");

        int stored = 0;
        while (true)
        {
            await device.SendAsync("#B;20\n");
            if (await device.IsQuietForAsync(TimeSpan.FromMilliseconds(300))) break;
            await device.ExpectAsync("#AB;20\n");
            stored += 20;
            Assert.True(stored < 10_000);
        }
        Assert.Equal(Channel.BlockedByStorage, channel.Blocked);
        Assert.Equal(stored, channel.Log.State.Count);
        Assert.True(channel.Counters.Of(AppendStatus.Full) > 0);
        Assert.Contains(await gateway.EventsAsync(channel), e => e.Is(ChannelEventCode.Blocked) && e.GetProperty("blocked").GetInt32() == 4);

        await channel.Log.DeleteBelowAsync(long.MaxValue, CancellationToken.None);
        await device.ExpectAsync("#AB;20\n");
        Assert.Equal(20, channel.Log.State.Count);
        Assert.Equal(0, channel.Blocked);
        Assert.Contains(await gateway.EventsAsync(channel), e => e.Is(ChannelEventCode.Unblocked));
    }

    [Fact]
    public async Task An_unavailable_disk_gives_no_reply_and_the_channel_resumes_alone()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        Channel other = await gateway.CreateAsync();
        using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
        using TestDevice neighbour = await TestDevice.ConnectAsync(other.Definition.Port);
        gateway.Memory!.Of(channel.Id).IsUnavailable = true;
        await device.SendAsync("#L;tracker1\n#M;1\n");
        await neighbour.SendAsync("#L;tracker2\n#M;1\n");
        await neighbour.ExpectAsync("#AL;1\n#AM;1\n");
        Assert.True(await device.IsQuietForAsync(TimeSpan.FromMilliseconds(200)));
        Assert.Equal(Channel.BlockedByStorage, channel.Blocked);

        gateway.Memory.Of(channel.Id).IsUnavailable = false;
        await device.ExpectAsync("#AL;1\n#AM;1\n");
        Assert.Equal(1, channel.Log.State.Count);
    }

    [Fact]
    public async Task A_device_that_leaves_while_the_buffer_is_full_gives_its_place_back()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        gateway.Memory!.Of(channel.Id).IsUnavailable = true;
        using (TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port))
        {
            await device.SendAsync("#L;tracker1\n#M;1\n");
            await Eventually.TrueAsync(() => channel.Counters.Of(AppendStatus.Unavailable) > 0, "the append is refused");
        }
        await Eventually.TrueAsync(() => channel.Connections.Count == 0, "the connection is given up");
        await Eventually.TrueAsync(() => channel.Counters.Of(CloseCode.ClosedByDevice) == 1, "closed with 2");
        gateway.Memory.Of(channel.Id).IsUnavailable = false;
        Assert.Equal(0, channel.Log.State.Count);
    }

    [Fact]
    public async Task Foreign_bytes_are_a_protocol_mismatch_and_store_nothing()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
        await device.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        await device.ExpectClosedAsync();
        await Eventually.TrueAsync(() => channel.Counters.Of(CloseCode.ProtocolMismatch) == 1, "closed with 19");
        Assert.Equal(1, channel.Counters.Of(FrameStatus.Malformed));
        Assert.Equal(0, channel.Log.State.Count);
    }

    [Fact]
    public async Task What_came_before_a_malformed_frame_is_stored_and_answered()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
        await device.SendAsync("#L;tracker1\n#M;1\nrubbish\n#M;2\n");
        await device.ExpectAsync("#AL;1\n#AM;1\n");
        await device.ExpectClosedAsync();
        await Eventually.TrueAsync(() => channel.Counters.Of(CloseCode.ProtocolViolation) == 1, "closed with 4");
        Assert.Equal(1, channel.Log.State.Count);
    }

    [Theory]
    [InlineData("#Z\u00FF\u00FF\u00FF\u00FF", 1)]      // a length of 4 GB
    [InlineData("#A", 300)]                            // a line without an end
    public async Task A_frame_longer_than_the_maximum_closes_the_connection(string bytes, int times)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
        await device.SendAsync("#P\n");
        await device.ExpectAsync("#AP;1\n");
        await device.SendAsync(string.Concat(Enumerable.Repeat(bytes, times)));
        await device.ExpectClosedAsync();
        await Eventually.TrueAsync(() => channel.Counters.Of(CloseCode.ProtocolViolation) == 1, "closed with 4");
        Assert.Equal(1, channel.Counters.Of(FrameStatus.TooLong));
    }

    [Theory]
    [InlineData("#T\n", CloseCode.ParsingError, DecodeStatus.Truncated)]
    [InlineData("#L;nobody\n", CloseCode.AuthenticationFailed, DecodeStatus.NotIdentified)]
    [InlineData("#M;1\n", CloseCode.AuthenticationFailed, DecodeStatus.NotIdentified)]
    public async Task A_frame_that_can_not_be_decoded_closes_the_connection_with_its_code(string frame, CloseCode code, DecodeStatus status)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
        await device.SendAsync("#P\n" + frame);
        await device.ExpectAsync("#AP;1\n");
        await device.ExpectClosedAsync();
        await Eventually.TrueAsync(() => channel.Counters.Of(code) == 1, $"closed with {code}");
        Assert.Equal(1, channel.Counters.Of(status));
    }

    [Fact]
    public async Task Frames_that_nobody_described_are_counted_and_the_connection_lives()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
        await device.SendAsync("#L;tracker1\n#U\n#U\n#M;1\n");
        await device.ExpectAsync("#AL;1\n#AM;1\n");
        Assert.Equal(2, channel.Counters.Of(DecodeStatus.Unknown));
        Assert.Equal(1, channel.Connections.Count);
    }

    [Fact]
    public async Task Nothing_but_unknown_frames_is_another_protocol()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
        await device.SendAsync(string.Concat(Enumerable.Repeat("#U\n", 100)));
        await device.ExpectClosedAsync();
        await Eventually.TrueAsync(() => channel.Counters.Of(CloseCode.ProtocolMismatch) == 1, "closed with 19");
        Assert.Equal(FrameDecoder.UnknownBeforeFirstMax, channel.Counters.Of(DecodeStatus.Unknown));
    }

    [Theory]
    [InlineData("{}", "#AC;1\n#AM;1\n", 2)]
    [InlineData("""{"strict_checksums":true}""", "#AM;1\n", 1)]
    public async Task A_wrong_checksum_is_counted_and_accepted_or_refused_as_the_channel_wants(string configuration, string replies, int messages)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync(configuration);
        using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
        await device.SendAsync("#L;tracker1\n#C\n#M;1\n");
        await device.ExpectAsync("#AL;1\n" + replies);
        Assert.Equal(1, channel.Counters.ChecksumErrors);
        Assert.Equal(messages, channel.Log.State.Count);
    }

    [Fact]
    public async Task A_fault_of_the_codec_closes_one_connection_and_leaves_no_half_message()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
        using TestDevice other = await TestDevice.ConnectAsync(channel.Definition.Port);
        await device.SendAsync("#L;tracker1\n#M;1\n#E\n#M;2\n");
        await device.ExpectAsync("#AL;1\n#AM;1\n");
        await device.ExpectClosedAsync();
        await other.SendAsync("#L;tracker2\n#M;1\n");
        await other.ExpectAsync("#AL;1\n#AM;1\n");
        Assert.Equal(1, channel.Counters.CodecFaults);
        Assert.Equal(2, channel.Log.State.Count);
    }

    [Fact]
    public async Task Random_bytes_are_refused_and_disturb_nobody()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        using TestDevice good = await TestDevice.ConnectAsync(channel.Definition.Port);
        await good.SendAsync("#L;tracker1\n");
        await good.ExpectAsync("#AL;1\n");
        var random = new Random(42);
        var bytes = new byte[600];
        for (int i = 0; i < 400; i++)
        {
            using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
            random.NextBytes(bytes);
            if (i % 2 == 0) (bytes[0], bytes[1]) = ((byte)'#', (byte)random.Next('F', 'Z'));     // never the letter of the fault on purpose
            await device.Socket.SendAsync(bytes.AsMemory(0, random.Next(1, bytes.Length)), SocketFlags.None, TestContext.Current.CancellationToken);
        }
        await Eventually.TrueAsync(() => channel.Counters.Accepted == 401 && channel.Connections.Count == 1, "the others are gone");
        await good.SendAsync("#M;1\n");
        await good.ExpectAsync("#AM;1\n");
        Assert.Equal(1, channel.Log.State.Count);
        Assert.Equal(0, channel.Counters.CodecFaults);
    }

    [Fact]
    public async Task Half_a_frame_and_silence_ends_after_the_idle_timeout()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync("""{"idle_timeout":0.2}""");
        using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
        await device.SendAsync("#L;trac");
        await device.ExpectClosedAsync();
        await Eventually.TrueAsync(() => channel.Counters.Of(CloseCode.IdleTimeout) == 1, "closed with 17");
        System.Text.Json.JsonElement closed = (await gateway.EventsAsync(channel))[^1];
        Assert.Equal((102, 17, 7L), (closed.GetProperty("event_code").GetInt32(), closed.GetProperty("close_code").GetInt32(), closed.GetProperty("recv").GetInt64()));
        Assert.Equal(0, channel.Connections.Count);
    }

    [Fact]
    public async Task A_device_that_does_not_take_its_replies_is_closed_after_the_idle_timeout()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync("""{"idle_timeout":0.3}""");
        using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
        device.Socket.ReceiveBufferSize = 4096;
        byte[] heartbeats = System.Text.Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("#P\n", 20_000)));
        using var limit = new CancellationTokenSource(TestDevice.Patience);
        await Assert.ThrowsAnyAsync<SocketException>(async () =>
        {
            while (!limit.IsCancellationRequested) await device.Socket.SendAsync(heartbeats.AsMemory(), SocketFlags.None, limit.Token);
        });
        await Eventually.TrueAsync(() => channel.Counters.Of(CloseCode.IdleTimeout) == 1, "closed with 17");
        Assert.Equal(0, channel.Connections.Count);
    }

    [Fact]
    public async Task The_connection_above_the_limit_is_closed_at_once()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync("""{"connections_limit":2}""");
        using TestDevice first = await TestDevice.ConnectAsync(channel.Definition.Port);
        using (TestDevice second = await TestDevice.ConnectAsync(channel.Definition.Port))
        {
            await Eventually.TrueAsync(() => channel.Connections.Count == 2, "both are accepted");
            using TestDevice third = await TestDevice.ConnectAsync(channel.Definition.Port);
            await third.ExpectClosedAsync();
            Assert.Equal(1, channel.Counters.Refused);
            Assert.Equal(Channel.BlockedByConnections, channel.Blocked);
        }
        await Eventually.TrueAsync(() => channel.Connections.Count == 1 && channel.Blocked == 0, "the second is gone");
        using TestDevice fourth = await TestDevice.ConnectAsync(channel.Definition.Port);
        await fourth.SendAsync("#P\n");
        await fourth.ExpectAsync("#AP;1\n");
    }

    [Fact]
    public async Task Of_two_connections_with_one_ident_the_older_is_closed()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        using TestDevice older = await TestDevice.ConnectAsync(channel.Definition.Port);
        await older.SendAsync("#L;tracker1\n");
        await older.ExpectAsync("#AL;1\n");
        using TestDevice newer = await TestDevice.ConnectAsync(channel.Definition.Port);
        await newer.SendAsync("#L;tracker1\n");
        await newer.ExpectAsync("#AL;1\n");
        await older.ExpectClosedAsync();
        await newer.SendAsync("#M;1\n");
        await newer.ExpectAsync("#AM;1\n");
        await Eventually.TrueAsync(() => channel.Counters.Of(CloseCode.IdentCollision) == 1, "closed with 12");
        Assert.Equal(newer.Socket.LocalEndPoint!.ToString(), channel.Connections.Find("tracker1")!.Source);
    }

    [Fact]
    public async Task Messages_per_minute_stop_the_reading_until_the_minute_ends()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync("""{"messages_per_minute":3}""");
        using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
        while (DateTime.UtcNow.Second > 57) await Task.Delay(100, TestContext.Current.CancellationToken);      // the minute must not end within the test
        await device.SendAsync("#L;tracker1\n#B;3\n");
        await device.ExpectAsync("#AL;1\n#AB;3\n");
        await device.SendAsync("#M;1\n");
        Assert.True(await device.IsQuietForAsync(TimeSpan.FromMilliseconds(300)));
        Assert.Equal(2, channel.Blocked);
        Assert.Equal(3, channel.Log.State.Count);
    }

    [Fact]
    public async Task A_device_that_closes_after_its_data_has_them_stored()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        using (TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port)) await device.SendAsync("#L;tracker1\n#B;5\n");
        await Eventually.TrueAsync(() => channel.Counters.Accepted == 1 && channel.Connections.Count == 0, "the connection is gone");
        Assert.Equal(5, channel.Log.State.Count);
    }

    [Fact]
    public async Task Stopping_stores_and_answers_what_is_in_hand()
    {
        // Promise: stop accepting → drain → commit → close, within the time for a stop.
        TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        InMemoryMessageStore store = gateway.Memory!;
        InMemoryMessageLog log = store.Of(channel.Id);
        using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
        await device.SendAsync("#L;tracker1\n");
        await device.ExpectAsync("#AL;1\n");
        var disk = new TaskCompletionSource();
        log.Gate = disk.Task;
        await device.SendAsync("#M;1\n");
        await Eventually.TrueAsync(() => channel.Counters.Of(FrameStatus.Frame) == 2, "the message is decoded");

        Task stopping = gateway.DisposeAsync().AsTask();
        await Task.Delay(100, TestContext.Current.CancellationToken);
        Assert.False(store.IsDisposed);
        disk.SetResult();
        await device.ExpectAsync("#AM;1\n");
        await device.ExpectClosedAsync();
        await stopping.WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        Assert.True(store.IsDisposed);
        Assert.Equal(1, log.State.Count);
        await Assert.ThrowsAnyAsync<SocketException>(() => TestDevice.ConnectAsync(channel.Definition.Port));
    }
}
