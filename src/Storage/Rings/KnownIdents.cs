using System.Text;
using Gateway.Storage.Disk;

namespace Gateway.Storage.Rings;

/// <summary>Which idents a ring can have records of, so that whoever looks for one in many rings passes over those that never saw it. Any thread; one at a time reads.</summary>
/// <remarks>
/// Learned from the files at the first question, then from what is new in them; anew when the oldest file has given way. It may name idents that are gone, never the other way round: where
/// bytes can't be read, records were dropped, or there are too many idents, every ident is possible, and the reader says what is wrong.
/// </remarks>
internal sealed class KnownIdents(FileSystem files, string folder, RingKind kind, long owner)
{
    /// <summary>Most idents that are remembered, about 100 bytes each.</summary>
    public const int CountMax = 20_000;

    private readonly Lock _gate = new();
    private readonly HashSet<string> _idents = new(StringComparer.Ordinal);     // each byte as a character: an ident need not be UTF-8
    private long _firstNumber = -1;
    private (long Number, long End) _read;          // up to here
    private (long Number, long End) _published;     // what the writer had said by then
    private bool _isCertain;

    /// <summary>Whether there can be records of an ident that is wanted.</summary>
    /// <param name="match">Decides about idents.</param>
    /// <param name="published">The file that is written and its end, as far as the question goes; number 0 when nothing was written since the start.</param>
    /// <exception cref="IOException">The disk fails.</exception>
    public bool MayHold(RingIdentMatch match, (long Number, long End) published)
    {
        lock (_gate)
        {
            if (_firstNumber < 0 || !_isCertain || published.CompareTo(_published) > 0) Read(published);
            if (!_isCertain) return true;
            Span<byte> bytes = stackalloc byte[RingRecord.IdentBytesMax];
            foreach (string ident in _idents)
                if (match(bytes[..Encoding.Latin1.GetBytes(ident, bytes)])) return true;
            return false;
        }
    }

    private void Read((long Number, long End) published)
    {
        List<SegmentInfo> segments = SegmentInfo.ListIn(files, folder, kind, owner, published);
        long first = segments.Count > 0 ? segments[0].Number : 0;
        if (first != _firstNumber || !_isCertain)
        {
            _idents.Clear();
            _read = default;
        }

        _isCertain = true;
        for (int i = 0; i < segments.Count && _isCertain; i++)
        {
            bool isNext = i == 0 || segments[i].Header?.PreviousNumber == segments[i - 1].Number;
            if (segments[i].Number >= _read.Number) _isCertain = isNext && TryRead(segments[i]);
        }

        // Last: a disk that fails in between leaves the question open.
        (_firstNumber, _published) = (first, published);
    }

    private bool TryRead(SegmentInfo segment)
    {
        if (segment.Header is null) return false;
        using LoadedSegment? file = LoadedSegment.Load(files, segment);
        if (file is null) return true;      // it gave way
        if (file.MissingBytes > 0) return false;
        Span<char> text = stackalloc char[RingRecord.IdentBytesMax];
        HashSet<string>.AlternateLookup<ReadOnlySpan<char>> byText = _idents.GetAlternateLookup<ReadOnlySpan<char>>();
        SegmentScan scan = file.Scan(segment.Number == _read.Number ? (int)_read.End : 0);
        while (scan.TryNext(out RingRecordView record))
        {
            if (scan.DamageBytes > 0 || record.Type == RingRecord.DroppedType || _idents.Count > CountMax) return false;
            if (!record.Ident.IsEmpty) byText.Add(text[..Encoding.Latin1.GetChars(record.Ident, text)]);
        }

        _read = (segment.Number, file.Length);
        return scan.DamageBytes == 0;
    }
}
