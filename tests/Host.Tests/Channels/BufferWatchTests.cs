using System.Text.Json;
using Gateway.Host.Channels;
using Gateway.Storage;
using Xunit;

namespace Gateway.Host.Tests.Channels;

public sealed class BufferWatchTests
{
    /// <summary>Promise: one warning when a buffer passes 80 % of its quota, the next only after it fell below 70 %.</summary>
    [Fact]
    public async Task A_buffer_warns_once_at_four_fifths_and_again_after_it_was_emptied()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(onDisk: true);
        Channel channel = await gateway.CreateAsync(configuration: """{"quota_bytes":100000}""");
        for (int round = 1; round <= 2; round++)
        {
            await FillAsync(channel, until: 82_000);
            await UntilAsync(gateway, channel, ChannelEventCode.BufferNearlyFull, round);
            await FillAsync(channel, until: 95_000);
            await channel.Log.DeleteBelowAsync(channel.Log.State.HeadKey + 40, TestContext.Current.CancellationToken);       // to 75 %: no reason to warn again
            await FillAsync(channel, until: 82_000);
            await channel.Log.DeleteBelowAsync(long.MaxValue, TestContext.Current.CancellationToken);
            await FillAsync(channel, until: 60_000);
            await NextLookAsync(channel);
        }

        Assert.Equal(2, await CountAsync(gateway, channel, ChannelEventCode.BufferNearlyFull));
    }

    /// <summary>Promise: a channel that drops its oldest messages takes data for ever, and says in its log and its metrics that messages gave way.</summary>
    [Fact]
    public async Task A_channel_that_drops_its_oldest_never_blocks_and_tells()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(onDisk: true);
        Channel channel = await gateway.CreateAsync(configuration: """{"quota_bytes":70000,"buffer_overflow":"drop_oldest"}""");
        using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
        await device.SendAsync("#L;dropper\n");
        await device.ExpectAsync("#AL;1\n");
        for (int i = 0; i < 1_500; i++)
        {
            await device.SendAsync($"#M;{i % 90}\n");
            await device.ExpectAsync("#AM;1\n");
        }

        Assert.Equal(0, channel.Blocked);
        Assert.InRange(channel.Log.State.DroppedCount, 1, 1_499);
        await UntilAsync(gateway, channel, ChannelEventCode.MessagesDropped, 1);
    }

    private static async Task FillAsync(Channel channel, long until)
    {
        var packet = new Packet { ServerTimeUs = channel.NowUs };
        packet.Use(new byte[476], [476], 1);
        while (channel.Log.State.Bytes < until)
            Assert.Equal(AppendStatus.Appended, (await channel.Log.AppendAsync(packet, TestContext.Current.CancellationToken)).Status);
    }

    /// <summary>The watch looks at a buffer that nobody changes: two times more, so that one look lies wholly behind us.</summary>
    private static Task NextLookAsync(Channel channel)
    {
        long looks = channel.Buffer.Looks;
        return Eventually.TrueAsync(() => channel.Buffer.Looks >= looks + 2, "a look at the buffer");
    }

    private static async Task UntilAsync(TestGateway gateway, Channel channel, ChannelEventCode code, int count)
    {
        for (int tries = 0; await CountAsync(gateway, channel, code) < count; tries++)
        {
            Assert.True(tries < 1_000, $"{code} was not told");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    private static async Task<int> CountAsync(TestGateway gateway, Channel channel, ChannelEventCode code)
    {
        IReadOnlyList<JsonElement> events = await gateway.EventsAsync(channel);
        return events.Count(happened => happened.GetProperty("event_code").GetInt32() == (int)code);
    }
}
