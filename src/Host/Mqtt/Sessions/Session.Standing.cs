using System.Net;
using Gateway.Host.Mqtt.Connections;
using Gateway.Storage;

namespace Gateway.Host.Mqtt.Sessions;

/// <summary>How a session stands, for who looks at it from outside.</summary>
internal sealed partial class Session
{
    /// <summary>Another object after each time that its client came or went: who looks now and then sees that something changed.</summary>
    internal object Standing { get; private set; } = new();

    /// <summary>Address of its client, of the last one while none is there; null when none came since the start of the gateway.</summary>
    internal IPAddress? Address { get; private set; }

    /// <summary>Bytes that wait for it alone, in memory and on disk. What channels' buffers keep anyway is not among them.</summary>
    internal long WaitingBytes
    {
        get
        {
            lock (_gate)
            {
                long bytes = _outbox.BytesOfMemoryAlone();
                if (!_cursors.TryGetValue(0, out LogCursor? cursor)) return bytes;
                LogState queue = cursor.Source.Log.State;
                // What is acknowledged is freed a little later.
                return cursor.AcknowledgedBelow >= queue.NextKey ? bytes : bytes + queue.Bytes;
            }
        }
    }

    /// <summary>Channels in whose buffers there may be messages that it has not acknowledged. Whether they match is known only when they are read.</summary>
    internal IReadOnlyList<long> WaitingChannels
    {
        get
        {
            // In step, and with nothing under way, it was offered all that it wants.
            lock (_gate)
                return [.. _cursors.Values.Where(cursor => cursor.Source.Number != 0 && (cursor.IsBehind || cursor.Outstanding > 0) && cursor.AcknowledgedBelow < cursor.Source.Log.State.NextKey)
                    .Select(cursor => Math.Abs(cursor.Source.Number)).Distinct().Order()];
        }
    }

    private void NoteStanding(ClientConnection? connection)
    {
        Standing = new object();
        if (connection is not null) Address = connection.Remote?.Address;
    }
}
