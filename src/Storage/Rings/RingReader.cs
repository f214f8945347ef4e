using System.Buffers.Binary;
using Gateway.Storage.Disk;

namespace Gateway.Storage.Rings;

/// <summary>Reads one ring from its files, page by page. It shares nothing with the writer but those, and holds nothing open between two pages: a slow reader delays nobody, and what it has
/// not read yet may give way meanwhile.</summary>
/// <remarks>Sees the files that are there when it begins. One thread at a time. Records come in the order in which they were written.</remarks>
public sealed partial class RingReader
{
    private readonly FileSystem _files;
    private readonly string _folder;
    private readonly RingKind _kind;
    private readonly long _owner;
    private readonly RingQuery _query;
    private readonly SemaphoreSlim? _gate;
    private readonly (long Number, long End) _published;
    private readonly KnownIdents? _known;
    private readonly IdentIndex _idents;
    private readonly NoteIndex? _notes;
    private readonly List<int> _offsets = [];
    private List<SegmentInfo>? _segments;
    private int _at;            // in _segments
    private int _offset;        // forward: where to go on in that file; reverse: records from here on were given

    internal RingReader(FileSystem files, string root, RingKind kind, long owner, RingQuery query, SemaphoreSlim? gate = null, (long, long) published = default, KnownIdents? known = null)
    {
        _files = files;
        _folder = RingFolder.PathOf(root, kind, owner);
        _kind = kind;
        _owner = owner;
        _query = query;
        _gate = gate;
        _published = published;
        _known = known;
        _idents = new IdentIndex(query.Ident);
        _notes = query.HasNotes ? new NoteIndex(files) : null;
    }

    /// <summary>A reader of a ring in a folder, also while a gateway writes to it.</summary>
    /// <param name="folder">As <see cref="RingStoreOptions.Folder"/>.</param>
    /// <param name="kind">Which ring.</param>
    /// <param name="owner">Whose.</param>
    /// <param name="query">Which records.</param>
    public static RingReader Open(string folder, RingKind kind, long owner, RingQuery query) => new(FileSystem.Real, Path.GetFullPath(folder), kind, owner, query);

    /// <summary>Fills a page with the next records.</summary>
    /// <param name="page">Cleared, then filled; empty at the end.</param>
    /// <param name="countMax">1 or more.</param>
    /// <param name="bytesMax">Stop after this many bytes; at least one record is given whatever its size.</param>
    /// <param name="cancellationToken">Stops the wait for other readers.</param>
    /// <exception cref="IOException">The disk fails.</exception>
    public async ValueTask ReadAsync(RingPage page, int countMax, int bytesMax, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(page);
        ArgumentOutOfRangeException.ThrowIfLessThan(countMax, 1);
        if (_gate is not null) await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            Read(page, countMax, bytesMax);
        }
        finally
        {
            _gate?.Release();
        }
    }

    private void Read(RingPage page, int countMax, int bytesMax)
    {
        page.Clear();
        page.Owner = _owner;
        List<SegmentInfo> segments = _segments ??= Begin();
        while (_at >= 0 && _at < segments.Count)
        {
            _notes?.MoveTo(segments[_at].Number);
            using (LoadedSegment? file = LoadedSegment.Load(_files, segments[_at]))
            {
                bool isMore = file is not null && (_query.IsReverse ? ReadBackward(file, page, countMax, bytesMax) : ReadForward(file, page, countMax, bytesMax));
                if (isMore) return;
            }

            _at += _query.IsReverse ? -1 : 1;
            _offset = _query.IsReverse ? int.MaxValue : 0;
        }
    }

    /// <summary>Lists the files that can hold what is wanted, and learns whose the records are.</summary>
    private List<SegmentInfo> Begin()
    {
        if (_query.Ident is { } match && _known?.MayHold(match, _published) is false) return [];
        List<SegmentInfo> segments = List();
        segments.RemoveAll(segment => segment.LastTimeUs < _query.FromUs);
        if (_kind is RingKind.Traffic)
        {
            foreach (SegmentInfo segment in segments)
            {
                using LoadedSegment? file = LoadedSegment.Load(_files, segment);
                if (file is null) continue;
                SegmentScan scan = file.Scan(0);
                while (scan.TryNext(out RingRecordView record)) _idents.Note(record);
            }
        }

        _notes?.Begin([.. segments]);
        segments.RemoveAll(segment => segment.Header is { } header && header.FirstTimeUs > _query.ToUs);
        _at = _query.IsReverse ? segments.Count - 1 : 0;
        _offset = _query.IsReverse ? int.MaxValue : 0;
        return segments;
    }

    private List<SegmentInfo> List()
    {
        List<SegmentInfo> segments = SegmentInfo.ListIn(_files, _folder, _kind, _owner, _published);
        for (int i = 1; i < segments.Count; i++)
        {
            if (segments[i].Header is not { } header || segments.Exists(segment => segment.Number == header.PreviousNumber)) continue;
            // Files give way from the oldest on: with an older one still there, nobody but the disk took this one.
            if (_files.FileExists(segments[i - 1].Path)) Note(new RingGap(RingFolder.FileOf(_folder, header.PreviousNumber), 0, 0, "the file is missing"));
        }

        return segments;
    }

    /// <returns>True when the page is full and the file may have more.</returns>
    private bool ReadForward(LoadedSegment file, RingPage page, int countMax, int bytesMax)
    {
        SegmentScan scan = file.Scan(_offset);
        while (TryNext(file, ref scan, isNoted: true, out RingRecordView record))
        {
            ReadOnlySpan<byte> ident = _idents.IdentOf(record);
            if (!IsWanted(record, ident)) continue;
            if (IsFull(page, record, countMax, bytesMax))
            {
                _offset = scan.Offset;
                return true;
            }

            page.Add(record.Entry, ident, record.Bytes, _notes);
        }

        return false;
    }

    /// <returns>As <see cref="ReadForward"/>.</returns>
    private bool ReadBackward(LoadedSegment file, RingPage page, int countMax, int bytesMax)
    {
        // Records can be followed in one direction only: their places are gathered first.
        _offsets.Clear();
        SegmentScan scan = file.Scan(0);
        bool isNoted = _offset == int.MaxValue;
        while (TryNext(file, ref scan, isNoted, out RingRecordView record))
            if (scan.Offset < _offset && IsWanted(record, _idents.IdentOf(record))) _offsets.Add(scan.Offset);

        for (int i = _offsets.Count - 1; i >= 0; i--)
        {
            RingRecordView record = file.RecordAt(_offsets[i]);
            if (IsFull(page, record, countMax, bytesMax)) return true;
            page.Add(record.Entry, _idents.IdentOf(record), record.Bytes, _notes);
            _offset = _offsets[i];
        }

        return false;
    }

    private bool IsWanted(in RingRecordView record, ReadOnlySpan<byte> ident) =>
        record.TimeUs >= _query.FromUs && record.TimeUs <= _query.ToUs && _idents.IsWanted(record, ident);

    private static bool IsFull(RingPage page, in RingRecordView record, int countMax, int bytesMax) =>
        page.Count > 0 && (page.Count >= countMax || page.Length + record.Length > bytesMax);

    /// <summary>Gives the next record that a caller wrote, or when listing one that tells of another ident; notes what is no record, and what the ring wrote itself.</summary>
    /// <param name="file">The file.</param>
    /// <param name="scan">Where it is.</param>
    /// <param name="isNoted">False when the file was gone through before.</param>
    /// <param name="record">The record.</param>
    private bool TryNext(LoadedSegment file, ref SegmentScan scan, bool isNoted, out RingRecordView record)
    {
        while (scan.TryNext(out record))
        {
            if (isNoted && scan.DamageBytes > 0) Note(new RingGap(file.Info.Path, scan.DamageOffset, scan.DamageBytes, "the bytes are damaged"));
            if (record.Type < RingRecord.FirstOwnType || (_isListing && record.Type == RingRecord.AlsoIdentType)) return true;
            if (isNoted && record.Type == RingRecord.DroppedType && record.Bytes.Length >= sizeof(long)) Dropped += BinaryPrimitives.ReadInt64LittleEndian(record.Bytes);
        }

        if (isNoted) NoteEnd(file, scan);
        return false;
    }

    private void NoteEnd(LoadedSegment file, in SegmentScan scan)
    {
        SegmentInfo info = file.Info;
        if (info is { Header: null, Limit: 0 }) return;      // never finished, and known as that
        if (info.Header is null) Note(new RingGap(info.Path, 0, file.Length, info.HeaderProblem));
        else if (scan.DamageBytes > 0 && info.Limit == SegmentInfo.Unknown) Note(new RingGap(info.Path, scan.DamageOffset, scan.DamageBytes, "the last record is not whole: the power failed, it is being written, or it is damaged"));
        else if (scan.DamageBytes > 0) Note(new RingGap(info.Path, scan.DamageOffset, scan.DamageBytes, "the bytes are damaged"));
        if (file.MissingBytes > 0) Note(new RingGap(info.Path, file.Length, file.MissingBytes, "the file is too short"));
    }
}
