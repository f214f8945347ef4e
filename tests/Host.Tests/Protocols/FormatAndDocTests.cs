using System.Text.RegularExpressions;
using Gateway.Codecs;
using Gateway.Codecs.Generator;
using Gateway.Host.Inspection;
using Gateway.Host.Tests.Cli;
using Xunit;

namespace Gateway.Host.Tests.Protocols;

public sealed partial class FormatAndDocTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-format-");

    public static TheoryData<string> SpecFiles => [.. CodecRegistry.BuiltIn.Select(codec => codec.Info.SpecFile)];

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory, MemberData(nameof(SpecFiles))]
    public void Formatting_is_idempotent_and_changes_no_meaning(string file)
    {
        string text = SpecLoader.ReadBuiltIn(file)!;
        string formatted = SpecFormatter.Format(text)!;
        Assert.NotNull(formatted);
        Assert.Equal(formatted, SpecFormatter.Format(formatted));
        Assert.Equal(Meaning(text, "before.trk"), Meaning(formatted, "after.trk"));
    }

    [Fact]
    public async Task Layout_is_the_canonical_one()
    {
        const string before = """


            protocol a   "A # no comment"
                id 64200   # number
                port 5000   tcp
            # about frames
            frame
                until   "\n"


            message one
                # first
                int   x   ","    # one
                int -> din
                int * 5 / 3   -> position.speed   km/h   # speed
                record

                    value x -> dout
                # the end
            sample s
                in "1,2,3\n"
                expect record 1
                    din 2
                    position.speed   5
            """;
        const string after = """
            protocol a "A # no comment"
              id 64200  # number
              port 5000 tcp

            # about frames
            frame
              until "\n"

            message one
              # first
              int x ","                           # one
              int         -> din
              int * 5 / 3 -> position.speed km/h  # speed
              record
                value x -> dout
              # the end

            sample s
              in "1,2,3\n"
              expect record 1
                din             2
                position.speed  5

            """;
        string path = SpecTexts.Write(_folder, "a.trk", before);
        Run check = await Run.Async("protocol", "fmt", "--check", path);
        Assert.Equal((1, $"{path} is not in the canonical layout\n"), (check.ExitCode, check.Output));
        Assert.Equal(before, await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken));
        Assert.Equal(0, (await Run.Async("protocol", "fmt", path)).ExitCode);
        Assert.Equal(after, await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken));
        Assert.Equal((0, ""), await Run.Async("protocol", "fmt", "--check", path) is var again ? (again.ExitCode, again.Output) : default);
    }

    [Fact]
    public async Task A_file_that_is_no_spec_is_left_alone()
    {
        string path = SpecTexts.Write(_folder, "a.trk", "protocol a \"open\n  id 5\n");
        Run run = await Run.Async("protocol", "fmt", path);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("is left as it is", run.Error, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(SpecFiles))]
    public async Task The_page_of_a_protocol_tells_all_of_it(string file)
    {
        ProtocolInfo info = CodecRegistry.BuiltIn.Single(codec => codec.Info.SpecFile == file).Info;
        Run run = await Run.Async("protocol", "doc", info.Name);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.StartsWith($"# {info.Title}\n", run.Output, StringComparison.Ordinal);
        if (SpecLoader.ReadBuiltIn(file)!.Contains("\nframe", StringComparison.Ordinal)) Assert.Contains("\n## Framing\n", run.Output, StringComparison.Ordinal);
        Assert.All(info.Messages, message => Assert.Contains($"\n### {message.Name}\n", run.Output, StringComparison.Ordinal));
        Assert.All(info.Parameters, parameter => Assert.Contains($"| {parameter}", run.Output.Replace("\\*", "*", StringComparison.Ordinal).Replace("&lt;", "<", StringComparison.Ordinal), StringComparison.Ordinal));
        Assert.All(info.Commands, command => Assert.Contains($"| `{command.Name}` |", run.Output, StringComparison.Ordinal));
        Assert.All(info.Options, option => Assert.Contains($"| `{option.Name}` |", run.Output, StringComparison.Ordinal));
        Assert.All(info.Samples, sample => Assert.Contains($"\n### {sample.Name}\n", run.Output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_page_is_written_where_it_is_asked_for()
    {
        string spec = SpecTexts.Write(_folder, "speedy.trk", SpecTexts.Of());
        string page = Path.Combine(_folder.FullName, "speedy.md");
        Run run = await Run.Async("protocol", "doc", spec, "--out", page);
        Assert.Equal((0, $"{page} written\n"), (run.ExitCode, run.Output));
        string text = await File.ReadAllTextAsync(page, TestContext.Current.CancellationToken);
        Assert.Contains("| position.speed | number | km/h |", text, StringComparison.Ordinal);
        Assert.Contains("reply OK\\n", text, StringComparison.Ordinal);
    }

    /// <summary>The C# of a spec without what its layout decides: line numbers, and spaces in conditions that are quoted.</summary>
    private string Meaning(string text, string file)
    {
        SpecResult result = SpecLoader.Compile(SpecTexts.Write(_folder, file, text));
        Assert.NotNull(result.Source);
        return Spaces().Replace(Numbers().Replace(HashOf().Replace(result.Source, ""), "N"), " ").Replace(file, "", StringComparison.Ordinal);
    }

    [GeneratedRegex("[0-9a-f]{64}")]
    private static partial Regex HashOf();

    // Which numbers are lines can't be seen; that the others stay is the formatter's own test: it compares the tokens.
    [GeneratedRegex("[0-9]+")]
    private static partial Regex Numbers();

    [GeneratedRegex(" +")]
    private static partial Regex Spaces();
}
