using Gateway.Codecs;

namespace Gateway.Host.Expressions;

/// <summary>Evaluates one expression on one subject after another, in memory of its own: nothing is allocated per subject, except when a text needs more room than any before. Not for several threads at once.</summary>
internal sealed class ExpressionRun(Expression expression, TimeProvider clock)
{
    private readonly Value[] _stack = new Value[expression.StackDepth];
    private readonly TextScratch _scratch = new();

    /// <summary>A value for each name of the expression, to be filled before an evaluation.</summary>
    public StoredValue[] Values { get; } = new StoredValue[expression.Names.Count];

    /// <summary>Whether the condition is met.</summary>
    /// <param name="subject">The bytes that texts among the values point into.</param>
    public bool IsTrue(ReadOnlySpan<byte> subject)
    {
        _scratch.Clear();
        return new Machine(expression, subject, Values, _stack, _scratch, clock).Run().IsTrue;
    }

    /// <summary>The value of the expression.</summary>
    /// <param name="subject">The bytes that texts among the values point into.</param>
    /// <param name="text">The bytes of a text, or the JSON of a list or object where the subject is JSON; until the next evaluation.</param>
    public Value Evaluate(ReadOnlySpan<byte> subject, out ReadOnlySpan<byte> text)
    {
        _scratch.Clear();
        var machine = new Machine(expression, subject, Values, _stack, _scratch, clock);
        Value value = machine.Run();
        text = value.Kind is ValueKind.Text or ValueKind.Other ? Rooted(in value, subject) : default;
        return value;
    }

    private ReadOnlySpan<byte> Rooted(scoped in Value text, ReadOnlySpan<byte> subject) => text.Source switch
    {
        TextSource.Subject => subject.Slice(text.Start, text.Length),
        TextSource.Program => expression.Texts.AsSpan(text.Start, text.Length),
        _ => _scratch.Written.Slice(text.Start, text.Length),
    };
}
