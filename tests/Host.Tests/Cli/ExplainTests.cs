using Gateway.Codecs;
using Gateway.Host.Inspection;
using Xunit;

namespace Gateway.Host.Tests.Cli;

/// <summary>Promise: every byte is named for what it is, and what nobody looks at is marked.</summary>
public sealed class ExplainTests : IDisposable
{
    private const string Binary = """
        protocol looks "Looks"
          id 64100
          port 5000 tcp

        frame
          skip to hex 7878
          size 6 + u8@2
          tail hex 0D0A else reject

        message one when u16@end-4 == 0x0102
          at 3
            u8 -> position.satellites
          record
            value 1 -> din
        """;

    private const string Text = """
        protocol looks "Looks"
          id 64100
          port 5000 tcp

        frame
          until "\n"

        message one
          text name "="
          record
            csv ","
              int -> din
              skip
              int -> dout
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-explain-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Framing_and_numbers_that_are_only_looked_at_are_named()
    {
        (string Parameter, string Hex, int Line)[] rows = await RowsAsync(Binary, "78 78 03 09 AA 01 02 0D 0A");
        Assert.Contains(("(frame start)", "7878", 5), rows);
        Assert.Contains(("(frame length)", "03", 7), rows);
        Assert.Contains(("(looked at)", "0102", 10), rows);
        Assert.Contains(("(frame end)", "0D0A", 8), rows);
        Assert.Equal("AA", Assert.Single(rows, row => row.Parameter == Explanation.NotRead).Hex);
    }

    [Fact]
    public async Task Delimiters_and_separators_are_named_and_skipped_columns_are_not_read()
    {
        (string Parameter, string Hex, int Line)[] rows = await RowsAsync(Text, @"abc=5,zz,6\n");
        Assert.Contains(("(delimiter)", "3D", 9), rows);
        Assert.Contains("2C7A7A2C", rows.Where(row => row.Parameter == Explanation.NotRead).Select(row => row.Hex));
        Assert.DoesNotContain(rows, row => row.Parameter == "(separator)");

        rows = await RowsAsync(Text.Replace("      skip\n", "", StringComparison.Ordinal), @"abc=5,6\n");
        Assert.Contains(("(separator)", "2C", 0), rows);
        Assert.DoesNotContain(rows, row => row.Parameter == Explanation.NotRead);
    }

    [Fact]
    public void A_sink_that_takes_messages_is_told_nothing() => Assert.False(MessageSink.Traces);

    private async Task<(string Parameter, string Hex, int Line)[]> RowsAsync(string spec, string bytes)
    {
        string path = Path.Combine(_folder.FullName, "looks.trk");
        await File.WriteAllTextAsync(path, spec, TestContext.Current.CancellationToken);
        Codec codec = Host.Cli.ProtocolCommand.Find(path);
        Session session = codec.CreateSession();
        session.TrySetIdent("1"u8);
        byte[] input = Host.Cli.ByteInput.TryHex(bytes, out byte[] hex) ? hex : Host.Cli.ByteInput.Unescape(bytes);
        DecodedInput decoded = InputDecoder.Decode(codec, session, input);
        DecodedFrame frame = Assert.Single(decoded.Frames);
        Assert.Equal(DecodeStatus.Ok, frame.Status);
        return [.. Explanation.Of(codec.Info, frame).Select(row => (row.Parameter, row.Hex, row.Line))];
    }
}
