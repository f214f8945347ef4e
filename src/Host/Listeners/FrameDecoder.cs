using Gateway.Codecs;
using Gateway.Host.Channels;

namespace Gateway.Host.Listeners;

/// <summary>What became of the bytes of one read.</summary>
/// <param name="MoreFrames">The batch is full; the rest of the bytes may hold more frames.</param>
/// <param name="Ending">Why the connection has to end once the batch is stored; <see cref="CloseCode.Open"/> to go on.</param>
internal readonly record struct DecodeVerdict(bool MoreFrames, CloseCode Ending);

/// <summary>The synchronous half of a pump: bytes → frames → messages and replies. Allocates nothing per frame.</summary>
internal sealed class FrameDecoder(ILogger<FrameDecoder> logger, IDeviceAdmission? devices = null)
{
    /// <summary>Frames in a row that match nothing in the spec, after which a connection that was understood before is closed.</summary>
    internal const int UnknownInRowMax = 256;

    /// <summary>The same for a connection of which no frame was ever understood.</summary>
    internal const int UnknownBeforeFirstMax = 8;

    /// <summary>Cuts and decodes the frames in <paramref name="input"/>.</summary>
    /// <param name="connection">Whose bytes they are; its ident is claimed when the frames tell one.</param>
    /// <param name="input">All unread bytes in one piece, or one datagram.</param>
    /// <param name="batch">Takes messages and replies.</param>
    /// <param name="seen">How many of these bytes were in the input before.</param>
    /// <param name="isDatagram">Nothing comes after these bytes, and the batch takes all of them.</param>
    /// <param name="consumed">How many bytes are done with.</param>
    internal DecodeVerdict Decode(DeviceConnection connection, ReadOnlySpan<byte> input, DecodeBatch batch, int seen, bool isDatagram, out int consumed)
    {
        connection.FollowCodec();
        connection.FollowDevice();
        connection.Traffic.BeginRead(seen);
        Session session = connection.Session;
        var sink = new MessageSink(batch.Messages);
        int messagesAtStart = batch.Messages.Count, replyBytesAtStart = batch.Reply.Length;
        int replyBytesBefore = replyBytesAtStart;
        batch.Messages.SetPeer(connection.PeerAscii);
        session.NowUs = connection.Channel.NowUs;
        consumed = 0;
        try
        {
            DecodeVerdict verdict = DecodeFrames(connection, input, batch, ref sink, isDatagram, ref consumed, ref replyBytesBefore);
            if (Settle(connection)) return verdict;

            // Nothing of a device that is refused is stored or answered, not even what came with its ident.
            batch.Messages.Truncate(messagesAtStart);
            batch.Reply.Truncate(replyBytesAtStart);
            Interlocked.Increment(ref connection.Channel.Counters.DevicesRefused);
            connection.Traffic.Refused(0, PacketRefusal.DeviceRefused);
            return new DecodeVerdict(false, CloseCode.Disabled);
        }
        catch (Exception exception)
        {
            // A fault of the codec, not of the peer: what the frame left behind is taken back, the frames before it stay.
            sink.AbandonFrame();
            batch.Reply.Truncate(replyBytesBefore);
            Interlocked.Increment(ref connection.Channel.Counters.CodecFaults);
            connection.Traffic.Refused(consumed, PacketRefusal.CodecFault);
            ListenerLog.CodecFault(logger, exception, connection.Channel.Id, connection.Source, new HexSample(input[consumed..]));
            return new DecodeVerdict(false, CloseCode.InternalError);
        }
    }

    private DecodeVerdict DecodeFrames(
        DeviceConnection connection, ReadOnlySpan<byte> input, DecodeBatch batch, ref MessageSink sink, bool isDatagram, ref int consumed, ref int replyBytesBefore)
    {
        Codec codec = connection.Codec;
        ChannelCounters counters = connection.Channel.Counters;
        Session session = connection.Session;
        int decoded = 0, identVersion = session.IdentVersion;
        CloseCode ending = CloseCode.Open;
        bool moreFrames = false;

        while (consumed < input.Length)
        {
            ReadOnlySpan<byte> unread = input[consumed..];
            FrameResult frame = codec.TryFrame(unread, session);
            if (frame.Status is FrameStatus.NeedMore)
            {
                consumed += frame.Consumed;
                if (codec.Info.Http) HttpAnswers.Continue(batch.Reply, input[consumed..]);
                if (isDatagram && consumed < input.Length)
                {
                    counters.Count(DecodeStatus.Truncated);
                    connection.Traffic.Refused(consumed, PacketRefusal.Truncated);
                }
                break;
            }
            if (frame.Status is not FrameStatus.Frame)
            {
                counters.Count(frame.Status);
                connection.Traffic.Refused(consumed, PacketNote.Reason(frame.Status));
                if (codec.Info.Http) HttpAnswers.Refuse(batch.Reply, codec.Info, frame.Status, unread);
                ending = connection.FramesDecoded + decoded == 0 ? CloseCode.ProtocolMismatch : CloseCode.ProtocolViolation;
                ListenerLog.BadFrame(logger, connection.Channel.Id, connection.Source, frame.Status, new HexSample(unread));
                break;
            }

            replyBytesBefore = batch.Reply.Length;
            int messagesBefore = batch.Messages.Count;
            session.AnsweredCommand = 0;
            DecodeStatus status = codec.Decode(frame.FrameOf(unread, session), session, ref sink, batch.Reply);
            if (session.IdentVersion != identVersion)
            {
                identVersion = session.IdentVersion;
                connection.Traffic.IdentTold(hasEarlierFrames: decoded > 0);
            }
            if (status is DecodeStatus.TooLarge && batch.Messages.Count > 0 && !isDatagram)
            {
                moreFrames = true;      // it may fit a batch of its own
                break;
            }
            int start = consumed;
            consumed += frame.Consumed;
            if (status is DecodeStatus.Ok)
            {
                decoded++;
                connection.Traffic.Decoded(start, consumed, batch.Messages.Count);
                connection.UnknownInRow = 0;
                connection.Awaited?.Look(session.AnsweredCommand, batch.Messages, messagesBefore, unread[..frame.Consumed]);
                if (batch.Reply.Overflowed || frame.Consumed == 0)
                {
                    ending = CloseCode.InternalError;
                    break;
                }
                if (batch.IsFull && !isDatagram)
                {
                    moreFrames = consumed < input.Length;
                    break;
                }
                continue;
            }

            counters.Count(FrameStatus.Frame);
            counters.Count(status);
            connection.Traffic.Refused(start, PacketNote.Reason(status));
            ending = EndingOf(status, connection, hasDecoded: connection.FramesDecoded + decoded > 0);
            if (frame.Consumed == 0 && ending is CloseCode.Open) ending = CloseCode.InternalError;
            if (codec.Info.Http) HttpAnswers.Refuse(batch.Reply, codec.Info, status, closes: ending is not CloseCode.Open);
            if (ending is CloseCode.Open) continue;
            ListenerLog.BadContent(logger, connection.Channel.Id, connection.Source, status, session.FailedLine, session.FailedOffset, new HexSample(unread));
            break;
        }

        connection.FramesDecoded += decoded;
        if (decoded > 0) counters.CountDecoded(decoded);
        return new DecodeVerdict(moreFrames, ending);
    }

    /// <summary>Whether a frame that failed ends its connection, and why.</summary>
    private static CloseCode EndingOf(DecodeStatus status, DeviceConnection connection, bool hasDecoded) => status switch
    {
        // A frame nobody described is no crime, many in a row are another protocol. The same for checksums under the strict policy.
        DecodeStatus.Unknown or DecodeStatus.BadChecksum when ++connection.UnknownInRow < (hasDecoded ? UnknownInRowMax : UnknownBeforeFirstMax) => CloseCode.Open,
        DecodeStatus.Unknown => hasDecoded ? CloseCode.Unsupported : CloseCode.ProtocolMismatch,
        // So is a request that can't be read: its sender is told, and may do better.
        _ when connection.Codec.Info.Http && ++connection.UnknownInRow < (hasDecoded ? UnknownInRowMax : UnknownBeforeFirstMax) => CloseCode.Open,
        DecodeStatus.BadChecksum => CloseCode.ProtocolViolation,
        DecodeStatus.NotIdentified => CloseCode.AuthenticationFailed,
        DecodeStatus.TooLarge => CloseCode.ProtocolViolation,
        _ => hasDecoded ? CloseCode.ParsingError : CloseCode.ProtocolMismatch,
    };

    /// <summary>Carries what the session counted over to the channel, and claims the ident it learned.</summary>
    /// <returns>False when the ident is that of a device that may not connect; then it is not claimed.</returns>
    private bool Settle(DeviceConnection connection)
    {
        Session session = connection.Session;
        ChannelCounters counters = connection.Channel.Counters;
        if (session.ChecksumErrors != connection.ChecksumErrorsSeen)
        {
            Interlocked.Add(ref counters.ChecksumErrors, session.ChecksumErrors - connection.ChecksumErrorsSeen);
            connection.ChecksumErrorsSeen = session.ChecksumErrors;
        }
        if (session.DroppedValues != connection.DroppedValuesSeen)
        {
            Interlocked.Add(ref counters.DroppedValues, session.DroppedValues - connection.DroppedValuesSeen);
            connection.DroppedValuesSeen = session.DroppedValues;
        }
        // Who has not sent one good frame yet could push a device off its line with nothing but its number.
        if (session.IdentVersion == connection.IdentVersionClaimed || connection.FramesDecoded == 0) return true;
        if (devices?.IsRefused(connection) is true) return false;
        connection.Channel.Connections.Claim(connection);
        devices?.Link(connection);
        return true;
    }
}
