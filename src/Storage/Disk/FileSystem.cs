using System.Text;

namespace Gateway.Storage.Disk;

/// <summary>An open file of a <see cref="FileSystem"/>. Disposed while in use it stays usable until that use ends; a use that comes later gets
/// <see cref="ObjectDisposedException"/>.</summary>
internal abstract class FileHandle : IDisposable
{
    /// <inheritdoc />
    public abstract void Dispose();
}

/// <summary>Every touch of the disk goes through here, so that a test can let it fail or keep it in memory. Paths are absolute. Errors are <see cref="IOException"/>s or
/// <see cref="UnauthorizedAccessException"/>s.</summary>
internal abstract class FileSystem
{
    private const int TextBytesMax = 4_096;
    private const int BlockBytes = 4_096;

    /// <summary>The real one.</summary>
    public static readonly FileSystem Real = new OsFileSystem();

    /// <summary>Opens a file for reading and writing; makes it when it is missing and <paramref name="create"/> is set.</summary>
    /// <exception cref="FileNotFoundException">It is missing and shall not be made.</exception>
    /// <exception cref="DirectoryNotFoundException">Its folder is missing.</exception>
    public abstract FileHandle Open(string path, bool create);

    /// <summary>Opens a file for reading alone: whoever may not write to it can look at it.</summary>
    /// <exception cref="FileNotFoundException">It is missing.</exception>
    /// <exception cref="DirectoryNotFoundException">Its folder is missing.</exception>
    public virtual FileHandle OpenToRead(string path) => Open(path, create: false);

    /// <summary>Writes all bytes at <paramref name="offset"/>.</summary>
    public abstract void Write(FileHandle handle, string path, ReadOnlySpan<byte> bytes, long offset);

    /// <summary>Reads up to the length of <paramref name="bytes"/>; less only at the end of the file.</summary>
    public int Read(FileHandle handle, string path, Span<byte> bytes, long offset)
    {
        int total = 0;
        while (total < bytes.Length)
        {
            int got = ReadSome(handle, path, bytes[total..], offset + total);
            if (got == 0) break;
            total += got;
        }

        return total;
    }

    /// <summary>Reads something; 0 only at the end of the file.</summary>
    protected abstract int ReadSome(FileHandle handle, string path, Span<byte> bytes, long offset);

    /// <summary>Brings a file's bytes and length to the disk.</summary>
    public abstract void Sync(FileHandle handle, string path);

    /// <summary>True when there is a file, and no folder, of that name.</summary>
    public abstract bool FileExists(string path);

    /// <summary>Bytes of a file.</summary>
    /// <exception cref="FileNotFoundException">It is missing.</exception>
    public abstract long LengthOf(string path);

    /// <summary>Removes a file; a missing one is no error.</summary>
    public abstract void Delete(string path);

    /// <summary>Gives a file another name in the same folder; a file that has that name is replaced.</summary>
    public abstract void Move(string path, string newPath);

    /// <summary>The paths of the files in a folder whose names begin so, in no certain order; empty when the folder is missing.</summary>
    public abstract string[] ListFiles(string folder, string prefix);

    /// <summary>The paths of the folders in a folder, in no certain order; empty when the folder is missing.</summary>
    public abstract string[] ListFolders(string folder);

    /// <summary>True when there is a folder, and no file, of that name.</summary>
    public abstract bool FolderExists(string path);

    /// <summary>Makes one folder; one that is there is no error.</summary>
    public abstract void MakeFolder(string path);

    /// <summary>Removes a folder.</summary>
    /// <exception cref="IOException">It holds something, or is missing.</exception>
    public abstract void RemoveFolder(string path);

    /// <summary>Brings a folder's entries to the disk: a new file is not there for sure before that.</summary>
    /// <exception cref="UnauthorizedAccessException">The folder may not be read.</exception>
    public abstract void SyncFolder(string path);

    /// <summary>Keeps everybody else out of a folder, by the file `lock` in it, until the result is disposed.</summary>
    /// <exception cref="IOException">Somebody holds it.</exception>
    public abstract IDisposable LockFolder(string folder);

    /// <summary>Bytes that can still be written on the volume that holds the folder.</summary>
    public abstract long FreeBytesOf(string folder);

    /// <summary>Makes a folder and those above it that are missing, and brings their names to the disk.</summary>
    public void CreateFolder(string path)
    {
        if (FolderExists(path)) return;
        string? parent = Path.GetDirectoryName(path);
        if (!string.IsNullOrEmpty(parent)) CreateFolder(parent);
        MakeFolder(path);
        if (!string.IsNullOrEmpty(parent)) SyncFolder(parent);
    }

    /// <summary>Whether an error says that a file is not there: it was removed alone, or together with its folder.</summary>
    public static bool IsMissing(Exception error) => error is FileNotFoundException or DirectoryNotFoundException;

    /// <summary>The text of a small file, UTF-8; at most 4096 bytes of it.</summary>
    public string ReadText(string path)
    {
        byte[] bytes = new byte[TextBytesMax];
        using FileHandle handle = Open(path, create: false);
        return Encoding.UTF8.GetString(bytes, 0, Read(handle, path, bytes, 0));
    }

    /// <summary>Reads over what the disk refuses: there are zeros then.</summary>
    /// <returns>How many bytes the file held, and how many of them could not be read.</returns>
    public (int Present, int Unreadable) ReadOver(FileHandle handle, string path, Span<byte> bytes, long offset)
    {
        try
        {
            return (Read(handle, path, bytes, offset), 0);
        }
        catch (IOException)
        {
            int length = (int)Math.Clamp(LengthOf(path) - offset, 0, bytes.Length), unreadable = 0;
            for (int done = 0; done < length; done += BlockBytes)
            {
                Span<byte> block = bytes[done..Math.Min(done + BlockBytes, length)];
                try
                {
                    Read(handle, path, block, offset + done);
                }
                catch (IOException)
                {
                    block.Clear();
                    unreadable += block.Length;
                }
            }

            return (length, unreadable);
        }
    }

    /// <summary>Puts a small text in a file of its own in place of what was there: after a power cut there is the old one or the new one, whole.</summary>
    public void WriteText(string path, string text)
    {
        string temporary = path + ".new";
        Delete(temporary);
        using (FileHandle handle = Open(temporary, create: true))
        {
            Write(handle, temporary, Encoding.UTF8.GetBytes(text), 0);
            Sync(handle, temporary);
        }

        Move(temporary, path);
        SyncFolder(Path.GetDirectoryName(path)!);
    }
}
