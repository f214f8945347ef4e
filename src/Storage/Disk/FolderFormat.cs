namespace Gateway.Storage.Disk;

/// <summary>The file `format`, which says in one line how the folder is laid out.</summary>
internal static class FolderFormat
{
    /// <summary>What this program writes.</summary>
    public const int Version = 2;

    private const string Name = "gateway-storage";

    /// <summary>Writes the file into a new folder; refuses a folder of a later version or of somebody else.</summary>
    /// <returns>The folder's version, this one or an earlier one.</returns>
    /// <exception cref="DamagedLogException">The file says something else.</exception>
    public static int CheckOrWrite(string folder, FileSystem files)
    {
        string path = PathOf(folder);
        if (!files.FileExists(path))
        {
            if (files.ListFiles(folder, "checkpoint-").Length > 0)
                throw new DamagedLogException($"{path} is missing beside a checkpoint. It holds the one line `{Name} {Version}`; nothing was changed.");
            Write(folder, files);
            return Version;
        }

        int version = Read(path, files);
        if (version == 0)
            throw new DamagedLogException($"{path} is damaged: it should hold the one line `{Name} {Version}`. Correct it if the folder is a gateway's; nothing was changed.");
        if (version > Version)
            throw new DamagedLogException($"{path} says version {version}; this program reads up to version {Version}. Use the program that wrote it, or a later one; nothing was changed.");
        return version;
    }

    /// <summary>Says that the folder is of this version from now on: an earlier program refuses it by name.</summary>
    public static void Write(string folder, FileSystem files) => files.WriteText(PathOf(folder), $"{Name} {Version}\n");

    private static string PathOf(string folder) => Path.Combine(folder, "format");

    private static int Read(string path, FileSystem files)
    {
        string[] words = files.ReadText(path).Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries);
        return words.Length == 2 && words[0] == Name && int.TryParse(words[1], out int version) && version > 0 ? version : 0;
    }
}
