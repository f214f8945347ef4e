using System;
using System.Collections.Generic;
using System.Text;

namespace Gateway.Codecs.Generator;

/// <summary>A line of a spec as its layout sees it: level, code with single spaces, comment.</summary>
internal sealed class LayoutLine
{
    internal static readonly LayoutLine Blank = new();

    internal int Level { get; set; }

    /// <summary>The code, without indentation; empty for comments and blank lines.</summary>
    internal string Code { get; set; } = "";

    /// <summary>From the <c>#</c> on; empty when there is none.</summary>
    internal string Comment { get; private set; } = "";

    /// <summary>Spaces between code and comment.</summary>
    internal int CommentGap { get; set; } = 2;

    /// <summary>A parameter and its value below <c>expect record</c>.</summary>
    internal bool IsExpectation { get; private set; }

    internal bool IsBlank => Code.Length == 0 && Comment.Length == 0;

    internal bool IsComment => Code.Length == 0 && Comment.Length > 0;

    internal string FirstWord => Code.Split(' ')[0];

    /// <summary>Where <c>-&gt;</c> stands before a target; 0 when there is none, or when it stands for something else.</summary>
    internal int TargetAt => FirstWord is "escape" or "unescape" ? 0 : Math.Max(0, Code.IndexOf("-> ", StringComparison.Ordinal) is int at && at > 0 && !IsQuoted(Code, at) ? at : 0);

    internal string Render(int indentWidth)
    {
        if (IsBlank) return "";
        StringBuilder line = new StringBuilder().Append(' ', Level * indentWidth).Append(Code);
        if (Comment.Length > 0) line.Append(' ', IsComment ? 0 : CommentGap).Append(Comment);
        return line.ToString().TrimEnd();
    }

    /// <summary>Reads the lines of a spec, comments at the level of the code that they stand before.</summary>
    internal static List<LayoutLine> Read(string text)
    {
        List<LayoutLine> lines = [];
        List<(LayoutLine Line, int Indent)> comments = [];
        Stack<(int Indent, bool IsRecord)> open = new();
        foreach (string raw in text.Split('\n'))
        {
            string trimmed = raw.Trim(' ', '\r', '\t');
            int indent = raw.Length - raw.TrimStart(' ').Length;
            LayoutLine line = new();
            lines.Add(line);
            if (trimmed.Length == 0) continue;
            (line.Code, line.Comment) = Split(trimmed);
            if (line.IsComment)
            {
                comments.Add((line, indent));
                continue;
            }

            Stack<(int Indent, bool IsRecord)> before = new(new Stack<(int, bool)>(open));
            while (open.Count > 0 && open.Peek().Indent >= indent) open.Pop();
            line.Level = open.Count;
            line.IsExpectation = open.Count > 0 && open.Peek().IsRecord;
            foreach ((LayoutLine comment, int commentIndent) in comments) comment.Level = Math.Max(line.Level, LevelOf(before, commentIndent));
            comments.Clear();
            open.Push((indent, line.Code.StartsWith("expect record", StringComparison.Ordinal) && !line.Code.StartsWith("expect records", StringComparison.Ordinal)));
        }
        foreach ((LayoutLine comment, int commentIndent) in comments) comment.Level = LevelOf(open, commentIndent);
        return lines;
    }

    // A comment at the end of a block stays in it when it stood as far to the right as the block.
    private static int LevelOf(Stack<(int Indent, bool IsRecord)> open, int indent)
    {
        int level = 0;
        foreach ((int opened, _) in open)
            if (opened < indent) level++;
        // Deeper than the last line would be a block of its own.
        return open.Count == 0 ? 0 : Math.Min(level, open.Count - 1 + (open.Peek().Indent < indent ? 1 : 0));
    }

    /// <summary>Parts code from comment and makes runs of spaces one, outside of quotes.</summary>
    private static (string Code, string Comment) Split(string line)
    {
        StringBuilder code = new();
        char quote = '\0';
        for (int i = 0; i < line.Length; i++)
        {
            char c = line[i];
            if (quote != '\0')
            {
                code.Append(c);
                if (c == '\\' && i + 1 < line.Length) code.Append(line[++i]);
                else if (c == quote) quote = '\0';
                continue;
            }
            if (c == '#') return (code.ToString().TrimEnd(' '), line.Substring(i).TrimEnd());
            if (c is '"' or '\'') quote = c;
            if (c == ' ' && code.Length > 0 && code[code.Length - 1] == ' ') continue;
            code.Append(c);
        }
        return (code.ToString().TrimEnd(' '), "");
    }

    private static bool IsQuoted(string code, int at)
    {
        char quote = '\0';
        for (int i = 0; i < at; i++)
        {
            if (quote == '\0' && code[i] is '"' or '\'') quote = code[i];
            else if (quote != '\0' && code[i] == '\\') i++;
            else if (quote != '\0' && code[i] == quote) quote = '\0';
        }
        return quote != '\0';
    }
}
