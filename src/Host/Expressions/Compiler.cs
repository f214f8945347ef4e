using System.Text;

namespace Gateway.Host.Expressions;

/// <summary>Turns a tree into a flat program for a stack.</summary>
internal sealed class Compiler
{
    /// <summary>Decimal digits that a double always keeps.</summary>
    private const int ExactDigitsMax = 15;

    private readonly List<Instruction> _program = [];
    private readonly List<string> _names = [];
    private readonly List<byte> _texts = [];
    private int _depth;
    private int _depthMax;

    /// <summary>Compiles a tree.</summary>
    /// <returns>The program, or null when it names too much.</returns>
    public static Expression? Compile(string source, Node tree, TimeZoneInfo zone, out ExpressionError error)
    {
        error = default;
        var compiler = new Compiler();
        compiler.Emit(tree);
        if (compiler._names.Count > Expression.NamesMax)
        {
            error = new ExpressionError(0, $"more than {Expression.NamesMax} names");
            return null;
        }
        return new Expression(source, [.. compiler._program], [.. compiler._texts], [.. compiler._names], compiler._depthMax, zone);
    }

    private void Emit(Node node)
    {
        switch (node)
        {
            case NumberNode number:
                (int start, int length) = IsExact(number.Written) ? default : TextOf(number.Written);
                Push(new Instruction(Op.Number, start, length, number.Value));
                break;
            case TextNode text:
                (int at, int bytes) = TextOf(text.Value);
                Push(new Instruction(Op.Text, at, bytes));
                break;
            case ConstantNode constant:
                Push(new Instruction(constant.Value switch { true => Op.True, false => Op.False, null => Op.Null }));
                break;
            case NameNode name:
                Push(new Instruction(Op.Name, SlotOf(name.Name)));
                break;
            case ExistsNode exists:
                Push(new Instruction(Op.Exists, SlotOf(exists.Name)));
                break;
            case UnaryNode unary:
                Emit(unary.Operand);
                _program.Add(new Instruction(unary.Op));
                break;
            case BinaryNode { Op: Op.And or Op.Or } binary:
                Emit(binary.Left);
                int jump = Pop(binary.Op is Op.And ? Op.AndJump : Op.OrJump);
                Emit(binary.Right);
                if (!IsBoolean(binary.Right)) _program.Add(new Instruction(Op.ToBoolean));
                Land(jump);
                break;
            case BinaryNode binary:
                EmitBinary(binary);
                break;
            case ConditionalNode conditional:
                EmitConditional(conditional);
                break;
            case CallNode call:
                EmitCall(call);
                break;
        }
    }

    private void EmitBinary(BinaryNode binary)
    {
        if (IsComparison(binary.Op) && binary is { Left: NameNode name, Right: NumberNode number } && IsExact(number.Written))
        {
            Push(new Instruction(Op.CompareName, SlotOf(name.Name), (int)binary.Op, number.Value));
            return;
        }
        bool isEquality = binary.Op is Op.Equal or Op.NotEqual;
        bool isMask = isEquality && (IsMask(binary.Left) || IsMask(binary.Right));
        Emit(isMask && IsMask(binary.Left) ? binary.Right : binary.Left);
        Emit(isMask && IsMask(binary.Left) ? binary.Left : binary.Right);
        Pop(isMask ? Op.Match : binary.Op);
        if (isMask && binary.Op is Op.NotEqual) _program.Add(new Instruction(Op.Not));
    }

    private void EmitConditional(ConditionalNode conditional)
    {
        Emit(conditional.Condition);
        int toElse = Pop(Op.JumpIfFalse);
        Emit(conditional.Then);
        int toEnd = Pop(Op.Jump);
        Land(toElse);
        Emit(conditional.Else);
        Land(toEnd);
    }

    private void EmitCall(CallNode call)
    {
        if (call.Function.Name == "coalesce")
        {
            int[] jumps = new int[call.Arguments.Count - 1];
            for (int i = 0; i < jumps.Length; i++)
            {
                Emit(call.Arguments[i]);
                jumps[i] = Pop(Op.JumpIfNotNull);
            }
            Emit(call.Arguments[^1]);
            foreach (int jump in jumps) Land(jump);
            return;
        }
        foreach (Node argument in call.Arguments) Emit(argument);
        int count = call.Arguments.Count;
        if (call.Function.Id is FunctionId.Distance)
        {
            Push(new Instruction(Op.Name, SlotOf("position.latitude")));
            Push(new Instruction(Op.Name, SlotOf("position.longitude")));
            count += 2;
        }
        _depth -= count;
        Push(new Instruction(Op.Call, (int)call.Function.Id, count));
    }

    private void Push(Instruction instruction)
    {
        _program.Add(instruction);
        _depthMax = Math.Max(_depthMax, ++_depth);
    }

    /// <summary>Adds a step that leaves one value less.</summary>
    /// <returns>Its place.</returns>
    private int Pop(Op op)
    {
        _depth--;
        _program.Add(new Instruction(op));
        return _program.Count - 1;
    }

    /// <summary>Lets a jump go to the next step.</summary>
    private void Land(int jump) => _program[jump] = _program[jump] with { A = _program.Count };

    private int SlotOf(string name)
    {
        int slot = _names.IndexOf(name);
        if (slot >= 0) return slot;
        _names.Add(name);
        return _names.Count - 1;
    }

    private (int Start, int Length) TextOf(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        int start = _texts.Count;
        _texts.AddRange(utf8);
        return (start, utf8.Length);
    }

    /// <summary>Whether a number may be compared with a text as a number. A long one, such as the number of a SIM card, or one with zeros in front, must be the same text.</summary>
    private static bool IsExact(string written)
    {
        if (written.StartsWith("0x", StringComparison.OrdinalIgnoreCase)) return true;
        bool hasLeadingZero = written.Length > 1 && written[0] == '0' && char.IsAsciiDigit(written[1]);
        return !hasLeadingZero && written.Count(char.IsAsciiDigit) <= ExactDigitsMax;
    }

    /// <summary>Whether a value is true or false whatever the subject.</summary>
    private static bool IsBoolean(Node node) => node switch
    {
        ExistsNode => true,
        UnaryNode unary => unary.Op is not Op.Negate,
        BinaryNode binary => binary.Op is >= Op.Equal and <= Op.Or,
        _ => false,
    };

    private static bool IsComparison(Op op) => op is >= Op.Equal and <= Op.GreaterOrEqual;

    private static bool IsMask(Node node) => node is TextNode text && text.Value.Contains('*', StringComparison.Ordinal);
}
