using System.Net;
using System.Net.Sockets;
using Gateway.Codecs;
using Gateway.Host.Simulation;
using Xunit;

namespace Gateway.Host.Tests.Faults;

/// <summary>A thousand channels in one gateway: what they cost, and whether they come back.</summary>
public sealed class ManyChannelsTests : IDisposable
{
    private const int Channels = 1_000;
    private const int ChannelsPerCall = 250;
    private const int PortFirst = 12_000;
    private const long ResidentBytesMax = 400_000_000;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-many-");

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>Promise: a thousand channels, each with a message in its buffer, take less than 400 MB of memory, and are all there after a restart.</summary>
    [Fact]
    public async Task A_thousand_channels_fit_into_400_MB_and_are_there_again_after_a_restart()
    {
        SimulationPlan plan = CodecRegistry.BuiltIn.SelectMany(codec => SimulationPlan.Of(codec, Transport.Tcp)).First();
        int[] ports;
        using (ChildGateway gateway = await ChildGateway.StartAsync(_folder.FullName, PortFirst, Channels + 500))
        {
            Tell(gateway, "empty");
            for (int made = 0; made < Channels; made += ChannelsPerCall) await gateway.CreateChannelsAsync(plan.Codec.Info.Name, ChannelsPerCall);
            Tell(gateway, "1,000 channels");
            ports = await gateway.GetPortsAsync();
            Assert.Equal(Channels, ports.Distinct().Count());

            NumberedDevice[] devices = [.. Enumerable.Range(0, Channels).Select(i => new NumberedDevice(plan, i))];
            foreach ((NumberedDevice Device, int Port)[] some in devices.Zip(ports).Chunk(50))
                await Task.WhenAll(some.Select(pair => pair.Device.SendUntilBrokenAsync(pair.Port, pauseMs: 0, packetsMax: 1)));
            Assert.All(devices, device => Assert.True(Assert.Single(device.Sent).IsAcknowledged));
            Tell(gateway, "1,000 channels with a message each");
            Assert.Equal(0, await gateway.StopAsync());
        }

        using (ChildGateway gateway = await ChildGateway.StartAsync(_folder.FullName, PortFirst, Channels + 500))
        {
            Assert.Equal(ports, await gateway.GetPortsAsync());
            foreach (int port in ports)
            {
                using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
            }
            Assert.NotEmpty((await gateway.ReadAsync(Channels, 0)).Messages);
            Tell(gateway, "1,000 channels after a restart");
        }
    }

    private static void Tell(ChildGateway gateway, string what)
    {
        long bytes = gateway.ResidentBytes;
        TestContext.Current.TestOutputHelper?.WriteLine($"{what}: {bytes / 1e6:F0} MB");
        Assert.True(bytes < ResidentBytesMax, $"{what}: {bytes / 1e6:F0} MB");
    }
}
