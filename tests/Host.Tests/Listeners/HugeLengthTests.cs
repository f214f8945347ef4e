using System.Net.Sockets;
using Gateway.Codecs;
using Gateway.Host.Channels;
using Gateway.Host.Tests.Channels;
using Xunit;

namespace Gateway.Host.Tests.Listeners;

/// <summary>Lengths from the wire reserve no memory. Runs alone, since the memory of the process is what it measures.</summary>
[Collection(nameof(AllocationTests))]
public sealed class HugeLengthTests
{
    [Theory, MemberData(nameof(BuiltInCodecTests.Names), MemberType = typeof(BuiltInCodecTests))]
    public async Task Lengths_of_4_GB_anywhere_in_a_frame_do_no_harm(string name)
    {
        (Codec codec, SampleInfo[] samples) = BuiltInCodecTests.Of(name);
        await using TestGateway gateway = await TestGateway.StartAsync(codecs: CodecRegistry.BuiltIn);
        Channel channel = await BuiltInCodecTests.CreateAsync(gateway, codec);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        byte[] filling = new byte[64 * 1024];
        foreach (SampleInfo sample in samples.Take(5))
        {
            for (int at = 0; at < Math.Min(24, sample.Input.Length - 3); at++)
            {
                byte[] bytes = [.. sample.Input];
                bytes.AsSpan(at, 4).Fill(0xFF);
                using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
                await BuiltInCodecTests.SendSomehowAsync(device, bytes);
                await BuiltInCodecTests.SendSomehowAsync(device, filling);
                if (device.Socket.Connected) BuiltInCodecTests.Quietly(() => device.Socket.Shutdown(SocketShutdown.Send));
                await device.ExpectClosedAsync();
            }
        }
        await Eventually.TrueAsync(() => channel.Connections.Count == 0, "all connections have ended");
        Assert.Equal(0, channel.Counters.CodecFaults);
        await Eventually.TrueAsync(() => GC.GetTotalMemory(forceFullCollection: true) - before <= 64L * 1024 * 1024, "what the frames took is given back");
    }
}
