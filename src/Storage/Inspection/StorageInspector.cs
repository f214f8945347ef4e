using Gateway.Storage.Disk;

namespace Gateway.Storage.Inspection;

/// <summary>Checks a folder of messages: every file, every record. Changes nothing.</summary>
public static class StorageInspector
{
    /// <summary>True when the folder is one of a <see cref="MessageStore"/>, whole or not.</summary>
    public static bool IsStorage(string folder) => IsStorage(FileSystem.Real, Path.GetFullPath(folder));

    /// <summary>Reads everything and says what is wrong. Takes as long as the disk needs for it.</summary>
    /// <param name="folder">The folder of a <see cref="MessageStore"/>, which is not open.</param>
    /// <param name="progress">Told after each piece that was read; must return soon.</param>
    /// <param name="cancellationToken">Stops between two pieces.</param>
    /// <exception cref="IOException">The folder is in use, or the disk fails in a way that says nothing about the data.</exception>
    public static StorageReport Inspect(string folder, Action<InspectionProgress>? progress = null, CancellationToken cancellationToken = default) =>
        Inspect(FileSystem.Real, new StoreOptions { Folder = Path.GetFullPath(folder) }, progress, cancellationToken);

    internal static StorageReport Inspect(FileSystem files, StoreOptions options, Action<InspectionProgress>? progress, CancellationToken cancellationToken)
    {
        using IDisposable? folderLock = Lock(files, options.Folder);
        using var survey = new Survey(files, options, progress);
        return survey.Run(cancellationToken);
    }

    internal static bool IsStorage(FileSystem files, string folder) =>
        files.FileExists(FolderFormat.PathOf(folder)) || files.ListFiles(folder, "checkpoint-").Length > 0 || files.ListFiles(folder, "journal-").Length > 0 || files.FolderExists(Path.Combine(folder, "channels"));

    /// <summary>Keeps a gateway out while the folder is read. Without the file `lock` there is none to keep out, and one must not be made here.</summary>
    internal static IDisposable? Lock(FileSystem files, string folder)
    {
        if (!files.FileExists(Path.Combine(folder, "lock"))) return null;
        try
        {
            return files.LockFolder(folder);
        }
        catch (UnauthorizedAccessException)
        {
            return null;        // who may not write here can't be in a gateway's way
        }
        catch (IOException e)
        {
            throw new IOException($"The folder {folder} is in use: stop the gateway first ({e.Message}).", e);
        }
    }
}
