using FASTER.core;

namespace Gateway.Storage.Disk;

/// <summary>The disk under one FasterLog: files of one size, written in the caller's thread, synced when asked.</summary>
/// <remarks>
/// FASTER ends a log for good when a write fails. So a write that fails here is parked in memory and told as done; <see cref="IsFailing"/> is set, the owner takes no
/// more appends, and <see cref="TryRepair"/> writes what was parked once the disk works again. What is parked is bounded by what was in flight.
/// A sync that failed is final: the operating system may have dropped the pages and reported that once (<see cref="IsPoisoned"/>).
/// </remarks>
internal sealed partial class SegmentDevice : StorageDeviceBase
{
    /// <summary>What the name of a file's copy ends with, before it takes the file's place.</summary>
    public const string CopySuffix = ".new";

    private const uint SectorBytes = 512;

    private readonly HandleCache _handles;
    private readonly string _folder;
    private readonly Dictionary<int, string> _paths = [];
    private readonly HashSet<int> _unsynced = [];
    private readonly HashSet<int> _written = [];
    private readonly List<ParkedWrite> _parked = [];
    private readonly Lock _gate = new();
    private readonly FileHeader? _header;
    private readonly int _headerBytes;
    private volatile int _firstSegment;
    private bool _folderUnsynced;
    private volatile bool _isFailing;
    private volatile bool _isPoisoned;

    /// <param name="handles">Shared by all devices.</param>
    /// <param name="path">Files are named this, a dot and the segment's number.</param>
    /// <param name="segmentBytes">Bytes per file.</param>
    /// <param name="headAddress">Nothing lies below.</param>
    /// <param name="header">What each file begins with, with its own number; null for files of version 1, which have none.</param>
    public SegmentDevice(HandleCache handles, string path, long segmentBytes, long headAddress, FileHeader? header) : base(path, SectorBytes, -1)
    {
        Initialize(segmentBytes);
        _firstSegment = (int)(headAddress / segmentBytes);
        _handles = handles;
        _header = header;
        _headerBytes = header is null ? 0 : FileHeader.Bytes;
        _folder = Path.GetDirectoryName(path)!;
    }

    /// <summary>A write failed and waits for its repetition.</summary>
    public bool IsFailing => _isFailing;

    /// <summary>A sync failed: these files can't be trusted to hold what was written since the sync before.</summary>
    public bool IsPoisoned => _isPoisoned;

    /// <summary>What the disk said last, for the operator.</summary>
    public string? LastError { get; private set; }

    /// <summary>Bytes handed to the disk so far.</summary>
    public long BytesWritten { get; private set; }

    /// <inheritdoc />
    public override unsafe void WriteAsync(
        IntPtr sourceAddress, int segmentId, ulong destinationAddress, uint numBytesToWrite, DeviceIOCompletionCallback callback, object context)
    {
        var bytes = new ReadOnlySpan<byte>((void*)sourceAddress, (int)numBytesToWrite);
        lock (_gate)
        {
            // Once one write is parked the later ones follow it, or an older copy of a sector would land on a newer one.
            if (_parked.Count > 0 || !TryWrite(segmentId, bytes, (long)destinationAddress))
            {
                _parked.Add(new ParkedWrite(segmentId, (long)destinationAddress, bytes.ToArray()));
                _isFailing = true;
            }
        }

        callback(0, numBytesToWrite, context);
    }

    /// <inheritdoc />
    public override unsafe void ReadAsync(
        int segmentId, ulong sourceAddress, IntPtr destinationAddress, uint readLength, DeviceIOCompletionCallback callback, object context)
    {
        uint error = TryRead(segmentId, (long)sourceAddress, new Span<byte>((void*)destinationAddress, (int)readLength), out _) ? 0u : 1u;
        callback(error, readLength, context);
    }

    /// <summary>Reads at an address of the log; what the files do not hold is zero.</summary>
    /// <param name="address">Must not cross the end of a segment with the length of <paramref name="bytes"/>.</param>
    /// <param name="bytes">Where to.</param>
    /// <param name="present">How many bytes the file held.</param>
    public bool TryReadAt(long address, Span<byte> bytes, out int present) =>
        TryRead((int)(address / SegmentSize), address % SegmentSize, bytes, out present);

    /// <summary>The file an address lies in.</summary>
    public string PathOf(long address) => SegmentPath((int)(address / SegmentSize));

    /// <summary>Where in its file an address lies.</summary>
    public long OffsetOf(long address) => _headerBytes + (address % SegmentSize);

    /// <summary>Writes again what was parked. True when the device works.</summary>
    public bool TryRepair()
    {
        lock (_gate)
        {
            int done = 0;
            while (done < _parked.Count && TryWrite(_parked[done].Segment, _parked[done].Bytes, _parked[done].Offset)) done++;
            _parked.RemoveRange(0, done);
            _isFailing = _parked.Count > 0;
            return !_isFailing;
        }
    }

    /// <summary>Brings everything written to the disk. Only one caller at a time.</summary>
    /// <returns>False when it did not get there; see <see cref="IsFailing"/> and <see cref="IsPoisoned"/>.</returns>
    public bool TrySync()
    {
        if (_isPoisoned || (_isFailing && !TryRepair())) return false;

        int[] segments;
        bool folder;
        lock (_gate)
        {
            if (_unsynced.Count == 0 && !_folderUnsynced) return true;
            segments = [.. _unsynced];
            _unsynced.Clear();
            folder = _folderUnsynced;
            _folderUnsynced = false;
        }

        try
        {
            foreach (int segment in segments) SyncSegment(segment);
            if (folder) _handles.Files.SyncFolder(_folder);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LastError = e.Message;
            lock (_gate)
            {
                _unsynced.UnionWith(segments);
                _folderUnsynced |= folder;
            }

            _isPoisoned = true;
            return false;
        }
    }

    /// <summary>After a failed sync: copies the files that were not synced to new ones, syncs those and puts them in the old ones' place. Nobody may write meanwhile.</summary>
    /// <returns>False when the disk still refuses. The owner must check the contents before it calls <see cref="ForgetPoison"/>.</returns>
    public bool TryReplaceUnsynced()
    {
        if (_isFailing && !TryRepair()) return false;
        try
        {
            foreach (int segment in _unsynced.Order().ToArray())
            {
                string path = SegmentPath(segment), copy = path + CopySuffix;
                CopyAndSync(segment, path, copy);
                _handles.Forget(path);
                _handles.Files.Move(copy, path);
                _unsynced.Remove(segment);
            }

            _handles.Files.SyncFolder(_folder);
            _folderUnsynced = false;
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LastError = e.Message;
            return false;
        }
    }

    /// <summary>What lies in the files now was synced and checked.</summary>
    public void ForgetPoison() => _isPoisoned = false;

    private void CopyAndSync(int segment, string path, string copy)
    {
        byte[] buffer = new byte[1 << 20];
        _handles.Files.Delete(copy);
        int length;
        for (long offset = 0; (length = _handles.Read(path, buffer, offset)) > 0; offset += length) _handles.Write(copy, buffer.AsSpan(0, length), offset);
        if (_header is not null) WriteHeader(segment, copy);     // it was not synced either
        _handles.Sync(copy);
        _handles.Forget(copy);
    }

    /// <summary>Removes the files that lie wholly below the address. A reader that is still there finds nothing and must know why.</summary>
    public void RemoveBelow(long address)
    {
        int end = (int)(address / SegmentSize);
        while (_firstSegment < end) RemoveSegment(_firstSegment++);     // counted first: a sync that finds no file then knows why
    }

    /// <summary>Removes the files that lie wholly between two addresses. Nobody writes there any more.</summary>
    public void RemoveBetween(long fromAddress, long belowAddress)
    {
        long first = Math.Max((fromAddress + SegmentSize - 1) / SegmentSize, _firstSegment);
        for (long segment = first; (segment + 1) * SegmentSize <= belowAddress; segment++) RemoveSegment((int)segment);
    }

    /// <inheritdoc />
    public override void RemoveSegmentAsync(int segment, AsyncCallback callback, IAsyncResult result)
    {
        RemoveSegment(segment);
        callback(result);
    }

    /// <inheritdoc />
    public override void RemoveSegment(int segment)
    {
        lock (_gate)
        {
            _unsynced.Remove(segment);
            _parked.RemoveAll(write => write.Segment == segment);
            _isFailing = _parked.Count > 0;
        }

        try
        {
            _handles.Delete(SegmentPath(segment));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LastError = e.Message;      // the file is in nobody's way: the next start removes what lies below the head
        }

        lock (_gate)
        {
            _paths.Remove(segment);
            _written.Remove(segment);
        }
    }

    /// <inheritdoc />
    public override void Dispose()
    {
        lock (_gate)
        {
            foreach (string path in _paths.Values) _handles.Forget(path);
            _paths.Clear();
        }
    }

    private void SyncSegment(int segment)
    {
        try
        {
            _handles.Sync(SegmentPath(segment));
        }
        catch (FileNotFoundException) when (segment < _firstSegment)
        {
            // Removed meanwhile: nobody needs it any more.
        }
    }

    private bool TryWrite(int segment, ReadOnlySpan<byte> bytes, long offset)
    {
        try
        {
            if (_header is not null && !_written.Contains(segment)) WriteHeader(segment, SegmentPath(segment));
            _handles.Write(SegmentPath(segment), bytes, _headerBytes + offset);
            if (_written.Add(segment)) _folderUnsynced = true;      // perhaps a new file
            _unsynced.Add(segment);
            BytesWritten += bytes.Length;
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LastError = e.Message;
            return false;
        }
    }

    private bool TryRead(int segment, long offset, Span<byte> bytes, out int present)
    {
        present = 0;
        try
        {
            if (!_isFailing)
            {
                present = _handles.Read(SegmentPath(segment), bytes, _headerBytes + offset);
                bytes[present..].Clear();
                return true;
            }

            lock (_gate)
            {
                present = _handles.Read(SegmentPath(segment), bytes, _headerBytes + offset);
                bytes[present..].Clear();
                foreach (ParkedWrite write in _parked)
                {
                    if (write.Segment != segment) continue;
                    long from = Math.Max(write.Offset, offset);
                    long to = Math.Min(write.Offset + write.Bytes.Length, offset + bytes.Length);
                    if (from >= to) continue;
                    write.Bytes.AsSpan((int)(from - write.Offset), (int)(to - from)).CopyTo(bytes[(int)(from - offset)..]);
                    present = Math.Max(present, (int)(to - offset));
                }
            }

            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LastError = e.Message;
            return false;
        }
    }

    private string SegmentPath(int segment)
    {
        lock (_gate)
        {
            if (!_paths.TryGetValue(segment, out string? path)) _paths[segment] = path = $"{FileName}.{segment}";
            return path;
        }
    }

    private readonly record struct ParkedWrite(int Segment, long Offset, byte[] Bytes);
}
