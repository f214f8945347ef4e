using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Gateway.Host.Channels;
using Gateway.Host.Devices.Commands;
using Gateway.Storage;

namespace Gateway.Host.Listeners;

/// <summary>
/// Serves one TCP connection from its first byte to its last: bytes in, messages stored, replies out. This file tells the story of the gateway:
/// read → frames → messages → one append for all frames of the read → one write of their replies.
/// </summary>
/// <remarks>A reply leaves after the append it stands for is durable, so a device that saw it can forget the message. When in doubt none is sent: the device sends again.</remarks>
internal sealed class ConnectionPump(FrameDecoder decoder, AppendPatience patience, DecodeBatchPool batches, ILogger<ConnectionPump> logger, CommandDelivery? commands = null)
{
    /// <summary>Serves the connection until it ends. Faults of the peer are close codes here, never exceptions.</summary>
    internal async Task ServeAsync(TcpConnection connection)
    {
        try
        {
            connection.Traffic.Connected();
            await PumpAsync(connection).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is SocketException or IOException or ObjectDisposedException or InvalidOperationException && !connection.Socket.Connected)
        {
            connection.TrySetCloseCode(CloseCode.Unexpected);       // reset by the peer, or left by force
        }
        catch (Exception exception)
        {
            if (exception is not SocketException) ListenerLog.PumpFault(logger, exception, connection.Channel.Id, connection.Source);
            connection.TrySetCloseCode(exception is SocketException ? CloseCode.Unexpected : CloseCode.InternalError);
        }
        finally
        {
            connection.Dispose();
            connection.Traffic.Disconnected();
            connection.Channel.Connections.Remove(connection);
        }
    }

    private async Task PumpAsync(TcpConnection connection)
    {
        Channel channel = connection.Channel;
        bool moreFrames = false, isWoken = false;
        while (true)
        {
            if (!isWoken) connection.Touch();
            connection.Phase = PumpPhase.Reading;
            ReadResult read = moreFrames && connection.CarriedLength > 0 ? default : await connection.Input.ReadAsync().ConfigureAwait(false);
            if (connection.CloseCode is not CloseCode.Open) return;
            isWoken = read.IsCanceled && !read.IsCompleted && !moreFrames && read.Buffer.Length == connection.BytesSeen;
            if (isWoken)
            {
                // For a command; of the device there is nothing new.
                connection.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                if (IsCommandDue(connection)) await commands!.SendAsync(connection).ConfigureAwait(false);
                continue;
            }

            long receivedBefore = connection.BytesReceived;
            DecodeBatch batch = batches.Rent();
            DecodeVerdict verdict = DecodeRead(connection, read.Buffer, batch);     // synchronous, allocates nothing
            moreFrames = verdict.MoreFrames;

            connection.Phase = PumpPhase.Appending;
            int messages = batch.Messages.Count;
            if (messages > 0)
            {
                AppendResult appended = await channel.Log.AppendAsync(batch.Seal(channel.NowUs), CancellationToken.None).ConfigureAwait(false);
                batch.FirstKey = appended.FirstKey;
                if (appended.Status is not AppendStatus.Appended && !await patience.AppendLaterAsync(connection, batch, appended.Status).ConfigureAwait(false)) return;
                connection.Traffic.Stored(batch.FirstKey);
                connection.Messages += messages;
                Interlocked.Add(ref channel.Counters.Messages, messages);
                connection.TellAnswer();
            }

            if (batch.Reply.Length > 0)
            {
                connection.Touch();
                connection.Phase = PumpPhase.Replying;
                ReadOnlyMemory<byte> reply = batch.Reply.WrittenMemory;
                while (reply.Length > 0) reply = reply[await connection.Socket.SendAsync(reply, SocketFlags.None).ConfigureAwait(false)..];
                connection.Traffic.Sent(batch.Reply.Written);
                connection.BytesSent += batch.Reply.Length;
                Interlocked.Add(ref channel.Counters.BytesSent, batch.Reply.Length);
            }
            batches.Return(batch);
            // The device has just been heard, and has its replies: the best moment to reach it.
            if (verdict.Ending is CloseCode.Open && !read.IsCompleted && IsCommandDue(connection)) await commands!.SendAsync(connection).ConfigureAwait(false);

            if (verdict.Ending is not CloseCode.Open)
            {
                connection.TrySetCloseCode(verdict.Ending);
                if (connection.Codec.Info.Http) await connection.LingerAsync().ConfigureAwait(false);
                return;
            }
            if (read.IsCompleted && !moreFrames)
            {
                connection.TrySetCloseCode(CloseCode.ClosedByDevice);
                return;
            }
            if (channel.Minute.Use(channel.Settings, messages, connection.BytesReceived - receivedBefore) is > 0 and int limit
                && !await patience.WaitForNextMinuteAsync(connection, limit).ConfigureAwait(false)) return;
        }
    }

    private bool IsCommandDue(TcpConnection connection) => commands is not null && CommandDelivery.IsDue(connection);

    /// <summary>Decodes what was read, and tells the pipe how much of it is done with.</summary>
    private DecodeVerdict DecodeRead(TcpConnection connection, in ReadOnlySequence<byte> unread, DecodeBatch batch)
    {
        if (!unread.IsSingleSegment || connection.CarriedLength > 0) return DecodeStraddling(connection, unread, batch);

        long buffered = unread.Length;
        int seen = (int)connection.BytesSeen;
        DecodeVerdict verdict = decoder.Decode(connection, unread.FirstSpan, batch, seen, isDatagram: false, out int consumed);
        connection.Traffic.Received(unread.FirstSpan[seen..], consumed, batch.Messages.Count);
        CountReceived(connection, buffered - connection.BytesSeen);
        connection.BytesSeen = buffered - consumed;

        SequencePosition done = unread.GetPosition(consumed);
        connection.Input.AdvanceTo(done, examined: verdict.MoreFrames ? done : unread.End);
        return verdict;
    }

    /// <summary>The twin for frames that lie in several segments: bytes are copied together, each of them once, until they end with a frame.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private DecodeVerdict DecodeStraddling(TcpConnection connection, in ReadOnlySequence<byte> unread, DecodeBatch batch)
    {
        int received = 0;
        if (!unread.IsEmpty)
        {
            connection.Carry(unread);
            received = (int)(unread.Length - connection.BytesSeen);
            CountReceived(connection, received);
            connection.BytesSeen = 0;
            connection.Input.AdvanceTo(unread.End);
        }
        DecodeVerdict verdict = decoder.Decode(connection, connection.Carried, batch, connection.CarriedLength - received, isDatagram: false, out int consumed);
        connection.Traffic.Received(connection.Carried[^received..], consumed, batch.Messages.Count);
        connection.DropCarried(consumed);
        return verdict;
    }

    private static void CountReceived(TcpConnection connection, long bytes)
    {
        connection.BytesReceived += bytes;
        Interlocked.Add(ref connection.Channel.Counters.BytesReceived, bytes);
    }
}
