using System.Text;
using System.Text.Json;
using Gateway.Host.Channels;
using Gateway.Host.Listeners;
using Gateway.Storage.Rings;
using Xunit;

namespace Gateway.Host.Tests.Channels;

/// <summary>A record of raw traffic as tests see it.</summary>
internal sealed record Noted(TrafficType Type, long Connection, int Index, string Ident, string Text);

/// <summary>Reads what a channel has kept in its rings.</summary>
internal static class Recorded
{
    public static async Task<List<Noted>> TrafficAsync(this TestGateway gateway, Channel channel, string? ident = null)
    {
        var all = new List<Noted>();
        RingIdentMatch? only = ident is null ? null : bytes => bytes.SequenceEqual(Encoding.UTF8.GetBytes(ident));
        await ReadAsync(gateway, channel.Rings.Traffic, new RingQuery { Ident = only }, (page, i) => all.Add(new Noted(
            (TrafficType)page.Entry(i).Type, page.Entry(i).Connection, page.Entry(i).Index, Encoding.UTF8.GetString(page.Ident(i)), Encoding.Latin1.GetString(page.Bytes(i)))));
        return all;
    }

    public static async Task<List<JsonElement>> EventsAsync(this TestGateway gateway, Channel channel)
    {
        var all = new List<JsonElement>();
        await ReadAsync(gateway, channel.Rings.Logs, new RingQuery(), (page, i) => all.Add(JsonElement.Parse(page.Bytes(i))));
        return all;
    }

    /// <summary>Whether an event is one of these.</summary>
    public static bool Is(this JsonElement happened, ChannelEventCode code) => happened.GetProperty("event_code").GetInt32() == (int)code;

    private static async Task ReadAsync(TestGateway gateway, Ring ring, RingQuery query, Action<RingPage, int> take)
    {
        await gateway.Rings.FlushAsync().WaitAsync(TestDevice.Patience, TestContext.Current.CancellationToken);
        RingReader reader = ring.Read(query);
        var page = new RingPage();
        do
        {
            await reader.ReadAsync(page, 1_000, 1 << 20, TestContext.Current.CancellationToken);
            for (int i = 0; i < page.Count; i++) take(page, i);
        }
        while (page.Count > 0);
        Assert.Equal((0, 0), (reader.GapCount, reader.Dropped));
    }
}
