using System.Buffers;
using System.Security.Cryptography;
using Gateway.Storage.Disk;

namespace Gateway.Storage.Rings;

/// <summary>The files of one ring as the writer sees them: records go behind the last one, whole files are removed at the old end. Used by one thread; readers look at the files by themselves.</summary>
/// <remarks>Errors of the disk leave as exceptions; after one <see cref="Abandon"/> is called, and the next record begins a new file.</remarks>
internal sealed class RingFiles(HandleCache handles, string folder, RingKind kind, long owner)
{
    /// <summary>A ring has about so many files, a large one more: what gives way at a time is one of them.</summary>
    private const int FilesPerRing = 8;

    private const int SegmentBytesMin = 128 * 1024;

    /// <summary>Largest file, a power of two: its end is published together with its number.</summary>
    internal const int SegmentBytesMax = 4 * 1024 * 1024;

    /// <summary>A clock that went back further than this begins a new file with its own time; below that the times of a ring go on increasing.</summary>
    private const long ClockStepUs = 10_000_000;

    private const int EndBits = 23;

    private readonly List<Segment> _segments = [];
    private long _nextNumber = 1;
    private long _lastTimeUs;       // of the last record gathered, written or not
    private long _end;              // of the file being written
    private uint _seed;
    private string _path = "";
    private bool _isWriting;        // the last of _segments takes more; or a new one, if its number is _nextNumber
    private bool _isListed;
    private bool _isEndKnown;
    private long _published;

    /// <summary>Bytes of all files.</summary>
    public long Bytes { get; private set; }

    /// <summary>Records written.</summary>
    public long Written { get; private set; }

    /// <summary>Bytes behind the last whole record that were found at a start and given up.</summary>
    public long CutBytes { get; private set; }

    /// <summary>The file that is written and its end, for readers on other threads; number 0 when that is not known.</summary>
    public (long Number, long End) Published
    {
        get
        {
            long published = Volatile.Read(ref _published);
            return (published >> EndBits, published & ((1L << EndBits) - 1));
        }
    }

    /// <summary>Gathers one record behind the others; what was gathered before may be written.</summary>
    /// <param name="record">As it came out of the queue.</param>
    /// <param name="quotaBytes">Decides the size of files and how many stay.</param>
    /// <param name="buffer">Gathers.</param>
    /// <param name="isOwn">The ring's own: not counted as a record.</param>
    public void Append(ReadOnlySpan<byte> record, long quotaBytes, WriteBuffer buffer, bool isOwn = false)
    {
        OpenEnd();
        long timeUs = RingRecord.TimeUsOf(record);
        bool isStep = timeUs < _lastTimeUs - ClockStepUs;
        // Each record has a time of its own, so that who pages by time leaves none out.
        if (timeUs <= _lastTimeUs && !isStep) timeUs = _lastTimeUs + 1;

        if (_isWriting && !isStep && _end + buffer.Length + record.Length <= SegmentBytesFor(quotaBytes))
        {
            if (!buffer.HasRoomFor(record.Length)) Flush(quotaBytes, buffer);
        }
        else
        {
            Flush(quotaBytes, buffer);
            Begin(timeUs, buffer);
        }

        Span<byte> place = isOwn ? buffer.Take(record.Length) : buffer.TakeRecord(record.Length);
        record.CopyTo(place);
        RingRecord.Finish(place, _seed, timeUs);
        _lastTimeUs = timeUs;
    }

    /// <summary>Writes what was gathered, after the oldest files have made room for it.</summary>
    public void Flush(long quotaBytes, WriteBuffer buffer)
    {
        if (buffer.Length == 0) return;
        handles.ThrowIfLow();
        int written = _end > 0 ? 1 : 0;
        while (Bytes + buffer.Length > quotaBytes && _segments.Count > written) RemoveOldest();
        handles.Write(_path, buffer.Written, _end);

        if (_end == 0) _segments.Add(new Segment(_nextNumber++, 0, 0, 0));
        _end += buffer.Length;
        Bytes += buffer.Length;
        Segment last = _segments[^1];
        _segments[^1] = last with { Bytes = _end, End = _end, LastTimeUs = _lastTimeUs };
        Volatile.Write(ref _published, (last.Number << EndBits) | _end);
        Written += buffer.Records;
        buffer.Clear();
    }

    /// <summary>Forgets what could not be written. It may be in the file all the same, so that file takes no more.</summary>
    public void Abandon(WriteBuffer buffer)
    {
        buffer.Clear();
        if (_isWriting && _end == 0) _nextNumber++;     // a file may have been left behind under this number
        _isWriting = false;
        _lastTimeUs = _segments.Count > 0 && _segments[^1].LastTimeUs < SegmentInfo.Unknown ? _segments[^1].LastTimeUs : 0;
    }

    /// <summary>Removes files until the quota holds, and those whose records are all too old.</summary>
    /// <param name="quotaBytes">0 removes everything.</param>
    /// <param name="cutoffUs">The oldest time that stays.</param>
    public void Trim(long quotaBytes, long cutoffUs)
    {
        List();
        if (_segments.Count > 0 && !_isEndKnown && _segments[^1].FirstTimeUs < cutoffUs) OpenEnd();     // perhaps all of it is old
        int old = _segments.FindLastIndex(segment => segment.LastTimeUs < cutoffUs) + 1;        // whatever came before an old one is older, even if a clock was wrong
        for (; old > 0; old--) RemoveOldest();
        while (_segments.Count > 0 && Bytes > quotaBytes) RemoveOldest();
    }

    /// <summary>Removes all files and the folder.</summary>
    public void Remove()
    {
        foreach (long number in RingFolder.NumbersIn(handles.Files, folder)) handles.Delete(RingFolder.FileOf(folder, number));
        if (handles.Files.FolderExists(folder) && handles.Files.ListFiles(folder, "").Length == 0) handles.Files.RemoveFolder(folder);
        _segments.Clear();
        Bytes = 0;
        _isWriting = false;
    }

    private static int SegmentBytesFor(long quotaBytes) => (int)Math.Clamp(quotaBytes / FilesPerRing, SegmentBytesMin, SegmentBytesMax);

    private void Begin(long timeUs, WriteBuffer buffer)
    {
        if (_path.Length > 0) handles.Forget(_path);
        MakeFolder(folder);
        Segment previous = _segments.Count > 0 ? _segments[^1] : default;
        var header = new SegmentHeader(
            kind, owner, _nextNumber, previous.Number, previous.End, previous.LastTimeUs, timeUs, BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))));
        _path = RingFolder.FileOf(folder, _nextNumber);
        _seed = header.Seed;
        _end = 0;
        _isWriting = true;
        header.Write(buffer.Take(SegmentHeader.Bytes));
    }

    private void RemoveOldest()
    {
        Segment oldest = _segments[0];
        handles.Delete(RingFolder.FileOf(folder, oldest.Number));
        _segments.RemoveAt(0);
        Bytes -= oldest.Bytes;
        if (_segments.Count == 0) _isWriting = false;
    }

    /// <summary>Makes the folder and those above it; unlike the message store's, without bringing their names to the disk.</summary>
    private void MakeFolder(string path)
    {
        if (handles.Files.FolderExists(path)) return;
        if (Path.GetDirectoryName(path) is { Length: > 0 } parent) MakeFolder(parent);
        handles.Files.MakeFolder(path);
    }

    /// <summary>Learns which files there are and when they end, from their headers alone.</summary>
    private void List()
    {
        if (_isListed) return;
        _segments.Clear();
        Bytes = 0;
        foreach (SegmentInfo info in SegmentInfo.ListIn(handles.Files, folder, kind, owner))
        {
            long bytes = handles.Files.LengthOf(info.Path);
            _segments.Add(new Segment(info.Number, bytes, Math.Min(bytes, info.Limit), info.LastTimeUs) { FirstTimeUs = info.Header?.FirstTimeUs ?? 0 });
            Bytes += bytes;
            _nextNumber = info.Number + 1;
        }

        _isListed = true;
        _isEndKnown = _segments.Count == 0;
    }

    /// <summary>Learns where the last record is: reads the last file once after a start. What lies behind it is cut off: the next file's header says where this one ends.</summary>
    private void OpenEnd()
    {
        List();
        if (_isEndKnown) return;

        Segment last = _segments[^1];
        string path = RingFolder.FileOf(folder, last.Number);
        byte[] bytes = RingBuffers.Rent((int)Math.Min(last.Bytes, SegmentBytesMax));
        try
        {
            int length;
            using (FileHandle handle = handles.Files.OpenToRead(path)) length = handles.Files.Read(handle, path, bytes.AsSpan(0, (int)Math.Min(last.Bytes, SegmentBytesMax)), 0);
            long end = length < SegmentHeader.Bytes ? 0 : last.Bytes, lastTimeUs = SegmentInfo.Unknown;     // a damaged header stays a gap
            if (SegmentInfo.TryReadHeader(bytes.AsSpan(0, length), kind, owner, last.Number, out _) is { } header)
            {
                (end, lastTimeUs) = (SegmentHeader.Bytes, header.FirstTimeUs);
                var scan = new SegmentScan(bytes.AsSpan(0, length), SegmentHeader.Bytes, header.Seed);
                while (scan.TryNext(out RingRecordView record)) (end, lastTimeUs) = (scan.Offset + record.Length, record.TimeUs);
                _isWriting = end == last.Bytes;
                _seed = header.Seed;
            }

            CutBytes += last.Bytes - end;
            _path = path;
            _end = end;
            _lastTimeUs = lastTimeUs < SegmentInfo.Unknown ? lastTimeUs : 0;
            _segments[^1] = last with { End = end, LastTimeUs = lastTimeUs };
            Volatile.Write(ref _published, (last.Number << EndBits) | end);
            _isEndKnown = true;
        }
        catch (Exception e) when (FileSystem.IsMissing(e))
        {
            _isListed = false;      // somebody has cleared up: the next record looks again
            throw;
        }
        finally
        {
            RingBuffers.Return(bytes);
        }
    }

    /// <param name="Number">Of the file.</param>
    /// <param name="Bytes">Its length.</param>
    /// <param name="End">Where its last record ends.</param>
    /// <param name="LastTimeUs">The time of that record, or <see cref="SegmentInfo.Unknown"/>.</param>
    private readonly record struct Segment(long Number, long Bytes, long End, long LastTimeUs)
    {
        public long FirstTimeUs { get; init; }
    }
}
