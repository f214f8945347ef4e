using System;
using System.Collections.Generic;

namespace Gateway.Codecs.Generator;

/// <summary>The frame sections: one method for each, which tries its cases in order.</summary>
internal sealed partial class SpecEmitter
{
    private const string FramingClass = "global::Gateway.Codecs.Reading.Framing";
    private const string IsUdp = "s.Transport == global::Gateway.Codecs.Transport.Udp";

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
        // The bytes that an expression looks at must be there before it is worth anything. A datagram never gets longer.
        c.Need = bytes => $"if (f.Length < {bytes} && !({IsUdp})) return {FramingClass}.Wait(s, skip, f.Length, {_spec.FrameBytesMax});";
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
                    Out.Open($"if ({Bool(Emit(branch.Condition, c), branch.At)})");
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
}
