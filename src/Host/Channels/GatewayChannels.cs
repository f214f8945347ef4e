using Gateway.Host.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Gateway.Host.Channels;

/// <summary>Puts channels, listeners and their buffers into a host.</summary>
public static class GatewayChannels
{
    /// <summary>
    /// Adds <see cref="ChannelDirectory"/>, <see cref="ProtocolSet"/>, <see cref="IConfigurationStore"/> and the hosted service that opens and closes ports.
    /// What is registered before (a message store, a protocol set, a clock) is taken as it is.
    /// </summary>
    public static IServiceCollection AddGatewayChannels(this IServiceCollection services, GatewayOptions options)
    {
        services.TryAddSingleton(options);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ChannelDirectory>();
        return services;
    }
}
