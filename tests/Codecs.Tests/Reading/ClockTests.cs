using System.Globalization;
using System.Text;
using Gateway.Codecs.Reading;

namespace Gateway.Codecs.Tests.Reading;

public class ClockTests
{
    [Fact]
    public void Any_time_equals_that_of_DateTime_both_ways()
    {
        for (int seed = 0; seed < 5000; seed++)
        {
            Random random = new(seed);
            long ticks = random.NextInt64(DateTime.MinValue.Ticks, DateTime.MaxValue.Ticks) / 10 * 10;
            DateTime time = new(ticks, DateTimeKind.Utc);
            long us = (time - DateTime.UnixEpoch).Ticks / 10;
            CivilTime civil = Clock.ToCivil(us);
            Assert.True(civil == new CivilTime(time.Year, time.Month, time.Day, time.Hour, time.Minute, time.Second, (int)(ticks / 10 % 1_000_000)), $"{time:O}, seed {seed}");
            Assert.True(Clock.TryCivil(civil.Year, civil.Month, civil.Day, civil.Hour, civil.Minute, civil.Second, civil.Microsecond, out long back) && back == us, $"{time:O}, seed {seed}");
        }
    }

    [Fact]
    public void Every_day_of_four_centuries_has_its_place()
    {
        long day = (new DateTime(1800, 1, 1) - DateTime.UnixEpoch).Days;
        for (DateTime date = new(1800, 1, 1); date.Year < 2200; date = date.AddDays(1), day++)
            Assert.True(day == Clock.DaysFromCivil(date.Year, date.Month, date.Day), $"{date:O}");
        for (int year = 1896; year < 2105; year++)
            for (int month = 1; month <= 12; month++) Assert.Equal(DateTime.DaysInMonth(year, month), Clock.DaysInMonth(year, month));
    }

    [Theory]
    [InlineData(2023, 2, 29, 0, 0, 0, 0)]
    [InlineData(2100, 2, 29, 0, 0, 0, 0)]
    [InlineData(2024, 4, 31, 0, 0, 0, 0)]
    [InlineData(2024, 0, 1, 0, 0, 0, 0)]
    [InlineData(2024, 13, 1, 0, 0, 0, 0)]
    [InlineData(2024, 1, 0, 0, 0, 0, 0)]
    [InlineData(2024, 1, 32, 0, 0, 0, 0)]
    [InlineData(2024, 1, 1, 24, 0, 0, 0)]
    [InlineData(2024, 1, 1, 0, 60, 0, 0)]
    [InlineData(2024, 1, 1, 0, 0, 61, 0)]
    [InlineData(2024, 1, 1, 0, 0, 0, 1_000_000)]
    [InlineData(2024, 1, 1, -1, 0, 0, 0)]
    [InlineData(0, 1, 1, 0, 0, 0, 0)]
    [InlineData(10000, 1, 1, 0, 0, 0, 0)]
    public void Impossible_times_are_refused(int year, int month, int day, int hour, int minute, int second, int microsecond)
    {
        Assert.False(Clock.TryCivil(year, month, day, hour, minute, second, microsecond, out long timeUs));
        Assert.Equal(0, timeUs);
    }

    [Fact]
    public void Leap_second_is_the_first_second_of_the_next_minute()
    {
        Assert.True(Clock.TryCivil(2016, 12, 31, 23, 59, 60, out long timeUs));
        Assert.Equal(Clock.FromCivil(2017, 1, 1, 0, 0, 0, 0), timeUs);
    }

    [Fact]
    public void Epochs_are_the_dates_they_say()
    {
        Assert.Equal(Clock.EpochGpsUs, Clock.FromCivil(1980, 1, 6, 0, 0, 0, 0));
        Assert.Equal(Clock.Epoch2000Us, Clock.FromCivil(2000, 1, 1, 0, 0, 0, 0));
        Assert.Equal(Clock.Epoch2002Us, Clock.FromCivil(2002, 1, 1, 0, 0, 0, 0));
        Assert.Equal(Clock.Epoch2007Us, Clock.FromCivil(2007, 1, 1, 0, 0, 0, 0));
        Assert.Equal(Clock.Epoch2008Us, Clock.FromCivil(2008, 1, 1, 0, 0, 0, 0));
        Assert.Equal(Clock.Epoch2009Us, Clock.FromCivil(2009, 1, 1, 0, 0, 0, 0));
        Assert.Equal(Clock.Epoch2010Us, Clock.FromCivil(2010, 1, 1, 0, 0, 0, 0));
        Assert.Equal(Clock.Epoch2013Us, Clock.FromCivil(2013, 1, 1, 0, 0, 0, 0));
    }

    [Theory]
    [InlineData("ddMMyyHHmmss", "150324235958", "2024-03-15T23:59:58Z")]
    [InlineData("yyyyMMddHHmmss", "20240315235958", "2024-03-15T23:59:58Z")]
    [InlineData("yyyy-MM-ddTHH:mm:ss.fffZ", "2024-03-15T23:59:58.250Z", "2024-03-15T23:59:58.25Z")]
    [InlineData("yy/M/d H:m", "24/3/5 7:09", "2024-03-05T07:09:00Z")]
    [InlineData("yy/M/d H:m", "24/12/25 17:9", "2024-12-25T17:09:00Z")]
    [InlineData("HHmmss", "010203", "1970-01-01T01:02:03Z")]
    [InlineData("ddMMyy", "311299", "2099-12-31T00:00:00Z")]
    [InlineData("HHmmss.f", "010203.5", "1970-01-01T01:02:03.5Z")]
    [InlineData("HHmmss", "010203.25", "1970-01-01T01:02:03.25Z")]
    [InlineData("ss.ffffffff", "03.12345678", "1970-01-01T00:00:03.123456Z")]
    public void Patterns_are_read(string pattern, string text, string expected)
    {
        Assert.True(Clock.TryParse(Bytes(text), Bytes(pattern), out long timeUs));
        Assert.Equal((DateTime.Parse(expected, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind) - DateTime.UnixEpoch).Ticks / 10, timeUs);
    }

    [Theory]
    [InlineData("ddMMyy", "31022024")]
    [InlineData("ddMMyy", "310224")]
    [InlineData("ddMMyy", "31012")]
    [InlineData("ddMMyy", "3101x4")]
    [InlineData("yyyy-MM-dd", "2024/01/02")]
    [InlineData("HH:mm", "12:3")]
    [InlineData("HHmm", "2460")]
    [InlineData("HHmmss", "010203.")]
    [InlineData("HHmmss", "010203.2x")]
    [InlineData("HHmm", "0102.5")]
    [InlineData("d", "")]
    [InlineData("", "1")]
    public void What_does_not_match_a_pattern_is_refused(string pattern, string text)
    {
        Assert.False(Clock.TryParse(Bytes(text), Bytes(pattern), out long timeUs));
        Assert.Equal(0, timeUs);
    }

    private static byte[] Bytes(string text) => Encoding.ASCII.GetBytes(text);
}
