namespace Gateway.Codecs.Generator.Tests;

/// <summary>Frames whose end has to be looked for: lengths in text, walks, marks that do not always count, sizes that a session learned.</summary>
public sealed class FrameEndTests
{
    private static string Framed(string rules, string more = "message m\n") =>
        Lab.Spec("frame tcp\n" + string.Join('\n', rules.Split('\n').Select(l => "  " + l)) + "\n" + more, "  port 5000 tcp udp\n  max 64\n");

    private static Outcome Run(string rules, string text, int piece = int.MaxValue, Transport transport = Transport.Tcp) =>
        Lab.Run(Framed(rules), System.Text.Encoding.Latin1.GetBytes(text), transport, piece);

    private static List<string> Texts(Outcome outcome) => outcome.Frames.ConvertAll(f => System.Text.Encoding.Latin1.GetString(Convert.FromHexString(f)));

    private const string Records = """
        walk
          const hex 5B
          repeat while u8@pos != 0x5D
            u8 kind
            reject if kind > 3
            u16le n
            skip n
          skip 1
        """;

    [Theory]
    [InlineData("size int(frame[3..index(frame, \",\")]) + index(frame, \",\") + 1", "$$A5,12345$$B12,abcdefghijklXX", "$$A5,12345|$$B12,abcdefghijkl")]
    [InlineData("size int(frame[1..5]) + 5", "L0003abcL0000L0001x", "L0003abc|L0000|L0001x")]
    [InlineData("size 3 + hexint(frame[1..3])", ":02ab:0A0123456789", ":02ab|:0A0123456789")]
    [InlineData("size index(frame, 'x', index(frame, \";\") + 1) + 1", "a;bxc;;x", "a;bx|c;;x")]
    [InlineData("before \"$\" | \"*\"", "$one$two*three$", "$one|$two|*three")]
    [InlineData("between \"(\" and \")\" except \"$\" \"$\"", "(a)(b$)$c)($))$)(", "(a)|(b$)$c)|($))$)")]
    [InlineData("between \"[\" and \"]\" | \"!\"", "[a][b![c]", "[a]|[b!|[c]")]
    [InlineData("until \"#\" except \"{\" \"}\"", "a{#}b#c#", "a{#}b|c")]
    [InlineData("case frame starts \"AT+\"\n  until \"\\n\"\ncase u8@0 == 'A'\n  size 2\nelse\n  size 1", "AXAT+ok\nB", "AX|AT+ok|B")]
    [InlineData("case u8@0 == '<' and u16@1 == 0x4142\n  size 4\nelse\n  size 1", "<AB!x<", "<AB!|x")]
    [InlineData("size u8@0 == '1' ? 1 : 2 + u8@1 - 48", "12134", "1|213")]
    [InlineData("walk\n  text n \",\"\n  skip int(n)", "3,abc0,11,12345678901", "3,abc|0,|11,12345678901")]
    [InlineData("walk\n  \"<\"\n  find \">\"\n  stop if u8@1 == 'x'\n  skip 2", "<a>12<x><b>34", "<a>12|<x>|<b>34")]
    public void Frames_are_the_same_in_any_pieces(string rules, string text, string expected)
    {
        for (int piece = 1; piece <= text.Length; piece++) Assert.Equal(expected.Split('|'), Texts(Run(rules, text, piece)));
    }

    [Fact]
    public void A_walk_ends_where_its_items_end()
    {
        const string Two = "5B01020041420200005D" + "5B5D" + "5B03010043" + "5D";
        string[] expected = ["5B01020041420200005D", "5B5D", "5B030100435D"];
        byte[] input = Convert.FromHexString(Two);
        for (int piece = 1; piece <= input.Length; piece++) Assert.Equal(expected, Lab.Run(Framed(Records), input, piece: piece).Frames);
        Assert.Equal(FrameStatus.Malformed, Lab.Run(Framed(Records), [0x5B, 0x09, 0, 0]).End);
        Assert.Equal(FrameStatus.Malformed, Lab.Run(Framed(Records), [0x5C]).End);
        Assert.Equal(["5B01FF"], Lab.Run(Framed(Records), [0x5B, 1, 0xFF], Transport.Udp).Frames);
    }

    [Theory]
    [InlineData("size int(frame[3..index(frame, \",\")]) + index(frame, \",\") + 1")]
    [InlineData("before \"$\"")]
    [InlineData("walk\n  text n \",\"\n  skip int(n)")]
    [InlineData("size u8@90")]
    public void What_never_ends_is_too_long(string rules) => Assert.Equal(FrameStatus.TooLong, Run(rules, new string('x', 100), 7).End);

    [Fact]
    public void A_mark_may_not_count_before_another_byte() => Assert.Equal(["a\r\nb", "c"], Texts(Run("until \"\\r\" except \"\\r\\n\"", "a\r\nb\rc\r")));

    [Fact]
    public void Before_or_end_takes_what_is_there() => Assert.Equal(["$one", "$two"], Texts(Run("before \"$\" or end", "$one$two")));

    [Fact]
    public void What_is_left_of_a_datagram_is_a_frame() => Assert.Equal(["$one", "$two"], Texts(Run("before \"$\"", "$one$two", transport: Transport.Udp)));

    [Fact]
    public void Framing_reads_what_the_session_learned() => Assert.Equal(["02A0", "010203040506"], Lab.RunHex(Lab.Spec("""
        frame tcp
          case u8@0 == 2
            size 2
          else
            size 1 + masksize(fields, session.mask)
        session
          mask bytes 4
        table fields(id)
          1 u8 -> position.satellites
          2 u16 -> custom.two
          3
            u16 -> custom.three
            skip 2
        message negotiate when u8@0 == 2
          skip 1
          bytes 1 mask
          set session.mask = mask
        message data
          skip 1
          let n = masksize(fields, session.mask)
          let low = masksize(fields, 6, lsb)
          record
            value n -> custom.size
            value low -> custom.low
            item fields(3)
        """), "02A0 010203040506").Frames);

    [Fact]
    public void The_sum_of_a_mask_is_a_value() => Assert.Equal(6L, Lab.RunHex(Lab.Spec("""
        table fields(id)
          1 u8 -> position.satellites
          2 u16 -> custom.two
          3
            u16 -> custom.three
            skip 2
        message m
          u8 mask
          record
            value masksize(fields, mask, lsb) -> custom.size
            item fields(1)
        """), "0607").Message["custom.size"]);

    [Theory]
    [InlineData("GW1001", "  walk\n    u8 -> position.satellites\n", 7, "only finds where the frame ends")]
    [InlineData("GW1001", "  walk\n    u8 x\n    time unix u32\n", 8, "only finds where the frame ends")]
    [InlineData("GW1007", "  walk\n    repeat to end\n      u8 x\n", 7, "repeat while")]
    [InlineData("GW1007", "  walk\n    bytes rest\n", 7, "before it is there")]
    [InlineData("GW1011", "  walk\n", 6, "no items")]
    [InlineData("GW1008", "  size 2\n  datagram\n", 7, "a case of its own")]
    [InlineData("GW1014", "  balanced \"ab\" \"c\"\n", 6, "between")]
    [InlineData("GW1003", "  size masksize(fild, session.x)\nsession\n  x bytes 2\ntable fields\n  1 u8 -> position.satellites\n", 6, "did you mean 'fields'")]
    [InlineData("GW1007", "  size masksize(fields, session.x)\nsession\n  x bytes 2\ntable fields\n  1 ascii rest -> custom.x\n", 10, "known size")]
    public void A_fault_is_told_with_what_to_write(string id, string rules, int line, string says)
    {
        IReadOnlyList<SpecDiagnostic> found = Lab.Check(Lab.Spec("frame tcp\n" + rules + "message m\n  u8 x\n"));
        SpecDiagnostic? fault = found.FirstOrDefault(d => d.Id == id && d.Line == line);
        Assert.True(fault is not null, string.Join('\n', found.Select(d => d.Format("lab.trk"))));
        Assert.Contains(says, fault.Message, StringComparison.Ordinal);
    }
}
