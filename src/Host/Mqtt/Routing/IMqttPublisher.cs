namespace Gateway.Host.Mqtt.Routing;

/// <summary>The one way for the rest of the gateway to publish over MQTT.</summary>
/// <remarks>
/// Messages of channels do not come this way: their logs are read. A retained publication of the gateway is kept in memory, since what it tells is kept elsewhere: publish it again after each start,
/// and with an empty payload when the item is gone. Any number of threads; publications of one thread keep their order.
/// </remarks>
internal interface IMqttPublisher
{
    /// <summary>Publishes.</summary>
    /// <param name="publication">Topic, payload, account, time, QoS, whether it is retained, user properties, and what its readers must be allowed to read.</param>
    /// <returns>Ends when sessions that outlive their connections have it on disk; there is nothing to wait for when there are none.</returns>
    /// <exception cref="IOException">The disk does not take what waits for such a session.</exception>
    ValueTask PublishAsync(Publication publication);
}
