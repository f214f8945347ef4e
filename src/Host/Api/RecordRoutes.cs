using System.Text;
using System.Text.Json;
using Gateway.Host.Channels;
using Gateway.Host.Expressions;
using Gateway.Storage.Rings;

namespace Gateway.Host.Api;

/// <summary>Raw traffic and events of channels: <c>/gw/channels/{sel}/idents</c>, <c>packets</c> and <c>logs</c>.</summary>
/// <remarks>A client that missed nothing sees it: packets of a connection are numbered without holes, and what a ring has lost is told under <c>warnings</c>.</remarks>
internal static class RecordRoutes
{
    /// <summary>Idents in one answer, of each channel.</summary>
    internal const int IdentsMax = 50_000;

    private static readonly ItemShape<(Channel Channel, RingIdent Ident)> s_identShape = new(
        new("ident", true, (json, item) => json.WriteStringValue(item.Ident.Ident)),
        new("size", true, (json, item) => json.WriteNumberValue(item.Ident.Bytes)),
        new("count", false, (json, item) => json.WriteNumberValue(item.Ident.Count)),
        new("first", false, (json, item) => json.WriteNumberValue(item.Ident.FirstUs / 1e6m)),
        new("last", false, (json, item) => json.WriteNumberValue(item.Ident.LastUs / 1e6m)),
        new("channel_id", false, (json, item) => json.WriteNumberValue(item.Channel.Id)));

    internal static ApiRoute[] Table { get; } =
    [
        new("GET", "/gw/channels/{sel}/idents/{ident}", RouteInputs.Fields, ListIdentsAsync, "Lists the idents of a channel's raw traffic, with the bytes kept of each."),
        new("GET", "/gw/channels/{sel}/idents/{ident}/packets", RouteInputs.Data, ReadPacketsAsync, "Reads raw traffic of an ident, both directions, from connect to disconnect."),
        new("GET", "/gw/channels/{sel}/packets", RouteInputs.Data, ReadAllPacketsAsync, "Reads raw traffic of channels, that of connections without an ident included."),
        new("GET", "/gw/channels/{sel}/logs", RouteInputs.Data, ReadLogsAsync, "Reads what happened on channels."),
    ];

    private static async Task ListIdentsAsync(ApiCall call)
    {
        ItemShape<(Channel, RingIdent)>.Projection fields = s_identShape.Choose(call.Fields);
        RingIdentMatch match = MatchOf(call.PathValue("ident"));
        List<Channel> channels = ChannelRoutes.Select(call);
        await RecordAnswer.FlushAsync(call);
        var found = new List<(Channel, RingIdent)>();
        foreach (Channel channel in channels)
        {
            RingReader reader = channel.Rings.Traffic.Read(new RingQuery { Ident = match });
            await StorageFault.GuardAsync(call, channel.Id, async () =>
            {
                (IReadOnlyList<RingIdent> idents, bool isMore) = await reader.ListIdentsAsync(IdentsMax, call.Aborted);
                found.AddRange(idents.Select(ident => (channel, ident)));
                if (isMore) call.Warnings.Add(new ApiWarning($"There are more than the {IdentsMax} idents listed here; a mask finds the others.", channel.Id));
            });
            RecordAnswer.Warn(call, channel.Id, reader);
        }

        ChannelRoutes.TellRemoved(call, channels);
        await call.WriteAsync(found, fields.Write);
    }

    private static async Task ReadPacketsAsync(ApiCall call)
    {
        RingIdentMatch match = MatchOf(call.PathValue("ident"));
        using JsonDocument? data = await call.ReadDataAsync();
        MessageQuery query = MessageQuery.ForPackets(data?.RootElement);
        using var shape = new PacketJson(query, call.Service<TimeProvider>());
        await WriteAsync(call, query, channel => channel.Rings.Traffic, match, shape);
    }

    private static async Task ReadAllPacketsAsync(ApiCall call)
    {
        using JsonDocument? data = await call.ReadDataAsync();
        MessageQuery query = MessageQuery.ForPackets(data?.RootElement);
        using var shape = new PacketJson(query, call.Service<TimeProvider>());
        await WriteAsync(call, query, channel => channel.Rings.Traffic, match: null, shape);
    }

    private static async Task ReadLogsAsync(ApiCall call)
    {
        using JsonDocument? data = await call.ReadDataAsync();
        MessageQuery query = MessageQuery.ForLogs(data?.RootElement);
        using var shape = new LogJson(query, call.Service<TimeProvider>());
        await WriteAsync(call, query, channel => channel.Rings.Logs, match: null, shape);
    }

    private static Task WriteAsync(ApiCall call, MessageQuery query, Func<Channel, Ring> ringOf, RingIdentMatch? match, IRecordShape shape)
    {
        List<Channel> channels = ChannelRoutes.Select(call);
        return RecordAnswer.WriteAsync(
            call, query, shape, channels, channel => channel.Id, (channel, wanted) => query.IsOfType(EventJson.OriginType) ? [ringOf(channel).Read(wanted with { Ident = match })] : [],
            () => ChannelRoutes.TellRemoved(call, channels));
    }

    /// <summary>Reads an ident, a mask, or <c>all</c>.</summary>
    private static RingIdentMatch MatchOf(string text)
    {
        byte[] wanted = Encoding.UTF8.GetBytes(text is "all" ? "*" : text);
        if (wanted.Length is 0 or > Mask.BytesMax) throw ApiProblem.BadRequest($"An ident or mask must have 1 to {Mask.BytesMax} bytes.");
        return wanted.AsSpan().ContainsAny((byte)'*', (byte)'?') ? ident => Mask.IsMatch(ident, wanted) : ident => ident.SequenceEqual(wanted);
    }
}
