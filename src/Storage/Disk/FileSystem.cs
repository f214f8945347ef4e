using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Storage.Disk;

/// <summary>Every touch of the disk goes through here, so that a test can let it fail. Errors are <see cref="IOException"/>s.</summary>
internal partial class FileSystem
{
    /// <summary>The real one.</summary>
    public static readonly FileSystem Real = new();

    /// <summary>Opens a file for reading and writing; makes it when it is missing and <paramref name="create"/> is set.</summary>
    /// <exception cref="FileNotFoundException">It is missing and shall not be made.</exception>
    public virtual SafeFileHandle Open(string path, bool create) =>
        File.OpenHandle(path, create ? FileMode.OpenOrCreate : FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);

    /// <summary>Writes all bytes at <paramref name="offset"/>.</summary>
    public virtual void Write(SafeFileHandle handle, string path, ReadOnlySpan<byte> bytes, long offset) => RandomAccess.Write(handle, bytes, offset);

    /// <summary>Reads up to the length of <paramref name="bytes"/>; less only at the end of the file.</summary>
    public virtual int Read(SafeFileHandle handle, string path, Span<byte> bytes, long offset)
    {
        int total = 0;
        while (total < bytes.Length)
        {
            int got = RandomAccess.Read(handle, bytes[total..], offset + total);
            if (got == 0) break;
            total += got;
        }

        return total;
    }

    /// <summary>Brings a file's bytes and length to the disk.</summary>
    public virtual void Sync(SafeFileHandle handle, string path) => RandomAccess.FlushToDisk(handle);

    /// <summary>Removes a file; a missing one is no error.</summary>
    public virtual void Delete(string path) => File.Delete(path);

    /// <summary>Makes a folder and those above it that are missing, and brings their names to the disk.</summary>
    public void CreateFolder(string path)
    {
        if (Directory.Exists(path)) return;
        string? parent = Path.GetDirectoryName(path);
        if (!string.IsNullOrEmpty(parent)) CreateFolder(parent);
        Directory.CreateDirectory(path);
        if (!string.IsNullOrEmpty(parent)) SyncFolder(parent);
    }

    /// <summary>Brings a folder's entries to the disk: a new file is not there for sure before that.</summary>
    public virtual void SyncFolder(string path)
    {
        if (OperatingSystem.IsWindows()) return;    // NTFS journals its folders; a folder can't be opened for a flush there

        int descriptor = OpenFolder(path, OpenReadOnly);
        if (descriptor < 0) throw new IOException($"The folder {path} can't be opened for a sync (errno {Marshal.GetLastPInvokeError()}).");
        int result = SyncDescriptor(descriptor);
        int error = Marshal.GetLastPInvokeError();
        _ = CloseDescriptor(descriptor);
        if (result != 0) throw new IOException($"The folder {path} can't be synced (errno {error}).");
    }

    private const int OpenReadOnly = 0;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int OpenFolder(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SyncDescriptor(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int CloseDescriptor(int descriptor);
}
