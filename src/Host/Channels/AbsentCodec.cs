using Gateway.Codecs;

namespace Gateway.Host.Channels;

/// <summary>Stands for a protocol that a stored channel names and this gateway does not have. Understands nothing; the channel's port is closed, so nobody asks it.</summary>
internal sealed class AbsentCodec(int id) : Codec
{
    /// <inheritdoc />
    public override ProtocolInfo Info { get; } = new() { Name = "", Title = "", Id = id, FrameBytesMax = 0, SpecFile = "" };

    /// <inheritdoc />
    public override Session CreateSession() => new EmptySession();

    /// <inheritdoc />
    public override FrameResult TryFrame(ReadOnlySpan<byte> input, Session session) => FrameResult.Malformed;

    /// <inheritdoc />
    public override DecodeStatus Decode(ReadOnlySpan<byte> frame, Session session, ref MessageSink sink, ReplyWriter reply) => DecodeStatus.Unknown;

    /// <inheritdoc />
    public override DecodeStatus Decode(ReadOnlySpan<byte> frame, Session session, ref TraceSink sink, ReplyWriter reply) => DecodeStatus.Unknown;

    /// <inheritdoc />
    public override EncodeStatus TryEncode(string name, CommandArguments arguments, Session session, ReplyWriter output) => EncodeStatus.UnknownCommand;

    private sealed class EmptySession : Session;
}
