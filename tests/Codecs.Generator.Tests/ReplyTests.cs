namespace Gateway.Codecs.Generator.Tests;

/// <summary>Replies, layouts and commands.</summary>
public sealed class ReplyTests
{
    private static string ReplyOf(string body, string hex) => Convert.ToHexString(System.Text.Encoding.Latin1.GetBytes(Lab.RunHex(Lab.Spec(body), hex).Reply));

    [Fact]
    public void A_layout_fills_in_length_and_checksum() => Assert.Equal("787805010001D9DC0D0A", ReplyOf("""
        layout answer(type, seq, body)
          hex 7878
          u8 length of part + 2
          part:
            u8 type
            body
            u16 seq
          u16 crc16.x25 of 2..here
          hex 0D0A
        message m
          u8 type
          u16 seq
          reply answer(type, seq)
        """, "010001"));

    [Fact]
    public void The_last_parameter_takes_all_that_is_given() => Assert.Equal("0005" + "0502030405" + "05" + "0041", ReplyOf("""
        layout l(body)
          u16 length of x
          x:
            body
          u8 xor8 of x
        message m
          u8 a
          reply l(u8 5, u8 a, hex 0304, u8 a + 3)
          reply
            uint 2 0x41
        """, "02"));

    [Fact]
    public void Text_numbers_time_and_conditions_are_written() => Assert.Equal("T007,2A,20231114221320,yes\r\n", Lab.RunHex(Lab.Spec("""
        message m
          u8 n
          reply if n == 7
            "T" dec n width 3 "," hexdigits 42 2 upper "," now "yyyyMMddHHmmss" ","
            if known
              "yes"
            else
              "no"
            "\r\n"
        """), "07").Reply);

    [Fact]
    public void Times_are_written_as_bytes() => Assert.Equal("170B0E160D14" + "231114221320" + "6553F100", ReplyOf("message m\n  skip 1\n  reply\n    now ymdhms u8\n    now ymdhms bcd\n    now unix u32\n", "00"));

    [Fact]
    public void Replies_are_escaped() => Assert.Equal("7E7D017D02017E", ReplyOf("message m\n  skip 1\n  reply\n    hex 7E\n    escape hex 7D -> hex 7D01, hex 7E -> hex 7D02\n      hex 7D7E01\n    hex 7E\n", "00"));

    [Fact]
    public void Commands_are_encoded_from_typed_properties()
    {
        Codec codec = Lab.Compile(Lab.Spec("""
            message m
            layout l(text)
              u8 length of t
              t:
                ascii text
            command custom(text text)
              l(text)
            command output(index int, on bool)
              l(on ? "1" : "0")
              dec index
            """));
        ReplyWriter output = new();
        Session session = codec.CreateSession();
        Assert.Equal(EncodeStatus.Ok, codec.TryEncode("custom", new CommandArguments { ["text"] = "abc" }, session, output));
        Assert.Equal("03616263", Convert.ToHexString(output.Written));
        output.Clear();
        Assert.Equal(EncodeStatus.Ok, codec.TryEncode("output", new CommandArguments { ["index"] = 12L, ["on"] = true }, session, output));
        Assert.Equal("01313132", Convert.ToHexString(output.Written));
        Assert.Equal(EncodeStatus.BadArgument, codec.TryEncode("output", new CommandArguments { ["index"] = "x", ["on"] = true }, session, output));
        Assert.Equal(EncodeStatus.UnknownCommand, codec.TryEncode("nothing", [], session, output));
    }
}
