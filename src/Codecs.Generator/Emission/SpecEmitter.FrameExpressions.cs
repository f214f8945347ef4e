using System.Globalization;

namespace Gateway.Codecs.Generator;

/// <summary>
/// Expressions of framing rules. They look at bytes that may not be there yet, so a part that decides nothing must not be waited for:
/// operators that would evaluate both sides are emitted as branches.
/// </summary>
internal sealed partial class SpecEmitter
{
    private Value EmitShortCircuit(BinaryExpr binary, Context c)
    {
        string result = _method.Boolean("c");
        Out.Line($"{result} = {Bool(Emit(binary.Left, c), binary.At)};");
        Out.Open(binary.Op == "and" ? $"if ({result})" : $"if (!{result})");
        Out.Line($"{result} = {Bool(Emit(binary.Right, c), binary.At)};");
        Out.Close();
        return Value.Of(ValueType.Boolean, result);
    }

    private Value EmitChosen(ConditionalExpr conditional, Context c)
    {
        string result = _method.Integer("c");
        Out.Open($"if ({Bool(Emit(conditional.Condition, c), conditional.At)})");
        Out.Line($"{result} = {Int(Emit(conditional.Then, c), conditional.At)};");
        Out.Close();
        Out.Open("else");
        Out.Line($"{result} = {Int(Emit(conditional.Else, c), conditional.At)};");
        Out.Close();
        return Value.Of(ValueType.Integer, result);
    }

    // A text that is the beginning of the mark may become the mark with the next bytes; any other one is told apart at once.
    private void NeedStart(Value text, Value mark, Context c)
    {
        if (text.Base != c.Span || mark.ConstantBytes is not { Length: > 0 } bytes) return;
        string wanted = $"(long){text.Start} + {bytes.Length.ToString(CultureInfo.InvariantCulture)}";
        Out.Line($"if ({text.Length} < {bytes.Length} && global::System.MemoryExtensions.StartsWith({Value.Literal(bytes)}, {text.Span})) {c.Need!(wanted)}");
    }

    // Whether an expression can give another value once more bytes are there, without saying how many.
    private static bool LooksAtEnd(Expr? expr) => expr switch
    {
        NameExpr name => name.Name is "size" or "remaining" or "end",
        CallExpr call => call.Function == "index" || call.Arguments.Exists(LooksAtEnd),
        SliceExpr slice => slice.To is null || LooksAtEnd(slice.Operand) || LooksAtEnd(slice.From) || LooksAtEnd(slice.To),
        UnaryExpr unary => LooksAtEnd(unary.Operand),
        BinaryExpr binary => LooksAtEnd(binary.Left) || LooksAtEnd(binary.Right),
        ConditionalExpr conditional => LooksAtEnd(conditional.Condition) || LooksAtEnd(conditional.Then) || LooksAtEnd(conditional.Else),
        _ => false,
    };
}
