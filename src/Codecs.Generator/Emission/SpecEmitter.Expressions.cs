using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace Gateway.Codecs.Generator;

internal sealed partial class SpecEmitter
{
    private static readonly string[] SpecialNames =
        ["size", "pos", "end", "remaining", "tcp", "udp", "known", "identified", "count", "now", "true", "false", "rest", "frame", "here", "columns", "column"];

    /// <summary>Emits an expression; what it needs as statements goes before it.</summary>
    private Value Emit(Expr expr, Context c)
    {
        switch (expr)
        {
            case NumberExpr n: return n.IsReal ? Value.Of(ValueType.Real, Value.Literal(n.Real)) : Value.OfConstant(n.Integer);
            case BytesExpr b: return Value.OfConstant(b.Bytes);
            case NameExpr name: return EmitName(name.Name, name.At, c) ?? throw Unknown(name, c);
            case BitRangeExpr bits:
                int width = bits.To - bits.From + 1;
                if (width < 1 || bits.To > 63) throw new SpecSyntaxException(Ids.Range, bits.At, "bits go from the lower to the higher, 0..63");
                return Value.Of(ValueType.Integer, $"(({Int(Emit(bits.Operand, c), bits.At)} >> {bits.From}) & {Value.Literal(MaskOf(width))})");
            case UnaryExpr unary: return EmitUnary(unary, c);
            case BinaryExpr binary: return EmitBinary(binary, c);
            case ConditionalExpr conditional: return EmitConditional(conditional, c);
            case InExpr inside:
                Value sought = Emit(inside.Operand, c);
                return new Value { Type = ValueType.Boolean, Code = EmitChoices(sought, inside.Choices, inside.At, c), Has = sought.Has };
            case SliceExpr slice: return EmitSlice(slice, c);
            case PeekExpr peek: return EmitPeek(peek, c);
            case CallExpr call: return EmitCall(call, c);
            case ChecksumExpr sum: return EmitChecksum(sum, c);
            default: throw new SpecSyntaxException(Ids.Type, expr.At, "this can't be used here");
        }
    }

    internal static long MaskOf(int bits) => bits >= 63 ? (bits == 63 ? long.MaxValue : -1) : (1L << bits) - 1;

    private SpecSyntaxException Unknown(NameExpr name, Context c) => c.Scope.FindArgument(name.Name) is not null
        ? new(Ids.Type, name.At, $"'{name.Name}' stands for something to send, not for a value; give a single value where the layout is called, or write '{name.Name}' on a line of its own")
        : new(Ids.UnknownName, name.At, $"the name '{name.Name}' is not known here{Nearest.Suggestion(name.Name, c.Scope.Names.Concat(SpecialNames).Concat(_spec.Session.Select(v => "session." + v.Name)).Concat(_spec.Options.Select(o => "option." + o.Name)))}");

    private bool CanResolve(Expr? expr, Context c)
    {
        switch (expr)
        {
            case null or NumberExpr or BytesExpr: return true;
            case NameExpr name: return TryName(name.Name, c) is not null;
            case BitRangeExpr bits: return CanResolve(bits.Operand, c);
            case UnaryExpr unary: return CanResolve(unary.Operand, c);
            case BinaryExpr binary: return CanResolve(binary.Left, c) && CanResolve(binary.Right, c);
            case ConditionalExpr conditional: return CanResolve(conditional.Condition, c) && CanResolve(conditional.Then, c) && CanResolve(conditional.Else, c);
            case InExpr inside: return CanResolve(inside.Operand, c);
            case SliceExpr slice: return CanResolve(slice.Operand, c) && CanResolve(slice.From, c) && CanResolve(slice.To, c);
            case PeekExpr peek: return CanResolve(peek.Offset, c);
            case CallExpr call: return call.Arguments.All(a => CanResolve(a, c));
            default: return true;
        }
    }

    private Value? EmitName(string name, Place at, Context c) => TryName(name, c);

    private Value? TryName(string name, Context c)
    {
        if (c.Scope.Find(name) is Value found) return found;
        if (c.Scope.FindArgument(name) is { Items.Count: 1 } argument)
        {
            if (argument.Items[0].Kind == "literal") return Value.OfConstant(argument.Items[0].Bytes);
            if (argument.Items[0] is { Kind: "expr" or "number" or "dec" or "hexdigits" or "ascii" or "bytes", Value: Expr given })
            {
                Context caller = c.Clone();
                caller.Scope = argument.Caller;
                return Emit(given, caller);
            }
        }
        // A command answers to nothing: there is no frame to speak of.
        if (c.Frameless && name is "size" or "pos" or "here" or "end" or "remaining" or "rest" or "frame") return null;
        switch (name)
        {
            case "size": return Value.Of(ValueType.Integer, $"{c.Span}.Length");
            case "pos" or "here": return Value.Of(ValueType.Integer, c.Position);
            case "end": return Value.Of(ValueType.Integer, c.End);
            case "remaining": return Value.Of(ValueType.Integer, $"({c.End} - {c.Position})");
            // Behind the last column the position is end + 1.
            case "rest" when c.Columns: return Value.OfBytes(c.Span, $"global::System.Math.Min({c.Position}, {c.End})", $"global::System.Math.Max(0, {c.End} - {c.Position})");
            case "rest": return Value.OfBytes(c.Span, c.Position, $"({c.End} - {c.Position})");
            case "columns" or "column" when c.Columns: return ColumnName(name, c);
            case "frame": return Value.OfBytes(c.Span, "0", $"{c.Span}.Length");
            case "tcp": return Value.Of(ValueType.Boolean, "(s.Transport == global::Gateway.Codecs.Transport.Tcp)");
            case "udp": return Value.Of(ValueType.Boolean, "(s.Transport == global::Gateway.Codecs.Transport.Udp)");
            case "known": return Value.Of(ValueType.Boolean, "s.Known");
            case "identified": return Value.Of(ValueType.Boolean, "!s.Ident.IsEmpty");
            case "count": return Value.Of(ValueType.Integer, "s.FrameMessages");
            case "now": return Value.Of(ValueType.Time, "s.NowUs");
            case "true": return Value.Of(ValueType.Boolean, "true");
            case "false": return Value.Of(ValueType.Boolean, "false");
            case "device.model": return Value.OfBytes("s.DeviceModel", "0", "s.DeviceModel.Length");
            case "command.number": return Value.Of(ValueType.Integer, "s.CommandNumber");
            case "session.ident" or "ident": return Value.OfBytes("s.Ident", "0", "s.Ident.Length");
        }
        if (name.StartsWith("session.", StringComparison.Ordinal)) return Variable(_spec.Session, name.Substring(8), "v_") ?? Bit(name, c);
        if (name.StartsWith("option.", StringComparison.Ordinal)) return Variable(_spec.Options, name.Substring(7), "o_") ?? Bit(name, c);
        return Bit(name, c);
    }

    // `flags.3`: a bit of a name.
    private Value? Bit(string name, Context c)
    {
        if (!ExpressionParser.EndsInNumber(name, out string prefix, out int bit) || bit > 63) return null;
        Value? value = TryName(prefix, c);
        if (value is not { Type: ValueType.Integer }) return null;
        return new Value { Type = ValueType.Boolean, Code = $"((({value.Code}) >> {bit} & 1) != 0)", Has = value.Has };
    }

    private static Value? Variable(List<VariableNode> variables, string name, string prefix)
    {
        VariableNode? variable = variables.Find(v => v.Name == name);
        if (variable is null) return null;
        string field = "s." + prefix + Identifier(name);
        return variable.Type switch
        {
            "int" or "minutes" => Value.Of(ValueType.Integer, field),
            "real" => Value.Of(ValueType.Real, field),
            "bool" => Value.Of(ValueType.Boolean, field),
            _ => Value.OfBytes($"{field}.Span", "0", $"{field}.Length"),
        };
    }

    internal static string Identifier(string name)
    {
        char[] chars = name.ToCharArray();
        for (int i = 0; i < chars.Length; i++)
            if (!char.IsLetterOrDigit(chars[i])) chars[i] = '_';
        return new string(chars);
    }

    // ---- conversions ----

    private static string Int(Value value, Place at) => value.Type switch
    {
        ValueType.Integer or ValueType.Time => value.Code,
        ValueType.Boolean => $"({value.Code} ? 1L : 0L)",
        ValueType.Real => $"(long){Paren(value.Code)}",
        ValueType.Bytes when value.ConstantBytes is { Length: 1 } one => one[0].ToString(CultureInfo.InvariantCulture),
        _ => throw new SpecSyntaxException(Ids.Type, at, "a number is needed here, this is text; write int(...), hexint(...) or real(...)"),
    };

    private static string Real(Value value, Place at) => value.Type switch
    {
        ValueType.Real => value.Code,
        ValueType.Integer or ValueType.Time => $"(double){Paren(value.Code)}",
        _ => $"(double){Paren(Int(value, at))}",
    };

    private static string Bool(Value value, Place at) => value.Type switch
    {
        ValueType.Boolean => value.Code,
        ValueType.Integer or ValueType.Time => $"({value.Code} != 0)",
        ValueType.Real => $"({value.Code} != 0)",
        _ => throw new SpecSyntaxException(Ids.Type, at, "a condition is needed here, this is text; compare it with ==, starts, contains or ~"),
    };

    private static string Int32(Value value, Place at) =>
        value.Constant is long constant and >= int.MinValue and <= int.MaxValue ? constant.ToString(CultureInfo.InvariantCulture) : $"global::Gateway.Codecs.Reading.Support.Clamp({Int(value, at)})";

    private static string Paren(string code) => IsSimple(code) ? code : $"({code})";

    private static bool IsSimple(string code)
    {
        foreach (char ch in code)
            if (!char.IsLetterOrDigit(ch) && ch is not ('_' or '.')) return false;
        return true;
    }

    // ---- operators ----

    private Value EmitUnary(UnaryExpr unary, Context c)
    {
        Value operand = Emit(unary.Operand, c);
        Value result = EmitUnary(unary, operand);
        result.Has = operand.Has;
        return result;
    }

    private static Value EmitUnary(UnaryExpr unary, Value operand)
    {
        switch (unary.Op)
        {
            case "not": return Value.Of(ValueType.Boolean, $"!({Bool(operand, unary.At)})");
            case "~": return Value.Of(ValueType.Integer, $"(~{Paren(Int(operand, unary.At))})");
            default:
                if (operand.Constant is long constant) return Value.OfConstant(unchecked(-constant));
                return operand.Type == ValueType.Real ? Value.Of(ValueType.Real, $"(-{Paren(operand.Code)})") : Value.Of(ValueType.Integer, $"(-{Paren(Int(operand, unary.At))})");
        }
    }

    private Value EmitBinary(BinaryExpr binary, Context c)
    {
        if (binary.Op is "and" or "or")
        {
            if (c.Need is not null) return EmitShortCircuit(binary, c);
            string op = binary.Op == "and" ? "&&" : "||";
            return Value.Of(ValueType.Boolean, $"({Bool(Emit(binary.Left, c), binary.At)} {op} {Bool(Emit(binary.Right, c), binary.At)})");
        }

        Value left = Emit(binary.Left, c);
        Value right = Emit(binary.Right, c);
        Value result = EmitOperator(binary, left, right, c);
        // What is worked out from something absent is absent.
        result.Has = Both(left.Has, right.Has);
        return result;
    }

    private static string? Both(string? left, string? right) => left is null || left == right ? right : right is null ? left : $"({left} && {right})";

    private Value EmitOperator(BinaryExpr binary, Value left, Value right, Context c)
    {
        switch (binary.Op)
        {
            case "==" or "!=": return Value.Of(ValueType.Boolean, EmitEquals(left, right, binary.Op == "!=", binary.At));
            case "starts":
                if (c.Need is not null) NeedStart(left, right, c);
                return Value.Of(ValueType.Boolean, $"global::System.MemoryExtensions.StartsWith({TextOf(left, binary.At)}, {TextOf(right, binary.At)})");
            case "ends": return Value.Of(ValueType.Boolean, $"global::System.MemoryExtensions.EndsWith({TextOf(left, binary.At)}, {TextOf(right, binary.At)})");
            case "contains": return Value.Of(ValueType.Boolean, $"global::Gateway.Codecs.Reading.Text.Contains({TextOf(left, binary.At)}, {TextOf(right, binary.At)})");
            case "~":
                string match = $"global::Gateway.Codecs.Reading.Support.MatchesMask({TextOf(left, binary.At)}, {TextOf(right, binary.At)})";
                // A mask with a letter in it never fits an empty text, which is what a device without a known model has.
                return Value.Of(ValueType.Boolean, right.ConstantBytes is { } mask && Array.Exists(mask, b => b is not (byte)'*') ? $"({left.Length} != 0 && {match})" : match);
            case "<" or "<=" or ">" or ">=":
                return left.Type == ValueType.Real || right.Type == ValueType.Real
                    ? Value.Of(ValueType.Boolean, $"({Real(left, binary.At)} {binary.Op} {Real(right, binary.At)})")
                    : Value.Of(ValueType.Boolean, $"({Int(left, binary.At)} {binary.Op} {Int(right, binary.At)})");
        }
        if (left.Constant is long a && right.Constant is long b && Fold(binary.Op, a, b) is long folded) return Value.OfConstant(folded);
        if (binary.Op is "+" or "-" or "*" or "/" && (left.Type == ValueType.Real || right.Type == ValueType.Real))
        {
            return Value.Of(ValueType.Real, $"({Real(left, binary.At)} {binary.Op} {Real(right, binary.At)})");
        }
        string l = Int(left, binary.At);
        string r = Int(right, binary.At);
        return Value.Of(ValueType.Integer, binary.Op switch
        {
            "/" => right.Constant is not (null or 0) ? $"({l} / {r})" : $"global::Gateway.Codecs.Reading.Support.Divide({l}, {r})",
            "%" => right.Constant is not (null or 0) ? $"({l} % {r})" : $"global::Gateway.Codecs.Reading.Support.Modulo({l}, {r})",
            "<<" or ">>" => $"({Paren("(long)" + Paren(l))} {binary.Op} (int)({r}))",
            _ => $"({l} {binary.Op} {r})",
        });
    }

    private static long? Fold(string op, long a, long b) => op switch
    {
        "+" => unchecked(a + b),
        "-" => unchecked(a - b),
        "*" => unchecked(a * b),
        "/" when b != 0 => a / b,
        "%" when b != 0 => a % b,
        "&" => a & b,
        "|" => a | b,
        "^" => a ^ b,
        "<<" when b is >= 0 and < 64 => a << (int)b,
        ">>" when b is >= 0 and < 64 => a >> (int)b,
        _ => null,
    };

    private static string SpanOf(Value value, Place at) => value.Type == ValueType.Bytes
        ? value.Span
        : throw new SpecSyntaxException(Ids.Type, at, "text is needed here, this is a number");

    private static string EmitEquals(Value left, Value right, bool negated, Place at)
    {
        string not = negated ? "!" : "";
        if (left.Type == ValueType.Bytes && right.Type == ValueType.Bytes) return $"{not}global::System.MemoryExtensions.SequenceEqual({left.Span}, {right.Span})";
        if (left.Type == ValueType.Bytes && right.Constant is long letter and >= 0 and < 256) return $"{not}global::Gateway.Codecs.Reading.Support.IsByte({left.Span}, {letter})";
        if (left.Type == ValueType.Hex && right.Type == ValueType.Bytes) return $"{not}global::Gateway.Codecs.Reading.Support.HexEquals({left.Base}, {left.Start}, {left.Length}, {right.Span})";
        string op = negated ? "!=" : "==";
        if (left.Type == ValueType.Boolean && right.Type == ValueType.Boolean) return $"({left.Code} {op} {right.Code})";
        if (left.Type == ValueType.Real || right.Type == ValueType.Real) return $"({Real(left, at)} {op} {Real(right, at)})";
        return $"({Int(left, at)} {op} {Int(right, at)})";
    }

    private string EmitChoices(Value operand, List<(Expr From, Expr? To)> choices, Place at, Context c)
    {
        List<string> tests = [];
        string? once = null;
        foreach ((Expr from, Expr? to) in choices)
        {
            Value first = Emit(from, c);
            if (operand.Type == ValueType.Bytes && (first.Type == ValueType.Bytes || to is null))
            {
                tests.Add(EmitEquals(operand, first, false, from.At));
                continue;
            }
            once ??= operand.Type == ValueType.Bytes ? $"global::Gateway.Codecs.Reading.Support.FirstByte({operand.Span})" : Int(operand, at);
            tests.Add(to is null ? $"{once} == {Int(first, from.At)}" : $"({once} >= {Int(first, from.At)} && {once} <= {Int(Emit(to, c), to.At)})");
        }
        return "(" + string.Join(" || ", tests) + ")";
    }

    private Value EmitConditional(ConditionalExpr conditional, Context c)
    {
        if (c.Need is not null) return EmitChosen(conditional, c);
        string condition = Bool(Emit(conditional.Condition, c), conditional.At);
        Value then = Emit(conditional.Then, c);
        Value other = Emit(conditional.Else, c);
        if (then.Type == ValueType.Bytes && other.Type == ValueType.Bytes)
        {
            // Both sides become a start and a length; constants keep their own span.
            if (then.Base == other.Base) return Value.OfBytes(then.Base, $"({condition} ? {then.Start} : {other.Start})", $"({condition} ? {then.Length} : {other.Length})");
            return Value.OfBytes($"({condition} ? {then.Span} : {other.Span})", "0", $"({condition} ? {then.Length} : {other.Length})");
        }
        string? has = then.Has is null && other.Has is null ? null : $"({condition} ? {then.Has ?? "true"} : {other.Has ?? "true"})";
        if (then.Type is ValueType.Bytes or ValueType.Hex && other.Type is ValueType.Bytes or ValueType.Hex)
        {
            Value chosen = Kept($"{condition} ? {TextOf(then, conditional.At)} : {TextOf(other, conditional.At)}");
            chosen.Has = has;
            return chosen;
        }
        Value result = then.Type == ValueType.Boolean && other.Type == ValueType.Boolean ? Value.Of(ValueType.Boolean, $"({condition} ? {then.Code} : {other.Code})")
            : then.Type == ValueType.Real || other.Type == ValueType.Real ? Value.Of(ValueType.Real, $"({condition} ? {Real(then, conditional.At)} : {Real(other, conditional.At)})")
            : Value.Of(ValueType.Integer, $"({condition} ? {Int(then, conditional.At)} : {Int(other, conditional.At)})");
        result.Has = has;
        return result;
    }

    private Value EmitSlice(SliceExpr slice, Context c)
    {
        Value operand = Emit(slice.Operand, c);
        if (operand.Type is not (ValueType.Bytes or ValueType.Hex)) throw new SpecSyntaxException(Ids.Type, slice.At, "only text and bytes have parts; write name.0..7 for bits");
        string from = slice.From is null ? "0" : Int(Emit(slice.From, c), slice.At);
        string? last = slice.To is null ? null : Int(Emit(slice.To, c), slice.At);
        if (c.Need is not null && last is not null && operand.Base == c.Span) Out.Line(c.Need($"(long){operand.Start} + {last}"));
        string start = _method.Int32("s");
        string length = _method.Int32("n");
        Out.Line($"{start} = {operand.Start} + global::Gateway.Codecs.Reading.Support.Within({from}, {operand.Length});");
        string to = last is null ? operand.Length : $"global::Gateway.Codecs.Reading.Support.Within({last}, {operand.Length})";
        Out.Line($"{length} = global::System.Math.Max(0, {operand.Start} + {to} - {start});");
        return new Value { Type = operand.Type, Base = operand.Base, Start = start, Length = length, Has = operand.Has, Field = operand.Field, FieldStart = operand.FieldStart, FieldLength = operand.FieldLength };
    }

    private Value EmitPeek(PeekExpr peek, Context c)
    {
        if (c.Frameless) throw new SpecSyntaxException(Ids.Type, peek.At, "a command answers to nothing, so there is no frame to look at; use its properties, session and option variables, and ident");
        if (!TryIntegerType(peek.Type, out int width, out bool signed, out bool little)) throw new SpecSyntaxException(Ids.Type, peek.At, $"'{peek.Type}@' is no number to look at; write u8@ to u64@, i8@ to i64@, with le or be; digits are int(frame[2..4])");
        Value offset = Emit(peek.Offset, c);
        if (c.Need is not null) Out.Line(c.Need(offset.Constant is long constant ? Value.Literal(constant + width) : $"{Int(offset, peek.At)} + {width}"));
        string code = TracesLooks(c)
            ? $"global::Gateway.Codecs.Reading.Looks.Peek(ref sink, {OwnLine(peek.At.Line)}, {c.Span}, {Int(offset, peek.At)}, {width}, {(little ? "true" : "false")})"
            : $"global::Gateway.Codecs.Reading.Support.Peek({c.Span}, {Int(offset, peek.At)}, {width}, {(little ? "true" : "false")})";
        return Value.Of(ValueType.Integer, signed ? $"global::Gateway.Codecs.Reading.Bin.SignExtend({code}, {width * 8})" : code);
    }

    private Value EmitCall(CallExpr call, Context c)
    {
        if (call.Function == "has")
        {
            Value probed = Emit(call.Arguments[0], c);
            return Value.Of(ValueType.Boolean, probed.Has ?? "true");
        }
        if (EmitFunction(call, c) is Value special) return special;
        List<Value> arguments = call.Arguments.ConvertAll(a => Emit(a, c));
        int expected = call.Function is "min" or "max" ? 2 : 1;
        if (arguments.Count != expected) throw new SpecSyntaxException(Ids.Type, call.At, $"'{call.Function}' takes {expected} value{(expected == 1 ? "" : "s")}");
        Value first = arguments[0];
        string Span() => TextOf(first, call.At);
        Value result = call.Function switch
        {
            "is digits" => Value.Of(ValueType.Boolean, $"global::Gateway.Codecs.Reading.Text.IsDigits({Span()})"),
            "is hex" => Value.Of(ValueType.Boolean, $"global::Gateway.Codecs.Reading.Text.IsHex({Span()})"),
            "is number" => Value.Of(ValueType.Boolean, $"global::Gateway.Codecs.Reading.Text.TryReal({Span()}, out _)"),
            "is printable" => Value.Of(ValueType.Boolean, $"global::Gateway.Codecs.Reading.Text.IsPrintable({Span()})"),
            "int" => first.Type == ValueType.Bytes ? Value.Of(ValueType.Integer, $"global::Gateway.Codecs.Reading.Support.Int({Span()})") : Value.Of(ValueType.Integer, Int(first, call.At)),
            "hexint" => Value.Of(ValueType.Integer, $"global::Gateway.Codecs.Reading.Support.HexInt({Span()})"),
            "real" => first.Type == ValueType.Bytes ? Value.Of(ValueType.Real, $"global::Gateway.Codecs.Reading.Support.Real({Span()})") : Value.Of(ValueType.Real, Real(first, call.At)),
            "len" => Value.Of(ValueType.Integer, first.Length),
            "abs" => first.Type == ValueType.Real ? Value.Of(ValueType.Real, $"global::System.Math.Abs({first.Code})") : Value.Of(ValueType.Integer, $"global::Gateway.Codecs.Reading.Support.Abs({Int(first, call.At)})"),
            "round" => Value.Of(ValueType.Integer, $"(long)global::System.Math.Round({Real(first, call.At)}, global::System.MidpointRounding.AwayFromZero)"),
            "min" or "max" => MinMax(call, arguments),
            "trim0" => TrimZeros(first, call.At),
            _ => throw new SpecSyntaxException(Ids.UnknownName, call.At,
                $"'{call.Function}' is no function{Nearest.Suggestion(call.Function, ["int", "real", "hexint", "len", "abs", "round", "min", "max", "trim0", "index", "masksize", "is digits", "is hex", "is number", "is printable", .. TextFunctions])}"),
        };
        result.Has ??= first.Has;
        return result;
    }

    private static Value MinMax(CallExpr call, List<Value> arguments)
    {
        string method = call.Function == "min" ? "Min" : "Max";
        return arguments[0].Type == ValueType.Real || arguments[1].Type == ValueType.Real
            ? Value.Of(ValueType.Real, $"global::System.Math.{method}({Real(arguments[0], call.At)}, {Real(arguments[1], call.At)})")
            : Value.Of(ValueType.Integer, $"global::System.Math.{method}((long)({Int(arguments[0], call.At)}), (long)({Int(arguments[1], call.At)}))");
    }

    private Value TrimZeros(Value value, Place at)
    {
        if (value.Type is not (ValueType.Bytes or ValueType.Hex)) throw new SpecSyntaxException(Ids.Type, at, "trim0 takes text or hex digits");
        string zeros = _method.Int32("z");
        Out.Line(value.Type == ValueType.Hex
            ? $"{zeros} = global::Gateway.Codecs.Reading.Support.LeadingZeroDigits({value.Base}, {value.Start}, {value.Length});"
            : $"{zeros} = global::Gateway.Codecs.Reading.Support.LeadingZeros({value.Span});");
        return new Value { Type = value.Type, Base = value.Base, Start = $"({value.Start} + {zeros})", Length = $"({value.Length} - {zeros})" };
    }

    /// <summary>u8 to u64 and i8 to i64 with le or be.</summary>
    private bool TryIntegerType(string name, out int width, out bool signed, out bool little)
    {
        little = _spec.LittleEndian;
        if (name.EndsWith("le", StringComparison.Ordinal)) (name, little) = (name.Substring(0, name.Length - 2), true);
        else if (name.EndsWith("be", StringComparison.Ordinal)) (name, little) = (name.Substring(0, name.Length - 2), false);
        signed = name.Length > 0 && name[0] == 'i';
        width = 0;
        if (name.Length is < 2 or > 3 || name[0] is not ('u' or 'i') || !int.TryParse(name.Substring(1), NumberStyles.None, CultureInfo.InvariantCulture, out int bits)) return false;
        if (bits is < 8 or > 64 || bits % 8 != 0) return false;
        width = bits / 8;
        return true;
    }
}
