using System.Buffers;
using System.IO.Pipelines;

namespace Gateway.Host.Api;

/// <summary>An answer whose <c>result</c> is written bit by bit and sent on as it grows.</summary>
internal abstract class AnswerStream(PipeWriter output)
{
    /// <summary>The answer is sent on when so many bytes wait.</summary>
    internal const int FlushBytes = 64 * 1024;

    private long _unflushed;

    /// <summary>Writes what comes before the first item.</summary>
    internal void Begin() => WriteRaw("{\"result\":["u8);

    /// <summary>Writes what comes after the last item, and sends the rest.</summary>
    /// <param name="call">Has what is told beside the result.</param>
    /// <param name="members">More members of the answer, each behind a comma; empty for none.</param>
    internal ValueTask EndAsync(ApiCall call, ReadOnlySpan<byte> members = default)
    {
        WriteRaw("]"u8);
        WriteRaw(members);
        WriteRaw(call.Remarks());
        WriteRaw("}"u8);
        return FlushAsync(0, call.Aborted);
    }

    /// <summary>Writes bytes.</summary>
    protected void WriteRaw(ReadOnlySpan<byte> bytes)
    {
        output.Write(bytes);
        _unflushed += bytes.Length;
    }

    /// <summary>Sends what waits if it is at least so much.</summary>
    internal async ValueTask FlushAsync(int bytesMin, CancellationToken cancellationToken)
    {
        if (_unflushed < bytesMin) return;
        _unflushed = 0;
        FlushResult result = await output.FlushAsync(cancellationToken).ConfigureAwait(false);
        if (result.IsCompleted) throw new OperationCanceledException("The client is gone.");
    }
}
