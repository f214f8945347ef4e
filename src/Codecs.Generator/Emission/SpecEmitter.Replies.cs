using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace Gateway.Codecs.Generator;

/// <summary>What is sent: literals, numbers, text, parts, layouts.</summary>
internal sealed partial class SpecEmitter
{
    private string _writer = "reply";

    private void EmitReply(ReplyItem reply, Context c)
    {
        if (reply.None) return;
        string? condition = reply.Condition is null ? null : Bool(Emit(reply.Condition, c), reply.At);
        if (condition is not null) Out.Open($"if ({condition})");
        EmitWhole(reply.Items, c, NewLayout());
        if (condition is not null) Out.Close();
    }

    private LayoutState NewLayout()
    {
        LayoutState state = new() { Begin = _method.Int32("lay") };
        Out.Line($"{state.Begin} = {_writer}.Length;");
        return state;
    }

    private void EmitOut(List<OutItem> items, Context c, LayoutState layout)
    {
        foreach (OutItem item in items)
        {
            Out.Spec(item.At.Line, _file);
            EmitOut(item, c, layout);
        }
    }

    private void EmitOut(OutItem item, Context c, LayoutState layout)
    {
        switch (item.Kind)
        {
            case "literal":
                if (item.Bytes.Length > 0) Out.Line($"{_writer}.Bytes({Value.Literal(item.Bytes)});");
                break;
            case "number": EmitOutNumber(item, c, layout); break;
            case "unhex":
                Out.Line($"if (!global::Gateway.Codecs.Reading.Support.UnhexTo({_writer}, {SpanOf(Emit(item.Value!, c), item.At)})) {c.Fail("Malformed", item.At.Line)}");
                break;
            case "ascii" or "bytes": EmitOutValue(Emit(item.Value!, c), item); break;
            case "dec" or "hexdigits": EmitOutDigits(item, c, layout); break;
            case "hextext": EmitHexText(item, c); break;
            case "pad": EmitPadded(item, c, layout); break;
            case "utf16" or "utf16le":
                Out.Line($"global::Gateway.Codecs.Reading.Support.WriteUtf16({_writer}, {SpanOf(Emit(item.Value!, c), item.At)}, {Truth(item.Kind == "utf16le")});");
                break;
            case "hexed":
                string begun = Position(layout, "hex");
                EmitOut(item.Body, c, layout);
                Out.Line($"global::Gateway.Codecs.Reading.Support.ToHex({_writer}, {begun}, {Truth(item.Upper)});");
                break;
            case "reversed":
                string first = Position(layout, "rev");
                EmitOut(item.Body, c, layout);
                Out.Line($"global::System.MemoryExtensions.Reverse({_writer}.From({first}));");
                break;
            case "now": EmitNow(item, c); break;
            case "part":
                string start = Position(layout, "part");
                EmitOut(item.Body, c, layout);
                string end = Position(layout, "part");
                if (layout.Parts.ContainsKey(item.Name)) throw new SpecSyntaxException(Ids.Duplicate, item.At, $"the part '{item.Name}' stands here already");
                layout.Parts[item.Name] = (start, end);
                Settle(layout, item.Name);
                break;
            case "if":
                Out.Open($"if ({Bool(Emit(item.Value!, c), item.At)})");
                EmitOut(item.Body, c, layout);
                Out.Close();
                if (item.Else is not null)
                {
                    Out.Open("else");
                    EmitOut(item.Else, c, layout);
                    Out.Close();
                }
                break;
            case "escape":
                string from = Position(layout, "esc");
                EmitOut(item.Body, c, layout);
                Settle(layout, Whole);
                Out.Line($"global::Gateway.Codecs.Reading.Support.Escape({_writer}, {from}, {PairsLiteral(item.Escapes)});");
                break;
            case "call": EmitCallOut(item, c, layout); break;
            default: EmitOutExpression(item, c, layout); break;
        }
    }

    private void EmitOutNumber(OutItem item, Context c, LayoutState layout)
    {
        int width = item.Width;
        bool little = _spec.LittleEndian;
        if (item.Type is "uintle" or "intle") little = true;
        else if (item.Type == "bcd")
        {
            Out.Line($"global::Gateway.Codecs.Reading.Support.WriteBcd({_writer}, {Int(OutOperand(item, c, layout), item.At)}, {item.Width});");
            return;
        }
        else if (item.Type == "digits")
        {
            EmitOutDigits(item, c, layout);
            return;
        }
        else if (item.Type is not ("uint" or "int") && !TryIntegerType(item.Type, out width, out _, out little))
        {
            throw new SpecSyntaxException(Ids.Type, item.At, $"'{item.Type}' can't be sent; write u8 to u64, uint n, bcd n, ascii, dec, hexdigits, hextext or bytes");
        }
        string? unknown = item.Value is null ? null : UnknownPart(item.Value, c, layout);
        if (unknown is not null)
        {
            string at = Position(layout, "at", "-1");
            Out.Line($"{_writer}.UInt(0, {width}, false);");
            layout.Waiting.Add(new Waiting(unknown, at, layout.Positions.Count, item, c, value => $"{_writer}.Patch({at}, {value}, {width}, {(little ? "true" : "false")});"));
            return;
        }
        Out.Line($"{_writer}.UInt({Int(OutOperand(item, c, layout), item.At)}, {width}, {(little ? "true" : "false")});");
    }

    private void EmitOutValue(Value value, OutItem item)
    {
        switch (value.Type)
        {
            case ValueType.Bytes: Guarded(value.Has, $"{_writer}.Bytes({value.Span});"); break;
            case ValueType.Hex when item.Kind == "bytes": Guarded(value.Has, $"{_writer}.Bytes({value.Base});"); break;
            case ValueType.Hex: Out.Line($"global::Gateway.Codecs.Reading.Support.WriteHexDigits({_writer}, {value.Base}, {value.Start}, {value.Length});"); break;
            case ValueType.Real: Out.Line($"global::Gateway.Codecs.Reading.Support.WriteReal({_writer}, {value.Code});"); break;
            case ValueType.Boolean: Out.Line($"{_writer}.Decimal({value.Code} ? 1 : 0);"); break;
            default: Out.Line($"{_writer}.Decimal({value.Code});"); break;
        }
    }

    private void EmitOutExpression(OutItem item, Context c, LayoutState layout)
    {
        // The name of an argument stands for what the caller gave.
        if (item.Value is NameExpr name && c.Scope.FindArgument(name.Name) is { } argument)
        {
            Context caller = c.Clone();
            caller.Scope = argument.Caller;
            EmitOut(argument.Items, caller, layout);
            return;
        }
        // A layout that takes nothing may be named without parentheses.
        if (item.Value is NameExpr plain && TryName(plain.Name, c) is null && _spec.Layouts.Exists(l => l.Name == plain.Name && l.Parameters.Count == 0))
        {
            EmitCallOut(new OutItem { At = item.At, Kind = "call", Name = plain.Name }, c, layout);
            return;
        }
        EmitOutValue(EmitLength(item.Value!, c, layout), item);
    }

    private void EmitCallOut(OutItem call, Context c, LayoutState outer)
    {
        LayoutNode node = _spec.Layouts.Find(l => l.Name == call.Name)
            ?? throw new SpecSyntaxException(Ids.UnknownName, call.At, $"there is no layout '{call.Name}'{Nearest.Suggestion(call.Name, _spec.Layouts.Select(l => l.Name))}");
        node.Used = true;
        if (!_open.Add("layout " + node.Name)) throw new SpecSyntaxException(Ids.Recursion, call.At, $"the layout '{node.Name}' uses itself");
        try
        {
            EmitLayout(node, call, c, outer);
        }
        finally
        {
            _open.Remove("layout " + node.Name);
        }
    }

    private void EmitLayout(LayoutNode node, OutItem call, Context c, LayoutState outer)
    {
        Context inner = c.Clone();
        inner.Scope = new Scope(c.Scope);
        int plain = node.Parameters.Count;
        if (call.Arguments.Count < plain - 1) throw new SpecSyntaxException(Ids.Type, call.At, $"'{node.Name}' takes {plain} things, here are {call.Arguments.Count}");
        if (plain == 0 && call.Arguments.Count > 0) throw new SpecSyntaxException(Ids.Type, call.At, $"'{node.Name}' takes nothing");
        for (int i = 0; i < plain; i++)
        {
            // The last parameter takes all that is left, none included.
            List<OutItem> given = i < plain - 1 ? [call.Arguments[i]] : call.Arguments.Skip(i).ToList();
            inner.Scope.Arguments[node.Parameters[i]] = (given, c.Scope);
        }
        LayoutState layout = NewLayout();
        layout.Outer = outer;
        EmitWhole(node.Items, inner, layout);
    }

    private void EmitNow(OutItem item, Context c)
    {
        string us = _method.Integer("now");
        Out.Line($"{us} = s.NowUs{(item.Value is null ? "" : $" + ({Int(Emit(item.Value, c), item.At)}) * 60000000L")};");
        switch (item.Pattern)
        {
            case "unix" or "unix.ms":
                if (!TryIntegerType(item.Type.Length == 0 ? "u32" : item.Type, out int width, out _, out bool little)) throw new SpecSyntaxException(Ids.Type, item.At, "now unix takes u32 or u64");
                Out.Line($"{_writer}.UInt({us} / {(item.Pattern == "unix" ? 1000000 : 1000)}, {width}, {(little ? "true" : "false")});");
                break;
            case "epoch":
                if (!TryIntegerType(item.Type.Length == 0 ? "u32" : item.Type, out int bytes, out _, out bool low)) throw new SpecSyntaxException(Ids.Type, item.At, "now epoch yyyy-MM-dd takes u32 or u64");
                Out.Line($"{_writer}.UInt(({us} - {Value.Literal(item.EpochUs)}) / 1000000, {bytes}, {(low ? "true" : "false")});");
                break;
            case "ymdhms" or "dmyhms" or "hmsdmy":
                string kind = item.Type.Length == 0 ? "u8" : item.Type;
                Out.Line($"global::Gateway.Codecs.Reading.Support.WriteTime({_writer}, {us}, {Value.Literal(System.Text.Encoding.ASCII.GetBytes(item.Pattern))}, {(kind == "bcd" ? "true" : "false")}, {(kind == "u16year" ? "true" : "false")});");
                break;
            default:
                Out.Line($"global::Gateway.Codecs.Reading.Support.WriteTimeText({_writer}, {us}, {Value.Literal(System.Text.Encoding.UTF8.GetBytes(item.Pattern))});");
                break;
        }
    }

    // length of from, from..., length of to, to..., one pair after the other.
    private static string PairsLiteral(List<(byte[] From, byte[] To)> pairs)
    {
        List<byte> bytes = [];
        foreach ((byte[] from, byte[] to) in pairs)
        {
            bytes.Add((byte)from.Length);
            bytes.AddRange(from);
            bytes.Add((byte)to.Length);
            bytes.AddRange(to);
        }
        return "((global::System.ReadOnlySpan<byte>)[" + string.Join(", ", bytes.Select(b => b.ToString(CultureInfo.InvariantCulture))) + "])";
    }
}
