using System.Diagnostics;
using System.Globalization;
using System.Text;
using Gateway.Codecs;

namespace Gateway.Perf.Scoreboard;

/// <summary>The samples of a protocol as a load: cut and decoded again and again, each in the session state that its sample gives.</summary>
internal sealed class CodecLoad
{
    private const int WarmUps = 4;
    private const int WarmUpPasses = 200;
    private const int Rounds = 60;
    private const double RoundMs = 8;
    private const long NowUs = 1_700_000_000_000_000;

    private readonly Codec _codec;
    private readonly List<(byte[] Input, Session Session)> _inputs = [];
    private readonly MessageBuffer _messages = new();
    private readonly ReplyWriter _reply = new();

    /// <summary>Takes the samples that give messages and are understood whole.</summary>
    /// <param name="codec">The protocol.</param>
    /// <param name="only">Name of the one sample to take; null takes all.</param>
    public CodecLoad(Codec codec, string? only = null)
    {
        _codec = codec;
        _messages.SetPeer("203.0.113.7:40321");
        foreach (SampleInfo sample in codec.Info.Samples.Where(s => only is null || s.Name == only))
        {
            Session session = SessionOf(sample);
            if (!TryDecode(sample.Input, session) || _messages.Count == 0) continue;
            _inputs.Add((sample.Input, session));
            Messages += _messages.Count;
            Bytes += sample.Input.Length;
        }
    }

    /// <summary>Messages that one pass over the samples gives.</summary>
    public int Messages { get; private set; }

    /// <summary>Bytes of these samples.</summary>
    public int Bytes { get; private set; }

    /// <summary>Measures; the fastest round counts, since others can only add time.</summary>
    public CodecSpeed Measure()
    {
        if (Messages == 0) return new CodecSpeed(0, 0, 0);
        // The JIT replaces what it has compiled first, in the background and only when nothing new is compiled for 100 ms.
        for (int i = 0; i < WarmUps; i++)
        {
            for (int pass = 0; pass < WarmUpPasses; pass++) Pass();
            Thread.Sleep(150);
        }

        long started = Stopwatch.GetTimestamp();
        Pass();
        int passes = (int)Math.Clamp(RoundMs / Math.Max(1e-4, Stopwatch.GetElapsedTime(started).TotalMilliseconds), 1, 20_000);
        double fastestNs = double.MaxValue;
        long fewestBytes = long.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            long allocated = GC.GetAllocatedBytesForCurrentThread();
            started = Stopwatch.GetTimestamp();
            for (int i = 0; i < passes; i++) Pass();
            fastestNs = Math.Min(fastestNs, Stopwatch.GetElapsedTime(started).TotalNanoseconds / passes);
            fewestBytes = Math.Min(fewestBytes, GC.GetAllocatedBytesForCurrentThread() - allocated);
        }
        return new CodecSpeed(fastestNs / Messages, Bytes / fastestNs * 1000, (double)fewestBytes / passes / Messages);
    }

    private void Pass()
    {
        foreach ((byte[] input, Session session) in _inputs) TryDecode(input, session);
    }

    /// <summary>Cuts and decodes an input; false when something of it is not understood.</summary>
    private bool TryDecode(byte[] input, Session session)
    {
        _messages.Clear();
        _reply.Clear();
        int at = 0;
        while (at < input.Length)
        {
            ReadOnlySpan<byte> unread = input.AsSpan(at);
            FrameResult cut = _codec.TryFrame(unread, session);
            // What is left may be line ends that the framing passes over.
            if (cut.Status is not FrameStatus.Frame || cut.Consumed <= 0) return cut.Status is FrameStatus.NeedMore && at > 0 && at + cut.Consumed >= input.Length - 2;
            MessageSink sink = new(_messages);
            if (_codec.Decode(cut.FrameOf(unread, session), session, ref sink, _reply) is not DecodeStatus.Ok) return false;
            at += cut.Consumed;
        }
        return true;
    }

    private Session SessionOf(SampleInfo sample)
    {
        Session session = _codec.CreateSession();
        session.Transport = sample.Transport;
        session.NowUs = NowUs;
        foreach ((string name, object value) in sample.Given)
        {
            if (name == "ident") session.TrySetIdent(Encoding.UTF8.GetBytes(Convert.ToString(value, CultureInfo.InvariantCulture) ?? ""));
            else if (name == "now") session.NowUs = Convert.ToInt64(value, CultureInfo.InvariantCulture);
            else session.TrySetVariable(name, value);
        }
        return session;
    }
}

/// <summary>How quick a codec is on one core, framing, decoding, encoding of the messages and replies included.</summary>
/// <param name="NsPerMessage">Nanoseconds per message, 0 when no sample gives one.</param>
/// <param name="MegabytesPerSecond">Bytes in, 10^6 per second.</param>
/// <param name="AllocatedPerMessage">Managed bytes per message.</param>
internal readonly record struct CodecSpeed(double NsPerMessage, double MegabytesPerSecond, double AllocatedPerMessage);
