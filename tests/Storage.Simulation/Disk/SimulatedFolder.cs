namespace Gateway.Storage.Simulation;

/// <summary>The names in one folder, as programs see them and as the disk holds them. What a name stands for is a <see cref="SimulatedFile"/> or a <see cref="SimulatedFolder"/>.</summary>
internal sealed class SimulatedFolder
{
    private readonly List<Change> _changes = [];        // since the folder's last sync
    private Dictionary<string, object> _synced = [];

    /// <summary>As programs see it.</summary>
    public SortedDictionary<string, object> Names { get; } = new(StringComparer.Ordinal);

    /// <summary>A name was made; what had it before is gone.</summary>
    public void Add(string name, object node)
    {
        Names[name] = node;
        _changes.Add(new Change(name, node, Gone: null));
    }

    /// <summary>A name was removed.</summary>
    public void Remove(string name)
    {
        if (Names.Remove(name)) _changes.Add(new Change(Name: null, Node: null, name));
    }

    /// <summary>A file has another name now. The two names change at once, also when the power goes.</summary>
    public void Rename(string name, string newName)
    {
        object node = Names[name];
        Names.Remove(name);
        Names[newName] = node;
        _changes.Add(new Change(newName, node, name));
    }

    /// <summary>The disk holds the names that programs see.</summary>
    public void Sync()
    {
        _changes.Clear();
        _synced = new Dictionary<string, object>(Names);
    }

    /// <summary>What the disk holds after the power went: each unsynced change is there or not, and of each file what <see cref="SimulatedFile.AfterCut"/> gives.</summary>
    public SimulatedFolder AfterCut(Random random, bool losesAll)
    {
        var names = new Dictionary<string, object>(_synced);
        int odds = random.Next(1, 4);
        foreach (Change change in _changes)
        {
            if (losesAll || random.Next(odds) != 0) continue;
            if (change.Gone is not null) names.Remove(change.Gone);
            if (change.Name is not null) names[change.Name] = change.Node!;
        }

        var folder = new SimulatedFolder();
        foreach ((string name, object node) in names) folder.Names[name] = node is SimulatedFile file ? file.AfterCut(random, losesAll) : ((SimulatedFolder)node).AfterCut(random, losesAll);
        folder.Sync();
        return folder;
    }

    /// <summary>The same folder with all that is in it again; what was not synced counts as synced in the copy.</summary>
    public SimulatedFolder Copy()
    {
        var folder = new SimulatedFolder();
        foreach ((string name, object node) in Names) folder.Names[name] = node is SimulatedFile file ? file.Copy() : ((SimulatedFolder)node).Copy();
        folder.Sync();
        return folder;
    }

    /// <param name="Name">Made, or null.</param>
    /// <param name="Node">What it stands for.</param>
    /// <param name="Gone">Removed, or null.</param>
    private readonly record struct Change(string? Name, object? Node, string? Gone);
}
