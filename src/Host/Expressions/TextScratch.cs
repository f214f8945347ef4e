namespace Gateway.Host.Expressions;

/// <summary>Room for the texts that one evaluation puts together. Grows to what was needed once and stays so; at most <see cref="Expression.TextBytesMax"/> for each step of a program.</summary>
internal sealed class TextScratch
{
    private byte[] _bytes = [];
    private int _length;

    /// <summary>What was put together so far.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    /// <summary>Forgets all texts.</summary>
    public void Clear() => _length = 0;

    /// <summary>Room behind what was put together. Texts read from <see cref="Written"/> before may move.</summary>
    public Span<byte> Room(int bytes)
    {
        if (_bytes.Length - _length < bytes) Array.Resize(ref _bytes, Math.Max(256, Math.Max(_bytes.Length * 2, _length + bytes)));
        return _bytes.AsSpan(_length, bytes);
    }

    /// <summary>Keeps the first bytes of the room as a text.</summary>
    public Value Keep(int bytes)
    {
        var text = Value.OfText(TextSource.Scratch, _length, bytes);
        _length += bytes;
        return text;
    }
}
