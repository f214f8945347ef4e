using System.Buffers;
using System.IO.Pipelines;
using Gateway.Storage.Rings;

namespace Gateway.Host.Api;

/// <summary>How a record of a ring looks in an answer.</summary>
internal interface IRecordShape
{
    /// <summary>Writes a record as JSON.</summary>
    /// <returns>False when the request's filter leaves it out; then nothing was written.</returns>
    bool TryWrite(RingPage page, int index, ArrayBufferWriter<byte> output);
}

/// <summary>Writes records of rings into an answer, page by page: memory bounded by a page, whatever the ring holds.</summary>
internal sealed class RecordStream(PipeWriter output, MessageQuery query, IRecordShape shape) : AnswerStream(output)
{
    private const int PageRecords = 1_000;
    private const int PageBytes = 128 * 1024;

    private readonly RingPage _page = new();
    private readonly ArrayBufferWriter<byte> _scratch = new(1024);
    private bool _hasRoom = true;
    private int _count;
    private long _written;

    /// <summary>Writes what a reader gives, as far as the limits of the query leave room.</summary>
    internal async Task WriteAsync(RingReader reader, CancellationToken cancellationToken)
    {
        while (_hasRoom)
        {
            await reader.ReadAsync(_page, query.Filter is null ? Math.Min(PageRecords, query.Count - _count) : PageRecords, PageBytes, cancellationToken);
            if (_page.Count == 0) return;
            for (int i = 0; i < _page.Count && _hasRoom; i++)
            {
                Write(i);
                if (IsFlushDue) await FlushAsync(cancellationToken);
            }
        }
    }

    private void Write(int index)
    {
        _scratch.ResetWrittenCount();
        if (!shape.TryWrite(_page, index, _scratch)) return;
        _hasRoom = _count == 0 || _written + _scratch.WrittenCount <= query.Bytes;
        if (!_hasRoom) return;

        if (_count++ > 0) WriteRaw(","u8);
        WriteRaw(_scratch.WrittenSpan);
        _written += _scratch.WrittenCount + 1;
        _hasRoom = _count < query.Count;
    }
}
