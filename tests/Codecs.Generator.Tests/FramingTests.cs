namespace Gateway.Codecs.Generator.Tests;

/// <summary>Framing rules: whole, in pieces, with garbage, too long.</summary>
public sealed class FramingTests
{
    private static string Framed(string rules) => Lab.Spec("frame tcp\n" + string.Join('\n', rules.Split('\n').Select(l => "  " + l)) + "\nmessage m\n", "  port 5000 tcp udp\n  max 64\n");

    private static List<string> Frames(string rules, string hex, int piece = int.MaxValue) => Lab.Run(Framed(rules), Convert.FromHexString(hex), piece: piece).Frames;

    [Theory]
    [InlineData("size 2 + u8@1", "0101AA0100", "0101AA|0100")]
    [InlineData("until \"\\r\\n\" | \"\\n\"", "41420D0A430A0D0A44", "4142|43")]
    [InlineData("until \";\" keep", "413B423B", "413B|423B")]
    [InlineData("until \"*\" plus 2", "412A3132422A3334", "412A3132|422A3334")]
    [InlineData("between hex 7E and hex 7E", "7E01027E7E037E", "7E01027E|7E037E")]
    [InlineData("between hex 7E and hex 7E\nunescape hex 7D01 -> hex 7D, hex 7D02 -> hex 7E", "7E7D017D027E", "7E7D7E7E")]
    [InlineData("balanced \"{\" \"}\"", "7B227D227B7D7D7B7D", "7B227D227B7D7D|7B7D")]
    [InlineData("skip to hex 7878 | hex 7979\nsize 4", "0078FF7878010279790304", "78780102|79790304")]
    [InlineData("case u8@0 == 0xFF\n  size 1\ncase u16@0 != 0\n  size 2 + u16@0\nelse\n  size 12 + u32@4", "FF0001410000000000000001AABBCCDDEE", "FF|000141|0000000000000001AABBCCDDEE")]
    [InlineData("size 3 + u8@0\nstrip 1\n", "0101020302", "010203")]
    [InlineData("size 3 + u8@0\ntail hex 0D0A else search 32", "010D0A00 05AA0D0A 020102 0D0A", "010D0A00")]
    public void Frames_are_the_same_in_any_pieces(string rules, string hex, string expected)
    {
        hex = hex.Replace(" ", "", StringComparison.Ordinal);
        List<string> whole = Frames(rules, hex);
        if (!rules.Contains("tail", StringComparison.Ordinal)) Assert.Equal(expected.Split('|'), whole);
        for (int piece = 1; piece < hex.Length / 2; piece++) Assert.Equal(whole, Frames(rules, hex, piece));
    }

    [Fact]
    public void A_wrong_length_is_mended_at_the_next_tail()
    {
        const string Rules = "size 3 + u8@0\ntail hex 0D0A else search 32";
        Assert.Equal(["010A0D0A", "02AABB0D0A"], Frames(Rules, "010A0D0A02AABB0D0A"));
        // The length says four bytes, the tail comes after six.
        Assert.Equal(["01AABBCC0D0A", "02AABB0D0A"], Frames(Rules, "01AABBCC0D0A02AABB0D0A"));
    }

    [Theory]
    [InlineData("size u32@0", "FFFFFFFF00", FrameStatus.TooLong)]
    [InlineData("size 1 + u8@0 - 1", "00", FrameStatus.Malformed)]
    [InlineData("between hex 7E and hex 7E", "01", FrameStatus.Malformed)]
    [InlineData("case u8@0 == 1\n  size 1", "02", FrameStatus.Malformed)]
    public void What_can_not_be_a_frame_is_refused(string rules, string hex, FrameStatus expected) =>
        Assert.Equal(expected, Lab.Run(Framed(rules), Convert.FromHexString(hex)).End);

    [Fact]
    public void A_line_without_end_is_too_long()
    {
        Assert.Equal(FrameStatus.TooLong, Lab.Run(Framed("until \"\\n\""), new byte[100]).End);
        Assert.Equal(FrameStatus.Malformed, Lab.Run(Framed("skip to hex 7878\nsize 4"), new byte[5000]).End);
    }

    [Fact]
    public void What_is_left_of_a_datagram_is_one_frame() =>
        Assert.Equal(["4142"], Lab.Run(Framed("until \"\\n\""), "AB"u8.ToArray(), Transport.Udp).Frames);
}
