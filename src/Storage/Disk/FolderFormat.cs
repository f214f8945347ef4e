namespace Gateway.Storage.Disk;

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
        if (!files.FileExists(path))
        {
            if (files.ListFiles(folder, "checkpoint-").Length > 0)
                throw new DamagedLogException($"{path} is missing beside a checkpoint. It holds the one line `{Name} {Version}`; nothing was changed.");
            files.WriteText(path, $"{Name} {Version}\n");
            return;
        }

        string[] words = files.ReadText(path).Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries);
        if (words.Length != 2 || words[0] != Name || !int.TryParse(words[1], out int version))
            throw new DamagedLogException($"{path} is damaged: it should hold the one line `{Name} {Version}`. Correct it if the folder is a gateway's; nothing was changed.");
        if (version > Version)
            throw new DamagedLogException($"{path} says version {version}; this program reads up to version {Version}. Use the program that wrote it, or a later one; nothing was changed.");
    }
}
