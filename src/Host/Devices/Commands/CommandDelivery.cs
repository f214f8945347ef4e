using System.Data.Common;
using System.Net.Sockets;
using Gateway.Codecs;
using Gateway.Host.Channels;
using Gateway.Host.Listeners;

namespace Gateway.Host.Devices.Commands;

/// <summary>Sends what is due to devices, from the threads of the pumps: they alone write to connections and know their sessions.</summary>
internal sealed class CommandDelivery(CommandStore store, TimeProvider clock, ILogger<CommandDelivery> logger)
{
    private const long MicrosecondsPerSecond = 1_000_000;

    /// <summary>Whether a connection's device waits for a command.</summary>
    internal static bool IsDue(DeviceConnection connection) => connection.CloseCode is CloseCode.Open && connection.Device is { IsCommandDue: true };

    /// <summary>Sends the commands that are due, one after the other while nothing has to be waited for.</summary>
    internal async ValueTask SendAsync(TcpConnection connection)
    {
        while (IsDue(connection) && connection.Device?.Commands is { } queue && queue.TryTake(connection) is { } command)
        {
            if (!await TryNoteAsync([(queue, command)]).ConfigureAwait(false)) return;
            if (connection.CloseCode is not CloseCode.Open)
            {
                queue.NotSent(command, "The connection ended before it was sent.");
                return;
            }
            var output = new ReplyWriter();
            if (!TryPrepare(connection, queue, command, output)) continue;

            connection.LimitDelivery(TimeLeft(command.Order));
            connection.Phase = PumpPhase.Replying;
            ReadOnlyMemory<byte> rest = output.WrittenMemory;
            while (rest.Length > 0) rest = rest[await connection.Socket.SendAsync(rest, SocketFlags.None).ConfigureAwait(false)..];
            connection.Traffic.Sent(output.Written);
            NoteSent(connection, queue, command, output.Length);
        }
    }

    /// <summary>Takes what is due for the peers of a batch of datagrams: their replies have just gone, so their way is open.</summary>
    /// <returns>What may be sent; its attempts are noted.</returns>
    internal async ValueTask<IReadOnlyList<(UdpPeer Peer, CommandQueue Queue, DeviceCommand Command)>> TakeAsync(IEnumerable<UdpPeer> peers)
    {
        var due = new List<(UdpPeer Peer, CommandQueue Queue, DeviceCommand Command)>();
        foreach (UdpPeer peer in peers)
            if (IsDue(peer) && peer.Device?.Commands is { } queue && queue.TryTake(peer) is { } command) due.Add((peer, queue, command));
        return due.Count > 0 && await TryNoteAsync([.. due.Select(one => (one.Queue, one.Command))]).ConfigureAwait(false) ? due : [];
    }

    /// <summary>Writes the bytes of a command that was taken.</summary>
    /// <returns>False when it may not, or can't, be sent: then it has ended.</returns>
    internal bool TryPrepare(DeviceConnection connection, CommandQueue queue, DeviceCommand command, ReplyWriter output)
    {
        // The connection may have become this device's with its last frame, and the protocol may have been replaced since.
        connection.FollowCodec();
        connection.FollowDevice();
        CommandCatalog catalog = CommandCatalog.Of(connection.Codec);
        connection.Session.CommandNumber = command.Order.Number;
        try
        {
            if (catalog.Encode(command.Order.Name, command.Order.PropertiesJson, connection, output) is { } problem)
            {
                queue.Failed(command, problem);
                return false;
            }
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            CommandLog.EncodeFault(logger, fault, command.Order.Name, connection.Channel.Id);
            queue.Failed(command, "A fault of the codec; the gateway's log has the details.");
            return false;
        }
        if (!queue.MaySend(command)) return false;
        connection.Awaited = catalog.AnswerKey == 0 ? null : new AwaitedAnswer(queue, command, catalog.AnswerKey);
        return true;
    }

    /// <summary>Notes that the bytes of a command were sent.</summary>
    internal static void NoteSent(DeviceConnection connection, CommandQueue queue, DeviceCommand command, int bytes)
    {
        connection.BytesSent += bytes;
        Interlocked.Add(ref connection.Channel.Counters.BytesSent, bytes);
        queue.Sent(command, hasAnswer: connection.Awaited is not null);
    }

    /// <summary>How long bytes of a command may be on their way: until its time is over, or nobody waits for the answer any more.</summary>
    private TimeSpan TimeLeft(CommandOrder order)
    {
        long leftUs = order.ExpiresUs - clock.GetUtcNow().ToUnixTimeUs();
        return TimeSpan.FromMicroseconds(Math.Clamp(leftUs, MicrosecondsPerSecond, order.TimeoutSeconds * MicrosecondsPerSecond));
    }

    /// <summary>Notes attempts on disk before they are made: a command whose sending a crash hides is not sent more often than it may be.</summary>
    private async ValueTask<bool> TryNoteAsync((CommandQueue Queue, DeviceCommand Command)[] taken)
    {
        try
        {
            (long, int)[] attempts = [.. taken.Where(one => !one.Command.Order.IsImmediate).Select(one => (one.Command.Order.Id, one.Command.Attempts))];
            if (attempts.Length > 0) await store.NoteAttemptsAsync(attempts).ConfigureAwait(false);
            return true;
        }
        catch (Exception failure) when (failure is DbException or ObjectDisposedException)
        {
            foreach ((CommandQueue queue, DeviceCommand command) in taken) queue.NotSent(command, "The disk did not take the note of the attempt.");
            return false;
        }
    }
}
