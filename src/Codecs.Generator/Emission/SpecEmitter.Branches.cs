using System.Collections.Generic;
using System.Linq;

namespace Gateway.Codecs.Generator;

/// <summary>Blocks of which one is taken, and the names that they leave behind.</summary>
internal sealed partial class SpecEmitter
{
    private int _foreign;

    /// <summary>What the branches of one decision have read, in the order of the branches.</summary>
    private sealed class Branches((int At, int Indent) before)
    {
        internal (int At, int Indent) Before { get; } = before;

        internal List<(string Name, Value Value)> Read { get; } = [];

        internal List<string> Flags { get; } = [];
    }

    /// <summary>Notes at the end of a branch which of its names have a value, for those that are spoken of elsewhere.</summary>
    private void EndBranch(Branches branches, Context inner, int firstLine, int lastLine)
    {
        foreach (KeyValuePair<string, Value> own in inner.Scope.Own)
        {
            // Most names serve their own block only; a flag for each of them would be a burden to the JIT.
            if (_foreign == 0 && !(_spec.Words.TryGetValue(own.Key, out List<int>? lines) && lines.Exists(l => l < firstLine || l > lastLine)))
            {
                branches.Read.Add((own.Key, own.Value));
                continue;
            }
            string has = _method.Boolean("h");
            Out.Line($"{has} = {own.Value.Has ?? "true"};");
            branches.Flags.Add(has);
            Value value = own.Value.Copy();
            value.Has = has;
            branches.Read.Add((own.Key, value));
        }
    }

    /// <summary>Makes the names of the branches visible: what the branch that was taken has read.</summary>
    private void ExportBranches(Branches branches, Context c)
    {
        if (branches.Flags.Count > 0) Out.Insert(branches.Before, $"{string.Join(" = ", branches.Flags)} = false;");
        foreach (IGrouping<string, (string Name, Value Value)> name in branches.Read.GroupBy(r => r.Name)) c.Scope.Set(name.Key, Merge(name.Select(n => n.Value).ToList()));
    }

    // A name that several alternatives read: the one that was taken counts.
    private Value Merge(List<Value> values)
    {
        if (values.Count == 1) return values[0];
        if (values.Exists(v => v.Has is null || v.Type != values[0].Type)) return values[values.Count - 1];
        string has = _method.Boolean("h");
        Out.Line($"{has} = {string.Join(" || ", values.Select(v => v.Has ?? "true"))};");
        if (values[0].Type is ValueType.Bytes or ValueType.Hex)
        {
            if (values[0].Type == ValueType.Bytes && values.Exists(v => v.Base != values[0].Base))
            {
                string span = _method.Span();
                foreach (Value value in values) Out.Line($"if ({value.Has}) {span} = {value.Span};");
                return new Value { Type = ValueType.Bytes, Base = span, Start = "0", Length = $"{span}.Length", Has = has };
            }
            string start = _method.Int32("s");
            string length = _method.Int32("n");
            foreach (Value value in values) Out.Line($"if ({value.Has}) {{ {start} = {value.Start}; {length} = {value.Length}; }}");
            return new Value { Type = values[0].Type, Base = values[0].Base, Start = start, Length = length, Has = has, Code = values[0].Code };
        }
        string merged = values[0].Type switch
        {
            ValueType.Real => _method.Real("v"),
            ValueType.Boolean => _method.Boolean("v"),
            _ => _method.Integer("v"),
        };
        foreach (Value value in values) Out.Line($"if ({value.Has}) {merged} = {value.Code};");
        return new Value { Type = values[0].Type, Code = merged, Has = has };
    }

    private void EmitSwitch(SwitchItem item, Context c)
    {
        Value operand = Emit(item.Operand, c);
        bool text = operand.Type == ValueType.Bytes;
        if (operand.Type == ValueType.Hex) throw new SpecSyntaxException(Ids.Type, item.At, "switch takes numbers or text; read the field as uint or bytes");
        Value selector = text ? (operand.ConstantBytes is null ? Anchor(operand) : operand) : ToLocal(Value.Of(ValueType.Integer, Int(operand, item.At)), "k");
        // Short texts are compared as numbers.
        string? textKey = null;
        if (text && item.Rows.Sum(r => r.Choices.Count(choice => TextKey.Of(choice.From) is not null)) > 3 && item.Rows.TrueForAll(r => r.Choices.TrueForAll(choice => choice.To is null && choice.From is BytesExpr)))
        {
            textKey = _method.Integer("key");
            Out.Line($"{textKey} = {TextKey.Of(selector)};");
        }
        HashSet<long> seen = [];
        HashSet<string> seenTexts = [];
        bool first = true;
        bool last = false;
        Branches branches = new(Out.Bookmark);
        foreach (SwitchRow row in item.Rows)
        {
            try
            {
                if (last) throw new SpecSyntaxException(Ids.Unreachable, row.At, "this row can never match: the row '*' above it takes everything");
                Context inner = Inner(c);
                if (row.IsDefault)
                {
                    last = true;
                    Out.Open(first ? "" : "else");
                }
                else
                {
                    foreach ((Expr from, Expr? to) in row.Choices)
                    {
                        if (to is null && ConstantOf(from, c) is long constant && !seen.Add(constant)) throw new SpecSyntaxException(Ids.Unreachable, from.At, $"this row can never match: {constant} stands in a row above");
                        if (from is BytesExpr bytes && !seenTexts.Add(System.Convert.ToBase64String(bytes.Bytes))) throw new SpecSyntaxException(Ids.Unreachable, from.At, "this row can never match: the text stands in a row above");
                    }
                    string test = textKey is null ? EmitChoices(selector, row.Choices, row.At, c) : $"({string.Join(" || ", row.Choices.Select(choice => TextKey.Of(choice.From) is long key ? $"{textKey} == {Value.Literal(key)}" : EmitEquals(selector, Emit(choice.From, c), false, row.At)))})";
                    Out.Open($"{(first ? "" : "else ")}if {test}");
                }
                EmitItems(row.Body, inner);
                // A name of one row that another row reads anew is no name for what follows.
                EndBranch(branches, inner, item.Line, item.Rows[item.Rows.Count - 1].LastLine);
                Out.Close();
                first = false;
            }
            catch (SpecSyntaxException e)
            {
                Report(e);
            }
        }
        ExportBranches(branches, c);
    }
}
