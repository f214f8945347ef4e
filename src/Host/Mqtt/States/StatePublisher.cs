using Gateway.Host.Mqtt.Routing;
using Gateway.Host.Mqtt.Sessions;

namespace Gateway.Host.Mqtt.States;

/// <summary>Publishes changes of state: what users change a moment later, what changes by itself at most once per <see cref="LiveInterval"/> and only while somebody listens.</summary>
internal sealed class StatePublisher(StateTree tree, Router router, Publisher publisher, AccountFilters filters, TimeProvider clock, ILogger<StatePublisher> logger) : BackgroundService
{
    /// <summary>Time between two looks at what users change.</summary>
    internal static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>Time between two looks at counters, telemetry, connections, commands and MQTT sessions.</summary>
    internal static readonly TimeSpan LiveInterval = TimeSpan.FromSeconds(1);

    // Publications of which the disk may still have to take some for sessions that last.
    private const int PendingMax = 1_000;

    private readonly StatePace _pace = new();

    /// <inheritdoc/>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        // What is there already is no change; clients come later.
        foreach (Publication _ in tree.Changes(StateLook.Whole, static (_, _) => false)) { }
        return base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        // The next start takes what is there for known: sessions that last must have been told of the last changes.
        await PublishAsync(tree.Changes(StateLook.Whole, static (_, _) => false)).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        int looksPerLive = (int)(LiveInterval / Interval);
        using var timer = new PeriodicTimer(Interval, clock);
        try
        {
            for (long look = 0; await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false); look++)
            {
                try
                {
                    await PublishAsync(tree.Changes(look % looksPerLive == 0 ? StateLook.Live : StateLook.Users, filters.Reaches)).ConfigureAwait(false);
                }
                catch (Exception fault) when (fault is not OperationCanceledException)
                {
                    // A fault of ours costs a round of changes, not the gateway.
                    MqttLog.StateFault(logger, fault);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The gateway stops.
        }
    }

    private async Task PublishAsync(IEnumerable<Publication> changes)
    {
        _pace.Begin();
        var pending = new List<Task>();
        foreach (Publication change in changes)
        {
            ValueTask published = publisher.DeliverAsync((batch, durable) =>
            {
                router.Route(change, batch, durable);
                _pace.Note(change, batch);
            });
            await _pace.WaitAsync().ConfigureAwait(false);
            if (!published.IsCompletedSuccessfully) pending.Add(published.AsTask());
            if (pending.Count < PendingMax) continue;
            await SettleAsync(pending).ConfigureAwait(false);
            pending.Clear();
        }
        await SettleAsync(pending).ConfigureAwait(false);
    }

    private async Task SettleAsync(List<Task> pending)
    {
        try
        {
            await Task.WhenAll(pending).ConfigureAwait(false);
        }
        catch (IOException failure)
        {
            // Sessions that last miss a change; clients that are there got it.
            MqttLog.StoreFault(logger, failure);
        }
    }
}
