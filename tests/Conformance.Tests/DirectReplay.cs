using System.Buffers;
using System.Text.Json;
using Gateway.Codecs;

namespace Gateway.Conformance.Tests;

/// <summary>Replays a recorded session straight through a codec: framing, decoding, replies, without sockets.</summary>
internal sealed class DirectReplay
{
    /// <summary>The clock where the recording does not name one: 2026-09-01 12:00 UTC.</summary>
    private const long ClockUs = 1_788_264_000_000_000;

    private const int FramesMax = 4096;

    private readonly Codec _codec;
    private readonly Session _session;
    private readonly Session _twin;     // decodes the same bytes once more to tell the lines of the spec
    private readonly MessageBuffer _messages = new();
    private readonly ReplyWriter _reply = new();

    /// <summary>A replay of one session: a new connection.</summary>
    public DirectReplay(Codec codec)
    {
        _codec = codec;
        _session = codec.CreateSession();
        _twin = codec.CreateSession();
    }

    /// <summary>Sends one frame and gives what came of it.</summary>
    public FrameOutcome Send(VectorFrame frame)
    {
        Prepare(_session, frame);
        Prepare(_twin, frame);
        _messages.Clear();
        _reply.Clear();
        if (frame.WireBefore is { } before) Run(before, new Trace());
        _messages.Clear();
        _reply.Clear();

        var trace = new Trace();
        string note;
        if (frame.Wire is { } wire) note = Run(wire, trace);
        else if (frame.Frame is { } bytes) note = Decode(bytes, trace);     // how it was framed is not known
        else note = "no bytes";
        return new FrameOutcome(Json(), _reply.Written.ToArray(), note, Lines(trace));
    }

    private static void Prepare(Session session, VectorFrame frame)
    {
        session.Transport = frame.Transport == "udp" ? Transport.Udp : Transport.Tcp;
        session.NowUs = frame.ClockUs ?? ClockUs;
        if (frame.Config is { } config) Configure(session, config);
    }

    /// <summary>Gives a session the settings of a recording.</summary>
    internal static void Configure(Session session, JsonElement config)
    {
        foreach (JsonProperty setting in config.EnumerateObject())
        {
            object? value = setting.Value.ValueKind switch
            {
                JsonValueKind.True => true,
                JsonValueKind.False => false,
                JsonValueKind.Number => setting.Value.GetInt64(),
                JsonValueKind.String => setting.Value.GetString(),
                _ => null,
            };
            if (value is null) continue;
            // A spec may know a setting under another name, or not at all.
            _ = session.TrySetVariable(setting.Name == "model" ? "device.model" : "option." + setting.Name, value) || session.TrySetVariable(setting.Name, value);
        }
    }

    private string Run(byte[] input, Trace trace)
    {
        string note = "";
        int at = 0;
        for (int i = 0; i < FramesMax && at < input.Length; i++)
        {
            ReadOnlySpan<byte> unread = input.AsSpan(at);
            FrameResult cut = _codec.TryFrame(unread, _session);
            _codec.TryFrame(unread, _twin);
            if (cut.Status is not FrameStatus.Frame) return cut.Status is FrameStatus.NeedMore && note.Length > 0 ? note : $"framing: {cut.Status} at byte {at}";
            note = Decode(cut.FrameOf(unread, _session), trace);
            if (cut.Consumed <= 0) break;
            at += cut.Consumed;
        }
        return note;
    }

    private string Decode(ReadOnlySpan<byte> frame, Trace trace)
    {
        byte[] copy = frame.ToArray();      // the frame may lie in the session's scratch buffer
        var sink = new MessageSink(_messages);
        DecodeStatus status = _codec.Decode(copy, _session, ref sink, _reply);
        var tracer = new TraceSink(trace);
        _codec.Decode(copy, _twin, ref tracer, new ReplyWriter());
        return status is DecodeStatus.Ok ? "" : $"{status} at line {_session.FailedLine}, offset {_session.FailedOffset}";
    }

    private List<JsonElement> Json()
    {
        var list = new List<JsonElement>();
        for (int i = 0; i < _messages.Count; i++)
        {
            var output = new ArrayBufferWriter<byte>();
            if (!MessageJson.Write(_messages[i], new MessageEnvelope(1, _codec.Info.Id, _session.NowUs), output))
                throw new InvalidDataException("A message of the sink is no message.");
            list.Add(JsonDocument.Parse(output.WrittenMemory).RootElement.Clone());
        }
        return list;
    }

    private List<Dictionary<string, int>> Lines(Trace trace)
    {
        var lines = new List<Dictionary<string, int>>();
        foreach (TraceMessage message in trace.Messages)
        {
            var byName = new Dictionary<string, int>();
            foreach (TraceValue value in message.Values)
                if (value.Field >= 0 && value.Field < _codec.Info.Fields.Count) byName[value.Name] = _codec.Info.Fields[value.Field].Line;
            lines.Add(byName);
        }
        return lines;
    }
}
