using System.Text;

namespace Gateway.Codecs.Tests.Messages;

public class MessageSinkTests
{
    private const int Speed = 1209;
    private static readonly DateTime Epoch = DateTime.UnixEpoch;

    private readonly MessageBuffer _buffer = new();
    private readonly TestSession _session = new();

    [Fact]
    public void Integers_of_any_size_are_written_in_their_shortest_form()
    {
        List<long> values = [0, 1, -1, 127, 128, 255, 256, 65535, 65536, uint.MaxValue, 1L + uint.MaxValue, long.MaxValue, -32, -33, -128, -129, -32768, -32769, int.MinValue, int.MinValue - 1L, long.MinValue];
        for (int seed = 0; seed < 500; seed++) values.Add(new Random(seed).NextInt64(long.MinValue, long.MaxValue) >> seed % 64);

        MessageSink sink = Begin();
        for (int i = 0; i < values.Count; i++) sink.Integer(i + 2000, values[i]);
        sink.EndMessage();
        Assert.True(sink.EndFrame());

        Dictionary<object, object?> map = Payload.Map(_buffer[0]);
        for (int i = 0; i < values.Count; i++)
            Assert.Equal(values[i], Convert.ToInt64(map[(uint)(i + 2000)], System.Globalization.CultureInfo.InvariantCulture));
        int shortest = values.Sum(value => 3 + MessagePack.MessagePackWriter.GetEncodedLength(value));
        int others = 3 + (3 + 10) + (3 + 1 + 15);
        Assert.Equal(shortest + others, _buffer[0].Length);
    }

    [Fact]
    public void Every_kind_of_value_comes_back()
    {
        MessageSink sink = Begin();
        sink.Real(1, -273.15);
        sink.Boolean(2, true);
        sink.Boolean(3, false);
        sink.Text(4, "Grüße"u8);
        sink.Hex(5, [0xDE, 0xAD, 0x01]);
        sink.Time(6, 1_700_000_000_250_001);
        sink.Latitude(-54.5);
        sink.Longitude(180);
        sink.Integer(761 | 3 << 16, 1);
        sink.Integer(ParameterName.Numbered("custom.param."u8, 72), 5);
        sink.Real(ParameterName.Named("custom."u8, "a b/ü"u8), 1.5);
        sink.Boolean(ParameterName.Numbered("custom."u8, -3), true);
        sink.Text(ParameterName.Named("custom.text."u8, "x"u8), "y"u8);
        sink.Hex(ParameterName.Named("custom.hex."u8, "x"u8), [0xAB]);
        sink.EndMessage();
        Assert.True(sink.EndFrame());

        Dictionary<object, object?> map = Payload.Map(_buffer[0]);
        Assert.Equal(-273.15, map[1u]);
        Assert.Equal((true, false), (map[2u], map[3u]));
        Assert.Equal("Grüße", map[4u]);
        Assert.Equal("dead01", map[5u]);
        Assert.Equal(Epoch.AddTicks(1_700_000_000_250_001 * 10), map[6u]);
        Assert.Equal(-54.5, map[(uint)ParameterKeys.Latitude]);
        Assert.Equal(180.0, map[(uint)ParameterKeys.Longitude]);
        Assert.Equal(1L, map[761u | 3 << 16]);
        Assert.Equal(5L, map["custom.param.72"]);
        Assert.Equal(1.5, map["custom.a_b___"]);
        Assert.Equal(true, map["custom.-3"]);
        Assert.Equal("y", map["custom.text.x"]);
        Assert.Equal("ab", map["custom.hex.x"]);
    }

    [Fact]
    public void Message_gets_ident_and_peer_and_the_servers_time_when_it_has_none()
    {
        _buffer.SetPeer("127.0.0.1:4711");
        MessageSink sink = Begin();
        sink.EndMessage();
        sink.BeginMessage();
        sink.Time(ParameterKeys.Timestamp, 5_000_000);
        sink.EndMessage();
        Assert.True(sink.EndFrame());

        Dictionary<object, object?> first = Payload.Map(_buffer[0]), second = Payload.Map(_buffer[1]);
        Assert.Equal("860000000000001", first[(uint)ParameterKeys.Ident]);
        Assert.Equal("127.0.0.1:4711", first[(uint)ParameterKeys.Peer]);
        Assert.Equal(Epoch.AddTicks(_session.NowUs * 10), first[(uint)ParameterKeys.Timestamp]);
        Assert.Equal(Epoch.AddSeconds(5), second[(uint)ParameterKeys.Timestamp]);
        Assert.Equal(3, Payload.Entries(_buffer[1]).Count);
    }

    [Fact]
    public void Message_without_ident_and_peer_has_only_its_time()
    {
        MessageSink sink = new(_buffer);
        sink.BeginFrame(new TestSession(ident: ""));
        sink.BeginMessage();
        sink.EndMessage();
        Assert.True(sink.EndFrame());
        Assert.Equal((uint)ParameterKeys.Timestamp, Assert.Single(Payload.Entries(_buffer[0])).Key);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(-62_135_596_800_000_000)]
    [InlineData(17_179_869_183_999_999)]       // the last of 34 bits
    [InlineData(17_179_869_184_000_000)]
    [InlineData(-1_500_000)]
    public void Times_before_1970_and_beyond_34_bits_come_back(long timeUs)
    {
        MessageSink sink = Begin();
        sink.Time(1, timeUs);
        sink.EndMessage();
        Assert.True(sink.EndFrame());
        Assert.Equal(Epoch.AddTicks(timeUs * 10), Payload.Map(_buffer[0])[1u]);
        Assert.True(MessageReader.TryGetTime(_buffer[0], 1, out long read));
        Assert.Equal(timeUs, read);
    }

    [Fact]
    public void Impossible_values_are_dropped_one_by_one_and_counted()
    {
        MessageSink sink = Begin();
        sink.Latitude(90.0001);
        sink.Longitude(-179);
        sink.Latitude(double.NaN);
        sink.Longitude(double.PositiveInfinity);
        sink.Real(1, double.NaN);
        sink.Real(ParameterName.Numbered("custom."u8, 1), double.NegativeInfinity);
        sink.EndMessage();
        Assert.True(sink.EndFrame());
        Dictionary<object, object?> map = Payload.Map(_buffer[0]);
        Assert.Equal(5, _session.DroppedValues);
        Assert.Equal(-179.0, map[(uint)ParameterKeys.Longitude]);
        Assert.Equal(3, map.Count);
    }

    [Theory]
    [InlineData(new byte[] { 0x41, 0xE9, 0x42 }, "AéB")]                        // ISO-8859-1
    [InlineData(new byte[] { 0x41, 0xC3, 0xA9, 0x42 }, "AéB")]                  // UTF-8
    [InlineData(new byte[] { 0x00, 0x41, 0x0D, 0x0A, 0x1F, 0x42 }, "AB")]       // control characters
    [InlineData(new byte[] { 0xC3, 0xA9, 0x07 }, "é")]
    [InlineData(new byte[] { 0xE9, 0x00 }, "é")]
    [InlineData(new byte[] { }, "")]
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 }, "í\u00A0\u0080")]              // a lone surrogate is no UTF-8
    public void Any_bytes_become_a_text(byte[] bytes, string expected)
    {
        MessageSink sink = Begin();
        sink.Text(1, bytes);
        sink.EndMessage();
        Assert.True(sink.EndFrame());
        Assert.Equal(expected, Payload.Map(_buffer[0])[1u]);
    }

    [Fact]
    public void Texts_of_all_lengths_and_characters_are_valid_text()
    {
        for (int seed = 0; seed < 400; seed++)
        {
            Random random = new(seed);
            byte[] bytes = new byte[seed];
            random.NextBytes(bytes);
            if (seed % 2 == 0) bytes = [.. bytes.Select(b => (byte)(b & 0x7F))];
            _buffer.Clear();
            MessageSink sink = Begin();
            sink.Text(1, bytes);
            sink.Integer(2, 7);
            sink.EndMessage();
            Assert.True(sink.EndFrame());
            string expected = new([.. Encoding.Latin1.GetString(bytes).Where(c => c >= ' ')]);
            if (seed % 2 == 0 || seed > 20) Assert.True(expected == (string?)Payload.Map(_buffer[0])[1u], $"seed {seed}");
            Assert.True(Equals(7L, Payload.Map(_buffer[0])[2u]), $"seed {seed}");
        }
    }

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

    [Fact]
    public void Message_above_the_limit_makes_the_frame_too_large_and_leaves_the_others()
    {
        MessageSink sink = Begin();
        sink.EndMessage();
        Assert.True(sink.EndFrame());

        sink.BeginFrame(_session);
        sink.BeginMessage();
        sink.EndMessage();
        sink.BeginMessage();
        for (int i = 0; i < 33; i++) sink.Text(1, new byte[1000].AsSpan());
        for (int i = 0; i < 33; i++) sink.Text(1, Encoding.ASCII.GetBytes(new string('x', 1000)));
        sink.EndMessage();
        sink.BeginMessage();
        sink.EndMessage();
        Assert.False(sink.EndFrame());
        Assert.Equal(1, _buffer.Count);

        sink.BeginFrame(_session);
        sink.BeginMessage();
        sink.EndMessage();
        Assert.True(sink.EndFrame());
        Assert.Equal(2, _buffer.Count);
    }

    [Theory, InlineData(40_000), InlineData(32 * 1024)]
    public void Text_longer_than_a_message_makes_the_frame_too_large(int length)
    {
        MessageSink sink = Begin();
        sink.Text(1, new byte[length]);
        sink.Hex(1, new byte[length]);
        sink.EndMessage();
        Assert.False(sink.EndFrame());
        Assert.Equal(0, _buffer.Count);
    }

    [Fact]
    public void Batch_above_the_limit_is_refused_frame_by_frame()
    {
        MessageSink sink = new(_buffer);
        byte[] text = Encoding.ASCII.GetBytes(new string('x', 30_000));
        int frames = 0;
        for (; frames < 200; frames++)
        {
            sink.BeginFrame(_session);
            sink.BeginMessage();
            sink.Text(1, text);
            sink.EndMessage();
            if (!sink.EndFrame()) break;
        }
        Assert.InRange(_buffer.Length, MessageBuffer.BytesMax - 31_000, MessageBuffer.BytesMax);
        Assert.Equal((frames, frames), (_buffer.Count, MessageBuffer.BytesMax / (_buffer.Length / frames)));

        // Far more values than fit, without a message end that would notice: bounded memory, and a clean buffer afterwards.
        sink.BeginFrame(_session);
        sink.BeginMessage();
        for (int i = 0; i < 2_000_000; i++) sink.Integer(i & 0xFFFF, i);
        sink.EndMessage();
        Assert.False(sink.EndFrame());
        Assert.InRange(_buffer.Bytes.Length, 0, MessageBuffer.BytesMax + 128 * 1024);
        Assert.Equal(frames, _buffer.Count);
        Assert.Equal(3, Payload.Entries(_buffer[frames - 1]).Count);
    }

    [Fact]
    public void Too_many_common_values_make_the_frame_too_large()
    {
        MessageSink sink = new(_buffer);
        sink.BeginFrame(_session);
        for (int i = 0; i < 40_000; i++) sink.Integer(1, i);
        sink.BeginMessage();
        sink.EndMessage();
        Assert.False(sink.EndFrame());
        Assert.Equal(0, _buffer.Count);
    }

    [Fact]
    public void Writing_allocates_nothing_once_the_buffer_has_grown()
    {
        _buffer.SetPeer("127.0.0.1:4711");
        WriteFrames(200);
        long before = GC.GetAllocatedBytesForCurrentThread();
        WriteFrames(200);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Buffer_gives_memory_back_after_a_burst_and_keeps_it_while_it_is_used()
    {
        MessageSink sink = new(_buffer);
        for (int round = 0; round < 2; round++)
        {
            sink.BeginFrame(_session);
            for (int i = 0; i < 100; i++)
            {
                sink.BeginMessage();
                sink.Text(1, new byte[20_000].AsSpan().Slice(0, 10_000));
                sink.Text(2, Encoding.ASCII.GetBytes(new string('x', 20_000)));
                sink.EndMessage();
            }
            Assert.True(sink.EndFrame());
            int grown = _buffer.Bytes.Length;
            Assert.True(grown > 1_000_000);
            _buffer.Clear();
            Assert.Equal(grown, _buffer.Bytes.Length);
        }
        for (int i = 0; i < 256; i++) _buffer.Clear();
        Assert.InRange(_buffer.Bytes.Length, 1, 64 * 1024);
        WriteFrames(1);
        Assert.Equal(2, _buffer.Count);
        Assert.Equal(8, Payload.Entries(_buffer[0]).Count);
    }

    [Fact]
    public void Sink_does_not_trace() => Assert.False(MessageSink.Traces);

    private MessageSink Begin()
    {
        MessageSink sink = new(_buffer);
        sink.BeginFrame(_session);
        sink.BeginMessage();
        return sink;
    }

    private void WriteFrames(int frames)
    {
        for (int i = 0; i < frames; i++)
        {
            _buffer.Clear();
            MessageSink sink = new(_buffer);
            sink.BeginFrame(_session);
            sink.Integer(Speed, i);
            for (int message = 0; message < 2; message++)
            {
                sink.BeginMessage();
                sink.Time(ParameterKeys.Timestamp, i * 1_000_000L);
                sink.Latitude(i / 10.0);
                sink.Text(1, "caf\u00e9"u8);
                sink.Text(2, [0xE9, 0x41]);
                SinkMark mark = sink.Mark();
                sink.Hex(3, [1, 2, 3]);
                sink.Restore(mark);
                sink.Integer(ParameterName.Numbered("custom.param."u8, i), i);
                sink.Boolean(3, true);
                sink.EndMessage();
            }
            if (!sink.EndFrame()) throw new InvalidOperationException();
        }
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
