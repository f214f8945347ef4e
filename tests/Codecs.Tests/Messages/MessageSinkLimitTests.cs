using System.Text;

namespace Gateway.Codecs.Tests.Messages;

public class MessageSinkLimitTests
{
    private const int Speed = 1209;

    private readonly MessageBuffer _buffer = new();
    private readonly TestSession _session = new();

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
}
