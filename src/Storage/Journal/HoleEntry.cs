using System.Buffers.Binary;

namespace Gateway.Storage.Journal;

/// <summary>A deletion out of the middle of a log, as an entry of the journal.</summary>
/// <remarks>key = first sequence, server time = the sequence below which they go, one payload: address of the first 8 | address behind 8. Little-endian.</remarks>
internal static class HoleEntry
{
    private const int PayloadBytes = 16;

    /// <summary>The entry of a hole.</summary>
    public static JournalEntry Make(long channelId, long incarnation, Hole hole)
    {
        byte[] addresses = new byte[PayloadBytes];
        BinaryPrimitives.WriteInt64LittleEndian(addresses, hole.FromAddress);
        BinaryPrimitives.WriteInt64LittleEndian(addresses.AsSpan(8), hole.BelowAddress);
        var packet = new Packet();
        packet.Use(addresses, [PayloadBytes], 1);
        return new JournalEntry { Kind = JournalKind.Hole, ChannelId = channelId, Incarnation = incarnation, Key = hole.From, ServerTimeUs = hole.Below, Packet = packet };
    }

    /// <summary>The hole of an entry; one of no messages when the entry does not hold one.</summary>
    public static Hole Read(JournalView entry)
    {
        ReadOnlySpan<byte> addresses = entry.Payloads;
        if (addresses.Length != PayloadBytes) return default;
        return new Hole(entry.Key, entry.ServerTimeUs, BinaryPrimitives.ReadInt64LittleEndian(addresses), BinaryPrimitives.ReadInt64LittleEndian(addresses[8..]));
    }
}
