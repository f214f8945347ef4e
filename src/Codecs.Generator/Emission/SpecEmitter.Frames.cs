using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace Gateway.Codecs.Generator;

internal sealed partial class SpecEmitter
{
    private List<string>? _frameNeeds;

    private const string Result = "global::Gateway.Codecs.FrameResult";

    private void EmitFraming(CodeWriter code)
    {
        FrameSection? udp = _spec.Frames.Find(f => f.Transport == "udp");
        FrameSection? tcp = _spec.Frames.Find(f => f.Transport != "udp");
        code.Line($"public override {Result} TryFrame(global::System.ReadOnlySpan<byte> input, global::Gateway.Codecs.Session session)");
        code.Open();
        code.Line($"{_sessionClass} s = ({_sessionClass})session;");
        if (tcp is null && udp is null)
        {
            // Without a frame section a read is a frame.
            code.Line($"return input.IsEmpty ? {Result}.NeedMore(0) : new {Result}(global::Gateway.Codecs.FrameStatus.Frame, 0, input.Length, input.Length);");
        }
        else if (udp is not null)
        {
            code.Line($"return s.Transport == global::Gateway.Codecs.Transport.Udp ? FrameUdp(input, s) : {(tcp is null ? "FrameUdp" : "FrameTcp")}(input, s);");
        }
        else
        {
            code.Line("return FrameTcp(input, s);");
        }
        code.Close();
        if (tcp is not null) code.Line("").Append(EmitFrame(tcp, "FrameTcp"));
        if (udp is not null) code.Line("").Append(EmitFrame(udp, "FrameUdp"));
    }

    private CodeWriter EmitFrame(FrameSection frame, string name)
    {
        MethodBody method = new();
        _method = method;
        Out.Indent = 2;
        Context c = new() { Scope = new Scope(null), Span = "f", Position = "zero", End = "f.Length", Fail = (_, _) => $"return {Result}.Malformed;" };
        Out.Line("const int zero = 0;");
        Out.Line("int skip = 0;");
        Out.Open("while (true)");
        if (frame.SkipTo.Count > 0)
        {
            string marks = PairsLiteral(frame.SkipTo.ConvertAll(m => (m, Array.Empty<byte>())));
            Out.Line($"skip += global::Gateway.Codecs.Reading.Framing.SkipTo(input.Slice(skip), {marks});");
            Out.Line($"if (skip > 0 && s.SkippedBytes + skip > global::Gateway.Codecs.Session.SkippedBytesMax) return {Result}.Malformed;");
        }
        Out.Line("global::System.ReadOnlySpan<byte> f = input.Slice(skip);");
        Out.Line($"if (f.IsEmpty) return global::Gateway.Codecs.Reading.Framing.NeedMore(s, skip);");
        bool closed = false;
        foreach (FrameCase branch in frame.Cases)
        {
            try
            {
                if (closed) throw new SpecSyntaxException(Ids.Unreachable, branch.At, "this case can never be reached: the one above it has no condition");
                Out.Spec(branch.At.Line, _file);
                if (branch.Condition is not null)
                {
                    string condition = WithNeeds(() => Bool(Emit(branch.Condition, c), branch.At));
                    Out.Open($"if ({condition})");
                }
                else
                {
                    closed = true;
                    Out.Open();
                }
                EmitRules(branch.Rules, c);
                Out.Close();
            }
            catch (SpecSyntaxException e)
            {
                Report(e);
            }
        }
        if (!closed) Out.Line($"return {Result}.Malformed;");
        Out.Close();

        CodeWriter code = new() { Indent = 1 };
        code.Line($"private static {Result} {name}(global::System.ReadOnlySpan<byte> input, {_sessionClass} s)");
        code.Open();
        foreach (string local in method.Locals) code.Line(local);
        code.Append(method.Code);
        code.Hidden();
        code.Close();
        return code;
    }

    // The bytes that an expression looks at must be there before it is worth anything. A datagram never gets longer.
    private string WithNeeds(Func<string> emit)
    {
        _frameNeeds = [];
        string result = emit();
        foreach (string need in _frameNeeds.Distinct()) Out.Line($"if (f.Length < {need} && s.Transport != global::Gateway.Codecs.Transport.Udp) return global::Gateway.Codecs.Reading.Framing.NeedMore(s, skip);");
        _frameNeeds = null;
        return result;
    }

    private void EmitRules(List<FrameRule> rules, Context c)
    {
        FrameRule cut = rules.Find(r => r.Kind is "size" or "until" or "between" or "balanced" or "datagram" or "reject")
            ?? throw new SpecSyntaxException(Ids.Missing, rules.Count > 0 ? rules[0].At : default, "the case does not say where the frame ends; write size, until, between, balanced, datagram or reject");
        FrameRule? tail = rules.Find(r => r.Kind == "tail");
        FrameRule? unescape = rules.Find(r => r.Kind == "unescape");
        FrameRule? strip = rules.Find(r => r.Kind == "strip");
        int max = _spec.FrameBytesMax;
        const string udp = "s.Transport == global::Gateway.Codecs.Transport.Udp";
        Out.Spec(cut.At.Line, _file);
        switch (cut.Kind)
        {
            case "reject":
                Out.Line($"return {Result}.Malformed;");
                return;
            case "datagram":
                Out.Line("int length = f.Length;");
                Out.Line("int taken = length;");
                break;
            case "size":
                string size = WithNeeds(() => Int(Emit(cut.Size!, c), cut.At));
                Out.Line($"long wanted = {size};");
                Out.Line($"if (wanted < 1) return {Result}.Malformed;");
                Out.Line($"if (wanted > {max}) return {Result}.TooLong;");
                // A datagram that is shorter than it says is one frame, for the decoder to refuse.
                Out.Line($"if (f.Length < wanted && {udp}) wanted = f.Length;");
                Out.Line("if (f.Length < wanted) return global::Gateway.Codecs.Reading.Framing.NeedMore(s, skip);");
                Out.Line("int length = (int)wanted;");
                if (tail is not null)
                {
                    Out.Open($"if (!global::System.MemoryExtensions.EndsWith(f.Slice(0, length), {Value.Literal(tail.Tail)}))");
                    if (tail.TailReject) Out.Line($"return {Result}.Malformed;");
                    else
                    {
                        int search = Math.Min(tail.SearchBytes, max);
                        Out.Line($"int found = global::System.MemoryExtensions.IndexOf(f.Slice(0, global::System.Math.Min(f.Length, {search})), {Value.Literal(tail.Tail)});");
                        Out.Line($"if (found < 0) return f.Length < {search} ? global::Gateway.Codecs.Reading.Framing.NeedMore(s, skip) : {Result}.Malformed;");
                        Out.Line($"length = found + {tail.Tail.Length};");
                    }
                    Out.Close();
                }
                Out.Line("int taken = length;");
                break;
            case "until":
                string marks = PairsLiteral(cut.Marks.ConvertAll(m => (m, Array.Empty<byte>())));
                int longest = cut.Marks.Max(m => m.Length);
                Out.Line($"int length = global::Gateway.Codecs.Reading.Framing.FindMark(f, global::System.Math.Max(0, s.Examined - skip), {marks}, out int markLength);");
                Out.Open("if (length < 0)");
                Out.Line($"if (f.Length > {max}) return {Result}.TooLong;");
                Out.Line($"if ({udp}) {{ length = f.Length; markLength = 0; }}");
                Out.Line($"else return global::Gateway.Codecs.Reading.Framing.NeedMore(s, skip, global::System.Math.Max(0, f.Length - {longest - 1}));");
                Out.Close();
                if (!cut.Keep)
                {
                    // An empty line between two frames is nothing.
                    Out.Line("if (length == 0) { skip += markLength; s.Examined = 0; continue; }");
                }
                Out.Line($"int taken = length + markLength;");
                if (cut.Keep) Out.Line("length = taken;");
                if (cut.Plus is not null)
                {
                    string plus = WithNeeds(() => Int32(Emit(cut.Plus, c), cut.At));
                    Out.Line($"if (f.Length < taken + {plus}) return global::Gateway.Codecs.Reading.Framing.NeedMore(s, skip);");
                    Out.Line($"taken += {plus};");
                    Out.Line("length = taken;");
                }
                Out.Line($"if (length > {max}) return {Result}.TooLong;");
                break;
            case "between":
                Out.Line($"if (!global::System.MemoryExtensions.StartsWith(f, {Value.Literal(cut.Begin)})) return f.Length < {cut.Begin.Length} ? global::Gateway.Codecs.Reading.Framing.NeedMore(s, skip) : {Result}.Malformed;");
                Out.Line($"int length = global::Gateway.Codecs.Reading.Framing.FindMark(f, global::System.Math.Max({cut.Begin.Length}, s.Examined - skip), {PairsLiteral([(cut.End, [])])}, out _);");
                Out.Line($"if (length < 0) return f.Length > {max} ? {Result}.TooLong : global::Gateway.Codecs.Reading.Framing.NeedMore(s, skip, global::System.Math.Max({cut.Begin.Length}, f.Length - {cut.End.Length - 1}));");
                // Two equal marks in a row: the end of one frame and the start of the next.
                Out.Line($"if (length == {cut.Begin.Length}) {{ skip += {cut.Begin.Length}; s.Examined = 0; continue; }}");
                Out.Line($"length += {cut.End.Length};");
                Out.Line($"if (length > {max}) return {Result}.TooLong;");
                Out.Line("int taken = length;");
                break;
            default:
                Out.Line($"int length = global::Gateway.Codecs.Reading.Framing.Balanced(f, {cut.Begin[0]}, {cut.End[0]});");
                Out.Line($"if (length < 0) return {Result}.Malformed;");
                Out.Line($"if (length == 0) return f.Length > {max} ? {Result}.TooLong : global::Gateway.Codecs.Reading.Framing.NeedMore(s, skip);");
                Out.Line("int taken = length;");
                break;
        }
        string start = "skip";
        if (strip is not null)
        {
            string n = Int32(Emit(strip.Size!, c), strip.At);
            Out.Line($"int strip = global::System.Math.Min({n}, length);");
            Out.Line("length -= strip;");
            start = "skip + strip";
        }
        Out.Line("s.Examined = 0;");
        Out.Line("s.SkippedBytes = 0;");
        if (unescape is not null)
        {
            Out.Line($"int unescaped = global::Gateway.Codecs.Reading.Framing.Unescape(input.Slice({start}, length), s, {PairsLiteral(unescape.Pairs)});");
            Out.Line($"if (unescaped < 0) return {Result}.TooLong;");
            Out.Line($"return new {Result}(global::Gateway.Codecs.FrameStatus.Frame, 0, unescaped, skip + taken, true);");
            return;
        }
        Out.Line($"return new {Result}(global::Gateway.Codecs.FrameStatus.Frame, {start}, length, skip + taken);");
    }
}
