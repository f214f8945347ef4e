namespace Gateway.Host.Listeners;

/// <summary>Packets of a connection in a row, and which messages of one append they became.</summary>
/// <param name="First">Index of the first packet.</param>
/// <param name="Last">Index of the last.</param>
/// <param name="Skip">Messages of the append before theirs.</param>
/// <param name="Count">How many messages; 0 for none.</param>
internal readonly record struct PacketMessages(int First, int Last, int Skip, int Count);

/// <summary>Counts, while the bytes of one read are decoded, which packets their frames and messages lie in: a frame may have begun in earlier packets, and a read may hold many. Allocates nothing.</summary>
internal struct PacketTally
{
    private int _seen;          // bytes of the input that came with earlier packets
    private int _begun;         // messages of frames that begin there
    private int _ended;         // messages of frames that end there
    private int _waitingFrom;   // the first packet with bytes that are not done with
    private int _refusedAt;     // where the frame begins that was refused

    /// <summary>What packets before the read became; they hold the beginning of a frame that the read completed.</summary>
    internal PacketMessages Earlier { get; private set; }

    /// <summary>What the packets of the read became.</summary>
    internal PacketMessages Own { get; private set; }

    /// <summary>Why bytes of the read were refused; 0 when none were.</summary>
    internal PacketRefusal Refusal { get; private set; }

    /// <summary>Index of the first packet that they lie in; the last one is the last of the read.</summary>
    internal int RefusedFrom { get; private set; }

    /// <summary>A read begins to be decoded.</summary>
    /// <param name="seen">How many of its bytes came with earlier packets.</param>
    internal void Begin(int seen)
    {
        _seen = seen;
        _begun = _ended = 0;
        Refusal = 0;
    }

    /// <summary>A frame was decoded.</summary>
    /// <param name="start">Where it began in the input.</param>
    /// <param name="end">Where it ended.</param>
    /// <param name="messages">Messages of the read so far.</param>
    internal void Decoded(int start, int end, int messages)
    {
        if (start >= _seen) return;
        _begun = messages;
        if (end <= _seen) _ended = messages;
    }

    /// <summary>A frame was refused; the first one of a read counts.</summary>
    internal void Refused(int start, PacketRefusal refusal)
    {
        if (Refusal == 0) (_refusedAt, Refusal) = (start, refusal);
    }

    /// <summary>The read was decoded and its bytes were noted.</summary>
    /// <param name="first">Index of the first packet that was noted.</param>
    /// <param name="next">Index after the last.</param>
    /// <param name="consumed">Bytes of the input that are done with.</param>
    /// <param name="messages">Messages that will be appended.</param>
    internal void End(int first, int next, int consumed, int messages)
    {
        int begun = Math.Min(_begun, messages), ended = Math.Min(_ended, messages);     // of a device that is refused nothing is stored
        Earlier = new PacketMessages(_waitingFrom, first - 1, 0, begun);
        Own = new PacketMessages(first, next - 1, ended, next > first ? messages - ended : 0);
        RefusedFrom = _refusedAt < _seen ? _waitingFrom : first;
        // Else the next frame begins in an earlier packet still; which one is not counted, so they all stay.
        if (consumed >= _seen) _waitingFrom = first + ((consumed - _seen) / Storage.Rings.Ring.BytesMax);
    }
}
