using Gateway.Host.Mqtt.Sessions;

namespace Gateway.Host.Mqtt.Routing;

/// <summary>A publication for one session, as its subscriptions want it.</summary>
/// <param name="Publication">What.</param>
/// <param name="Qos">0 or 1.</param>
/// <param name="IsRetained">The retain flag that the client sees.</param>
/// <param name="Identifiers">Identifiers of the subscriptions that match, MQTT 5.</param>
internal readonly record struct Delivery(Publication Publication, byte Qos, bool IsRetained, uint[] Identifiers)
{
    /// <summary>The log that it came from and goes back to when it can't be delivered; null for what is only in memory.</summary>
    internal LogCursor? Cursor { get; init; }

    /// <summary>Its key in that log.</summary>
    internal long Key { get; init; }
}
