using System.Buffers.Text;

namespace Gateway.Codecs;

// The values: one capacity check each, then writes at constant offsets.
public partial struct MessageSink
{
    /// <inheritdoc/>
    public void Integer(int key, long value)
    {
        if (_bytes.Length - _position < ScalarBytesMax) Grow(ScalarBytesMax);
        int at = PutKey(key);
        _position = at + PutInteger(_bytes.AsSpan(at, 9), value);
        _count++;
    }

    /// <inheritdoc/>
    public void Real(int key, double value)
    {
        if (!double.IsFinite(value))
        {
            Drop();
            return;
        }
        if (_bytes.Length - _position < ScalarBytesMax) Grow(ScalarBytesMax);
        int at = PutKey(key);
        _position = at + PutReal(_bytes.AsSpan(at, 9), value);
        _count++;
    }

    /// <inheritdoc/>
    public void Boolean(int key, bool value)
    {
        if (_bytes.Length - _position < ScalarBytesMax) Grow(ScalarBytesMax);
        int at = PutKey(key);
        _bytes[at] = value ? (byte)0xC3 : (byte)0xC2;
        _position = at + 1;
        _count++;
    }

    /// <inheritdoc/>
    public void Time(int key, long timeUs)
    {
        if (_bytes.Length - _position < ScalarBytesMax) Grow(ScalarBytesMax);
        int at = PutKey(key);
        _position = at + PutTime(_bytes.AsSpan(at, 15), timeUs);
        _count++;
        if (key == ParameterKeys.Timestamp) _flags |= HasTimestamp;
    }

    /// <inheritdoc/>
    public void Text(int key, ReadOnlySpan<byte> text)
    {
        if (!HasRoomForText(text.Length)) return;
        int at = PutKey(key);
        _position = at + PutText(_bytes.AsSpan(at), text);
        _count++;
    }

    /// <inheritdoc/>
    public void DecimalText(int key, long value)
    {
        const int room = ScalarBytesMax + 20;
        if (_bytes.Length - _position < room) Grow(room);
        int at = PutKey(key);
        // At most 20 characters, so the text's header is one byte: fixstr. Types and codes have few digits: written here, without culture.
        Span<byte> text = _bytes.AsSpan(at + 1, 20);
        int length;
        if ((ulong)value < 1000)
        {
            uint small = (uint)value;
            length = small < 10 ? 1 : small < 100 ? 2 : 3;
            if (length == 3) text[0] = (byte)('0' + small / 100);
            if (length >= 2) text[length - 2] = (byte)('0' + small / 10 % 10);
            text[length - 1] = (byte)('0' + small % 10);
        }
        else
        {
            Utf8Formatter.TryFormat(value, text, out length);
        }
        _bytes[at] = (byte)(0xA0 | length);
        _position = at + 1 + length;
        _count++;
    }

    /// <inheritdoc/>
    public void Hex(int key, ReadOnlySpan<byte> bytes)
    {
        if (!HasRoomForText(bytes.Length)) return;
        int at = PutKey(key);
        _position = at + PutHex(_bytes.AsSpan(at), bytes);
        _count++;
    }

    /// <inheritdoc/>
    public void Latitude(double degrees)
    {
        if (Math.Abs(degrees) <= 90) Real(ParameterKeys.Latitude, degrees);
        else Drop();
    }

    /// <inheritdoc/>
    public void Longitude(double degrees)
    {
        if (Math.Abs(degrees) <= 180) Real(ParameterKeys.Longitude, degrees);
        else Drop();
    }

    /// <inheritdoc/>
    public void Integer(scoped ParameterName name, long value)
    {
        int at = PutName(name, 9);
        _position = at + PutInteger(_bytes.AsSpan(at, 9), value);
        _count++;
    }

    /// <inheritdoc/>
    public void Real(scoped ParameterName name, double value)
    {
        if (!double.IsFinite(value))
        {
            Drop();
            return;
        }
        int at = PutName(name, 9);
        _position = at + PutReal(_bytes.AsSpan(at, 9), value);
        _count++;
    }

    /// <inheritdoc/>
    public void Boolean(scoped ParameterName name, bool value)
    {
        int at = PutName(name, 1);
        _bytes[at] = value ? (byte)0xC3 : (byte)0xC2;
        _position = at + 1;
        _count++;
    }

    /// <inheritdoc/>
    public void Text(scoped ParameterName name, ReadOnlySpan<byte> text)
    {
        if (!HasRoomForText(text.Length)) return;
        int at = PutName(name, text.Length * 2 + 3);
        _position = at + PutText(_bytes.AsSpan(at), text);
        _count++;
    }

    /// <inheritdoc/>
    public void Hex(scoped ParameterName name, ReadOnlySpan<byte> bytes)
    {
        if (!HasRoomForText(bytes.Length)) return;
        int at = PutName(name, bytes.Length * 2 + 3);
        _position = at + PutHex(_bytes.AsSpan(at), bytes);
        _count++;
    }

    /// <summary>Room for a key and a text that may double in length. A text that is longer than any message is an overflow.</summary>
    private bool HasRoomForText(int length)
    {
        if (length >= MessageBuffer.MessageBytesMax)
        {
            _overflowed = true;
            return false;
        }
        int room = ScalarBytesMax + length * 2;
        if (_bytes.Length - _position < room) Grow(room);
        return true;
    }

    private readonly void Drop() => _session!.DroppedValues++;
}
