namespace Gateway.Storage.Disk;

/// <summary>Keeps a second process out of a data folder.</summary>
internal sealed class FolderLock : IDisposable
{
    private readonly FileStream _file;

    /// <exception cref="IOException">Another process has the folder open.</exception>
    public FolderLock(string folder)
    {
        string path = Path.Combine(folder, "lock");
        try
        {
            _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new IOException($"The data folder {folder} is in use by another process ({e.Message})", e);
        }
    }

    /// <inheritdoc />
    public void Dispose() => _file.Dispose();
}

/// <summary>The file that says how the folder is laid out.</summary>
internal static class FolderFormat
{
    private const string Name = "gateway-storage";
    private const int Version = 1;

    /// <summary>Writes the file into a new folder; refuses a folder of a later version or of somebody else.</summary>
    /// <exception cref="DamagedLogException">The file says something else.</exception>
    public static void CheckOrWrite(string folder, FileSystem files)
    {
        string path = Path.Combine(folder, "format");
        if (!File.Exists(path))
        {
            if (Directory.EnumerateFiles(folder, "checkpoint-*").Any())
                throw new DamagedLogException($"{path} is missing beside a checkpoint. It holds the one line `{Name} {Version}`; nothing was changed.");
            string temporary = path + ".new";
            File.WriteAllText(temporary, $"{Name} {Version}\n");
            using (var handle = files.Open(temporary, create: false)) files.Sync(handle, temporary);
            File.Move(temporary, path, overwrite: true);
            files.SyncFolder(folder);
            return;
        }

        string[] words = File.ReadAllText(path).Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries);
        if (words.Length != 2 || words[0] != Name || !int.TryParse(words[1], out int version))
            throw new DamagedLogException($"{path} is damaged: it should hold the one line `{Name} {Version}`. Correct it if the folder is a gateway's; nothing was changed.");
        if (version > Version)
            throw new DamagedLogException($"{path} says version {version}; this program reads up to version {Version}. Use the program that wrote it, or a later one; nothing was changed.");
    }
}
