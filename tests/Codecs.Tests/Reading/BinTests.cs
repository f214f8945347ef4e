using System.Numerics;
using Gateway.Codecs.Reading;

namespace Gateway.Codecs.Tests.Reading;

public class BinTests
{
    [Fact]
    public void Integers_of_any_width_equal_big_integers()
    {
        for (int seed = 0; seed < 400; seed++)
        {
            byte[] bytes = new byte[seed % 8 + 1];
            new Random(seed).NextBytes(bytes);
            Assert.True(Bin.UIntBE(bytes) == Wrap(new BigInteger(bytes, isUnsigned: true, isBigEndian: true)), $"UIntBE, seed {seed}");
            Assert.True(Bin.UIntLE(bytes) == Wrap(new BigInteger(bytes, isUnsigned: true)), $"UIntLE, seed {seed}");
            Assert.True(Bin.IntBE(bytes) == Wrap(new BigInteger(bytes, isBigEndian: true)), $"IntBE, seed {seed}");
            Assert.True(Bin.IntLE(bytes) == Wrap(new BigInteger(bytes)), $"IntLE, seed {seed}");
            if (bytes.Length != 3) continue;
            Assert.Equal(Bin.UIntBE(bytes), Bin.U24BE(bytes));
            Assert.Equal(Bin.UIntLE(bytes), Bin.U24LE(bytes));
            Assert.Equal(Bin.IntBE(bytes), Bin.I24BE(bytes));
            Assert.Equal(Bin.IntLE(bytes), Bin.I24LE(bytes));
        }
    }

    [Fact]
    public void Integer_of_no_bytes_is_zero() => Assert.Equal((0L, 0L, 0L, 0L), (Bin.UIntBE([]), Bin.UIntLE([]), Bin.IntBE([]), Bin.IntLE([])));

    [Fact]
    public void Bits_of_any_stream_equal_the_bits_counted_one_by_one()
    {
        for (int seed = 0; seed < 1000; seed++)
        {
            Random random = new(seed);
            byte[] bytes = new byte[random.Next(1, 20)];
            random.NextBytes(bytes);
            int count = random.Next(1, Math.Min(64, bytes.Length * 8) + 1);
            int offset = random.Next(0, bytes.Length * 8 - count + 1);
            ulong expected = 0;
            for (int bit = offset; bit < offset + count; bit++) expected = expected << 1 | (uint)(bytes[bit / 8] >> (7 - bit % 8) & 1);
            Assert.True((long)expected == Bin.BitsMsb(bytes, offset, count), $"seed {seed}");
            long signed = count < 64 && (expected >> (count - 1) & 1) != 0 ? (long)expected - (1L << count) : (long)expected;
            Assert.True(signed == Bin.SignedBitsMsb(bytes, offset, count), $"signed, seed {seed}");
        }
    }

    [Theory]
    [InlineData(0, 17)]
    [InlineData(9, 8)]
    [InlineData(-1, 4)]
    [InlineData(0, 0)]
    [InlineData(int.MaxValue, 8)]
    public void Bits_outside_the_stream_are_zero(int offset, int count) => Assert.Equal(0, Bin.BitsMsb([0xFF, 0xFF], offset, count));

    [Theory]
    [InlineData(0x0000, 0)]
    [InlineData(0x8000, 0)]
    [InlineData(0x8001, -1)]
    [InlineData(0x7FFF, 32767)]
    [InlineData(0xFFFF, -32767)]
    public void Sign_magnitude_of_16_bits(int raw, int expected)
    {
        Assert.Equal(expected, Bin.SignMagnitude16(raw));
        Assert.Equal(expected, Bin.SignMagnitude16([(byte)(raw >> 8), (byte)raw]));
    }

    [Theory]
    [InlineData(0x80000001, -1)]
    [InlineData(0xFFFFFFFF, -2147483647)]
    [InlineData(0x7FFFFFFF, 2147483647)]
    public void Sign_magnitude_of_32_bits(long raw, long expected)
    {
        Assert.Equal(expected, Bin.SignMagnitude32(raw));
        Assert.Equal(expected, Bin.SignMagnitude32([(byte)(raw >> 24), (byte)(raw >> 16), (byte)(raw >> 8), (byte)raw]));
    }

    [Theory]
    [InlineData("123456", 6, 123456)]
    [InlineData("12345F", 5, 12345)]        // the low nibble of the last byte is not read
    [InlineData("012345678901234567", 18, 12345678901234567)]
    public void Bcd_reads_the_digits(string hex, int digits, long expected)
    {
        Assert.True(Bin.Bcd(Convert.FromHexString(hex), digits, out long value));
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData("1A", 2)]
    [InlineData("12", 3)]
    [InlineData("", 1)]
    [InlineData("12", 0)]
    [InlineData("01234567890123456789", 19)]
    public void Bcd_refuses_what_is_no_number(string hex, int digits)
    {
        Assert.False(Bin.Bcd(Convert.FromHexString(hex), digits, out long value));
        Assert.Equal(0, value);
    }

    [Fact]
    public void Varints_come_back_as_they_were_written_and_never_pass_the_end()
    {
        for (int seed = 0; seed < 500; seed++)
        {
            long expected = new Random(seed).NextInt64() >> seed % 62;
            List<byte> groups = [(byte)(expected & 0x7F)];
            for (long rest = expected >> 7; rest > 0; rest >>= 7) groups.Add((byte)(rest & 0x7F));
            byte[] little = [.. groups.Select((g, i) => (byte)(i < groups.Count - 1 ? g | 0x80 : g))];
            groups.Reverse();
            byte[] big = [.. groups.Select((g, i) => (byte)(i < groups.Count - 1 ? g | 0x80 : g))];

            int p = 1;
            Assert.True(Bin.TryVarint([7, .. big, 9], ref p, big.Length + 1, out long value) && value == expected && p == big.Length + 1, $"seed {seed}");
            p = 1;
            Assert.False(Bin.TryVarint([7, .. big], ref p, big.Length, out _), $"seed {seed}");
            Assert.Equal(1, p);
            p = 0;
            Assert.True(Bin.TryVarintLE(little, ref p, little.Length, out value) && value == expected && p == little.Length, $"little, seed {seed}");
        }
    }

    [Fact]
    public void Varint_that_is_too_long_is_refused()
    {
        int p = 0;
        Assert.False(Bin.TryVarint([.. Enumerable.Repeat((byte)0xFF, 9), 1], ref p, 10, out _));
        Assert.False(Bin.TryVarintLE([.. Enumerable.Repeat((byte)0xFF, 10), 1], ref p, 11, out _));
        Assert.True(Bin.TryVarintLE([.. Enumerable.Repeat((byte)0xFF, 9), 1], ref p, 10, out long value));
        Assert.Equal(-1, value);
    }

    private static long Wrap(BigInteger value) => (long)(ulong)(value & ulong.MaxValue);
}
