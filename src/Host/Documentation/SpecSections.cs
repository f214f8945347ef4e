namespace Gateway.Host.Documentation;

/// <summary>A section of a spec as text: its head and what is indented below it.</summary>
/// <param name="Word">First word: <c>frame</c>, <c>message</c>, ...</param>
/// <param name="Name">Second word, or empty.</param>
/// <param name="Line">Line of the head, from 1.</param>
/// <param name="LineCount">Lines without the blank ones at the end.</param>
/// <param name="Text">The lines.</param>
internal sealed record SpecSection(string Word, string Name, int Line, int LineCount, string Text)
{
    /// <summary>Whether a line of the spec lies in it.</summary>
    public bool Contains(int line) => line >= Line && line < Line + LineCount;

    /// <summary>Cuts a spec into its sections.</summary>
    public static IReadOnlyList<SpecSection> Of(string spec)
    {
        string[] lines = spec.ReplaceLineEndings("\n").Split('\n');
        List<SpecSection> sections = [];
        for (int i = 0; i < lines.Length; i++)
        {
            if (!IsHead(lines[i])) continue;
            int end = i + 1;
            while (end < lines.Length && !IsHead(lines[end])) end++;
            // What stands above the next section, a blank line and its comments, is no part of this one.
            while (end > i + 1 && (lines[end - 1].Length == 0 || lines[end - 1][0] == '#')) end--;
            string[] words = lines[i].Split([' ', '(', '"'], StringSplitOptions.RemoveEmptyEntries);
            sections.Add(new SpecSection(words[0], words.Length > 1 ? words[1] : "", i + 1, end - i, string.Join('\n', lines[i..end])));
        }
        return sections;
    }

    private static bool IsHead(string line) => line.Length > 0 && line[0] is not (' ' or '#' or '\t');
}
