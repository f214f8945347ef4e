namespace Gateway.Host.Expressions;

/// <summary>A part of an expression as it was written.</summary>
internal abstract record Node;

/// <summary>A number.</summary>
/// <param name="Value">The number.</param>
/// <param name="Written">As it was written.</param>
internal sealed record NumberNode(double Value, string Written) : Node;

/// <summary>A text.</summary>
internal sealed record TextNode(string Value) : Node;

/// <summary>true, false, or null.</summary>
internal sealed record ConstantNode(bool? Value) : Node;

/// <summary>The value of a name.</summary>
internal sealed record NameNode(string Name) : Node;

/// <summary>Whether a name is there.</summary>
internal sealed record ExistsNode(string Name) : Node;

/// <summary><c>!</c> or <c>-</c> in front of a value.</summary>
internal sealed record UnaryNode(Op Op, Node Operand) : Node;

/// <summary>An operator between two values; <see cref="Op.And"/> and <see cref="Op.Or"/> leave the right one alone when the left one decides.</summary>
internal sealed record BinaryNode(Op Op, Node Left, Node Right) : Node;

/// <summary>One of two values.</summary>
internal sealed record ConditionalNode(Node Condition, Node Then, Node Else) : Node;

/// <summary>A call.</summary>
internal sealed record CallNode(Function Function, IReadOnlyList<Node> Arguments) : Node;
