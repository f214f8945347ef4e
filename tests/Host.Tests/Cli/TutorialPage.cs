using System.Text;
using System.Text.RegularExpressions;

namespace Gateway.Host.Tests.Cli;

/// <summary>docs/adding-a-protocol.md: its steps, put together as its reader does, and the commands between them.</summary>
internal static partial class TutorialPage
{
    /// <summary>A fenced block of the page: parts of a spec, commands with their output, or the whole file.</summary>
    /// <param name="Line">The page's line of its first line.</param>
    /// <param name="Kind">What stands behind the fence: trk, trk-whole, console, or console-wrong with a word and the mistake in its place.</param>
    /// <param name="Text">What is inside.</param>
    internal sealed record Block(int Line, string[] Kind, string Text);

    public static string Text { get; } = File.ReadAllText(Path.Combine(Root(), "docs", "adding-a-protocol.md")).ReplaceLineEndings("\n");

    public static IEnumerable<Block> Blocks()
    {
        string[] lines = Text.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            if (!lines[i].StartsWith("```", StringComparison.Ordinal)) continue;
            int first = i + 1;
            while (lines[++i] != "```") { }
            yield return new Block(first + 1, lines[first - 1][3..].Split(' '), string.Join('\n', lines[first..i]) + "\n");
        }
    }

    /// <summary>Puts a block into a file: a section with a known name takes the place of the old one; samples stay behind the rest, and the message without a condition behind the others.</summary>
    public static void Merge(List<(string Name, string Text)> file, string block)
    {
        foreach ((string name, string text) in Sections(block))
        {
            int at = file.FindIndex(section => section.Name == name);
            if (at >= 0)
            {
                file[at] = (name, text);
                continue;
            }
            bool isMessage = name.StartsWith("message", StringComparison.Ordinal);
            at = name.StartsWith("sample", StringComparison.Ordinal)
                ? -1
                : file.FindIndex(section => section.Name.StartsWith("sample", StringComparison.Ordinal) || (isMessage && section.Name == "message other"));
            file.Insert(at < 0 ? file.Count : at, (name, text));
        }
    }

    /// <summary>The file: a blank line between sections, none between commands.</summary>
    public static string Join(List<(string Name, string Text)> file)
    {
        StringBuilder text = new();
        for (int i = 0; i < file.Count; i++)
        {
            bool areCommands = i > 0 && IsCommand(file[i]) && IsCommand(file[i - 1]);
            text.Append(i == 0 || areCommands ? "" : "\n").Append(file[i].Text).Append('\n');
        }
        return text.ToString();
    }

    private static bool IsCommand((string Name, string Text) section) => section.Name.StartsWith("command", StringComparison.Ordinal);

    private static IEnumerable<(string Name, string Text)> Sections(string block)
    {
        StringBuilder text = new();
        string name = "";
        foreach (string line in block.Split('\n'))
        {
            if (line.Length > 0 && char.IsAsciiLetter(line[0]))
            {
                if (name.Length > 0)
                {
                    yield return (name, text.ToString().TrimEnd('\n'));
                    text.Clear();
                }
                string[] words = Words().Split(line);
                name = words[0] is "protocol" or "frame" or "header" or "setup" ? words[0] : $"{words[0]} {words[1]}";
            }
            text.Append(line).Append('\n');
        }
        if (name.Length > 0) yield return (name, text.ToString().TrimEnd('\n'));
    }

    /// <summary>The folder of the repository that the tests were built from.</summary>
    public static string Root()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Gateway.sln"))) return folder.FullName;
        throw new DirectoryNotFoundException($"No Gateway.sln above {AppContext.BaseDirectory}.");
    }

    [GeneratedRegex(@"[\s(]+")]
    private static partial Regex Words();
}
