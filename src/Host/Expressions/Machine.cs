using Gateway.Codecs;

namespace Gateway.Host.Expressions;

/// <summary>Runs a program once. Jumps go forward only, so each step runs at most once; nothing throws, whatever the subject holds.</summary>
internal ref partial struct Machine
{
    private readonly Expression _expression;
    private readonly ReadOnlySpan<byte> _subject;
    private readonly ReadOnlySpan<StoredValue> _values;
    private readonly Span<Value> _stack;
    private readonly TextScratch _scratch;
    private readonly TimeProvider _clock;

    /// <summary>Prepares a run.</summary>
    /// <param name="expression">The program.</param>
    /// <param name="subject">The bytes that texts of the subject are in.</param>
    /// <param name="values">A value for each name of the program.</param>
    /// <param name="stack">As deep as the program needs.</param>
    /// <param name="scratch">Room for texts; empty.</param>
    /// <param name="clock">What time it is.</param>
    public Machine(Expression expression, ReadOnlySpan<byte> subject, ReadOnlySpan<StoredValue> values, Span<Value> stack, TextScratch scratch, TimeProvider clock)
    {
        _expression = expression;
        _subject = subject;
        _values = values;
        _stack = stack;
        _scratch = scratch;
        _clock = clock;
    }

    /// <summary>Runs the program.</summary>
    /// <returns>Its value; a text is in the subject, the program or the scratch.</returns>
    public Value Run()
    {
        Instruction[] program = _expression.Instructions;
        Span<Value> stack = _stack;
        ReadOnlySpan<StoredValue> values = _values;
        int top = -1;
        for (int at = 0; at < program.Length; at++)
        {
            ref readonly Instruction step = ref program[at];
            switch (step.Op)
            {
                case Op.CompareName:
                    stack[++top] = Value.Of(CompareName(in values[step.A], (Op)step.B, step.Number));
                    break;
                case Op.Name:
                    stack[++top] = Value.Of(in values[step.A]);
                    break;
                case Op.Exists:
                    stack[++top] = Value.Of(values[step.A].Kind is not ValueKind.Null);
                    break;
                case Op.Number:
                    stack[++top] = step.B == 0 ? Value.Of(step.Number) : Value.OfWritten(step.Number, step.A, step.B);
                    break;
                case Op.Text:
                    stack[++top] = Value.OfText(TextSource.Program, step.A, step.B);
                    break;
                case Op.True or Op.False:
                    stack[++top] = Value.Of(step.Op is Op.True);
                    break;
                case Op.Null:
                    stack[++top] = Value.Null;
                    break;
                case Op.Not:
                    stack[top] = Value.Of(!stack[top].IsTrue);
                    break;
                case Op.ToBoolean:
                    stack[top] = Value.Of(stack[top].IsTrue);
                    break;
                case Op.Negate:
                    stack[top] = TryNumber(in stack[top], out double number) ? Value.Of(-number) : Value.Null;
                    break;
                case Op.AndJump:
                    if (stack[top].IsTrue) top--;
                    else at = Leave(step, ref stack[top], false);
                    break;
                case Op.OrJump:
                    if (!stack[top].IsTrue) top--;
                    else at = Leave(step, ref stack[top], true);
                    break;
                case Op.JumpIfFalse:
                    if (!stack[top--].IsTrue) at = step.A - 1;
                    break;
                case Op.JumpIfNotNull:
                    if (stack[top].Kind is not ValueKind.Null) at = step.A - 1;
                    else top--;
                    break;
                case Op.Jump:
                    at = step.A - 1;
                    break;
                case Op.Call:
                    top -= step.B - 1;
                    stack[top] = Call((FunctionId)step.A, stack.Slice(top, step.B));
                    break;
                default:
                    top--;
                    ref Value left = ref stack[top];
                    ref readonly Value right = ref stack[top + 1];
                    left = left.Kind is ValueKind.Number && right.Kind is ValueKind.Number && step.Op is not Op.Match
                        ? Compute(step.Op, left.Number, right.Number)
                        : Combine(step.Op, in left, in right);
                    break;
            }
        }
        return stack[0];
    }

    /// <summary>The bytes of a text.</summary>
    public readonly ReadOnlySpan<byte> BytesOf(scoped in Value text) => text.Source switch
    {
        TextSource.Subject => _subject.Slice(text.Start, text.Length),
        TextSource.Program => _expression.Texts.AsSpan(text.Start, text.Length),
        _ => _scratch.Written.Slice(text.Start, text.Length),
    };

    private static int Leave(in Instruction step, ref Value result, bool value)
    {
        result = Value.Of(value);
        return step.A - 1;
    }

    private readonly Value Combine(Op op, in Value left, in Value right) => op switch
    {
        Op.Equal => Value.Of(AreEqual(in left, in right)),
        Op.NotEqual => Value.Of(!AreEqual(in left, in right)),
        Op.Less => Value.Of(TryOrder(in left, in right, out int order) && order < 0),
        Op.LessOrEqual => Value.Of(TryOrder(in left, in right, out int order) && order <= 0),
        Op.Greater => Value.Of(TryOrder(in left, in right, out int order) && order > 0),
        Op.GreaterOrEqual => Value.Of(TryOrder(in left, in right, out int order) && order >= 0),
        Op.Match => Value.Of(TryText(in left, out ReadOnlySpan<byte> text) && TryText(in right, out ReadOnlySpan<byte> mask) && Mask.IsMatch(text, mask)),
        _ => TryNumber(in left, out double a) && TryNumber(in right, out double b) ? Compute(op, a, b) : Value.Null,
    };

    private static Value Compute(Op op, double a, double b) => op switch
    {
        Op.Add => Value.Of(a + b),
        Op.Subtract => Value.Of(a - b),
        Op.Multiply => Value.Of(a * b),
        Op.Divide => Value.Of(a / b),
        Op.Remainder => Value.Of(a % b),
        Op.Equal => Value.Of(a == b),
        Op.NotEqual => Value.Of(a != b),
        Op.Less => Value.Of(a < b),
        Op.LessOrEqual => Value.Of(a <= b),
        Op.Greater => Value.Of(a > b),
        Op.GreaterOrEqual => Value.Of(a >= b),
        _ => TryInteger(a, out long left) && TryInteger(b, out long right) ? ComputeBits(op, left, right) : Value.Null,
    };

    private static Value ComputeBits(Op op, long left, long right) => op switch
    {
        Op.BitAnd => Value.Of((double)(left & right)),
        Op.BitOr => Value.Of((double)(left | right)),
        Op.BitXor => Value.Of((double)(left ^ right)),
        _ when right is < 0 or >= IntegerBits => Value.Null,
        Op.ShiftLeft => Value.Of(Math.ScaleB(left, (int)right)),
        _ => Value.Of((double)(left >> (int)right)),
    };
}
