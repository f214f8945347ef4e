using Gateway.Codecs;
using Gateway.Host.Api;
using Gateway.Host.Channels;
using Gateway.Host.Configuration;
using Gateway.Host.Devices;
using Gateway.Host.Devices.Commands;
using Gateway.Host.Listeners;
using Gateway.Host.Mqtt.Routing;
using Gateway.Host.Mqtt.Sessions;
using Gateway.Host.Mqtt.Topics;
using Session = Gateway.Host.Mqtt.Sessions.Session;

namespace Gateway.Host.Mqtt.States;

/// <summary>All topics below <c>flespi/state/</c>: what REST shows of items, as retained messages.</summary>
internal sealed class StateTree : IRetainedSource
{
    private readonly ItemStates<Channel> _channels;
    private readonly ItemStates<Device> _devices;
    private readonly ItemStates<Session> _sessions;

    /// <summary>Of these items.</summary>
    public StateTree(ChannelDirectory channels, DeviceDirectory devices, DeviceTypes types, CodecRegistry protocols, SessionDirectory sessions, GatewayOptions options, TimeProvider clock)
    {
        _channels = new(
            new StateKind<Channel>(
                ChannelRoutes.Kind.Collection, ChannelRoutes.Shape(options), () => channels.Live, id => channels.TryFind(id, out Channel? channel) ? channel : null,
                channel => channel.Id, channel => channel.Definition.Cid, channel => channel.Definition)
            {
                Live = new HashSet<string> { "protocol_name", "blocked", "blocked_reason", "connections_count", "messages_size" },
            },
            clock);
        _devices = new(
            new StateKind<Device>(
                DeviceRoutes.Kind.Collection, DeviceRoutes.ShapeOf(types, protocols), () => devices.Live, id => devices.TryFind(id, out Device? device) ? device : null,
                device => device.Id, device => device.Definition.Cid, device => device.Definition)
            {
                Live = new HashSet<string> { "connected", "last_active", "blocked", "blocked_reason", "device_type_name", "protocol_name" },
                Without = new HashSet<string> { "telemetry" },
                Parts =
                [
                    new TelemetryPart(),
                    // Who may read a device's connections may see the device.
                    new ListPart<Device, DeviceConnection>("connections", device => device.Connections, connection => connection.Id, connection => connection.EstablishedUs, ConnectionRoutes.ShapeOf(static _ => true)),
                    new ListPart<Device, DeviceCommand>("commands-queue", device => device.Commands?.All ?? [], command => command.Order.Id, command => command.Order.CreatedUs, CommandRoutes.Shape),
                ],
            },
            clock);
        _sessions = new(
            new StateKind<Session>(
                MqttSessionRoutes.Kind.Collection, MqttSessionRoutes.StateShape, () => sessions.All, sessions.Find, session => session.Number, session => session.Key.Cid, session => session.Standing)
            {
                Live = new HashSet<string> { "subscriptions_count" },
            },
            clock);
    }

    /// <inheritdoc/>
    public RetainedWalk? Open(SubscriptionFilter filter)
    {
        var walk = new FilterWalk(filter.Levels);
        if (!walk.Passes(0, "flespi") || !walk.Passes(1, "state")) return null;
        RetainedWalk?[] kinds = [walk.Passes(2, "gw") ? _channels.Open(walk) : null, walk.Passes(2, "gw") ? _devices.Open(walk) : null, walk.Passes(2, "mqtt") ? _sessions.Open(walk) : null];
        return RetainedWalk.Join(kinds.OfType<RetainedWalk>());
    }

    /// <summary>What changed since the last call. One thread.</summary>
    /// <param name="look">Where to look.</param>
    /// <param name="isWanted">Whether anybody listens to topics that begin so, of an account.</param>
    internal IEnumerable<Publication> Changes(StateLook look, Func<string, long, bool> isWanted)
    {
        bool withLive = look is StateLook.Live;
        IEnumerable<Publication> ofUsers = _channels.Changes(withLive, isWanted).Concat(_devices.Changes(withLive, isWanted));
        // There may be ten times as many sessions as devices, and users seldom change one.
        return look is StateLook.Users ? ofUsers : ofUsers.Concat(_sessions.Changes(withLive, isWanted));
    }
}
