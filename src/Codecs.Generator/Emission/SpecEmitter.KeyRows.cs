using System;
using System.Collections.Generic;
using System.Linq;

namespace Gateway.Codecs.Generator;

/// <summary><c>kv</c>: rows for the keys of a text, in whatever order they come.</summary>
internal sealed partial class SpecEmitter
{
    private void EmitKeyValue(BlockItem item, Context c)
    {
        Value text = item.Argument is not null ? Emit(item.Argument, c) : TryName("rest", c)!;
        Context outer = Inner(c);
        EnterText(text, item.At, outer);
        if (item.Argument is null) Out.Line($"{c.Position} = {c.End};");
        string part = _method.Int32("s");
        string size = _method.Int32("n");
        string sign = _method.Int32("sign");
        string rounds = _method.Int32("i");
        Out.Line($"{rounds} = 0;");
        // What a row has read stays until the row is run again.
        Branches branches = new(Out.Bookmark);
        Out.Open($"while (global::Gateway.Codecs.Reading.Support.NextPart({outer.Span}, ref {outer.Position}, {outer.End}, {Value.Literal(item.Separator)}, out {part}, out {size}))");
        Out.Line($"if (++{rounds} > {RoundsMax}) {c.Fail("Malformed", item.Line)}");
        Out.Line($"{sign} = global::System.MemoryExtensions.IndexOf({outer.Span}.Slice({part}, {size}), {Value.Literal(item.Separator2)});");
        Out.Line($"if ({sign} < 0) continue;");
        Context row = Inner(outer);
        row.Columns = false;
        row.Element = true;
        Value key = Value.OfBytes(outer.Span, part, sign);
        row.Scope.Set("key", key);
        string start = $"{part} + {sign} + {item.Separator2.Length}";
        string length = $"{size} - {sign} - {item.Separator2.Length}";
        EmitRowChain((SwitchItem)item.Body[0], row, branches, choices => EmitChoices(key, choices, item.At, row), inner => EnterValue(item, inner, start, length));
        Out.Close();
        ExportBranches(branches, c);
    }

    // The value of a key: where it stands, or decoded into the workspace.
    private string? EnterValue(BlockItem item, Context row, string start, string length)
    {
        string? origin = null;
        row.Position = _method.Int32("p");
        row.End = _method.Int32("e");
        string anchor = _method.Int32("s");
        if (item.UrlEncoded)
        {
            string decoded = _method.Span();
            Out.Line($"{decoded} = global::Gateway.Codecs.Reading.UrlText.Decode(s, {row.Span}.Slice({start}, {length}));");
            if (row.Span == "m") origin = $"{start}, {length}";
            row.Span = decoded;
            Out.Line($"{anchor} = {row.Position} = 0; {row.End} = {decoded}.Length;");
        }
        else
        {
            Out.Line($"{anchor} = {row.Position} = {start}; {row.End} = {row.Position} + {length};");
        }
        row.Scope.Set("val", Value.OfBytes(row.Span, anchor, $"({row.End} - {anchor})"));
        return origin;
    }

    /// <summary>Rows of which the first that fits is run. What they name is known behind them, as far as it was read.</summary>
    /// <param name="rows">The rows; <c>*</c> takes what no other row takes.</param>
    /// <param name="c">What all rows see.</param>
    /// <param name="branches">Takes the names.</param>
    /// <param name="test">The condition of a row in parentheses; null for the last resort.</param>
    /// <param name="enter">Prepares a row; gives where its text stands in the frame when it is read in another form.</param>
    /// <param name="otherwise">The condition of the last resort, or empty.</param>
    private void EmitRowChain(SwitchItem rows, Context c, Branches branches, Func<List<(Expr From, Expr? To)>, string> test, Func<Context, string?> enter, string otherwise = "")
    {
        bool first = true;
        int lastLine = rows.Rows.Count == 0 ? rows.Line : rows.Rows[rows.Rows.Count - 1].LastLine;
        SwitchRow? other = null;
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (SwitchRow row in rows.Rows)
        {
            try
            {
                if (other is not null) throw new SpecSyntaxException(Ids.Unreachable, row.At, "this row can never match: the row '*' above it takes everything");
                if (row.IsDefault) other = row;
                foreach ((Expr from, Expr? _) in row.Choices)
                    if (from is BytesExpr bytes && !seen.Add(System.Convert.ToBase64String(bytes.Bytes))) throw new SpecSyntaxException(Ids.Unreachable, from.At, "this row can never match: the text stands in a row above");
                Out.Spec(row.At.Line, _file);
                string condition = row.IsDefault ? otherwise : test(row.Choices);
                Out.Open(first ? condition.Length == 0 ? "" : $"if {condition}" : condition.Length == 0 ? "else" : $"else if {condition}");
                Context known = Inner(c);
                string? origin = enter(known);
                string? before = _origin;
                _origin ??= origin;
                Context inner = Inner(known);
                EmitItems(row.Body, inner);
                _origin = before;
                EndBranch(branches, inner, rows.Line, lastLine);
                Out.Close();
                first = false;
            }
            catch (SpecSyntaxException e)
            {
                Report(e);
            }
        }
    }
}
