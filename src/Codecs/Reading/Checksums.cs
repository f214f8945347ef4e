using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Gateway.Codecs.Reading;

/// <summary>The checksums of tracker protocols. Each takes the covered bytes; none allocates. Check values: of the text <c>123456789</c>.</summary>
public static partial class Checksums
{
    // A 16-bit table set has 8 tables of 256: table k is the remainder of a byte that k zero bytes follow. Eight bytes then cost eight
    // independent loads instead of a chain of eight, for the reflected and the plain form alike.
    private static readonly ushort[] Reflected8005 = Slices16(0xA001, reflected: true);
    private static readonly ushort[] Reflected1021 = Slices16(0x8408, reflected: true);
    private static readonly ushort[] Plain1021 = Slices16(0x1021, reflected: false);
    private static readonly byte[] Plain31 = Table8(0x31, reflected: false);
    private static readonly byte[] Reflected31 = Table8(0x8C, reflected: true);
    private static readonly byte[] Reflected07 = Table8(0xE0, reflected: true);
    private static readonly uint[] Reflected04C1 = Table32(0xEDB8_8320, reflected: true);
    private static readonly uint[] Plain04C1 = Table32(0x04C1_1DB7, reflected: false);

    /// <summary>CRC-16/ARC ("IBM"), check BB3D.</summary>
    public static uint Crc16Arc(ReadOnlySpan<byte> data) => Reflected(Reflected8005, 0, data);

    /// <summary>CRC-16/MODBUS, check 4B37.</summary>
    public static uint Crc16Modbus(ReadOnlySpan<byte> data) => Reflected(Reflected8005, 0xFFFF, data);

    /// <summary>CRC-16/X-25 ("ITU"), check 906E.</summary>
    public static uint Crc16X25(ReadOnlySpan<byte> data) => Reflected(Reflected1021, 0xFFFF, data) ^ 0xFFFF;

    /// <summary>CRC-16/KERMIT, check 2189.</summary>
    public static uint Crc16Kermit(ReadOnlySpan<byte> data) => Reflected(Reflected1021, 0, data);

    /// <summary>CRC-16/CCITT-FALSE, check 29B1.</summary>
    public static uint Crc16CcittFalse(ReadOnlySpan<byte> data) => Plain(Plain1021, 0xFFFF, data);

    /// <summary>CRC-16/XMODEM, check 31C3.</summary>
    public static uint Crc16Xmodem(ReadOnlySpan<byte> data) => Plain(Plain1021, 0, data);

    /// <summary>CRC-8 with polynomial 31 and start FF (EGTS header, NAVIS FLEX), check F7.</summary>
    public static uint Crc8Nrsc5(ReadOnlySpan<byte> data) => Crc8(Plain31, 0xFF, data);

    /// <summary>CRC-8/MAXIM (Dallas), check A1.</summary>
    public static uint Crc8Maxim(ReadOnlySpan<byte> data) => Crc8(Reflected31, 0, data);

    /// <summary>CRC-8/ROHC, check D0.</summary>
    public static uint Crc8Rohc(ReadOnlySpan<byte> data) => Crc8(Reflected07, 0xFF, data);

    /// <summary>CRC-32, check CBF43926.</summary>
    public static uint Crc32(ReadOnlySpan<byte> data)
    {
        uint crc = 0xFFFF_FFFF;
        foreach (byte b in data) crc = crc >> 8 ^ Reflected04C1[(byte)(crc ^ b)];
        return ~crc;
    }

    /// <summary>CRC-32/MPEG-2, check 0376E6E7.</summary>
    public static uint Crc32Mpeg2(ReadOnlySpan<byte> data)
    {
        uint crc = 0xFFFF_FFFF;
        foreach (byte b in data) crc = crc << 8 ^ Plain04C1[(byte)(crc >> 24 ^ b)];
        return crc;
    }

    /// <summary>Exclusive or of all bytes; also the NMEA checksum.</summary>
    public static uint Xor8(ReadOnlySpan<byte> data)
    {
        ulong wide = 0;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(data);
        foreach (ulong word in words) wide ^= word;
        wide ^= wide >> 32;
        wide ^= wide >> 16;
        wide ^= wide >> 8;
        uint result = (byte)wide;
        foreach (byte b in data[(words.Length * 8)..]) result ^= b;
        return result;
    }

    /// <summary>Sum of all bytes modulo 256.</summary>
    public static uint Sum8(ReadOnlySpan<byte> data) => Sum(data) & 0xFF;

    /// <summary>Sum of all bytes modulo 65 536.</summary>
    public static uint Sum16(ReadOnlySpan<byte> data) => Sum(data) & 0xFFFF;

    /// <summary>The Luhn digit (0 to 9) that completes a text of decimal digits, such as the first 14 of an IMEI; other characters do not count.</summary>
    public static uint Luhn(ReadOnlySpan<byte> digits)
    {
        uint sum = 0;
        bool doubled = true;
        for (int i = digits.Length - 1; i >= 0; i--)
        {
            uint digit = (uint)(digits[i] - '0');
            if (digit > 9) continue;
            if (doubled) digit = digit > 4 ? digit * 2 - 9 : digit * 2;
            sum += digit;
            doubled = !doubled;
        }
        return (10 - sum % 10) % 10;
    }

    private static uint Sum(ReadOnlySpan<byte> data)
    {
        uint sum = 0;
        foreach (byte b in data) sum += b;
        return sum;
    }

    private static uint Reflected(ushort[] tables, uint crc, ReadOnlySpan<byte> data)
    {
        while (data.Length >= 8)
        {
            crc = Eight(tables, data[0] ^ crc & 0xFF, data[1] ^ crc >> 8, data);
            data = data[8..];
        }
        ref ushort table = ref MemoryMarshal.GetArrayDataReference(tables);
        if (data.Length >= 4)
        {
            crc = (uint)(Unsafe.Add(ref table, 768 + (data[0] ^ crc & 0xFF)) ^ Unsafe.Add(ref table, 512 + (data[1] ^ crc >> 8))
                ^ Unsafe.Add(ref table, 256 + (uint)data[2]) ^ Unsafe.Add(ref table, (uint)data[3]));
            data = data[4..];
        }
        foreach (byte b in data) crc = crc >> 8 ^ Unsafe.Add(ref table, (uint)(byte)(crc ^ b));
        return crc;
    }

    private static uint Plain(ushort[] tables, uint crc, ReadOnlySpan<byte> data)
    {
        while (data.Length >= 8)
        {
            crc = Eight(tables, data[0] ^ crc >> 8, data[1] ^ crc & 0xFF, data);
            data = data[8..];
        }
        ref ushort table = ref MemoryMarshal.GetArrayDataReference(tables);
        if (data.Length >= 4)
        {
            crc = (uint)(Unsafe.Add(ref table, 768 + (data[0] ^ crc >> 8)) ^ Unsafe.Add(ref table, 512 + (data[1] ^ crc & 0xFF))
                ^ Unsafe.Add(ref table, 256 + (uint)data[2]) ^ Unsafe.Add(ref table, (uint)data[3]));
            data = data[4..];
        }
        foreach (byte b in data) crc = crc << 8 & 0xFFFF ^ Unsafe.Add(ref table, (uint)(byte)(crc >> 8 ^ b));
        return crc;
    }

    // Indices are bytes plus a table's start, so they stay inside the 2 048 entries: the crc has 16 bits in all callers.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Eight(ushort[] tables, uint first, uint second, ReadOnlySpan<byte> data)
    {
        ref ushort table = ref MemoryMarshal.GetArrayDataReference(tables);
        return (uint)(Unsafe.Add(ref table, 1792 + first) ^ Unsafe.Add(ref table, 1536 + second)
            ^ Unsafe.Add(ref table, 1280 + (uint)data[2]) ^ Unsafe.Add(ref table, 1024 + (uint)data[3])
            ^ Unsafe.Add(ref table, 768 + (uint)data[4]) ^ Unsafe.Add(ref table, 512 + (uint)data[5])
            ^ Unsafe.Add(ref table, 256 + (uint)data[6]) ^ Unsafe.Add(ref table, (uint)data[7]));
    }

    private static uint Crc8(byte[] table, uint crc, ReadOnlySpan<byte> data)
    {
        foreach (byte b in data) crc = table[(byte)(crc ^ b)];
        return crc;
    }

    private static ushort[] Slices16(uint polynomial, bool reflected)
    {
        ushort[] tables = new ushort[8 * 256];
        for (uint i = 0; i < 256; i++)
        {
            uint crc = reflected ? i : i << 8;
            for (int slice = 0; slice < 8; slice++)
            {
                for (int bit = 0; bit < 8; bit++)
                    crc = reflected
                        ? (crc & 1) != 0 ? crc >> 1 ^ polynomial : crc >> 1
                        : ((crc & 0x8000) != 0 ? crc << 1 ^ polynomial : crc << 1) & 0xFFFF;
                tables[slice * 256 + i] = (ushort)crc;
            }
        }
        return tables;
    }

    private static byte[] Table8(uint polynomial, bool reflected)
    {
        byte[] table = new byte[256];
        for (uint i = 0; i < 256; i++)
        {
            uint crc = i;
            for (int bit = 0; bit < 8; bit++)
                crc = reflected
                    ? (crc & 1) != 0 ? crc >> 1 ^ polynomial : crc >> 1
                    : ((crc & 0x80) != 0 ? crc << 1 ^ polynomial : crc << 1) & 0xFF;
            table[i] = (byte)crc;
        }
        return table;
    }

    private static uint[] Table32(uint polynomial, bool reflected)
    {
        uint[] table = new uint[256];
        for (uint i = 0; i < 256; i++)
        {
            uint crc = reflected ? i : i << 24;
            for (int bit = 0; bit < 8; bit++)
                crc = reflected
                    ? (crc & 1) != 0 ? crc >> 1 ^ polynomial : crc >> 1
                    : (crc & 0x8000_0000) != 0 ? crc << 1 ^ polynomial : crc << 1;
            table[i] = crc;
        }
        return table;
    }
}
