using Gateway.Host.Tests.Cli;
using Xunit;

namespace Gateway.Host.Tests.Protocols;

/// <summary>Promise: recorded traffic shows what a changed spec changes, and nothing else.</summary>
public sealed class TryTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-try-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Equal_specs_give_no_differences_and_exit_code_0()
    {
        string spec = SpecTexts.Write(_folder, "speedy.trk", SpecTexts.Of());
        Run run = await TryAsync(spec, spec, "tcp \"@1,5\\n@1,\"\ntcp 360A\nsession\n@1,7\\n is no hex");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("capture.txt(4,1): expected 'tcp HEX'", run.Error, StringComparison.Ordinal);

        run = await TryAsync(spec, spec, "# two connections\ntcp \"@1,5\\n@1,\"\ntcp 360A\nsession\n40312C370A\n");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal("speedy.trk -> speedy.trk: 2 connections, 3 frames, 0 differences\n", run.Output);
    }

    [Fact]
    public async Task Differences_are_told_by_frame_value_reply_and_refusal()
    {
        string before = SpecTexts.Write(_folder, "speedy.trk", SpecTexts.Of());
        string after = SpecTexts.Write(_folder, "next.trk", SpecTexts.Of(parameter: "position.altitude", reply: "\"NEW\\n\"", extra: "  reject if value > 100\n"));
        Run run = await TryAsync(after, before, "tcp \"@1,5\\n\"\ntcp \"@1,500\\n\"\n");
        Assert.Equal((1, ""), (run.ExitCode, run.Error));
        string[] lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("connection 1, line 1, frame of 4 bytes:", lines[0]);
        Assert.Contains("  message 1: position.altitude - -> 5", lines);
        Assert.Contains("  message 1: position.speed 5 -> -", lines);
        Assert.Contains("  reply 4F4B0A -> 4E45570A", lines);
        Assert.Contains(lines, line => line.StartsWith("  decoded, 1 messages -> refused: Malformed at byte", StringComparison.Ordinal));
        Assert.Equal("speedy.trk -> next.trk: 1 connections, 2 frames, 2 differences", lines[^1]);
    }

    [Fact]
    public async Task Without_against_the_protocol_of_the_same_name_is_compared()
    {
        SpecTexts.Write(_folder, "speedy.trk", SpecTexts.Of());
        DirectoryInfo drafts = _folder.CreateSubdirectory("drafts");
        string draft = SpecTexts.Write(drafts, "speedy.trk", SpecTexts.Of(reply: "\"NEW\\n\""));
        string capture = SpecTexts.Write(_folder, "capture.txt", "session 99\nudp \"@1,5\\n\"\n");
        Run run = await Run.Async("protocol", "try", draft, "--capture", capture, "--specs", _folder.FullName);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("reply 4F4B0A -> 4E45570A", run.Output, StringComparison.Ordinal);
    }

    private Task<Run> TryAsync(string spec, string against, string capture) =>
        Run.Async("protocol", "try", spec, "--against", against, "--capture", SpecTexts.Write(_folder, "capture.txt", capture));
}
