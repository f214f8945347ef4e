using System.Globalization;
using System.Text;
using Gateway.Codecs.Reading;

namespace Gateway.Codecs.Tests.Reading;

public class CoordinatesTests
{
    [Theory]
    [InlineData("5429.681944502211763", 54.494699075036863)]
    [InlineData("2232.7657", 22.546095)]
    [InlineData("11404.4137", 114.0735616666666667)]
    [InlineData("-0030.0", -0.5)]
    [InlineData("+0030", 0.5)]
    [InlineData("00.6", 0.01)]
    [InlineData("17959.9999", 179.99999833333333)]
    [InlineData("2260.0000", 23)]           // rounded up by the device
    public void Degrees_and_minutes_are_read(string text, double expected)
    {
        Assert.True(Coordinates.TryDegreesMinutes(Encoding.ASCII.GetBytes(text), out double degrees));
        Assert.Equal(expected, degrees, 1e-12);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5.5")]
    [InlineData("22N32")]
    [InlineData("2261.0")]
    [InlineData("2232.7.6")]
    [InlineData("12345678.0")]
    [InlineData("123456.0")]
    [InlineData("--2232.0")]
    public void What_is_no_coordinate_is_refused(string text)
    {
        Assert.False(Coordinates.TryDegreesMinutes(Encoding.ASCII.GetBytes(text), out double degrees));
        Assert.Equal(0, degrees);
    }

    [Theory]
    [InlineData("22327657", 4, 22.546095)]
    [InlineData("114044137", 4, 114.07356166666667)]
    [InlineData("2232", 0, 22.533333333333335)]
    [InlineData("-223276570", 5, -22.546095)]
    public void Degrees_and_minutes_without_point_are_read(string text, int fractionDigits, double expected)
    {
        Assert.True(Coordinates.TryDegreesMinutesDigits(Encoding.ASCII.GetBytes(text), fractionDigits, out double degrees));
        Assert.Equal(expected, degrees, 1e-12);
    }

    [Theory]
    [InlineData("22.27657", 4)]
    [InlineData("27657", 4)]
    [InlineData("", 0)]
    [InlineData("22327657", -1)]
    public void What_has_other_digits_is_refused(string text, int fractionDigits) =>
        Assert.False(Coordinates.TryDegreesMinutesDigits(Encoding.ASCII.GetBytes(text), fractionDigits, out _));

    [Fact]
    public void Any_coordinate_survives_the_way_through_text()
    {
        for (int seed = 0; seed < 2000; seed++)
        {
            Random random = new(seed);
            int degrees = random.Next(0, 180), minutes = random.Next(0, 60), fraction = random.Next(0, 1_000_000);
            string text = string.Create(CultureInfo.InvariantCulture, $"{degrees:00}{minutes:00}.{fraction:000000}");
            double expected = degrees + (minutes + fraction / 1e6) / 60;
            Assert.True(Coordinates.TryDegreesMinutes(Encoding.ASCII.GetBytes(text), out double read) && Math.Abs(read - expected) < 1e-12, $"{text}, seed {seed}");
            Assert.True(Math.Abs(Coordinates.DegreesMinutes(degrees * 100 + minutes + fraction / 1e6) - expected) < 1e-9, $"{text}, seed {seed}");
            Assert.True(Math.Abs(Coordinates.DegreesMinutes(-(degrees * 100 + minutes + fraction / 1e6)) + expected) < 1e-9, $"-{text}, seed {seed}");
        }
    }

    [Fact]
    public void Hemisphere_letters_set_the_sign()
    {
        foreach (char letter in "SWsw-") Assert.Equal(-12.5, Hemisphere.Apply(12.5, (byte)letter));
        foreach (char letter in "SWsw-") Assert.Equal(-12.5, Hemisphere.Apply(-12.5, (byte)letter));
        foreach (char letter in "NEne0") Assert.Equal(-12.5, Hemisphere.Apply(-12.5, (byte)letter));
        Assert.Equal(-1.0, Hemisphere.Apply(1, "S"u8));
        Assert.Equal(1.0, Hemisphere.Apply(1, ""u8));
        Assert.True(Hemisphere.IsLetter((byte)'w') && !Hemisphere.IsLetter((byte)'-'));
    }

    [Fact]
    public void Radians_become_degrees() => Assert.Equal(180, Coordinates.Radians(Math.PI), 12);
}
