using Gateway.Codecs.Generator;
using Gateway.Host.Cli;
using Gateway.Host.Inspection;
using Xunit;

namespace Gateway.Host.Tests.Cli;

/// <summary>Promise: whatever is wrong with a spec is told at its line, all of it, and never as an error of the C# that would be made of it.</summary>
public sealed class CheckTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-check-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task All_errors_of_a_file_are_told_one_a_line()
    {
        string text = SpecSkeleton.Binary.Replace("{name}", "wrong", StringComparison.Ordinal).Replace("{id}", "64300", StringComparison.Ordinal)
            .Replace("position.satellites", "position.satelites", StringComparison.Ordinal).Replace("speed km/h", "speed kg", StringComparison.Ordinal).Replace("require login", "require logn", StringComparison.Ordinal);
        string path = Path.Combine(_folder.FullName, "wrong.trk");
        await File.WriteAllTextAsync(path, text, TestContext.Current.CancellationToken);
        Run run = await Run.Async("protocol", "check", path);
        string[] errors = [.. run.Output.Split('\n').Where(line => line.Contains(": error GW", StringComparison.Ordinal))];
        Assert.Equal(1, run.ExitCode);
        Assert.Contains(errors, error => error.Contains("did you mean 'position.satellites'", StringComparison.Ordinal));
        Assert.Contains(errors, error => error.Contains("kg", StringComparison.Ordinal));
        Assert.Contains(errors, error => error.Contains("logn", StringComparison.Ordinal) || error.Contains("require", StringComparison.Ordinal));
        Assert.All(errors, error => Assert.StartsWith(path + "(", error, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_spec_with_any_line_left_out_is_told_or_compiles(bool isText)
    {
        string[] lines = (isText ? SpecSkeleton.Text : SpecSkeleton.Binary).Replace("{name}", "cut", StringComparison.Ordinal).Replace("{id}", "64300", StringComparison.Ordinal).Split('\n');
        string path = Path.Combine(_folder.FullName, "cut.trk");
        for (int left = 0; left < lines.Length; left++)
        {
            if (lines[left].TrimStart() is "" or ['#', ..] || lines[left].Contains("   expect", StringComparison.Ordinal)) continue;
            File.WriteAllLines(path, lines.Where((_, i) => i != left));
            SpecResult result = SpecLoader.Compile(path);
            if (result.Source is null) Assert.All(result.Diagnostics, diagnostic => Assert.DoesNotContain("fault of the spec compiler", diagnostic.Message, StringComparison.Ordinal));
            else if (SpecLoader.TryLoad(result, out IReadOnlyList<SpecDiagnostic> faults) is null) Assert.Fail($"without line {left + 1}, '{lines[left].Trim()}': {faults[0].Format(path)}");
        }
    }
}
