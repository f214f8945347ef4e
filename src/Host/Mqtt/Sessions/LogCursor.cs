using Gateway.Storage;

namespace Gateway.Host.Mqtt.Sessions;

/// <summary>Where a session stands in a log: what it still has to be given, and what it has acknowledged.</summary>
/// <remarks>Guarded by the session. In step with the log it is given messages as they come; behind, it reads them itself from disk, and costs no memory.</remarks>
internal sealed class LogCursor(LogSource source, long next)
{
    private long _taken = -1;

    /// <summary>The log.</summary>
    internal LogSource Source => source;

    /// <summary>Key of the first message that was neither given to the session's client nor passed over.</summary>
    internal long Next { get; set; } = next;

    /// <summary>The place is kept while the client is away.</summary>
    internal bool IsKept { get; set; }

    /// <summary>There may be messages from <see cref="Next"/> on that only the log has.</summary>
    internal bool IsBehind { get; set; }

    /// <summary>Deliveries from here that wait or are not acknowledged.</summary>
    internal int Outstanding { get; set; }

    /// <summary>Messages below this key may have been sent before; they are marked as duplicates.</summary>
    internal long SentBelow { get; set; }

    /// <summary>Reads pages while the session is behind.</summary>
    internal LogReader? Reader { get; set; }

    /// <summary>Everything below this key is acknowledged or was not wanted.</summary>
    internal long AcknowledgedBelow { get; private set; } = next;

    /// <summary>The message with this key waits for the client.</summary>
    internal void Give(long key)
    {
        Next = key + 1;
        Outstanding++;
    }

    /// <summary>The message with this key could not be given: from it on the log is read.</summary>
    internal void FallBehind(long key)
    {
        Next = key;
        IsBehind = true;
        PassOver();
    }

    /// <summary>The message with this key waits no more, and was not sent.</summary>
    internal void TakeBack(long key)
    {
        Outstanding--;
        Next = Math.Min(Next, key);
        IsBehind = true;
    }

    /// <summary>Whether the acknowledged place moved since this was asked last.</summary>
    internal bool TryTakeMove()
    {
        bool isMoved = AcknowledgedBelow != _taken;
        _taken = AcknowledgedBelow;
        return isMoved;
    }

    /// <summary>A delivery is acknowledged, and so are those before it: they are in order.</summary>
    internal void Settle(long key)
    {
        Outstanding--;
        AcknowledgedBelow = Outstanding == 0 ? Next : Math.Max(AcknowledgedBelow, key + 1);
    }

    /// <summary>A delivery is done with that nobody will acknowledge. One before it, of another subscription's QoS, may still be under way.</summary>
    internal void Release()
    {
        Outstanding--;
        PassOver();
    }

    /// <summary>Nothing is outstanding and everything below <see cref="Next"/> was passed over: that is acknowledged too.</summary>
    internal void PassOver()
    {
        if (Outstanding == 0) AcknowledgedBelow = Next;
    }
}

/// <summary>A log that sessions read: a channel's messages, or what waits for one session.</summary>
internal abstract class LogSource
{
    /// <summary>The log.</summary>
    internal abstract IMessageLog Log { get; }

    /// <summary>Tells the logs of a session apart, also on disk: the channel's number, negative for its messages as those of devices; 0 for what waits for one session.</summary>
    internal abstract long Number { get; }

    /// <summary>Whether a session that has everything below a key will be given what comes from there on without reading.</summary>
    internal abstract bool TryJoin(long from);

    /// <summary>Makes a reader for a session.</summary>
    internal abstract LogReader OpenReader(Session session);
}

/// <summary>What became of a record.</summary>
internal enum LogReading
{
    /// <summary>A delivery.</summary>
    Wanted,
    /// <summary>Not for this session.</summary>
    Unwanted,
    /// <summary>It goes on behind the end of the page.</summary>
    Cut,
}

/// <summary>Makes deliveries of a log's pages for one session. One thread at a time.</summary>
internal abstract class LogReader
{
    /// <summary>Reads one message.</summary>
    /// <param name="page">The page.</param>
    /// <param name="index">Its first record; moved behind its last one.</param>
    /// <param name="delivery">The delivery, without its cursor.</param>
    internal abstract LogReading TryRead(MessagePage page, ref int index, out Routing.Delivery delivery);
}
