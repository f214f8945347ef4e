namespace Gateway.Codecs.Generator.Tests;

/// <summary>What a condition keeps apart: names of branches, parts of layouts, blocks and rows that stand for several.</summary>
public sealed class SpecScopeTests
{
    private static Dictionary<string, object> One(string sections, string hex) => Lab.RunHex(Lab.Spec(sections), hex).Message;

    [Fact]
    public void What_one_branch_reads_is_not_known_in_the_other()
    {
        IReadOnlyList<SpecDiagnostic> found = Lab.Check(Lab.Spec("message m\n  u8 kind\n  record\n    if kind == 1\n      u8 flags\n    else\n      value flags -> event.enum\n"));
        Assert.Contains(found, d => d.Id == "GW1003" && d.Message.Contains("flags", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("01 05 01", -5.0)]
    [InlineData("02 05 00", 5.0)]
    public void A_coordinate_takes_its_sign_from_its_own_branch(string hex, double expected)
    {
        const string spec = "block fix\n  lat u8 south if flags.0\n  u8 flags\n\nmessage m\n  u8 kind\n  record\n    if kind == 1\n      use fix\n    else\n      use fix\n";
        Assert.Equal(expected, One(spec, hex.Replace(" ", "", StringComparison.Ordinal))["position.latitude"]);
    }

    [Theory]
    [InlineData("01", "00026162")]
    [InlineData("00", "026162")]
    public void A_length_that_a_condition_left_out_is_not_filled_in(string hex, string reply)
    {
        const string spec = "layout answer(wide)\n  if wide\n    u16 length of part\n  else\n    u8 length of part\n  part:\n    \"ab\"\n\nmessage m\n  u8 kind\n  reply answer(kind == 1)\n";
        Assert.Equal(reply, Convert.ToHexString(System.Text.Encoding.Latin1.GetBytes(Lab.RunHex(Lab.Spec(spec), hex).Reply)));
    }

    [Fact]
    public void A_number_with_a_point_stays_real() =>
        Assert.Equal(0.75, One("message m\n  u8 kind\n  record\n    value kind / 4.0 -> battery.voltage\n", "03")["battery.voltage"]);

    [Theory]
    [InlineData("01", true)]
    [InlineData("05", true)]
    [InlineData("07", false)]
    public void A_line_of_an_enum_stands_for_several_values(string hex, bool alarm) =>
        Assert.Equal(alarm, One("message m\n  record\n    u8 code -> event.enum\n    value code enum codes\n\nenum codes\n  1, 4..6 -> door.alarm\n", hex).ContainsKey("door.alarm"));

    [Theory]
    [InlineData("0107", true)]
    [InlineData("0007", false)]
    public void A_block_is_used_on_a_condition(string hex, bool used) =>
        Assert.Equal(used, One("block rest\n  u8 -> event.enum\n\nmessage m\n  record\n    u8 kind -> report.reason\n    use rest if kind == 1\n", hex).ContainsKey("event.enum"));
}
