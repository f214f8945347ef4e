using System.Buffers.Binary;
using FASTER.core;
using Gateway.Storage.Disk;

namespace Gateway.Storage;

/// <summary>One message in a channel's log.</summary>
/// <remarks>crc32c 4 | sequence 8 | server time 8 (µs since 1970) | payload, little-endian. The checksum covers what follows it and begins with the channel's number,
/// so that a file that was put into another channel's folder is found out.</remarks>
internal readonly struct Record(uint seed, long sequence, long serverTimeUs, Packet packet, int index) : ILogEnqueueEntry
{
    /// <summary>Bytes before the payload.</summary>
    public const int HeaderBytes = 20;

    /// <summary>What FASTER puts before each entry: its length.</summary>
    public const int EntryHeaderBytes = 4;

    /// <summary>Most bytes of a record.</summary>
    public const int BytesMax = HeaderBytes + PayloadBytesMax;

    /// <summary>Most bytes of a payload that can be on disk: earlier programs took a little more than <see cref="Packet.MessageBytesMax"/>.</summary>
    public const int PayloadBytesMax = 32 * 1024;

    /// <inheritdoc />
    public int SerializedLength => HeaderBytes + packet[index].Length;

    /// <summary>Bytes in the log for a payload of this length.</summary>
    public static int EntryBytes(int payloadBytes) => EntryHeaderBytes + ((HeaderBytes + payloadBytes + 3) & ~3);

    /// <summary>What the checksums of a channel begin with.</summary>
    public static uint SeedOf(long channelId, long incarnation)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, channelId);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], incarnation);
        return Crc32C.Compute(bytes);
    }

    /// <inheritdoc />
    public void SerializeTo(Span<byte> dest) => Write(dest, seed, sequence, serverTimeUs, packet[index]);

    /// <summary>Writes a record over <paramref name="dest"/>, whose length is that of the header and the payload.</summary>
    public static void Write(Span<byte> dest, uint seed, long sequence, long serverTimeUs, ReadOnlySpan<byte> payload)
    {
        BinaryPrimitives.WriteInt64LittleEndian(dest[4..], sequence);
        BinaryPrimitives.WriteInt64LittleEndian(dest[12..], serverTimeUs);
        payload.CopyTo(dest[HeaderBytes..]);
        BinaryPrimitives.WriteUInt32LittleEndian(dest, Crc32C.Compute(dest[4..(HeaderBytes + payload.Length)], seed));
    }

    /// <summary>The sequence of a record, checked or not.</summary>
    public static long SequenceOf(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadInt64LittleEndian(record[4..]);

    /// <summary>The server's time of a record.</summary>
    public static long ServerTimeUsOf(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadInt64LittleEndian(record[12..]);

    /// <summary>True when the checksum is right.</summary>
    public static bool IsValid(ReadOnlySpan<byte> record, uint seed) =>
        record.Length is >= HeaderBytes and <= BytesMax && BinaryPrimitives.ReadUInt32LittleEndian(record) == Crc32C.Compute(record[4..], seed);
}
