using Gateway.Codecs;

namespace Gateway.Host.Expressions;

/// <summary>Asks a condition of stored messages: one pass over the payload for the parameters that it names, then the program. No JSON, no objects. Not for several threads at once.</summary>
internal sealed class MessageMatcher(Expression expression, TimeProvider clock)
{
    private readonly MessageLookup _lookup = new(expression.Names);
    private readonly ExpressionRun _run = new(expression, clock);

    /// <summary>Whether a message meets the condition; what is no message does not.</summary>
    /// <param name="payload">As it is stored.</param>
    /// <param name="envelope">What consumers see beside it.</param>
    public bool IsMatch(ReadOnlySpan<byte> payload, in MessageEnvelope envelope) => _lookup.TryFind(payload, in envelope, _run.Values) && _run.IsTrue(payload);
}
