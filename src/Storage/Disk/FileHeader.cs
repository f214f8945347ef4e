using System.Buffers.Binary;

namespace Gateway.Storage.Disk;

/// <summary>What a file of addresses holds.</summary>
internal enum FileKind
{
    /// <summary>A channel's messages: `log-I.S`.</summary>
    Log = 1,
    /// <summary>A generation of the journal: `journal-G.S`.</summary>
    Journal = 2,
}

/// <summary>What became of reading a header.</summary>
internal enum HeaderStatus
{
    /// <summary>It is whole.</summary>
    Valid,
    /// <summary>It is missing, cut or changed.</summary>
    Damaged,
    /// <summary>It is whole and of a later version.</summary>
    Later,
}

/// <summary>The first block of a file of a log or of the journal: says which file it is, so that one in another's place is found out and a log can be understood without the checkpoint.</summary>
/// <remarks>
/// 4096 bytes: magic 8 | version 4 | kind 4 | channel 8 (0: journal) | incarnation, or the journal's generation 8 | file number 8 | page bits 4 | segment bits 4 |
/// zero 4040 | crc32c 4 over what is before it. Little-endian. The addresses of the file follow. Later versions keep magic, version and checksum where they are.
/// Files of version 1 have no header.
/// </remarks>
/// <param name="Kind">What the file holds.</param>
/// <param name="ChannelId">The channel; 0 for the journal.</param>
/// <param name="Number">Incarnation of a log, generation of a journal.</param>
/// <param name="Segment">Which file of it.</param>
/// <param name="PageBits">Size of its pages.</param>
/// <param name="SegmentBits">Most addresses in a file.</param>
internal readonly record struct FileHeader(FileKind Kind, long ChannelId, long Number, long Segment, int PageBits, int SegmentBits)
{
    /// <summary>Bytes of the block: a multiple of what disks write at once.</summary>
    public const int Bytes = 4_096;

    /// <summary>What this program writes.</summary>
    public const int Version = 2;

    private const ulong Magic = 0x544E_4D47_4553_5747;      // "GWSEGMNT"
    private const int ChecksumAt = Bytes - 4;

    /// <summary>The file's name, as an operator knows it.</summary>
    public string Name => Kind == FileKind.Journal
        ? FormattableString.Invariant($"journal-{Number:x16}.{Segment}")
        : FormattableString.Invariant($"log-{Number:x}.{Segment} of channel {ChannelId}");

    /// <summary>Writes the block over <paramref name="block"/>, <see cref="Bytes"/> long.</summary>
    public void Write(Span<byte> block)
    {
        block.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(block, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(block[8..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(block[12..], (int)Kind);
        BinaryPrimitives.WriteInt64LittleEndian(block[16..], ChannelId);
        BinaryPrimitives.WriteInt64LittleEndian(block[24..], Number);
        BinaryPrimitives.WriteInt64LittleEndian(block[32..], Segment);
        BinaryPrimitives.WriteInt32LittleEndian(block[40..], PageBits);
        BinaryPrimitives.WriteInt32LittleEndian(block[44..], SegmentBits);
        BinaryPrimitives.WriteUInt32LittleEndian(block[ChecksumAt..], Crc32C.Compute(block[..ChecksumAt]));
    }

    /// <summary>Reads the first bytes of a file.</summary>
    /// <param name="block">As many as the file has, at most <see cref="Bytes"/>.</param>
    /// <param name="header">What it says; only of use when it is valid.</param>
    /// <param name="version">What it says it is; 0 when it is damaged.</param>
    public static HeaderStatus TryRead(ReadOnlySpan<byte> block, out FileHeader header, out int version)
    {
        header = default;
        version = 0;
        if (block.Length < Bytes || BinaryPrimitives.ReadUInt64LittleEndian(block) != Magic) return HeaderStatus.Damaged;
        if (BinaryPrimitives.ReadUInt32LittleEndian(block[ChecksumAt..]) != Crc32C.Compute(block[..ChecksumAt])) return HeaderStatus.Damaged;

        version = BinaryPrimitives.ReadInt32LittleEndian(block[8..]);
        if (version > Version) return HeaderStatus.Later;
        header = new FileHeader(
            (FileKind)BinaryPrimitives.ReadInt32LittleEndian(block[12..]),
            BinaryPrimitives.ReadInt64LittleEndian(block[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(block[24..]),
            BinaryPrimitives.ReadInt64LittleEndian(block[32..]),
            BinaryPrimitives.ReadInt32LittleEndian(block[40..]),
            BinaryPrimitives.ReadInt32LittleEndian(block[44..]));
        return HeaderStatus.Valid;
    }
}
