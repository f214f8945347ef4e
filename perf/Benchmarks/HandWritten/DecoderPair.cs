using System.Text;
using Gateway.Codecs;
using Gateway.Perf.Shared;

namespace Gateway.Perf.Benchmarks.HandWritten;

/// <summary>Decodes frames by hand.</summary>
/// <returns>False when the frame is refused.</returns>
public delegate bool HandDecoder(ReadOnlySpan<byte> frame, PlainMessages messages);

/// <summary>The same frames for a hand-written decoder and for the codec from the spec, both in the state after the login.</summary>
public sealed class DecoderPair
{
    private const string Imei = "353173060000000";
    private static readonly byte[] s_peer = "203.0.113.7:40321"u8.ToArray();

    private readonly byte[][] _frames;
    private readonly HandDecoder _hand;
    private readonly Codec _codec;
    private readonly Session _session;
    private readonly MessageBuffer _buffer = new();
    private readonly ReplyWriter _reply = new();

    private DecoderPair(string protocol, byte[] login, byte[][] wire, HandDecoder hand)
    {
        _codec = CodecRegistry.BuiltIn.FirstOrDefault(codec => codec.Info.Name == protocol || codec.Info.Aliases.Contains(protocol)) ?? throw new InvalidOperationException($"There is no built-in codec {protocol}.");
        _session = _codec.CreateSession();
        _session.NowUs = 1_700_000_000_000_000;
        _buffer.SetPeer(s_peer);
        _hand = hand;
        Plain = new PlainMessages(Encoding.ASCII.GetBytes(Imei), s_peer);

        MessageSink sink = new(_buffer);
        if (_codec.Decode(Cut(login), _session, ref sink, _reply) is not DecodeStatus.Ok || _session.Ident.IsEmpty) throw new InvalidOperationException($"{protocol} refused the login.");
        _frames = [.. wire.Select(bytes => Cut(bytes).ToArray())];
    }

    /// <summary>Output of the hand-written decoder.</summary>
    public PlainMessages Plain { get; }

    /// <summary>Messages of the codec.</summary>
    public MessageBuffer Messages => _buffer;

    /// <summary>Replies of the codec.</summary>
    public ReplyWriter Reply => _reply;

    /// <summary>Number of frames.</summary>
    public int Count => _frames.Length;

    /// <summary>GT06 locations (type 0x12).</summary>
    public static DecoderPair Gt06Location(int frames) =>
        new("gt06", TrackerFrames.Gt06Login(Imei), [.. Enumerable.Range(0, frames).Select(i => TrackerFrames.Gt06Location((ushort)i))], Gt06Decoder.TryDecodeLocation);

    /// <summary>Teltonika codec 8 packets.</summary>
    public static DecoderPair Teltonika(int frames, int records) =>
        new("teltonika", TrackerFrames.TeltonikaLogin(Imei), [.. Enumerable.Range(0, frames).Select(i => TrackerFrames.TeltonikaPacket(records, 1_700_000_000_000 + i * 60_000L))], TeltonikaDecoder.TryDecodePacket);

    /// <summary>Full Wialon IPS data lines.</summary>
    public static DecoderPair WialonData(int frames) =>
        new("wialon", TrackerFrames.WialonLogin(Imei), [.. Enumerable.Range(0, frames).Select(i => TrackerFrames.WialonData(i % 60))], WialonDecoder.TryDecodeData);

    /// <summary>Short Wialon IPS data lines.</summary>
    public static DecoderPair WialonShortData(int frames) =>
        new("wialon", TrackerFrames.WialonLogin(Imei), [.. Enumerable.Range(0, frames).Select(i => TrackerFrames.WialonShortData(i % 60))], WialonDecoder.TryDecodeData);

    /// <summary>Decodes each frame by hand; <see cref="Plain"/> holds the last one's output.</summary>
    /// <returns>Messages decoded.</returns>
    public int DecodeByHand()
    {
        int messages = 0;
        foreach (byte[] frame in _frames)
        {
            Plain.Clear();
            if (!_hand(frame, Plain)) Refused();
            messages += Plain.Count;
        }
        return messages;
    }

    /// <summary>Decodes each frame with the codec; <see cref="Messages"/> and <see cref="Reply"/> hold the last one's output.</summary>
    /// <returns>Messages decoded.</returns>
    public int DecodeBySpec()
    {
        int messages = 0;
        foreach (byte[] frame in _frames)
        {
            _buffer.Clear();
            _reply.Clear();
            MessageSink sink = new(_buffer);
            if (_codec.Decode(frame, _session, ref sink, _reply) is not DecodeStatus.Ok) Refused();
            messages += _buffer.Count;
        }
        return messages;
    }

    private ReadOnlySpan<byte> Cut(byte[] wire)
    {
        FrameResult result = _codec.TryFrame(wire, _session);
        if (result.Status is not FrameStatus.Frame || result.Consumed != wire.Length) throw new InvalidOperationException("The composed bytes are not one frame of the protocol.");
        return result.FrameOf(wire, _session);
    }

    [System.Diagnostics.CodeAnalysis.DoesNotReturn]
    private static void Refused() => throw new InvalidOperationException("A frame was refused.");
}
