using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Host.Api;

/// <summary>Counts the bytes of an answer's body on their way to the server's own writer. Copies nothing.</summary>
internal sealed class CountingResponse : PipeWriter, IHttpResponseBodyFeature
{
    private readonly IHttpResponseBodyFeature _inner;
    private readonly PipeWriter _writer;
    private Stream? _stream;

    private CountingResponse(IHttpResponseBodyFeature inner)
    {
        _inner = inner;
        _writer = inner.Writer;
    }

    /// <summary>Bytes written so far.</summary>
    internal long Bytes { get; private set; }

    /// <inheritdoc />
    public Stream Stream => _stream ??= AsStream(leaveOpen: true);

    /// <inheritdoc />
    public PipeWriter Writer => this;

    /// <inheritdoc />
    public override bool CanGetUnflushedBytes => _writer.CanGetUnflushedBytes;

    /// <inheritdoc />
    public override long UnflushedBytes => _writer.UnflushedBytes;

    /// <summary>Puts a counter around the answer of a request.</summary>
    internal static CountingResponse Put(HttpContext http)
    {
        var counting = new CountingResponse(http.Features.GetRequiredFeature<IHttpResponseBodyFeature>());
        http.Features.Set<IHttpResponseBodyFeature>(counting);
        return counting;
    }

    /// <inheritdoc />
    public override Memory<byte> GetMemory(int sizeHint = 0) => _writer.GetMemory(sizeHint);

    /// <inheritdoc />
    public override Span<byte> GetSpan(int sizeHint = 0) => _writer.GetSpan(sizeHint);

    /// <inheritdoc />
    public override void Advance(int bytes)
    {
        Bytes += bytes;
        _writer.Advance(bytes);
    }

    /// <inheritdoc />
    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        Bytes += source.Length;
        return _writer.WriteAsync(source, cancellationToken);
    }

    /// <inheritdoc />
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => _writer.FlushAsync(cancellationToken);

    /// <inheritdoc />
    public override void CancelPendingFlush() => _writer.CancelPendingFlush();

    /// <inheritdoc />
    public override void Complete(Exception? exception = null) => _writer.Complete(exception);

    /// <inheritdoc />
    public void DisableBuffering() => _inner.DisableBuffering();

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken = default) => _inner.StartAsync(cancellationToken);

    /// <inheritdoc />
    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) => _inner.SendFileAsync(path, offset, count, cancellationToken);

    /// <inheritdoc />
    public Task CompleteAsync() => _inner.CompleteAsync();
}
