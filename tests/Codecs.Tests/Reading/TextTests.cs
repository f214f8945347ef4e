using System.Globalization;
using System.Text;
using GatewayText = Gateway.Codecs.Reading.Text;

namespace Gateway.Codecs.Tests.Reading;

public class TextTests
{
    [Theory]
    [InlineData("123,", 0, 3)]
    [InlineData("a1", 0, 0)]
    [InlineData("", 0, 0)]
    public void Digits_end_where_they_end(string text, int p, int expected) => Assert.Equal(expected, GatewayText.DigitsEnd(Bytes(text), p, text.Length));

    [Theory]
    [InlineData("-12,", 3)]
    [InlineData("+5", 2)]
    [InlineData("-", 0)]
    [InlineData("12.5", 2)]
    [InlineData("x", 0)]
    public void Integer_ends_where_it_ends(string text, int expected) => Assert.Equal(expected, GatewayText.IntegerEnd(Bytes(text), 0, text.Length));

    [Theory]
    [InlineData("-12.50N", 6)]
    [InlineData("12.", 2)]
    [InlineData(".5", 2)]
    [InlineData("-.", 0)]
    [InlineData("7", 1)]
    [InlineData("1.2.3", 3)]
    [InlineData("-", 0)]
    public void Real_ends_where_it_ends(string text, int expected) => Assert.Equal(expected, GatewayText.RealEnd(Bytes(text), 0, text.Length));

    [Fact]
    public void Scanners_stop_at_the_end_given()
    {
        ReadOnlySpan<byte> text = "123456  "u8;
        Assert.Equal(2, GatewayText.DigitsEnd(text, 1, 2));
        Assert.Equal(2, GatewayText.RealEnd("1.5"u8, 0, 2) + 1);
        Assert.Equal(3, GatewayText.HexEnd("aFg"u8, 0, 3) + 1);
        Assert.Equal(7, GatewayText.SkipSpaces(text, 6, 7));
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData(" +42 ", 42)]
    [InlineData("-007", -7)]
    [InlineData("999999999999999999", 999999999999999999)]
    [InlineData("-999999999999999999", -999999999999999999)]
    [InlineData("0000000000000000000000000000005", 5)]
    public void Integers_are_read(string text, long expected)
    {
        Assert.True(GatewayText.TryInteger(Bytes(text), out long value));
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("1 2")]
    [InlineData("1.5")]
    [InlineData("0x10")]
    [InlineData("1000000000000000000")]
    [InlineData("99999999999999999999999")]
    [InlineData("+-1")]
    public void What_is_no_integer_is_refused(string text)
    {
        Assert.False(GatewayText.TryInteger(Bytes(text), out long value));
        Assert.Equal(0, value);
    }

    [Theory]
    [InlineData("5429.681944502211763")]
    [InlineData("0.1")]
    [InlineData("-.5")]
    [InlineData("12.")]
    [InlineData("1.5E-3")]
    [InlineData("1e22")]
    [InlineData("123456789012345678901234567890.5")]
    [InlineData("0.000000000000000000000000000001234567890123456789")]
    [InlineData("-0")]
    [InlineData("000000000000000000000001.25")]
    public void Reals_are_read_as_the_nearest_double(string text)
    {
        Assert.True(GatewayText.TryReal(Bytes(text), out double value));
        Assert.Equal(double.Parse(text, CultureInfo.InvariantCulture), value);
    }

    [Fact]
    public void Any_decimal_is_read_as_the_nearest_double()
    {
        for (int seed = 0; seed < 3000; seed++)
        {
            Random random = new(seed);
            string text = (random.Next(2) == 0 ? "-" : "") + random.NextInt64(1L << random.Next(1, 63));
            if (random.Next(3) > 0) text += "." + random.NextInt64(1L << random.Next(1, 63)).ToString(CultureInfo.InvariantCulture).PadLeft(random.Next(1, 20), '0');
            if (random.Next(5) == 0) text += "e" + random.Next(-30, 30);
            Assert.True(GatewayText.TryReal(Bytes(text), out double value), $"{text}, seed {seed}");
            Assert.True(double.Parse(text, CultureInfo.InvariantCulture).Equals(value), $"{text}, seed {seed}");
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("-")]
    [InlineData("1.2.3")]
    [InlineData("1e")]
    [InlineData("1e 5")]
    [InlineData("1e999")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("12V")]
    [InlineData("1,5")]
    public void What_is_no_real_is_refused(string text)
    {
        Assert.False(GatewayText.TryReal(Bytes(text), out double value));
        Assert.Equal(0, value);
    }

    [Fact]
    public void Parsers_of_random_bytes_never_throw()
    {
        for (int seed = 0; seed < 5000; seed++)
        {
            Random random = new(seed);
            byte[] bytes = new byte[random.Next(0, 30)];
            ReadOnlySpan<byte> alphabet = "0123456789+-.eE \0aFz"u8;
            for (int i = 0; i < bytes.Length; i++) bytes[i] = random.Next(4) == 0 ? (byte)random.Next(256) : alphabet[random.Next(alphabet.Length)];
            GatewayText.TryReal(bytes, out double real);
            GatewayText.TryInteger(bytes, out _);
            GatewayText.TryHex(bytes, out _);
            GatewayText.TryHexBytes(bytes, new byte[15], out _);
            Gateway.Codecs.Reading.Coordinates.TryDegreesMinutes(bytes, out double degrees);
            Gateway.Codecs.Reading.Coordinates.TryDegreesMinutesDigits(bytes, random.Next(-1, 6), out _);
            Gateway.Codecs.Reading.Clock.TryParse(bytes, "yyMMddHHmmss"u8, out _);
            Assert.True(double.IsFinite(real) && double.IsFinite(degrees), $"seed {seed}");
        }
    }

    [Fact]
    public void Hexadecimal_digits_are_read()
    {
        Assert.True(GatewayText.TryHex("fFfFfFfFfFfFfFfF"u8, out long value));
        Assert.Equal(-1, value);
        Assert.True(GatewayText.TryHex("1aB"u8, out value));
        Assert.Equal(0x1AB, value);
        Assert.False(GatewayText.TryHex(""u8, out _));
        Assert.False(GatewayText.TryHex("12345678901234567"u8, out _));
        Assert.False(GatewayText.TryHex("1g"u8, out _));
    }

    [Fact]
    public void Hexadecimal_bytes_are_read()
    {
        byte[] output = new byte[3];
        Assert.True(GatewayText.TryHexBytes("00fFA5"u8, output, out int length));
        Assert.Equal(3, length);
        Assert.Equal([0x00, 0xFF, 0xA5], output);
        Assert.False(GatewayText.TryHexBytes("123"u8, output, out _));
        Assert.False(GatewayText.TryHexBytes("00112233"u8, output, out _));
        Assert.False(GatewayText.TryHexBytes("0x"u8, output, out _));
    }

    [Fact]
    public void Tests_of_a_whole_text_want_one_byte_at_least()
    {
        Assert.True(GatewayText.IsDigits("0123456789"u8) && GatewayText.IsHex("09afAF"u8) && GatewayText.IsPrintable(" ~"u8));
        Assert.False(GatewayText.IsDigits(""u8) || GatewayText.IsHex(""u8) || GatewayText.IsPrintable(""u8));
        Assert.False(GatewayText.IsDigits("1:"u8) || GatewayText.IsDigits("/1"u8) || GatewayText.IsHex("@"u8) || GatewayText.IsHex("g"u8));
        Assert.False(GatewayText.IsPrintable([0x7F]) || GatewayText.IsPrintable([0x1F]));
    }

    [Fact]
    public void Two_digits_are_read()
    {
        Assert.True(GatewayText.TryDigits2("07x"u8, out int value));
        Assert.Equal(7, value);
        Assert.False(GatewayText.TryDigits2("7"u8, out _));
        Assert.False(GatewayText.TryDigits2("7x"u8, out _));
        Assert.False(GatewayText.TryDigits2("-7"u8, out _));
    }

    [Fact]
    public void Comparison_without_case_and_search_work()
    {
        Assert.True(GatewayText.EqualsIgnoreCase("ImEi"u8, "imei"u8));
        Assert.False(GatewayText.EqualsIgnoreCase("imei "u8, "imei"u8));
        Assert.True(GatewayText.Contains("a=tracker;"u8, "track"u8));
        Assert.False(GatewayText.Contains("trac"u8, "track"u8));
        Assert.Equal("x y"u8.ToArray(), GatewayText.Trim(" \t\r\nx y\0 "u8).ToArray());
        Assert.True(GatewayText.Trim("  "u8).IsEmpty);
    }

    [Fact]
    public void Fields_of_any_line_equal_those_of_split()
    {
        for (int seed = 0; seed < 500; seed++)
        {
            Random random = new(seed);
            string line = string.Concat(Enumerable.Range(0, random.Next(0, 20)).Select(_ => random.Next(3) == 0 ? ";" : "a"));
            byte[] bytes = Bytes("##" + line + ";;");
            List<string> fields = [];
            int p = 2;
            while (GatewayText.NextField(bytes, ref p, 2 + line.Length, (byte)';', out int start, out int length))
                fields.Add(Encoding.ASCII.GetString(bytes, start, length));
            Assert.True(fields.SequenceEqual(line.Split(';')), $"seed {seed}");
            Assert.False(GatewayText.NextField(bytes, ref p, 2 + line.Length, (byte)';', out _, out int none));
            Assert.Equal(0, none);
        }
    }

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);
}
