using System.Net.Sockets;
using System.Text;
using Gateway.Host.Channels;
using Gateway.Host.Tests.Channels;
using Gateway.Host.Tests.Cli;
using Gateway.Storage.Rings;
using Xunit;

namespace Gateway.Host.Tests.Protocols;

/// <summary>Promise: what a channel has recorded is replayed as it came: by connection, in order, with the ident where the beginning is gone, while the gateway runs and afterwards.</summary>
public sealed class TryChannelTests : IDisposable
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    private readonly DirectoryInfo _specs = Directory.CreateTempSubdirectory("gateway-try-");
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("gateway-try-data-");

    public void Dispose()
    {
        _specs.Delete(recursive: true);
        _data.Delete(recursive: true);
    }

    [Fact]
    public async Task Traffic_of_a_running_gateway_is_compared_frame_by_frame()
    {
        SpecTexts.Write(_specs, "speedy.trk", SpecTexts.Of());
        string next = SpecTexts.Write(_specs.CreateSubdirectory("drafts"), "speedy.trk", SpecTexts.Of(extra: "  reject if value > 100\n"));
        await using (TestGateway gateway = await TestGateway.StartAsync(options => options with { SpecsFolder = _specs.FullName }, onDisk: true, folder: _data.FullName))
        {
            Channel channel = await CreateAsync(gateway);
            using TcpClient first = await SendAsync(channel, "@123,42\n", "@123,", "7\n"), second = await SendAsync(channel, "@456,500\n");
            await gateway.Rings.FlushAsync();
            long number = channel.Connections.Find("456")!.Id;

            Run run = await TryAsync(_specs.FullName + "/speedy.trk");
            Assert.Equal((0, "", "speedy.trk -> speedy.trk: 2 connections, 3 frames, 0 differences\n"), (run.ExitCode, run.Error, run.Output));
            run = await TryAsync(next, "--ident", "123");
            Assert.Equal((0, "speedy.trk -> speedy.trk: 1 connections, 2 frames, 0 differences\n"), (run.ExitCode, run.Output));
            run = await TryAsync(next);
            Assert.Equal(1, run.ExitCode);
            Assert.StartsWith($"connection {number}, byte 9, frame of 8 bytes:\n  decoded, 1 messages -> refused", run.Output, StringComparison.Ordinal);
            run = await TryAsync(next, "--ident", "789");
            Assert.Equal(1, run.ExitCode);
            Assert.Contains("channel 1 has no recorded traffic of 789", run.Error, StringComparison.Ordinal);
        }

        Run stopped = await TryAsync(next, "--ident", "123");
        Assert.Equal((0, "speedy.trk -> speedy.trk: 1 connections, 2 frames, 0 differences\n"), (stopped.ExitCode, stopped.Output));
    }

    [Fact]
    public async Task Where_records_are_missing_a_part_of_a_known_device_begins()
    {
        string spec = SpecTexts.Write(_specs, "speedy.trk", SpecTexts.Of());
        var options = new RingOptions { QuotaBytes = RingOptions.QuotaBytesMin };
        await using (var store = new RingStore(new RingStoreOptions { Folder = Path.Combine(_data.FullName, ChannelRings.FolderName) }))
        {
            Ring ring = store.Open(RingKind.Traffic, 1, options);
            // The beginning of connection 5 gave way, and record 9 was dropped; 6 is a datagram of its own.
            foreach ((long connection, int index, int type, string text) in new[] { (5L, 7, 2, "@1,1\n"), (6, 0, 130, "@2,2\n"), (5, 8, 3, "OK\n"), (5, 10, 2, "@1,3\n@1,"), (5, 11, 2, "4\n"), (5, 12, 1, "\u0002") })
                Assert.True(ring.TryAdd(new RingEntry(1_700_000_000_000_000, connection, index, type), Encoding.ASCII.GetBytes(connection == 5 ? "1" : "2"), Encoding.ASCII.GetBytes(text)));
        }

        Run run = await TryAsync(spec);
        Assert.Equal((0, "speedy.trk -> speedy.trk: 3 connections, 4 frames, 0 differences\n"), (run.ExitCode, run.Output));
        Assert.Equal("2 of 3 connections begin in the middle: what came before was not kept.\n", run.Error);
    }

    [Theory]
    [InlineData("say what to replay: --capture FILE, or --channel N")]
    [InlineData("say what to replay", "--capture", "x", "--channel", "1")]
    [InlineData("--data and --ident go with --channel", "--capture", "x", "--ident", "1")]
    [InlineData("--channel must be an integer from 1", "--channel", "0")]
    public async Task Wrong_words_are_told(string complaint, params string[] words)
    {
        Run run = await Run.Async(["protocol", "try", "gt06", .. words]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(complaint, run.Error, StringComparison.Ordinal);
    }

    private Task<Run> TryAsync(string spec, params string[] words) => Run.Async(["protocol", "try", spec, "--channel", "1", "--data", _data.FullName, "--specs", _specs.FullName, .. words]);

    private static async Task<Channel> CreateAsync(TestGateway gateway)
    {
        ChannelOutcome outcome = await gateway.Channels.CreateAsync(new ChannelDraft { ProtocolName = "speedy" }, Stop);
        Assert.Null(outcome.Problem);
        return outcome.Channel!;
    }

    /// <summary>Sends pieces, each only when the one before was read.</summary>
    private static async Task<TcpClient> SendAsync(Channel channel, params string[] pieces)
    {
        var device = new TcpClient();
        await device.ConnectAsync("127.0.0.1", channel.Definition.Port, Stop);
        foreach (string piece in pieces)
        {
            long before = channel.Counters.BytesReceived;
            await device.GetStream().WriteAsync(Encoding.ASCII.GetBytes(piece), Stop);
            await Eventually.TrueAsync(() => channel.Counters.BytesReceived == before + piece.Length, "the piece was read");
        }

        byte[] replies = new byte[3 * pieces.Count(piece => piece.EndsWith('\n'))];
        await device.GetStream().ReadExactlyAsync(replies, Stop);
        return device;
    }
}
