using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;

namespace Gateway.Codecs.Generator.Tests;

/// <summary>The generator works per file: editing one spec re-emits one file.</summary>
public sealed class IncrementalTests
{
    private const string Body = "\n  id {0}\n  port 5000 tcp\nmessage m\n  u8 x\nsample s\n  in 00\n";

    private static string SpecOf(int i, string extra = "") => $"protocol p{i} \"P{i}\"" + Body.Replace("{0}", $"{i + 1}", StringComparison.Ordinal) + extra;

    [Fact]
    public void Editing_one_spec_re_emits_one_file()
    {
        AdditionalText[] specs = [.. Enumerable.Range(0, 5).Select(i => new MemoryText($"specs/p{i}.trk", SpecOf(i)))];
        AdditionalText dictionary = new MemoryText("specs/parameters.tsv", Lab.Parameters);
        CSharpCompilation compilation = CSharpCompilation.Create("c");
        GeneratorDriver driver = CSharpGeneratorDriver.Create([new CodecGenerator().AsSourceGenerator()], [.. specs, dictionary],
            driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));
        driver = driver.RunGenerators(compilation, TestContext.Current.CancellationToken);
        Assert.Equal(6, driver.GetRunResult().GeneratedTrees.Length);
        Dictionary<string, string> before = driver.GetRunResult().GeneratedTrees.ToDictionary(t => t.FilePath, t => t.ToString());

        driver = driver.ReplaceAdditionalText(specs[2], new MemoryText("specs/p2.trk", SpecOf(2, "message n\n  u16 y\n").Replace("message m\n", "message m when size == 1\n", StringComparison.Ordinal)));
        driver = driver.RunGenerators(compilation, TestContext.Current.CancellationToken);

        IncrementalStepRunReason[] reasons = [.. driver.GetRunResult().Results[0].TrackedSteps[CodecGenerator.CompileStep].SelectMany(s => s.Outputs).Select(o => o.Reason)];
        Assert.Equal(5, reasons.Length);
        Assert.Single(reasons, r => r == IncrementalStepRunReason.Modified);
        Assert.Equal(4, reasons.Count(r => r is IncrementalStepRunReason.Cached or IncrementalStepRunReason.Unchanged));
        Assert.Equal(["P2Codec.g.cs"], driver.GetRunResult().GeneratedTrees.Where(t => before[t.FilePath] != t.ToString()).Select(t => Path.GetFileName(t.FilePath)));
        IncrementalStepRunReason[] written = [.. driver.GetRunResult().Results[0].TrackedOutputSteps.SelectMany(s => s.Value).SelectMany(s => s.Outputs).Select(o => o.Reason)];
        Assert.Single(written, r => r is IncrementalStepRunReason.Modified or IncrementalStepRunReason.New);
    }

    [Fact]
    public void A_fault_stands_at_its_line_of_the_spec_file()
    {
        GeneratorDriver driver = CSharpGeneratorDriver.Create([new CodecGenerator().AsSourceGenerator()],
            [new MemoryText("specs/p.trk", "protocol p \"P\"\n  id 1\n  port 5000 tcp\nmessage m\n  u99 x\n"), new MemoryText("specs/parameters.tsv", Lab.Parameters)]);
        Diagnostic fault = driver.RunGenerators(CSharpCompilation.Create("c"), TestContext.Current.CancellationToken).GetRunResult().Diagnostics.First(d => d.Severity == DiagnosticSeverity.Error);
        FileLinePositionSpan place = fault.Location.GetLineSpan();
        Assert.Equal(("GW1001", "specs/p.trk", 4, 2), (fault.Id, place.Path, place.StartLinePosition.Line, place.StartLinePosition.Character));
    }

    [Theory]
    [InlineData("protocol p1 \"P\"\n  id 7\n  port 5000 tcp\nmessage m\n  u8 x\nsample s\n  in 00\n", "name")]
    [InlineData("protocol q \"Q\"\n  id 2\n  port 5000 tcp\nmessage m\n  u8 x\nsample s\n  in 00\n", "number 2")]
    public void Two_files_cannot_be_the_same_protocol(string second, string what)
    {
        GeneratorDriver driver = CSharpGeneratorDriver.Create([new CodecGenerator().AsSourceGenerator()],
            [new MemoryText("specs/b.trk", second), new MemoryText("specs/a.trk", SpecOf(1)), new MemoryText("specs/parameters.tsv", Lab.Parameters)]);
        GeneratorDriverRunResult result = driver.RunGenerators(CSharpCompilation.Create("c"), TestContext.Current.CancellationToken).GetRunResult();
        Diagnostic fault = Assert.Single(result.Diagnostics);
        Assert.Equal(("GW1009", "specs/b.trk"), (fault.Id, fault.Location.GetLineSpan().Path));
        Assert.Contains(what, fault.GetMessage(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);
        Assert.Contains("P1Codec.g.cs", result.GeneratedTrees.Select(t => Path.GetFileName(t.FilePath)));
        Assert.Equal(2, result.GeneratedTrees.Length);
    }

    private sealed class MemoryText(string path, string text) : AdditionalText
    {
        public override string Path => path;

        public override SourceText GetText(CancellationToken cancellationToken = default) => SourceText.From(text);
    }
}
