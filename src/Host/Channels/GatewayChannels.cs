using Gateway.Codecs;
using Gateway.Host.Accounts;
using Gateway.Host.Configuration;
using Gateway.Host.Devices;
using Gateway.Host.Listeners;
using Gateway.Host.Protocols;
using Gateway.Storage;
using Gateway.Storage.Rings;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Gateway.Host.Channels;

/// <summary>Puts channels, listeners and their buffers into a host.</summary>
public static class GatewayChannels
{
    /// <summary>Name of the folder in the data folder that holds the channels' buffers.</summary>
    public const string MessagesFolderName = "messages";

    /// <summary>
    /// Adds <see cref="ChannelDirectory"/>, <see cref="CodecRegistry"/>, <see cref="IConfigurationStore"/>, <see cref="IMessageStore"/>, <see cref="RingStore"/> and the hosted services that open, sweep and close ports.
    /// What is registered before (a registry, a store, a clock) is taken as it is.
    /// </summary>
    /// <remarks>Register it before anything that reads from channels: services stop in reverse order, so readers stop before the buffers close.</remarks>
    public static IServiceCollection AddGatewayChannels(this IServiceCollection services, GatewayOptions options)
    {
        services.TryAddSingleton(options);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(_ => new CodecRegistry());
        services.TryAddSingleton(OpenCatalog);
        services.TryAddSingleton<IConfigurationStore>(_ => SqliteConfigurationStore.Open(options.DataFolder));
        services.TryAddSingleton(OpenMessages);
        services.TryAddSingleton(OpenRings);

        services.AddGatewayDevices();
        services.AddSingleton<FrameDecoder>();
        services.AddSingleton<DecodeBatchPool>();
        services.AddSingleton<DatagramBuffers>();
        services.AddSingleton<AppendPatience>();
        services.AddSingleton<ConnectionPump>();
        services.AddSingleton<ListenerServices>();
        services.TryAddSingleton(provider => new ChannelDirectory(
            provider.GetRequiredService<GatewayOptions>(),
            provider.GetRequiredService<CodecRegistry>(),
            provider.GetRequiredService<ProtocolCatalog>(),
            provider.GetRequiredService<IConfigurationStore>(),
            provider.GetRequiredService<IMessageStore>(),
            provider.GetRequiredService<RingStore>(),
            provider.GetRequiredService<ListenerServices>(),
            provider.GetRequiredService<AccountDirectory>(),
            provider.GetRequiredService<LimitDirectory>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<ChannelDirectory>>()));
        services.AddSingleton<ProtocolReload>();
        services.AddHostedService<ChannelLifetime>();
        services.AddHostedService<IdleSweeper>();
        services.AddGatewayDeviceReaders();
        return services;
    }

    private static ProtocolCatalog OpenCatalog(IServiceProvider provider)
    {
        ProtocolCatalog catalog = new(provider.GetRequiredService<GatewayOptions>().SpecsFolder, provider.GetRequiredService<CodecRegistry>(), provider.GetRequiredService<ILogger<ProtocolCatalog>>());
        catalog.Load();
        return catalog;
    }

    private static IMessageStore OpenMessages(IServiceProvider provider)
    {
        GatewayOptions options = provider.GetRequiredService<GatewayOptions>();
        string folder = Path.Combine(options.DataFolder, MessagesFolderName);
        var store = new MessageStore(new StoreOptions { Folder = folder, FreeBytesMin = options.FreeBytesMin, Time = provider.GetRequiredService<TimeProvider>() });
        ILogger<MessageStore> logger = provider.GetRequiredService<ILogger<MessageStore>>();
        store.Trouble += text => ListenerLog.StoreTrouble(logger, text);
        return store;
    }

    private static RingStore OpenRings(IServiceProvider provider)
    {
        GatewayOptions options = provider.GetRequiredService<GatewayOptions>();
        string folder = Path.Combine(options.DataFolder, ChannelRings.FolderName);
        var store = new RingStore(new RingStoreOptions { Folder = folder, FreeBytesMin = 2 * options.FreeBytesMin, Time = provider.GetRequiredService<TimeProvider>() });
        ILogger<RingStore> logger = provider.GetRequiredService<ILogger<RingStore>>();
        store.Trouble += text => ListenerLog.RingTrouble(logger, text);
        return store;
    }

    private sealed class ChannelLifetime(ChannelDirectory directory) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => directory.StartAsync(cancellationToken);

        public Task StopAsync(CancellationToken cancellationToken) => directory.StopAsync();
    }
}
