using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace Gateway.Codecs.Generator;

internal sealed partial class SpecEmitter
{
    /// <summary>What a layout under construction knows: where it began, its parts, and lengths that wait for a part to end.</summary>
    private sealed class LayoutState
    {
        internal string Begin = "0";
        internal Dictionary<string, (string Start, string End)> Parts = [];
        internal List<(string Part, string At, int Width, bool Little, OutItem Item, Context Context)> Waiting = [];
        internal LayoutState? Outer;
    }

    private string _writer = "reply";

    private void EmitReply(ReplyItem reply, Context c)
    {
        string? condition = reply.Condition is null ? null : Bool(Emit(reply.Condition, c), reply.At);
        if (condition is not null) Out.Open($"if ({condition})");
        EmitOut(reply.Items, c, NewLayout());
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
            case "dec":
                Out.Line($"{_writer}.Decimal({Int(OutOperand(item, c, layout), item.At)}, {Math.Max(1, item.Width)});");
                break;
            case "hexdigits":
                Out.Line($"{_writer}.HexDigits({Int(OutOperand(item, c, layout), item.At)}, {item.Width}, {(item.Upper ? "true" : "false")});");
                break;
            case "now": EmitNow(item, c); break;
            case "part":
                string start = _method.Int32("part");
                string end = _method.Int32("part");
                Out.Line($"{start} = {_writer}.Length;");
                EmitOut(item.Body, c, layout);
                Out.Line($"{end} = {_writer}.Length;");
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
                string from = _method.Int32("esc");
                Out.Line($"{from} = {_writer}.Length;");
                EmitOut(item.Body, c, layout);
                Out.Line($"global::Gateway.Codecs.Reading.Support.Escape({_writer}, {from}, {PairsLiteral(item.Escapes)});");
                break;
            case "call": EmitCallOut(item, c, layout); break;
            default: EmitOutExpression(item, c, layout); break;
        }
    }

    // Lengths that were written before their part are filled in once the part is complete.
    private void Settle(LayoutState layout, string part)
    {
        foreach (var waiting in layout.Waiting.Where(w => w.Part == part).ToList())
        {
            layout.Waiting.Remove(waiting);
            string value = Int(EmitLength(waiting.Item.Value!, waiting.Context, layout), waiting.Item.At);
            Out.Line($"if ({waiting.At} >= 0) {_writer}.Patch({waiting.At}, {value}, {waiting.Width}, {(waiting.Little ? "true" : "false")});");
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
            Out.Line($"{_writer}.Decimal({Int(OutOperand(item, c, layout), item.At)}, {item.Width});");
            return;
        }
        else if (item.Type is not ("uint" or "int") && !TryIntegerType(item.Type, out width, out _, out little))
        {
            throw new SpecSyntaxException(Ids.Type, item.At, $"'{item.Type}' can't be sent; write u8 to u64, uint n, bcd n, ascii, dec, hexdigits or bytes");
        }
        string? unknown = item.Value is null ? null : UnknownPart(item.Value, layout);
        if (unknown is not null)
        {
            // Below 0 where a condition kept the number out of the layout.
            string at = _method.Local("int", "-1", "at");
            Out.Line($"{at} = {_writer}.Length;");
            Out.Line($"{_writer}.UInt(0, {width}, false);");
            layout.Waiting.Add((unknown, at, width, little, item, c));
            return;
        }
        Out.Line($"{_writer}.UInt({Int(OutOperand(item, c, layout), item.At)}, {width}, {(little ? "true" : "false")});");
    }

    private static string? UnknownPart(Expr expr, LayoutState layout) => expr switch
    {
        LengthOfExpr length => layout.Parts.ContainsKey(length.Part) ? null : length.Part,
        BinaryExpr binary => UnknownPart(binary.Left, layout) ?? UnknownPart(binary.Right, layout),
        ConditionalExpr conditional => UnknownPart(conditional.Then, layout) ?? UnknownPart(conditional.Else, layout),
        UnaryExpr unary => UnknownPart(unary.Operand, layout),
        _ => null,
    };

    private Value OutOperand(OutItem item, Context c, LayoutState layout)
    {
        if (item.Checksum.Length == 0) return EmitLength(item.Value!, c, layout);
        string range;
        if (item.Part.Length > 0)
        {
            if (!layout.Parts.TryGetValue(item.Part, out var part)) throw new SpecSyntaxException(Ids.UnknownName, item.At, $"there is no part '{item.Part}' above this checksum{Nearest.Suggestion(item.Part, layout.Parts.Keys)}");
            range = $"{part.Start}, {part.End}";
        }
        else
        {
            range = $"{layout.Begin} + {Offset(item.From!, c, layout, item.At)}, {layout.Begin} + {Offset(item.To!, c, layout, item.At)}";
        }
        return Value.Of(ValueType.Integer, $"(long)global::Gateway.Codecs.Reading.Checksums.{ChecksumNames.Method(item.Checksum)}({_writer}.Range({range}))");
    }

    private string Offset(Expr expr, Context c, LayoutState layout, Place at) =>
        expr is NameExpr { Name: "here" or "pos" } ? $"({_writer}.Length - {layout.Begin})" : Int32(Emit(expr, c), at);

    // An expression of a layout, in which `length of part` is known.
    private Value EmitLength(Expr expr, Context c, LayoutState layout)
    {
        switch (expr)
        {
            case LengthOfExpr length:
                if (layout.Parts.TryGetValue(length.Part, out var part)) return Value.Of(ValueType.Integer, $"({part.End} - {part.Start})");
                if (TryName(length.Part, c) is { Type: ValueType.Bytes } bytes) return Value.Of(ValueType.Integer, bytes.Length);
                if (c.Scope.FindArgument(length.Part) is not null) throw new SpecSyntaxException(Ids.Syntax, length.At, $"put '{length.Part}' into a part of its own to take its length");
                throw new SpecSyntaxException(Ids.UnknownName, length.At, $"there is no part '{length.Part}'{Nearest.Suggestion(length.Part, layout.Parts.Keys)}");
            case BinaryExpr { Op: "+" or "-" or "*" or "/" or "|" } binary when ContainsLength(binary):
                return Value.Of(ValueType.Integer, $"({Int(EmitLength(binary.Left, c, layout), binary.At)} {binary.Op} {Int(EmitLength(binary.Right, c, layout), binary.At)})");
            default:
                return Emit(expr, c);
        }
    }

    private static bool ContainsLength(Expr expr) => expr switch
    {
        LengthOfExpr => true,
        BinaryExpr binary => ContainsLength(binary.Left) || ContainsLength(binary.Right),
        _ => false,
    };

    private void EmitOutValue(Value value, OutItem item)
    {
        switch (value.Type)
        {
            case ValueType.Bytes: Guarded(value.Has, $"{_writer}.Bytes({value.Span});"); break;
            case ValueType.Hex when item.Kind == "bytes": Out.Line($"{_writer}.Bytes({value.Base});"); break;
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
        EmitOutValue(EmitLength(item.Value!, c, layout), item);
    }

    private void EmitCallOut(OutItem call, Context c, LayoutState outer)
    {
        LayoutNode node = _spec.Layouts.Find(l => l.Name == call.Name)
            ?? throw new SpecSyntaxException(Ids.UnknownName, call.At, $"there is no layout '{call.Name}'{Nearest.Suggestion(call.Name, _spec.Layouts.Select(l => l.Name))}");
        node.Used = true;
        if (!_open.Add("layout " + node.Name)) throw new SpecSyntaxException(Ids.Recursion, call.At, $"the layout '{node.Name}' uses itself");
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
        EmitOut(node.Items, inner, layout);
        foreach (var waiting in layout.Waiting) Report(new SpecSyntaxException(Ids.UnknownName, waiting.Item.At, $"there is no part '{waiting.Part}' in this layout{Nearest.Suggestion(waiting.Part, layout.Parts.Keys)}"));
        _open.Remove("layout " + node.Name);
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

    // ---- commands ----

    private void EmitCommands(CodeWriter code)
    {
        code.Line("public override global::Gateway.Codecs.EncodeStatus TryEncode(string name, global::Gateway.Codecs.CommandArguments arguments, global::Gateway.Codecs.Session session, global::Gateway.Codecs.ReplyWriter output)");
        code.Open();
        code.Line($"{_sessionClass} s = ({_sessionClass})session;");
        code.Open("switch (name)");
        List<CodeWriter> methods = [];
        foreach (CommandNode command in _spec.Commands)
        {
            MethodBody method = new();
            _method = method;
            _writer = "output";
            Scope scope = new(null);
            Context c = new() { Scope = scope, Span = "m", Position = "p", End = "e", Fail = (_, _) => "return global::Gateway.Codecs.EncodeStatus.BadArgument;" };
            Out.Indent = 2;
            try
            {
                foreach (VariableNode property in command.Properties)
                {
                    string get = property.Type switch
                    {
                        "int" => $"!global::Gateway.Codecs.Reading.Support.TryArgument(arguments, {Value.Quote(property.Name)}, out {Declare("long", property.Name, ValueType.Integer)})",
                        "real" => $"!global::Gateway.Codecs.Reading.Support.TryArgument(arguments, {Value.Quote(property.Name)}, out {Declare("double", property.Name, ValueType.Real)})",
                        "bool" => $"!global::Gateway.Codecs.Reading.Support.TryArgument(arguments, {Value.Quote(property.Name)}, out {Declare("bool", property.Name, ValueType.Boolean)})",
                        _ => $"!global::Gateway.Codecs.Reading.Support.TryArgument(arguments, {Value.Quote(property.Name)}, out {Declare("global::System.ReadOnlySpan<byte>", property.Name, ValueType.Bytes)})",
                    };
                    Out.Line($"if ({get}) return global::Gateway.Codecs.EncodeStatus.BadArgument;");
                }
                EmitOut(command.Items, c, NewLayout());
            }
            catch (SpecSyntaxException e)
            {
                Report(e);
            }
            string Declare(string type, string name, ValueType valueType)
            {
                string local = $"a_{Identifier(name)}";
                scope.Set(name, valueType == ValueType.Bytes ? Value.OfBytes(local, "0", $"{local}.Length") : Value.Of(valueType, local));
                return $"{type} {local}";
            }
            _writer = "reply";
            string methodName = $"Command{methods.Count + 1}_{Identifier(command.Name)}";
            code.Line($"case {Value.Quote(command.Name)}: return {methodName}(arguments, s, output);");
            CodeWriter body = new() { Indent = 1 };
            body.Line($"private static global::Gateway.Codecs.EncodeStatus {methodName}(global::Gateway.Codecs.CommandArguments arguments, {_sessionClass} s, global::Gateway.Codecs.ReplyWriter output)");
            body.Open();
            foreach (string local in method.Locals) body.Line(local);
            body.Append(method.Code);
            body.Hidden();
            body.Line("return global::Gateway.Codecs.EncodeStatus.Ok;");
            body.Close();
            methods.Add(body);
        }
        code.Line("default: return global::Gateway.Codecs.EncodeStatus.UnknownCommand;");
        code.Close();
        code.Close();
        foreach (CodeWriter method in methods) code.Line("").Append(method);
    }
}
