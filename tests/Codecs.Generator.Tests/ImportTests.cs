namespace Gateway.Codecs.Generator.Tests;

/// <summary>Files of shared parts, and defaults of commands.</summary>
public sealed class ImportTests
{
    private const string Shared = """
        # What several protocols have in common.
        enum alarms
          1 -> battery.low.alarm
        block point(scale)
          u8 speed -> position.speed km/h
          u8 -> position.satellites
          const u8 7
        table extra(id)
          1 u8 -> custom.one
        layout answer(x)
          u8 x
        block unused
          u8 -> position.satellites
        """;

    private static SpecResult Compile(string sections, string shared = Shared) =>
        SpecCompiler.Compile("specs/lab.trk", Lab.Spec(sections), ParameterTable.Parse(Lab.Parameters), name => name == "common.trk" ? shared : null);

    private static string Told(SpecResult result) => string.Join('\n', result.Diagnostics.Select(d => d.Format("specs/lab.trk")));

    [Fact]
    public void Imported_parts_are_used_as_own_ones()
    {
        SpecResult result = Compile("import \"common.trk\"\nmessage m\n  record\n    use point(1)\n    item extra(1)\n  reply answer(5)\n");
        Assert.True(result.Source is not null, Told(result));
        // Neither the parts that are not used nor their lines are a matter of the spec.
        Assert.Equal(["GW1501"], result.Diagnostics.Select(d => d.Id));
        Assert.DoesNotContain("1000005", result.Source, StringComparison.Ordinal);
        Assert.DoesNotContain("#line 5 ", result.Source, StringComparison.Ordinal);
    }

    [Fact]
    public void A_fault_in_a_shared_file_is_told_at_its_place()
    {
        SpecResult result = Compile("import \"common.trk\"\nmessage m\n  record\n    use point(1)\n", Shared.Replace("position.satellites", "position.satelites", StringComparison.Ordinal));
        SpecDiagnostic fault = Assert.Single(result.Diagnostics, d => d.IsError);
        Assert.Equal((6, "common.trk"), (fault.Line, fault.File));
        Assert.StartsWith("specs/shared/common.trk(6,", fault.Format("specs/lab.trk"), StringComparison.Ordinal);
        Assert.Contains("position.satellites", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("import \"common.trk\"\nmessage m\n  u8 x\n", Shared, "GW1502", "lab.trk(5,1)", "delete the import")]
    [InlineData("import \"common.trk\"\nimport \"common.trk\"\nmessage m\n  use unused\n", Shared, "GW1009", "lab.trk(6,1)", "imported above")]
    [InlineData("import \"common.trk\"\nmessage m\n  u8 x\n", "message m\n  u8 x\n", "GW1015", "shared/common.trk(1,1)", "stands in the spec of a protocol")]
    [InlineData("import \"common.trk\"\nmessage m\n  u8 x\n", "block b\n\tu8 x\n", "GW1002", "shared/common.trk(2,1)", "two spaces")]
    [InlineData("import \"other.trk\"\nmessage m\n  u8 x\n", Shared, "GW1015", "lab.trk(5,1)", "folder shared")]
    public void A_fault_is_told_with_what_to_write(string sections, string shared, string id, string place, string says)
    {
        SpecResult result = Compile(sections, shared);
        SpecDiagnostic? fault = result.Diagnostics.FirstOrDefault(d => d.Id == id);
        Assert.True(fault is not null, Told(result));
        Assert.StartsWith("specs/" + place, fault.Format("specs/lab.trk"), StringComparison.Ordinal);
        Assert.Contains(says, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_property_with_a_default_may_be_left_out()
    {
        Codec codec = Lab.Compile(Lab.Spec("message m\n  u8 x\ncommand c(a int = 60, b text = \"x\", on bool = true, k real)\n  dec a b dec (on ? 1 : 0) k\n"));
        Session session = codec.CreateSession();
        ReplyWriter output = new();
        Assert.Equal(EncodeStatus.Ok, codec.TryEncode("c", new CommandArguments { ["k"] = 1.5 }, session, output));
        Assert.Equal(EncodeStatus.Ok, codec.TryEncode("c", new CommandArguments { ["a"] = 7L, ["b"] = "y", ["on"] = false, ["k"] = 2L }, session, output));
        Assert.Equal("60x11.57y02", System.Text.Encoding.ASCII.GetString(output.Written));
        Assert.Equal(EncodeStatus.BadArgument, codec.TryEncode("c", new CommandArguments { ["a"] = "no", ["k"] = 1.0 }, session, output));
        Assert.Equal(EncodeStatus.BadArgument, codec.TryEncode("c", [], session, output));
        Assert.Equal("60", codec.Info.Commands[0].Properties[0].Default);
    }

    [Theory]
    [InlineData("command c(a int = \"x\")\n  dec a\n", "GW1006", "is no int")]
    [InlineData("command c(a int)\n  u8 remaining\n", "GW1003", "not known here")]
    [InlineData("command c(a int)\n  dec u8@2\n", "GW1006", "no frame")]
    [InlineData("command c(a int, a text)\n  dec a\n", "GW1009", "another name")]
    public void A_fault_of_a_property_is_told(string command, string id, string says) =>
        Assert.Contains(Lab.Check(Lab.Spec("message m\n  u8 x\n" + command)), d => d.Id == id && d.Message.Contains(says, StringComparison.Ordinal));
}
