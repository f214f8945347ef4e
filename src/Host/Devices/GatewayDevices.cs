using Gateway.Host.Channels;
using Gateway.Host.Configuration;
using Gateway.Host.Devices.Commands;
using Gateway.Host.Devices.Telemetry;
using Gateway.Host.Listeners;

namespace Gateway.Host.Devices;

/// <summary>Puts registered devices into a host.</summary>
internal static class GatewayDevices
{
    /// <summary>Adds <see cref="DeviceDirectory"/> and the hosted service that reads it. Before the service that opens the channels: their first connection must find its device.</summary>
    public static IServiceCollection AddGatewayDevices(this IServiceCollection services)
    {
        services.AddSingleton<DeviceTypes>();
        services.AddSingleton<DeviceEvents>();
        services.AddSingleton<NameTable>();
        services.AddSingleton(provider => DeviceStore.Open(provider.GetRequiredService<GatewayOptions>().DataFolder));
        services.AddSingleton<DeviceDirectory>();
        services.AddSingleton<IDeviceAdmission>(provider => provider.GetRequiredService<DeviceDirectory>());
        services.AddSingleton(provider => CommandStore.Open(provider.GetRequiredService<GatewayOptions>().DataFolder));
        services.AddSingleton<CommandDelivery>();
        services.AddSingleton<DeviceCommands>();
        services.AddSingleton<DeviceLogs>();
        services.AddHostedService<DeviceLoader>();
        return services;
    }

    /// <summary>Adds what reads from the channels for devices. After the service that opens them: services stop in reverse order, so readers stop before the buffers close.</summary>
    public static IServiceCollection AddGatewayDeviceReaders(this IServiceCollection services)
    {
        services.AddSingleton<TelemetryFeeds>();
        services.AddHostedService(provider => provider.GetRequiredService<TelemetryFeeds>());
        services.AddSingleton<DeviceMessages>();
        services.AddHostedService(provider => provider.GetRequiredService<DeviceCommands>());
        return services;
    }

    private sealed class DeviceLoader(DeviceDirectory devices, DeviceLogs logs, DeviceCommands commands, ChannelDirectory channels) : IHostedService
    {
        public async Task StartAsync(CancellationToken cancellationToken)
        {
            devices.Follow(channels);
            await devices.LoadAsync(cancellationToken).ConfigureAwait(false);
            logs.Start();
            await commands.LoadAsync().ConfigureAwait(false);
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
