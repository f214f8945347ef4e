namespace Gateway.Codecs.Generator.Tests;

/// <summary>Times worked out from parts, times that lack a day or a year, bit streams, protobuf, and what a message has without saying it. The clock stands at 2023-11-14 22:13:20.</summary>
public sealed class TimeTests
{
    private const double Now = 1_700_000_000;

    private static string Indented(string items) => string.Join('\n', items.Split('\n').Select(l => "    " + l));

    private static Dictionary<string, object> OfBytes(string items, string hex) => Lab.RunHex(Lab.Spec($"message m\n  record\n{Indented(items)}\n"), hex).Message;

    private static Dictionary<string, object> OfText(string items, string text) => Lab.Run(Lab.Spec($"frame\n  until \"\\n\"\nmessage m\n  record\n{Indented(items)}\n"), text + "\n").Message;

    [Theory]
    [InlineData("u32 w\ntime of w.26..31, w.22..25, w.17..21, w.12..16, w.6..11, w.0..5", "5EDD6354", Now)]
    [InlineData("u8 y\nu8 mo\nu8 d\ntime of y, mo, d", "170B0E", Now - 80_000)]
    [InlineData("u24 hms\ntime of 2023, 11, 14, hms / 10000, hms / 100 % 100, hms % 100 zone 60", "036088", Now - 3600)]
    [InlineData("u16 ms\ntime of 2023, 11, 14, 22, 13, ms / 1000.0", "4FC4", Now + 0.42)]
    [InlineData("u32 s\ntime of year(now), 1, 1 plus s", "01A37B20", 1_672_531_200 + 0x01A37B20)]
    [InlineData("u16 w\nu32 s\ntime gps week w seconds s", "08E6 00037AB0", 315_964_800 + 0x08E6 * 604_800L + 0x37AB0)]
    [InlineData("time unix u32 base\ntime value base plus 10", "6553F100", Now + 10)]
    [InlineData("u32 s\ntime value s", "6553F100", Now)]
    [InlineData("time hms u8 default today", "160D14", Now)]
    [InlineData("time hms u8 default today", "010000", Now - 80_000 + 86_400 + 3_600)]
    [InlineData("time hms u8 zone 480 default today", "060D14", Now)]
    [InlineData("time unix u32 default now", "00000000", Now)]
    [InlineData("bitfield 5\n  bits 3\n  time epoch 2000-01-01 bits 32\n  bits 5", "0000000020", 946_684_801)]
    public void Times_are_worked_out(string items, string hex, double expected) => Assert.Equal(expected, (double)OfBytes(items, hex)["timestamp"], 3);

    [Theory]
    [InlineData("csv \",\"\n  time HHmmss default today", "231320", Now + 3_600)]
    [InlineData("csv \",\"\n  time HHmmss t default today\ntime value t", "101320", Now - 43_200)]
    [InlineData("csv \",\"\n  time \"HH:mm MMM d\"", "22:13 Nov 14", Now - 20)]
    [InlineData("csv \",\"\n  time \"dd MMM yyyy HH:mm:ss\"", "14 nov 2023 22:13:20", Now)]
    [InlineData("csv \",\"\n  time \"d/M/yyyy H:m:s\"", "14/11/2023 22:13:20", Now)]
    [InlineData("csv \",\"\n  time \"dd/MM HH:mm\"", "01/01 00:00", 1_704_067_200)]
    [InlineData("csv \",\"\n  time \"yyyy-MM-ddTHH:mm:ssz\"", "2023-11-14T23:13:20.500+01:00", Now + 0.5)]
    [InlineData("csv \",\"\n  time \"yyyy-MM-ddTHH:mm:ssz\"", "2023-11-14T22:13:20Z", Now)]
    [InlineData("csv \",\"\n  time iso", "2023-11-14T22:13:20Z", Now)]
    [InlineData("csv \",\"\n  time iso", "2023-11-14 23:13:20.250+0100", Now + 0.25)]
    [InlineData("csv \",\"\n  time iso", "2023-11-14T22:13", Now - 20)]
    [InlineData("csv \",\"\n  time iso", "2023-11-14", Now - 80_000)]
    [InlineData("time iso\nint x", "2023-11-14T22:13:20Z5", Now)]
    [InlineData("csv \",\"\n  time unix", "1700000000.25", Now + 0.25)]
    [InlineData("csv \",\"\n  time unix.ms", "1700000000250", Now + 0.25)]
    [InlineData("time \"d/M/yyyy H:m:s\"\n\",x\"", "4/1/2023 2:3:4,x", 1_672_797_784)]
    [InlineData("time unix \";\"\nint x", "1700000000;5", Now)]
    public void Times_are_read_from_text(string items, string text, double expected) => Assert.Equal(expected, (double)OfText(items, text)["timestamp"], 3);

    [Fact]
    public void Parts_that_are_no_time_are_dropped_and_counted()
    {
        Outcome outcome = Lab.RunHex(Lab.Spec("message m\n  record\n    u8 mo\n    time of 23, mo, 1 -> tacho.timestamp\n    u8 -> event.enum\n"), "0D 01");
        Assert.DoesNotContain("tacho.timestamp", outcome.Message.Keys);
        Assert.Equal(1, outcome.Session.DroppedValues);
    }

    [Fact]
    public void Bits_go_under_every_item()
    {
        Dictionary<string, object> message = OfBytes("""
            bitfield 8
              bits 2 kind
              if kind == 2
                bits (kind + 1) -> event.enum
              repeat 2 as i
                bits 4 v
                value v -> custom.v.{i}
              u8 -> event.seqnum
              repeat to end as n
                bits 1
            value n -> battery.level %
            u8 -> event.code
            """, "AA D5 7F FF FF FF FF FF 07");
        Assert.Equal((5L, 5L, 10L, 0xAFL, 43L), (message["event.enum"], message["custom.v.1"], message["custom.v.2"], message["event.seqnum"], message["battery.level"]));
        Assert.Equal("7", message["event.code"]);
    }

    [Theory]
    [InlineData("hex 3 reversed -> payload.hex", "010203", "payload.hex", "030201")]
    [InlineData("hex 10 reversed -> payload.hex", "01020304050607080900", "payload.hex", "00090807060504030201")]
    [InlineData("bytes 3 reversed x\nvalue hex(x) -> payload.hex", "010203", "payload.hex", "030201")]
    [InlineData("mac reversed -> payload.hex", "010203040506", "payload.hex", "06:05:04:03:02:01")]
    [InlineData("gbk 4 -> payload.hex", "D6D0CEC4", "payload.hex", "中文")]
    [InlineData("gbk rest -> payload.hex", "41D6D000", "payload.hex", "A中")]
    public void Bytes_are_turned_and_decoded(string items, string hex, string name, string expected) => Assert.Equal(expected, OfBytes(items, hex)[name]);

    [Fact]
    public void Base64_text_is_a_frame_in_a_frame()
    {
        Dictionary<string, object> message = OfText("text a \",\"\nbase64 a\n  u16 -> event.enum\n  u8 -> event.seqnum", "AQID,");
        Assert.Equal((258L, 3L), (message["event.enum"], message["event.seqnum"]));
        Assert.Equal([DecodeStatus.Malformed], Lab.Run(Lab.Spec("frame\n  until \"\\n\"\nmessage m\n  record\n    text a \",\"\n    base64 a\n      u8 -> event.enum\n"), "A*ID,\n").Statuses);
    }

    [Fact]
    public void An_enum_may_give_truth_values()
    {
        string spec = Lab.Spec("message m\n  record\n    u8 enum ignition -> engine.ignition.status\nenum ignition\n  1, 3 true\n  0 false\n");
        Assert.Equal((true, false), (Lab.RunHex(spec, "03").Message["engine.ignition.status"], Lab.RunHex(spec, "00").Message["engine.ignition.status"]));
        Assert.DoesNotContain("engine.ignition.status", Lab.RunHex(spec, "07").Message.Keys);
    }

    [Fact]
    public void Protobuf_fields_are_taken_by_number()
    {
        string spec = Lab.Spec("""
            message m
              record
                protobuf
                  1 varint -> event.enum
                  2 utf8 rest -> driver.id
                  3 message
                    1 lat svarint / 1e6
                    2 lon svarint / 1e6
                  4 f32le -> battery.voltage V
                  5 u32le t
                  6
                    repeat to end as i
                      varint -> custom.packed.{i}
                  * let unknown = field
                value unknown -> event.seqnum
                time value t
            """);
        Dictionary<string, object> message = Lab.RunHex(spec, "08AC02 1203416E6E 1A0A 08A08DC015 10DF93B40B 25 00004841 2D 00F15365 3203 01AC02 4801").Message;
        Assert.Equal((300L, "Ann", 12.5, 9L), (message["event.enum"], message["driver.id"], message["battery.voltage"], message["event.seqnum"]));
        Assert.Equal((1L, 300L, Now), (message["custom.packed.1"], message["custom.packed.2"], message["timestamp"]));
        Assert.Equal(22.545232, (double)message["position.latitude"], 6);
        Assert.Equal(-11.961584, (double)message["position.longitude"], 6);
        Assert.Equal([DecodeStatus.Malformed], Lab.RunHex(spec, "12FF41").Statuses);
    }

    [Fact]
    public void A_message_that_writes_is_a_record_and_has_the_reply_of_the_header()
    {
        string spec = Lab.Spec("""
            header
              u8 type
              reply
                "A"
                u8 type
            message login when type == 1
              ascii 3 id
              login id
            message data when type == 2
              ascii 3 -> ident
              u8 -> event.enum
              stop if remaining == 0
              u8 -> event.seqnum
            message own when type == 3
              u8 -> event.enum
              reply
                "B"
                u8 count
            message silent
              u8 -> event.enum
              reply none
            """);
        Outcome login = Lab.RunHex(spec, "01414243");
        Assert.Equal(("ABC", "A\u0001", 0), (login.Ident, login.Reply, login.Messages.Count));
        Outcome data = Lab.RunHex(spec, "024142430506");
        Assert.Equal(("A\u0002", 5L, 6L), (data.Reply, data.Message["event.enum"], data.Message["event.seqnum"]));
        Assert.Equal(5L, Lab.RunHex(spec, "0241424305").Message["event.enum"]);
        Assert.Equal(("B\u0001", 7L), (Lab.RunHex(spec, "0307").Reply, Lab.RunHex(spec, "0307").Message["event.enum"]));
        Assert.Equal(("", 7L), (Lab.RunHex(spec, "0407").Reply, Lab.RunHex(spec, "0407").Message["event.enum"]));
    }

    [Fact]
    public void A_time_under_a_name_of_the_vendors_is_its_seconds() =>
        Assert.Equal(1700000000.5, Lab.RunHex(Lab.Spec("message m\n  time unix.ms u64 seen\n  record\n    value seen -> custom.seen\n"), "0000018BCFE569F4").Message["custom.seen"]);

    [Fact]
    public void A_time_is_no_text()
    {
        SpecDiagnostic fault = Assert.Single(Lab.Check(Lab.Spec("message m\n  record\n    value now -> driver.id\n")), d => d.IsError);
        Assert.Equal(("GW1006", 7), (fault.Id, fault.Line));
        Assert.Contains("hour(t)", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_bytes_are_refused_or_taken_without_an_exception()
    {
        string spec = Lab.Spec("""
            session
              list bytes 64
            message a when u8@0 & 3 == 0
              u8 n
              bytes (n >> 6) mask reversed
              record
                mask mask as id
                  item fields(id)
                each x in rest by 3 as i
                  value join(x, i, hex(n, 70), decimal(n, 70)) -> driver.id
                each x in rest by u16
                  next record if x > 9
                time of n, u8@1, u8@2, u8@3, u8@4, u8@5 plus u32@0 zone u16@1
                time gps week u64@0 seconds u64@1 -> position.timestamp
                gbk (n >> 4) -> device.name
                bitfield (n >> 5)
                  bits (u8@1 & 63) v
                  lat value v / 1e6
                  repeat to end
                    ibits 5
            message b when u8@0 & 3 == 1
              u8
              protobuf
                1 varint -> event.enum
                2 protobuf
                  1 svarint -> event.seqnum
                  * utf8 rest -> driver.id
                * bytes rest -> payload.hex
            message c when u8@0 & 3 == 2
              u8
              bytes (remaining / 2) text
              base64 text
                time "d/M/yyyy H:m:sz"
              within text text
                time "MMM d HH:mm"
                csv "," | ";"
                  each name in text by "A"
                    item columns(name)
                  scan
                    text x ","
                  column -3
                  lat ddmm hem joined
            message d
              hex rest id
              set session.list = join(id, lower(id), upper(trimend(id, "0")), luhn(id))
              record
                csv "A" in session.list
                  list "0"
                    lat hexint / 1e5 hem
                  time HHmmss default today
                  lon ddmmdigits 2 hem before
                  rest all
            table fields(id)
              1..100 u8 -> custom.field.{id}
              * hex rest -> payload.hex
            table columns(id)
              "B" int -> event.enum
              * text -> custom.{id}
            """);
        Random random = new(5);
        for (int round = 0; round < 4_000; round++)
        {
            byte[] frame = new byte[1 + random.Next(40)];
            random.NextBytes(frame);
            if (round % 2 == 0)
            {
                for (int i = 1; i < frame.Length; i++) frame[i] = (byte)"AB,;01239/: Nov+Z="[random.Next(18)];
            }
            Lab.Run(spec, frame);
        }
    }
}
