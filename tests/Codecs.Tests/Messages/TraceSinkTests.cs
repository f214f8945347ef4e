using System.Text;

namespace Gateway.Codecs.Tests.Messages;

public class TraceSinkTests
{
    private readonly Trace _trace = new();
    private readonly TestSession _session = new();

    [Fact]
    public void Values_know_the_field_they_came_from()
    {
        TraceSink sink = new(_trace);
        sink.BeginFrame(_session);
        sink.Field(3, 10, 2);
        sink.Integer(1, 5);
        sink.BeginMessage();
        sink.Field(4, 12, 4);
        sink.Real(2, 1.5);
        sink.Boolean(3, true);
        sink.Origin(3, 10, 2);
        sink.Text(4, [0x41, 0xE9, 0x00]);
        sink.Hex(ParameterName.Named("custom."u8, "a b"u8), [0xFF]);
        sink.Time(ParameterKeys.Timestamp, 5_000_001);
        sink.Check(0, 2, 14, 14, correct: false);
        sink.EndMessage();
        Assert.True(sink.EndFrame());

        TraceMessage message = Assert.Single(_trace.Messages);
        Assert.Equal((5L, 3, 10, 2), Of(message, ParameterDictionary.NameOf(1)));
        Assert.Equal((1.5, 4, 12, 4), Of(message, ParameterDictionary.NameOf(2)));
        Assert.Equal((true, 4, 12, 4), Of(message, ParameterDictionary.NameOf(3)));
        Assert.Equal(("Aé", 3, 10, 2), Of(message, ParameterDictionary.NameOf(4)));
        Assert.Equal(("ff", 3, 10, 2), Of(message, "custom.a_b"));
        Assert.Equal((5_000_001L, 3, 10, 2), Of(message, "timestamp"));
        Assert.True(message.Find("timestamp")!.IsTime);
        Assert.Equal(("860000000000001", -1, 0, 0), Of(message, "ident"));
        Assert.Equal(7, message.Values.Count);
        Assert.Equal(
            [TraceEventKind.BeginFrame, TraceEventKind.Field, TraceEventKind.Value, TraceEventKind.BeginMessage, TraceEventKind.Field],
            _trace.Events.Take(5).Select(e => e.Kind));
        TraceEvent check = Assert.Single(_trace.Events, e => e.Kind == TraceEventKind.Check);
        Assert.Equal((0, 2, 12, 14, false), (check.Index, check.Start, check.Length, check.StoredAt, check.Correct));
    }

    [Fact]
    public void Abandoned_frame_keeps_fields_and_checks_but_no_values()
    {
        TraceSink sink = new(_trace);
        sink.BeginFrame(_session);
        sink.Field(0, 0, 1);
        sink.Integer(1, 1);
        sink.BeginMessage();
        sink.EndMessage();
        sink.Check(0, 0, 1, 1, true);
        sink.AbandonFrame();
        Assert.Empty(_trace.Messages);
        Assert.Equal([TraceEventKind.BeginFrame, TraceEventKind.Field, TraceEventKind.Check], _trace.Events.Select(e => e.Kind));
    }

    [Fact]
    public void Frames_follow_one_another_until_the_trace_is_cleared()
    {
        _trace.Peer = "127.0.0.1:1";
        TraceSink sink = new(_trace);
        for (int i = 0; i < 2; i++)
        {
            sink.BeginFrame(_session);
            if (i == 0) sink.Integer(7, 7);
            sink.BeginMessage();
            sink.EndMessage();
            Assert.True(sink.EndFrame());
        }
        Assert.Equal(2, _trace.Messages.Count);
        Assert.Equal("127.0.0.1:1", _trace.Messages[1].Find("peer")!.Value);
        Assert.NotNull(_trace.Messages[0].Find(ParameterDictionary.NameOf(7)));
        Assert.Null(_trace.Messages[1].Find(ParameterDictionary.NameOf(7)));
        _trace.Clear();
        Assert.Empty(_trace.Events);
    }

    /// <summary>The promise: explain, samples and the simulator see exactly what is stored.</summary>
    [Fact]
    public void Trace_of_any_calls_has_the_values_of_the_stored_messages()
    {
        for (int seed = 0; seed < 1500; seed++)
        {
            MessageBuffer buffer = new();
            buffer.SetPeer("::1:9");
            MessageSink stored = new(buffer);
            Trace trace = new() { Peer = "::1:9" };
            TraceSink traced = new(trace);
            TestSession storedSession = new(), tracedSession = new();
            Drive(ref stored, storedSession, new Random(seed));
            Drive(ref traced, tracedSession, new Random(seed));

            Assert.True(buffer.Count == trace.Messages.Count, $"seed {seed}: {buffer.Count} stored, {trace.Messages.Count} traced");
            Assert.True(storedSession.DroppedValues == tracedSession.DroppedValues, $"seed {seed}");
            for (int i = 0; i < buffer.Count; i++)
            {
                List<(string, object?)> expected = [.. Payload.Entries(buffer[i]).Select(entry => (Name(entry.Key), Plain(entry.Value)))];
                List<(string, object?)> found = [.. trace.Messages[i].Values.Select(value => (value.Name, (object?)value.Value))];
                Assert.True(expected.SequenceEqual(found), $"seed {seed}, message {i}: {string.Join(' ', expected)} / {string.Join(' ', found)}");
            }
        }
    }

    [Fact]
    public void Sink_traces() => Assert.True(TraceSink.Traces);

    private static (object, int, int, int) Of(TraceMessage message, string name)
    {
        TraceValue value = message.Find(name)!;
        return (value.Value, value.Field, value.Start, value.Length);
    }

    private static string Name(object key) => key as string ?? ParameterDictionary.NameOf((int)(uint)key);

    private static object? Plain(object? value) => value switch
    {
        DateTime time => (time - DateTime.UnixEpoch).Ticks / 10,
        ulong unsigned => (long)unsigned,
        _ => value,
    };

    private static void Drive<TSink>(ref TSink sink, Session session, Random random) where TSink : struct, IParameterSink
    {
        for (int frame = random.Next(1, 4); frame > 0; frame--)
        {
            sink.BeginFrame(session);
            Stack<SinkMark> marks = new();
            bool open = false;
            Stack<bool> opens = new();
            for (int step = random.Next(1, 30); step > 0; step--)
            {
                int value = random.Next();
                byte[] text = Encoding.Latin1.GetBytes($"t\u00e9{value}\r\n");
                switch (random.Next(14))
                {
                    case 0: sink.BeginMessage(); open = true; break;
                    case 1:
                        if (open) sink.EndMessage();
                        open = false;
                        break;
                    case 2: marks.Push(sink.Mark()); opens.Push(open); break;
                    case 3 when marks.Count > 0: sink.Restore(marks.Pop()); open = opens.Pop(); break;
                    case 4: sink.Time(value % 2 == 0 ? ParameterKeys.Timestamp : 5, value); break;
                    case 5: sink.Text(value % 50 + 1, text); break;
                    case 6: sink.Hex(value % 50 + 1, text); break;
                    case 7: sink.Latitude(value % 200 - 100); break;
                    case 8: sink.Longitude(value % 400 - 200); break;
                    case 9: sink.Boolean(761 | value % 300 << 16, value % 2 == 0); break;
                    case 10: sink.Real(1, value % 3 == 0 ? double.NaN : value / 7.0); break;
                    case 11: sink.Text(ParameterName.Named("custom."u8, text), text); break;
                    case 12: sink.Integer(ParameterName.Numbered("custom.param."u8, value % 9 - 4), value); break;
                    default: sink.Integer(value % 2000, -value); break;
                }
            }
            if (random.Next(5) == 0) sink.AbandonFrame();
            else Assert.True(sink.EndFrame());
        }
    }
}
