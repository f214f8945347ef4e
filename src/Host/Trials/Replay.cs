using System.Text;
using Gateway.Codecs;
using Gateway.Host.Inspection;

namespace Gateway.Host.Trials;

/// <summary>Takes recorded traffic through a codec, chunk by chunk as it came, and keeps every frame with its place in the connection.</summary>
internal static class Replay
{
    /// <summary>Replays one connection.</summary>
    /// <param name="codec">The protocol.</param>
    /// <param name="connection">The traffic.</param>
    /// <param name="nowUs">The clock, the same for both sides of a comparison.</param>
    public static ReplayedConnection Run(Codec codec, RecordedConnection connection, long nowUs)
    {
        Session session = codec.CreateSession();
        session.NowUs = nowUs;
        if (connection.Ident is { } ident) session.TrySetIdent(Encoding.UTF8.GetBytes(ident));
        List<ReplayedFrame> frames = [];
        byte[] rest = [];
        long position = 0;          // of the first byte of rest, or of the datagram
        FrameStatus end = FrameStatus.Frame;
        foreach (RecordedChunk chunk in connection.Chunks)
        {
            session.Transport = chunk.Transport;
            bool isDatagram = chunk.Transport is Transport.Udp;
            byte[] input = isDatagram || rest.Length == 0 ? chunk.Bytes : [.. rest, .. chunk.Bytes];
            DecodedInput decoded = InputDecoder.Decode(codec, session, input);
            frames.AddRange(decoded.Frames.Select(frame => new ReplayedFrame(position + frame.ConsumedTo, chunk, frame)));
            end = decoded.End;
            if (isDatagram)
            {
                session.Examined = 0;       // nothing of a datagram waits for the next one
                position += chunk.Bytes.Length;
                continue;
            }
            position += decoded.Consumed;
            rest = input[decoded.Consumed..];
            if (end is FrameStatus.Malformed or FrameStatus.TooLong) break;     // the gateway closes such a connection
        }
        return new ReplayedConnection(frames, end, position, rest.Length);
    }
}

/// <summary>A frame of a replay.</summary>
/// <param name="End">Bytes of the connection up to the end of the frame: where two specs cut alike, this is the same.</param>
/// <param name="Chunk">The chunk that completed it.</param>
/// <param name="Frame">What the decoder made of it.</param>
internal sealed record ReplayedFrame(long End, RecordedChunk Chunk, DecodedFrame Frame);

/// <summary>What became of a connection.</summary>
/// <param name="Frames">Its frames in order.</param>
/// <param name="End">How the framer saw its last bytes.</param>
/// <param name="Position">Bytes that belong to frames, or were skipped.</param>
/// <param name="Rest">Bytes left over.</param>
internal sealed record ReplayedConnection(IReadOnlyList<ReplayedFrame> Frames, FrameStatus End, long Position, int Rest);
