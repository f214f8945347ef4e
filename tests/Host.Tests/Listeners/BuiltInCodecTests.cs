using System.Net.Sockets;
using Gateway.Codecs;
using Gateway.Host.Channels;
using Gateway.Host.Inspection;
using Gateway.Host.Tests.Channels;
using Gateway.Storage;
using Xunit;

namespace Gateway.Host.Tests.Listeners;

/// <summary>The built-in protocols behind real ports, driven by the samples of their specs.</summary>
public sealed class BuiltInCodecTests
{
    public static TheoryData<string> Names => [.. CodecRegistry.BuiltIn.Where(codec => codec.Info.Tcp && codec.Info.Samples.Any(IsTcp)).Select(codec => codec.Info.Name)];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(Names))]
    public async Task Samples_that_need_nothing_before_them_are_stored_and_answered_as_the_spec_says(string name)
    {
        (Codec codec, SampleInfo[] samples) = Of(name);
        await using TestGateway gateway = await TestGateway.StartAsync(onDisk: true, codecs: CodecRegistry.BuiltIn);
        Channel channel = await CreateAsync(gateway, codec);
        int seen = 0;
        foreach (SampleInfo sample in samples.Where(sample => sample.Given.Count == 0 && sample.Output is not null))
        {
            long before = channel.Log.State.Count;
            using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
            await device.Socket.SendAsync(sample.Input.AsMemory(), SocketFlags.None, Cancelled);
            await device.ExpectAsync(System.Text.Encoding.Latin1.GetString(sample.Output!));
            // Each sample has to be done with before the next one is counted, also where the spec does not say how many messages it gives.
            int expected = InputDecoder.Decode(codec, SampleCheck.SessionOf(codec, sample, []), sample.Input).Messages.Count();
            await Eventually.TrueAsync(() => channel.Log.State.Count - before == expected, $"{name}, sample {sample.Name}: {expected} messages are stored");
            seen++;
        }
        Assert.SkipWhen(seen == 0, $"{name} has no sample with a reply that needs nothing before it.");
        Assert.Equal(0, channel.Counters.CodecFaults);
    }

    [Theory, MemberData(nameof(Names))]
    public async Task Samples_of_other_protocols_store_no_position(string name)
    {
        (Codec codec, _) = Of(name);
        await using TestGateway gateway = await TestGateway.StartAsync(codecs: CodecRegistry.BuiltIn);
        Channel channel = await CreateAsync(gateway, codec);
        byte[][] foreign =
        [
            "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray(),
            [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC, 0x03, 0x03],      // the start of TLS
            .. CodecRegistry.BuiltIn.Where(other => other != codec).SelectMany(other => other.Info.Samples.Where(IsTcp).Select(sample => sample.Input)),
        ];
        foreach (byte[] bytes in foreign)
        {
            using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
            await SendSomehowAsync(device, bytes);
            device.Socket.Shutdown(SocketShutdown.Send);
            await device.ExpectClosedAsync();
        }
        await Eventually.TrueAsync(() => channel.Connections.Count == 0, "all connections have ended");
        Assert.Equal(0, channel.Counters.CodecFaults);
        // Some protocols share a framing, and a text of one is an answer of the other; a place is what nobody may invent.
        MessagePage page = new();
        await channel.Log.ReadAsync(0, 10_000, 16 * 1024 * 1024, page, Cancelled);
        for (int i = 0; i < page.Count; i++) Assert.False(MessageReader.TryGetPosition(page.Payload(i), out double latitude, out double longitude), $"{name} stored {latitude}, {longitude}");
    }

    [Theory, MemberData(nameof(Names))]
    public async Task Ten_thousand_damaged_frames_disturb_nobody(string name)
    {
        const int seed = 7, frames = 10_000;
        (Codec codec, SampleInfo[] samples) = Of(name);
        await using TestGateway gateway = await TestGateway.StartAsync(codecs: CodecRegistry.BuiltIn);
        Channel channel = await CreateAsync(gateway, codec);
        gateway.Memory!.Of(channel.Id).IsDiscarding = true;
        var random = new Random(seed);
        TestDevice? device = null;
        for (int i = 0; i < frames; i++)
        {
            byte[] bytes = [.. samples[random.Next(samples.Length)].Input];
            for (int flips = random.Next(1, 6); flips > 0; flips--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            device ??= await TestDevice.ConnectAsync(channel.Definition.Port);
            if (await SendSomehowAsync(device, bytes) && i % 20 != 0) continue;
            device.Dispose();
            device = null;
        }
        device?.Dispose();
        await Eventually.TrueAsync(() => channel.Connections.Count == 0, "all connections have ended");
        Assert.True(channel.Counters.CodecFaults == 0, $"The codec threw; seed {seed}.");

        if (samples.FirstOrDefault(sample => sample.Given.Count == 0 && sample.Output is { Length: > 0 }) is not { } good) return;      // answers nothing
        using TestDevice tracker = await TestDevice.ConnectAsync(channel.Definition.Port);
        await tracker.Socket.SendAsync(good.Input.AsMemory(), SocketFlags.None, Cancelled);
        await tracker.ExpectAsync(System.Text.Encoding.Latin1.GetString(good.Output!));
    }

    private static bool IsTcp(SampleInfo sample) => sample.Transport is Transport.Tcp && sample.Input.Length > 4;

    internal static (Codec, SampleInfo[]) Of(string name)
    {
        Codec codec = CodecRegistry.BuiltIn.Single(known => known.Info.Name == name);
        return (codec, [.. codec.Info.Samples.Where(IsTcp)]);
    }

    internal static async Task<Channel> CreateAsync(TestGateway gateway, Codec codec)
    {
        ChannelOutcome outcome = await gateway.Channels.CreateAsync(new ChannelDraft { ProtocolId = codec.Info.Id }, Cancelled);
        Assert.Null(outcome.Problem);
        return outcome.Channel!;
    }

    /// <summary>Sends bytes to a gateway that may close at any moment.</summary>
    internal static async Task<bool> SendSomehowAsync(TestDevice device, byte[] bytes)
    {
        try
        {
            await device.Socket.SendAsync(bytes.AsMemory(), SocketFlags.None, Cancelled);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    internal static void Quietly(Action action)
    {
        try
        {
            action();
        }
        catch (SocketException)
        {
            // The gateway was faster.
        }
    }
}
