using System.Buffers.Text;
using System.Text;
using Gateway.Codecs;

namespace Gateway.Host.Tests.Channels;

/// <summary>A line protocol for tests. Frames are <c>#...\n</c>, at most 256 bytes.</summary>
/// <remarks>
/// <c>#L;ident</c> login · <c>#M;latitude</c> one message · <c>#B;n</c> n messages · <c>#P</c> heartbeat · <c>#U</c> unknown · <c>#T</c> truncated · <c>#C</c> wrong checksum ·
/// <c>#E</c> a fault of the codec after half a message · <c>#Z</c> a frame of 4 GB. Replies repeat the letter: <c>#AM;1\n</c>. Devices with the ident <c>nobody</c> are refused.
/// </remarks>
internal sealed class LineCodec : Codec
{
    public const int Id = 9001;

    public override ProtocolInfo Info { get; } = new()
    {
        Name = "line",
        Aliases = ["lines"],
        Title = "Line protocol of the tests",
        Id = Id,
        Tcp = true,
        Udp = true,
        IsText = true,
        FrameBytesMax = 256,
        SpecFile = "",
        Parameters = ["ident", "timestamp", "position.latitude", "position.speed", "din.{i}"],
        Options = [new("factor", "int", "1", "Multiplies speeds."), new("label", "text", "", "A label.")],
    };

    public override Session CreateSession() => new LineSession();

    public override FrameResult TryFrame(ReadOnlySpan<byte> input, Session session)
    {
        if (input[0] != '#') return FrameResult.Malformed;
        if (input.Length > 1 && input[1] == 'Z') return FrameResult.TooLong;
        int end = input[session.Examined..].IndexOf((byte)'\n');
        if (end < 0)
        {
            if (input.Length > Info.FrameBytesMax) return FrameResult.TooLong;
            session.Examined = input.Length;
            return FrameResult.NeedMore(0);
        }
        end += session.Examined;
        session.Examined = 0;
        return new FrameResult(FrameStatus.Frame, 0, end, end + 1);
    }

    public override DecodeStatus Decode(ReadOnlySpan<byte> frame, Session session, ref MessageSink sink, ReplyWriter reply) => DecodeInto(frame, (LineSession)session, ref sink, reply);

    public override DecodeStatus Decode(ReadOnlySpan<byte> frame, Session session, ref TraceSink sink, ReplyWriter reply) => DecodeInto(frame, (LineSession)session, ref sink, reply);

    public override EncodeStatus TryEncode(string name, CommandArguments arguments, Session session, ReplyWriter output) => EncodeStatus.UnknownCommand;

    private static DecodeStatus DecodeInto<TSink>(ReadOnlySpan<byte> frame, LineSession session, ref TSink sink, ReplyWriter reply) where TSink : struct, IParameterSink
    {
        byte letter = frame.Length > 1 ? frame[1] : (byte)0;
        ReadOnlySpan<byte> rest = frame.Length > 3 ? frame[3..] : default;
        switch (letter)
        {
            case (byte)'L':
                if (rest.SequenceEqual("nobody"u8) || !session.TrySetIdent(rest)) return DecodeStatus.NotIdentified;
                Answer(letter, 1, reply);
                return DecodeStatus.Ok;
            case (byte)'P':
                Answer(letter, 1, reply);
                return DecodeStatus.Ok;
            case (byte)'M' or (byte)'B' or (byte)'C':
                if (session.Ident.IsEmpty) return DecodeStatus.NotIdentified;
                if (letter == 'C')
                {
                    session.ChecksumErrors++;
                    if (session.StrictChecksums) return DecodeStatus.BadChecksum;
                }
                double latitude = 0;
                if (letter == 'M' && !Utf8Parser.TryParse(rest, out latitude, out _)) return DecodeStatus.Malformed;
                int count = letter == 'B' && Utf8Parser.TryParse(rest, out int parsed, out _) ? parsed : 1;
                sink.BeginFrame(session);
                for (int i = 0; i < count; i++)
                {
                    sink.BeginMessage();
                    sink.Time(ParameterKeys.Timestamp, session.NowUs);
                    sink.Latitude(letter == 'B' ? i % 90 : latitude);
                    sink.Integer(SpeedKey, 10 * session.Factor);
                    sink.EndMessage();
                }
                if (!sink.EndFrame()) return DecodeStatus.TooLarge;
                Answer(letter, count, reply);
                return DecodeStatus.Ok;
            case (byte)'T':
                return DecodeStatus.Truncated;
            case (byte)'E':
                sink.BeginFrame(session);
                sink.BeginMessage();
                sink.Latitude(1);
                reply.U8('?');
                throw new InvalidOperationException("A fault on purpose.");
            default:
                return DecodeStatus.Unknown;
        }
    }

    private static readonly int SpeedKey = ParameterDictionary.TryGetKey("position.speed", out int key) ? key : throw new InvalidOperationException();

    private static void Answer(byte letter, int number, ReplyWriter reply)
    {
        reply.Bytes("#A"u8);
        reply.U8(letter);
        reply.U8(';');
        reply.Decimal(number);
        reply.U8('\n');
    }

    private sealed class LineSession : Session
    {
        public long Factor { get; private set; } = 1;

        public override bool TrySetVariable(string name, object value)
        {
            if (name != "factor" || value is not long factor) return false;
            Factor = factor;
            return true;
        }
    }
}
