using System.Buffers.Binary;

namespace Gateway.Storage.Rings;

/// <summary>Goes through the records of one file that was read into memory; steps over damage to the next whole record.</summary>
internal ref struct SegmentScan
{
    /// <summary>Bytes that may be checksummed in search of the next record: lengths found in damaged bytes are chance, or somebody's choice.</summary>
    private const long SearchBytesMax = 64L << 20;

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly uint _seed;
    private int _next;

    /// <param name="bytes">The file from its first byte.</param>
    /// <param name="start">Where to begin: the end of the header, or where a record begins.</param>
    /// <param name="seed">Of the header.</param>
    public SegmentScan(ReadOnlySpan<byte> bytes, int start, uint seed)
    {
        _bytes = bytes;
        _next = start;
        _seed = seed;
    }

    /// <summary>Where the record is that was given last.</summary>
    public int Offset { get; private set; }

    /// <summary>Where the bytes begin that were stepped over before that record, or at the end.</summary>
    public int DamageOffset { get; private set; }

    /// <summary>How many those are; 0 when there are none.</summary>
    public int DamageBytes { get; private set; }

    /// <summary>Gives the next record.</summary>
    /// <returns>False at the end; <see cref="DamageBytes"/> then says whether it ends with something that is no record.</returns>
    public bool TryNext(out RingRecordView record)
    {
        int length = RingRecord.TryRead(_bytes[Math.Min(_next, _bytes.Length)..], _seed);
        DamageBytes = 0;
        if (length == 0 && _next < _bytes.Length) length = Search();
        if (length == 0)
        {
            record = default;
            return false;
        }

        Offset = _next;
        _next += length;
        record = new RingRecordView(_bytes.Slice(Offset, length));
        return true;
    }

    private int Search()
    {
        DamageOffset = _next;
        int length = 0;
        for (long budget = SearchBytesMax; length == 0 && budget > 0 && _next < _bytes.Length;)
        {
            _next = Math.Min(_next + RingRecord.Alignment, _bytes.Length);
            ReadOnlySpan<byte> rest = _bytes[_next..];
            if (rest.Length < RingRecord.HeaderBytes) break;
            length = RingRecord.TryRead(rest, _seed);
            if (length == 0) budget -= RingRecord.Alignment + ((uint)BinaryPrimitives.ReadInt32LittleEndian(rest) <= RingRecord.LengthMax ? BinaryPrimitives.ReadInt32LittleEndian(rest) : 0);
        }

        if (length == 0) _next = _bytes.Length;
        DamageBytes = _next - DamageOffset;
        return length;
    }
}
