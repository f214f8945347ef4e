using System.Buffers;
using System.IO.Pipelines;
using Gateway.Storage.Rings;

namespace Gateway.Host.Api;

/// <summary>How a record of a ring looks in an answer.</summary>
internal interface IRecordShape
{
    /// <summary>Whether it shows what was learned about records later.</summary>
    bool ShowsNotes => false;

    /// <summary>Writes a record as JSON.</summary>
    /// <returns>False when the request's filter leaves it out; then nothing was written.</returns>
    bool TryWrite(RingPage page, int index, ArrayBufferWriter<byte> output);
}

/// <summary>Writes records of rings into an answer, page by page: memory bounded by a page, whatever the ring holds.</summary>
internal sealed class RecordStream(PipeWriter output, MessageQuery query, IRecordShape shape) : AnswerStream(output)
{
    private const int PageRecords = 1_000;
    private const int PageBytes = 128 * 1024;
    private const int MergedBytes = 2 * 1024 * 1024;
    private const int MergedPageBytesMin = 4 * 1024;

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
            await FillAsync(reader, _page, PageBytes, cancellationToken);
            if (_page.Count == 0) return;
            for (int i = 0; i < _page.Count && _hasRoom; i++)
            {
                Write(_page, i);
                if (IsFlushDue) await FlushAsync(cancellationToken);
            }
        }
    }

    /// <summary>The same of several readers, whose records are put in the order of their times.</summary>
    internal async Task WriteMergedAsync(IReadOnlyList<RingReader> readers, CancellationToken cancellationToken)
    {
        int pageBytes = Math.Max(MergedBytes / Math.Max(readers.Count, 1), MergedPageBytesMin);
        var waiting = new PriorityQueue<MergedReader, long>();
        foreach (RingReader reader in readers)
        {
            var next = new MergedReader(reader);
            await FillAsync(reader, next.Page, pageBytes, cancellationToken);
            Enqueue(next);
        }
        while (_hasRoom && waiting.TryDequeue(out MergedReader? first, out _))
        {
            Write(first.Page, first.At++);
            if (IsFlushDue) await FlushAsync(cancellationToken);
            if (_hasRoom && first.At == first.Page.Count)
            {
                await FillAsync(first.Reader, first.Page, pageBytes, cancellationToken);
                first.At = 0;
            }
            Enqueue(first);
        }

        void Enqueue(MergedReader reader)
        {
            if (reader.At == reader.Page.Count) return;
            long timeUs = reader.Page.Entry(reader.At).TimeUs;
            waiting.Enqueue(reader, query.IsReverse ? -timeUs : timeUs);
        }
    }

    private ValueTask FillAsync(RingReader reader, RingPage page, int bytes, CancellationToken cancellationToken) =>
        reader.ReadAsync(page, query.Filter is null ? Math.Min(PageRecords, query.Count - _count) : PageRecords, bytes, cancellationToken);

    private void Write(RingPage page, int index)
    {
        _scratch.ResetWrittenCount();
        if (!shape.TryWrite(page, index, _scratch)) return;
        _hasRoom = _count == 0 || _written + _scratch.WrittenCount <= query.Bytes;
        if (!_hasRoom) return;

        if (_count++ > 0) WriteRaw(","u8);
        WriteRaw(_scratch.WrittenSpan);
        _written += _scratch.WrittenCount + 1;
        _hasRoom = _count < query.Count;
    }

    /// <summary>A reader and what it gave last.</summary>
    private sealed class MergedReader(RingReader reader)
    {
        internal RingReader Reader => reader;

        internal RingPage Page { get; } = new();

        internal int At { get; set; }
    }
}
