using System.Globalization;
using System.Text;

namespace Gateway.Codecs.Tests.Samples;

/// <summary>Sends bytes through a codec as a listener does, with what a sample gives, and keeps what came out.</summary>
internal sealed class SampleRun
{
    private readonly MessageBuffer _buffer = new();
    private readonly ReplyWriter _reply = new();

    private SampleRun(Codec codec, SampleInfo sample)
    {
        Codec = codec;
        _sample = sample;
        Session = codec.CreateSession();
        Give();
    }

    private void Give()
    {
        SampleInfo sample = _sample;
        Session.Transport = sample.Transport;
        Session.NowUs = 1_700_000_000_000_000;
        foreach ((string name, object value) in sample.Given)
        {
            bool taken = name switch
            {
                "ident" => Session.TrySetIdent(Encoding.UTF8.GetBytes(Convert.ToString(value, CultureInfo.InvariantCulture)!)),
                "now" => (Session.NowUs = Convert.ToInt64(value, CultureInfo.InvariantCulture)) > 0,
                "strict" => Session.StrictChecksums = true,
                _ => Session.TrySetVariable(name, value),
            };
            Assert.True(taken, $"{Codec.Info.SpecFile} line {sample.Line}: the codec does not take the given {name}");
        }
    }

    private readonly SampleInfo _sample;

    public Codec Codec { get; }

    public Session Session { get; }

    public List<DecodeStatus> Statuses { get; } = [];

    public FrameStatus End { get; private set; } = FrameStatus.NeedMore;

    public int Consumed { get; private set; }

    public int Messages => _buffer.Count;

    public byte[] Reply => _reply.Written.ToArray();

    public string Payloads => Convert.ToHexString(_buffer.Bytes.AsSpan(0, _buffer.Length));

    public string Ident => Encoding.UTF8.GetString(Session.Ident);

    public MessageBuffer Buffer => _buffer;

    /// <summary>All of it at once, or in pieces of the given lengths (the last one repeats).</summary>
    public static SampleRun Of(Codec codec, SampleInfo sample, byte[] input, params int[] pieces)
    {
        SampleRun run = new(codec, sample);
        int available = 0, piece = 0;
        while (available < input.Length)
        {
            int length = pieces.Length == 0 ? input.Length : pieces[Math.Min(piece++, pieces.Length - 1)];
            available = Math.Min(input.Length, available + length);
            if (!run.Take(input.AsSpan(run.Consumed, available - run.Consumed))) break;
        }
        return run;
    }

    /// <summary>A new connection in the same memory, with what the sample gives.</summary>
    public void Restart()
    {
        Session.Reset();
        Give();
    }

    /// <summary>Decodes once more into the same memory, for measuring what that allocates.</summary>
    public void Again(ReadOnlySpan<byte> input)
    {
        _buffer.Clear();
        _reply.Clear();
        Statuses.Clear();
        Take(input);
    }

    private bool Take(ReadOnlySpan<byte> unread)
    {
        while (!unread.IsEmpty)
        {
            FrameResult frame = Codec.TryFrame(unread, Session);
            if ((uint)frame.Consumed > (uint)unread.Length) Assert.Fail($"{frame.Consumed} bytes consumed of {unread.Length}");
            End = frame.Status;
            Consumed += frame.Consumed;
            if (frame.Status is FrameStatus.Malformed or FrameStatus.TooLong) return false;
            if (frame.Status is not FrameStatus.Frame) return true;
            Assert.True(frame.Consumed > 0, "a frame that consumes nothing would come for ever");
            MessageSink sink = new(_buffer);
            Statuses.Add(Codec.Decode(frame.FrameOf(unread, Session), Session, ref sink, _reply));
            unread = unread[frame.Consumed..];
        }
        return true;
    }
}
