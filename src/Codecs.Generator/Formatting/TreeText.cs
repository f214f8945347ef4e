using System.Collections.Generic;
using System.Text;

namespace Gateway.Codecs.Generator;

/// <summary>What a spec says, without its layout: the tree of its lines and their tokens. Two texts with the same tree are the same spec.</summary>
internal static class TreeText
{
    /// <summary>The tree as text; null when the text can't be read into lines and tokens.</summary>
    internal static string? Of(string text)
    {
        List<SpecDiagnostic> diagnostics = [];
        List<SpecLine> roots = new Lexer(text, diagnostics).ReadTree();
        if (diagnostics.Exists(d => d.IsError)) return null;
        StringBuilder tree = new();
        Append(tree, roots, 0);
        return tree.ToString();
    }

    private static void Append(StringBuilder tree, List<SpecLine> lines, int level)
    {
        foreach (SpecLine line in lines)
        {
            tree.Append(level).Append(':');
            foreach (Token token in line.Tokens)
            {
                tree.Append(' ').Append(token.Kind).Append('|').Append(token.Kind is TokenKind.Bytes or TokenKind.End ? "" : token.Text).Append('|').Append(token.Integer).Append('|')
                    .Append(token.Real.ToString("R", System.Globalization.CultureInfo.InvariantCulture)).Append('|').Append(System.Convert.ToBase64String(token.Bytes)).Append(token.Optional ? "?" : "");
            }
            tree.Append('\n');
            Append(tree, line.Children, level + 1);
        }
    }
}
