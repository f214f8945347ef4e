using System.Buffers.Binary;
using FASTER.core;
using Gateway.Storage.Disk;

namespace Gateway.Storage.Journal;

/// <summary>What an entry of the journal says.</summary>
internal enum JournalKind
{
    /// <summary>A channel came into being.</summary>
    Open = 1,
    /// <summary>A packet was appended.</summary>
    Append = 2,
    /// <summary>The head of a channel moved up: messages below were deleted or expired.</summary>
    Head = 3,
    /// <summary>A channel was deleted.</summary>
    Delete = 4,
    /// <summary>Messages were deleted out of the middle of a channel: <see cref="HoleEntry"/>.</summary>
    Hole = 5,
}

/// <summary>One entry of the journal on its way in. A packet is one entry, so it is there whole or not at all.</summary>
/// <remarks>
/// crc32c 4 | magic 4 | generation 8 | journal sequence 8 | durable sequence 8 | channel 8 | incarnation 8 | key 8 | server time 8 | kind 4 | count 4 |
/// message lengths 4 each | payloads. Little-endian; the checksum covers everything after it. `durable sequence` is the last entry that was synced
/// when this one was written: an entry that is damaged although a later one calls it durable is damage, not a torn tail.
/// </remarks>
internal struct JournalEntry : ILogEnqueueEntry
{
    /// <summary>Bytes before the lengths.</summary>
    public const int HeaderBytes = 72;

    /// <summary>Stands in every entry.</summary>
    public const uint Magic = 0x314A_5747;     // "GWJ1"

    public long Generation, Sequence, DurableSequence, ChannelId, Incarnation, Key, ServerTimeUs;
    public JournalKind Kind;
    public Packet? Packet;

    /// <inheritdoc />
    public readonly int SerializedLength => HeaderBytes + (Packet is null ? 0 : (4 * Packet.Count) + Packet.Bytes.Length);

    /// <inheritdoc />
    public readonly void SerializeTo(Span<byte> dest)
    {
        int count = Packet?.Count ?? 0;
        BinaryPrimitives.WriteUInt32LittleEndian(dest[4..], Magic);
        BinaryPrimitives.WriteInt64LittleEndian(dest[8..], Generation);
        BinaryPrimitives.WriteInt64LittleEndian(dest[16..], Sequence);
        BinaryPrimitives.WriteInt64LittleEndian(dest[24..], DurableSequence);
        BinaryPrimitives.WriteInt64LittleEndian(dest[32..], ChannelId);
        BinaryPrimitives.WriteInt64LittleEndian(dest[40..], Incarnation);
        BinaryPrimitives.WriteInt64LittleEndian(dest[48..], Key);
        BinaryPrimitives.WriteInt64LittleEndian(dest[56..], ServerTimeUs);
        BinaryPrimitives.WriteInt32LittleEndian(dest[64..], (int)Kind);
        BinaryPrimitives.WriteInt32LittleEndian(dest[68..], count);
        if (Packet is not null)
        {
            for (int i = 0; i < count; i++) BinaryPrimitives.WriteInt32LittleEndian(dest[(HeaderBytes + (4 * i))..], Packet[i].Length);
            Packet.Bytes.CopyTo(dest[(HeaderBytes + (4 * count))..]);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(dest, Crc32C.Compute(dest[4..SerializedLength]));
    }
}

/// <summary>One entry of the journal on its way out; valid while the bytes under it are.</summary>
internal readonly ref struct JournalView(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public long Generation => BinaryPrimitives.ReadInt64LittleEndian(_bytes[8..]);
    public long Sequence => BinaryPrimitives.ReadInt64LittleEndian(_bytes[16..]);
    public long DurableSequence => BinaryPrimitives.ReadInt64LittleEndian(_bytes[24..]);
    public long ChannelId => BinaryPrimitives.ReadInt64LittleEndian(_bytes[32..]);
    public long Incarnation => BinaryPrimitives.ReadInt64LittleEndian(_bytes[40..]);
    public long Key => BinaryPrimitives.ReadInt64LittleEndian(_bytes[48..]);
    public long ServerTimeUs => BinaryPrimitives.ReadInt64LittleEndian(_bytes[56..]);
    public JournalKind Kind => (JournalKind)BinaryPrimitives.ReadInt32LittleEndian(_bytes[64..]);
    public int Count => BinaryPrimitives.ReadInt32LittleEndian(_bytes[68..]);

    /// <summary>Length of message <paramref name="index"/>.</summary>
    public int LengthOf(int index) => BinaryPrimitives.ReadInt32LittleEndian(_bytes[(JournalEntry.HeaderBytes + (4 * index))..]);

    /// <summary>All payloads one behind the other.</summary>
    public ReadOnlySpan<byte> Payloads => _bytes[(JournalEntry.HeaderBytes + (4 * Count))..];

    /// <summary>True when the bytes are an entry of this generation: magic, checksum and inner lengths agree.</summary>
    public static bool IsValid(ReadOnlySpan<byte> bytes, long generation)
    {
        if (bytes.Length < JournalEntry.HeaderBytes || BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) != JournalEntry.Magic) return false;
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Crc32C.Compute(bytes[4..])) return false;

        var view = new JournalView(bytes);
        if (view.Generation != generation || view.Count < 0 || view.Count > (bytes.Length - JournalEntry.HeaderBytes) / 4) return false;
        long total = 0;
        for (int i = 0; i < view.Count; i++)
        {
            int length = view.LengthOf(i);
            if (length is < 0 or > Record.PayloadBytesMax) return false;
            total += length;
        }

        return total == view.Payloads.Length;
    }
}
