using Gateway.Codecs;

namespace Gateway.Host.Devices.Telemetry;

/// <summary>The last value of each parameter of one device, and its time. Any number of threads.</summary>
/// <remarks>
/// Values lie one behind the other in one array, as messages store them; a value that is no longer than the one before takes its place. So a message whose parameters are known allocates nothing.
/// A value counts by the time of its message, but not beyond the moment it came: a clock that runs ahead must not hold a value for ever.
/// </remarks>
internal sealed partial class TelemetryValues(NameTable names)
{
    /// <summary>Most parameters; the one whose value is oldest gives way.</summary>
    internal const int CountMax = 1024;

    /// <summary>Longest value in bytes, as it is stored; longer ones are left out.</summary>
    internal const int ValueBytesMax = 8 * 1024;

    /// <summary>Most bytes of all values; the oldest give way.</summary>
    internal const int BytesMax = 128 * 1024;

    private readonly Lock _gate = new();
    private int[] _numbers = [];
    private long[] _times = [];
    private Place[] _places = [];
    private byte[] _bytes = [];
    private int _count;
    private int _end;
    private int _used;      // rooms of all values; the rest up to the end is nobody's
    private int _hint;
    private Origin _origin;
    private bool _isChanged;

    /// <summary>Takes the values of a message that are not older than those that are there.</summary>
    /// <param name="payload">As it is stored.</param>
    /// <param name="timeUs">The device's time of the message, µs since 1970; 0 when it has none.</param>
    /// <param name="origin">Where it came from.</param>
    internal void Apply(ReadOnlySpan<byte> payload, long timeUs, in Origin origin)
    {
        timeUs = timeUs == 0 ? origin.ServerTimeUs : Math.Min(timeUs, origin.ServerTimeUs);
        lock (_gate)
        {
            _isChanged = true;
            if (origin.ServerTimeUs >= _origin.ServerTimeUs) _origin = origin;
            Volatile.Write(ref _hasFresh, true);
            var values = new MessageValues(payload);
            while (values.MoveNext())
            {
                if (!names.TryNumber(in values, out int number)) continue;
                ReadOnlySpan<byte> value = values.Value;
                if (value.Length > ValueBytesMax) continue;
                int at = Find(number);
                if (at >= 0 && _times[at] > timeUs) continue;
                Put(at, number, timeUs, value);
            }
        }
    }

    /// <summary>Forgets the values of parameters.</summary>
    /// <param name="selection">Which; null for all.</param>
    /// <returns>How many there were.</returns>
    internal int Remove(ParameterSelection? selection)
    {
        Span<byte> scratch = stackalloc byte[ParameterDictionary.NameBytesMax];
        int removed = 0;
        lock (_gate)
        {
            for (int i = _count - 1; i >= 0; i--)
            {
                if (selection is not null && !selection.Matches(names.NameOf(_numbers[i], scratch))) continue;
                NoteCleared(_numbers[i]);
                RemoveAt(i);
                removed++;
            }
            if (selection is null) _origin = default;
            if (removed > 0) _isChanged = true;
        }
        return removed;
    }

    /// <summary>The place of a parameter; -1 when it has no value. Messages of a device name their parameters in the same order: the next one is mostly where it was.</summary>
    private int Find(int number)
    {
        int next = _hint < _count ? _hint : 0;
        if (_count > 0 && _numbers[next] == number)
        {
            _hint = next + 1;
            return next;
        }
        int at = _numbers.AsSpan(0, _count).IndexOf(number);
        if (at >= 0) _hint = at + 1;
        return at;
    }

    private void Put(int at, int number, long timeUs, ReadOnlySpan<byte> value)
    {
        if (at >= 0 && value.Length <= _places[at].Room)
        {
            Span<byte> before = _bytes.AsSpan(_places[at].Start, _places[at].Length);
            if (!value.SequenceEqual(before)) NoteFresh(at);
            value.CopyTo(_bytes.AsSpan(_places[at].Start));
            _places[at] = _places[at] with { Length = (ushort)value.Length };
            _times[at] = timeUs;
            return;
        }
        if (at >= 0) RemoveAt(at);
        else if (_count == CountMax && !TryEvictOlderThan(timeUs)) return;
        while (_used + value.Length > BytesMax)
            if (!TryEvictOlderThan(timeUs)) return;

        if (_count == _numbers.Length)
        {
            int length = Math.Clamp(_count * 2, 16, CountMax);
            Array.Resize(ref _numbers, length);
            Array.Resize(ref _times, length);
            Array.Resize(ref _places, length);
            Array.Resize(ref _fresh, length);
        }
        MakeRoom(value.Length);
        (_numbers[_count], _times[_count]) = (number, timeUs);
        _places[_count] = new Place(_end, (ushort)value.Length, (ushort)value.Length);
        value.CopyTo(_bytes.AsSpan(_end));
        _end += value.Length;
        _used += value.Length;
        NoteFresh(_count++);
    }

    private void RemoveAt(int at)
    {
        _used -= _places[at].Room;
        int last = --_count;
        (_numbers[at], _times[at], _places[at], _fresh[at]) = (_numbers[last], _times[last], _places[last], _fresh[last]);
    }

    /// <summary>Gives up the oldest value, if it is older than the one that comes.</summary>
    private bool TryEvictOlderThan(long timeUs)
    {
        int oldest = 0;
        for (int i = 1; i < _count; i++)
            if (_times[i] < _times[oldest]) oldest = i;
        if (_count == 0 || _times[oldest] >= timeUs) return false;
        NoteCleared(_numbers[oldest]);
        RemoveAt(oldest);
        return true;
    }

    /// <summary>Makes room behind the last value: by moving values together, else by a larger array.</summary>
    private void MakeRoom(int length)
    {
        if (_bytes.Length - _end >= length) return;
        byte[] target = _used + length <= _bytes.Length / 2 ? _bytes : new byte[Math.Max(256, (_used + length) * 2)];
        byte[] source = target == _bytes ? [.. _bytes.AsSpan(0, _end)] : _bytes;
        int end = 0;
        for (int i = 0; i < _count; i++)
        {
            Place place = _places[i];
            source.AsSpan(place.Start, place.Length).CopyTo(target.AsSpan(end));
            _places[i] = place with { Start = end };
            end += place.Room;
        }
        (_bytes, _end) = (target, end);
    }

    /// <summary>Where a value lies.</summary>
    private readonly record struct Place(int Start, ushort Length, ushort Room);
}

/// <summary>Where a message came from, beside what it says.</summary>
/// <param name="ChannelId">The channel.</param>
/// <param name="ProtocolId">Its protocol.</param>
/// <param name="ServerTimeUs">When it came, µs since 1970.</param>
internal readonly record struct Origin(long ChannelId, int ProtocolId, long ServerTimeUs);
