using Gateway.Codecs;
using Gateway.Host.Channels;
using Gateway.Host.Listeners;

namespace Gateway.Host.Api;

/// <summary><c>/gw/channels/{sel}/connections/{connection}</c>: who is connected, and closing.</summary>
internal static class ConnectionRoutes
{
    private static readonly ItemShape<DeviceConnection> s_shape = new(
        new("id", true, (json, connection) => json.WriteNumberValue(connection.Id)),
        new("channel_id", true, (json, connection) => json.WriteNumberValue(connection.Channel.Id)),
        new("device_id", true, (json, connection) => json.WriteNumberValue(connection.Device?.Id ?? 0)),
        new("ident", true, (json, connection) => json.WriteStringValue(connection.Ident)),
        new("source", true, (json, connection) => json.WriteStringValue(connection.Source)),
        new("transport", true, (json, connection) => json.WriteStringValue(connection.Transport is Transport.Udp ? "udp" : "tcp")),
        new("established", true, (json, connection) => json.WriteNumberValue(connection.EstablishedUs / 1e6m)),
        new("secondary", true, (json, _) => json.WriteBooleanValue(false)),
        new("meta", true, (json, _) => json.WriteNullValue()),
        new("recv", false, (json, connection) => json.WriteNumberValue(connection.BytesReceived)),
        new("send", false, (json, connection) => json.WriteNumberValue(connection.BytesSent)),
        new("msgs", false, (json, connection) => json.WriteNumberValue(connection.Messages)));

    internal static ApiRoute[] Table { get; } =
    [
        new("GET", "/gw/channels/{sel}/connections/{connection}", RouteInputs.Fields, ReadAsync, "Shows who is connected to channels."),
        new("DELETE", "/gw/channels/{sel}/connections/{connection}", RouteInputs.None, CloseAsync, "Closes connections."),
    ];

    private static Task ReadAsync(ApiCall call)
    {
        ItemShape<DeviceConnection>.Projection fields = s_shape.Choose(call.Fields);
        return call.WriteAsync(Select(call), fields.Write);
    }

    private static Task CloseAsync(ApiCall call)
    {
        List<DeviceConnection> selected = Select(call);
        foreach (DeviceConnection connection in selected) connection.Close(CloseCode.UserRequest);
        return call.WriteAsync(selected, static (json, connection) =>
        {
            json.WriteStartObject();
            json.WriteNumber("id", connection.Id);
            json.WriteEndObject();
        });
    }

    private static List<DeviceConnection> Select(ApiCall call)
    {
        List<Channel> channels = ChannelRoutes.Select(call);
        return call.Selector("connection").Select(
            "connection",
            () => channels.SelectMany(channel => channel.Connections.All),
            id => channels.Select(channel => channel.Connections.Find(id)).FirstOrDefault(connection => connection is not null),
            s_shape,
            call.Errors);
    }
}
