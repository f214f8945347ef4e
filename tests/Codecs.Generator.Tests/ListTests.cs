namespace Gateway.Codecs.Generator.Tests;

/// <summary>Lists and masks that are known at run time, records that follow one another, names that change, text that is put together.</summary>
public sealed class ListTests
{
    private static string Line(string body) => Lab.Spec("frame\n  until \"\\r\\n\" | \"\\n\"\n" + body);

    [Fact]
    public void Columns_listed_by_an_earlier_message_are_read_in_that_order()
    {
        string spec = Line("""
            session
              form text 64 = "SPD,,V"
            message form when frame starts "F:"
              "F:"
              rest list
              set session.form = list
            message data
              record
                csv ","
                  each name in session.form by "," as i
                    switch name
                      "SPD" int -> position.speed km/h
                      "V" real -> battery.voltage V
                      "" skip
                      *
                        text -> custom.{name}
                    let last = i
                value last -> event.enum
            """);
        Outcome outcome = Lab.Run(spec, "12,x,3.5\nF:V,temp,SPD\n4.5,cold\n");
        Assert.Equal((12L, 3.5, 3L), (outcome.Messages[0]["position.speed"], outcome.Messages[0]["battery.voltage"], outcome.Messages[0]["event.enum"]));
        Assert.Equal((4.5, "cold"), (outcome.Messages[1]["battery.voltage"], outcome.Messages[1]["custom.temp"]));
        Assert.DoesNotContain("position.speed", outcome.Messages[1].Keys);
    }

    [Theory]
    [InlineData("csv \",\"")]
    [InlineData("csv \",\" | \";\"")]
    public void Rows_of_a_table_take_columns(string csv)
    {
        string spec = Line($$"""
            session
              form text 64 = "A%B%C%N%"
            message data
              record
                {{csv}}
                  each name in session.form by "%"
                    item fields(name)
                  value column -> event.enum
                  text -> driver.id
            table fields(id)
              "A" int -> event.seqnum
              "B"
                text a
                value join(a, column(2)) -> vehicle.vin
              "C"
                lat ddmm hem
              * text -> custom.{id}
            """);
        Dictionary<string, object> message = Lab.Run(spec, "7,x,2232.7658,S,n,last\n").Message;
        Assert.Equal((7L, "xx", "n", 6L, "last"), (message["event.seqnum"], message["vehicle.vin"], message["custom.N"], message["event.enum"], message["driver.id"]));
        Assert.Equal(-22.546, (double)message["position.latitude"], 3);
        Assert.DoesNotContain("driver.id", Lab.Run(spec, "7\n").Message.Keys);
    }

    [Fact]
    public void Elements_are_numbers_or_pieces()
    {
        Dictionary<string, object> message = Lab.RunHex(Lab.Spec("""
            message m
              bytes 5 list
              record
                each pid in list by u16
                  u8 -> custom.pid.{pid}
                each pid in list by u16le as i
                  value pid -> custom.le.{i}
                each part in list by 4
                  value u8@0 + len(part) -> event.enum
            """), "0102 0304 05 AA BB").Message;
        Assert.Equal((0xAAL, 0xBBL), (message["custom.pid.258"], message["custom.pid.772"]));
        Assert.Equal((513L, 1027L), (message["custom.le.1"], message["custom.le.2"]));
        Assert.Equal(5L, message["event.enum"]);
    }

    [Theory]
    [InlineData("mask mask as id", "8001 AABB", 1, 16)]
    [InlineData("mask mask as id lsb", "8001 AABB", 8, 9)]
    [InlineData("mask u16@0 as id", "8001 AABB", 1, 16)]
    [InlineData("mask u16@0 as id", "0042 AABB", 2, 7)]
    public void Each_bit_of_a_mask_reads_on(string line, string hex, int first, int second)
    {
        Dictionary<string, object> message = Lab.RunHex(Lab.Spec($"message m\n  bytes 2 mask\n  record\n    {line}\n      item fields(id)\ntable fields(id)\n  1..16 u8 -> custom.field.{{id}}\n"), hex).Message;
        Assert.Equal((0xAAL, 0xBBL), (message[$"custom.field.{first}"], message[$"custom.field.{second}"]));
    }

    [Fact]
    public void A_record_goes_over_into_the_next()
    {
        string spec = Lab.Spec("""
            message m
              u8 -> battery.level %
              record
                let last = 0
                repeat to end
                  u8 tag
                  next record if tag <= last
                  u8 -> custom.tag.{tag}
                  set last = tag
              reply
                u8 count
            """);
        Outcome outcome = Lab.RunHex(spec, "32 01AA 02BB 01CC 01DD");
        Assert.Equal(3, outcome.Messages.Count);
        Assert.Equal((0xAAL, 0xBBL, 50L), (outcome.Messages[0]["custom.tag.1"], outcome.Messages[0]["custom.tag.2"], outcome.Messages[0]["battery.level"]));
        Assert.Equal((0xCCL, 50L), (outcome.Messages[1]["custom.tag.1"], outcome.Messages[1]["battery.level"]));
        Assert.Equal(0xDDL, outcome.Messages[2]["custom.tag.1"]);
        Assert.Equal("\u0003", outcome.Reply);
    }

    [Fact]
    public void Names_that_change_keep_their_value_over_rounds_and_lose_it_with_a_try()
    {
        Dictionary<string, object> message = Lab.RunHex(Lab.Spec("""
            message m
              record
                let sum = 0
                let half = 0.0
                let seen = false
                let text = ""
                repeat 3
                  u8 d
                  set sum = sum + d
                  set half = half + d / 2.0
                  set seen = true if d == 2
                  set text = join(text, d, ";")
                optional
                  set sum = 99
                  set text = "bad"
                  const hex FF
                value sum -> event.enum
                value half -> battery.voltage V
                value seen -> movement.status
                value text -> driver.id
            """), "01 02 03 00").Message;
        Assert.Equal((6L, 3.0, true, "1;2;3;"), (message["event.enum"], message["battery.voltage"], message["movement.status"], message["driver.id"]));
    }

    [Theory]
    [InlineData("value decimal(n, 6) -> driver.id", "000258")]
    [InlineData("value hex(n, 6) -> driver.id", "000102")]
    [InlineData("value decimal(0 - n, 6) -> driver.id", "-00258")]
    [InlineData("value join(n, \"/\", id, 1.5) -> driver.id", "258/abcdef1.5")]
    [InlineData("value lower(\"ABc\") -> driver.id", "abc")]
    [InlineData("value upper(id) -> driver.id", "ABCDEF")]
    [InlineData("value trimend(id, \"ef\") -> driver.id", "abcd")]
    [InlineData("value (id ends \"f\" ? id[..2] : \"no\") -> driver.id", "ab")]
    [InlineData("value join(\"7992739871\", luhn(\"7992739871\")) -> driver.id", "79927398713")]
    [InlineData("let name = join(\"acc\", n)\nvalue id contains \"cde\" -> custom.{name}", null)]
    public void Text_is_put_together(string items, string? expected)
    {
        string body = string.Join('\n', items.Split('\n').Select(l => "    " + l));
        Dictionary<string, object> message = Lab.RunHex(Lab.Spec($"message m\n  u16 n\n  hex 3 id\n  record\n{body}\n"), "0102 ABCDEF").Message;
        if (expected is null) Assert.Equal(true, message["custom.acc258"]);
        else Assert.Equal(expected, message["driver.id"]);
    }

    [Fact]
    public void What_is_worked_out_from_something_absent_is_absent()
    {
        Dictionary<string, object> message = Lab.Run(Line("message m\n  record\n    csv \",\"\n      int a\n      int b\n      text c\n    value a + b -> event.enum\n    value a * 2 -> event.seqnum\n    value c ends \"x\" -> movement.status\n    lat value a + b / 60.0\n    lon value a\n    value b > 3 -> battery.low.alarm\n    value len(c) -> battery.level %\n"), "5\n").Message;
        Assert.Equal(["event.seqnum", "position.longitude", "timestamp"], message.Keys.Order());
    }

    [Fact]
    public void A_block_knows_whether_its_argument_is_there()
    {
        string spec = Line("message m\n  record\n    csv \",\"\n      text one\n      text two\n    use b(two)\nblock b(first)\n  if has first\n    value first -> driver.id\n  else\n    value 1 -> event.enum\n");
        Assert.Equal(1L, Lab.Run(spec, "1\n").Message["event.enum"]);
        Assert.Equal("x", Lab.Run(spec, "1,x\n").Message["driver.id"]);
    }

    [Fact]
    public void Sizes_of_text_and_bytes_may_be_worked_out()
    {
        Dictionary<string, object> message = Lab.RunHex(Lab.Spec("message m\n  u8 n\n  record\n    skip n - 1\n    hex remaining - 2 -> payload.hex\n    u16 -> event.enum\n"), "02 FF AABBCC 0102").Message;
        Assert.Equal(("aabbcc", 258L), (message["payload.hex"], message["event.enum"]));
    }

    [Fact]
    public void Unpacked_parts_live_side_by_side()
    {
        string spec = Line("message m\n  record\n    text a \",\"\n    text b \",\"\n    unhex a\n      bytes 2 x\n      unhex b\n        mac -> wifi.mac.address.1\n      u16 -> event.enum\n    value hex(x) -> driver.id\n");
        Dictionary<string, object> message = Lab.Run(spec, "AABB0102,010203040506,\n").Message;
        Assert.Equal(("01:02:03:04:05:06", 258L, "aabb"), (message["wifi.mac.address.1"], message["event.enum"], message["driver.id"]));
    }
}
