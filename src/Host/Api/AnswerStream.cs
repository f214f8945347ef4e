using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Host.Api;

/// <summary>An answer whose <c>result</c> is written bit by bit and sent on as it grows. Nothing is written before there is something to say, so that a request that fails at its first read is answered with the error alone.</summary>
internal abstract class AnswerStream(PipeWriter output) : IDisposable
{
    /// <summary>The answer is sent on when so many bytes wait: what a client that reads slowly holds of it.</summary>
    internal const int FlushBytes = 64 * 1024;

    private bool _isBegun;

    /// <summary>What was not handed to the server yet.</summary>
    protected AnswerBuffer Buffer { get; } = new();

    /// <summary>Whether so much waits that it should be sent on.</summary>
    protected bool IsFlushDue => Buffer.Length >= FlushBytes;

    /// <summary>Gives the memory back.</summary>
    public virtual void Dispose()
    {
        Buffer.Dispose();
        GC.SuppressFinalize(this);
    }

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
        Open();
        Buffer.Write(bytes);
    }

    /// <summary>Writes what comes before the first item, once.</summary>
    protected void Open()
    {
        if (_isBegun) return;
        _isBegun = true;
        Buffer.Write("{\"result\":["u8);
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
        output.Write(Buffer.Written);
        Buffer.Length = 0;
        return SendAsync(output, cancellationToken);
    }
}
