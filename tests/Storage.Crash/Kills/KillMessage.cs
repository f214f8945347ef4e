using System.Buffers.Binary;

namespace Gateway.Storage.Crash.Kills;

/// <summary>A message that can be checked without knowing anything else: channel, writer and number say what its other bytes are.</summary>
internal static class KillMessage
{
    /// <summary>Bytes before the filler.</summary>
    public const int HeaderBytes = 24;

    /// <summary>Numbers of a life begin here times the round: a writer need not know what the lives before it stored.</summary>
    public const long NumbersPerRound = 1_000_000_000;

    /// <summary>Length of a message.</summary>
    public static int LengthOf(long writer, long number, int fillerBytesMax) => HeaderBytes + (int)(Mix(writer, number) % (ulong)(fillerBytesMax + 1));

    /// <summary>Fills a message of any length.</summary>
    public static void Write(Span<byte> message, long channel, long writer, long number)
    {
        BinaryPrimitives.WriteInt64LittleEndian(message, channel);
        BinaryPrimitives.WriteInt64LittleEndian(message[8..], writer);
        BinaryPrimitives.WriteInt64LittleEndian(message[16..], number);
        ulong filler = Mix(channel + (writer << 20), number);
        for (int i = HeaderBytes; i < message.Length; i++) message[i] = (byte)((filler >> (i & 7)) + (ulong)i);
    }

    /// <summary>Reads a message; false when its bytes are not what its numbers say.</summary>
    public static bool TryRead(ReadOnlySpan<byte> message, long channel, out long writer, out long number)
    {
        writer = number = 0;
        if (message.Length < HeaderBytes || BinaryPrimitives.ReadInt64LittleEndian(message) != channel) return false;
        writer = BinaryPrimitives.ReadInt64LittleEndian(message[8..]);
        number = BinaryPrimitives.ReadInt64LittleEndian(message[16..]);
        byte[] expected = new byte[message.Length];
        Write(expected, channel, writer, number);
        return message.SequenceEqual(expected);
    }

    private static ulong Mix(long one, long other)
    {
        ulong x = ((ulong)one * 0x9E37_79B9_7F4A_7C15) ^ ((ulong)other * 0xBF58_476D_1CE4_E5B9);
        return (x ^ (x >> 29)) * 0x94D0_49BB_1331_11EB >> 16;
    }
}
