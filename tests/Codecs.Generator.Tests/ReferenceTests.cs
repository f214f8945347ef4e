using System.Text.RegularExpressions;

namespace Gateway.Codecs.Generator.Tests;

/// <summary>docs/trk-reference.md: each example compiles without a finding, and nothing of the language is left out.</summary>
public sealed class ReferenceTests
{
    public static TheoryData<int, string> Examples
    {
        get
        {
            TheoryData<int, string> examples = [];
            foreach ((int line, string kind, _) in ReferencePage.Blocks(ReferencePage.Text)) examples.Add(line, kind);
            return examples;
        }
    }

    [Theory, MemberData(nameof(Examples))]
    public void An_example_compiles(int line, string kind)
    {
        string spec = ReferencePage.Wrap(kind, ReferencePage.Blocks(ReferencePage.Text).First(b => b.Line == line).Text);
        IReadOnlyList<SpecDiagnostic> found = Lab.Check(spec);
        Assert.True(found.Count == 0, string.Join('\n', found.Select(d => d.Format("reference.trk"))) + "\n" + Numbered(spec));
        Lab.Compile(spec);
    }

    [Fact]
    public void Every_word_of_the_parsers_is_in_the_reference()
    {
        // Words of prose do not count: what an author writes stands in examples and between back-ticks.
        string code = string.Join(' ', Regex.Matches(ReferencePage.Text, "```.*?```|`[^`\n]+`", RegexOptions.Singleline).Select(m => m.Value));
        HashSet<string> written = [.. Regex.Matches(Regex.Replace(code, "#.*", ""), @"[A-Za-z][A-Za-z0-9]*(?:\.[a-z0-9]+)*").Select(m => m.Value)];
        string[] missing = [.. ReferencePage.Keywords().Where(word => !written.Contains(word))];
        Assert.True(missing.Length == 0, "docs/trk-reference.md says nothing about: " + string.Join(' ', missing));
    }

    [Fact]
    public void Every_type_unit_checksum_and_diagnostic_is_in_the_reference()
    {
        string text = ReferencePage.Text;
        string[] units = [.. Regex.Matches(ReferencePage.Read("src/Codecs.Generator/Model/ParameterTable.cs"), @"\[""([^""]+)""\] = \(""").Select(m => m.Groups[1].Value)];
        string[] ids = [.. Regex.Matches(ReferencePage.Read("src/Codecs.Generator/Syntax/SpecDiagnostic.cs"), "GW[0-9]{4}").Select(m => m.Value).Where(id => id != "GW1500")];
        Assert.True(units.Length > 40 && ids.Length > 10);
        Assert.DoesNotContain(units, unit => !text.Contains($"`{unit}`", StringComparison.Ordinal));
        Assert.DoesNotContain(ids, id => !text.Contains(id, StringComparison.Ordinal));
    }

    private static string Numbered(string spec) => string.Join('\n', spec.Split('\n').Select((line, i) => $"{i + 1,3} {line}"));
}
