using Gateway.Codecs;
using Gateway.Host.Accounts;
using Gateway.Host.Channels;
using Gateway.Host.Devices;
using Gateway.Host.Listeners;

namespace Gateway.Host.Api;

/// <summary><c>/gw/channels/{sel}/connections/{connection}</c> and the same of devices: who is connected, and closing.</summary>
internal static class ConnectionRoutes
{
    internal static ApiRoute[] Table { get; } =
    [
        new("GET", "/gw/channels/{sel}/connections/{connection}", RouteInputs.Fields, call => ReadAsync(call, SelectOfChannels), "Shows who is connected to channels."),
        new("DELETE", "/gw/channels/{sel}/connections/{connection}", RouteInputs.None, call => CloseAsync(call, SelectOfChannels(call)), "Closes connections."),
        new("GET", "/gw/devices/{sel}/connections/{connection}", RouteInputs.Fields, call => ReadAsync(call, SelectOfDevices), "Shows connections of devices."),
        new("DELETE", "/gw/devices/{sel}/connections/{connection}", RouteInputs.None, CloseOfDevicesAsync, "Closes connections of devices."),
    ];

    /// <summary>What a connection looks like.</summary>
    /// <param name="isShown">Whether who asks may see a device; else nothing is said of it.</param>
    internal static ItemShape<DeviceConnection> ShapeOf(Func<Device, bool> isShown) => new(
        new("id", true, (json, connection) => json.WriteNumberValue(connection.Id)),
        new("channel_id", true, (json, connection) => json.WriteNumberValue(connection.Channel.Id)),
        new("device_id", true, (json, connection) => json.WriteNumberValue(connection.Device is { } device && isShown(device) ? device.Id : 0)),
        new("ident", true, (json, connection) => json.WriteStringValue(connection.Ident)),
        new("source", true, (json, connection) => json.WriteStringValue(connection.Source)),
        new("transport", true, (json, connection) => json.WriteStringValue(connection.Transport is Transport.Udp ? "udp" : "tcp")),
        new("established", true, (json, connection) => json.WriteNumberValue(connection.EstablishedUs / 1e6m)),
        new("secondary", true, (json, _) => json.WriteBooleanValue(false)),
        new("meta", true, (json, _) => json.WriteNullValue()),
        new("recv", false, (json, connection) => json.WriteNumberValue(connection.BytesReceived)),
        new("send", false, (json, connection) => json.WriteNumberValue(connection.BytesSent)),
        new("msgs", false, (json, connection) => json.WriteNumberValue(connection.Messages)));

    private static ItemShape<DeviceConnection> ShapeOf(ApiCall call)
    {
        AccessPolicy policy = call.Service<AccessPolicy>();
        return ShapeOf(device => policy.Sees(call.Caller, DeviceRoutes.Kind.Collection, device.Definition.Cid, device.Id));
    }

    private static Task ReadAsync(ApiCall call, Func<ApiCall, List<DeviceConnection>> select)
    {
        ItemShape<DeviceConnection>.Projection fields = ShapeOf(call).Choose(call.Fields);
        return call.WriteAsync(select(call), fields.Write);
    }

    private static Task CloseOfDevicesAsync(ApiCall call)
    {
        List<DeviceConnection> selected = SelectOfDevices(call);
        foreach (DeviceConnection shared in selected.Where(connection => connection.IsShared))
            call.Errors.Add(new ApiError(ApiErrorCode.BadRequest, $"Connection {shared.Id} carries several devices, which would all lose it: close it at channel {shared.Channel.Id}.", shared.Id));
        selected.RemoveAll(connection => connection.IsShared);
        return CloseAsync(call, selected);
    }

    private static Task CloseAsync(ApiCall call, List<DeviceConnection> selected)
    {
        foreach (DeviceConnection connection in selected) connection.Close(CloseCode.UserRequest);
        return call.WriteAsync(selected, static (json, connection) =>
        {
            json.WriteStartObject();
            json.WriteNumber("id", connection.Id);
            json.WriteEndObject();
        });
    }

    private static List<DeviceConnection> SelectOfChannels(ApiCall call)
    {
        List<Channel> channels = ChannelRoutes.Select(call);
        return call.Selector("connection").Select(
            "connection",
            () => channels.SelectMany(channel => channel.Connections.All),
            id => channels.Select(channel => channel.Connections.Find(id)).FirstOrDefault(connection => connection is not null),
            ShapeOf(call),
            call.Errors);
    }

    private static List<DeviceConnection> SelectOfDevices(ApiCall call)
    {
        DeviceConnection[] all = [.. DeviceRoutes.Kind.Select(call).SelectMany(device => device.Connections)];
        return call.Selector("connection").Select("connection", () => all, id => Array.Find(all, connection => connection.Id == id), ShapeOf(call), call.Errors);
    }
}
