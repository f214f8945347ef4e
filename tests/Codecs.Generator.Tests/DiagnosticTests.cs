namespace Gateway.Codecs.Generator.Tests;

/// <summary>Each kind of error in a spec: its id, its line and column, and what to write instead.</summary>
public sealed class DiagnosticTests
{
    public static TheoryData<string, string, int, int, string> Faults => new()
    {
        { "GW1001", "message m\n  u99 x\n", 6, 3, "u9" },
        { "GW1001", "messsage m\n", 5, 1, "did you mean 'message'" },
        { "GW1001", "message m\n  record\n    u8 \"text\n", 7, 8, "close it" },
        { "GW1002", "message m\n\tu8 x\n", 6, 1, "two spaces" },
        { "GW1003", "message m\n  u8 speed\n  record\n    value sped -> event.enum\n", 8, 11, "did you mean 'speed'" },
        { "GW1003", "message m\n  use gpss\nblock gps\n  u8 x\n", 6, 3, "did you mean 'gps'" },
        { "GW1003", "message m\n  set session.zome = 1\nsession\n  zone int\n", 6, 3, "did you mean 'zone'" },
        { "GW1004", "message m\n  record\n    u8 -> position.speeed km/h\n", 7, 11, "did you mean 'position.speed'" },
        { "GW1005", "message m\n  record\n    u8 -> device.temperature km/h\n", 7, 30, "celsius" },
        { "GW1005", "message m\n  record\n    u8 -> position.speed kmph\n", 7, 26, "did you mean" },
        { "GW1001", "message m\n  uint8 x\n", 6, 3, "did you mean 'u8'" },
        { "GW1001", "message m\n  latitude u32\n", 6, 3, "did you mean 'lat'" },
        { "GW1001", "frame\n  length 4\nmessage m\n", 6, 3, "did you mean 'size'" },
        { "GW1001", "message m\n  u8 x\n  if x == 1 && x == 2\n    u8\n", 7, 14, "write 'and'" },
        { "GW1001", "message m when size = 1\n", 5, 21, "equality is '=='" },
        { "GW1001", "message m\n  csv ','\n    int\n", 6, 7, "double quotes" },
        { "GW1001", "message m\n  record\n    u8 -> position.speed if size > 3\n", 7, 26, "in front of '->'" },
        { "GW1001", "message m\n  record\n    u8 -> position.speed km/h none 255\n", 7, 31, "in front of '->'" },
        { "GW1006", "message m\n  record\n    ascii 3 -> position.speed km/h\n", 7, 5, "int, real" },
        { "GW1007", "message m\n  uint 9 x\n", 6, 3, "1 to 8 bytes" },
        { "GW1008", "message a\n  u8 x\nmessage b\n  u8 x\n", 7, 1, "never match" },
        { "GW1008", "message m\n  u8 k\n  switch k\n    1 let a = 1\n    1 let a = 2\n", 9, 5, "never match" },
        { "GW1008", "frame\n  size 3\n  case u8@0 == 1\n    size 2\nmessage m\n", 7, 3, "never be reached" },
        { "GW1009", "message m when size == 1\nmessage m\n", 6, 1, "another name" },
        { "GW1010", "message m\n  u8 x\n    3..1 as y\n", 7, 5, "from the lower" },
        { "GW1011", "frame\n  strip 2\nmessage m\n", 6, 3, "where the frame ends" },
        { "GW1011", "message m\n  reply\n    \"A\"\n  u8 -> event.enum\n", 5, 1, "record" },
        { "GW1001", "message m\n  next record\n", 6, 3, "inside a record" },
        { "GW1001", "message m\n  find word 3\n", 6, 8, "digit" },
        { "GW1006", "message m\n  u8 n\n  each x in n by \",\"\n    u8 y\n", 7, 3, "mask" },
        { "GW1006", "message m\n  bitfield 4\n    u32le x\n", 7, 5, "bits n" },
        { "GW1006", "message m\n  let n = 0\n  set n = 1.5\n", 7, 3, "let n = 0.0" },
        { "GW1012", "message m\n  use a\nblock a\n  use b\nblock b\n  use a\n", 10, 3, "uses itself" },
        { "GW1013", "message m\nsample s\n  in 787\n", 7, 6, "odd number" },
        { "GW1015", "import \"nothing.trk\"\nmessage m\n", 5, 1, "nothing.trk" },
        { "GW1501", "message m\n", 1, 1, "sample" },
        { "GW1502", "message m\nblock unused\n  u8 x\n", 6, 1, "used nowhere" },
    };

    [Theory, MemberData(nameof(Faults))]
    public void A_fault_is_told_with_its_place_and_what_to_write(string id, string sections, int line, int column, string says)
    {
        IReadOnlyList<SpecDiagnostic> found = Lab.Check(Lab.Spec(sections));
        SpecDiagnostic? fault = found.FirstOrDefault(d => d.Id == id && d.Line == line);
        Assert.True(fault is not null, $"{id} at line {line} is missing; found:\n" + string.Join('\n', found.Select(d => d.Format("lab.trk"))));
        Assert.Equal(column, fault.Column);
        Assert.Contains(says, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_faulty_line_does_not_hide_the_next()
    {
        IReadOnlyList<SpecDiagnostic> found = Lab.Check(Lab.Spec("message m\n  record\n    u8 -> position.speeed\n    u16 -> position.altitud m\n    u9 x\n"));
        Assert.Equal([7, 8, 9], found.Where(d => d.IsError).Select(d => d.Line));
    }

    [Fact]
    public void Random_text_never_throws()
    {
        Random random = new(7);
        string[] words = ["message", "m", "record", "u8", "->", "position.speed", "km/h", "\n", "\n  ", "\n    ", "if", "(", ")", "==", "\"x\"", "hex", "0D", "csv", "frame", "size", "u8@0", "+", "reply", "switch", "*", "1..3", "table", "item", "{", "'", "lat", "time", "ddMMyy"];
        for (int round = 0; round < 2000; round++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(60)).Select(_ => words[random.Next(words.Length)] + (random.Next(3) == 0 ? "" : " ")));
            Lab.Check("protocol lab \"Lab\"\n  id 9\n  port 1 tcp\n" + text);
        }
    }
}
