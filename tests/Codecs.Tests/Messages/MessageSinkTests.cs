using System.Text;

namespace Gateway.Codecs.Tests.Messages;

public class MessageSinkTests
{
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
    public void Sink_does_not_trace() => Assert.False(MessageSink.Traces);

    private MessageSink Begin()
    {
        MessageSink sink = new(_buffer);
        sink.BeginFrame(_session);
        sink.BeginMessage();
        return sink;
    }
}
