using Gateway.Codecs;

namespace Gateway.Host.Inspection;

/// <summary>Takes bytes through framer and decoder as a connection would, and keeps what happened: for decode, explain, selftest and the simulator.</summary>
internal static class InputDecoder
{
    /// <summary>Most frames of one input.</summary>
    public const int FramesMax = 100_000;

    /// <summary>Cuts and decodes everything in <paramref name="input"/>.</summary>
    /// <param name="codec">The protocol.</param>
    /// <param name="session">The connection's session, changed as decoding changes it. Its clock must be set.</param>
    /// <param name="input">All bytes of a connection, or one datagram.</param>
    public static DecodedInput Decode(Codec codec, Session session, byte[] input)
    {
        List<DecodedFrame> frames = [];
        int position = 0;
        FrameStatus end = FrameStatus.NeedMore;
        while (position < input.Length && frames.Count < FramesMax)
        {
            ReadOnlySpan<byte> unread = input.AsSpan(position);
            FrameResult cut = codec.TryFrame(unread, session);
            end = cut.Status;
            if (cut.Status is not FrameStatus.Frame)
            {
                if (cut.Status is FrameStatus.NeedMore && cut.Consumed > 0)
                {
                    position += cut.Consumed;
                    continue;
                }
                break;
            }

            byte[] bytes = cut.FrameOf(unread, session).ToArray();
            frames.Add(Decode(codec, session, bytes, cut.InScratch ? -1 : position + cut.Start) with { ConsumedTo = position + cut.Consumed });
            // A framer that takes nothing would never end.
            if (cut.Consumed <= 0) break;
            position += cut.Consumed;
        }
        return new DecodedInput(frames, position >= input.Length ? FrameStatus.Frame : end, position);
    }

    private static DecodedFrame Decode(Codec codec, Session session, byte[] bytes, int start)
    {
        Trace trace = new();
        TraceSink sink = new(trace);
        ReplyWriter reply = new();
        int identBefore = session.IdentVersion;
        long checksumErrorsBefore = session.ChecksumErrors;
        DecodeStatus status = codec.Decode(bytes, session, ref sink, reply);
        return new DecodedFrame(
            bytes, start, status, trace, reply.Written.ToArray(), session.IdentVersion != identBefore, (int)(session.ChecksumErrors - checksumErrorsBefore),
            status is DecodeStatus.Ok ? 0 : session.FailedLine, status is DecodeStatus.Ok ? 0 : session.FailedOffset);
    }
}

/// <summary>What became of an input.</summary>
/// <param name="Frames">The frames in order.</param>
/// <param name="End"><see cref="FrameStatus.Frame"/> when all bytes belong to frames, else why the rest is none.</param>
/// <param name="Consumed">Bytes of the input that are done with.</param>
internal sealed record DecodedInput(IReadOnlyList<DecodedFrame> Frames, FrameStatus End, int Consumed)
{
    /// <summary>Everything was framed and decoded.</summary>
    public bool IsWhole => End is FrameStatus.Frame && Frames.All(frame => frame.Status is DecodeStatus.Ok);

    /// <summary>The messages of all frames.</summary>
    public IEnumerable<TraceMessage> Messages => Frames.SelectMany(frame => frame.Trace.Messages);

    /// <summary>The replies of all frames, one behind the other.</summary>
    public byte[] Reply => [.. Frames.SelectMany(frame => frame.Reply)];
}

/// <summary>One frame and what the decoder did with it.</summary>
/// <param name="Bytes">The frame, unescaped.</param>
/// <param name="Start">Where it lies in the input; -1 when it was unescaped or unpacked.</param>
/// <param name="Status">What the decoder said.</param>
/// <param name="Trace">What it read.</param>
/// <param name="Reply">What it answers.</param>
/// <param name="SetIdent">The frame told who the device is.</param>
/// <param name="ChecksumErrors">Wrong checksums in it.</param>
/// <param name="FailedLine">Line of the spec at which it was refused, 0 when it was not.</param>
/// <param name="FailedOffset">Offset in the frame at which it was refused.</param>
internal sealed record DecodedFrame(
    byte[] Bytes, int Start, DecodeStatus Status, Trace Trace, byte[] Reply, bool SetIdent, int ChecksumErrors, int FailedLine, int FailedOffset)
{
    /// <summary>Bytes of the input that were done with after the frame.</summary>
    public int ConsumedTo { get; init; }
}
