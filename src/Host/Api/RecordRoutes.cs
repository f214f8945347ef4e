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

    /// <summary>How long a request waits until what came before it is written.</summary>
    internal static readonly TimeSpan FlushTimeout = TimeSpan.FromSeconds(1);

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
        await FlushAsync(call);
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
            WarnOf(call, channel.Id, reader);
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

    private static async Task WriteAsync(ApiCall call, MessageQuery query, Func<Channel, Ring> ringOf, RingIdentMatch? match, IRecordShape shape)
    {
        List<Channel> channels = ChannelRoutes.Select(call);
        if (channels.Count == 0)
        {
            await call.WriteAsync(channels, static (_, _) => { });
            return;
        }

        await FlushAsync(call);
        call.Begin();
        var stream = new RecordStream(call.Http.Response.BodyWriter, query, shape);
        foreach (Channel channel in channels)
        {
            RingReader reader = ringOf(channel).Read(new RingQuery { FromUs = query.FromUs, ToUs = query.ToUs, IsReverse = query.IsReverse, Ident = match });
            if (query.IsOfType(EventJson.OriginType)) await StorageFault.GuardAsync(call, channel.Id, () => stream.WriteAsync(reader, call.Aborted));
            WarnOf(call, channel.Id, reader);
        }

        ChannelRoutes.TellRemoved(call, channels);
        await stream.EndAsync(call);
    }

    /// <summary>Lets a request see what came before it: rings are written a little later than it happens.</summary>
    internal static async Task FlushAsync(ApiCall call)
    {
        try
        {
            await call.Service<RingStore>().FlushAsync().WaitAsync(FlushTimeout, call.Aborted);
        }
        catch (TimeoutException)
        {
            call.Warnings.Add(new ApiWarning("The disk is slow: what came last is missing here.", null));
        }
        catch (OperationCanceledException) when (!call.Aborted.IsCancellationRequested)
        {
            // The gateway stops; what is written can still be read.
        }
    }

    /// <summary>Tells what a ring could not give.</summary>
    internal static void WarnOf(ApiCall call, long id, RingReader reader)
    {
        if (reader.Dropped > 0) call.Warnings.Add(new ApiWarning($"{reader.Dropped} records were dropped when they came, since the disk was too slow or refused them.", id));
        foreach (RingGap gap in reader.Gaps.Take(ApiWarning.GapsMax))
            call.Warnings.Add(new ApiWarning($"{Path.GetFileName(gap.File)}: {gap.Bytes} bytes at {gap.Offset} can't be read: {gap.Reason}.", id));
        if (reader.GapCount > ApiWarning.GapsMax) call.Warnings.Add(new ApiWarning($"{reader.GapCount - ApiWarning.GapsMax} more places can't be read.", id));
    }

    /// <summary>Reads an ident, a mask, or <c>all</c>.</summary>
    private static RingIdentMatch MatchOf(string text)
    {
        byte[] wanted = Encoding.UTF8.GetBytes(text is "all" ? "*" : text);
        if (wanted.Length is 0 or > Mask.BytesMax) throw ApiProblem.BadRequest($"An ident or mask must have 1 to {Mask.BytesMax} bytes.");
        return wanted.AsSpan().ContainsAny((byte)'*', (byte)'?') ? ident => Mask.IsMatch(ident, wanted) : ident => ident.SequenceEqual(wanted);
    }
}
