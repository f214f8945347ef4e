using System.Buffers.Binary;

namespace Gateway.Storage.Simulation;

/// <summary>What stands in a message: its packet's number and its place in it say every byte, so a reader can check all of it.</summary>
/// <remarks>packet 4 | index 4 | noise, zeros or the bytes of a table; a payload below 8 bytes is noise alone. The first message of a packet has 8 bytes or more.</remarks>
internal static class Content
{
    /// <summary>Bytes that name the packet.</summary>
    public const int NameBytes = 8;

    private const int NoiseBytes = 1 << 18;
    private static readonly byte[] Noise = MakeNoise();

    /// <summary>Writes a payload.</summary>
    public static void Fill(Span<byte> payload, int packet, int index)
    {
        BodyOf(packet, index, payload.Length).CopyTo(payload);
        if (payload.Length < NameBytes) return;
        BinaryPrimitives.WriteInt32LittleEndian(payload, packet);
        BinaryPrimitives.WriteInt32LittleEndian(payload[4..], index);
    }

    /// <summary>True when every byte is right.</summary>
    public static bool Matches(ReadOnlySpan<byte> payload, int packet, int index)
    {
        ReadOnlySpan<byte> body = BodyOf(packet, index, payload.Length);
        if (payload.Length < NameBytes) return payload.SequenceEqual(body);
        return PacketOf(payload) == packet && BinaryPrimitives.ReadInt32LittleEndian(payload[4..]) == index && payload[NameBytes..].SequenceEqual(body[NameBytes..]);
    }

    /// <summary>The packet a payload names; -1 when it is too short to name one.</summary>
    public static int PacketOf(ReadOnlySpan<byte> payload) => payload.Length < NameBytes ? -1 : BinaryPrimitives.ReadInt32LittleEndian(payload);

    private static ReadOnlySpan<byte> BodyOf(int packet, int index, int length)
    {
        uint hash = (uint)((packet * 31) + index) * 2_654_435_761u;
        // Zeros look like what a disk holds where nothing was written.
        return hash % 8 == 0 ? Zeros.AsSpan(0, length) : Noise.AsSpan((int)(hash % (NoiseBytes - Packet.MessageBytesMax - 64)), length);
    }

    private static readonly byte[] Zeros = new byte[Packet.MessageBytesMax + 64];

    private static byte[] MakeNoise()
    {
        byte[] noise = new byte[NoiseBytes];
        new Random(1).NextBytes(noise);
        return noise;
    }
}
