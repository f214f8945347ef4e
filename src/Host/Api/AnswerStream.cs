using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Host.Api;

/// <summary>An answer whose <c>result</c> is written bit by bit and sent on as it grows. Nothing is written before there is something to say, so that a request that fails at its first read is answered with the error alone.</summary>
internal abstract class AnswerStream(PipeWriter output)
{
    /// <summary>The answer is sent on when so many bytes wait: what a client that reads slowly holds of it.</summary>
    internal const int FlushBytes = 64 * 1024;

    private bool _isBegun;
    private long _unflushed;

    /// <summary>Whether so much waits that it should be sent on.</summary>
    protected bool IsFlushDue => _unflushed >= FlushBytes;

    /// <summary>Writes what comes after the last item, and sends the rest. An answer with errors and without items has the status of the first error.</summary>
    /// <param name="call">Has what is told beside the result.</param>
    /// <param name="members">More members of the answer, each behind a comma; empty for none.</param>
    internal ValueTask EndAsync(ApiCall call, ReadOnlySpan<byte> members = default)
    {
        if (!_isBegun && call.Errors.Count > 0) call.Http.Response.StatusCode = call.Errors[0].Status;
        WriteRaw("]"u8);
        WriteRaw(members);
        WriteRaw(call.Remarks());
        WriteRaw("}"u8);
        return SendAsync(call.Aborted);
    }

    /// <summary>Writes bytes of the result.</summary>
    protected void WriteRaw(ReadOnlySpan<byte> bytes)
    {
        if (!_isBegun) Write("{\"result\":["u8);
        _isBegun = true;
        Write(bytes);
    }

    /// <summary>Sends what waits when it is enough.</summary>
    internal ValueTask FlushAsync(CancellationToken cancellationToken) => IsFlushDue ? SendAsync(cancellationToken) : ValueTask.CompletedTask;

    /// <summary>Sends what waits in an answer.</summary>
    /// <exception cref="ConnectionAbortedException">The client is gone.</exception>
    internal static async ValueTask SendAsync(PipeWriter output, CancellationToken cancellationToken)
    {
        FlushResult result = await output.FlushAsync(cancellationToken).ConfigureAwait(false);
        if (result.IsCompleted) throw new ConnectionAbortedException("The client is gone.");
    }

    private ValueTask SendAsync(CancellationToken cancellationToken)
    {
        _unflushed = 0;
        return SendAsync(output, cancellationToken);
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        output.Write(bytes);
        _unflushed += bytes.Length;
    }
}
