namespace Gateway.Host.Mqtt.Routing;

/// <summary>The one way for the rest of the gateway to publish over MQTT.</summary>
/// <remarks>
/// Messages of channels do not come this way: their logs are read. A retained publication of the gateway is not kept, since what it tells is kept elsewhere: who subscribes later is told by an
/// <see cref="IRetainedSource"/>. With an empty payload it says that the item is gone. Any number of threads; publications of one thread keep their order.
/// </remarks>
internal interface IMqttPublisher
{
    /// <summary>Publishes.</summary>
    /// <param name="publication">Topic, payload, account, time, QoS, whether it is retained, user properties, and what its readers must be allowed to read.</param>
    /// <returns>Ends when sessions that outlive their connections have it on disk; there is nothing to wait for when there are none.</returns>
    /// <exception cref="IOException">The disk does not take what waits for such a session.</exception>
    ValueTask PublishAsync(Publication publication);
}
