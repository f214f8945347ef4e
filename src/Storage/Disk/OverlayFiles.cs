namespace Gateway.Storage.Disk;

/// <summary>A disk whose changes stay in memory: what is written, made, renamed or removed here hides what lies on the disk below, which is only read.</summary>
/// <remarks>So a repair can be rehearsed with the code that a start runs, and nothing is changed. Memory: 4 KiB for each block written. Any thread.</remarks>
internal sealed class OverlayFiles(FileSystem below) : FileSystem
{
    private const int BlockBytes = 4_096;

    private readonly Dictionary<string, OverlayFile?> _files = new(StringComparer.Ordinal);        // null: removed
    private readonly Dictionary<string, bool> _folders = new(StringComparer.Ordinal);              // false: removed
    private readonly SortedDictionary<string, long> _unreadable = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    /// <summary>Files below with bytes that the disk refused to read, which are zeros here; and about how many.</summary>
    public IReadOnlyDictionary<string, long> Unreadable => _unreadable;

    /// <inheritdoc />
    public override FileHandle Open(string path, bool create)
    {
        lock (_gate)
        {
            if (Find(path) is { } file)
            {
                _files[path] = file;        // one for all who open it
                return new Handle(file, file.Below is null ? null : below.OpenToRead(file.Below));
            }

            if (!FolderExists(Path.GetDirectoryName(path)!)) throw new DirectoryNotFoundException($"The folder of {path} is missing.");
            if (!create) throw new FileNotFoundException($"{path} is missing.", path);
            return new Handle((_files[path] = new OverlayFile(null, 0))!, null);
        }
    }

    /// <inheritdoc />
    public override void Write(FileHandle handle, string path, ReadOnlySpan<byte> bytes, long offset)
    {
        var open = (Handle)handle;
        lock (_gate)
        {
            for (int done = 0; done < bytes.Length;)
            {
                long number = (offset + done) / BlockBytes;
                int start = (int)((offset + done) % BlockBytes), length = Math.Min(BlockBytes - start, bytes.Length - done);
                if (!open.File.Blocks.TryGetValue(number, out byte[]? block))
                {
                    block = new byte[BlockBytes];
                    if (length < BlockBytes) ReadBelow(open, block, number * BlockBytes);
                    open.File.Blocks.Add(number, block);
                }

                bytes.Slice(done, length).CopyTo(block.AsSpan(start));
                done += length;
            }

            open.File.Length = Math.Max(open.File.Length, offset + bytes.Length);
        }
    }

    /// <inheritdoc />
    public override void Sync(FileHandle handle, string path) { }

    /// <inheritdoc />
    public override bool FileExists(string path)
    {
        lock (_gate) return _files.TryGetValue(path, out OverlayFile? file) ? file is not null : below.FileExists(path);
    }

    /// <inheritdoc />
    public override long LengthOf(string path)
    {
        lock (_gate) return Find(path)?.Length ?? throw new FileNotFoundException($"{path} is missing.", path);
    }

    /// <inheritdoc />
    public override void Delete(string path)
    {
        lock (_gate) _files[path] = null;
    }

    /// <inheritdoc />
    public override void Move(string path, string newPath)
    {
        lock (_gate)
        {
            _files[newPath] = Find(path) ?? throw new FileNotFoundException($"{path} is missing.", path);
            _files[path] = null;
        }
    }

    /// <inheritdoc />
    public override string[] ListFiles(string folder, string prefix)
    {
        lock (_gate)
        {
            var names = new HashSet<string>(below.ListFiles(folder, prefix), StringComparer.Ordinal);
            foreach ((string path, OverlayFile? file) in _files)
            {
                if (file is null) names.Remove(path);
                else if (Path.GetDirectoryName(path) == folder && Path.GetFileName(path).StartsWith(prefix, StringComparison.Ordinal)) names.Add(path);
            }

            return [.. names];
        }
    }

    /// <inheritdoc />
    public override string[] ListFolders(string folder)
    {
        lock (_gate)
        {
            var names = new HashSet<string>(below.ListFolders(folder), StringComparer.Ordinal);
            foreach ((string path, bool isThere) in _folders)
            {
                if (!isThere) names.Remove(path);
                else if (Path.GetDirectoryName(path) == folder) names.Add(path);
            }

            return [.. names];
        }
    }

    /// <inheritdoc />
    public override bool FolderExists(string path)
    {
        lock (_gate) return _folders.TryGetValue(path, out bool isThere) ? isThere : below.FolderExists(path);
    }

    /// <inheritdoc />
    public override void MakeFolder(string path)
    {
        lock (_gate) _folders[path] = true;
    }

    /// <inheritdoc />
    public override void RemoveFolder(string path)
    {
        lock (_gate) _folders[path] = ListFiles(path, "").Length + ListFolders(path).Length == 0 ? false : throw new IOException($"{path} is not empty.");
    }

    /// <inheritdoc />
    public override void SyncFolder(string path) { }

    /// <summary>Locks nothing: who makes an overlay holds the folder below.</summary>
    public override IDisposable LockFolder(string folder) => new MemoryStream();

    /// <inheritdoc />
    public override long FreeBytesOf(string folder) => below.FreeBytesOf(folder);

    /// <inheritdoc />
    protected override int ReadSome(FileHandle handle, string path, Span<byte> bytes, long offset)
    {
        var open = (Handle)handle;
        lock (_gate)
        {
            int length = (int)Math.Clamp(open.File.Length - offset, 0, bytes.Length);
            bytes = bytes[..length];
            if (length == 0) return 0;
            int present = ReadBelow(open, bytes, offset);
            bytes[present..].Clear();
            if (open.File.Blocks.Count == 0) return length;
            for (long number = offset / BlockBytes; number * BlockBytes < offset + length; number++)
            {
                if (!open.File.Blocks.TryGetValue(number, out byte[]? block)) continue;
                long from = Math.Max(number * BlockBytes, offset), to = Math.Min((number + 1) * BlockBytes, offset + length);
                block.AsSpan((int)(from - (number * BlockBytes)), (int)(to - from)).CopyTo(bytes[(int)(from - offset)..]);
            }

            return length;
        }
    }

    private OverlayFile? Find(string path)
    {
        if (_files.TryGetValue(path, out OverlayFile? file)) return file;
        return below.FileExists(path) ? new OverlayFile(path, below.LengthOf(path)) : null;
    }

    private int ReadBelow(Handle open, Span<byte> bytes, long offset)
    {
        if (open.BelowHandle is null) return 0;
        (int present, int unreadable) = below.ReadOver(open.BelowHandle, open.File.Below!, bytes, offset);
        if (unreadable > 0) _unreadable[open.File.Below!] = Math.Max(_unreadable.GetValueOrDefault(open.File.Below!), unreadable);
        return present;
    }

    /// <summary>A file with what was written to it.</summary>
    private sealed class OverlayFile(string? belowPath, long length)
    {
        public string? Below { get; } = belowPath;

        public long Length { get; set; } = length;

        public Dictionary<long, byte[]> Blocks { get; } = [];
    }

    private sealed class Handle(OverlayFile file, FileHandle? belowHandle) : FileHandle
    {
        public OverlayFile File { get; } = file;

        public FileHandle? BelowHandle { get; } = belowHandle;

        public override void Dispose() => BelowHandle?.Dispose();
    }
}
