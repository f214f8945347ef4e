using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace Gateway.Codecs.Generator;

/// <summary>Times: on bytes, in text, worked out, put together.</summary>
internal sealed partial class SpecEmitter
{
    private const string ClockClass = "global::Gateway.Codecs.Reading.Clock";

    private void EmitTime(TimeItem time, Context c)
    {
        if (time.Form == "combine")
        {
            EmitCombine(time, c);
            return;
        }
        if (time.Form is "of" or "value" or "gps")
        {
            EmitComputedTime(time, c);
            return;
        }
        if (time.Form == "now")
        {
            EmitTimePut(time, Value.Of(ValueType.Time, "s.NowUs"), c);
            return;
        }
        if (time.Form == "pattern" || time.Type is null || c.Columns || c.Element)
        {
            EmitTextTime(time, c);
            return;
        }
        string? condition = time.Condition is null ? null : Bool(Emit(time.Condition, c), time.At);
        string? has = null;
        if (condition is not null)
        {
            has = _method.Boolean("h");
            Out.Line($"{has} = {condition};");
            Out.Open($"if ({has})");
        }
        if (c.Bits is not null)
        {
            EmitBitTime(time, has, c);
            if (condition is not null) Out.Close();
            return;
        }
        int size = TimeSize(time) ?? throw new SpecSyntaxException(Ids.Type, time.At, "the time's type needs a constant size: u32, u64le, ...");
        Out.Line($"if ({c.End} - {c.Position} < {size}) {c.Fail("Truncated", time.Line)}");
        string run = $"r{_method.NextNumber()}";
        Out.Line($"global::System.ReadOnlySpan<byte> {run} = {c.Span}.Slice({c.Position}, {size});");
        Out.Line($"{c.Position} += {size};");
        Value value = ReadTime(time, run, 0, c);
        if (has is not null) value.Has = value.Has is null ? has : $"({has} && {value.Has})";
        FinishTime(time, value, $"({c.Position} - {size})", size.ToString(CultureInfo.InvariantCulture), c);
        if (condition is not null) Out.Close();
    }

    private void EmitCombine(TimeItem time, Context c)
    {
        Value date = c.Scope.Find(time.CombineDate) ?? throw Unknown(new NameExpr { At = time.At, Name = time.CombineDate }, c);
        Value clock = c.Scope.Find(time.CombineTime) ?? throw Unknown(new NameExpr { At = time.At, Name = time.CombineTime }, c);
        if (date.Type != ValueType.Time || clock.Type != ValueType.Time) throw new SpecSyntaxException(Ids.Type, time.At, "combine takes two names that were read with time patterns");
        string us = _method.Integer("t");
        string good = _method.Boolean("h");
        Out.Line($"{good} = {date.Has ?? "true"} && {clock.Has ?? "true"};");
        Out.Line($"{us} = {date.Code} + {clock.Code};");
        Value value = new() { Type = ValueType.Time, Code = us, Has = good };
        AdjustTime(time, value, c);
        if (time.Name.Length > 0) c.Scope.Set(time.Name, value);
        if (date.Field >= 0) Out.Line($"if (TSink.Traces) sink.Origin({date.Field}, {date.FieldStart}, {date.FieldLength});");
        if (time.Name.Length == 0 || time.Target is not null) EmitTimePut(time, value, c);
    }

    // time of y, m, d, h, m, s; time value x; time gps week w seconds s
    private void EmitComputedTime(TimeItem time, Context c)
    {
        string? condition = time.Condition is null ? null : Bool(Emit(time.Condition, c), time.At);
        if (condition is not null) Out.Open($"if ({condition})");
        List<Value> parts = time.Parts.ConvertAll(p => Emit(p, c));
        string? present = parts.Aggregate((string?)null, (has, part) => Both(has, part.Has));
        string us = _method.Integer("t");
        string good = _method.Boolean("h");
        Value last = parts[parts.Count - 1];
        switch (time.Form)
        {
            case "of":
                // A second may have a fraction; the calendar takes whole ones.
                bool fraction = parts.Count == 6 && last.Type == ValueType.Real;
                string[] civil = [.. Enumerable.Range(0, 6).Select(i => i >= parts.Count ? "0" : Int32(i == 5 && fraction ? Value.Of(ValueType.Integer, $"(long){Paren(last.Code)}") : parts[i], time.At))];
                Out.Line($"{good} = {ClockClass}.TryCivil(global::Gateway.Codecs.Reading.Support.FullYear({civil[0]}), {string.Join(", ", civil.Skip(1))}, out {us});");
                if (fraction) Out.Line($"{us} += global::Gateway.Codecs.Reading.Support.FractionUs({last.Code});");
                Out.Line($"if (!{good}{(present is null ? "" : $" && {present}")}) s.DroppedValues++;");
                if (present is not null) Out.Line($"{good} &= {present};");
                break;
            case "gps":
                Out.Line($"{us} = {ClockClass}.EpochGpsUs + global::Gateway.Codecs.Reading.Support.TimeUs({Int(parts[0], time.At)}, 604800000000L) + {Seconds(last, time.At)};");
                Out.Line($"{good} = {present ?? "true"};");
                break;
            default:
                Out.Line(last.Type == ValueType.Time ? $"{us} = {last.Code};" : $"{us} = {Seconds(last, time.At)};");
                Out.Line($"{good} = {present ?? "true"};");
                break;
        }
        Value value = new() { Type = ValueType.Time, Code = us, Has = good, Field = last.Field, FieldStart = last.FieldStart, FieldLength = last.FieldLength };
        if (value.Field >= 0) Out.Line($"if (TSink.Traces) sink.Origin({value.Field}, {value.FieldStart}, {value.FieldLength});");
        AdjustTime(time, value, c);
        if (time.Name.Length > 0) c.Scope.Set(time.Name, value);
        if (time.Name.Length == 0 || time.Target is not null) EmitTimePut(time, value, c);
        if (condition is not null) Out.Close();
    }

    private static string Seconds(Value value, Place at) => value.Type == ValueType.Real
        ? $"global::Gateway.Codecs.Reading.Support.SecondsUs({value.Code})"
        : $"global::Gateway.Codecs.Reading.Support.SecondsUs({Int(value, at)})";

    // What goes for all forms: the zone, seconds to add, the day or the year that is missing, the clock instead.
    private void AdjustTime(TimeItem time, Value value, Context c)
    {
        if (time.Zone is not null) Out.Line($"{value.Code} -= ({Int(Emit(time.Zone, c), time.At)}) * 60000000L;");
        if (time.Plus is not null)
        {
            Value plus = Emit(time.Plus, c);
            Guarded(plus.Has, $"{value.Code} += {Seconds(plus, time.At)};");
        }
        if (time.Today) Guarded(value.Has, $"{value.Code} = {ClockClass}.NearestDay({value.Code}, s.NowUs);");
        else if (time.Form == "pattern" && LacksYear(time.Pattern)) Guarded(value.Has, $"{value.Code} = {ClockClass}.NearestYear({value.Code}, s.NowUs);");
        if (!time.DefaultNow) return;
        if (value.Has is not null) Out.Line($"if (!{value.Has}) {value.Code} = s.NowUs;");
        value.Has = null;
    }

    private static bool LacksYear(string pattern) => pattern.IndexOf('M') >= 0 && pattern.IndexOf('y') < 0;

    // Patterns with parts of one or two digits, or with a zone, tell their width only in the text.
    private static bool HasFixedWidth(string pattern)
    {
        for (int i = 0; i < pattern.Length;)
        {
            int run = 1;
            while (i + run < pattern.Length && pattern[i + run] == pattern[i]) run++;
            if (pattern[i] == 'z' || (run == 1 && "yMdHms".IndexOf(pattern[i]) >= 0)) return false;
            i += run;
        }
        return true;
    }

    private void EmitBitTime(TimeItem time, string? has, Context c)
    {
        if (time.Form is not ("unix" or "unix.ms" or "epoch")) throw new SpecSyntaxException(Ids.Type, time.At, "in a bitfield read the parts with bits and write 'time of 2000 + y, mo, d, h, mi, s'");
        (Value raw, string start, string length) = TakeBits(time.Type!, time.Line, c);
        string us = _method.Integer("t");
        Out.Line($"{us} = global::Gateway.Codecs.Reading.Support.TimeUs({raw.Code}, {(time.Form == "unix.ms" ? 1000 : 1000000)}) + {time.EpochUs}L;");
        FinishTime(time, new Value { Type = ValueType.Time, Code = us, Has = Both(has, $"({raw.Code} != 0)") }, start, length, c);
    }

    // ---- text ----

    private void EmitTextTime(TimeItem time, Context c)
    {
        string us = _method.Integer("t");
        string start, length, has;
        string? condition = time.Condition is null ? null : Bool(Emit(time.Condition, c), time.At);
        if (condition is not null) Out.Open($"if ({condition})");
        if (c.Columns || c.Element)
        {
            (start, length, has) = NextColumn(c);
        }
        else
        {
            start = _method.Int32("s");
            length = _method.Int32("n");
            has = _method.Boolean("h");
            Out.Line($"{start} = {c.Position};");
            if (time.Terminator is not null)
            {
                Out.Line($"{length} = global::System.MemoryExtensions.IndexOf({c.Span}.Slice({c.Position}, {c.End} - {c.Position}), {Value.Literal(time.Terminator)});");
                Out.Line($"if ({length} < 0) {c.Fail("Malformed", time.Line)}");
                TraceDelimiter(c, time.Line, $"{c.Position} + {length}", time.Terminator.Length);
                Out.Line($"{c.Position} += {length} + {time.Terminator.Length};");
            }
            else
            {
                string extent = time.Form == "iso" ? $"global::Gateway.Codecs.Reading.Clock.TryReadIso({c.Span}.Slice({c.Position}, {c.End} - {c.Position}), out int width{start}, out _) ? width{start} : 0"
                    : time.Form != "pattern" ? $"{TextClass}.{(time.Form == "unix.ms" ? "DigitsEnd" : "RealEnd")}({c.Span}, {c.Position}, {c.End}) - {c.Position}"
                    : HasFixedWidth(time.Pattern) ? time.Pattern.Length.ToString(CultureInfo.InvariantCulture)
                    : $"global::Gateway.Codecs.Reading.Clock.TryRead({c.Span}.Slice({c.Position}, {c.End} - {c.Position}), {Value.Literal(System.Text.Encoding.UTF8.GetBytes(time.Pattern))}, out int width{start}, out _) ? width{start} : 0";
                Out.Line($"{length} = {extent};");
                Out.Line($"if ({c.End} - {c.Position} < {length}) {c.Fail("Truncated", time.Line)}");
                Out.Line($"{c.Position} += {length};");
            }
            Out.Line($"{has} = {length} > 0;");
            if (!time.Optional) Out.Line($"if (!{has}) {c.Fail("Malformed", time.Line)}");
        }
        string span = $"{c.Span}.Slice({start}, {length})";
        if (time.Form == "iso")
        {
            Out.Line($"if ({has} && !global::Gateway.Codecs.Reading.Clock.TryIso({span}, out {us})) {{ {has} = false; s.DroppedValues++; }}");
        }
        else if (time.Form == "pattern")
        {
            string pattern = Value.Literal(System.Text.Encoding.UTF8.GetBytes(time.Pattern));
            string call = !LacksYear(time.Pattern) && TimePattern.TryPlaces(time.Pattern, out ulong places) ? $"TryFixed({span}, {pattern}, 0x{places:X}UL, out {us})" : $"TryParse({span}, {pattern}, out {us})";
            Out.Line($"if ({has} && !global::Gateway.Codecs.Reading.Clock.{call}) {{ {has} = false; s.DroppedValues++; }}");
        }
        else
        {
            Out.Line($"if ({has} && !global::Gateway.Codecs.Reading.Support.TryTime({span}, {(time.Form == "unix.ms" ? 1000 : 1000000)}, out {us})) {{ {has} = false; s.DroppedValues++; }}");
            // Zero is what a device without a clock sends.
            Out.Line($"if ({us} == 0) {has} = false;");
            if (time.EpochUs != 0) Out.Line($"{us} += {time.EpochUs}L;");
        }
        FinishTime(time, new Value { Type = ValueType.Time, Code = us, Has = has }, start, length, c);
        if (condition is not null) Out.Close();
    }

    // ---- bytes ----

    private Value ReadTime(TimeItem time, string run, int offset, Context c)
    {
        string us = _method.Integer("t");
        switch (time.Form)
        {
            case "unix" or "unix.ms" or "epoch":
                TryIntegerType(time.Type!.Name, out int width, out bool signed, out bool little);
                string raw = ReadInteger(run, offset == 0 ? run : $"{run}.Slice({offset})", offset, width, signed, little);
                Out.Line(time.Form == "unix.ms" ? $"{us} = global::Gateway.Codecs.Reading.Support.TimeUs({raw}, 1000);" : $"{us} = global::Gateway.Codecs.Reading.Support.TimeUs({raw}, 1000000){(time.EpochUs != 0 ? $" + {time.EpochUs}L" : "")};");
                // Zero is what a device without a clock sends.
                return new Value { Type = ValueType.Time, Code = us, Has = $"({raw} != 0)" };
            default:
                string good = _method.Boolean("h");
                bool bcd = time.Type!.Name == "bcd";
                int year = time.Type.Name == "u16year" ? 2 : 1;
                string Part(int at) => bcd ? $"global::Gateway.Codecs.Reading.Support.Bcd({run}[{offset + at}])" : $"{run}[{offset + at}]";
                string Year(int at) => year == 2 ? $"({run}[{offset + at}] << 8 | {run}[{offset + at + 1}])" : $"2000 + {Part(at)}";
                string parts = time.Form switch
                {
                    "ymdhms" => $"{Year(0)}, {Part(year)}, {Part(year + 1)}, {Part(year + 2)}, {Part(year + 3)}, {Part(year + 4)}",
                    "dmyhms" => $"{Year(2)}, {Part(1)}, {Part(0)}, {Part(2 + year)}, {Part(3 + year)}, {Part(4 + year)}",
                    "hmsdmy" => $"{Year(5)}, {Part(4)}, {Part(3)}, {Part(0)}, {Part(1)}, {Part(2)}",
                    "hmsymd" => $"{Year(3)}, {Part(3 + year)}, {Part(4 + year)}, {Part(0)}, {Part(1)}, {Part(2)}",
                    "ymd" => $"{Year(0)}, {Part(1)}, {Part(2)}, 0, 0, 0",
                    _ => $"1970, 1, 1, {Part(0)}, {Part(1)}, {Part(2)}",
                };
                Out.Line($"{good} = global::Gateway.Codecs.Reading.Clock.TryCivil({parts}, out {us});");
                Out.Line($"if (!{good}) s.DroppedValues++;");
                return new Value { Type = ValueType.Time, Code = us, Has = good };
        }
    }

    private void FinishTime(TimeItem time, Value value, string start, string length, Context c)
    {
        string parameter = time.Target?.Name ?? (time.Name.Length == 0 ? "timestamp" : "");
        string form = time.Form == "pattern" ? time.Pattern : time.Form;
        int index = AddField(time.Line, time.Name, $"time {form}{(time.Type is null ? "" : " " + TypeText(time.Type))}{(time.EpochUs != 0 ? " " + time.EpochUs.ToString(CultureInfo.InvariantCulture) : "")}", parameter, "", new Linear(), time.Type is null || IsBigEndian(time.Type));
        TraceField(index, start, length);
        AdjustTime(time, value, c);
        value.Field = index;
        value.FieldStart = start;
        value.FieldLength = length;
        if (time.Name.Length > 0) c.Scope.Set(time.Name, value);
        if (parameter.Length > 0) EmitTimePut(time, value, c);
    }

    private void EmitTimePut(TimeItem time, Value value, Context c)
    {
        Target target = time.Target ?? new Target { At = time.At, Name = "timestamp" };
        if (!_parameters.TryFind(target.Name, out ParameterTable.Entry entry, out int index)) throw UnknownParameter(target);
        _used.Add(target.Name);
        if (entry.Type != "number") throw new SpecSyntaxException(Ids.Type, target.At, $"'{target.Name}' is a {entry.Type}, not a time");
        Guarded(value.Has, $"sink.Time({entry.Number | index << 16}, {value.Code});");
    }
}
