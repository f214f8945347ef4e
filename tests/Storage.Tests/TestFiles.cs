using Gateway.Storage.Disk;

namespace Gateway.Storage.Tests;

/// <summary>Saves the time of syncs where a test opens hundreds of stores and cuts no power.</summary>
internal sealed class FilesWithoutSync : OsFileSystem
{
    public override void Sync(FileHandle handle, string path) { }

    public override void SyncFolder(string path) { }
}

/// <summary>A disk that fails when told.</summary>
internal sealed class FaultyFiles : OsFileSystem
{
    /// <summary>Decides by path whether a write fails.</summary>
    public Func<string, bool> FailWrite { get; set; } = _ => false;

    /// <summary>Decides by path whether a sync fails.</summary>
    public Func<string, bool> FailSync { get; set; } = _ => false;

    /// <summary>Decides by path whether opening fails.</summary>
    public Func<string, bool> FailOpen { get; set; } = _ => false;

    public override FileHandle Open(string path, bool create) =>
        FailOpen(path) ? throw new IOException("Too many open files (test)") : base.Open(path, create);

    public override void Write(FileHandle handle, string path, ReadOnlySpan<byte> bytes, long offset)
    {
        if (FailWrite(path)) throw new IOException("No space left on device (test)");
        base.Write(handle, path, bytes, offset);
    }

    public override void Sync(FileHandle handle, string path)
    {
        if (FailSync(path)) throw new IOException("Input/output error (test)");
        base.Sync(handle, path);
    }
}

/// <summary>A disk that holds syncs of some files until told.</summary>
internal sealed class HeldFiles : OsFileSystem, IDisposable
{
    private readonly ManualResetEventSlim _open = new(initialState: true);
    private volatile string _prefix = "";

    /// <summary>Syncs of files whose names begin so wait.</summary>
    public void Hold(string prefix)
    {
        _prefix = prefix;
        _open.Reset();
    }

    /// <summary>They go on.</summary>
    public void Release() => _open.Set();

    public override void Sync(FileHandle handle, string path)
    {
        if (Path.GetFileName(path).StartsWith(_prefix, StringComparison.Ordinal)) _open.Wait();
        base.Sync(handle, path);
    }

    public void Dispose() => _open.Dispose();
}
