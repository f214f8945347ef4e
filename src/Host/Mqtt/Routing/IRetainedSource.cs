using Gateway.Host.Mqtt.Topics;

namespace Gateway.Host.Mqtt.Routing;

/// <summary>Retained messages of the gateway that are told from what is kept elsewhere when somebody subscribes, so that nothing is held twice.</summary>
internal interface IRetainedSource
{
    /// <summary>Begins to tell the messages that a filter matches. Any number of threads.</summary>
    /// <param name="filter">The filter.</param>
    /// <returns>Null when it matches none, whatever there is.</returns>
    RetainedWalk? Open(SubscriptionFilter filter);
}
