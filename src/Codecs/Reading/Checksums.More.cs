using System.Buffers.Binary;

namespace Gateway.Codecs.Reading;

/// <summary>Rarer forms: other start values, complements of sums, words of 16 bits.</summary>
public static partial class Checksums
{
    private static readonly byte[] Plain07 = Table8(0x07, reflected: false);

    /// <summary>CRC-16/MCRF4XX (X-25 without the final complement), check 6F91.</summary>
    public static uint Crc16Mcrf4xx(ReadOnlySpan<byte> data) => Reflected(Reflected1021, 0xFFFF, data);

    /// <summary>CRC-16/SPI-FUJITSU ("AUG-CCITT", start 1D0F), check E5CC.</summary>
    public static uint Crc16Aug(ReadOnlySpan<byte> data) => Plain(Plain1021, 0x1D0F, data);

    /// <summary>CRC-16/GENIBUS, check D64E.</summary>
    public static uint Crc16Genibus(ReadOnlySpan<byte> data) => Plain(Plain1021, 0xFFFF, data) ^ 0xFFFF;

    /// <summary>CRC-16/USB (MODBUS with the final complement), check B4C8.</summary>
    public static uint Crc16Usb(ReadOnlySpan<byte> data) => Reflected(Reflected8005, 0xFFFF, data) ^ 0xFFFF;

    /// <summary>CRC-8/SMBUS (polynomial 07, start 0), check F4.</summary>
    public static uint Crc8Smbus(ReadOnlySpan<byte> data) => Crc8(Plain07, 0, data);

    /// <summary>Ones' complement of the sum of all bytes, 8 bits.</summary>
    public static uint Sum8Ones(ReadOnlySpan<byte> data) => ~Sum(data) & 0xFF;

    /// <summary>Two's complement of the sum of all bytes, 8 bits: with it the sum is 0.</summary>
    public static uint Sum8Twos(ReadOnlySpan<byte> data) => (0 - Sum(data)) & 0xFF;

    /// <summary>Ones' complement of the sum of all bytes, 16 bits.</summary>
    public static uint Sum16Ones(ReadOnlySpan<byte> data) => ~Sum(data) & 0xFFFF;

    /// <summary>Two's complement of the sum of all bytes, 16 bits.</summary>
    public static uint Sum16Twos(ReadOnlySpan<byte> data) => (0 - Sum(data)) & 0xFFFF;

    /// <summary>Sum of 16 bits that is rotated left by one bit before each byte is added.</summary>
    public static uint Sum16Rotated(ReadOnlySpan<byte> data)
    {
        ushort sum = 0;
        foreach (byte b in data) sum = (ushort)((sum << 1 | sum >> 15) + b);
        return sum;
    }

    /// <summary>Sum of all bytes modulo 2^32.</summary>
    public static uint Sum32(ReadOnlySpan<byte> data) => Sum(data);

    /// <summary>Exclusive or of big-endian words of 16 bits; a last single byte is the high half of a word.</summary>
    public static uint Xor16(ReadOnlySpan<byte> data) => BinaryPrimitives.ReverseEndianness((ushort)Xor16Le(data));

    /// <summary>Exclusive or of little-endian words of 16 bits; a last single byte is the low half of a word.</summary>
    public static uint Xor16Le(ReadOnlySpan<byte> data)
    {
        uint result = 0;
        for (; data.Length >= 2; data = data[2..]) result ^= BinaryPrimitives.ReadUInt16LittleEndian(data);
        return data.IsEmpty ? result : result ^ data[0];
    }
}
