namespace Gateway.Storage.Rings;

/// <summary>Gathers records that go to one place of one file. The writer has one for all rings.</summary>
internal sealed class WriteBuffer
{
    private const int Capacity = 256 * 1024;

    private readonly byte[] _bytes = new byte[Capacity];

    /// <summary>Bytes gathered.</summary>
    public int Length { get; private set; }

    /// <summary>Records gathered.</summary>
    public int Records { get; private set; }

    /// <summary>What was gathered.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    /// <summary>Whether so many bytes fit still; a file's header and the longest record always fit an empty buffer.</summary>
    public bool HasRoomFor(int bytes) => Length + bytes <= Capacity;

    /// <summary>A place for bytes that are no record.</summary>
    public Span<byte> Take(int bytes)
    {
        Length += bytes;
        return _bytes.AsSpan(Length - bytes, bytes);
    }

    /// <summary>A place for a record.</summary>
    public Span<byte> TakeRecord(int bytes)
    {
        Records++;
        return Take(bytes);
    }

    public void Clear() => Length = Records = 0;
}
