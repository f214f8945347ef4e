using System.Diagnostics.CodeAnalysis;

namespace Gateway.Host.Expressions;

/// <summary>A compiled expression: what filters, selectors and validations say about a message or an item. Immutable: one serves many threads.</summary>
/// <remarks>
/// Names are parameters or fields, bare or with a <c>$</c>; what is not there is null. Values are null, true, false, numbers (doubles), texts, and lists or objects, which are only there or not.
/// <list type="bullet">
/// <item>Arithmetic takes texts that read as numbers, and 1 and 0 for true and false; with null, or where the result is no finite number (a division by zero), it gives null.</item>
/// <item>Comparisons compare two texts by their bytes, a text with a number as numbers, and true and false as 1 and 0. Null equals null and nothing else; nothing is less or greater than null.
/// What can't be compared is not equal.</item>
/// <item><c>==</c> and <c>!=</c> with a quoted text that has a <c>*</c> compare with a mask, as <c>~</c> does: <c>*</c> any characters, <c>?</c> any one.</item>
/// <item>A condition is met by true, by numbers but 0, by texts but the empty one, and by lists and objects.</item>
/// </list>
/// <see cref="FunctionTable"/> has the functions. An expression runs each of its steps at most once, so its length bounds its time.
/// </remarks>
internal sealed class Expression
{
    /// <summary>Longest expression in characters.</summary>
    public const int LengthMax = 4096;

    /// <summary>Deepest nesting of brackets, signs and calls.</summary>
    public const int DepthMax = 64;

    /// <summary>Most values, operators and calls in one expression.</summary>
    public const int OperationsMax = 512;

    /// <summary>Most names in one expression.</summary>
    public const int NamesMax = Codecs.MessageLookup.NamesMax;

    /// <summary>Longest text that an expression may put together, bytes; a longer one is null.</summary>
    public const int TextBytesMax = 4096;

    internal Expression(string source, Instruction[] instructions, byte[] texts, string[] names, int stackDepth, TimeZoneInfo zone)
    {
        Source = source;
        Instructions = instructions;
        Texts = texts;
        Names = names;
        StackDepth = stackDepth;
        Zone = zone;
    }

    /// <summary>As it was written.</summary>
    public string Source { get; }

    /// <summary>The names that it looks at, each once.</summary>
    public IReadOnlyList<string> Names { get; }

    internal Instruction[] Instructions { get; }

    internal byte[] Texts { get; }

    internal int StackDepth { get; }

    internal TimeZoneInfo Zone { get; }

    /// <summary>Compiles an expression.</summary>
    /// <param name="source">The text, at most <see cref="LengthMax"/> characters, not empty.</param>
    /// <param name="options">What it is for.</param>
    /// <param name="expression">The program; null when the text is no expression.</param>
    /// <param name="error">The first fault, when there is one.</param>
    public static bool TryCompile(string source, ExpressionOptions options, [NotNullWhen(true)] out Expression? expression, out ExpressionError error)
    {
        expression = null;
        if (source.Length > LengthMax)
        {
            error = new ExpressionError(LengthMax, $"an expression may have at most {LengthMax} characters");
            return false;
        }
        if (Parser.Parse(source, options, out error) is not { } tree) return false;
        expression = Compiler.Compile(source, tree, options.Zone, out error);
        return expression is not null;
    }
}
