using System.Text.Json;
using System.Text.RegularExpressions;

namespace Gateway.Codecs.Generator.Tests;

/// <summary>editors/: the grammar for editors is sound and knows the words of the parsers, and no others.</summary>
public sealed partial class EditorGrammarTests
{
    private static readonly JsonDocument Grammar = JsonDocument.Parse(ReferencePage.Read("editors/trk.tmLanguage.json"));

    // Endings of types that the lexer takes apart, and names of values that no parser lists.
    private static readonly HashSet<string> More = ["le", "be", "pos", "here", "remaining", "known", "identified", "count"];

    [Fact]
    public void The_words_of_the_grammar_are_those_of_the_parsers()
    {
        HashSet<string> known = [];
        foreach (string match in Patterns("match"))
            foreach (Match list in Alternatives().Matches(match))
                foreach (string word in list.Groups[1].Value.Split('|'))
                    if (Word().IsMatch(word)) known.Add(word.Replace("\\.", ".", StringComparison.Ordinal));
        string[] missing = [.. ReferencePage.Keywords().Except(known)];
        string[] foreign = [.. known.Except(ReferencePage.Keywords()).Except(More)];
        Assert.True(missing.Length == 0, "add to a list of words in editors/trk.tmLanguage.json: " + string.Join(' ', missing));
        Assert.True(foreign.Length == 0, "delete from editors/trk.tmLanguage.json: " + string.Join(' ', foreign));
    }

    [Fact]
    public void Each_pattern_is_an_expression_and_each_include_is_there()
    {
        foreach (string pattern in Patterns("match").Concat(Patterns("begin")).Concat(Patterns("end"))) _ = new Regex(pattern, RegexOptions.None, TimeSpan.FromSeconds(1));
        JsonElement repository = Grammar.RootElement.GetProperty("repository");
        foreach (JsonElement include in Grammar.RootElement.GetProperty("patterns").EnumerateArray())
            Assert.True(repository.TryGetProperty(include.GetProperty("include").GetString()![1..], out _), include.ToString());
    }

    [Theory]
    [InlineData("message login when type == 1", "heading", "message login")]
    [InlineData("  u16le / 1000  none 0xFFFF -> battery.voltage V", "type-number", "u16le")]
    [InlineData("  u16le / 1000  none 0xFFFF -> battery.voltage V", "target", "-> battery.voltage V")]
    [InlineData("  const hex 0D0A", "bytes", "hex 0D0A")]
    [InlineData("  in 7878 0D 01 # login", "sample-bytes", "  in 7878 0D 01 ")]
    [InlineData("  check crc16.x25 u16 over 2..here", "checksum", "crc16.x25")]
    public void A_pattern_takes_what_it_is_for(string line, string name, string expected) =>
        Assert.Equal(expected, Regex.Match(line, Grammar.RootElement.GetProperty("repository").GetProperty(name).GetProperty("match").GetString()!).Value);

    [Fact]
    public void The_manifest_points_at_the_grammar()
    {
        using JsonDocument manifest = JsonDocument.Parse(ReferencePage.Read("editors/package.json"));
        JsonElement grammar = manifest.RootElement.GetProperty("contributes").GetProperty("grammars")[0];
        Assert.Equal(("./trk.tmLanguage.json", Grammar.RootElement.GetProperty("scopeName").GetString()), (grammar.GetProperty("path").GetString(), grammar.GetProperty("scopeName").GetString()));
        using JsonDocument configuration = JsonDocument.Parse(ReferencePage.Read("editors/language-configuration.json"));
        Assert.Equal("#", configuration.RootElement.GetProperty("comments").GetProperty("lineComment").GetString());
    }

    private static IEnumerable<string> Patterns(string property) => Walk(Grammar.RootElement, property);

    private static IEnumerable<string> Walk(JsonElement element, string property)
    {
        if (element.ValueKind == JsonValueKind.Array) return element.EnumerateArray().SelectMany(e => Walk(e, property));
        if (element.ValueKind != JsonValueKind.Object) return [];
        IEnumerable<string> own = element.TryGetProperty(property, out JsonElement value) && value.ValueKind == JsonValueKind.String ? [value.GetString()!] : [];
        return own.Concat(element.EnumerateObject().SelectMany(p => Walk(p.Value, property)));
    }

    [GeneratedRegex(@"\((?:\?:)?([a-z0-9\\.|]+)\)", RegexOptions.IgnoreCase)]
    private static partial Regex Alternatives();

    [GeneratedRegex(@"^[a-z][A-Za-z0-9]*(\\\.[a-z0-9]+)*$")]
    private static partial Regex Word();
}
