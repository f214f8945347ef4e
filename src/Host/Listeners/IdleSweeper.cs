using Gateway.Host.Channels;
using Gateway.Host.Configuration;

namespace Gateway.Host.Listeners;

/// <summary>Looks at all channels every now and then: closes silent connections, warns of buffers that fill up, tries ports again that could not be opened. One timer for all of them.</summary>
internal sealed class IdleSweeper(ChannelDirectory directory, GatewayOptions options, TimeProvider clock) : BackgroundService
{
    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.SweepInterval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            {
                foreach (Channel channel in directory.Live)
                {
                    TimeSpan idleTimeout = channel.Settings.IdleTimeout;
                    foreach (KeyValuePair<long, DeviceConnection> pair in channel.Connections.Live) pair.Value.Sweep(idleTimeout);
                    channel.Buffer.Look(channel);
                    if (channel.ListenProblem is not null) await directory.RetryListenAsync(channel, stoppingToken).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The gateway stops.
        }
    }
}
