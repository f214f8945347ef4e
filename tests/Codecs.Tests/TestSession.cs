using System.Text;

namespace Gateway.Codecs.Tests;

/// <summary>A session without variables, with an ident.</summary>
internal sealed class TestSession : Session
{
    public TestSession(string ident = "860000000000001", long nowUs = 1_700_000_000_123_456)
    {
        NowUs = nowUs;
        if (ident.Length > 0) Assert.True(TrySetIdent(Encoding.UTF8.GetBytes(ident)));
    }
}
