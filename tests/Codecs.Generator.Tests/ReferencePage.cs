using System.Text;
using System.Text.RegularExpressions;

namespace Gateway.Codecs.Generator.Tests;

/// <summary>The reference of the language: its examples as whole specs, and the words that the parsers know.</summary>
internal static partial class ReferencePage
{
    // Words of the parsers that nobody writes: kinds of nodes, and text inside messages.
    private static readonly HashSet<string> Inner = ["array", "call", "expr", "hexed", "literal", "part", "pattern", "x", "y", "dd", "content", "le", "be", "len", "key", "path", "object"];

    /// <summary>Folder that holds <c>Gateway.sln</c>.</summary>
    public static string Root { get; } = FindRoot();

    public static string Text { get; } = Read("docs/trk-reference.md");

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path)).ReplaceLineEndings("\n");

    /// <summary>The fenced blocks of a page that hold parts of specs, with their first line.</summary>
    public static IEnumerable<(int Line, string Kind, string Text)> Blocks(string page)
    {
        string[] lines = page.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            Match fence = Fence().Match(lines[i]);
            if (!fence.Success) continue;
            int first = i + 1;
            while (++i < lines.Length && lines[i] != "```") { }
            yield return (first + 1, fence.Groups[1].Value, string.Join('\n', lines[first..i]) + "\n");
        }
    }

    /// <summary>A spec around an example.</summary>
    public static string Wrap(string kind, string text) => kind switch
    {
        "trk" => text,
        "trk-properties" => Spec("", Indent(text, 2)),
        "trk-frame" => Spec($"frame\n{Indent(text, 2)}"),
        "trk-section" => Spec(text),
        "trk-items" when Starts(text, "record") => Spec($"message m\n{Indent(text, 2)}"),
        "trk-items" => Spec($"message m\n  record\n{Indent(text, 4)}"),
        "trk-expr" => Spec("message m\n  u16 flags\n  u8 n\n  ascii 8 word\n  bytes 4 data\n  record\n" + Numbered(text)),
        "trk-out" => Spec($"message m\n  u8 type\n  u16 seq\n  ascii 8 word\n  bytes 4 data\n  record\n    value 1 -> event.enum\n  reply\n{Indent(text, 4)}"),
        _ => throw new InvalidOperationException($"'{kind}' is no kind of example"),
    };

    /// <summary>The words of the parsers' sources that can stand in a spec.</summary>
    public static IReadOnlyCollection<string> Keywords()
    {
        SortedSet<string> words = new(StringComparer.Ordinal);
        foreach (string path in Directory.EnumerateFiles(Path.Combine(Root, "src/Codecs.Generator/Syntax"), "*.cs"))
        {
            string name = Path.GetFileName(path);
            if (!name.Contains("Parser", StringComparison.Ordinal) && name != "KnownNames.cs") continue;
            foreach (Match word in Word().Matches(File.ReadAllText(path))) words.Add(word.Groups[1].Value);
        }
        words.ExceptWith(Inner);
        return words;
    }

    private static string Spec(string sections, string properties = "")
    {
        string port = Starts(properties, "port") ? "" : "  port 5000 tcp udp\n";
        string id = Starts(properties, "id") ? "" : "  id 999\n";
        string message = Starts(sections, "message") ? "" : "message m\n  u8 -> event.enum\n";
        string sample = Starts(sections, "sample") ? "" : "sample one\n  in 00\n";
        if (message.Length > 0) message = "message m\n  record\n    u8 -> event.enum\n";
        return $"protocol reference \"Reference\"\n{id}{port}{properties}\n{sections}\n{message}\n{sample}";
    }

    private static bool Starts(string text, string word) => Regex.IsMatch(text, $@"^\s*{word}\b", RegexOptions.Multiline);

    private static string Indent(string text, int by) =>
        string.Concat(text.TrimEnd('\n').Split('\n').Select(line => line.Length == 0 ? "\n" : new string(' ', by) + line + "\n"));

    private static string Numbered(string text)
    {
        StringBuilder lines = new();
        int number = 0;
        foreach (string line in text.TrimEnd('\n').Split('\n')) lines.Append(line.Length == 0 ? "\n" : $"    let v{++number} = {line}\n");
        return lines.ToString();
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Gateway.sln"))) return folder.FullName;
        throw new DirectoryNotFoundException($"No Gateway.sln above {AppContext.BaseDirectory}.");
    }

    [GeneratedRegex("^```(trk[a-z-]*)$")]
    private static partial Regex Fence();

    [GeneratedRegex("(?<![\\w$@\"])\"([a-z][A-Za-z0-9]*(?:\\.[a-z0-9]+)*)\"")]
    private static partial Regex Word();
}
