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
            if (files.ListFiles(folder, "checkpoint-").Length > 0) throw Damage.At(folder, path, 0, $"it is missing beside a checkpoint; it holds the one line `{Name} {Version}`");
            Write(folder, files);
            return Version;
        }

        int version = Read(path, files);
        if (version == 0) throw Damage.At(folder, path, 0, $"it should hold the one line `{Name} {Version}`");
        return version <= Version ? version : throw Damage.Later(path, version, Version);
    }

    /// <summary>Says that the folder is of this version from now on: an earlier program refuses it by name.</summary>
    public static void Write(string folder, FileSystem files) => files.WriteText(PathOf(folder), $"{Name} {Version}\n");

    /// <summary>The version of a folder; 0 when the file is missing or says nothing that is one.</summary>
    public static int Find(string folder, FileSystem files) => files.FileExists(PathOf(folder)) ? Read(PathOf(folder), files) : 0;

    /// <summary>The file.</summary>
    public static string PathOf(string folder) => Path.Combine(folder, "format");

    private static int Read(string path, FileSystem files)
    {
        string[] words = files.ReadText(path).Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries);
        return words.Length == 2 && words[0] == Name && int.TryParse(words[1], out int version) && version > 0 ? version : 0;
    }
}
