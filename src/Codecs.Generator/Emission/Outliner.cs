using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;

namespace Gateway.Codecs.Generator;

/// <summary>
/// Cuts large methods into several. The JIT gives up on very large ones, clears the whole stack frame of large ones at each call, and stops inlining in them;
/// specs with many message kinds in one place would decode several times slower than those of a few.
/// </summary>
/// <remarks>
/// Works on the emitted text, whose form is known: a brace stands alone on its line, locals have unique names and are declared at the top, and labels are unique.
/// A block in braces becomes a method; what it shares with the rest is passed, by reference where the block assigns it; jumps that leave the block become result codes.
/// </remarks>
internal sealed class Outliner
{
    /// <summary>Methods up to this many lines stay whole.</summary>
    private const int MethodLinesMax = 220;

    /// <summary>Blocks of fewer lines stay where they are.</summary>
    private const int BlockLinesMin = 50;

    /// <summary>A block that shares more than this stays where it is.</summary>
    private const int SharedMax = 28;

    private const int Continues = -1;
    private const int FirstLabel = -2;
    private const int Breaks = -1000;
    private const int NextRound = -1001;

    private static readonly Regex Word = new("[A-Za-z_][A-Za-z0-9_]*", RegexOptions.CultureInvariant);
    private static readonly Regex Declared = new(@"^(global::System\.ReadOnlySpan<byte>|global::Gateway\.Codecs\.[A-Za-z.]+|int|long|bool|double) ([A-Za-z_][A-Za-z0-9_]*)( =|;)", RegexOptions.CultureInvariant);
    private static readonly Regex Label = new("^([A-Za-z_][A-Za-z0-9_]*):(?: |$)", RegexOptions.CultureInvariant);
    private static readonly Regex Goto = new("goto ([A-Za-z_][A-Za-z0-9_]*);", RegexOptions.CultureInvariant);
    private static readonly Regex Return = new("return ([^;]+);", RegexOptions.CultureInvariant);
    private static readonly Regex Leaves = new("(break|continue);", RegexOptions.CultureInvariant);

    private readonly string _name;
    private readonly string _context;
    private readonly string _session;
    private readonly bool _isStatus;
    private readonly Dictionary<string, string> _types = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _locals = new(StringComparer.Ordinal);
    private readonly List<string> _methods = [];

    /// <summary>An outliner for one method.</summary>
    /// <param name="name">Name of the method; the parts are named after it.</param>
    /// <param name="session">Class of the session.</param>
    /// <param name="isStatus">The method returns a <c>DecodeStatus</c>; else a truth value.</param>
    /// <param name="parameters">Type and name of the method's parameters beyond <c>m, s, sink, reply</c>.</param>
    internal Outliner(string name, string session, bool isStatus, IEnumerable<(string Type, string Name)> parameters)
    {
        _name = name;
        _session = session;
        _isStatus = isStatus;
        _context = isStatus ? "global::Gateway.Codecs.DecodeStatus" : "bool";
        foreach ((string type, string parameter) in parameters) _types[parameter] = type;
    }

    /// <summary>Methods that blocks became.</summary>
    internal IReadOnlyList<string> Methods => _methods;

    /// <summary>Cuts a body.</summary>
    /// <param name="body">The method's text.</param>
    /// <param name="locals">Its locals, <c>type name = value;</c> each; those that moved into a part are taken out.</param>
    /// <returns>The text that is left.</returns>
    internal string Split(string body, List<string> locals)
    {
        List<string> lines = [.. body.Split('\n')];
        if (Weight(lines) <= MethodLinesMax) return body;
        foreach (string local in locals)
        {
            Match declared = Declared.Match(local);
            _locals[declared.Groups[2].Value] = local;
            _types[declared.Groups[2].Value] = declared.Groups[1].Value;
        }
        // Outer blocks are looked at after the inner ones, so that each becomes small before it is measured.
        int at = 0;
        while (at < lines.Count) at = Visit(lines, at);
        locals.Clear();
        locals.AddRange(_locals.Values);
        return string.Join("\n", lines);
    }

    private static int Weight(List<string> lines) => lines.Count(l => !IsDirective(l));

    private static bool IsDirective(string line) => line.Length == 0 || line[0] == '#';

    // Looks at one line; at an opening brace at the whole block. Gives the line behind it.
    private int Visit(List<string> lines, int at)
    {
        if (lines[at].Trim() != "{") return at + 1;
        int from = at + 1;
        int inner = from;
        while (!lines[inner].TrimStart().StartsWith("}", StringComparison.Ordinal)) inner = Visit(lines, inner);
        string header = Header(lines, at);
        if (header.StartsWith("switch", StringComparison.Ordinal)) return inner + 1;
        List<string> block = lines.GetRange(from, inner - from);
        if (Weight(block) < BlockLinesMin) return inner + 1;
        if (Outline(lines, from, block) is not List<string> call) return inner + 1;
        lines.RemoveRange(from, block.Count);
        lines.InsertRange(from, call);
        return from + call.Count + 1;
    }

    private static string Header(List<string> lines, int brace)
    {
        for (int i = brace - 1; i >= 0; i--)
            if (!IsDirective(lines[i])) return lines[i].Trim();
        return "";
    }

    private List<string>? Outline(List<string> lines, int from, List<string> block)
    {
        int to = from + block.Count;
        HashSet<string> declaredInside = new(StringComparer.Ordinal);
        HashSet<string> labels = new(StringComparer.Ordinal);
        foreach (string line in block)
        {
            string trimmed = line.Trim();
            if (Declared.Match(trimmed) is { Success: true } declared) declaredInside.Add(declared.Groups[2].Value);
            if (Label.Match(trimmed) is { Success: true } label) labels.Add(label.Groups[1].Value);
        }
        HashSet<string> inside = Words(block, 0, block.Count);
        HashSet<string> outside = Words(lines, 0, from);
        outside.UnionWith(Words(lines, to, lines.Count));
        // A span or a label that the rest of the method knows too can't move.
        if (declaredInside.Overlaps(outside) || labels.Overlaps(outside)) return null;

        Dictionary<string, string> spans = new(StringComparer.Ordinal);
        for (int i = 0; i < from; i++)
            if (Declared.Match(lines[i].Trim()) is { Success: true } declared) spans[declared.Groups[2].Value] = declared.Groups[1].Value;

        List<string> own = [];
        List<string> parameters = ["global::System.ReadOnlySpan<byte> m"];
        List<string> arguments = ["m"];
        foreach (string name in inside.OrderBy(n => n, StringComparer.Ordinal))
        {
            if (declaredInside.Contains(name)) continue;
            if (_locals.TryGetValue(name, out string? local) && !outside.Contains(name))
            {
                own.Add(local);
                continue;
            }
            if (!_types.TryGetValue(name, out string? type) && !spans.TryGetValue(name, out type)) continue;
            bool assigned = IsAssigned(name, block);
            parameters.Add($"{(assigned ? "ref " : "")}{type} {name}");
            arguments.Add($"{(assigned ? "ref " : "")}{name}");
        }
        if (parameters.Count > SharedMax) return null;

        List<string> exits = [];
        List<string> body = [];
        bool leaves = false;
        Stack<bool> loops = new();
        string header = "";
        foreach (string line in block)
        {
            string trimmed = line.Trim();
            if (trimmed == "{") loops.Push(header.StartsWith("while", StringComparison.Ordinal) || header.StartsWith("for", StringComparison.Ordinal) || header.StartsWith("switch", StringComparison.Ordinal));
            else if (trimmed.StartsWith("}", StringComparison.Ordinal)) loops.Pop();
            if (!IsDirective(line)) header = trimmed;
            string text = Replace(line, Return, m => { leaves = true; return _isStatus ? $"return (int)({m.Groups[1].Value});" : $"return ({m.Groups[1].Value}) ? 1 : 0;"; });
            text = Replace(text, Goto, m =>
            {
                string label = m.Groups[1].Value;
                if (labels.Contains(label)) return m.Value;
                leaves = true;
                if (!exits.Contains(label)) exits.Add(label);
                return $"return {FirstLabel - exits.IndexOf(label)};";
            });
            if (!loops.Contains(true))
            {
                text = Replace(text, Leaves, m =>
                {
                    leaves = true;
                    if (!exits.Contains(m.Value)) exits.Add(m.Value);
                    return m.Groups[1].Value == "break" ? $"return {Breaks};" : $"return {NextRound};";
                });
            }
            body.Add(text);
        }

        foreach (string local in own) _locals.Remove(Declared.Match(local).Groups[2].Value);
        string method = $"{_name}_Part{_methods.Count + 1}";
        StringBuilder code = new();
        code.Append("#line hidden\n");
        code.Append("    [global::System.Runtime.CompilerServices.MethodImpl(global::System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]\n");
        code.Append($"    private static {(leaves ? "int" : "void")} {method}<TSink>({string.Join(", ", parameters)}, {_session} s, ref TSink sink, global::Gateway.Codecs.ReplyWriter reply) where TSink : struct, global::Gateway.Codecs.IParameterSink\n    {{\n");
        foreach (string local in own) code.Append("        ").Append(local).Append('\n');
        foreach (string line in body) code.Append(line).Append('\n');
        code.Append("#line hidden\n");
        if (leaves) code.Append($"        return {Continues};\n");
        code.Append("    }\n");
        _methods.Add(code.ToString());
        return Call(method, arguments, leaves, exits);
    }

    private List<string> Call(string method, List<string> arguments, bool leaves, List<string> exits)
    {
        string call = $"{method}({string.Join(", ", arguments)}, s, ref sink, reply);";
        if (!leaves) return [call];
        string code = $"exit{_methods.Count}";
        List<string> lines = [$"int {code} = {call}"];
        foreach (string exit in exits)
        {
            int number = exit == "break;" ? Breaks : exit == "continue;" ? NextRound : FirstLabel - exits.IndexOf(exit);
            lines.Add($"if ({code} == {number}) {(number <= Breaks ? exit : $"goto {exit};")}");
        }
        lines.Add($"if ({code} != {Continues}) return {(_isStatus ? $"({_context}){code}" : $"{code} != 0")};");
        return lines;
    }

    private static HashSet<string> Words(List<string> lines, int from, int to)
    {
        HashSet<string> words = new(StringComparer.Ordinal);
        for (int i = from; i < to; i++)
        {
            if (IsDirective(lines[i])) continue;
            foreach (Match word in Word.Matches(lines[i])) words.Add(word.Value);
        }
        return words;
    }

    private static bool IsAssigned(string name, List<string> lines)
    {
        Regex assigned = new($@"(?<![A-Za-z0-9_.]){name}(?![A-Za-z0-9_])( =(?!=)| \+=| -=| \*=| <<=|\+\+|--|\.Next\(|\.NextElement\(|\.Take\()|(ref|out) {name}(?![A-Za-z0-9_])|(\+\+|--){name}(?![A-Za-z0-9_])", RegexOptions.CultureInvariant);
        return lines.Exists(line => !IsDirective(line) && assigned.IsMatch(line));
    }

    // What stands in a text constant is no statement.
    private static string Replace(string line, Regex regex, MatchEvaluator evaluator) =>
        IsDirective(line) ? line : regex.Replace(line, m => InQuotes(line, m.Index) ? m.Value : evaluator(m));

    private static bool InQuotes(string line, int at)
    {
        bool quoted = false;
        for (int i = 0; i < at; i++)
        {
            if (line[i] == '\\' && quoted) i++;
            else if (line[i] == '"') quoted = !quoted;
        }
        return quoted;
    }
}
