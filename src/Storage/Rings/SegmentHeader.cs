using System.Buffers.Binary;
using Gateway.Storage.Disk;

namespace Gateway.Storage.Rings;

/// <summary>The first bytes of a ring's file.</summary>
/// <param name="Kind">The ring's kind.</param>
/// <param name="Owner">The ring's owner.</param>
/// <param name="Number">Number of the file in its ring, from 1.</param>
/// <param name="PreviousNumber">The file before it, 0 for none.</param>
/// <param name="PreviousEnd">Where that file's last record ends. What lies behind it was never finished.</param>
/// <param name="PreviousTimeUs">The time of that record.</param>
/// <param name="FirstTimeUs">The time of the first record here.</param>
/// <param name="Salt">Chance, so that a device can't send bytes that would pass for a record.</param>
/// <remarks>
/// magic 8 | version 4 | kind 4 | owner 8 | number 8 | previous number 8 | previous end 8 | previous time 8 | first time 8 | salt 8 | zero 4 | crc32c 4. Little-endian.
/// A file's end is told by its successor, since a ring is not synced: a file that ends earlier than its successor says has lost records, one that is longer has an unfinished tail.
/// </remarks>
internal readonly record struct SegmentHeader(
    RingKind Kind, long Owner, long Number, long PreviousNumber, long PreviousEnd, long PreviousTimeUs, long FirstTimeUs, ulong Salt)
{
    /// <summary>Length.</summary>
    public const int Bytes = 80;

    /// <summary>The layout that this program writes, and the only one that it reads.</summary>
    public const int Version = 1;

    private const ulong Magic = 0x3130_474E_4952_5747;      // "GWRING01"
    private const int ChecksumAt = 76;

    /// <summary>What the checksums of the file's records begin with: a file in another ring's place is found out.</summary>
    public uint Seed
    {
        get
        {
            Span<byte> bytes = stackalloc byte[32];
            BinaryPrimitives.WriteInt64LittleEndian(bytes, (long)Kind);
            BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], Owner);
            BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], Number);
            BinaryPrimitives.WriteUInt64LittleEndian(bytes[24..], Salt);
            return Crc32C.Compute(bytes);
        }
    }

    /// <summary>Writes the header over the beginning of <paramref name="place"/>.</summary>
    public void Write(Span<byte> place)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(place, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(place[8..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(place[12..], (int)Kind);
        BinaryPrimitives.WriteInt64LittleEndian(place[16..], Owner);
        BinaryPrimitives.WriteInt64LittleEndian(place[24..], Number);
        BinaryPrimitives.WriteInt64LittleEndian(place[32..], PreviousNumber);
        BinaryPrimitives.WriteInt64LittleEndian(place[40..], PreviousEnd);
        BinaryPrimitives.WriteInt64LittleEndian(place[48..], PreviousTimeUs);
        BinaryPrimitives.WriteInt64LittleEndian(place[56..], FirstTimeUs);
        BinaryPrimitives.WriteUInt64LittleEndian(place[64..], Salt);
        place[72..ChecksumAt].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(place[ChecksumAt..], Crc32C.Compute(place[..ChecksumAt]));
    }

    /// <summary>Reads a header.</summary>
    /// <param name="bytes">The beginning of a file.</param>
    /// <param name="problem">What is wrong, in words; empty when nothing is.</param>
    public static SegmentHeader? TryRead(ReadOnlySpan<byte> bytes, out string problem)
    {
        problem = "";
        if (bytes.Length < Bytes || BinaryPrimitives.ReadUInt64LittleEndian(bytes) != Magic) problem = "it does not begin as a ring's file does";
        else if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[ChecksumAt..]) != Crc32C.Compute(bytes[..ChecksumAt])) problem = "its first bytes are damaged";
        else if (BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]) is var version and not Version) problem = $"it has layout {version}; this program reads layout {Version}";
        if (problem.Length > 0) return null;

        return new SegmentHeader(
            (RingKind)BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[32..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[40..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[48..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[56..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[64..]));
    }
}
