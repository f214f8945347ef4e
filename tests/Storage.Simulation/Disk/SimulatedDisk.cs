using Gateway.Storage.Disk;

namespace Gateway.Storage.Simulation;

/// <summary>A disk in memory that can lose its power, fail, fill up and rot; a seed decides what happens. For one thread.</summary>
/// <remarks>
/// Model: written sectors (512 bytes) reach the disk in any mix and order until the file is synced; names that were made, removed or changed until their folder is. A failed
/// sync leaves any part of the sectors on the disk and calls all of them clean (<see cref="SimulatedFile.FailSync"/>). A failed write may have written its beginning. Reads come in
/// pieces. After a cut the store that was running goes on with a disk whose changes nobody sees, until <see cref="PowerOn"/>.
/// </remarks>
internal sealed partial class SimulatedDisk : FileSystem
{
    private const int WriteBackOdds = 16;
    private const int ShortReadOdds = 16;

    private readonly Random _random;
    private readonly HashSet<string> _locks = [];
    private SimulatedFolder _root = new();
    private long _sectors;

    /// <param name="seed">Decides what is lost, torn and forgotten.</param>
    public SimulatedDisk(int seed) => _random = new Random(seed);

    private SimulatedDisk(int seed, SimulatedFolder root) : this(seed) => _root = root;

    /// <summary>What fails at the moment.</summary>
    public List<DiskFault> Faults { get; } = [];

    /// <summary>Bytes the disk takes; files count in whole sectors.</summary>
    public long Capacity { get; set; } = long.MaxValue;

    /// <summary>Bytes in use.</summary>
    public long UsedBytes => _sectors * SimulatedFile.SectorBytes;

    /// <summary>Nothing that was not synced outlives a power cut or a failed sync. Else any part of it may.</summary>
    public bool LosesAll { get; set; }

    /// <summary>Gets a line for every call that changes the disk or tries to, or null.</summary>
    public Action<string>? Trace { get; set; }

    /// <summary>Calls that changed the disk or tried to.</summary>
    public long Changes { get; private set; }

    /// <inheritdoc />
    public override FileHandle Open(string path, bool create)
    {
        Fail(DiskCall.Open, path);
        (SimulatedFolder folder, string name) = ParentOf(path);
        if (folder.Names.GetValueOrDefault(name) is SimulatedFile file) return new Handle(file);
        if (!create) throw new FileNotFoundException($"Could not find file '{path}'.");
        CountChange("make", path);
        if (UsedBytes >= Capacity) throw NoSpace(path);
        file = new SimulatedFile();
        folder.Add(name, file);
        return new Handle(file);
    }

    /// <inheritdoc />
    public override void Write(FileHandle handle, string path, ReadOnlySpan<byte> bytes, long offset)
    {
        SimulatedFile file = FileOf(handle);
        CountChange("write", path, offset, bytes.Length);
        Exception? error = Faults.Count == 0 ? null : ErrorOf(DiskCall.Write, path);
        if (error is not null) bytes = bytes[..WholeSectors(_random.Next(bytes.Length + 1), offset)];
        if (Capacity != long.MaxValue && error is null)
        {
            while (bytes.Length > 0 && UsedBytes + ((long)file.NewSectors(bytes.Length, offset) * SimulatedFile.SectorBytes) > Capacity)
            {
                error = NoSpace(path);
                bytes = bytes[..WholeSectors(bytes.Length / 2, offset)];
            }
        }

        int before = file.SectorCount;
        if (bytes.Length > 0) file.Write(bytes, offset);
        _sectors += file.SectorCount - before;
        if (!LosesAll && _random.Next(WriteBackOdds) == 0) file.WriteBack(_random);
        if (error is not null) throw error;
    }

    /// <inheritdoc />
    protected override int ReadSome(FileHandle handle, string path, Span<byte> bytes, long offset)
    {
        SimulatedFile file = FileOf(handle);
        Fail(DiskCall.Read, path);
        if (bytes.Length > 1 && _random.Next(ShortReadOdds) == 0) bytes = bytes[..(1 + _random.Next(bytes.Length - 1))];
        return file.Read(bytes, offset);
    }

    /// <inheritdoc />
    public override void Sync(FileHandle handle, string path)
    {
        SimulatedFile file = FileOf(handle);
        CountChange("sync", path);
        if (Faults.Count > 0 && ErrorOf(DiskCall.Sync, path) is { } error)
        {
            int before = file.SectorCount;
            file.FailSync(_random, LosesAll);
            if (LosesAll || _random.Next(2) == 0) file.Evict();
            _sectors += file.SectorCount - before;
            throw error;
        }

        file.Sync();
    }

    /// <inheritdoc />
    public override bool FileExists(string path) => Find(path) is SimulatedFile;

    /// <inheritdoc />
    public override long LengthOf(string path) =>
        Find(path) is SimulatedFile file ? file.Length : throw new FileNotFoundException($"Could not find file '{path}'.");

    /// <inheritdoc />
    public override void Delete(string path)
    {
        Fail(DiskCall.Delete, path);
        (SimulatedFolder folder, string name) = ParentOf(path);
        if (folder.Names.GetValueOrDefault(name) is not SimulatedFile file) return;
        CountChange("delete", path);
        folder.Remove(name);
        _sectors -= file.SectorCount;
    }

    /// <inheritdoc />
    public override void Move(string path, string newPath)
    {
        Fail(DiskCall.Move, path);
        (SimulatedFolder folder, string name) = ParentOf(path);
        (SimulatedFolder newFolder, string newName) = ParentOf(newPath);
        if (folder != newFolder) throw new NotSupportedException("The store renames within a folder only.");
        if (!folder.Names.ContainsKey(name)) throw new FileNotFoundException($"Could not find file '{path}'.");
        CountChange("rename", path);
        if (folder.Names.GetValueOrDefault(newName) is SimulatedFile replaced) _sectors -= replaced.SectorCount;
        folder.Rename(name, newName);
    }

    /// <inheritdoc />
    public override string[] ListFiles(string folder, string prefix) => List<SimulatedFile>(folder, prefix);

    /// <inheritdoc />
    public override string[] ListFolders(string folder) => List<SimulatedFolder>(folder, "");

    /// <inheritdoc />
    public override bool FolderExists(string path) => Find(path) is SimulatedFolder;

    /// <inheritdoc />
    public override void MakeFolder(string path)
    {
        Fail(DiskCall.MakeFolder, path);
        (SimulatedFolder folder, string name) = ParentOf(path);
        if (folder.Names.ContainsKey(name)) return;
        CountChange("make folder", path);
        folder.Add(name, new SimulatedFolder());
    }

    /// <inheritdoc />
    public override void RemoveFolder(string path)
    {
        Fail(DiskCall.Delete, path);
        (SimulatedFolder folder, string name) = ParentOf(path);
        if (folder.Names.GetValueOrDefault(name) is not SimulatedFolder { Names.Count: 0 }) throw new IOException($"'{path}' is missing or holds something.");
        CountChange("remove folder", path);
        folder.Remove(name);
    }

    /// <inheritdoc />
    public override void SyncFolder(string path)
    {
        CountChange("sync folder", path);
        Fail(DiskCall.SyncFolder, path);
        if (Find(path) is not SimulatedFolder folder) throw new IOException($"The folder {path} can't be opened for a sync.");
        folder.Sync();
    }

    /// <inheritdoc />
    public override IDisposable LockFolder(string folder)
    {
        if (!_locks.Add(folder)) throw new IOException($"'{folder}' is locked.");
        return new Locked(() => _locks.Remove(folder));
    }

    /// <inheritdoc />
    public override long FreeBytesOf(string folder) => Math.Max(0, Capacity - UsedBytes);

    private static SimulatedFile FileOf(FileHandle handle) => ((Handle)handle).File;

    /// <summary>A write that fails stops at the end of a sector.</summary>
    private static int WholeSectors(int length, long offset)
    {
        long end = (offset + length) / SimulatedFile.SectorBytes * SimulatedFile.SectorBytes;
        return (int)Math.Max(0, end - offset);
    }

    private static IOException NoSpace(string path) => new($"ENOSPC (simulated): '{path}'");

    private string[] List<T>(string path, string prefix)
    {
        Fail(DiskCall.List, path);
        if (Find(path) is not SimulatedFolder folder) return [];
        return [.. folder.Names.Where(name => name.Value is T && name.Key.StartsWith(prefix, StringComparison.Ordinal)).Select(name => path + Path.DirectorySeparatorChar + name.Key)];
    }

    private void Fail(DiskCall call, string path)
    {
        if (Faults.Count > 0 && ErrorOf(call, path) is { } error) throw error;
    }

    private Exception? ErrorOf(DiskCall call, string path)
    {
        foreach (DiskFault fault in Faults)
        {
            if (!fault.Hits(call, path)) continue;
            Trace?.Invoke($"    {call} of {path} fails with {fault.Code}");
            return fault.Error(path);
        }

        return null;
    }

    private object? Find(string path)
    {
        object? node = _root;
        foreach (Range part in path.AsSpan().Split(Path.DirectorySeparatorChar))
        {
            if (part.Start.Value == part.End.Value) continue;
            if (node is not SimulatedFolder folder) return null;
            node = folder.Names.GetValueOrDefault(path[part]);
        }

        return node;
    }

    private (SimulatedFolder Folder, string Name) ParentOf(string path)
    {
        int at = path.LastIndexOf(Path.DirectorySeparatorChar);
        return Find(path[..at]) is SimulatedFolder folder ? (folder, path[(at + 1)..]) : throw new DirectoryNotFoundException($"Could not find a part of the path '{path}'.");
    }

    private sealed class Handle(SimulatedFile file) : FileHandle
    {
        private readonly SimulatedFile _file = file;
        private bool _isDisposed;

        public SimulatedFile File
        {
            get
            {
                ObjectDisposedException.ThrowIf(_isDisposed, this);
                return _file;
            }
        }

        public override void Dispose() => _isDisposed = true;
    }

    private sealed class Locked(Action unlock) : IDisposable
    {
        public void Dispose() => unlock();
    }
}
