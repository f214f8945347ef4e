using System.IO.Pipelines;
using Gateway.Host.Mqtt.Channels;
using Gateway.Host.Mqtt.Connections;
using Gateway.Host.Mqtt.Routing;
using Gateway.Host.Mqtt.Wire;

namespace Gateway.Host.Mqtt.Sessions;

/// <summary>What became of a delivery that was offered.</summary>
internal enum OfferOutcome
{
    /// <summary>It waits for the client, or the log keeps it.</summary>
    Taken,
    /// <summary>The client is away.</summary>
    Absent,
    /// <summary>Too much waits already.</summary>
    Full,
}

internal sealed partial class Session
{
    /// <summary>Bytes that are written before they are sent: one call to the system for many packets.</summary>
    private const int FlushBytes = 64 * 1024;

    private readonly Outbox _outbox = new();
    private readonly InflightWindow _inflight = new();
    private readonly Dictionary<long, LogCursor> _cursors = [];
    private bool _isWakeDue;
    private long _sent;

    /// <summary>Whether its client is away or has room for more.</summary>
    internal bool HasRoom
    {
        get { lock (_gate) return Connection is null || _outbox.HasRoom; }
    }

    /// <summary>Deliveries that were written to its connections, to see whether it takes any.</summary>
    internal long Sent => Volatile.Read(ref _sent);

    /// <summary>Offers a delivery that only memory has.</summary>
    /// <param name="delivery">The delivery.</param>
    /// <param name="toWake">The connection to wake when the caller is done with its batch; null when that is due already.</param>
    internal OfferOutcome Offer(in Delivery delivery, out ClientConnection? toWake)
    {
        lock (_gate)
        {
            toWake = null;
            if (Connection is null) return OfferOutcome.Absent;
            if (!_outbox.TryAdd(delivery)) return OfferOutcome.Full;
            _reading?.NoteOffered(delivery.Publication);
            toWake = WakeDue();
            return OfferOutcome.Taken;
        }
    }

    /// <summary>Offers a message of a log as it comes. What can't be taken now is read from the log later.</summary>
    /// <param name="source">The log.</param>
    /// <param name="key">The message's key in it.</param>
    /// <param name="delivery">The delivery, without its cursor.</param>
    /// <param name="toWake">As for <see cref="Offer"/>.</param>
    /// <returns>Full when it must be read later by a client that is there.</returns>
    internal OfferOutcome OfferFromLog(LogSource source, long key, in Delivery delivery, out ClientConnection? toWake)
    {
        toWake = null;
        lock (_gate)
        {
            if (!_cursors.TryGetValue(source.Number, out LogCursor? cursor))
            {
                if (Connection is null) return OfferOutcome.Absent;
                cursor = AddCursor(source, key);
            }
            if (cursor.IsBehind || key < cursor.Next) return OfferOutcome.Taken;
            if (Connection is null)
            {
                if (cursor.IsKept && delivery.Qos > 0) cursor.FallBehind(key);
                return OfferOutcome.Absent;
            }
            toWake = WakeDue();
            if (_outbox.TryAdd(delivery with { Cursor = cursor, Key = key }))
            {
                cursor.Give(key);
                return OfferOutcome.Taken;
            }
            cursor.FallBehind(key);
            return OfferOutcome.Full;
        }
    }

    /// <summary>Whether a message of a log that comes now could be taken, or noted as missed. A cheap look before the message is made.</summary>
    internal bool Follows(LogSource source)
    {
        lock (_gate) return _cursors.TryGetValue(source.Number, out LogCursor? cursor) ? !cursor.IsBehind && (Connection is not null || cursor.IsKept) : Connection is not null;
    }

    /// <summary>Makes sure that the session stands somewhere in a log, and that this place is kept while its client is away.</summary>
    /// <returns>Whether that is new.</returns>
    internal bool Follow(LogSource source, long from)
    {
        lock (_gate)
        {
            if (!_cursors.TryGetValue(source.Number, out LogCursor? cursor)) cursor = AddCursor(source, from);
            bool isNew = !cursor.IsKept;
            cursor.IsKept = true;
            return isNew;
        }
    }

    /// <summary>Puts a place in that was kept on disk.</summary>
    internal void Restore(LogSource source, long acknowledgedBelow, long sentBelow)
    {
        lock (_gate)
        {
            _cursors.Remove(source.Number);
            LogCursor cursor = AddCursor(source, acknowledgedBelow);
            cursor.IsKept = true;
            cursor.IsBehind = true;
            cursor.SentBelow = sentBelow;
        }
    }

    /// <summary>Forgets its place in a log that is gone.</summary>
    internal void Forget(long source)
    {
        lock (_gate) _cursors.Remove(source);
    }

    /// <summary>Something was added to the log of what waits for this session alone.</summary>
    internal void NoteQueued(LogSource queue)
    {
        ClientConnection? toWake = null;
        lock (_gate)
        {
            if (!_cursors.TryGetValue(queue.Number, out LogCursor? cursor)) return;
            cursor.IsBehind = true;
            if (Connection is not null) toWake = WakeDue();
        }
        toWake?.Wake();
    }

    /// <summary>Takes a new connection.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="receiveMaximum">Deliveries that its client wants unacknowledged at most.</param>
    /// <returns>The connection that it takes the place of, null for none.</returns>
    internal ClientConnection? Attach(ClientConnection connection, int receiveMaximum)
    {
        lock (_gate)
        {
            ClientConnection? before = Connection;
            if (before is not null) PutBack();
            Connection = connection;
            DisconnectedAt = 0;
            _inflight.Max = Math.Clamp(receiveMaximum, 1, MqttLimits.InflightMax);
            _isWakeDue = false;
            NoteStanding(connection);
            return before;
        }
    }

    /// <summary>Lets a connection go that ends.</summary>
    /// <returns>False when another has taken its place already.</returns>
    internal bool Detach(ClientConnection connection, long now)
    {
        lock (_gate)
        {
            if (Connection != connection) return false;
            Connection = null;
            DisconnectedAt = now;
            NoteStanding(null);
            PutBack();
            return true;
        }
    }

    /// <summary>Writes what waits to a connection, as much as is worth one call to the system and as the client may have unacknowledged.</summary>
    /// <returns>Bytes written; 0 when there is nothing to write.</returns>
    internal int Fill(ClientConnection connection, PipeWriter output)
    {
        lock (_gate)
        {
            if (Connection != connection) return 0;
            _isWakeDue = false;
            int written = 0;
            while (written < FlushBytes && _outbox.Count > 0 && (_outbox.First.Qos == 0 || _inflight.IsOpen)) written += Send(_outbox.Take(), connection, output);
            if (_outbox.Count == 0) _outbox.TrimIfLarge();
            return written;
        }
    }

    /// <summary>Takes an acknowledgement.</summary>
    /// <returns>False when nothing waited for it.</returns>
    internal bool Acknowledge(ClientConnection connection, ushort number)
    {
        lock (_gate) return Connection == connection && _inflight.Acknowledge(number);
    }

    /// <summary>Places in logs that are kept while the client is away: number of the log, acknowledged below, sent below.</summary>
    /// <param name="all">Also those that did not change since they were taken last.</param>
    internal IReadOnlyList<(long Source, long AcknowledgedBelow, long SentBelow)> TakePlaces(bool all)
    {
        lock (_gate)
        {
            var places = new List<(long, long, long)>();
            foreach (LogCursor cursor in _cursors.Values)
                if (cursor.IsKept && (cursor.TryTakeMove() || all)) places.Add((cursor.Source.Number, cursor.AcknowledgedBelow, Math.Max(cursor.Next, cursor.SentBelow)));
            return places;
        }
    }

    /// <summary>Everything below this key in the session's own queue is acknowledged.</summary>
    internal long QueueAcknowledgedBelow
    {
        get { lock (_gate) return _cursors.TryGetValue(0, out LogCursor? cursor) ? cursor.AcknowledgedBelow : 0; }
    }

    /// <summary>Gives up its places in channels that no subscription wants any more: what comes until it subscribes again is not for it.</summary>
    private void LeaveChannels()
    {
        foreach (LogCursor cursor in _cursors.Values.ToArray())
        {
            long source = cursor.Source.Number;
            if (source == 0 || _subscriptions.Values.Any(subscription => subscription.Group is null && ChannelInterest.Covers(subscription.Filter.Levels, source))) continue;
            _cursors.Remove(source);
        }
    }

    private LogCursor AddCursor(LogSource source, long from)
    {
        var cursor = new LogCursor(source, from);
        _cursors.Add(source.Number, cursor);
        return cursor;
    }

    private ClientConnection? WakeDue()
    {
        if (_isWakeDue) return null;
        _isWakeDue = true;
        return Connection;
    }

    private int Send(in Delivery delivery, ClientConnection connection, PipeWriter output)
    {
        _sent++;
        if (PublishFrame.SizeOf(delivery, connection.IsVersion5) > connection.PacketBytesMax)
        {
            // The client said that it does not take packets of this size (MQTT 5, 3.1.2.11.4): for it the message is done with.
            delivery.Cursor?.Release();
            connection.CountTooLarge();
            return 0;
        }
        ushort number = 0;
        if (delivery.Qos > 0) number = _inflight.Add(delivery);
        else delivery.Cursor?.Release();
        return PublishFrame.Write(output, delivery, number, delivery.Qos > 0 && delivery.Key < delivery.Cursor?.SentBelow, connection.IsVersion5);
    }

    /// <summary>Gives what waits in memory back to the logs that have it; the rest is lost with the connection, as QoS allows or the session's length says.</summary>
    private void PutBack()
    {
        while (_outbox.Count > 0)
        {
            Delivery delivery = _outbox.Take();
            if (delivery.Cursor is not { } cursor) continue;
            if (cursor.IsKept && delivery.Qos > 0) cursor.TakeBack(delivery.Key);
            else cursor.Release();
        }
        _outbox.TrimIfLarge();
        _replays.Clear();
        if (!IsPersistent) return;
        _inflight.DropPayloads();
        foreach (LogCursor cursor in _cursors.Values.Where(cursor => !cursor.IsKept && cursor.Outstanding == 0).ToArray()) _cursors.Remove(cursor.Source.Number);
    }
}
