using System.Text.RegularExpressions;
using Xunit;

namespace Gateway.Host.Tests.Cli;

/// <summary>Goes through docs/adding-a-protocol.md as its reader does: each step compiles, each command prints what the page says.</summary>
public sealed partial class TutorialTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-tutorial-");

    private string SpecPath => Path.Combine(_folder.FullName, "omni.trk");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Each_step_compiles_and_each_command_prints_what_the_page_says()
    {
        List<(string, string)> file = [];
        int steps = 0, commands = 0;
        foreach (TutorialPage.Block block in TutorialPage.Blocks())
        {
            string kind = block.Kind[0];
            if (kind == "trk")
            {
                TutorialPage.Merge(file, block.Text);
                await File.WriteAllTextAsync(SpecPath, TutorialPage.Join(file), TestContext.Current.CancellationToken);
                Run check = await Run.Async("protocol", "check", SpecPath);
                Assert.True(check.ExitCode == 0 && check.Output.Contains(" 0 warnings", StringComparison.Ordinal), $"line {block.Line}: {check.Output}{check.Error}");
                steps++;
            }
            if (kind is "console" or "console-wrong") commands += await CompareAsync(block, file);
        }
        Assert.True(steps >= 6 && commands >= 12, $"{steps} steps, {commands} commands");
    }

    [Fact]
    public async Task The_whole_file_is_what_the_steps_make_and_in_the_canonical_layout()
    {
        List<(string, string)> file = [];
        foreach (TutorialPage.Block block in TutorialPage.Blocks().Where(b => b.Kind[0] == "trk")) TutorialPage.Merge(file, block.Text);
        string whole = TutorialPage.Blocks().Single(b => b.Kind[0] == "trk-whole").Text;
        Assert.Equal(Blanks().Replace(TutorialPage.Join(file), " ").Trim(), Blanks().Replace(whole, " ").Trim());

        await File.WriteAllTextAsync(SpecPath, whole, TestContext.Current.CancellationToken);
        Assert.Equal(0, (await Run.Async("protocol", "fmt", "--check", SpecPath)).ExitCode);
        Run check = await Run.Async("protocol", "check", SpecPath);
        Assert.Matches("omni, 0 warnings, ([0-9]+) of \\1 samples passed", check.Output);
    }

    private async Task<int> CompareAsync(TutorialPage.Block block, List<(string, string)> file)
    {
        string[] lines = block.Text.TrimEnd('\n').Split('\n');
        int count = 0;
        if (file.Count > 0)
        {
            string spec = TutorialPage.Join(file);
            if (block.Kind.Length == 3) spec = spec[..spec.IndexOf(block.Kind[1], StringComparison.Ordinal)] + block.Kind[2] + spec[(spec.IndexOf(block.Kind[1], StringComparison.Ordinal) + block.Kind[1].Length)..];
            await File.WriteAllTextAsync(SpecPath, spec, TestContext.Current.CancellationToken);
        }
        for (int i = 0; i < lines.Length; count++)
        {
            string command = lines[i++];
            Assert.StartsWith("$ gateway ", command, StringComparison.Ordinal);
            int first = i;
            while (i < lines.Length && !lines[i].StartsWith("$ ", StringComparison.Ordinal)) i++;
            string[] parts = command.Split(" | head -");
            string[] args = [.. Argument().Matches(parts[0]["$ gateway ".Length..]).Select(m => m.Value.Trim('"')).Select(a => a == "omni.trk" ? SpecPath : a == "." ? _folder.FullName : a)];
            Run run = await Run.Async(args);
            string[] printed = Normal(run.Output + run.Error).TrimEnd('\n').Split('\n');
            if (parts.Length > 1) printed = printed[..int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture)];
            // How a protocol is ranked depends on all the others.
            if (args[1] == "identify") Assert.StartsWith("1. omni ", printed[0], StringComparison.Ordinal);
            else Assert.True(Normal(string.Join('\n', lines[first..i])) == string.Join('\n', printed).TrimEnd('\n'), $"docs/adding-a-protocol.md, line {block.Line + first - 1}: {command} prints\n{string.Join('\n', printed)}");
        }
        return count;
    }

    // Paths, the file's hash, and the clock where a frame has no time of its own.
    private string Normal(string text) => Changing().Replace(text.Replace(_folder.FullName + Path.DirectorySeparatorChar, "", StringComparison.Ordinal), "*").TrimEnd('\n');

    [GeneratedRegex("\"timestamp\":[0-9]+\\.[0-9]+|sha256 [0-9a-f]+")]
    private static partial Regex Changing();

    [GeneratedRegex("\"[^\"]*\"|[^ ]+")]
    private static partial Regex Argument();

    [GeneratedRegex("\\s+")]
    private static partial Regex Blanks();
}
