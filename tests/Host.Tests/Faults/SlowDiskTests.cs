using System.Net.Sockets;
using System.Text;
using Gateway.Host.Channels;
using Gateway.Host.Listeners;
using Gateway.Host.Tests.Channels;
using Gateway.Storage;
using Gateway.Storage.Tests;
using Xunit;

namespace Gateway.Host.Tests.Faults;

/// <summary>Devices that are faster than the disk.</summary>
public sealed class SlowDiskTests
{
    private const int Devices = 12;
    private const int BytesPerDeviceMax = 64 * 1024 * 1024;     // more than the system keeps for a socket
    private const string Line = "#M;45\n";

    /// <summary>What the gateway takes of a connection whose append waits: the read that is being appended. The pipe behind it holds as much again, the rest stays in the system's buffers.</summary>
    private const int BytesTakenMax = 64 * 1024 + TcpConnection.SegmentBytes;

    /// <summary>Promise: while the disk does not keep up the sockets are not read, nothing is answered, and what is in memory is bounded; then everything is stored and answered, in order.</summary>
    [Fact]
    public async Task While_a_sync_lasts_sockets_are_not_read_and_nothing_is_answered()
    {
        using var files = new HeldFiles();
        await using TestGateway gateway = await TestGateway.StartAsync(openStore: folder => new MessageStore(new StoreOptions { Folder = folder }, files));
        Channel channel = await gateway.CreateAsync();
        TestDevice[] devices = await Task.WhenAll(Enumerable.Range(0, Devices).Select(_ => TestDevice.ConnectAsync(channel.Definition.Port)));
        try
        {
            for (int i = 0; i < Devices; i++) await devices[i].SendAsync($"#L;device{i}\n");
            foreach (TestDevice device in devices) await device.ExpectAsync("#AL;1\n");
            byte[] lines = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(Line, 20_000)));
            files.Hold("journal-");
            long receivedBefore = channel.Counters.BytesReceived;
            int[] sent = new int[Devices];
            int stalls = 0;
            // Until nobody gets rid of a byte for a while: what is asserted below does not depend on how long that is.
            while (stalls < 20)
            {
                bool any = false;
                for (int i = 0; i < Devices; i++)
                {
                    devices[i].Socket.Blocking = false;
                    int taken = devices[i].Socket.Send(lines.AsSpan(sent[i] % lines.Length), SocketFlags.None, out SocketError error);
                    Assert.True(error is SocketError.Success or SocketError.WouldBlock, $"{error}");
                    sent[i] += taken;
                    any |= taken > 0 && sent[i] < BytesPerDeviceMax;
                }

                stalls = any ? 0 : stalls + 1;
                await Task.Delay(10, TestContext.Current.CancellationToken);
            }

            Assert.All(sent, bytes => Assert.InRange(bytes, 1, BytesPerDeviceMax - 1));
            Assert.InRange(channel.Counters.BytesReceived - receivedBefore, 1, (long)Devices * BytesTakenMax);
            Assert.All(devices, device => Assert.Equal(0, device.Socket.Available));

            files.Release();
            await Task.WhenAll(devices.Select((device, i) => FinishAsync(device, sent[i])));
            Assert.Equal(sent.Sum(bytes => (long)LinesOf(bytes)), channel.Log.State.Count);
        }
        finally
        {
            files.Release();        // a gateway that stops waits for its disk
            foreach (TestDevice device in devices) device.Dispose();
        }
    }

    /// <summary>Sends what is missing of the last line and takes the replies.</summary>
    private static async Task FinishAsync(TestDevice device, int bytesSent)
    {
        device.Socket.Blocking = true;
        int missing = (LinesOf(bytesSent) * Line.Length) - bytesSent;
        Task sending = device.SendAsync(Line[^missing..]);      // the device goes on when its replies are taken
        byte[] buffer = new byte[64 * 1024];
        for (int replies = 0; replies < LinesOf(bytesSent);)
        {
            int length = await device.Socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken);
            Assert.NotEqual(0, length);
            replies += buffer.AsSpan(0, length).Count((byte)'\n');
        }

        await sending;
    }

    private static int LinesOf(int bytes) => (bytes + Line.Length - 1) / Line.Length;
}
