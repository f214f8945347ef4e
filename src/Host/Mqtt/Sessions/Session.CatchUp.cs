using System.IO.Pipelines;
using Gateway.Host.Channels;
using Gateway.Host.Mqtt.Connections;
using Gateway.Host.Mqtt.Routing;
using Gateway.Host.Mqtt.Wire;
using Gateway.Storage;

namespace Gateway.Host.Mqtt.Sessions;

internal sealed partial class Session
{
    private const int PageCountMax = 256;
    private const int PageBytesMax = 256 * 1024;

    private long _lastRead;

    /// <summary>Reads on in one of the logs that the session is behind in, into the room that the outbox has.</summary>
    /// <returns>True when something was done: look again for something to write.</returns>
    internal async ValueTask<bool> CatchUpAsync(ClientConnection connection, CancellationToken cancellationToken)
    {
        if (NextBehind(connection) is not { } cursor) return false;
        MessagePage page = MessagePages.Rent();
        try
        {
            int bytesMax = PageBytesMax;
            while (true)
            {
                await cursor.Source.Log.ReadAsync(cursor.Next, PageCountMax, bytesMax, page, cancellationToken).ConfigureAwait(false);
                if (Take(connection, cursor, page)) return true;
                bytesMax *= 2;      // a message of several records did not fit the page
            }
        }
        finally
        {
            MessagePages.Return(page);
        }
    }

    /// <summary>Sends again what a client that is back has not acknowledged, with its old numbers, before anything new.</summary>
    internal async ValueTask ResendAsync(ClientConnection connection, PipeWriter output, CancellationToken cancellationToken)
    {
        ushort[] numbers;
        lock (_gate) numbers = [.. Enumerable.Range(0, _inflight.Count).Select(_inflight.NumberAt)];
        MessagePage page = MessagePages.Rent();
        try
        {
            foreach (ushort number in numbers)
            {
                Delivery? known = Unacknowledged(connection, number);
                if (known is not { } delivery) continue;
                if (delivery.Publication is null && !await TryReadAgainAsync(delivery, page, cancellationToken).ConfigureAwait(false)) delivery = default;
                else if (delivery.Publication is null) delivery = ReadAgain(delivery, page);
                lock (_gate)
                {
                    if (Connection != connection) return;
                    // What the log no longer has can't be sent: it expired, or was deleted.
                    if (delivery.Publication is null) _inflight.Acknowledge(number);
                    else PublishFrame.Write(output, delivery, number, isDuplicate: true, connection.IsVersion5);
                }
                if (output.UnflushedBytes > FlushBytes && (await output.FlushAsync(cancellationToken).ConfigureAwait(false)).IsCompleted) return;
            }
        }
        finally
        {
            MessagePages.Return(page);
        }
    }

    private static async ValueTask<bool> TryReadAgainAsync(Delivery delivery, MessagePage page, CancellationToken cancellationToken)
    {
        await delivery.Cursor!.Source.Log.ReadAsync(delivery.Key, PageCountMax, MqttLimits.PacketBytesMax * 2, page, cancellationToken).ConfigureAwait(false);
        return page.Count > 0 && page.Key(0) == delivery.Key;
    }

    private Delivery ReadAgain(Delivery delivery, MessagePage page)
    {
        int index = 0;
        LogReader reader = delivery.Cursor!.Source.OpenReader(this);
        return reader.TryRead(page, ref index, out Delivery read) is LogReading.Wanted ? read with { Cursor = delivery.Cursor, Key = delivery.Key, Qos = 1 } : default;
    }

    private Delivery? Unacknowledged(ClientConnection connection, ushort number)
    {
        lock (_gate) return Connection == connection && _inflight.PlaceOf(number) is >= 0 and int place ? _inflight.At(place) : null;
    }

    /// <summary>A log to read on in: each in turn, so that a long one does not hold up the others.</summary>
    private LogCursor? NextBehind(ClientConnection connection)
    {
        lock (_gate)
        {
            if (Connection != connection || !_outbox.HasRoom) return null;
            LogCursor? first = null, next = null;
            foreach (LogCursor cursor in _cursors.Values)
            {
                if (!cursor.IsBehind) continue;
                long number = cursor.Source.Number;
                if (first is null || number < first.Source.Number) first = cursor;
                if (number > _lastRead && (next is null || number < next.Source.Number)) next = cursor;
            }
            next ??= first;
            if (next is not null) _lastRead = next.Source.Number;
            return next;
        }
    }

    /// <summary>Takes a page that was read.</summary>
    /// <returns>False when not even its first message is whole.</returns>
    private bool Take(ClientConnection connection, LogCursor cursor, MessagePage page)
    {
        lock (_gate)
        {
            if (Connection != connection || !cursor.IsBehind) return true;
            if (page.SkippedToHead && cursor.Next > 0) connection.CountMissed();
            int index = 0;
            cursor.Reader ??= cursor.Source.OpenReader(this);
            while (index < page.Count)
            {
                int start = index;
                long key = page.Key(start);
                LogReading reading = cursor.Reader.TryRead(page, ref index, out Delivery delivery);
                if (reading is LogReading.Cut) return start > 0;
                if (reading is LogReading.Wanted && !_outbox.TryAdd(delivery with { Cursor = cursor, Key = key }))
                {
                    cursor.FallBehind(key);
                    return true;
                }
                if (reading is LogReading.Wanted) cursor.Give(key);
                cursor.Next = index < page.Count ? page.Key(index) : page.NextKey;
            }
            cursor.Next = Math.Max(cursor.Next, page.NextKey);
            cursor.PassOver();
            if (page.Count > 0) return true;
            // In step: from here on messages are given to us as they come. Nothing can come between, since who gives them needs the gate.
            cursor.IsBehind = !cursor.Source.TryJoin(cursor.Next);
            if (!cursor.IsBehind) cursor.Reader = null;
            return true;
        }
    }
}
