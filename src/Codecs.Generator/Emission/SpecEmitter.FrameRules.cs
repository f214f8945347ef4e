using System;
using System.Collections.Generic;
using System.Linq;

namespace Gateway.Codecs.Generator;

/// <summary>The rules of a frame case: where the frame ends, and what is done to it once it is whole.</summary>
internal sealed partial class SpecEmitter
{
    private static readonly string[] CuttingRules = ["size", "until", "before", "between", "balanced", "walk", "datagram", "http", "reject"];

    // Each cutting rule declares `length` (of the frame) and `taken` (bytes of input it used).
    private void EmitRules(List<FrameRule> rules, Context c)
    {
        FrameRule cut = rules.Find(r => CuttingRules.Contains(r.Kind))
            ?? throw new SpecSyntaxException(Ids.Missing, rules.Count > 0 ? rules[0].At : _spec.At, "the case does not say where the frame ends; write size, until, before, between, balanced, walk, datagram or reject");
        FrameRule? second = rules.Find(r => r != cut && CuttingRules.Contains(r.Kind));
        if (second is not null) throw new SpecSyntaxException(Ids.Unreachable, second.At, $"'{cut.Kind}' above says where the frame ends already; put one of the two into a case of its own");
        FrameRule? tail = rules.Find(r => r.Kind == "tail");
        Out.Spec(cut.At.Line, _file);
        switch (cut.Kind)
        {
            case "reject":
                Out.Line($"return {Result}.Malformed;");
                return;
            case "http":
                if (rules.Count > 1) throw new SpecSyntaxException(Ids.Syntax, rules[1].At, "a request is cut by its own length; nothing else belongs to the rule 'http'");
                Out.Line($"return {HttpClass}.Frame(f, s, skip, {_spec.FrameBytesMax});");
                return;
            case "datagram":
                Out.Line("int length = f.Length;");
                Out.Line("int taken = length;");
                break;
            case "size": EmitSizeRule(cut, tail, c); break;
            case "until": EmitUntilRule(cut, c); break;
            case "before": EmitBeforeRule(cut); break;
            case "between": EmitBetweenRule(cut); break;
            case "walk": EmitWalkRule(cut, c); break;
            default:
                Out.Line($"int length = {FramingClass}.Balanced(f, {cut.Begin[0]}, {cut.End[0]});");
                Out.Line($"if (length < 0) return {Result}.Malformed;");
                Out.Line($"if (length == 0) return {FramingClass}.Unfinished(s, skip, f.Length, {_spec.FrameBytesMax});");
                Out.Line("int taken = length;");
                break;
        }
        EmitCut(rules, c);
    }

    private void EmitCut(List<FrameRule> rules, Context c)
    {
        string start = "skip";
        if (rules.Find(r => r.Kind == "strip") is FrameRule strip)
        {
            Out.Line($"int strip = global::System.Math.Clamp({Int32(Emit(strip.Size!, c), strip.At)}, 0, length);");
            Out.Line("length -= strip;");
            start = "skip + strip";
        }
        Out.Line("s.Examined = 0;");
        Out.Line("s.SkippedBytes = 0;");
        if (rules.Find(r => r.Kind == "unescape") is FrameRule unescape)
        {
            Out.Line($"int unescaped = {FramingClass}.Unescape(input.Slice({start}, length), s, {PairsLiteral(unescape.Pairs)});");
            Out.Line($"if (unescaped < 0) return {Result}.TooLong;");
            Out.Line($"return new {Result}(global::Gateway.Codecs.FrameStatus.Frame, 0, unescaped, skip + taken, true);");
            return;
        }
        Out.Line($"return new {Result}(global::Gateway.Codecs.FrameStatus.Frame, {start}, length, skip + taken);");
    }

    private void EmitSizeRule(FrameRule cut, FrameRule? tail, Context c)
    {
        int max = _spec.FrameBytesMax;
        Out.Line($"long wanted = {Int(Emit(cut.Size!, c), cut.At)};");
        // A length that is searched for in what is there may come with the next bytes.
        Out.Line($"if (wanted < 1) return {(LooksAtEnd(cut.Size) ? $"{FramingClass}.Unfinished(s, skip, f.Length, {max})" : $"{Result}.Malformed")};");
        Out.Line($"if (wanted > {max}) return {Result}.TooLong;");
        // A datagram that is shorter than it says is one frame, for the decoder to refuse.
        Out.Line($"if (f.Length < wanted && {IsUdp}) wanted = f.Length;");
        Out.Line($"if (f.Length < wanted) return {FramingClass}.NeedMore(s, skip);");
        Out.Line("int length = (int)wanted;");
        if (tail is not null)
        {
            Out.Open($"if (!global::System.MemoryExtensions.EndsWith(f.Slice(0, length), {Value.Literal(tail.Tail)}))");
            if (tail.TailReject) Out.Line($"return {Result}.Malformed;");
            else
            {
                int search = Math.Min(tail.SearchBytes, max);
                Out.Line($"int found = global::System.MemoryExtensions.IndexOf(f.Slice(0, global::System.Math.Min(f.Length, {search})), {Value.Literal(tail.Tail)});");
                Out.Line($"if (found < 0) return f.Length < {search} ? {FramingClass}.NeedMore(s, skip) : {Result}.Malformed;");
                Out.Line($"length = found + {tail.Tail.Length};");
            }
            Out.Close();
        }
        Out.Line("int taken = length;");
    }

    private void EmitUntilRule(FrameRule cut, Context c)
    {
        int max = _spec.FrameBytesMax;
        int longest = cut.Marks.Max(m => m.Length);
        Out.Line("int markLength;");
        Out.Line($"int length = {FindMark(cut, "0", "markLength")};");
        Out.Open("if (length < 0)");
        Out.Line($"if (f.Length > {max}) return {Result}.TooLong;");
        Out.Line($"if ({IsUdp}) {{ length = f.Length; markLength = 0; }}");
        Out.Line($"else return {FramingClass}.NeedMore(s, skip, {Searched(cut, longest, "0")});");
        Out.Close();
        if (!cut.Keep)
        {
            // An empty line between two frames is nothing.
            Out.Line("if (length == 0) { skip += markLength; s.Examined = 0; continue; }");
        }
        Out.Line("int taken = length + markLength;");
        if (cut.Keep) Out.Line("length = taken;");
        if (cut.Plus is not null)
        {
            string plus = Int32(Emit(cut.Plus, c), cut.At);
            Out.Line($"if ({plus} < 0 || {plus} > {max}) return {Result}.TooLong;");
            Out.Line($"if (f.Length < taken + {plus}) return {FramingClass}.Unfinished(s, skip, f.Length, {max});");
            Out.Line($"taken += {plus};");
            Out.Line("length = taken;");
        }
        Out.Line($"if (length > {max}) return {Result}.TooLong;");
    }

    // The frame ends where the next one begins; its own first byte may be such a mark.
    private void EmitBeforeRule(FrameRule cut)
    {
        int max = _spec.FrameBytesMax;
        Out.Line($"int length = {FindMark(cut, "1", "_")};");
        string end = cut.OrEnd ? "length = f.Length;" : $"return {FramingClass}.NeedMore(s, skip, {Searched(cut, cut.Marks.Max(m => m.Length), "1")});";
        Out.Open("if (length < 0)");
        Out.Line($"if (f.Length > {max}) return {Result}.TooLong;");
        Out.Line(cut.OrEnd ? end : $"if ({IsUdp}) length = f.Length; else {end}");
        Out.Close();
        Out.Line($"if (length > {max}) return {Result}.TooLong;");
        Out.Line("int taken = length;");
    }

    private void EmitBetweenRule(FrameRule cut)
    {
        int max = _spec.FrameBytesMax;
        int begin = cut.Begin.Length;
        Out.Line($"if (!global::System.MemoryExtensions.StartsWith(f, {Value.Literal(cut.Begin)})) return f.Length < {begin} && global::System.MemoryExtensions.StartsWith({Value.Literal(cut.Begin)}, f) ? {FramingClass}.NeedMore(s, skip) : {Result}.Malformed;");
        Out.Line("int markLength;");
        Out.Line($"int length = {FindMark(cut, begin.ToString(System.Globalization.CultureInfo.InvariantCulture), "markLength")};");
        Out.Line($"if (length < 0) return f.Length > {max} ? {Result}.TooLong : {FramingClass}.NeedMore(s, skip, {Searched(cut, cut.Marks.Max(m => m.Length), begin.ToString(System.Globalization.CultureInfo.InvariantCulture))});");
        // Two equal marks in a row: the end of one frame and the start of the next.
        if (cut.Marks.Exists(m => m.SequenceEqual(cut.Begin))) Out.Line($"if (length == {begin}) {{ skip += {begin}; s.Examined = 0; continue; }}");
        Out.Line("length += markLength;");
        Out.Line($"if (length > {max}) return {Result}.TooLong;");
        Out.Line("int taken = length;");
    }

    // What does not count may be open where the last search stopped, so that search starts anew.
    private static string FindMark(FrameRule cut, string from, string length)
    {
        string marks = PairsLiteral(cut.Marks.ConvertAll(m => (m, Array.Empty<byte>())));
        if (cut.ExceptBegin.Length > 0 && cut.ExceptEnd.Length == 0) return $"{FramingClass}.FindMark(f, global::System.Math.Max({from}, s.Examined - skip), {marks}, {Value.Literal(cut.ExceptBegin)}, out {length})";
        return cut.ExceptBegin.Length > 0
            ? $"{FramingClass}.FindMark(f, {from}, {marks}, {Value.Literal(cut.ExceptBegin)}, {Value.Literal(cut.ExceptEnd)}, out {length})"
            : $"{FramingClass}.FindMark(f, global::System.Math.Max({from}, s.Examined - skip), {marks}, out {length})";
    }

    private static string Searched(FrameRule cut, int longestMark, string from) =>
        cut.ExceptEnd.Length > 0 ? "0" : $"global::System.Math.Max({from}, f.Length - {longestMark - 1})";
}
