using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace Gateway.Codecs.Generator;

/// <summary>JSON: one pass over the text, with a row for each path that matters.</summary>
internal sealed partial class SpecEmitter
{
    private const int JsonDepthMax = 8;
    private const string KindOf = " kind";

    private void EmitJson(BlockItem item, Context c)
    {
        if (c.JsonDepth >= JsonDepthMax) throw new SpecSyntaxException(Ids.Recursion, item.At, $"'json' stands in at most {JsonDepthMax} others");
        Value text = item.Argument is not null ? Emit(item.Argument, c) : TryName("rest", c)!;
        Branches branches = new(Out.Bookmark);
        Out.Open(text.Has is null ? "" : $"if ({text.Has})");
        Context outer = Inner(c);
        EnterText(text, item.At, outer);
        if (item.Argument is null) Out.Line($"{c.Position} = {c.End};");
        string reader = $"j{_method.NextNumber()}";
        Out.Line($"global::Gateway.Codecs.Reading.JsonReader {reader} = new(s.PathRoom({c.JsonDepth}), {outer.Span}, {outer.Position}, {outer.End});");
        Context inner = Inner(outer);
        inner.JsonDepth++;
        inner.Columns = inner.Element = false;
        if (item.Kind == "json each") EmitElements(item, inner, reader);
        else EmitRows((SwitchItem)item.Body[0], inner, reader, branches);
        Out.Line($"if ({reader}.Failed) {c.Fail("Malformed", item.Line)}");
        Out.Close();
        ExportBranches(branches, c);
    }

    private void EmitElements(BlockItem item, Context c, string reader)
    {
        string i = _method.Integer("i");
        Out.Line($"{i} = 0;");
        Out.Open($"while ({reader}.NextElement())");
        Out.Line($"if (++{i} > {RoundsMax}) {c.Fail("Malformed", item.Line)}");
        Context inner = Inner(c);
        if (item.Name.Length > 0) inner.Scope.Set(item.Name, Value.Of(ValueType.Integer, i));
        string? before = _origin;
        string? origin = EnterElement(inner, reader, "");
        _origin ??= origin;
        EmitItems(item.Body, inner);
        _origin = before;
        Out.Close();
    }

    private void EmitRows(SwitchItem rows, Context c, string reader, Branches branches)
    {
        CheckPaths(rows);
        string path = _method.Span();
        Out.Open($"while ({reader}.Next())");
        Out.Line($"{path} = {reader}.Path;");
        EmitRowChain(rows, c, branches, choices => $"({string.Join(" || ", choices.Select(k => PathTest((BytesExpr)k.From, path)))})", inner => EnterElement(inner, reader, path), $"(!{reader}.IsContainer)");
        Out.Close();
    }

    private static string PathTest(BytesExpr key, string path) => System.Array.IndexOf(key.Bytes, (byte)'*') >= 0
        ? $"global::Gateway.Codecs.Reading.Support.MatchesMask({path}, {Value.Literal(key.Bytes)})"
        : $"global::System.MemoryExtensions.SequenceEqual({path}, {Value.Literal(key.Bytes)})";

    // The block of a row or element reads the value as its text, and knows it as `val`.
    private string? EnterElement(Context c, string reader, string path)
    {
        Out.Line($"if (!{reader}.Take()) break;");
        string text = _method.Span();
        string kind = _method.Integer("kind");
        string start = _method.Int32("s");
        string length = _method.Int32("n");
        Out.Line($"{kind} = (long){reader}.Kind;");
        Out.Line($"{start} = {reader}.Start; {length} = {reader}.Length;");
        Out.Line($"{text} = {reader}.Value(s);");
        string? origin = c.Span == "m" ? $"{start}, {length}" : null;
        c.Span = text;
        c.Position = _method.Int32("p");
        c.End = _method.Int32("e");
        Out.Line($"{c.Position} = 0; {c.End} = {text}.Length;");
        c.Element = true;
        c.Sized = null;
        if (path.Length > 0) c.Scope.Set("path", Value.OfBytes(path, "0", $"{path}.Length"));
        c.Scope.Set("val", Value.OfBytes(text, "0", $"{text}.Length"));
        c.Scope.Set("val" + KindOf, Value.Of(ValueType.Integer, kind));
        return origin;
    }

    // A row that takes an object as a whole hides the rows below it.
    private void CheckPaths(SwitchItem rows)
    {
        List<string> seen = [];
        foreach (SwitchRow row in rows.Rows.Where(r => !r.IsDefault))
        {
            foreach ((Expr from, Expr? to) in row.Choices)
            {
                if (from is not BytesExpr key || to is not null) throw new SpecSyntaxException(Ids.Type, from.At, "a row of 'json' is a path in quotes: \"location.coords.latitude\", or * for what no row takes");
                string path = Encoding.UTF8.GetString(key.Bytes);
                string? above = seen.Find(s => path == s || path.StartsWith(s + ".", System.StringComparison.Ordinal));
                if (above is not null) Report(Ids.Unreachable, from.At, $"this row can never match: the row \"{above}\" above it takes the value as a whole");
                string? hidden = seen.Find(s => s.StartsWith(path + ".", System.StringComparison.Ordinal));
                if (hidden is not null) Report(Ids.Unreachable, from.At, $"this row takes the value as a whole, so the row \"{hidden}\" above can never match; read it with 'json in val' below this row");
                seen.Add(path);
            }
        }
    }

    // val is string | number | bool | object | array
    private Value EmitKind(CallExpr call, Context c)
    {
        string kind = call.Function.Substring("kind ".Length);
        if (call.Arguments[0] is not NameExpr name || c.Scope.Find(name.Name + KindOf) is not Value known)
        {
            throw new SpecSyntaxException(Ids.Type, call.At, $"only a JSON value has a kind: write 'val is {kind}' in a row of 'json'; text is tested with 'is digits', 'is hex' or 'is printable' before it");
        }
        int number = kind switch { "string" => 0, "number" => 1, "bool" => 2, "object" => 3, _ => 4 };
        return Value.Of(ValueType.Boolean, $"({known.Code} == {number})");
    }
}
