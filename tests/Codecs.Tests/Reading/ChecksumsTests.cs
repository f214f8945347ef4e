using Gateway.Codecs.Reading;

namespace Gateway.Codecs.Tests.Reading;

public class ChecksumsTests
{
    public delegate uint Checksum(ReadOnlySpan<byte> data);

    // name, width, polynomial, start, reflected, xor at the end, check value of "123456789"
    private static readonly Dictionary<string, (Checksum Function, int Width, uint Polynomial, uint Init, bool Reflected, uint Xor, uint Check)> Crcs = new()
    {
        ["arc"] = (Checksums.Crc16Arc, 16, 0x8005, 0, true, 0, 0xBB3D),
        ["modbus"] = (Checksums.Crc16Modbus, 16, 0x8005, 0xFFFF, true, 0, 0x4B37),
        ["x25"] = (Checksums.Crc16X25, 16, 0x1021, 0xFFFF, true, 0xFFFF, 0x906E),
        ["ccitt-false"] = (Checksums.Crc16CcittFalse, 16, 0x1021, 0xFFFF, false, 0, 0x29B1),
        ["kermit"] = (Checksums.Crc16Kermit, 16, 0x1021, 0, true, 0, 0x2189),
        ["xmodem"] = (Checksums.Crc16Xmodem, 16, 0x1021, 0, false, 0, 0x31C3),
        ["nrsc5"] = (Checksums.Crc8Nrsc5, 8, 0x31, 0xFF, false, 0, 0xF7),
        ["maxim"] = (Checksums.Crc8Maxim, 8, 0x31, 0, true, 0, 0xA1),
        ["rohc"] = (Checksums.Crc8Rohc, 8, 0x07, 0xFF, true, 0, 0xD0),
        ["crc32"] = (Checksums.Crc32, 32, 0x04C11DB7, 0xFFFFFFFF, true, 0xFFFFFFFF, 0xCBF43926),
        ["mpeg2"] = (Checksums.Crc32Mpeg2, 32, 0x04C11DB7, 0xFFFFFFFF, false, 0, 0x0376E6E7),
    };

    public static TheoryData<string> Names => [.. Crcs.Keys];

    [Theory, MemberData(nameof(Names))]
    public void Crc_of_the_check_text_is_the_published_value(string name) =>
        Assert.Equal(Crcs[name].Check, Crcs[name].Function("123456789"u8));

    [Theory, MemberData(nameof(Names))]
    public void Crc_of_any_bytes_equals_the_bit_by_bit_one(string name)
    {
        var crc = Crcs[name];
        for (int seed = 0; seed < 300; seed++)      // lengths 0 to 99 take every way through the slices
        {
            Random random = new(seed);
            byte[] data = new byte[seed % 100];
            random.NextBytes(data);
            uint expected = BitByBit(data, crc.Width, crc.Polynomial, crc.Init, crc.Reflected) ^ crc.Xor;
            Assert.True(expected == crc.Function(data), $"{name}, seed {seed}");
        }
    }

    [Fact]
    public void Xor_and_sums_of_any_bytes_equal_the_plain_loops()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            byte[] data = new byte[seed * 3];
            new Random(seed).NextBytes(data);
            uint xor = 0, sum = 0;
            foreach (byte b in data)
            {
                xor ^= b;
                sum += b;
            }
            Assert.True(xor == Checksums.Xor8(data), $"xor8, seed {seed}");
            Assert.True((byte)sum == Checksums.Sum8(data), $"sum8, seed {seed}");
            Assert.True((ushort)sum == Checksums.Sum16(data), $"sum16, seed {seed}");
        }
    }

    [Theory]
    [InlineData("7992739871", 3u)]
    [InlineData("49015420323751", 8u)]      // the example IMEI of the GSM Association
    [InlineData("35-209900-176148", 1u)]    // separators do not count
    [InlineData("00000000000000", 0u)]
    public void Luhn_completes_published_numbers(string digits, uint expected) =>
        Assert.Equal(expected, Checksums.Luhn(System.Text.Encoding.ASCII.GetBytes(digits)));

    private static uint BitByBit(byte[] data, int width, uint polynomial, uint init, bool reflected)
    {
        ulong mask = (1UL << width) - 1, crc = init;
        foreach (byte raw in data)
        {
            byte b = reflected ? Mirror(raw) : raw;
            crc ^= (ulong)b << (width - 8);
            for (int bit = 0; bit < 8; bit++)
                crc = ((crc >> (width - 1) & 1) != 0 ? crc << 1 ^ polynomial : crc << 1) & mask;
        }
        if (!reflected) return (uint)crc;
        ulong mirrored = 0;
        for (int bit = 0; bit < width; bit++) mirrored |= (crc >> bit & 1) << (width - 1 - bit);
        return (uint)mirrored;
    }

    private static byte Mirror(byte b)
    {
        int mirrored = 0;
        for (int bit = 0; bit < 8; bit++) mirrored |= (b >> bit & 1) << (7 - bit);
        return (byte)mirrored;
    }
}
