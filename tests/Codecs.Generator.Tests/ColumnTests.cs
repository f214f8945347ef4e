namespace Gateway.Codecs.Generator.Tests;

/// <summary>Columns by number, columns that decide, and searches in text.</summary>
public sealed class ColumnTests
{
    private static string Line(string body) => Lab.Spec("frame\n  until \"\\r\\n\" | \"\\n\"\nmessage m\n" + string.Join('\n', body.Split('\n').Select(l => "  " + l)) + "\n");

    private static Dictionary<string, object> One(string body, string text) => Lab.Run(Line(body), text + "\n").Message;

    [Theory]
    [InlineData("a,b,c,d", 4L, "c", "d", "b")]
    [InlineData("a,b,c,", 4L, "c", null, "b")]
    [InlineData("a,b", 2L, null, "b", "b")]
    [InlineData("a", 1L, null, "a", null)]
    public void Columns_are_counted_and_looked_at_by_number(string text, long columns, string? third, string? last, string? second)
    {
        Dictionary<string, object> message = One("""
            record
              csv ","
                text first
                value columns -> event.enum
                value column -> event.code
                value column(3) -> driver.id
                value column(-1) -> vehicle.vin
                text -> device.name
            """, text);
        Assert.Equal(columns, message["event.enum"]);
        Assert.Equal(third, message.GetValueOrDefault("driver.id"));
        Assert.Equal(last, message.GetValueOrDefault("vehicle.vin"));
        Assert.Equal(second, message.GetValueOrDefault("device.name"));
    }

    [Theory]
    [InlineData("column 3", "c")]
    [InlineData("column -1", "e")]
    [InlineData("column columns - 1", "d")]
    [InlineData("column 1", "a")]
    [InlineData("column 9", null)]
    [InlineData("column -9", null)]
    public void A_block_goes_on_at_a_column(string move, string? value)
    {
        Dictionary<string, object> message = One($"record\n  csv \",\"\n    text\n    text\n    {move}\n    text -> driver.id\n    value column -> event.enum", "a,b,c,d,e");
        Assert.Equal(value, message.GetValueOrDefault("driver.id"));
    }

    [Fact]
    public void Going_back_and_forth_keeps_the_number_of_the_column()
    {
        Dictionary<string, object> message = One("record\n  csv \",\"\n    column 4\n    value column -> event.enum\n    column 2\n    value column -> event.seqnum\n    text -> driver.id\n    column -2\n    value column -> battery.level %", "a,b,c,d,e");
        Assert.Equal((4L, 2L, 4L, "b"), (message["event.enum"], message["event.seqnum"], message["battery.level"], message["driver.id"]));
    }

    [Fact]
    public void Several_characters_separate_columns()
    {
        Dictionary<string, object> message = One("record\n  csv \",\" | \";\" | \"*\"\n    int -> event.enum\n    int -> event.seqnum\n    value columns -> battery.level %\n    text -> driver.id\n    value column(2) -> vehicle.vin", "1;2,x*7F");
        Assert.Equal((1L, 2L, 4L, "x", "2"), (message["event.enum"], message["event.seqnum"], message["battery.level"], message["driver.id"], message["vehicle.vin"]));
    }

    [Fact]
    public void Columns_decide_what_follows()
    {
        const string body = """
            record
              csv ","
                "D"
                if columns > 4
                  int -> event.enum
                one of
                  try
                    "V"
                    real -> battery.voltage V
                  try
                    int -> event.seqnum
                    "T"
                optional next "X"
                  text -> driver.id
                optional
                  "E"
                  text -> event.code
                text -> vehicle.vin
            """;
        Dictionary<string, object> voltage = One(body, "D,3,V,1.5,X1,E,c,z");
        Assert.Equal((3L, 1.5, "X1", "c", "z"), (voltage["event.enum"], voltage["battery.voltage"], voltage["driver.id"], voltage["event.code"], voltage["vehicle.vin"]));
        Dictionary<string, object> number = One(body, "D,8,T,q");
        Assert.Equal((8L, "q"), (number["event.seqnum"], number["vehicle.vin"]));
        Assert.DoesNotContain("driver.id", number.Keys);
        Assert.DoesNotContain("event.code", number.Keys);
        Assert.Equal([DecodeStatus.Malformed], Lab.Run(Line(body), "D,x,Y\n").Statuses);
        Assert.Equal([DecodeStatus.Malformed], Lab.Run(Line(body), "A\n").Statuses);
    }

    [Fact]
    public void A_column_may_be_read_item_by_item()
    {
        const string body = "record\n  csv \",\"\n    scan\n      char\n      real -> battery.voltage V\n      \"V\"\n    int -> event.enum\n    scan\n      int last\n  value last -> event.seqnum";
        Dictionary<string, object> message = One(body, "B12.5V,7,3");
        Assert.Equal((12.5, 7L, 3L), (message["battery.voltage"], message["event.enum"], message["event.seqnum"]));
        Assert.Equal(["event.enum", "timestamp"], One(body, ",7").Keys.Order());
    }

    [Fact]
    public void Columns_are_searched_by_their_text()
    {
        const string body = "record\n  csv \",\"\n    find \"K\" or skip\n    text -> driver.id\n    skip until \"END\"\n    value column -> event.enum";
        Dictionary<string, object> message = One(body, "a,KK,K,v,w,END");
        Assert.Equal(("v", 6L), (message["driver.id"], message["event.enum"]));
        Assert.Equal("a", One(body, "a,b,END")["driver.id"]);
        Assert.Equal([DecodeStatus.Malformed], Lab.Run(Line(body), "a,b,ENDE\n").Statuses);
    }

    [Theory]
    [InlineData("find \"lat:\"\nreal -> event.enum", "x lat:12.5", 12.5)]
    [InlineData("find \"b\" | \"a\"\nint -> event.enum", "xxa1b2", 1L)]
    [InlineData("find last \":\"\nint -> event.enum", "1:2:3", 3L)]
    [InlineData("find \"?\" or skip\nint -> event.enum", "7x", 7L)]
    [InlineData("find digit 3\nint -> event.enum", "a1b22c333d4444", 333L)]
    [InlineData("skip until \";\" | \"=\"\nskip 1\nint -> event.enum", "abc=5;6", 5L)]
    [InlineData("skip until \";\" or end\nvalue remaining -> event.enum", "abc", 0L)]
    [InlineData("skip while letter\nskip while space\nskip while \":-\"\nint -> event.enum", "abC  :-:5", 5L)]
    [InlineData("text 3 a\nint -> event.enum", "1234", 4L)]
    [InlineData("int n\ntext (n) a\nint -> event.enum", "2ab9", 9L)]
    [InlineData("text until \"::\" a\nint -> event.enum", "x:y::4", 4L)]
    public void Text_is_searched(string items, string text, object expected)
    {
        string body = string.Join('\n', items.Split('\n').Select(l => "  " + l));
        Assert.Equal(expected, One("record\n" + body, text)["event.enum"]);
    }

    [Theory]
    [InlineData("find \"z\"\nint -> event.enum")]
    [InlineData("find last \"z\"\nint -> event.enum")]
    [InlineData("find digit 9\nint -> event.enum")]
    [InlineData("skip until \"z\"\nint -> event.enum")]
    [InlineData("text 99 a")]
    [InlineData("text (0 - 1) a")]
    public void What_is_not_found_fails(string items) =>
        Assert.NotEqual([DecodeStatus.Ok], Lab.Run(Line("record\n" + string.Join('\n', items.Split('\n').Select(l => "  " + l))), "1a2b\n").Statuses);

    [Fact]
    public void A_name_read_in_one_of_two_branches_is_that_of_the_branch_taken()
    {
        string spec = Lab.Spec("""
            message m
              u8 kind
              record
                repeat to end
                  if kind == 1
                    u8 n
                  else if kind == 2
                    u16 n
                  else
                    u24 other
                  value n -> event.enum
                  value other -> event.seqnum
                switch kind
                  1 let label = "one"
                  2 let label = "two"
                value label -> driver.id
            """);
        Assert.Equal((5L, "one"), (Lab.RunHex(spec, "01 05").Message["event.enum"], Lab.RunHex(spec, "01 05").Message["driver.id"]));
        Assert.Equal((261L, "two"), (Lab.RunHex(spec, "02 0105").Message["event.enum"], Lab.RunHex(spec, "02 0105").Message["driver.id"]));
        Dictionary<string, object> neither = Lab.RunHex(spec, "03 010203").Message;
        Assert.Equal(66051L, neither["event.seqnum"]);
        Assert.DoesNotContain("event.enum", neither.Keys);
        Assert.DoesNotContain("driver.id", neither.Keys);
    }

    [Fact]
    public void Any_bytes_are_refused_or_taken_without_an_exception()
    {
        string spec = Line("""
            record
              csv "," | ";"
                optional next "A"
                  skip 2
                column 3
                one of
                  try
                    int -> event.enum
                    "B"
                    "C"
                  try
                    text
                if rest contains "1" or column(4) == "2" or column(-2) == "3"
                  column -2
                find "D" or skip
                real -> battery.voltage V
                rest tail
            find digit 2 or skip
            skip while letter
            find last "x" or skip
            skip until "q" or end
            """);
        Random random = new(11);
        for (int round = 0; round < 3_000; round++)
        {
            char[] text = new char[random.Next(24)];
            for (int i = 0; i < text.Length; i++) text[i] = ",;ABCD123.x"[random.Next(11)];
            Lab.Run(spec, new string(text) + "\n");
        }
    }
}
