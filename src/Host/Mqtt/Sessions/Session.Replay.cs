using Gateway.Host.Mqtt.Connections;
using Gateway.Host.Mqtt.Routing;

namespace Gateway.Host.Mqtt.Sessions;

// Retained messages of new subscriptions: read piece by piece, as they are when the outbox has room for them.
internal sealed partial class Session
{
    /// <summary>Pieces after which what else waits has its turn.</summary>
    private const int PiecesPerTurn = 32;

    private readonly Queue<Replay> _replays = new();

    private Replay? _reading;

    /// <summary>Lets retained messages follow, behind those of earlier subscriptions.</summary>
    internal void Add(Replay replay)
    {
        lock (_gate)
        {
            if (Connection is null) return;
            // Subscribing again and again to the same must not make it long.
            if (_replays.Count >= 2 * MqttLimits.SubscriptionsMax)
            {
                Replay[] current = [.. _replays.Where(IsCurrent)];
                _replays.Clear();
                foreach (Replay one in current) _replays.Enqueue(one);
            }
            _replays.Enqueue(replay);
        }
    }

    /// <summary>Reads retained messages into the room that the outbox has, some pieces at most. Only the task that writes to the connection.</summary>
    /// <returns>Whether there is more to read, and room for it.</returns>
    internal bool ReadRetained(ClientConnection connection)
    {
        for (int piece = 0; piece < PiecesPerTurn; piece++)
        {
            if (NextReplay(connection) is not { } replay) return false;
            bool hasMore = false, isTaken = false;
            try
            {
                // Without the gate: what is read has locks of its own, and may be another session.
                hasMore = replay.TryRead();
            }
            finally
            {
                isTaken = Take(connection, replay, hasMore);
            }
            if (!isTaken) return false;
        }
        return true;
    }

    private Replay? NextReplay(ClientConnection connection)
    {
        lock (_gate)
        {
            if (Connection != connection || !_outbox.HasRoom) return null;
            // What waits for this session alone was told before.
            if (_cursors.TryGetValue(0, out LogCursor? queue) && queue.IsBehind) return null;
            while (_replays.TryPeek(out Replay? first))
            {
                if (IsCurrent(first))
                {
                    first.Begin();
                    return _reading = first;
                }
                _replays.Dequeue();
            }
            return null;
        }
    }

    /// <summary>Takes a piece that was read.</summary>
    /// <returns>False when there was no room for all of it.</returns>
    private bool Take(ClientConnection connection, Replay replay, bool hasMore)
    {
        lock (_gate)
        {
            if (_reading == replay) _reading = null;
            if (Connection != connection) return false;
            if (!hasMore && _replays.TryPeek(out Replay? first) && first == replay) _replays.Dequeue();
            foreach (Publication publication in hasMore ? replay.Piece : [])
            {
                if (replay.IsOutdated(publication)) continue;
                if (_outbox.HasRoom && _outbox.TryAdd(replay.DeliveryOf(publication))) continue;
                replay.GoBack(publication);
                return false;
            }
            return true;
        }
    }

    private bool IsCurrent(Replay replay) => _subscriptions.TryGetValue(replay.Subscription.Filter.Text, out Subscription? current) && current == replay.Subscription;
}
