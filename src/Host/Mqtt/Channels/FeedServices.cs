using Gateway.Host.Configuration;
using Gateway.Host.Mqtt.Routing;
using Gateway.Host.Mqtt.Sessions;
using Gateway.Host.Mqtt.Storing;

namespace Gateway.Host.Mqtt.Channels;

/// <summary>What all feeds share.</summary>
internal sealed class FeedServices(
    Router router, ChannelInterest interest, SessionAccess access, SessionStore store, GatewayOptions options, MqttCounters counters, TimeProvider clock, ILogger<ChannelFeed> logger)
{
    internal Router Router => router;

    internal ChannelInterest Interest => interest;

    internal SessionAccess Access => access;

    internal SessionStore Store => store;

    internal bool CutsSlowClients => options.MqttCutsSlowClients;

    internal MqttCounters Counters => counters;

    internal TimeProvider Clock => clock;

    internal ILogger Logger => logger;
}
