using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Gateway.Host.Mqtt.Connections;

/// <summary>Takes connections from Kestrel, of TCP, TLS and WebSocket alike, to the broker.</summary>
internal sealed class MqttConnectionHandler(MqttBroker broker) : ConnectionHandler
{
    /// <inheritdoc/>
    public override Task OnConnectedAsync(ConnectionContext connection)
    {
        // MQTT over WebSocket is binary messages; the framework sends text unless it is told.
        if (connection.Features.Get<ITransferFormatFeature>() is { } format) format.ActiveFormat = TransferFormat.Binary;
        // Left alone, the system lets some megabytes wait for each client that does not read: memory of the machine, if not of the process.
        if (connection.Features.Get<IConnectionSocketFeature>() is { } tcp) tcp.Socket.SendBufferSize = MqttLimits.SocketBytesMax;
        return broker.ServeAsync(connection);
    }
}
