namespace Gateway.Storage.Disk;

/// <summary>Keeps the most recently used file handles open, up to a limit: thousands of channels share a few hundred descriptors.</summary>
/// <remarks>A handle that is evicted while in use stays open until that use ends; a use that comes later gets
/// <see cref="ObjectDisposedException"/> and asks again, which the methods here do.</remarks>
/// <param name="files">The disk.</param>
/// <param name="handlesMax">Most handles.</param>
/// <param name="space">Told of every write, or null.</param>
internal sealed class HandleCache(FileSystem files, int handlesMax, FreeSpace? space = null) : IDisposable
{
    private const int TriesMax = 100;

    private readonly Dictionary<string, LinkedListNode<Entry>> _byPath = new(StringComparer.Ordinal);
    private readonly LinkedList<Entry> _newestFirst = new();
    private readonly HashSet<string> _unsyncedFolders = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    /// <summary>The disk behind the handles.</summary>
    public FileSystem Files => files;

    /// <summary>Writes all bytes; makes the file when it is missing.</summary>
    public void Write(string path, ReadOnlySpan<byte> bytes, long offset)
    {
        for (int tries = 0; ; tries++)
        {
            try
            {
                files.Write(Get(path, create: true), path, bytes, offset);
                space?.NoteWritten(bytes.Length);
                return;
            }
            catch (ObjectDisposedException) when (tries < TriesMax) { }
        }
    }

    /// <summary>For whoever can do without: refuses to write while the volume has less free than it should.</summary>
    /// <exception cref="IOException">It has.</exception>
    public void ThrowIfLow()
    {
        if (space is not { IsLow: true }) return;
        space.Look();
        if (space.IsLow) throw new IOException("The volume is almost full.");
    }

    /// <summary>Reads up to the length of <paramref name="bytes"/>; 0 when the file is missing.</summary>
    public int Read(string path, Span<byte> bytes, long offset)
    {
        for (int tries = 0; ; tries++)
        {
            try
            {
                return files.Read(Get(path, create: false), path, bytes, offset);
            }
            catch (FileNotFoundException)
            {
                return 0;
            }
            catch (DirectoryNotFoundException)
            {
                return 0;
            }
            catch (ObjectDisposedException) when (tries < TriesMax) { }
        }
    }

    /// <summary>Syncs the file.</summary>
    public void Sync(string path)
    {
        for (int tries = 0; ; tries++)
        {
            try
            {
                files.Sync(Get(path, create: false), path);
                return;
            }
            catch (ObjectDisposedException) when (tries < TriesMax) { }
        }
    }

    /// <summary>Makes a folder in one that is there, and brings its name to the disk before anybody relies on it, also when that failed the first time.</summary>
    public void MakeFolder(string path)
    {
        if (files.FolderExists(path) && !IsUnsynced(path)) return;
        lock (_gate) _unsyncedFolders.Add(path);
        files.MakeFolder(path);
        files.SyncFolder(Path.GetDirectoryName(path)!);
        lock (_gate) _unsyncedFolders.Remove(path);
    }

    private bool IsUnsynced(string path)
    {
        lock (_gate) return _unsyncedFolders.Contains(path);
    }

    /// <summary>Closes the file and removes it.</summary>
    public void Delete(string path)
    {
        Forget(path);
        files.Delete(path);
    }

    /// <summary>Closes the file if it is open.</summary>
    public void Forget(string path)
    {
        lock (_gate)
        {
            if (!_byPath.Remove(path, out LinkedListNode<Entry>? node)) return;
            _newestFirst.Remove(node);
            node.Value.Handle.Dispose();
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        lock (_gate)
        {
            foreach (Entry entry in _newestFirst) entry.Handle.Dispose();
            _newestFirst.Clear();
            _byPath.Clear();
        }
    }

    private FileHandle Get(string path, bool create)
    {
        lock (_gate)
        {
            if (_byPath.TryGetValue(path, out LinkedListNode<Entry>? node))
            {
                if (node != _newestFirst.First)
                {
                    _newestFirst.Remove(node);
                    _newestFirst.AddFirst(node);
                }

                return node.Value.Handle;
            }

            FileHandle handle = files.Open(path, create);
            _byPath[path] = _newestFirst.AddFirst(new Entry(path, handle));
            if (_byPath.Count > handlesMax && _newestFirst.Last is { } oldest)
            {
                _newestFirst.RemoveLast();
                _byPath.Remove(oldest.Value.Path);
                oldest.Value.Handle.Dispose();
            }

            return handle;
        }
    }

    private readonly record struct Entry(string Path, FileHandle Handle);
}
