namespace Gateway.Codecs;

/// <summary>
/// One protocol, compiled from its spec file: cuts bytes into frames, decodes frames into messages, writes replies and commands.
/// </summary>
/// <remarks>
/// A codec is stateless and shared by all connections; what a connection has to remember lives in its <see cref="Session"/>.
/// Bad bytes are results, never exceptions. Decoding allocates nothing.
/// </remarks>
public abstract class Codec
{
    /// <summary>What the spec says about the protocol: names, transports, fields, checks, samples.</summary>
    public abstract ProtocolInfo Info { get; }

    /// <summary>A session for one connection (or one UDP peer), with the variables that the spec declares at their initial values.</summary>
    public abstract Session CreateSession();

    /// <summary>Finds the first frame in <paramref name="input"/>.</summary>
    /// <param name="input">All unread bytes of the connection in one piece, or one whole datagram.</param>
    /// <param name="session">Holds how far an unfinished frame was searched already, so that a slow sender costs O(n) in total.</param>
    /// <returns>Where the frame is, and how many bytes of input to take away in any case (skipped bytes too).</returns>
    public abstract FrameResult TryFrame(ReadOnlySpan<byte> input, Session session);

    /// <summary>Decodes one frame into messages, and writes what the device expects as an answer.</summary>
    /// <param name="frame">Exactly one frame, as <see cref="TryFrame"/> cut it (unescaped where the protocol escapes).</param>
    /// <param name="session">The connection's session; <see cref="Session.NowUs"/> must be current.</param>
    /// <param name="sink">Takes the messages. A frame that fails leaves no message of its own in it.</param>
    /// <param name="reply">Takes the reply bytes; the caller sends them after the messages are durable. A frame that fails leaves nothing in it.</param>
    public abstract DecodeStatus Decode(ReadOnlySpan<byte> frame, Session session, ref MessageSink sink, ReplyWriter reply);

    /// <summary>As the other overload, and tells the sink the byte range and the spec line of every value: for explain, tests and the simulator.</summary>
    public abstract DecodeStatus Decode(ReadOnlySpan<byte> frame, Session session, ref TraceSink sink, ReplyWriter reply);

    /// <summary>Writes the bytes of a command to a device.</summary>
    /// <param name="name">The command's name as the spec has it, e.g. <c>custom</c>.</param>
    /// <param name="arguments">The command's properties.</param>
    /// <param name="session">The session of the device's connection.</param>
    /// <param name="output">Takes the bytes; unchanged unless <see cref="EncodeStatus.Ok"/>.</param>
    public abstract EncodeStatus TryEncode(string name, CommandArguments arguments, Session session, ReplyWriter output);
}

/// <summary>The result of <see cref="Codec.TryFrame"/>.</summary>
/// <param name="Status">Whether there is a frame.</param>
/// <param name="Start">Where the frame starts in the input, or in <see cref="Session.Scratch"/> when <paramref name="InScratch"/>.</param>
/// <param name="Length">Length of the frame in bytes.</param>
/// <param name="Consumed">Bytes of the input that are done with: skipped ones and the frame's own. May be above 0 with <see cref="FrameStatus.NeedMore"/>.</param>
/// <param name="InScratch">The frame was unescaped and lies in the session's scratch buffer, valid until the next call.</param>
public readonly record struct FrameResult(FrameStatus Status, int Start, int Length, int Consumed, bool InScratch = false)
{
    /// <summary>More bytes are needed; <paramref name="consumed"/> bytes can be dropped already.</summary>
    public static FrameResult NeedMore(int consumed) => new(FrameStatus.NeedMore, 0, 0, consumed);

    /// <summary>The input can't be this protocol.</summary>
    public static FrameResult Malformed => new(FrameStatus.Malformed, 0, 0, 0);

    /// <summary>The frame would be longer than the protocol's maximum.</summary>
    public static FrameResult TooLong => new(FrameStatus.TooLong, 0, 0, 0);

    /// <summary>The frame's bytes, from the input or from the session's scratch buffer.</summary>
    public ReadOnlySpan<byte> FrameOf(ReadOnlySpan<byte> input, Session session) =>
        InScratch ? session.Scratch.AsSpan(Start, Length) : input.Slice(Start, Length);
}

/// <summary>What a framer says. The names are the names of the counters.</summary>
public enum FrameStatus : byte
{
    /// <summary>A frame was found.</summary>
    Frame,
    /// <summary>The frame is not complete.</summary>
    NeedMore,
    /// <summary>The bytes can't be a frame of this protocol; the connection is closed.</summary>
    Malformed,
    /// <summary>The frame is longer than the protocol's maximum; the connection is closed.</summary>
    TooLong,
}

/// <summary>What a decoder says of a frame. The names are the names of the counters.</summary>
public enum DecodeStatus : byte
{
    /// <summary>Decoded; there may be messages, a reply, both or none.</summary>
    Ok,
    /// <summary>No message of the spec matches the frame; nothing was stored.</summary>
    Unknown,
    /// <summary>The frame ends before a mandatory field does.</summary>
    Truncated,
    /// <summary>A field has a value that the protocol does not allow.</summary>
    Malformed,
    /// <summary>The checksum is wrong and the channel's policy is strict.</summary>
    BadChecksum,
    /// <summary>A frame that needs an identified device came before the login.</summary>
    NotIdentified,
    /// <summary>The frame would give more output than <see cref="MessageBuffer.BytesMax"/>.</summary>
    TooLarge,
}

/// <summary>What <see cref="Codec.TryEncode"/> says.</summary>
public enum EncodeStatus : byte
{
    /// <summary>The bytes were written.</summary>
    Ok,
    /// <summary>The protocol has no such command.</summary>
    UnknownCommand,
    /// <summary>A property is missing or has the wrong type.</summary>
    BadArgument,
}

/// <summary>How bytes reach the channel.</summary>
public enum Transport : byte
{
    /// <summary>A TCP connection.</summary>
    Tcp,
    /// <summary>One UDP datagram at a time.</summary>
    Udp,
    /// <summary>An HTTP request.</summary>
    Http,
}
