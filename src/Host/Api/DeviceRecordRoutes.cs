using System.Text.Json;
using Gateway.Host.Channels;
using Gateway.Host.Devices;
using Gateway.Storage.Rings;

namespace Gateway.Host.Api;

/// <summary>Raw traffic and events of devices: <c>/gw/devices/{sel}/packets</c> and <c>logs</c>.</summary>
internal static class DeviceRecordRoutes
{
    internal static ApiRoute[] Table { get; } =
    [
        new("GET", "/gw/devices/{sel}/packets", RouteInputs.Data, ReadPacketsAsync, "Reads raw traffic of devices, both directions, from all channels that they came through."),
        new("GET", "/gw/devices/{sel}/logs", RouteInputs.Data, ReadLogsAsync, "Reads what happened to devices."),
    ];

    private static async Task ReadPacketsAsync(ApiCall call)
    {
        using JsonDocument? data = await call.ReadDataAsync();
        MessageQuery query = MessageQuery.ForPackets(data?.RootElement);
        using var shape = new PacketJson(query, call.Service<TimeProvider>());
        DeviceDirectory devices = call.Service<DeviceDirectory>();
        IReadOnlyList<Channel> channels = call.Service<ChannelDirectory>().All;
        await RecordAnswer.WriteAsync(call, query, shape, DeviceRoutes.Kind.Select(call), device => device.Id, Read);

        // As with messages: a channel's traffic of an ident is that of the device that has the ident there.
        IReadOnlyList<RingReader> Read(Device device, RingQuery wanted) =>
        [
            .. channels.Where(channel => devices.MayMeet(device, channel))
                .Select(channel => channel.Rings.Traffic.Read(wanted with { Ident = ident => devices.Index.Find(channel.Definition.ProtocolId, channel.Definition.Cid, ident) == device })),
        ];
    }

    private static async Task ReadLogsAsync(ApiCall call)
    {
        using JsonDocument? data = await call.ReadDataAsync();
        MessageQuery query = MessageQuery.ForLogs(data?.RootElement);
        using var shape = new LogJson(query, call.Service<TimeProvider>());
        DeviceLogs logs = call.Service<DeviceLogs>();
        await RecordAnswer.WriteAsync(
            call, query, shape, DeviceRoutes.Kind.Select(call), device => device.Id, (device, wanted) => query.IsOfType(DeviceEventJson.OriginType) ? [logs.Read(device, wanted)] : []);
    }
}
