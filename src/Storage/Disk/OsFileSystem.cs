using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Storage.Disk;

/// <summary>The operating system's files.</summary>
internal partial class OsFileSystem : FileSystem
{
    private const int OpenReadOnly = 0;
    private const int PermissionDenied = 13;        // EACCES

    // The default takes `log-1` for `log-1.*`, as DOS did.
    private static readonly EnumerationOptions Names = new() { MatchType = MatchType.Simple, MatchCasing = MatchCasing.CaseSensitive, AttributesToSkip = default, IgnoreInaccessible = false };

    /// <inheritdoc />
    public override FileHandle Open(string path, bool create) =>
        new Handle(File.OpenHandle(path, create ? FileMode.OpenOrCreate : FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete));

    /// <inheritdoc />
    public override FileHandle OpenToRead(string path) => new Handle(File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));

    /// <inheritdoc />
    public override void Write(FileHandle handle, string path, ReadOnlySpan<byte> bytes, long offset) => RandomAccess.Write(FileOf(handle), bytes, offset);

    /// <inheritdoc />
    protected override int ReadSome(FileHandle handle, string path, Span<byte> bytes, long offset) => RandomAccess.Read(FileOf(handle), bytes, offset);

    /// <inheritdoc />
    public override void Sync(FileHandle handle, string path) => RandomAccess.FlushToDisk(FileOf(handle));

    /// <inheritdoc />
    public override bool FileExists(string path) => File.Exists(path);

    /// <inheritdoc />
    public override long LengthOf(string path) => new FileInfo(path).Length;

    /// <inheritdoc />
    public override void Delete(string path) => File.Delete(path);

    /// <inheritdoc />
    public override void Move(string path, string newPath) => File.Move(path, newPath, overwrite: true);

    /// <inheritdoc />
    public override string[] ListFiles(string folder, string prefix) => OrNone(folder, path => Directory.GetFiles(path, prefix + "*", Names));

    /// <inheritdoc />
    public override string[] ListFolders(string folder) => OrNone(folder, Directory.GetDirectories);

    /// <inheritdoc />
    public override bool FolderExists(string path) => Directory.Exists(path);

    /// <inheritdoc />
    public override void MakeFolder(string path) => Directory.CreateDirectory(path);

    /// <inheritdoc />
    public override void RemoveFolder(string path) => Directory.Delete(path);

    /// <inheritdoc />
    public override void SyncFolder(string path)
    {
        if (OperatingSystem.IsWindows()) return;    // NTFS journals its folders; a folder can't be opened for a flush there

        int descriptor = OpenFolder(path, OpenReadOnly);
        if (descriptor < 0)
        {
            string problem = $"The folder {path} can't be opened for a sync (errno {Marshal.GetLastPInvokeError()}).";
            throw Marshal.GetLastPInvokeError() is PermissionDenied ? new UnauthorizedAccessException(problem) : new IOException(problem);
        }

        int result = SyncDescriptor(descriptor);
        int error = Marshal.GetLastPInvokeError();
        _ = CloseDescriptor(descriptor);
        if (result != 0) throw new IOException($"The folder {path} can't be synced (errno {error}).");
    }

    /// <inheritdoc />
    public override IDisposable LockFolder(string folder) => new FileStream(Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);

    /// <inheritdoc />
    public override long FreeBytesOf(string folder) => new DriveInfo(folder).AvailableFreeSpace;

    /// <summary>Lists a folder; none when it is missing, also when it was removed since it was looked for.</summary>
    protected static string[] OrNone(string folder, Func<string, string[]> list)
    {
        if (!Directory.Exists(folder)) return [];
        try
        {
            return list(folder);
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    private static SafeFileHandle FileOf(FileHandle handle) => ((Handle)handle).File;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int OpenFolder(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SyncDescriptor(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int CloseDescriptor(int descriptor);

    /// <summary>The operating system's handle counts its uses itself.</summary>
    private sealed class Handle(SafeFileHandle file) : FileHandle
    {
        public SafeFileHandle File { get; } = file;

        public override void Dispose() => File.Dispose();
    }
}
