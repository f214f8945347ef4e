using System.Globalization;
using System.Text;
using Gateway.Codecs.Reading;
using Xunit;

namespace Gateway.Codecs.Tests.Reading;

/// <summary>The usual forms are read on a short way; it has to agree with the long one.</summary>
public sealed class FastPathTests
{
    [Fact]
    public void A_number_is_the_same_with_and_without_spaces_around_it()
    {
        for (int seed = 0; seed < 20_000; seed++)
        {
            var random = new Random(seed);
            const string letters = "0123456789012345678901234567890123456789-+. eE";
            string text = string.Concat(Enumerable.Range(0, random.Next(0, 20)).Select(_ => letters[random.Next(letters.Length)])).Trim();
            byte[] plain = Encoding.ASCII.GetBytes(text), spaced = Encoding.ASCII.GetBytes($" {text}  ");
            bool integer = Text.TryInteger(plain, out long number), real = Text.TryReal(plain, out double value), place = Coordinates.TryDegreesMinutes(plain, out double degrees);
            Assert.True((integer, number) == (Text.TryInteger(spaced, out long number2), number2), $"seed {seed}: {text}");
            Assert.True((real, value) == (Text.TryReal(spaced, out double value2), value2), $"seed {seed}: {text}");
            Assert.True((place, degrees) == (Coordinates.TryDegreesMinutes(spaced, out double degrees2), degrees2), $"seed {seed}: {text}");
            if (real) Assert.Equal(double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture), value);
        }
    }

    [Theory]
    [InlineData("yyMMddHHmmss", 0x0A_08_06_04_02_00UL, 12)]
    [InlineData("ddMMyy", 0xFF_FF_FF_00_02_04UL, 6)]
    [InlineData("HHmmss", 0x04_02_00_FF_FF_FFUL, 6)]
    [InlineData("yyyy-MM-dd HH:mm:ss", 0x11_0E_0B_08_05_00UL | 3UL << 48, 19)]
    public void A_time_at_known_places_is_the_one_that_the_pattern_gives(string pattern, ulong places, int length)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(pattern);
        for (int seed = 0; seed < 5000; seed++)
        {
            var random = new Random(seed);
            byte[] text = [.. bytes.Select(b => char.IsAsciiLetter((char)b) ? (byte)('0' + random.Next(random.Next(4) == 0 ? 10 : 3)) : b)];
            if (random.Next(10) == 0) text[random.Next(length)] = (byte)random.Next(256);
            if (random.Next(10) == 0) text = [.. text, (byte)'.', (byte)'5'];
            if (random.Next(20) == 0) text = text[..random.Next(text.Length)];
            bool expected = Clock.TryParse(text, bytes, out long expectedUs);
            Assert.True((expected, expectedUs) == (Clock.TryFixed(text, bytes, places, out long us), us), $"seed {seed}: {Encoding.Latin1.GetString(text)}");
        }
    }
}
