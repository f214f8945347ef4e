using System.Text;

namespace Gateway.Codecs.Tests;

public class SessionTests
{
    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a#")]
    [InlineData("a+b")]
    [InlineData("a/b")]
    [InlineData("a\u007F")]
    [InlineData("a\n")]
    public void Ident_that_a_topic_cannot_hold_is_refused(string ident)
    {
        TestSession session = new();
        Assert.False(session.TrySetIdent(Encoding.UTF8.GetBytes(ident)));
        Assert.Equal("860000000000001"u8.ToArray(), session.Ident.ToArray());
    }

    [Fact]
    public void Ident_of_64_bytes_is_the_longest()
    {
        TestSession session = new();
        Assert.True(session.TrySetIdent(new byte[64].AsSpan().ToArray().Select(_ => (byte)'x').ToArray()));
        Assert.False(session.TrySetIdent(Enumerable.Repeat((byte)'x', 65).ToArray()));
        Assert.Equal(64, session.Ident.Length);
    }

    [Fact]
    public void Version_grows_with_each_other_ident()
    {
        TestSession session = new();
        int version = session.IdentVersion;
        Assert.True(session.TrySetIdent("860000000000001"u8));
        Assert.Equal(version, session.IdentVersion);
        Assert.True(session.TrySetIdent("other"u8));
        Assert.Equal(version + 1, session.IdentVersion);
    }

    [Fact]
    public void Scratch_grows_to_its_limit_and_keeps_its_content()
    {
        TestSession session = new();
        Assert.True(session.EnsureScratch(10));
        session.Scratch[9] = 42;
        Assert.True(session.EnsureScratch(Session.ScratchBytesMax));
        Assert.Equal(42, session.Scratch[9]);
        Assert.False(session.EnsureScratch(Session.ScratchBytesMax + 1));
        Assert.Equal(Session.ScratchBytesMax, session.Scratch.Length);
    }
}
