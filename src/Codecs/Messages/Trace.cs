namespace Gateway.Codecs;

/// <summary>What a decoder did, in order, and the messages that came of it: for explain, tests and the simulator. Written by <see cref="TraceSink"/>.</summary>
public sealed class Trace
{
    /// <summary>Most events of one trace; more make the frame too large.</summary>
    public const int EventsMax = 1_000_000;

    internal readonly List<TraceEvent> EventList = [];

    /// <summary>Everything that happened, in order.</summary>
    public IReadOnlyList<TraceEvent> Events => EventList;

    /// <summary>The value of <c>peer</c> in every message, as <see cref="MessageBuffer.SetPeer(string)"/> does it; empty for none.</summary>
    public string Peer { get; set; } = "";

    /// <summary>The finished messages, common values first in each; put together at each call.</summary>
    public IReadOnlyList<TraceMessage> Messages
    {
        get
        {
            List<TraceMessage> messages = [];
            List<TraceValue> common = [];
            List<TraceValue>? current = null;
            foreach (TraceEvent e in EventList)
            {
                switch (e.Kind)
                {
                    case TraceEventKind.BeginFrame: common = []; current = null; break;
                    case TraceEventKind.BeginMessage: current = [.. common]; break;
                    case TraceEventKind.EndMessage when current is not null:
                        messages.Add(new TraceMessage(current));
                        current = null;
                        break;
                    case TraceEventKind.Value: (current ?? common).Add(e.Value!); break;
                    default: break;
                }
            }
            return messages;
        }
    }

    /// <summary>Forgets everything but the peer.</summary>
    public void Clear() => EventList.Clear();
}

/// <summary>What an event of a trace is.</summary>
public enum TraceEventKind : byte
{
    /// <summary>The decoder began a frame.</summary>
    BeginFrame,
    /// <summary>A message began.</summary>
    BeginMessage,
    /// <summary>A message ended.</summary>
    EndMessage,
    /// <summary>Bytes were read as a field.</summary>
    Field,
    /// <summary>Bytes were looked at: <see cref="TraceEvent.Index"/> is the line of the spec, <see cref="TraceEvent.StoredAt"/> the <see cref="LookKind"/>.</summary>
    Look,
    /// <summary>A checksum was tested.</summary>
    Check,
    /// <summary>A value was written; outside a message it is a common one of the messages that follow.</summary>
    Value,
}

/// <summary>One event of a trace.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Index">Index of the field in <see cref="ProtocolInfo.Fields"/>, or of the checksum in <see cref="ProtocolInfo.Checks"/>; -1 for others.</param>
/// <param name="Start">First byte of the frame that it is about.</param>
/// <param name="Length">How many bytes.</param>
/// <param name="StoredAt">Where the checksum is stored; -1 for others.</param>
/// <param name="Correct">False for a wrong checksum, else true.</param>
/// <param name="Value">The value, for <see cref="TraceEventKind.Value"/>.</param>
public readonly record struct TraceEvent(TraceEventKind Kind, int Index, int Start, int Length, int StoredAt, bool Correct, TraceValue? Value);

/// <summary>A value of a message and where it came from.</summary>
/// <param name="Name">Full name, e.g. <c>din.3</c>.</param>
/// <param name="Key">Dictionary key, 0 for an open name.</param>
/// <param name="Value">long, double, bool or string; for a time a long of µs since 1970.</param>
/// <param name="IsTime">The value is a time.</param>
/// <param name="Field">Index of the field in <see cref="ProtocolInfo.Fields"/>, -1 when it came from no field (ident, peer, the server's time, constants before the first field).</param>
/// <param name="Start">First byte in the frame.</param>
/// <param name="Length">How many bytes.</param>
public sealed record TraceValue(string Name, int Key, object Value, bool IsTime, int Field, int Start, int Length);

/// <summary>A finished message of a trace.</summary>
/// <param name="Values">Its values in the order in which they were written; when a name comes twice, the last one counts.</param>
public sealed record TraceMessage(IReadOnlyList<TraceValue> Values)
{
    /// <summary>The value that counts for a name, or null.</summary>
    public TraceValue? Find(string name)
    {
        for (int i = Values.Count - 1; i >= 0; i--)
            if (Values[i].Name == name) return Values[i];
        return null;
    }
}
