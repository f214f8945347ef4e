namespace Gateway.Codecs.Generator.Tests;

/// <summary>Lengths before their part, checksums, padding and setup lines.</summary>
public sealed class SentTests
{
    private static string ReplyTo(string sections, string text = "A") => Lab.Run(Lab.Spec(sections), text).Reply;

    private static string HexReplyTo(string sections, string hex) => Convert.ToHexString(System.Text.Encoding.Latin1.GetBytes(Lab.RunHex(Lab.Spec(sections), hex).Reply));

    [Theory]
    [InlineData("dec length of part", "@12,abcdefghi\r\n")]
    [InlineData("dec length of part width 4", "@0012,abcdefghi\r\n")]
    [InlineData("hexdigits length of part 4 upper", "@000C,abcdefghi\r\n")]
    [InlineData("hexdigits (length of part + 3) 2", "@0f,abcdefghi\r\n")]
    [InlineData("dec length of part - 2", "@10,abcdefghi\r\n")]
    public void A_length_stands_before_its_part(string length, string expected) =>
        Assert.Equal(expected, ReplyTo($"message m\n  skip 1\n  reply\n    \"@\"\n    {length}\n    part:\n      \",abcdefghi\"\n      \"\\r\\n\"\n"));

    [Fact]
    public void Digits_that_move_what_follows_move_its_parts_too() => Assert.Equal("11:5:hello:7!33,62", ReplyTo("""
        message m
          skip 1
          reply
            dec length of all
            all:
              ":"
              dec length of word
              ":"
              word:
                "hello"
              ":"
              dec length of rest + 6
              rest:
                "!"
            dec sum8 of rest
            ","
            hexdigits xor8 of word 2
        """));

    [Fact]
    public void A_checksum_stands_before_its_part() => Assert.Equal("6D419696", HexReplyTo("""
        message m
          skip 1
          reply
            u8 sum8 of clock
            clock:
              "A"
              u8 sum8 of deep
              deep:
                hex 96
        """, "00"));

    [Fact]
    public void A_checksum_over_the_whole_counts_itself_as_zero() => Assert.Equal("7E" + "0108" + "0007" + "41" + "7D5E" + "42" + "7E", HexReplyTo("""
        layout packet(body)
          hex 7E
          escape hex 7E -> hex 7D5E
            u16 sum16 of 1..end
            u16 (length of whole) + 4
            whole:
              body
          hex 7E
        message m
          skip 1
          reply packet("A", hex 7E, "B")
        """, "00"));

    [Fact]
    public void A_checksum_waits_for_the_lengths_it_covers() => Assert.Equal("0A" + "04" + "4142" + "91" + "0D", HexReplyTo("""
        layout packet(body)
          hex 0A
          u8 length of whole + 1
          whole:
            body
            u8 sum8 of 0..here
          hex 0D
        message m
          skip 1
          reply packet("A", "B")
        """, "00"));

    [Theory]
    [InlineData("hexdigits crc16.xmodem(frame[1..]) 4 upper")]
    [InlineData("hexdigits sum 4 upper")]
    public void A_checksum_of_what_was_received_is_sent(string sent) =>
        Assert.Equal("ACK:31C3#", ReplyTo($"message m\n  skip 1\n  let sum = crc16.xmodem of 1..size\n  reply \"ACK:\" {sent} \"#\"\n", "?123456789"));

    [Theory]
    [InlineData(1, "one")]
    [InlineData(2, "two")]
    [InlineData(3, "many")]
    public void Branches_of_a_reply_follow_each_other(int n, string expected) => Assert.Equal(expected, Lab.RunHex(Lab.Spec("""
        message m
          u8 n
          reply
            if n == 1
              "one"
            else if n == 2
              "two"
            else
              "many"
        """), $"0{n}").Reply);

    [Fact]
    public void Text_is_sent_as_utf16() => Assert.Equal("00E90041|00E90041", Lab.Run(Lab.Spec("""
        message m
          text t
          reply hextext utf16 t upper "|" hextext utf16 "é" upper hextext utf16 "A"
        """, "  port 5000 tcp\n  charset utf8\n"), "éA").Reply);

    [Fact]
    public void An_argument_hides_what_the_header_read() => Assert.Equal("0464" + "0107", HexReplyTo("""
        header
          u8 type
          u8 body
        layout packet(type, body)
          u8 type
          u8 body
        layout plain
          u8 type
          u8 body
        message m
          reply packet(4, u8 100)
          reply plain
        """, "0107"));

    [Fact]
    public void A_fault_in_a_layout_is_told_once()
    {
        IReadOnlyList<SpecDiagnostic> found = Lab.Check(Lab.Spec("layout l(a)\n  u8 nothing\nmessage m\n  u8 x\n  reply l(1)\n  reply l(2)\n"));
        SpecDiagnostic error = Assert.Single(found, d => d.IsError);
        Assert.Equal(6, error.Line);
        Assert.Contains("'nothing' is not known", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Elements_are_padded_reversed_and_written_as_hex() => Assert.Equal("dev\0\0|dev00|de|0102ff|0102FF|7", Lab.RunHex(Lab.Spec("""
        layout l(n)
          dec n
        message m
          bytes 3 id
          reply
            pad 5 ident "|"
            pad 5 "0" ident "|"
            pad 2 ident "|"
            hextext id "|"
            hextext id upper "|"
            l(hexint("7"))
        """), "0102FF").Reply);

    [Fact]
    public void Bytes_are_reversed() => Assert.Equal("030201", HexReplyTo("message m\n  bytes 3 id\n  reply bytes id reversed\n", "010203"));

    [Fact]
    public void Commands_know_the_ident()
    {
        Codec codec = Lab.Compile(Lab.Spec("message m\ncommand stop\n  \"*HQ,\" ident \",S20,\" now epoch 2023-11-14 u32\n"));
        Session session = codec.CreateSession();
        session.TrySetIdent("123"u8);
        session.NowUs = 1_699_920_000_000_000 + 7_000_000;
        ReplyWriter output = new();
        Assert.Equal(EncodeStatus.Ok, codec.TryEncode("stop", [], session, output));
        Assert.Equal("*HQ,123,S20,\0\0\0\a", System.Text.Encoding.Latin1.GetString(output.Written));
    }

    [Theory]
    [InlineData("crc16.mcrf4xx", 0x6F91)]
    [InlineData("crc16.aug", 0xE5CC)]
    [InlineData("crc16.genibus", 0xD64E)]
    [InlineData("crc16.usb", 0xB4C8)]
    [InlineData("crc8.smbus", 0xF4)]
    [InlineData("sum8.ones", 0x22)]
    [InlineData("sum8.twos", 0x23)]
    [InlineData("sum16.ones", 0xFE22)]
    [InlineData("sum16.twos", 0xFE23)]
    [InlineData("sum16.rol", 0x63C5)]
    [InlineData("sum32", 0x1DD)]
    [InlineData("xor16", 0x3908)]
    [InlineData("xor16le", 0x0839)]
    public void Checksums_are_values(string name, long expected)
    {
        string sections = $"message m\n  let whole = {name} of 0..size\n  text name\n  let same = {name} of name\n  record\n    value whole -> custom.whole\n    value same -> custom.same\n    value ({name} of 0..pos) ^ 0xF5A0 -> custom.started\n  reply\n    part:\n      name\n    dec {name} of part\n";
        Outcome outcome = Lab.Run(Lab.Spec(sections), "123456789");
        Assert.Equal(expected, outcome.Message["custom.whole"]);
        Assert.Equal(expected, outcome.Message["custom.same"]);
        Assert.Equal(expected ^ 0xF5A0, outcome.Message["custom.started"]);
        Assert.Equal($"123456789{expected}", outcome.Reply);
    }

    [Fact]
    public void The_setup_of_a_device_is_told()
    {
        Codec codec = Lab.Compile(Lab.Spec("message m\nsetup\n  sms \"#804#{password}#{port}#{host}##\" \"Server\"\n  text \"{{x}}\"\n  note \"Set the mode\"\n"));
        Assert.Equal(["sms", "text", "note"], codec.Info.Setup.Select(s => s.Kind));
        Assert.Equal("#804#{password}#5000#gw.example##", codec.Info.Setup[0].For("gw.example", 5000));
        Assert.Equal("Server", codec.Info.Setup[0].Description);
        Assert.Equal("{x}", codec.Info.Setup[1].For("h", 1));
    }

    [Theory]
    [InlineData("GW1001", "setup\n  mail \"x\"\n", 6, "sms \"...\"")]
    [InlineData("GW1014", "setup\n  sms \"{host\"\n", 6, "{{ and }}")]
    [InlineData("GW1010", "layout l\n  pad 0 ident\n", 6, "4096")]
    [InlineData("GW1014", "layout l\n  pad 5 \"00\" ident\n", 6, "one byte")]
    public void A_fault_is_told_with_what_to_write(string id, string sections, int line, string says)
    {
        IReadOnlyList<SpecDiagnostic> found = Lab.Check(Lab.Spec(sections + "message m\n  u8 x\n"));
        SpecDiagnostic? fault = found.FirstOrDefault(d => d.Id == id && d.Line == line);
        Assert.True(fault is not null, string.Join('\n', found.Select(d => d.Format("lab.trk"))));
        Assert.Contains(says, fault.Message, StringComparison.Ordinal);
    }
}
