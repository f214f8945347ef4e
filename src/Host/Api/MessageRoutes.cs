using System.Text;
using System.Text.Json;
using Gateway.Host.Channels;
using Gateway.Host.Devices;
using Gateway.Storage;

namespace Gateway.Host.Api;

/// <summary><c>/gw/channels/{sel}/messages</c>: read by time or as a queue, delete.</summary>
internal static class MessageRoutes
{
    internal static ApiRoute[] Table { get; } =
    [
        new("GET", "/gw/channels/{sel}/messages", RouteInputs.Data, ReadAsync, "Reads messages by time, or as a queue."),
        new("DELETE", "/gw/channels/{sel}/messages", RouteInputs.Data, DeleteAsync, "Deletes messages, from the oldest on."),
    ];

    private static async Task ReadAsync(ApiCall call)
    {
        using JsonDocument? data = await call.ReadDataAsync();
        MessageQuery query = MessageQuery.ForRead(data?.RootElement);
        List<Channel> channels = ChannelRoutes.SelectOpen(call);
        if (query.IsQueue && channels.Count > 1) throw ApiProblem.BadRequest("curr_key and its companions need a selector of one channel.");
        if (channels.Count == 0)
        {
            await call.WriteAsync(channels, static (_, _) => { });
            return;
        }

        long key = query.Key;
        if (query.IsQueue)
        {
            if (query.Deletes && key > 0)
            {
                DeleteResult result = await channels[0].Log.DeleteBelowAsync(key, call.Aborted);
                if (result.Status != DeleteStatus.Deleted) call.Errors.Add(ErrorOf(result.Status, channels[0].Id));
            }

            if (query.Timeout > TimeSpan.Zero) await WaitAsync(call, channels[0], key, query.Timeout);
        }

        call.Begin();
        using var stream = new MessageStream(call.Http.Response.BodyWriter, query, call.Service<DeviceDirectory>(), call.Service<TimeProvider>());
        foreach (Channel channel in channels) await StorageFault.GuardAsync(call, channel.Id, () => WriteAsync(call, stream, query, channel));
        ChannelRoutes.TellRemoved(call, channels);
        await stream.EndAsync(call, query.IsQueue ? Encoding.ASCII.GetBytes($",\"next_key\":{Math.Max(key, stream.NextKey)}") : []);
    }

    private static async Task WriteAsync(ApiCall call, MessageStream stream, MessageQuery query, Channel channel)
    {
        if (query.IsReverse)
        {
            await stream.WriteBackwardAsync(channel, query.ToUs == long.MaxValue ? long.MaxValue : await channel.Log.FindAsync(query.ToUs + 1, call.Aborted), call.Aborted);
            return;
        }
        await stream.WriteFromAsync(channel, query.IsQueue ? query.Key : await FirstKeyAsync(channel, query.FromUs, call.Aborted), call.Aborted);
    }

    private static async Task DeleteAsync(ApiCall call)
    {
        using JsonDocument? data = await call.ReadDataAsync();
        MessageQuery query = MessageQuery.ForDelete(data?.RootElement);
        if (query.Key > 0 && (query.FromUs > 0 || query.ToUs < long.MaxValue)) throw ApiProblem.BadRequest("key can't be combined with from and to.");

        var deleted = new List<(Channel Channel, long Count)>();
        foreach (Channel channel in ChannelRoutes.SelectOpen(call))
        {
            long below = query.IsUnbounded ? long.MaxValue
                : query.Key > 0 ? query.Key
                : query.ToUs == long.MaxValue ? long.MaxValue
                : await channel.Log.FindAsync(query.ToUs + 1, call.Aborted);
            DeleteResult result = await channel.Log.DeleteRangeAsync(await FirstKeyAsync(channel, query.FromUs, call.Aborted), below, CancellationToken.None);
            if (result.Status == DeleteStatus.Deleted) deleted.Add((channel, result.Count));
            else call.Errors.Add(ErrorOf(result.Status, channel.Id));
        }
        await call.WriteAsync(deleted, static (json, entry) =>
        {
            json.WriteStartObject();
            json.WriteNumber("id", entry.Channel.Id);
            json.WriteNumber("deleted", entry.Count);
            json.WriteEndObject();
        });
    }

    private static ApiError ErrorOf(DeleteStatus status, long id) => status == DeleteStatus.TooManyHoles
        ? new ApiError(ApiErrorCode.BadRequest, "Too many ranges were deleted between messages that stay. Delete from the oldest on, or a longer range that joins some of them.", id)
        : ApiError.Unavailable("The disk refused the deletion; try again.", id);

    private static ValueTask<long> FirstKeyAsync(Channel channel, long fromUs, CancellationToken cancellationToken) =>
        fromUs == 0 ? new(0L) : channel.Log.FindAsync(fromUs, cancellationToken);

    /// <summary>Holds a request until a message comes, its time is over, or the gateway stops.</summary>
    private static async Task WaitAsync(ApiCall call, Channel channel, long key, TimeSpan timeout)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(call.Aborted, call.Service<IHostApplicationLifetime>().ApplicationStopping);
        limit.CancelAfter(timeout);
        try
        {
            await channel.Log.WaitAsync(key, limit.Token);
        }
        catch (OperationCanceledException) when (!call.Aborted.IsCancellationRequested)
        {
            // Nothing came: the answer is empty.
        }
    }
}
