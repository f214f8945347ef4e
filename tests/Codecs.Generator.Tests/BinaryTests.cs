namespace Gateway.Codecs.Generator.Tests;

/// <summary>Binary items: each construct of the reference, compiled and run.</summary>
public sealed class BinaryTests
{
    private static Dictionary<string, object> One(string items, string hex, Action<Session>? given = null)
    {
        string body = string.Join('\n', items.Split('\n').Select(l => "    " + l));
        return Lab.RunHex(Lab.Spec($"message m\n  record\n{body}\n"), hex, given).Message;
    }

    [Theory]
    [InlineData("u8 -> event.enum", "FE", 254L)]
    [InlineData("i8 -> event.enum", "FE", -2L)]
    [InlineData("u16 -> event.enum", "0102", 258L)]
    [InlineData("u16le -> event.enum", "0102", 513L)]
    [InlineData("i16 -> event.enum", "FFFE", -2L)]
    [InlineData("u24 -> event.enum", "010203", 66051L)]
    [InlineData("i24 -> event.enum", "FFFFFE", -2L)]
    [InlineData("u32 -> event.enum", "FFFFFFFF", 4294967295L)]
    [InlineData("i32le -> event.enum", "FEFFFFFF", -2L)]
    [InlineData("u40 -> event.enum", "0100000001", 4294967297L)]
    [InlineData("i48 -> event.enum", "FFFFFFFFFFFE", -2L)]
    [InlineData("u64 -> event.enum", "00000000000000FF", 255L)]
    [InlineData("uint 3 -> event.enum", "010203", 66051L)]
    [InlineData("sm16 -> event.enum", "8005", -5L)]
    [InlineData("bcd 6 -> event.enum", "123456", 123456L)]
    [InlineData("digits 3 -> event.enum", "303132", 12L)]
    [InlineData("u16 & 0x0FFF -> event.enum", "F123", 0x123L)]
    [InlineData("u8 >> 4 -> event.enum", "A5", 10L)]
    [InlineData("u8 * 20 -> event.enum", "05", 100L)]
    [InlineData("varint -> event.enum", "8101", 129L)]
    [InlineData("f32 -> event.enum", "41420000", 12.125)]
    [InlineData("f64le -> event.enum", "000000000000F83F", 1.5)]
    public void A_number_is_read(string line, string hex, object expected) => Assert.Equal(expected, One(line, hex)["event.enum"]);

    [Theory]
    [InlineData("u16 / 1000 -> battery.voltage V", "316A", 12.65)]
    [InlineData("u16 -> battery.voltage mV", "316A", 12.65)]
    [InlineData("u16 * 0.001 -> battery.voltage V", "316A", 12.65)]
    [InlineData("u32 -> vehicle.mileage m", "0001E240", 123.456)]
    [InlineData("u8 -> position.speed knots", "64", 185.2)]
    [InlineData("u8 / 2 - 40 -> device.temperature C", "7D", 22.5)]
    [InlineData("u8 -> device.temperature F", "D4", 100.0)]
    public void A_value_is_scaled_to_the_unit_of_the_dictionary(string line, string hex, double expected)
    {
        string name = line[(line.IndexOf("->", StringComparison.Ordinal) + 3)..].Split(' ')[0];
        Assert.Equal(expected, Convert.ToDouble(One(line, hex)[name], System.Globalization.CultureInfo.InvariantCulture), 12);
    }

    [Fact]
    public void None_values_are_left_out_and_raw_values_decide() =>
        Assert.DoesNotContain("battery.voltage", One("u16 / 1000 none 0xFFFF -> battery.voltage V", "FFFF").Keys);

    [Fact]
    public void Bits_go_to_parameters_enums_and_names()
    {
        Dictionary<string, object> message = Lab.RunHex(Lab.Spec("""
            message m
              record
                u16 flags
                  0..9 -> position.direction deg
                  10 as fixed
                  12 -> position.valid
                  flag 13 -> alarm.event
                  14..15 enum kinds
                value fixed -> movement.status
            enum kinds
              2 -> battery.low.alarm
              3 -> alarm.event
            """), "948F").Message;
        Assert.Equal(0x8FL, message["position.direction"]);
        Assert.Equal(true, message["position.valid"]);
        Assert.Equal(true, message["movement.status"]);
        Assert.Equal(true, message["battery.low.alarm"]);
        Assert.DoesNotContain("alarm.event", message.Keys);
    }

    [Fact]
    public void A_hemisphere_may_be_known_only_later()
    {
        Dictionary<string, object> message = One("lat u32 / 1800000 south if not flags.10\nlon u32 / 1800000 west if flags.11\nu16 flags", "026B3F3C 0C3CE357 0800");
        Assert.Equal(-22.546096, (double)message["position.latitude"], 5);
        Assert.Equal(-114.065, (double)message["position.longitude"], 2);
    }

    [Fact]
    public void Impossible_coordinates_are_dropped_and_counted()
    {
        Outcome outcome = Lab.RunHex(Lab.Spec("message m\n  record\n    lat i32 / 1e6\n    lon i32 / 1e6\n    u8 -> event.enum\n"), "7FFFFFFF 00000001 05");
        Assert.DoesNotContain("position.latitude", outcome.Message.Keys);
        Assert.Equal(5L, outcome.Message["event.enum"]);
        Assert.Equal(1, outcome.Session.DroppedValues);
    }

    [Theory]
    [InlineData("time unix u32", "65536F80", 1699966848)]
    [InlineData("time unix.ms u64", "0000018BCFE56800", 1700000000)]
    [InlineData("time epoch 2000-01-01 u32le", "01000000", 946684801)]
    [InlineData("time ymdhms u8", "170B0E160D14", 1700000000)]
    [InlineData("time ymdhms bcd", "231114221320", 1700000000)]
    [InlineData("time dmyhms u8", "0E0B17160D14", 1700000000)]
    [InlineData("time hmsdmy bcd", "221320141123", 1700000000)]
    [InlineData("time ymdhms u16year", "07E70B0E160D14", 1700000000)]
    public void A_time_is_read(string line, string hex, double expected) => Assert.Equal(expected, One(line, hex)["timestamp"]);

    [Fact]
    public void A_zone_is_taken_off_and_an_impossible_time_is_replaced_by_the_clock()
    {
        Assert.Equal(1700000000.0 - 8 * 3600, One("time ymdhms u8 zone 480", "170B0E160D14")["timestamp"]);
        Assert.Equal(1700000000.0, One("time ymdhms u8", "170D0E160D14")["timestamp"]);
    }

    [Fact]
    public void Text_and_bytes_are_read()
    {
        Dictionary<string, object> message = One(
            "u8 n\nascii n -> vehicle.vin\nhex 2 -> payload.hex\nmac -> wifi.mac.address.1\nutf16 4 -> device.name\nascii until \";\" -> gsm.sim.iccid\nascii rest -> device.firmware.version",
            "03 414243 BEEF 010203040506 00480049 313233 3B 562E31 00");
        Assert.Equal("ABC", message["vehicle.vin"]);
        Assert.Equal("beef", message["payload.hex"]);
        Assert.Equal("01:02:03:04:05:06", message["wifi.mac.address.1"]);
        Assert.Equal("HI", message["device.name"]);
        Assert.Equal("123", message["gsm.sim.iccid"]);
        Assert.Equal("V.1", message["device.firmware.version"]);
    }

    [Fact]
    public void Records_repeat_and_common_values_are_in_each()
    {
        Outcome outcome = Lab.RunHex(Lab.Spec("""
            message m
              u8 -> battery.level %
              u8 n
              repeat n as i
                record
                  u8 -> event.enum
                  value i -> event.seqnum
            """), "50 02 07 08");
        Assert.Equal([7L, 8L], outcome.Messages.Select(m => m["event.enum"]));
        Assert.Equal([1L, 2L], outcome.Messages.Select(m => m["event.seqnum"]));
        Assert.All(outcome.Messages, m => Assert.Equal(80L, m["battery.level"]));
    }

    [Fact]
    public void Tlv_and_tables_keep_what_they_do_not_know()
    {
        Dictionary<string, object> message = Lab.RunHex(Lab.Spec("""
            message m
              record
                tlv u8 id u8 len to end
                  item things(id) size len
            table things
              1    u8         -> battery.level %
              2 when len == 2   u16 / 10   -> sensor.temperature.1 C
              2    ascii rest -> vehicle.vin
              4..6 bool       -> din.1
              *    uint len   -> custom.param.{id}
            """), "01 02 0064 02 02 00D7 05 01 01 09 03 010203").Message;
        Assert.Equal(100L, message["battery.level"]);
        Assert.Equal(21.5, message["sensor.temperature.1"]);
        Assert.Equal(true, message["din.1"]);
        Assert.Equal(66051L, message["custom.param.9"]);
    }

    [Fact]
    public void A_large_table_gives_what_a_small_one_gives()
    {
        string rows = string.Concat(Enumerable.Range(1, 200).Select(i => $"  {i}  u16 / 10 none 0xFFFF -> ain.{i} V\n"));
        string spec = Lab.Spec($"message m\n  record\n    repeat to end\n      u8 id\n      u8 n\n      item t(id) size n\ntable t\n{rows}  *  uint len -> custom.param.{{id}}\n");
        Dictionary<string, object> message = Lab.RunHex(spec, "C8 02 0105 64 02 FFFF 63 01 0A FA 02 0102").Message;
        Assert.Equal(26.1, message["ain.200"]);
        Assert.Equal(1.0, message["ain.99"]);
        Assert.DoesNotContain("ain.100", message.Keys);
        Assert.Equal(258L, message["custom.param.250"]);
    }

    [Fact]
    public void Blocks_conditions_switches_and_loops_do_what_they_say()
    {
        string spec = Lab.Spec("""
            session
              seen int = 3
            message m
              record
                u8 kind
                use part(kind == 1 ? 2 : 1)
                if kind == 1
                  value true -> movement.status
                else if kind == 2
                  value false -> movement.status
                else
                  value 1 -> event.code
                switch kind
                  1, 7..9 value 10 -> event.enum
                  * value 20 -> event.enum
                for w in 1, 2
                  uint w -> ain.{w}
                set session.seen = session.seen + 1
                value session.seen -> event.seqnum
            block part(n)
              uint n -> battery.level %
            """);
        Dictionary<string, object> first = Lab.RunHex(spec, "01 0032 05 0006").Message;
        Assert.Equal((50L, true, 10L, 5L, 6L, 4L), (first["battery.level"], first["movement.status"], first["event.enum"], first["ain.1"], first["ain.2"], first["event.seqnum"]));
        Dictionary<string, object> second = Lab.RunHex(spec, "03 32 05 0006").Message;
        Assert.Equal(("1", 20L), (second["event.code"], second["event.enum"]));
    }

    [Fact]
    public void Within_limits_a_block_and_skips_its_rest() =>
        Assert.Equal(7L, One("u8 n\nwithin n\n  u8 -> battery.level %\nu8 -> event.enum", "03 50 FFFF 07")["event.enum"]);

    [Fact]
    public void Peeks_look_without_moving()
    {
        Dictionary<string, object> message = One("if u8@0 == 5 and u16@end-2 == 0x0102\n  skip 1\n  value size -> event.seqnum\nu16 -> event.enum", "05 0102");
        Assert.Equal((258L, 3L), (message["event.enum"], message["event.seqnum"]));
    }

    [Fact]
    public void Bitfields_read_unaligned_numbers()
    {
        Dictionary<string, object> message = One("bitfield 2\n  bits 3 -> event.enum\n  ibits 5 -> event.seqnum\n  bits 8 -> battery.level %\nu8 -> event.code", "BE 11 07");
        Assert.Equal((5L, -2L, 17L, "7"), (message["event.enum"], message["event.seqnum"], message["battery.level"], message["event.code"]));
    }

    [Fact]
    public void Truncated_frames_leave_nothing()
    {
        Outcome outcome = Lab.RunHex(Lab.Spec("message m\n  record\n    u8 -> event.enum\n    u32 -> event.seqnum\n  reply \"OK\"\n"), "05 01");
        Assert.Equal([DecodeStatus.Truncated], outcome.Statuses);
        Assert.Empty(outcome.Messages);
        Assert.Equal("", outcome.Reply);
        Assert.Equal(7, outcome.Session.FailedLine);
    }

    [Fact]
    public void Wrong_checksums_are_counted_and_refused_only_when_strict()
    {
        string spec = Lab.Spec("message m\n  u8 a\n  u8 b\n  check xor8 u8 over 0..2\n  record\n    value a -> event.enum\n");
        Assert.Equal(0, Lab.RunHex(spec, "0102 03").Session.ChecksumErrors);
        Outcome lenient = Lab.RunHex(spec, "0102 07");
        Assert.Equal((1, 1), ((int)lenient.Session.ChecksumErrors, lenient.Messages.Count));
        Outcome strict = Lab.RunHex(spec, "0102 07", s => s.StrictChecksums = true);
        Assert.Equal([DecodeStatus.BadChecksum], strict.Statuses);
        Assert.Empty(strict.Messages);
    }

    [Fact]
    public void A_record_needs_an_ident()
    {
        Outcome outcome = Lab.RunHex(Lab.Spec("message m\n  record\n    u8 -> event.enum\n"), "05", s => s.Reset());
        Assert.Equal([DecodeStatus.NotIdentified], outcome.Statuses);
    }

    [Fact]
    public void Idents_come_from_text_digits_numbers_and_hex()
    {
        Assert.Equal("123456789012345", Lab.RunHex(Lab.Spec("message m\n  hex 8 id\n  login id[1..]\n"), "0123456789012345").Ident);
        Assert.Equal("13912345678", Lab.RunHex(Lab.Spec("message m\n  hex 6 id\n  login trim0(id)\n"), "013912345678").Ident);
        Assert.Equal("305419896", Lab.RunHex(Lab.Spec("message m\n  u32 -> ident\n"), "12345678").Ident);
        Assert.Equal("AB1", Lab.RunHex(Lab.Spec("message m\n  ascii 3 id\n  login id\n"), "414231").Ident);
        Assert.Equal([DecodeStatus.Malformed], Lab.RunHex(Lab.Spec("message m\n  ascii 3 id\n  login id\n"), "41232B").Statuses);
    }
}
