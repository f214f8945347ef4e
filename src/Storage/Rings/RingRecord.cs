using System.Buffers.Binary;
using Gateway.Storage.Disk;

namespace Gateway.Storage.Rings;

/// <summary>What a record of a ring says beside its ident and its bytes.</summary>
/// <param name="TimeUs">When it happened, µs since 1970.</param>
/// <param name="Connection">The connection it happened on, 0 for none.</param>
/// <param name="Index">Its place in the connection, from 0. Numbers are given to dropped records too, so a hole shows what is missing.</param>
/// <param name="Type">What it is; the caller's numbers, below <see cref="RingRecord.FirstOwnType"/>.</param>
public readonly record struct RingEntry(long TimeUs, long Connection, int Index, int Type);

/// <summary>What was learned about records after they were added: two numbers whose meaning is the caller's.</summary>
/// <param name="Key">The first.</param>
/// <param name="Value">The second.</param>
public readonly record struct RingNote(long Key, int Value);

/// <summary>The bytes of one record, in the queue and in a file.</summary>
/// <remarks>
/// length 4 | crc32c 4 | time 8 | connection 8 | index 4 | type 2 | ident length 1 | filling 1 | ident | bytes | filling with zeros to a multiple of 8. Little-endian. The checksum begins with the
/// segment's seed and covers the length and all that follows the checksum. In the queue the number of the ring stands in the checksum's place.
/// </remarks>
internal static class RingRecord
{
    /// <summary>Bytes before the ident.</summary>
    public const int HeaderBytes = 32;

    /// <summary>Records begin at multiples of this.</summary>
    public const int Alignment = 8;

    /// <summary>Longest ident in bytes.</summary>
    public const int IdentBytesMax = byte.MaxValue;

    /// <summary>Most bytes of one record beside its ident.</summary>
    public const int BytesMax = 64 * 1024;

    /// <summary>Longest record.</summary>
    public const int LengthMax = HeaderBytes + ((IdentBytesMax + BytesMax + Alignment - 1) & -Alignment);

    /// <summary>Types from here on are the ring's own.</summary>
    public const int FirstOwnType = 0xFF00;

    /// <summary>Records that one note can be about.</summary>
    public const int NotedMax = 4096;

    /// <summary>The ring's own: a note about the record with this connection and index, and about some before it. The bytes hold how many in all (4) and the note (8 and 4). A program that does not know the type passes over it.</summary>
    public const int NoteType = 0xFFFD;

    /// <summary>Bytes of a note.</summary>
    public const int NoteBytes = sizeof(int) + sizeof(long) + sizeof(int);

    /// <summary>The ring's own: records were dropped before this one. The bytes hold how many (8).</summary>
    public const int DroppedType = 0xFFFE;

    /// <summary>The ring's own: the record with this connection and index is of another ident too, of the ident here.</summary>
    public const int AlsoIdentType = 0xFFFF;

    /// <summary>Bytes of a record.</summary>
    public static int LengthOf(int identBytes, int bytes) => HeaderBytes + ((identBytes + bytes + Alignment - 1) & -Alignment);

    /// <summary>Writes all but length and checksum. <paramref name="place"/> has the record's length and ends with zeros.</summary>
    public static void Write(Span<byte> place, in RingEntry entry, ReadOnlySpan<byte> ident, ReadOnlySpan<byte> bytes)
    {
        BinaryPrimitives.WriteInt64LittleEndian(place[8..], entry.TimeUs);
        BinaryPrimitives.WriteInt64LittleEndian(place[16..], entry.Connection);
        BinaryPrimitives.WriteInt32LittleEndian(place[24..], entry.Index);
        BinaryPrimitives.WriteUInt16LittleEndian(place[28..], (ushort)entry.Type);
        place[30] = (byte)ident.Length;
        place[31] = (byte)(place.Length - HeaderBytes - ident.Length - bytes.Length);
        ident.CopyTo(place[HeaderBytes..]);
        bytes.CopyTo(place[(HeaderBytes + ident.Length)..]);
    }

    /// <summary>Gives a record its time, its length and its checksum: then it is as in a file.</summary>
    public static void Finish(Span<byte> record, uint seed, long timeUs)
    {
        BinaryPrimitives.WriteInt32LittleEndian(record, record.Length);
        BinaryPrimitives.WriteInt64LittleEndian(record[8..], timeUs);
        BinaryPrimitives.WriteUInt32LittleEndian(record[4..], ChecksumOf(record, seed));
    }

    /// <summary>The length of the whole and right record that begins here, 0 when there is none.</summary>
    public static int TryRead(ReadOnlySpan<byte> bytes, uint seed)
    {
        if (bytes.Length < HeaderBytes) return 0;
        int length = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        if (length is < HeaderBytes or > LengthMax || length > bytes.Length || (length & (Alignment - 1)) != 0) return 0;
        if (bytes[31] >= Alignment || HeaderBytes + bytes[30] + bytes[31] > length) return 0;
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) == ChecksumOf(bytes[..length], seed) ? length : 0;
    }

    /// <summary>The time of a record.</summary>
    public static long TimeUsOf(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadInt64LittleEndian(record[8..]);

    private static uint ChecksumOf(ReadOnlySpan<byte> record, uint seed) => Crc32C.Compute(record[8..], Crc32C.Compute(record[..4], seed));
}

/// <summary>A record that was read; its bytes lie in somebody's buffer.</summary>
/// <param name="record">A whole and right record.</param>
internal readonly ref struct RingRecordView(ReadOnlySpan<byte> record)
{
    private readonly ReadOnlySpan<byte> _record = record;

    public int Length => _record.Length;

    public long TimeUs => RingRecord.TimeUsOf(_record);

    public long Connection => BinaryPrimitives.ReadInt64LittleEndian(_record[16..]);

    public int Index => BinaryPrimitives.ReadInt32LittleEndian(_record[24..]);

    public int Type => BinaryPrimitives.ReadUInt16LittleEndian(_record[28..]);

    public RingEntry Entry => new(TimeUs, Connection, Index, Type);

    public ReadOnlySpan<byte> Ident => _record.Slice(RingRecord.HeaderBytes, _record[30]);

    public ReadOnlySpan<byte> Bytes => _record[(RingRecord.HeaderBytes + _record[30])..(_record.Length - _record[31])];
}
