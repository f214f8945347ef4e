using System.Text;

namespace Gateway.Codecs.Tests.Messages;

public class MessageReaderTests
{
    [Fact]
    public void Values_are_read_and_the_last_of_a_key_counts()
    {
        MessageBuffer buffer = new();
        MessageSink sink = new(buffer);
        sink.BeginFrame(new TestSession());
        sink.BeginMessage();
        sink.Latitude(1);
        sink.Latitude(-54.25);
        sink.Longitude(25);
        sink.Integer(1, 7);
        sink.Integer(1, -70_000);
        sink.Boolean(2, true);
        sink.Text(3, "text"u8);
        sink.Real(4, 1_700_000_000.5);
        sink.Text(ParameterName.Named("custom."u8, "x"u8), "y"u8);
        sink.Time(ParameterKeys.Timestamp, 1_700_000_000_000_001);
        sink.EndMessage();
        Assert.True(sink.EndFrame());
        ReadOnlySpan<byte> payload = buffer[0];

        Assert.True(MessageReader.TryGetIdent(payload, out ReadOnlySpan<byte> ident));
        Assert.Equal("860000000000001", Encoding.UTF8.GetString(ident));
        Assert.True(MessageReader.TryGetTimestamp(payload, out long timeUs));
        Assert.Equal(1_700_000_000_000_001, timeUs);
        Assert.True(MessageReader.TryGetPosition(payload, out double latitude, out double longitude));
        Assert.Equal((-54.25, 25.0), (latitude, longitude));
        Assert.True(MessageReader.TryGetInteger(payload, 1, out long integer));
        Assert.Equal(-70_000, integer);
        Assert.True(MessageReader.TryGetNumber(payload, 1, out double number));
        Assert.Equal(-70_000, number);
        Assert.True(MessageReader.TryGetBoolean(payload, 2, out bool flag) && flag);
        Assert.True(MessageReader.TryGetText(payload, 3, out ReadOnlySpan<byte> text));
        Assert.Equal("text"u8.ToArray(), text.ToArray());
        Assert.True(MessageReader.TryGetTime(payload, 4, out timeUs));      // a number counts as seconds
        Assert.Equal(1_700_000_000_500_000, timeUs);

        Assert.False(MessageReader.TryGetText(payload, 1, out _));
        Assert.False(MessageReader.TryGetInteger(payload, 3, out _));
        Assert.False(MessageReader.TryGetBoolean(payload, 1, out _));
        Assert.False(MessageReader.TryGetNumber(payload, 2, out _));
        Assert.False(MessageReader.TryGetTime(payload, 3, out _));
        Assert.False(MessageReader.TryGetInteger(payload, 0, out _));       // the open name is not key 0
    }

    [Fact]
    public void Position_needs_both_coordinates()
    {
        MessageBuffer buffer = new();
        MessageSink sink = new(buffer);
        sink.BeginFrame(new TestSession());
        sink.BeginMessage();
        sink.Latitude(1);
        sink.Longitude(181);
        sink.EndMessage();
        Assert.True(sink.EndFrame());
        Assert.False(MessageReader.TryGetPosition(buffer[0], out _, out _));
    }

    [Fact]
    public void Bytes_that_are_no_message_give_nothing()
    {
        foreach (byte[] payload in new byte[][] { [], [0xDE], [0xC0], [0x81], [0xDE, 0xFF, 0xFF, 1, 1], [0xDF, 0xFF, 0xFF, 0xFF, 0xFF], [0x81, 0xDB, 0xFF, 0xFF, 0xFF, 0xFF] })
        {
            Assert.False(MessageReader.TryGetIdent(payload, out _));
            Assert.False(MessageReader.TryGetTimestamp(payload, out _));
            Assert.False(MessageReader.TryGetPosition(payload, out _, out _));
        }
    }
}
