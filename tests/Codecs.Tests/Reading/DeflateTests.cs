using System.IO.Compression;
using Gateway.Codecs.Reading;

namespace Gateway.Codecs.Tests.Reading;

public class DeflateTests
{
    [Theory, InlineData(true), InlineData(false)]
    public void Packed_bytes_come_back(bool zlib)
    {
        for (int seed = 0; seed < 50; seed++)
        {
            byte[] plain = Text(seed, 500);
            byte[] output = new byte[1000];
            Assert.True(Deflate.TryInflate(Pack(plain, zlib), output, out int length), $"seed {seed}");
            Assert.True(plain.AsSpan().SequenceEqual(output.AsSpan(0, length)), $"seed {seed}");
        }
    }

    [Fact]
    public void Output_that_just_fits_is_given_and_one_byte_more_is_refused()
    {
        byte[] packed = Pack(Text(1, 300), zlib: true);
        Assert.True(Deflate.TryInflate(packed, new byte[300], out int length));
        Assert.Equal(300, length);
        Assert.False(Deflate.TryInflate(packed, new byte[299], out length));
        Assert.Equal(0, length);
    }

    [Fact]
    public void Bomb_is_refused_whatever_the_room()
    {
        byte[] packed = Pack(new byte[1_000_000], zlib: true);
        Assert.False(Deflate.TryInflate(packed, new byte[1_000_000], out int length));
        Assert.Equal(0, length);
    }

    [Fact]
    public void Damaged_bytes_are_refused_or_read_but_never_thrown_over()
    {
        byte[] packed = Pack(Text(3, 400), zlib: true);
        byte[] output = new byte[1000];
        for (int seed = 0; seed < 2000; seed++)
        {
            Random random = new(seed);
            byte[] damaged = [.. packed];
            for (int i = random.Next(1, 5); i > 0; i--) damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            Deflate.TryInflate(damaged.AsSpan(0, random.Next(damaged.Length + 1)), output, out int length);
            Assert.True(length >= 0 && length <= output.Length, $"seed {seed}");
            byte[] noise = new byte[random.Next(0, 60)];
            random.NextBytes(noise);
            Deflate.TryInflate(noise, output, out _);
        }
    }

    [Fact]
    public void Unfinished_data_is_refused()
    {
        byte[] packed = Pack(Text(4, 400), zlib: true);
        for (int length = 0; length < packed.Length; length++)
            Assert.False(Deflate.TryInflate(packed.AsSpan(0, length), new byte[1000], out _), $"{length} of {packed.Length} bytes");
    }

    private static byte[] Text(int seed, int length)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, length).Select(_ => (byte)"0123456789;NA.#"[random.Next(15)])];
    }

    private static byte[] Pack(byte[] plain, bool zlib)
    {
        using MemoryStream packed = new();
        using (Stream stream = zlib ? new ZLibStream(packed, CompressionLevel.Optimal) : new DeflateStream(packed, CompressionLevel.Optimal))
            stream.Write(plain);
        return packed.ToArray();
    }
}
