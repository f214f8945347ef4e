using System.Globalization;
using Gateway.Storage.Disk;

namespace Gateway.Storage.Repair;

/// <summary>What a repair does to files before it opens the store: decided once, done to a disk in memory to see what comes of it, and then to the real one.</summary>
/// <remarks>Whatever is changed or taken away is copied into a folder of its own first, and each step can be done again after a power cut.</remarks>
internal sealed class RepairActions(string folder)
{
    /// <summary>What the name of a file ends with that is on its way to its place.</summary>
    public const string Placing = ".placed";

    private const int CopyBytes = 1 << 16;

    private readonly SortedSet<string> _copies = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _removals = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _renewals = new(StringComparer.Ordinal);
    private readonly List<(string From, string To)> _placements = [];
    private readonly List<(string Path, long Offset, byte[] Bytes)> _patches = [];

    /// <summary>The file `format` is written.</summary>
    public bool WritesFormat { get; set; }

    /// <summary>Files that go into the folder of their own.</summary>
    public IReadOnlyCollection<string> Kept => _copies;

    /// <summary>Copies a file aside and leaves it in its place.</summary>
    public void Keep(string path) => _copies.Add(path);

    /// <summary>Moves a file aside.</summary>
    public void Remove(FileSystem overlay, string path)
    {
        _copies.Add(path);
        _removals.Add(path);
        overlay.Delete(path);
    }

    /// <summary>Puts a copy in a file's place: the disk can't read all of it.</summary>
    public void Renew(string path)
    {
        _copies.Add(path);
        _renewals.Add(path);
    }

    /// <summary>Puts files that lie in each other's place where they belong. What lies there now is one of them, or is moved aside before.</summary>
    public void Place(FileSystem overlay, IReadOnlyList<(string From, string To)> placements)
    {
        foreach ((string from, _) in placements) _copies.Add(from);
        _placements.AddRange(placements);
        foreach ((string from, string to) in placements)
            if (from != to + Placing) overlay.Move(from, to + Placing);
        foreach ((_, string to) in placements) overlay.Move(to + Placing, to);
    }

    /// <summary>Writes bytes over a file's; the file is made when it is missing.</summary>
    public void Patch(FileSystem overlay, string path, long offset, byte[] bytes)
    {
        if (overlay.FileExists(path)) _copies.Add(path);
        _patches.Add((path, offset, bytes));
        WriteAt(overlay, path, offset, bytes);
    }

    /// <summary>Does all of it.</summary>
    /// <param name="files">The disk.</param>
    /// <param name="utcNow">Names the folder that takes what is kept.</param>
    /// <returns>That folder; null when nothing had to be kept.</returns>
    public string? Apply(FileSystem files, DateTimeOffset utcNow)
    {
        string? aside = _copies.Count == 0 ? null : MakeAside(files, utcNow);
        foreach (string path in _copies)
            if (files.FileExists(path)) Copy(files, path, Path.Combine(aside!, Path.GetRelativePath(folder, path)));
        if (aside is not null) files.SyncFolder(folder);

        foreach (string path in _removals) files.Delete(path);
        foreach (string parent in _removals.Select(path => Path.GetDirectoryName(path)!).Distinct()) files.SyncFolder(parent);

        foreach (string path in _renewals.Except(_removals))
        {
            Copy(files, path, path + Placing);
            files.Move(path + Placing, path);
            files.SyncFolder(Path.GetDirectoryName(path)!);
        }

        // Under other names first: a power cut in between leaves files whose headers say where they belong.
        foreach ((string from, string to) in _placements)
            if (from != to + Placing) Copy(files, from, to + Placing);
        foreach ((_, string to) in _placements)
        {
            files.Move(to + Placing, to);
            files.SyncFolder(Path.GetDirectoryName(to)!);
        }

        foreach ((string from, _) in _placements)
        {
            if (_placements.Exists(placement => placement.To == from || placement.To + Placing == from)) continue;
            files.Delete(from);
            files.SyncFolder(Path.GetDirectoryName(from)!);
        }

        foreach ((string path, long offset, byte[] bytes) in _patches)
        {
            files.CreateFolder(Path.GetDirectoryName(path)!);
            WriteAt(files, path, offset, bytes);
            files.SyncFolder(Path.GetDirectoryName(path)!);
        }

        if (WritesFormat) FolderFormat.Write(folder, files);
        return aside;
    }

    private string MakeAside(FileSystem files, DateTimeOffset utcNow)
    {
        string name = Path.Combine(folder, "damaged-" + utcNow.UtcDateTime.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture)), aside = name;
        for (int i = 2; files.FolderExists(aside); i++) aside = FormattableString.Invariant($"{name}-{i}");
        files.CreateFolder(aside);
        return aside;
    }

    /// <summary>Copies what the disk gives; where it refuses to read there are zeros.</summary>
    private static void Copy(FileSystem files, string from, string to)
    {
        files.CreateFolder(Path.GetDirectoryName(to)!);
        files.Delete(to);
        byte[] buffer = new byte[CopyBytes];
        using (FileHandle source = files.OpenToRead(from))
        using (FileHandle target = files.Open(to, create: true))
        {
            long length = files.LengthOf(from);
            for (long offset = 0; offset < length; offset += CopyBytes)
            {
                int count = (int)Math.Min(CopyBytes, length - offset);
                buffer.AsSpan(files.ReadOver(source, from, buffer.AsSpan(0, count), offset).Present).Clear();
                files.Write(target, to, buffer.AsSpan(0, count), offset);
            }

            files.Sync(target, to);
        }

        files.SyncFolder(Path.GetDirectoryName(to)!);
    }

    private static void WriteAt(FileSystem files, string path, long offset, byte[] bytes)
    {
        using FileHandle handle = files.Open(path, create: true);
        files.Write(handle, path, bytes, offset);
        files.Sync(handle, path);
    }
}
