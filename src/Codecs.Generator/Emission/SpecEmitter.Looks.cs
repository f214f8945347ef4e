using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace Gateway.Codecs.Generator;

/// <summary>Bytes that are looked at without being read as fields, for explain: numbers at an offset, delimiters, and what the framer goes by.</summary>
internal sealed partial class SpecEmitter
{
    private const int FramingLooksMax = 64;

    /// <summary>Offsets of other spans than the frame's say nothing to who looks at the frame.</summary>
    private bool TracesLooks(Context c) => c.HasSink && !_walking && c.Need is null && c.Span == "m";

    private void TraceDelimiter(Context c, int line, string start, int length)
    {
        if (TracesLooks(c)) Out.Line($"if (TSink.Traces) sink.Look(global::Gateway.Codecs.LookKind.Delimiter, {line}, {start}, {length});");
    }

    /// <summary>What the frame sections look at, as far as it stands at a constant place.</summary>
    private void EmitFramingLooks(CodeWriter code)
    {
        HashSet<string> looks = [];
        foreach (FrameSection section in _spec.Frames)
        {
            foreach (byte[] mark in section.SkipTo) looks.Add(Look(section.At.Line, "FrameStart", 0, mark.Length, mark));
            foreach (FrameCase branch in section.Cases)
            {
                // What is taken off the front moves all offsets.
                if (branch.Rules.Exists(r => r.Kind == "strip")) continue;
                foreach (string look in PeeksOf(branch.Condition, branch.At.Line)) looks.Add(look);
                foreach (FrameRule rule in branch.Rules) looks.UnionWith(LooksOf(rule));
            }
        }
        List<string> escapes = 
        [
            .. _spec.Frames.SelectMany(f => f.Cases)
                .SelectMany(c => c.Rules.SelectMany(r => r.Pairs).Select(p => $"new([{BytesOf(c.Rules.Find(r => r.Begin.Length > 0)?.Begin ?? [])}], [{BytesOf(p.From)}], [{BytesOf(p.To)}])"))
                .Distinct().Take(FramingLooksMax),
        ];
        if (escapes.Count > 0) code.Line($"Escapes = [{string.Join(", ", escapes)}],");
        if (looks.Count == 0) return;
        code.Line("Framing =");
        code.Line("[");
        foreach (string look in looks.Take(FramingLooksMax)) code.Line($"    {look},");
        code.Line("],");
    }

    private static IEnumerable<string> LooksOf(FrameRule rule)
    {
        foreach (string look in PeeksOf(rule.Size, rule.At.Line)) yield return look;
        if (rule.Tail.Length > 0) yield return Look(rule.At.Line, "FrameEnd", -rule.Tail.Length, rule.Tail.Length, rule.Tail);
        if (rule.Begin.Length > 0) yield return Look(rule.At.Line, "FrameStart", 0, rule.Begin.Length, rule.Begin);
        if (rule.End.Length > 0) yield return Look(rule.At.Line, "FrameEnd", -rule.End.Length, rule.End.Length, rule.End);
        if (!rule.Keep) yield break;
        foreach (byte[] mark in rule.Marks) yield return Look(rule.At.Line, "FrameEnd", -mark.Length, mark.Length, mark);
    }

    private static IEnumerable<string> PeeksOf(Expr? expr, int line)
    {
        switch (expr)
        {
            case PeekExpr { Offset: NumberExpr { IsReal: false, Integer: >= 0 and < 4096 } offset } peek:
                string digits = new([.. peek.Type.Where(char.IsDigit)]);
                if (int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int bits) && bits is >= 8 and <= 64) yield return Look(line, "FrameLength", (int)offset.Integer, bits / 8, []);
                break;
            case BinaryExpr { Op: "starts", Left: NameExpr { Name: "frame" }, Right: BytesExpr mark }:
                yield return Look(line, "FrameStart", 0, mark.Bytes.Length, mark.Bytes);
                break;
            case SliceExpr { Operand: NameExpr { Name: "frame" }, From: NumberExpr from, To: NumberExpr to } when to.Integer > from.Integer && to.Integer < 4096:
                yield return Look(line, "FrameLength", (int)from.Integer, (int)(to.Integer - from.Integer), []);
                break;
            default:
                foreach (Expr part in PartsOf(expr))
                    foreach (string look in PeeksOf(part, line)) yield return look;
                break;
        }
    }

    private static List<Expr> PartsOf(Expr? expr) => expr switch
    {
        UnaryExpr unary => [unary.Operand],
        BinaryExpr binary => [binary.Left, binary.Right],
        BitRangeExpr bits => [bits.Operand],
        ConditionalExpr conditional => [conditional.Condition, conditional.Then, conditional.Else],
        InExpr inside => [inside.Operand],
        SliceExpr slice => [slice.Operand],
        PeekExpr peek => [peek.Offset],
        CallExpr call => call.Arguments,
        _ => [],
    };

    private static string Look(int line, string kind, int offset, int length, byte[] marker) =>
        $"new({line}, global::Gateway.Codecs.LookKind.{kind}, {offset}, {length}, [{BytesOf(marker)}])";

    private static string BytesOf(byte[] bytes) => string.Join(", ", bytes.Select(b => b.ToString(CultureInfo.InvariantCulture)));
}
