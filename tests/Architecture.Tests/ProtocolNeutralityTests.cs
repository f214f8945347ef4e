using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Gateway.Architecture.Tests;

/// <summary>A protocol is its spec file and nothing else: no code of ours knows one by name.</summary>
public sealed partial class ProtocolNeutralityTests
{
    public static TheoryData<string> Specs => [.. Repository.Files("protocol-specs", "*.trk")];

    [Theory(SkipTestWithoutData = true), MemberData(nameof(Specs))]
    public void No_code_speaks_of_a_protocol_by_its_name(string spec)
    {
        string[] names = NamesOf(spec);
        Assert.NotEmpty(names);
        List<string> found = [];
        foreach (string file in Repository.Files("src", "*.cs"))
        {
            SyntaxTree tree = CSharpSyntaxTree.ParseText(Repository.Read(file), cancellationToken: TestContext.Current.CancellationToken);
            foreach (SyntaxToken token in tree.GetRoot(TestContext.Current.CancellationToken).DescendantTokens())
            {
                // Comments are trivia, not tokens: an example in a comment is fine. Identifiers and literals are not.
                if (!token.IsKind(SyntaxKind.IdentifierToken) && token.Value is not string && !token.IsKind(SyntaxKind.Utf8StringLiteralToken) && !token.IsKind(SyntaxKind.InterpolatedStringTextToken)) continue;
                foreach (string name in names.Where(name => !IsTransport(name)))
                    if (IsWord(name) ? IsOnly(token, name) : Mentions(token.Text, name)) found.Add($"{file}:{token.GetLocation().GetLineSpan().StartLinePosition.Line + 1}: {token.Text} names {name}");
            }
        }
        Assert.Empty(found);
    }

    [Theory]
    [InlineData("Gt06Decoder", "gt06", true)]
    [InlineData("\"wialon-ips 2\"", "wialon-ips", true)]
    [InlineData("decodeWialon", "wialon", true)]
    [InlineData("BoxedValue", "box", false)]
    [InlineData("toolbox", "box", false)]
    public void A_mention_is_a_whole_word_of_an_identifier_or_text(string text, string name, bool expected) => Assert.Equal(expected, Mentions(text, name));

    /// <summary>Names that are words of English too: only a token that is nothing else speaks of the protocol.</summary>
    private static bool IsWord(string name) => name is "its" or "watch";

    /// <summary>A protocol that is called as its transport: code that speaks of the transport can't be told from code that speaks of the protocol.</summary>
    private static bool IsTransport(string name) => name is "http";

    private static bool IsOnly(SyntaxToken token, string name) => string.Equals(token.Value as string ?? token.Text, name, StringComparison.OrdinalIgnoreCase);

    private static string[] NamesOf(string spec)
    {
        List<string> names = [];
        foreach (string line in Repository.Read(spec).Split('\n'))
        {
            if (ProtocolLine().Match(line) is { Success: true } protocol) names.Add(protocol.Groups[1].Value);
            if (AliasLine().Match(line) is { Success: true } alias) names.AddRange(alias.Groups[1].Value.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        }
        return [.. names];
    }

    /// <summary>Words of identifiers end where the case changes, so <c>Gt06Codec</c> has the words <c>gt06</c> and <c>codec</c>.</summary>
    private static bool Mentions(string text, string name) =>
        text.Contains(name, StringComparison.OrdinalIgnoreCase)
        && $" {WordStart().Replace(text, " ")} ".Contains($" {WordStart().Replace(name, " ")} ", StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex(@"^protocol\s+(\S+)")]
    private static partial Regex ProtocolLine();

    [GeneratedRegex(@"^\s+alias\s+([^#]+)")]
    private static partial Regex AliasLine();

    [GeneratedRegex(@"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])")]
    private static partial Regex WordStart();
}
