using System.Text;
using Gateway.Codecs;
using Gateway.Host.Devices;
using Xunit;

namespace Gateway.Host.Tests.Devices;

/// <summary>Promise: an ident that a user copied from a label finds the device, whatever the protocol does with zeros and letter case; and no two devices are taken for one beyond that.</summary>
public sealed class IdentRuleTests
{
    [Theory]
    [InlineData("353173060000000", "353173060000000", true)]
    [InlineData("0353173060000000", "353173060000000", true)]
    [InlineData("012345678901234", "12345678901234", true)]
    [InlineData("00AB12", "00ab12", true)]
    [InlineData("00AB12", "AB12", false)]       // a serial number's zeros are its own
    [InlineData("000", "0", true)]
    [InlineData("0", "", false)]
    [InlineData("12", "120", false)]
    [InlineData("ÄB", "äb", false)]             // letters A to Z only
    public void Idents_are_the_same_or_not(string typed, string sent, bool same)
    {
        Span<char> scratch = stackalloc char[IdentRule.LengthMax];
        Assert.Equal(same, IdentRule.Normalize(Encoding.UTF8.GetBytes(sent), scratch).SequenceEqual(IdentRule.Normalize(typed)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("a#")]
    [InlineData("+1")]
    [InlineData("a\tb")]
    [InlineData("ääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääää")]
    public void What_no_device_can_send_is_refused(string ident) => Assert.NotNull(IdentRule.ProblemOf(ident));

    [Fact]
    public void Every_ident_that_a_session_takes_can_be_registered_and_found()
    {
        var session = new LineSession();
        Span<char> scratch = stackalloc char[IdentRule.LengthMax];
        for (int seed = 0; seed < 5_000; seed++)
        {
            var random = new Random(seed);
            string ident = string.Concat(Enumerable.Range(0, random.Next(1, 20)).Select(_ => "0019azAZ_-.äß€😀"[random.Next(15)]));
            byte[] bytes = Encoding.UTF8.GetBytes(ident);
            ident = Encoding.UTF8.GetString(bytes);     // halves of pairs are no text
            bytes = Encoding.UTF8.GetBytes(ident);
            if (!session.TrySetIdent(bytes)) continue;
            Assert.True(IdentRule.ProblemOf(ident) is null, $"seed {seed}: {ident}");
            Assert.True(IdentRule.Normalize(bytes, scratch).SequenceEqual(IdentRule.Normalize(ident)), $"seed {seed}: {ident}");
        }
    }

    private sealed class LineSession : Session;
}
