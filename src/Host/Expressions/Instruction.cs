namespace Gateway.Host.Expressions;

/// <summary>What one step does with the stack. In comments: what it takes → what it leaves.</summary>
internal enum Op : byte
{
    /// <summary>→ a number; A and B: how it was written, when it must be compared with texts as it was written.</summary>
    Number,
    /// <summary>→ a text of the program.</summary>
    Text,
    /// <summary>→ true.</summary>
    True,
    /// <summary>→ false.</summary>
    False,
    /// <summary>→ null.</summary>
    Null,
    /// <summary>→ the value of name A.</summary>
    Name,
    /// <summary>→ whether name A is there.</summary>
    Exists,
    /// <summary>→ name A compared with a number, by the comparison B: three steps in one, the commonest of all.</summary>
    CompareName,

    /// <summary>value → its contrary.</summary>
    Not,
    /// <summary>number → its negative.</summary>
    Negate,
    /// <summary>value → true or false.</summary>
    ToBoolean,

    /// <summary>a b → a + b.</summary>
    Add,
    /// <summary>a b → a - b.</summary>
    Subtract,
    /// <summary>a b → a × b.</summary>
    Multiply,
    /// <summary>a b → a / b.</summary>
    Divide,
    /// <summary>a b → the rest of a / b, with the sign of a.</summary>
    Remainder,
    /// <summary>a b → bits in both.</summary>
    BitAnd,
    /// <summary>a b → bits in one of them.</summary>
    BitOr,
    /// <summary>a b → bits in exactly one of them.</summary>
    BitXor,
    /// <summary>a b → a shifted left.</summary>
    ShiftLeft,
    /// <summary>a b → a shifted right.</summary>
    ShiftRight,

    /// <summary>a b → equal.</summary>
    Equal,
    /// <summary>a b → not equal.</summary>
    NotEqual,
    /// <summary>a b → less.</summary>
    Less,
    /// <summary>a b → less or equal.</summary>
    LessOrEqual,
    /// <summary>a b → greater.</summary>
    Greater,
    /// <summary>a b → greater or equal.</summary>
    GreaterOrEqual,
    /// <summary>text mask → whether the mask fits.</summary>
    Match,

    /// <summary>Of the tree alone: the program has jumps instead.</summary>
    And,
    /// <summary>Of the tree alone.</summary>
    Or,

    /// <summary>a → nothing, and on; or false, and on at A when a is false.</summary>
    AndJump,
    /// <summary>a → nothing, and on; or true, and on at A when a is true.</summary>
    OrJump,
    /// <summary>a → nothing; on at A when a is false.</summary>
    JumpIfFalse,
    /// <summary>a → nothing, and on; or a, and on at A when a is not null.</summary>
    JumpIfNotNull,
    /// <summary>On at A.</summary>
    Jump,
    /// <summary>B arguments → the result of function A.</summary>
    Call,
}

/// <summary>One step of a program.</summary>
/// <param name="Op">What it does.</param>
/// <param name="A">As <see cref="Expressions.Op"/> says.</param>
/// <param name="B">As <see cref="Expressions.Op"/> says.</param>
/// <param name="Number">The number of steps that have one.</param>
internal readonly record struct Instruction(Op Op, int A = 0, int B = 0, double Number = 0);
