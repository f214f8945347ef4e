using System.Buffers;
using Gateway.Codecs;

namespace Gateway.Host.Expressions;

/// <summary>Asks a condition of stored messages: one pass over the payload for the parameters that it names, then the program. No JSON, no objects. Not for several threads at once.</summary>
internal sealed class MessageMatcher(Expression expression, TimeProvider clock)
{
    private readonly MessageLookup _lookup = new(expression.Names);
    private readonly ExpressionRun _run = new(expression, clock);
    private readonly ArrayBufferWriter<byte> _named = new();

    /// <summary>Whether a message meets the condition; what is no message does not.</summary>
    /// <param name="payload">As it is stored.</param>
    /// <param name="envelope">What consumers see beside it.</param>
    public bool IsMatch(ReadOnlySpan<byte> payload, in MessageEnvelope envelope)
    {
        if (!_lookup.TryFind(payload, in envelope, _run.Values)) return false;
        return _run.IsTrue(_lookup.HasDeviceName && envelope.Device is { } device ? WithName(payload, device) : payload);
    }

    /// <summary>The payload with the name of the device behind it, where the lookup points.</summary>
    private ReadOnlySpan<byte> WithName(ReadOnlySpan<byte> payload, MessageDevice device)
    {
        _named.ResetWrittenCount();
        _named.Write(payload);
        _named.Write(device.Name.Span);
        return _named.WrittenSpan;
    }
}
