namespace Gateway.Codecs.Generator.Tests;

/// <summary>Text items: columns, scans, lists, pairs.</summary>
public sealed class TextTests
{
    private static string Line(string body) => Lab.Spec("frame\n  until \"\\r\\n\" | \"\\n\"\n" + body);

    [Fact]
    public void Columns_are_read()
    {
        string spec = Line("""
            message m
              "#D#"
              record
                csv ";" na "NA"
                  time ddMMyy d
                  time HHmmss t
                  lat ddmm hem next
                  lon ddmm hem next
                  real -> position.speed km/h
                  int sats -> position.satellites
                  skip
                  list "," as i
                    real -> ain.{i} V
                  text -> driver.id
                time combine d, t default now
                valid sats >= 3
            """);
        Dictionary<string, object> message = Lab.Run(spec, "#D#141123;221320;5441.2320;N;02516.7820;W;54.5;11;x;12.5,,3.2;Ann;extra;columns\r\n").Message;
        Assert.Equal(1700000000.0, message["timestamp"]);
        Assert.Equal(54.6872, (double)message["position.latitude"], 7);
        Assert.Equal(-25.2797, (double)message["position.longitude"], 7);
        Assert.Equal((54.5, 11L, true), (message["position.speed"], message["position.satellites"], message["position.valid"]));
        Assert.Equal((12.5, 3.2, "Ann"), (message["ain.1"], message["ain.3"], message["driver.id"]));

        Dictionary<string, object> sparse = Lab.Run(spec, "#D#NA;NA;NA;NA;NA;NA;;\n").Message;
        Assert.Equal(["position.valid", "timestamp"], sparse.Keys.Order());
        Assert.Equal(1700000000.0, sparse["timestamp"]);
    }

    [Fact]
    public void Values_of_a_column_that_are_no_number_are_dropped_and_counted()
    {
        Outcome outcome = Lab.Run(Line("message m\n  record\n    csv \",\"\n      int -> event.enum\n      real -> battery.voltage V\n"), "x,3.5\n");
        Assert.DoesNotContain("event.enum", outcome.Message.Keys);
        Assert.Equal(3.5, outcome.Message["battery.voltage"]);
        Assert.Equal(1, outcome.Session.DroppedValues);
    }

    [Fact]
    public void Scans_take_one_field_after_the_other()
    {
        string spec = Line("""
            message m
              "imei:"
              digits imei ","
              login imei
              text word ","
              one of
                try
                  time yyMMddHHmm when ","
                try
                  ","
              char fix ","
              record
                lat ddmm hem after "," ","
                lon ddmm hem after "," ","
                real? ";" -> position.speed knots
                valid fix == 'A'
                value word enum words
                value has when -> movement.status
            enum words
              "help me" -> alarm.event
              "tracker" -> event.code
            """);
        Outcome full = Lab.Run(spec, "imei:359586018966098,help me,2311142213,A,2232.7657,N,11403.8984,W,42.0;\n");
        Assert.Equal("359586018966098", full.Ident);
        Assert.Equal(22.546095, (double)full.Message["position.latitude"], 5);
        Assert.Equal(-114.064973, (double)full.Message["position.longitude"], 5);
        Assert.Equal((true, true, true), (full.Message["alarm.event"], full.Message["position.valid"], full.Message["movement.status"]));
        Assert.Equal(77.784, (double)full.Message["position.speed"], 9);
        Outcome bare = Lab.Run(spec, "imei:359586018966098,x,,V,2232.7657,N,11403.8984,E,;\n");
        Assert.Equal((false, false), (bare.Message["position.valid"], bare.Message["movement.status"]));
        Assert.DoesNotContain("position.speed", bare.Message.Keys);
        Assert.Equal([DecodeStatus.Malformed], Lab.Run(spec, "imei:359586018966098,x,,V,nonsense\n").Statuses);
    }

    [Fact]
    public void Optional_blocks_that_fail_leave_no_trace()
    {
        string spec = Line("""
            message m
              record
                optional
                  digits a ","
                  value 1 -> event.enum
                  "X"
                optional next "B="
                  "B="
                  int b
                  value b -> battery.level %
                rest tail
                value tail -> driver.id
            """);
        Dictionary<string, object> taken = Lab.Run(spec, "12,XB=5Z\n").Message;
        Assert.Equal((1L, 5L, "Z"), (taken["event.enum"], taken["battery.level"], taken["driver.id"]));
        Dictionary<string, object> failed = Lab.Run(spec, "12,YB=5Z\n").Message;
        Assert.Equal("12,YB=5Z", failed["driver.id"]);
        Assert.DoesNotContain("event.enum", failed.Keys);
    }

    [Fact]
    public void Pairs_are_taken_by_key()
    {
        string spec = Line("""
            message m
              record
                kv "," "="
                  "spd" real -> position.speed km/h
                  "id"
                    text -> driver.id
                  * value val -> custom.{key}
            """);
        Dictionary<string, object> message = Lab.Run(spec, "spd=12.5,id=Bob,x.y=1\n").Message;
        Assert.Equal((12.5, "Bob", "1"), (message["position.speed"], message["driver.id"], message["custom.x.y"]));
    }

    [Fact]
    public void Parts_become_records()
    {
        string spec = Line("""
            message m
              split "|" as n
                record
                  csv ";"
                    int -> event.enum
              reply
                "#" n "," count "\r\n"
            """);
        Outcome outcome = Lab.Run(spec, "1;a|2;b|3\n");
        Assert.Equal([1L, 2L, 3L], outcome.Messages.Select(m => m["event.enum"]));
        Assert.Equal("#3,3\r\n", outcome.Reply);
        Assert.Equal("#2,2\r\n", Lab.Run(spec, "1;a|2;b|\n").Reply);
    }

    [Fact]
    public void Text_tests_and_conversions_work()
    {
        string spec = Line("""
            message a when frame starts "A" and rest contains "7"
              record
                value int(rest[1..]) -> event.enum
                value hexint(rest[1..3]) -> event.seqnum
                value len(rest) -> battery.level %
            message b when frame ~ "B*Z"
              record
                value rest -> driver.id
            message c when is digits frame
              record
                value 3 -> event.enum
            """);
        Dictionary<string, object> a = Lab.Run(spec, "A17\n").Message;
        Assert.Equal((17L, 0x17L, 3L), (a["event.enum"], a["event.seqnum"], a["battery.level"]));
        Assert.Equal("BxyZ", Lab.Run(spec, "BxyZ\n").Message["driver.id"]);
        Assert.Equal(3L, Lab.Run(spec, "123\n").Message["event.enum"]);
        Assert.Equal([DecodeStatus.Unknown], Lab.Run(spec, "nothing\n").Statuses);
    }

    [Fact]
    public void Hex_in_text_and_packed_data_are_frames_in_frames()
    {
        string spec = Line("message m\n  record\n    text a \",\"\n    unhex a\n      u16 -> event.enum\n    rest b\n    value b -> driver.id\n");
        Dictionary<string, object> message = Lab.Run(spec, "0102,tail\n").Message;
        Assert.Equal((258L, "tail"), (message["event.enum"], message["driver.id"]));

        using MemoryStream packed = new();
        using (System.IO.Compression.ZLibStream zlib = new(packed, System.IO.Compression.CompressionLevel.Optimal)) zlib.Write("7;8"u8);
        string container = Lab.Spec("message m\n  bytes rest data\n  inflate data\n    record\n      csv \";\"\n        int -> event.enum\n        int -> event.seqnum\n");
        Dictionary<string, object> inflated = Lab.Run(container, packed.ToArray()).Message;
        Assert.Equal((7L, 8L), (inflated["event.enum"], inflated["event.seqnum"]));
    }

    [Theory]
    [InlineData("AB", 1)]
    [InlineData("ABC", 2)]
    [InlineData("SEVENXX", 3)]
    [InlineData("LONGERTHAN", 4)]
    [InlineData("D", 5)]
    [InlineData("E", 5)]
    [InlineData("A", 9)]
    [InlineData("ABCD", 9)]
    [InlineData("AB\0", 9)]
    [InlineData("LONGERTHAM", 9)]
    public void Texts_of_any_length_choose_their_row(string word, long row)
    {
        string choose = Line("message m\n  rest word\n  switch word\n    \"AB\"\n      let n = 1\n    \"ABC\"\n      let n = 2\n    \"SEVENXX\"\n      let n = 3\n    \"LONGERTHAN\"\n      let n = 4\n    \"D\", \"E\"\n      let n = 5\n    *\n      let n = 9\n  record\n    value n -> event.enum\n");
        string table = Line("message m\n  rest word\n  record\n    item rows(word)\ntable rows(word)\n  \"AB\" value 1 -> event.enum\n  \"ABC\" value 2 -> event.enum\n  \"SEVENXX\" value 3 -> event.enum\n  \"D\", \"E\" value 5 -> event.enum\n  \"F\" value 6 -> event.enum\n  * value 9 -> event.enum\n");
        Assert.Equal(row, Lab.Run(choose, word + "\n").Message["event.enum"]);
        if (row != 4) Assert.Equal(row, Lab.Run(table, word + "\n").Message["event.enum"]);
    }
}
