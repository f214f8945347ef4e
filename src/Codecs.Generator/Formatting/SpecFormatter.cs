using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace Gateway.Codecs.Generator;

/// <summary>
/// The canonical layout of a spec: two spaces for each level, one between tokens, targets and comments aligned within a block, one blank line between sections.
/// Only white space changes; formatting twice gives the same text as once.
/// </summary>
public static class SpecFormatter
{
    private const int IndentWidth = 2;

    /// <summary>Code longer than this does not push the targets of its neighbours to the right.</summary>
    private const int TargetColumnMax = 48;

    /// <summary>The same for comments.</summary>
    private const int CommentColumnMax = 72;

    private const int CommentGap = 2;

    /// <summary>Formats a spec.</summary>
    /// <param name="text">The spec.</param>
    /// <returns>The text in canonical layout; null when it can't be laid out without changing what it says, as with tabs or an open quote.</returns>
    public static string? Format(string text)
    {
        List<LayoutLine> lines = LayoutLine.Read(text);
        List<LayoutLine> kept = SetBlankLines(lines);
        foreach (List<LayoutLine> block in BlocksOf(kept))
        {
            AlignValues(block);
            AlignTargets(block);
        }
        foreach (List<LayoutLine> block in BlocksOf(kept)) AlignComments(block);

        StringBuilder output = new(text.Length);
        foreach (LayoutLine line in kept) output.Append(line.Render(IndentWidth)).Append('\n');
        string formatted = output.ToString();
        return TreeText.Of(text) is string before && before == TreeText.Of(formatted) ? formatted : null;
    }

    /// <summary>One blank line before each section and what is said about it above; one at most elsewhere, none at the ends and none below the head of a block.</summary>
    private static List<LayoutLine> SetBlankLines(List<LayoutLine> lines)
    {
        List<LayoutLine> kept = [];
        for (int i = 0; i < lines.Count; i++)
        {
            LayoutLine line = lines[i];
            if (line.IsBlank)
            {
                LayoutLine? next = lines.Skip(i + 1).FirstOrDefault(l => !l.IsBlank);
                LayoutLine? last = kept.Count > 0 ? kept[kept.Count - 1] : null;
                bool opensBlock = last is { IsComment: false, IsBlank: false } && next is not null && next.Level > last.Level;
                if (last is not null && !last.IsBlank && next is not null && !opensBlock) kept.Add(line);
                continue;
            }
            kept.Add(line);
            if (line.Level != 0 || line.IsComment || kept.Count < 2) continue;

            // The comments right above a section belong to it.
            int first = kept.Count - 1;
            while (first > 0 && kept[first - 1] is { IsComment: true, Level: 0 }) first--;
            if (first == 0 || kept[first - 1].IsBlank) continue;
            bool isList = first == kept.Count - 1 && line.FirstWord == "import" && kept[first - 1].FirstWord == "import";
            if (!isList) kept.Insert(first, LayoutLine.Blank);
        }
        return kept;
    }

    /// <summary>Lines of one level that stand together: nothing blank and nothing of a lower level between them.</summary>
    private static IEnumerable<List<LayoutLine>> BlocksOf(List<LayoutLine> lines)
    {
        Dictionary<int, List<LayoutLine>> open = [];
        foreach (LayoutLine line in lines)
        {
            foreach (int level in open.Keys.Where(level => line.IsBlank || level > line.Level).ToArray())
            {
                yield return open[level];
                open.Remove(level);
            }
            if (line.IsBlank) continue;
            if (!open.TryGetValue(line.Level, out List<LayoutLine>? block)) open[line.Level] = block = [];
            block.Add(line);
        }
        foreach (List<LayoutLine> block in open.Values) yield return block;
    }

    /// <summary>What a sample expects: names on the left, values in a column.</summary>
    private static void AlignValues(List<LayoutLine> block)
    {
        LayoutLine[] lines = [.. block.Where(line => line is { IsExpectation: true, IsComment: false })];
        int column = lines.Length == 0 ? 0 : lines.Max(line => line.FirstWord.Length);
        foreach (LayoutLine line in lines) line.Code = line.FirstWord.PadRight(column + CommentGap) + line.Code.Substring(line.FirstWord.Length).TrimStart();
    }

    private static void AlignTargets(List<LayoutLine> block)
    {
        LayoutLine[] lines = [.. block.Where(line => line.TargetAt > 0)];
        int column = lines.Select(line => line.Code.Substring(0, line.TargetAt).TrimEnd().Length).Where(length => length <= TargetColumnMax).DefaultIfEmpty(0).Max();
        foreach (LayoutLine line in lines)
        {
            string left = line.Code.Substring(0, line.TargetAt).TrimEnd();
            line.Code = left.PadRight(column) + " " + line.Code.Substring(line.TargetAt);
        }
    }

    private static void AlignComments(List<LayoutLine> block)
    {
        LayoutLine[] lines = [.. block.Where(line => line is { IsComment: false, Comment.Length: > 0 })];
        int column = lines.Select(line => line.Code.Length).Where(length => length <= CommentColumnMax).DefaultIfEmpty(0).Max();
        foreach (LayoutLine line in lines) line.CommentGap = Math.Max(column, line.Code.Length) - line.Code.Length + CommentGap;
    }
}
