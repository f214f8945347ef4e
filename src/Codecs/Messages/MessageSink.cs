using System.Buffers.Binary;

namespace Gateway.Codecs;

/// <summary>Writes each message straight into a <see cref="MessageBuffer"/>, as one MessagePack map. Allocates only when the buffer grows.</summary>
/// <remarks>
/// Map header: always 3 bytes, its count is patched when the message ends. Keys: dictionary numbers as 16 or 32-bit integers, so that a value's
/// place in its entry is constant; texts for open names. Times: the timestamp extension. When a key comes twice, the last one counts.
/// Not thread-safe; pass it by reference.
/// </remarks>
public partial struct MessageSink : IParameterSink
{
    /// <summary>Room for any value that is no text: key 5, value at most 15.</summary>
    private const int ScalarBytesMax = 20;

    /// <summary>Room for the longest text with its key, beyond <see cref="MessageBuffer.BytesMax"/>: an overflow is noticed at the end of a message.</summary>
    private const int SlackBytes = 2 * MessageBuffer.MessageBytesMax + 256;

    private const int HasTimestamp = 1;
    private const int CommonHasTimestamp = 2;

    private readonly MessageBuffer _buffer;
    private byte[] _bytes;
    private int _position;
    private int _count;
    private int _messageStart;
    private int _flags;
    private bool _overflowed;
    private int _commonBytes;
    private int _commonCount;
    private int _frameMessages;
    private int _frameStart;
    private Session? _session;

    /// <summary>A sink that adds to what <paramref name="buffer"/> holds.</summary>
    public MessageSink(MessageBuffer buffer)
    {
        _buffer = buffer;
        _bytes = buffer.BytesArray;
        _messageStart = -1;
    }

    /// <inheritdoc/>
    public static bool Traces => false;

    /// <inheritdoc/>
    public void BeginFrame(Session session)
    {
        _session = session;
        _bytes = _buffer.BytesArray;
        _frameMessages = _buffer.Count;
        _frameStart = _position = _buffer.Length;
        _overflowed = false;
        ForgetFrame();
    }

    /// <inheritdoc/>
    public bool EndFrame()
    {
        if (_overflowed)
        {
            AbandonFrame();
            return false;
        }
        _position = _buffer.Length;
        ForgetFrame();
        return true;
    }

    /// <inheritdoc/>
    public void AbandonFrame()
    {
        _buffer.Count = _frameMessages;
        _buffer.Length = _position = _frameStart;
        _overflowed = false;
        ForgetFrame();
    }

    /// <inheritdoc/>
    public void BeginMessage()
    {
        // Dropping the open message would let this one overwrite bytes that a mark may still refer to.
        if (_messageStart >= 0) EndMessage();
        KeepCommonValues();
        int room = 3 + _commonBytes;
        if (_bytes.Length - _position < room) Grow(room);
        _messageStart = _position;
        _bytes[_position] = 0xDE;
        _position += 3;
        if (_commonBytes > 0)
        {
            _buffer.CommonArray.AsSpan(0, _commonBytes).CopyTo(_bytes.AsSpan(_position));
            _position += _commonBytes;
        }
        _count = _commonCount;
        _flags = (_flags & CommonHasTimestamp) != 0 ? CommonHasTimestamp | HasTimestamp : 0;
    }

    /// <inheritdoc/>
    public void EndMessage()
    {
        if (_messageStart < 0) return;
        if ((_flags & HasTimestamp) == 0) Time(ParameterKeys.Timestamp, _session!.NowUs);
        PutTail();

        int start = _messageStart;
        _messageStart = -1;
        _flags &= CommonHasTimestamp;
        if (_position - start > MessageBuffer.MessageBytesMax || _position > MessageBuffer.BytesMax) _overflowed = true;
        if (_overflowed)
        {
            _position = _buffer.Length;
            _count = 0;
            return;
        }

        BinaryPrimitives.WriteUInt16BigEndian(_bytes.AsSpan(start + 1), (ushort)_count);
        _count = 0;
        if (_buffer.Count == _buffer.EndsArray.Length) Array.Resize(ref _buffer.EndsArray, _buffer.Count * 2);
        _buffer.EndsArray[_buffer.Count++] = _position;
        _buffer.Length = _position;
    }

    // Ident and peer are the same for thousands of messages: encoded once, copied from then on.
    private void PutTail()
    {
        MessageBuffer buffer = _buffer;
        if (buffer.TailSession == _session && buffer.TailIdentVersion == _session!.IdentVersion && _bytes.Length - _position >= buffer.TailLength)
        {
            buffer.Tail.AsSpan(0, buffer.TailLength).CopyTo(_bytes.AsSpan(_position));
            _position += buffer.TailLength;
            _count += buffer.TailCount;
            return;
        }

        int count = _count;
        int room = 2 * (ScalarBytesMax + 2 * Session.IdentBytesMax) + 2 * buffer.Peer.Length;
        if (_bytes.Length - _position < room) Grow(room);
        int start = _position;
        if (!_session!.Ident.IsEmpty) Text(ParameterKeys.Ident, _session.Ident);
        if (buffer.Peer.Length > 0) Text(ParameterKeys.Peer, buffer.Peer);
        if (_overflowed || _position < start) return;
        buffer.TailLength = _position - start;
        if (buffer.Tail.Length < buffer.TailLength) buffer.Tail = new byte[Math.Max(128, buffer.TailLength)];
        _bytes.AsSpan(start, buffer.TailLength).CopyTo(buffer.Tail);
        buffer.TailCount = _count - count;
        buffer.TailSession = _session;
        buffer.TailIdentVersion = _session.IdentVersion;
    }

    /// <inheritdoc/>
    public readonly SinkMark Mark() =>
        new(_position, _count, _buffer.Count, _messageStart, _commonBytes, _commonCount, _flags, _session!.DroppedValues);

    /// <inheritdoc/>
    public void Restore(SinkMark mark)
    {
        // Bytes behind the position are rubbish by definition, so going back is setting the position. What was kept as common after
        // the mark lay behind the last message then; it was copied to the side and its bytes here may be overwritten.
        if (mark.MessageStart < 0 && mark.CommonBytes < _commonBytes)
            _buffer.CommonArray.AsSpan(mark.CommonBytes, mark.Position - LengthAt(mark.Messages)).CopyTo(_bytes.AsSpan(LengthAt(mark.Messages)));
        _buffer.Count = mark.Messages;
        _buffer.Length = LengthAt(mark.Messages);
        _position = mark.Position;
        _count = mark.Count;
        _messageStart = mark.MessageStart;
        _commonBytes = mark.CommonBytes;
        _commonCount = mark.CommonCount;
        _flags = mark.Flags;
        _session!.DroppedValues = mark.Dropped;
    }

    /// <inheritdoc/>
    public readonly void Field(int field, int start, int length)
    {
    }

    /// <inheritdoc/>
    public readonly void Origin(int field, int start, int length)
    {
    }

    /// <inheritdoc/>
    public readonly void Look(LookKind kind, int line, int start, int length)
    {
    }

    /// <inheritdoc/>
    public readonly void Check(int check, int from, int to, int storedAt, bool correct)
    {
    }

    /// <summary>Values written since the last message become common values: they move out of the way of the message that starts now.</summary>
    private void KeepCommonValues()
    {
        int length = _position - _buffer.Length;
        if (length == 0) return;
        if (_commonBytes + length > MessageBuffer.MessageBytesMax) _overflowed = true;
        else
        {
            if (_buffer.CommonArray.Length < _commonBytes + length) Array.Resize(ref _buffer.CommonArray, Math.Max(256, (_commonBytes + length) * 2));
            _bytes.AsSpan(_buffer.Length, length).CopyTo(_buffer.CommonArray.AsSpan(_commonBytes));
            _commonBytes += length;
            _commonCount += _count;
            if ((_flags & HasTimestamp) != 0) _flags |= CommonHasTimestamp;
        }
        _position = _buffer.Length;
    }

    private void ForgetFrame()
    {
        _messageStart = -1;
        _count = _flags = _commonBytes = _commonCount = 0;
    }

    private readonly int LengthAt(int messages) => messages == 0 ? 0 : _buffer.EndsArray[messages - 1];

    /// <summary>Makes room for <paramref name="length"/> bytes; when the buffer is at its limit, starts over at the frame and remembers the overflow.</summary>
    private void Grow(int length)
    {
        const int lengthMax = MessageBuffer.BytesMax + SlackBytes;
        if (_position + length > lengthMax)
        {
            _overflowed = true;
            _position = _buffer.Length;
            if (_messageStart >= 0) _messageStart = _position;
        }
        if (_bytes.Length - _position >= length) return;
        Array.Resize(ref _buffer.BytesArray, (int)Math.Clamp((long)_bytes.Length * 2, _position + length, lengthMax));
        _bytes = _buffer.BytesArray;
    }
}
