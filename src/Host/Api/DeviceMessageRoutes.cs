using System.Text.Json;
using Gateway.Host.Channels;
using Gateway.Host.Devices;
using Gateway.Storage;

namespace Gateway.Host.Api;

/// <summary><c>/gw/devices/{sel}/messages</c>: messages of devices in the order of the devices' own time, from the buffers of their channels.</summary>
internal static class DeviceMessageRoutes
{
    private const int PageMessagesMax = 512;
    private const int PageBytes = 1024 * 1024;

    internal static ApiRoute[] Table { get; } =
    [
        new("GET", "/gw/devices/{sel}/messages", RouteInputs.Data, ReadAsync, "Reads messages of devices by the devices' time; they live as long as the buffers of the channels keep them."),
    ];

    private static async Task ReadAsync(ApiCall call)
    {
        using JsonDocument? data = await call.ReadDataAsync().ConfigureAwait(false);
        MessageQuery query = MessageQuery.ForDevices(data?.RootElement);
        List<Device> devices = DeviceRoutes.Kind.Select(call);
        if (devices.Count == 0)
        {
            await call.WriteAsync(devices, static (_, _) => { }).ConfigureAwait(false);
            return;
        }

        List<FoundMessage> found = await call.Service<DeviceMessages>()
            .FindAsync(devices, new DeviceMessageQuery(query.FromUs, query.ToUs, query.Count, query.IsReverse, query.Filter), call.Aborted).ConfigureAwait(false);
        call.Begin();
        using var stream = new MessageStream(call.Http.Response.BodyWriter, query.WithoutFilter(), call.Service<DeviceDirectory>(), call.Service<TimeProvider>());
        await WriteAsync(stream, found, query.IsReverse, call.Aborted).ConfigureAwait(false);
        await stream.EndAsync(call).ConfigureAwait(false);
    }

    /// <summary>Reads the messages found, in pages that grow while the messages lie close together. What was deleted meanwhile is left out.</summary>
    private static async Task WriteAsync(MessageStream stream, List<FoundMessage> found, bool isReverse, CancellationToken cancellationToken)
    {
        MessagePage page = MessagePages.Rent();
        try
        {
            Channel? channel = null;
            int size = 1, used = 0;
            foreach (FoundMessage message in found)
            {
                int at = channel == message.Channel ? PlaceOf(page, message.Key, isReverse) : -1;
                if (at < 0)
                {
                    size = used * 2 >= size ? Math.Min(size * 2, PageMessagesMax) : Math.Max(size / 2, 1);
                    (channel, used) = (message.Channel, 0);
                    if (isReverse) await channel.Log.ReadBackwardAsync(message.Key + 1, size, PageBytes, page, cancellationToken).ConfigureAwait(false);
                    else await channel.Log.ReadAsync(message.Key, size, PageBytes, page, cancellationToken).ConfigureAwait(false);
                    at = PlaceOf(page, message.Key, isReverse);
                    if (at < 0) continue;
                }
                used++;
                if (!stream.TryWrite(page, at, message.Channel, message.Device.Facts)) return;
                await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            MessagePages.Return(page);
        }
    }

    /// <summary>Where a key is in a page; -1 when it is not.</summary>
    private static int PlaceOf(MessagePage page, long key, bool isDescending)
    {
        int low = 0, high = page.Count - 1;
        while (low <= high)
        {
            int middle = (low + high) >> 1;
            int order = page.Key(middle).CompareTo(key);
            if (order == 0) return middle;
            if (order < 0 != isDescending) low = middle + 1;
            else high = middle - 1;
        }
        return -1;
    }
}
