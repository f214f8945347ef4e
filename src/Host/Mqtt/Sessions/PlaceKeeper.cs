using System.Collections.Concurrent;
using System.Threading.Channels;
using Gateway.Host.Mqtt.Storing;

namespace Gateway.Host.Mqtt.Sessions;

/// <summary>Stores how far sessions have acknowledged, some milliseconds after they did, many at a time.</summary>
/// <remarks>What a killed process had not stored is sent again: no more than was acknowledged in those milliseconds.</remarks>
internal sealed class PlaceKeeper(SessionStore store, ILogger<PlaceKeeper> logger) : BackgroundService
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(5);

    // A deletion is an entry of the queues' journal: not one for each acknowledgement.
    private static readonly TimeSpan s_trimInterval = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<Session, byte> _moved = new();
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(1);

    /// <summary>A session acknowledged something.</summary>
    internal void Note(Session session)
    {
        if (session.IsPersistent && _moved.TryAdd(session, 0)) _signal.Writer.TryWrite(true);
    }

    /// <summary>Stores what is not stored yet.</summary>
    internal async Task FlushAsync()
    {
        foreach (Session session in _moved.Keys)
        {
            _moved.TryRemove(session, out _);
            if (session.IsEnded) continue;
            try
            {
                if (session.TakePlaces(all: false) is { Count: > 0 } places) await store.PutPlacesAsync(session.Number, places).ConfigureAwait(false);
                if (session.Queue is not null && Environment.TickCount64 - session.TrimmedAt > s_trimInterval.TotalMilliseconds) await SessionQueues.TrimAsync(session).ConfigureAwait(false);
            }
            catch (IOException failure)
            {
                MqttLog.StoreFault(logger, failure);
            }
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (await _signal.Reader.WaitToReadAsync(stoppingToken).ConfigureAwait(false))
            {
                await Task.Delay(s_pause, stoppingToken).ConfigureAwait(false);
                _signal.Reader.TryRead(out _);
                await FlushAsync().ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await FlushAsync().ConfigureAwait(false);
        }
    }
}
