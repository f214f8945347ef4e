using System.Text;
using Gateway.Host.Channels;
using Gateway.Host.Listeners;

namespace Gateway.Host.Devices;

// Which device a connection is of, and whether it may stay.
internal sealed partial class DeviceDirectory : IDeviceAdmission
{
    // Set once the channels are there; before that there are no connections.
    private ChannelDirectory? _channels;

    /// <summary>Names the channels whose connections follow the changes of devices.</summary>
    internal void Follow(ChannelDirectory channels) => _channels = channels;

    /// <inheritdoc />
    public bool IsRefused(DeviceConnection connection)
    {
        // A connection that carries several devices is not closed for one of them: the others would lose theirs.
        if (connection.Ident is not null) return false;
        Channel channel = connection.Channel;
        return Index.Find(channel.Definition.ProtocolId, channel.Definition.Cid, connection.Session.Ident) is { Definition.Enabled: false };
    }

    /// <inheritdoc />
    public void Link(DeviceConnection connection)
    {
        lock (connection.LinkGate)
        {
            // Looked up under the gate: of two threads that link, the later one knows the later state.
            Channel channel = connection.Channel;
            Device? device = connection.Ident is { } ident && connection.CloseCode is CloseCode.Open
                ? Index.Find(channel.Definition.ProtocolId, channel.Definition.Cid, Encoding.UTF8.GetBytes(ident))
                : null;
            if (device == connection.Device) return;
            connection.Device?.Remove(connection);
            connection.Device = device;
            device?.Add(connection);
        }
    }

    /// <summary>Lets connections follow a change of devices: new ones are linked, those of disabled devices closed.</summary>
    private void Settle(IReadOnlyCollection<Device> devices)
    {
        Interlocked.Increment(ref _version);
        if (_channels is null) return;
        // One round over the connections, however many devices there are.
        foreach (Channel channel in _channels.Live)
            foreach (KeyValuePair<long, DeviceConnection> pair in channel.Connections.Live)
                if (pair.Value.Ident is not null) Link(pair.Value);

        foreach (Device device in devices)
        {
            if (device.Definition.Enabled) continue;
            foreach (DeviceConnection connection in device.Connections)
                if (!connection.IsShared) connection.Close(CloseCode.Disabled);
        }
    }
}
