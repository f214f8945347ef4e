using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace Gateway.Codecs.Generator;

/// <summary>A number as it will be written: raw × multiply ÷ divide + add.</summary>
internal sealed class Linear
{
    internal double Multiply = 1;
    internal double Divide = 1;
    internal double Add;

    internal bool IsIdentity => Multiply == 1 && Divide == 1 && Add == 0;

    internal void Times(double k)
    {
        double inverse = 1 / k;
        // * 0.001 is written as / 1000, which is exact for decimal fractions.
        if (Math.Abs(k) < 1 && k != 0 && Math.Abs(inverse - Math.Round(inverse)) < 1e-9) Divide *= Math.Round(inverse);
        else Multiply *= k;
        Add *= k;
    }

    internal void Over(double k)
    {
        if (k == Math.Floor(k)) Divide *= k;
        else Times(1 / k);
        if (k == Math.Floor(k)) Add /= k;
    }

    internal Linear Then(double multiply, double divide, double add)
    {
        Linear next = new() { Multiply = Multiply, Divide = Divide, Add = Add };
        if (multiply != 1) next.Times(multiply);
        if (divide != 1) next.Over(divide);
        next.Add += add;
        return next;
    }

    /// <summary>The C# expression and whether it is an integer.</summary>
    internal Value Apply(Value raw)
    {
        if (IsIdentity) return raw;
        bool integer = raw.Type == ValueType.Integer && Divide == 1 && Whole(Multiply) && Whole(Add);
        if (integer)
        {
            string code = Multiply == 1 ? raw.Code : $"({raw.Code}) * {Value.Literal((long)Multiply)}";
            if (Add != 0) code = $"({code}) + {Value.Literal((long)Add)}";
            return new Value { Type = ValueType.Integer, Code = $"({code})", Has = raw.Has };
        }
        string real = raw.Type == ValueType.Real ? raw.Code : $"(double)({raw.Code})";
        double offset = Add * Divide;
        if (Multiply != 1) real = $"{real} * {Value.Literal(Multiply)}";
        if (Divide != 1 && Add != 0 && Whole(offset)) real = $"({real} + {Value.Literal(offset)}) / {Value.Literal(Divide)}";
        else
        {
            if (Divide != 1) real = $"{real} / {Value.Literal(Divide)}";
            if (Add != 0) real = $"{real} + {Value.Literal(Add)}";
        }
        return new Value { Type = ValueType.Real, Code = $"({real})", Has = raw.Has };
    }

    private static bool Whole(double value) => value == Math.Floor(value) && Math.Abs(value) < 9e15;
}

internal sealed partial class SpecEmitter
{
    /// <summary>Writes a value to its targets.</summary>
    private void EmitPuts(List<Target> targets, Value value, Linear linear, Context c, Place at)
    {
        foreach (Target target in targets) EmitPut(target, value, linear, c, at);
    }

    private void EmitPut(Target target, Value value, Linear linear, Context c, Place at)
    {
        if (target.Name == "ident")
        {
            EmitLogin([linear.Apply(value)], target.At, c);
            return;
        }
        int brace = target.Name.IndexOf('{');
        if (brace >= 0)
        {
            EmitOpenPut(target, brace, value, linear, c, at);
            return;
        }
        if (!_parameters.TryFind(target.Name, out ParameterTable.Entry entry, out int index))
        {
            if (!target.Name.StartsWith("custom.", StringComparison.Ordinal)) throw UnknownParameter(target);
            _used.Add(target.Name);
            string named = $"global::Gateway.Codecs.ParameterName.Named({Value.Literal(System.Text.Encoding.UTF8.GetBytes("custom."))}, {Value.Literal(System.Text.Encoding.UTF8.GetBytes(target.Name.Substring(7)))})";
            EmitWrite(named, null, value, linear.Apply(value), c, at);
            return;
        }
        _used.Add(target.Name);
        int key = entry.Number | index << 16;
        if (target.Name is "position.latitude" or "position.longitude")
        {
            Value degrees = Convert(target, entry, linear).Apply(value);
            Guarded(value.Has, $"sink.{(target.Name == "position.latitude" ? "Latitude" : "Longitude")}({Real(degrees, at)});");
            return;
        }
        Value written = Convert(target, entry, linear).Apply(value);
        EmitWrite(key.ToString(CultureInfo.InvariantCulture), entry.Type, value, IsMoment(target.Name, entry) ? Moment(written) : written, c, at);
    }

    private static bool IsMoment(string name, ParameterTable.Entry entry) =>
        entry.Unit == "seconds" && (name == "timestamp" || name.EndsWith(".timestamp", StringComparison.Ordinal));

    // A moment is kept in µs, also when it was worked out as seconds: `value (stamp & 0x3FFFFFFF) + 1167609600 -> timestamp s`.
    private static Value Moment(Value seconds) => seconds.Type switch
    {
        ValueType.Integer => new Value { Type = ValueType.Time, Code = $"(({seconds.Code}) * 1000000L)", Has = seconds.Has },
        ValueType.Real => new Value { Type = ValueType.Time, Code = $"(long)(({seconds.Code}) * 1e6)", Has = seconds.Has },
        _ => seconds,
    };

    private Linear Convert(Target target, ParameterTable.Entry entry, Linear linear)
    {
        if (target.Unit.Length == 0) return linear;
        if (!Units.IsKnown(target.Unit)) throw new SpecSyntaxException(Ids.Unit, target.UnitAt, $"'{target.Unit}' is no unit{Nearest.Suggestion(target.Unit, Units.Names)}");
        if (entry.Unit.Length == 0) return linear;
        if (!Units.TryConvert(target.Unit, entry.Unit, out double multiply, out double divide, out double add))
        {
            throw new SpecSyntaxException(Ids.Unit, target.UnitAt, $"'{target.Name}' is kept in {entry.Unit}, which '{target.Unit}' can't become; write the unit on the wire or correct the parameter");
        }
        return linear.Then(multiply, divide, add);
    }

    private SpecSyntaxException UnknownParameter(Target target) =>
        new(Ids.UnknownParameter, target.At, $"the dictionary has no parameter '{target.Name}'{Nearest.Suggestion(target.Name, _parameters.Names)}; names of the vendor's own go below custom.");

    // din.{i}, custom.param.{id}, custom.{name}
    private void EmitOpenPut(Target target, int brace, Value value, Linear linear, Context c, Place at)
    {
        int close = target.Name.IndexOf('}', brace);
        if (brace == 0 && close == target.Name.Length - 1)
        {
            EmitSentPut(target, value, linear, c, at);
            return;
        }
        if (close != target.Name.Length - 1 || brace == 0 || target.Name[brace - 1] != '.')
        {
            throw new SpecSyntaxException(Ids.Syntax, target.At, "the braces stand at the end, behind a dot: din.{i}");
        }
        string prefix = target.Name.Substring(0, brace - 1);
        string text = target.Name.Substring(brace + 1, close - brace - 1);
        Value name = Emit(ParseExpression(text, target.At), c);
        bool custom = prefix == "custom" || prefix.StartsWith("custom.", StringComparison.Ordinal);
        _used.Add(target.Name);

        if (!custom)
        {
            if (!_parameters.TryFindIndexed(prefix, out ParameterTable.Entry entry)) throw UnknownParameter(new Target { At = target.At, Name = prefix });
            if (name.Type is ValueType.Bytes or ValueType.Hex) throw new SpecSyntaxException(Ids.Type, target.At, $"'{prefix}' is numbered; the braces need a number");
            string number = _method.Integer("n");
            Out.Line($"{number} = {Int(name, target.At)};");
            string guard = $"(ulong)({number} - 1) < 32767";
            if (value.Has is not null) guard += $" && {value.Has}";
            Out.Open($"if ({guard})");
            Value unguarded = Without(value);
            EmitWrite($"({entry.Number} | (int){number} << 16)", entry.Type, unguarded, Convert(target, entry, linear).Apply(unguarded), c, at);
            Out.Close();
            return;
        }
        string prefixBytes = Value.Literal(System.Text.Encoding.UTF8.GetBytes(prefix + "."));
        string formed = name.Type switch
        {
            ValueType.Bytes => $"global::Gateway.Codecs.ParameterName.Named({prefixBytes}, {name.Span})",
            _ => $"global::Gateway.Codecs.ParameterName.Numbered({prefixBytes}, {Int(name, target.At)})",
        };
        EmitWrite(formed, null, value, linear.Apply(value), c, at);
    }

    /// <summary><c>-> {path}</c>: the name is the device's own, without a prefix.</summary>
    private void EmitSentPut(Target target, Value value, Linear linear, Context c, Place at)
    {
        Value name = Emit(ParseExpression(target.Name.Substring(1, target.Name.Length - 2), target.At), c);
        if (name.Type is not ValueType.Bytes) throw new SpecSyntaxException(Ids.Type, target.At, "a name as it was sent is text: {path}, {key}");
        _used.Add("custom.{name}");     // any name
        EmitWrite($"global::Gateway.Codecs.ParameterName.Sent({name.Span})", null, value, linear.Apply(value), c, at);
    }

    private static Value Without(Value value) => new()
    {
        Type = value.Type, Code = value.Code, Base = value.Base, Start = value.Start, Length = value.Length, Constant = value.Constant, ConstantBytes = value.ConstantBytes,
        Field = value.Field, FieldStart = value.FieldStart, FieldLength = value.FieldLength,
    };

    private static Expr ParseExpression(string text, Place at)
    {
        List<SpecDiagnostic> found = [];
        List<SpecLine> lines = new Lexer(text, found).ReadTree();
        if (found.Count > 0 || lines.Count != 1) throw new SpecSyntaxException(Ids.Syntax, at, $"'{text}' is no expression");
        LineReader r = new(lines[0]);
        try
        {
            Expr expr = ExpressionParser.Parse(r);
            r.ExpectEnd();
            return expr;
        }
        catch (SpecSyntaxException e)
        {
            throw new SpecSyntaxException(e.Id, at, e.Message);
        }
    }

    private void Guarded(string? condition, string statement) => Out.Line(condition is null ? statement : $"if ({condition}) {statement}");

    /// <summary>The call to the sink. <paramref name="type"/>: number, boolean or string; null takes the value as it is.</summary>
    private void EmitWrite(string key, string? type, Value original, Value value, Context c, Place at)
    {
        if (!c.InRecord && !_headerPuts && !c.InTable && type is not null) _commonPuts = true;
        string? has = original.Has;
        switch (value.Type)
        {
            case ValueType.Integer when type is "boolean":
                Guarded(has, $"sink.Boolean({key}, {value.Code} != 0);");
                break;
            case ValueType.Integer when type is "string":
                Guarded(has, $"sink.DecimalText({key}, {value.Code});");
                break;
            case ValueType.Integer:
                Guarded(has, $"sink.Integer({key}, {value.Code});");
                break;
            case ValueType.Real when type is "boolean":
                Guarded(has, $"sink.Boolean({key}, {value.Code} != 0);");
                break;
            case ValueType.Real when type is "string":
                Guarded(has, $"global::Gateway.Codecs.Reading.Support.RealText(ref sink, {key}, {value.Code});");
                break;
            case ValueType.Real:
                Guarded(has, $"sink.Real({key}, {value.Code});");
                break;
            case ValueType.Boolean when type is "number":
                Guarded(has, $"sink.Integer({key}, {value.Code} ? 1 : 0);");
                break;
            case ValueType.Boolean when type is "string":
                Guarded(has, $"sink.Text({key}, {value.Code} ? \"true\"u8 : \"false\"u8);");
                break;
            case ValueType.Boolean:
                Guarded(has, $"sink.Boolean({key}, {value.Code});");
                break;
            // A name that is not in the dictionary has no type; there a time is its seconds.
            case ValueType.Time when type is null:
                Guarded(has, $"sink.Real({key}, {value.Code} / 1e6);");
                break;
            case ValueType.Time when type is not "number":
                throw new SpecSyntaxException(Ids.Type, at, $"the parameter is a {type}, this is a time; parts of it are numbers: hour(t), unix(t)");
            case ValueType.Time:
                Guarded(has, $"sink.Time({key}, {value.Code});");
                break;
            case ValueType.Hex:
                if (type is "number" or "boolean") throw new SpecSyntaxException(Ids.Type, at, "the parameter is a number; read it as uint, or as hexint from text");
                Guarded(has, value.Start == "0" && value.Length.EndsWith(" * 2", StringComparison.Ordinal)
                    ? $"sink.Hex({key}, {value.Base}.Slice(0, {value.Length.Substring(0, value.Length.Length - 4)}));"
                    : $"global::Gateway.Codecs.Reading.Support.HexText(ref sink, {key}, {value.Base}, {value.Start}, {value.Length});");
                break;
            default:
                if (type is "number" or "boolean") throw new SpecSyntaxException(Ids.Type, at, $"the parameter is a {type}, this is text; read it as int, real, hexint or bool");
                Guarded(has, $"sink.Text({key}, {value.Span});");
                break;
        }
    }

    // ---- identity ----

    private void EmitLogin(List<Value> candidates, Place at, Context c)
    {
        // The first candidate that is acceptable wins.
        List<string> tests = candidates.ConvertAll(candidate => candidate.Type switch
        {
            ValueType.Bytes => $"s.TrySetIdent({candidate.Span})",
            ValueType.Hex => $"global::Gateway.Codecs.Reading.Support.TrySetIdentHex(s, {candidate.Base}, {candidate.Start}, {candidate.Length})",
            _ => $"global::Gateway.Codecs.Reading.Support.TrySetIdent(s, {Int(candidate, at)})",
        });
        string refused = string.Join(" && ", tests.Select(t => "!" + t));
        string? has = candidates.Count == 1 ? candidates[0].Has : null;
        Out.Line($"if ({(has is null ? "" : has + " && ")}{refused}) {c.Fail("Malformed", at.Line)}");
    }

    // ---- enums ----

    private EnumNode FindEnum(string name, Place at)
    {
        EnumNode? found = _spec.Enums.Find(e => e.Name == name);
        if (found is null) throw new SpecSyntaxException(Ids.UnknownName, at, $"there is no enum '{name}'{Nearest.Suggestion(name, _spec.Enums.Select(e => e.Name))}");
        found.Used = true;
        return found;
    }

    /// <summary>Writes what an enum says for a value: parameters of its own, or a number or text for the targets.</summary>
    private void EmitEnum(EnumNode node, Value value, List<Target> targets, Context c, Place at)
    {
        bool text = value.Type is ValueType.Bytes;
        string? raw = null;
        if (!text)
        {
            raw = _method.Integer("k");
            Out.Line($"{raw} = {Int(value, at)};");
        }
        if (value.Has is not null) Out.Open($"if ({value.Has})");
        bool first = true;
        EnumEntry? other = null;
        HashSet<long> seen = [];
        foreach (EnumEntry entry in node.Entries)
        {
            if (entry.Key is null)
            {
                other = entry;
                continue;
            }
            Value key = Emit(entry.Key, c);
            if (key.Constant is long constant && entry.KeyTo is null && !seen.Add(constant)) throw new SpecSyntaxException(Ids.Duplicate, entry.At, $"the value {constant} stands in this enum already; this line can never match");
            string test;
            if (text) test = key.Type == ValueType.Bytes ? $"global::Gateway.Codecs.Reading.Text.EqualsIgnoreCase({value.Span}, {key.Span})" : EmitEquals(value, key, false, entry.At);
            else if (entry.KeyTo is not null) test = $"{raw} >= {Int(key, entry.At)} && {raw} <= {Int(Emit(entry.KeyTo, c), entry.At)}";
            else test = $"{raw} == {Int(key, entry.At)}";
            Out.Line($"{(first ? "" : "else ")}if ({test})");
            EmitEntry(entry, targets, c);
            first = false;
        }
        if (other is not null)
        {
            Out.Line(first ? "" : "else");
            EmitEntry(other, targets, c);
        }
        else if (node.Entries.Exists(e => e.Value is not null) && targets.Count > 0 && !first)
        {
            // A value that the table does not know keeps its number or text, so that nothing is lost.
            Out.Line("else");
            Out.Open();
            foreach (Target target in targets)
            {
                if (TypeOf(target) == "string" || text == false && TypeOf(target) == "number") EmitPut(target, Without(value), new Linear(), c, at);
            }
            Out.Close();
        }
        if (value.Has is not null) Out.Close();
    }

    private string TypeOf(Target target) => _parameters.TryFind(target.Name, out ParameterTable.Entry entry, out _) ? entry.Type : "string";

    private void EmitEntry(EnumEntry entry, List<Target> targets, Context c)
    {
        Out.Open();
        if (entry.Value is not null) EmitPuts(targets, Emit(entry.Value, c), new Linear(), c, entry.At);
        EmitPuts(entry.Targets, Value.Of(ValueType.Boolean, "true"), new Linear(), c, entry.At);
        Out.Close();
    }
}
