namespace Gateway.Codecs.Tests.Messages;

public class MessageSinkFrameTests
{
    private static readonly DateTime Epoch = DateTime.UnixEpoch;

    private readonly MessageBuffer _buffer = new();
    private readonly TestSession _session = new();

    [Fact]
    public void Common_values_are_in_every_message_of_the_frame_and_in_no_other()
    {
        MessageSink sink = new(_buffer);
        sink.BeginFrame(_session);
        sink.Integer(1, 10);
        sink.Time(ParameterKeys.Timestamp, 1_000_000);
        for (int i = 0; i < 3; i++)
        {
            sink.BeginMessage();
            sink.Integer(2, i);
            sink.EndMessage();
            if (i == 1) sink.Integer(3, 30);        // common from here on
        }
        Assert.True(sink.EndFrame());
        sink.BeginFrame(_session);
        sink.BeginMessage();
        sink.EndMessage();
        Assert.True(sink.EndFrame());

        Assert.Equal(4, _buffer.Count);
        for (int i = 0; i < 3; i++)
        {
            Dictionary<object, object?> map = Payload.Map(_buffer[i]);
            Assert.Equal(10L, map[1u]);
            Assert.Equal((long)i, map[2u]);
            Assert.Equal(Epoch.AddSeconds(1), map[(uint)ParameterKeys.Timestamp]);
            Assert.Equal(i == 2, map.ContainsKey(3u));
            Assert.Equal(i == 2 ? 5 : 4, Payload.Entries(_buffer[i]).Count);
        }
        Assert.False(Payload.Map(_buffer[3]).ContainsKey(1u));
    }

    [Fact]
    public void Abandoned_frame_leaves_the_frames_before_it()
    {
        MessageSink sink = Begin();
        sink.Integer(1, 1);
        sink.EndMessage();
        Assert.True(sink.EndFrame());
        byte[] before = _buffer[0].ToArray();

        sink.BeginFrame(_session);
        sink.Integer(5, 5);
        sink.BeginMessage();
        sink.EndMessage();
        sink.BeginMessage();
        sink.AbandonFrame();
        Assert.Equal((1, before.Length), (_buffer.Count, _buffer.Length));

        sink.BeginFrame(_session);
        sink.BeginMessage();
        sink.EndMessage();
        Assert.True(sink.EndFrame());
        Assert.Equal(before, _buffer[0].ToArray());
        Assert.Equal(2, Payload.Entries(_buffer[1]).Count);
    }

    [Fact]
    public void Open_message_is_ended_by_the_next_one_and_dropped_by_the_frames_end()
    {
        MessageSink sink = Begin();
        sink.Integer(1, 1);
        sink.BeginMessage();
        sink.Integer(2, 2);
        sink.EndMessage();
        sink.BeginMessage();
        Assert.True(sink.EndFrame());
        Assert.Equal(2, _buffer.Count);
        Assert.Equal([1u, (uint)ParameterKeys.Timestamp, (uint)ParameterKeys.Ident], Payload.Entries(_buffer[0]).Select(entry => entry.Key).Cast<uint>());
        Assert.Equal([2u, (uint)ParameterKeys.Timestamp, (uint)ParameterKeys.Ident], Payload.Entries(_buffer[1]).Select(entry => entry.Key).Cast<uint>());
    }

    [Fact]
    public void Restore_at_any_place_gives_the_output_of_the_calls_before_it()
    {
        for (int seed = 0; seed < 3000; seed++)
        {
            // A random run of calls, some of them tried and taken back; and the same run without those that were taken back.
            MessageBuffer tried = new(), plain = new();
            MessageSink triedSink = new(tried), plainSink = new(plain);
            TestSession triedSession = new(), plainSession = new();
            triedSink.BeginFrame(triedSession);
            plainSink.BeginFrame(plainSession);
            Random random = new(seed);
            bool open = false;
            for (int step = 0; step < 30; step++)
            {
                if (random.Next(4) == 0)
                {
                    SinkMark mark = triedSink.Mark();
                    bool openThen = open;
                    for (int i = random.Next(1, 8); i > 0; i--)
                    {
                        int call = random.Next();
                        open = Call(ref triedSink, call, open);
                    }
                    triedSink.Restore(mark);
                    open = openThen;
                }
                else
                {
                    int call = random.Next();
                    Call(ref plainSink, call, open);
                    open = Call(ref triedSink, call, open);
                }
            }
            Assert.Equal(plainSink.EndFrame(), triedSink.EndFrame());
            Assert.True(plain.Count == tried.Count && plain.Length == tried.Length, $"seed {seed}");
            for (int i = 0; i < plain.Count; i++) Assert.True(plain[i].SequenceEqual(tried[i]), $"seed {seed}, message {i}");
            Assert.True(plainSession.DroppedValues == triedSession.DroppedValues, $"seed {seed}");
        }
    }

    private MessageSink Begin()
    {
        MessageSink sink = new(_buffer);
        sink.BeginFrame(_session);
        sink.BeginMessage();
        return sink;
    }

    private static bool Call(ref MessageSink sink, int random, bool open)
    {
        switch (random % 9)
        {
            case 0:
                sink.BeginMessage();
                return true;
            case 1:
                if (open) sink.EndMessage();
                return false;
            case 2: sink.Time(ParameterKeys.Timestamp, random); break;
            case 3: sink.Text(random & 0xFF, "some text"u8); break;
            case 4: sink.Latitude(random % 200); break;
            case 5: sink.Integer(ParameterName.Numbered("custom."u8, random & 7), random); break;
            default: sink.Integer(random & 0xFFFF, random); break;
        }
        return open;
    }
}
