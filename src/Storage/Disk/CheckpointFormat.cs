using System.Buffers.Binary;

namespace Gateway.Storage.Disk;

/// <summary>The bytes of a checkpoint.</summary>
/// <remarks>
/// Version 2: magic 8 | version 4 | length 4 | generation 8 | journal generation 8 | journal sequence 8 | next incarnation 8 | clean 4 | count 4 | journal page bits 4 |
/// journal segment bits 4 | journal version 4 | zero 4 | count × (channel 8 | incarnation 8 | next sequence 8 | until 8 | head sequence 8 | head 8 | time 8 | page bits 4 | segment bits 4 |
/// ordered from 8 | log version 4 | holes 4 | holes × (from 8 | below 8 | from address 8 | below address 8)) | crc32c 4. Little-endian. Later versions keep the first 16 bytes and the checksum at
/// the end of `length`, so that a file of a later program is told from a damaged one.
/// Version 1: magic 8 | generation 8 … next incarnation 8 | clean 4 | count 4 | journal page bits 4 | journal segment bits 4 |
/// count × (channel 8 … segment bits 4) | crc32c 4.
/// </remarks>
internal static class CheckpointFormat
{
    /// <summary>What this program writes.</summary>
    public const int Version = 2;

    /// <summary>No checkpoint is longer.</summary>
    public const int BytesMax = 1 << 30;

    private const ulong Magic = 0x504B_4345_4843_5747;          // "GWCHECKP"
    private const ulong MagicOfVersion1 = 0x3130_504B_4343_5747;      // "GWCCKP01"
    private const int HeaderBytes = 72;
    private const int HeaderBytesOfVersion1 = 56;
    private const int ChannelBytes = 80;
    private const int ChannelBytesOfVersion1 = 64;
    private const int HoleBytes = 32;
    private const int ChecksumBytes = 4;
    private const int ChannelsMax = 1_000_000;

    /// <summary>Bytes that a checkpoint takes.</summary>
    /// <exception cref="IOException">More than <see cref="BytesMax"/>.</exception>
    public static int LengthOf(Checkpoint checkpoint)
    {
        long length = HeaderBytes + ((long)ChannelBytes * checkpoint.Channels.Count) + ChecksumBytes;
        for (int i = 0; i < checkpoint.Channels.Count; i++) length += HoleBytes * checkpoint.Channels[i].Holes.Count;
        return length <= BytesMax ? (int)length : throw new IOException($"A checkpoint of {length} bytes is longer than {BytesMax}.");
    }

    /// <summary>Writes a checkpoint over <paramref name="bytes"/>, which has its length.</summary>
    public static void Write(Span<byte> bytes, Checkpoint checkpoint)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[8..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[12..], bytes.Length);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], checkpoint.Generation);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[24..], checkpoint.JournalGeneration);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[32..], checkpoint.JournalSequence);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[40..], checkpoint.IncarnationNext);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[48..], checkpoint.IsClean ? 1 : 0);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[52..], checkpoint.Channels.Count);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[56..], checkpoint.JournalPageBits);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[60..], checkpoint.JournalSegmentBits);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[64..], checkpoint.JournalVersion);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[68..], 0);
        Span<byte> rest = bytes[HeaderBytes..];
        for (int i = 0; i < checkpoint.Channels.Count; i++) rest = WriteChannel(rest, checkpoint.Channels[i]);
        BinaryPrimitives.WriteUInt32LittleEndian(rest, Crc32C.Compute(bytes[..^ChecksumBytes]));
    }

    /// <summary>Reads a checkpoint of this version or an earlier one.</summary>
    /// <param name="bytes">The whole file; what follows the checkpoint is left over from a longer one.</param>
    /// <param name="version">What the file says it is; 0 when it is no whole checkpoint of any version.</param>
    /// <returns>Null when the bytes are none, or of a later version.</returns>
    public static Checkpoint? TryRead(ReadOnlySpan<byte> bytes, out int version)
    {
        version = 0;
        if (bytes.Length < HeaderBytesOfVersion1) return null;
        ulong magic = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        if (magic == MagicOfVersion1)
        {
            int count = BinaryPrimitives.ReadInt32LittleEndian(bytes[44..]);
            if (count is < 0 or > ChannelsMax || !IsWhole(bytes, HeaderBytesOfVersion1 + (ChannelBytesOfVersion1 * count) + ChecksumBytes)) return null;
            version = 1;
            return Read(bytes[8..], bytes[HeaderBytesOfVersion1..], version);
        }

        int length = BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]);
        if (magic != Magic || !IsWhole(bytes, length)) return null;
        version = BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]);
        if (version != Version || length < HeaderBytes + ChecksumBytes) return null;
        return Read(bytes[16..], bytes[HeaderBytes..length], version);
    }

    private static bool IsWhole(ReadOnlySpan<byte> bytes, int length) =>
        length >= 16 + ChecksumBytes && length <= bytes.Length
        && BinaryPrimitives.ReadUInt32LittleEndian(bytes[(length - ChecksumBytes)..]) == Crc32C.Compute(bytes[..(length - ChecksumBytes)]);

    private static Checkpoint? Read(ReadOnlySpan<byte> header, ReadOnlySpan<byte> rest, int version)
    {
        int count = BinaryPrimitives.ReadInt32LittleEndian(header[36..]);
        if (count is < 0 or > ChannelsMax) return null;
        var channels = new ChannelFacts[count];
        for (int i = 0; i < count; i++)
            if (!TryReadChannel(ref rest, version, out channels[i])) return null;
        return new Checkpoint(
            BinaryPrimitives.ReadInt64LittleEndian(header),
            version == 1 ? 1 : BinaryPrimitives.ReadInt32LittleEndian(header[48..]),
            BinaryPrimitives.ReadInt64LittleEndian(header[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(header[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(header[24..]),
            BinaryPrimitives.ReadInt32LittleEndian(header[32..]) == 1,
            BinaryPrimitives.ReadInt32LittleEndian(header[40..]),
            BinaryPrimitives.ReadInt32LittleEndian(header[44..]),
            channels);
    }

    private static Span<byte> WriteChannel(Span<byte> bytes, ChannelFacts facts)
    {
        BinaryPrimitives.WriteInt64LittleEndian(bytes, facts.ChannelId);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], facts.Incarnation);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], facts.NextSequence);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[24..], facts.UntilAddress);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[32..], facts.HeadSequence);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[40..], facts.HeadAddress);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[48..], facts.TimeMaxUs);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[56..], facts.PageBits);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[60..], facts.SegmentBits);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[64..], facts.OrderedFrom);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[72..], facts.LogVersion);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[76..], facts.Holes.Count);
        bytes = bytes[ChannelBytes..];
        foreach (Hole hole in facts.Holes.Span)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes, hole.From);
            BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], hole.Below);
            BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], hole.FromAddress);
            BinaryPrimitives.WriteInt64LittleEndian(bytes[24..], hole.BelowAddress);
            bytes = bytes[HoleBytes..];
        }

        return bytes;
    }

    private static bool TryReadChannel(ref ReadOnlySpan<byte> bytes, int version, out ChannelFacts facts)
    {
        facts = default;
        int length = version == 1 ? ChannelBytesOfVersion1 : ChannelBytes;
        if (bytes.Length < length + ChecksumBytes) return false;
        facts = new ChannelFacts(
            BinaryPrimitives.ReadInt64LittleEndian(bytes),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[32..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[40..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[48..]),
            version == 1 ? 1 : BinaryPrimitives.ReadInt64LittleEndian(bytes[64..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[56..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[60..]),
            version == 1 ? 1 : BinaryPrimitives.ReadInt32LittleEndian(bytes[72..]),
            HoleList.None);
        int count = version == 1 ? 0 : BinaryPrimitives.ReadInt32LittleEndian(bytes[76..]);
        bytes = bytes[length..];
        if (count is < 0 or > HoleList.StoredMax || bytes.Length < (HoleBytes * count) + ChecksumBytes) return false;

        var holes = new Hole[count];
        for (int i = 0; i < count; i++, bytes = bytes[HoleBytes..])
        {
            holes[i] = new Hole(
                BinaryPrimitives.ReadInt64LittleEndian(bytes),
                BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]),
                BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]),
                BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]));
        }

        if (!HoleList.TryMake(holes, facts.HeadSequence, facts.HeadAddress, facts.NextSequence, facts.UntilAddress, out HoleList list)) return false;
        facts = facts with { Holes = list };
        return true;
    }
}
