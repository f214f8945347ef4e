namespace Gateway.Codecs;

/// <summary>Walks over the values of a stored payload in the order in which they were written, without JSON and without allocation.</summary>
/// <remarks>A damaged payload ends the walk early, as <see cref="MoveNext"/> finds the damage; values before it were given.</remarks>
public ref struct MessageValues
{
    private readonly ReadOnlySpan<byte> _payload;
    private int _left;
    private int _next;
    private int _key;
    private int _nameStart;
    private int _nameLength;
    private int _start;

    /// <summary>Begins before the first value.</summary>
    /// <param name="payload">A payload as <see cref="MessageSink"/> writes it.</param>
    public MessageValues(ReadOnlySpan<byte> payload)
    {
        _payload = payload;
        if (!MessagePackScan.TryMapHeader(payload, ref _next, out _left)) _left = 0;
    }

    /// <summary>The key in the dictionary, the same for all ways in which a name can be stored; means nothing when <see cref="IsNamed"/>.</summary>
    public readonly int Key => _key >> 16 == 0 && ParameterDictionary.Find(_key) is { } row ? row.Key : _key;

    /// <summary>Whether the name is written out.</summary>
    public readonly bool IsNamed => _nameLength >= 0;

    /// <summary>The name that is written out, UTF-8.</summary>
    public readonly ReadOnlySpan<byte> Name => _nameLength >= 0 ? _payload.Slice(_nameStart, _nameLength) : default;

    /// <summary>The value as it is stored, for <see cref="MessageJson.WriteValue"/>.</summary>
    public readonly ReadOnlySpan<byte> Value => _payload[_start.._next];

    /// <summary>Goes to the next value.</summary>
    /// <returns>False when there is none.</returns>
    public bool MoveNext()
    {
        if (_left == 0) return false;
        _left--;
        if (MessagePackScan.TryKey(_payload, ref _next, out _key, out _nameStart, out _nameLength))
        {
            _start = _next;
            if (MessagePackScan.TrySkip(_payload, ref _next)) return true;
        }
        _left = 0;
        return false;
    }
}
