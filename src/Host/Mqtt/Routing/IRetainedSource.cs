using Gateway.Host.Mqtt.Topics;

namespace Gateway.Host.Mqtt.Routing;

/// <summary>Retained messages of the gateway that are told from what is kept elsewhere when somebody subscribes, so that nothing is held twice.</summary>
internal interface IRetainedSource
{
    /// <summary>Adds the messages that a filter matches. Any number of threads.</summary>
    /// <param name="filter">The filter.</param>
    /// <param name="mayRead">Whether who subscribes may read part of an item of an account.</param>
    /// <param name="found">Takes the messages; nothing is added once it has more than <see cref="MqttLimits.ReplayMax"/>.</param>
    void Find(SubscriptionFilter filter, Func<long, ItemRight, bool> mayRead, List<Publication> found);
}
