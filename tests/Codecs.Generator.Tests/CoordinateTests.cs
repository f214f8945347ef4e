namespace Gateway.Codecs.Generator.Tests;

/// <summary>The forms in which trackers send latitude and longitude.</summary>
public sealed class CoordinateTests
{
    private static double LatitudeOf(string items, string hex)
    {
        string body = string.Join('\n', items.Split('\n').Select(l => "    " + l));
        return (double)Lab.RunHex(Lab.Spec($"message m\n  record\n{body}\n"), hex).Message["position.latitude"];
    }

    private static object? LatitudeOfText(string items, string text)
    {
        string body = string.Join('\n', items.Split('\n').Select(l => "    " + l));
        return Lab.Run(Lab.Spec($"frame\n  until \"\\n\"\nmessage m\n  record\n{body}\n"), text + "\n").Message.GetValueOrDefault("position.latitude");
    }

    [Theory]
    [InlineData("lat bcd 8 / 10000 ddmm", "22327658", 22.54609666)]
    [InlineData("lat bcd 8 ddmm 2", "22327658", 22.54609666)]
    [InlineData("lat bcd 8 ddmm 2 south if u8@4 == 1\nu8", "22327658 01", -22.54609666)]
    [InlineData("lat digits 9 ddmm 3", "303232333237363538", 22.54609666)]
    [InlineData("lat f32 ddmm", "450B8C42", 22.5460977)]
    [InlineData("lat f32 rad", "3F490FDB", 45.0000013)]
    [InlineData("lat i32 * 1e-8 rad", "04AE3C37", 44.992968)]
    [InlineData("u8 d\nu16 m\nlat value d + m / 60000.0 south if s\nbool s", "16 7FF9 01", -22.546017)]
    [InlineData("lat u24 * 180 / 16777216 - 90 none 0xFFFFFF", "800000", 0.0)]
    [InlineData("bitfield 4\n  bits 1 south\n  lat bits 31 / 1000000 south if south", "81580658", -22.546008)]
    public void Binary_forms(string items, string hex, double expected) => Assert.Equal(expected, LatitudeOf(items, hex), 4);

    [Fact]
    public void A_coordinate_that_loses_its_fraction_is_an_error() =>
        Assert.Contains(Lab.Check(Lab.Spec("message m\n  record\n    u8 d\n    u16 m\n    lat value d + m / 60000\n")), d => d.Id == "GW1006" && d.Line == 9 && d.Message.Contains("60000.0", StringComparison.Ordinal));

    [Fact]
    public void A_value_that_means_none_is_left_out() =>
        Assert.DoesNotContain("position.latitude", Lab.RunHex(Lab.Spec("message m\n  record\n    lat i32 / 1e7 none -2147483648\n    u8 -> event.enum\n"), "80000000 01").Message.Keys);

    [Theory]
    [InlineData("csv \",\"\n  lat ddmm hem", "2232.7658,S", -22.546096)]
    [InlineData("csv \",\"\n  lat ddmm hem before", "S,2232.7658", -22.546096)]
    [InlineData("csv \",\"\n  lat ddmm hem joined", "2232.7658S", -22.546096)]
    [InlineData("csv \",\"\n  lat ddmm hem joined", "S2232.7658", -22.546096)]
    [InlineData("csv \",\"\n  lat ddmm hem joined", "N2232.7658S", -22.546096)]
    [InlineData("csv \",\"\n  lat degrees hem joined", "22.546096n", 22.546096)]
    [InlineData("csv \",\"\n  lat ddmmdigits", "22327658", 22.546096)]
    [InlineData("csv \",\"\n  lat ddmmdigits 5", "022327658", 2.387943)]
    [InlineData("csv \",\"\n  lat int / 100000", "2254609", 22.54609)]
    [InlineData("csv \",\"\n  lat hexint / 600000", "cE6a10", 22.5463)]
    [InlineData("csv \",\"\n  int d\n  real m\n  lat value d + m / 60 south if h == \"S\"\n  text h", "22,32.7658,S", -22.546096)]
    [InlineData("csv \",\"\n  lat degrees if column(2) == \"A\"", "22.5,A", 22.5)]
    [InlineData("lat ddmm hem joined", "2232.7658S", -22.546096)]
    [InlineData("lat ddmm hem joined \",\"", "S2232.7658,", -22.546096)]
    [InlineData("lat int / 1e6 \"#\"", "22546096#", 22.546096)]
    [InlineData("lat hexint 6 / 600000\nint x", "CE6A1012", 22.5463)]
    public void Text_forms(string items, string text, double expected) => Assert.Equal(expected, (double)LatitudeOfText(items, text)!, 3);

    [Theory]
    [InlineData("csv \",\"\n  lat degrees none 0", "0.000,")]
    [InlineData("csv \",\"\n  lat ddmm hem joined", "N")]
    [InlineData("csv \",\"\n  int d\n  lat value d / 2.0", ",")]
    public void What_is_no_coordinate_is_absent(string items, string text) => Assert.Null(LatitudeOfText(items, text));
}
