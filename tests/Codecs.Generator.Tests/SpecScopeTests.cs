using Gateway.Codecs.Generator;
using Xunit;

namespace Gateway.Codecs.Generator.Tests;

/// <summary>Small rules of the language that a wrong turn of the compiler would break in silence.</summary>
public class SpecScopeTests
{
    private const string Dictionary = "number\tname\ttype\tunit\tindexed\tdescription\n1\tposition.speed\tnumber\tkm/h\tno\tSpeed\n2\tposition.latitude\tnumber\tdegrees\tno\tLatitude\n3\tposition.longitude\tnumber\tdegrees\tno\tLongitude\n";

    private const string Head = "protocol tiny \"Tiny\"\n  id 9999\n  port 9999 tcp\n\nframe\n  size 8\n\n";

    [Fact]
    public void What_one_branch_reads_is_not_known_in_the_other()
    {
        SpecResult result = Compile("message m\n  login \"1\"\n  u8 kind\n  record\n    if kind == 1\n      u8 flags\n    else\n      value flags -> position.speed\n");
        Assert.Contains(result.Diagnostics, d => d.Id == "GW1003" && d.Message.Contains("flags", StringComparison.Ordinal));
    }

    [Fact]
    public void A_number_with_a_point_stays_real()
    {
        SpecResult result = Compile("message m\n  login \"1\"\n  u8 kind\n  record\n    value kind / 4.0 -> position.speed\n");
        Assert.Contains("/ 4.0", result.Source, StringComparison.Ordinal);
    }

    [Fact]
    public void A_length_that_a_condition_left_out_is_not_filled_in()
    {
        SpecResult result = Compile("layout answer(long)\n  if long\n    u16 length of part\n  else\n    u8 length of part\n  part:\n    \"ab\"\n\nmessage m\n  u8 kind\n  reply answer(kind == 1)\n");
        string source = Assert.IsType<string>(result.Source);
        Assert.Equal(2, source.Split(".Patch(").Length - 1);
        Assert.All(source.Split('\n').Where(line => line.Contains(".Patch(", StringComparison.Ordinal)), line => Assert.Contains("if (", line, StringComparison.Ordinal));
    }

    [Fact]
    public void A_sample_gives_the_clock_in_seconds()
    {
        SpecResult result = Compile("message m\n  u8 kind\n\nsample s\n  given now 1700000000\n  in 0102030405060708\n  out none\n");
        Assert.Contains("[\"now\"] = 1700000000000000", result.Source, StringComparison.Ordinal);
    }

    private static SpecResult Compile(string body) => SpecCompiler.Compile("tiny.trk", Head + body, ParameterTable.Parse(Dictionary));
}
