namespace Gateway.Storage.Simulation;

/// <summary>What happens to the disk from outside.</summary>
internal sealed partial class SimulatedDisk
{
    private SimulatedFolder? _afterCut;
    private int _changesUntilCut = -1;

    /// <summary>The power went: what is written now is lost, whatever the calls say.</summary>
    public bool IsOff => _afterCut is not null;

    /// <summary>Lets the power go before the n-th call from now that changes the disk; 0: never.</summary>
    public void CutBefore(int call) => _changesUntilCut = call == 0 ? -1 : call;

    /// <summary>Lets the power go now.</summary>
    public void Cut()
    {
        if (IsOff) return;
        Trace?.Invoke("    the power goes");
        _afterCut = _root.AfterCut(_random, LosesAll);
        _changesUntilCut = -1;
    }

    /// <summary>Begins with what the disk held when the power went.</summary>
    public void PowerOn()
    {
        if (_afterCut is null) throw new InvalidOperationException("The power is on.");
        _root = _afterCut;
        _afterCut = null;
        _sectors = Files().Sum(file => (long)file.File.SectorCount);
        _locks.Clear();
    }

    /// <summary>The process is gone, the system is not: nothing written is lost, but it is not synced either.</summary>
    public void Kill()
    {
        _changesUntilCut = -1;
        _locks.Clear();
    }

    /// <summary>The system needs the memory of what a failed sync dropped.</summary>
    public void Evict()
    {
        foreach ((_, SimulatedFile file) in Files())
        {
            int before = file.SectorCount;
            file.Evict();
            _sectors += file.SectorCount - before;
        }
    }

    /// <summary>A disk with the same files, all of it synced, for somebody else to damage.</summary>
    public SimulatedDisk Copy(int seed)
    {
        var copy = new SimulatedDisk(seed, _root.Copy());
        copy._sectors = _sectors;
        return copy;
    }

    /// <summary>All files by path, in the order of names.</summary>
    public IEnumerable<(string Path, SimulatedFile File)> Files() => Below("", _root);

    /// <summary>One file.</summary>
    public SimulatedFile FileAt(string path) => Find(path) as SimulatedFile ?? throw new FileNotFoundException(path);

    private static IEnumerable<(string Path, SimulatedFile File)> Below(string path, SimulatedFolder folder)
    {
        foreach ((string name, object node) in folder.Names)
        {
            string below = path + Path.DirectorySeparatorChar + name;
            if (node is SimulatedFile file) yield return (below, file);
            else foreach ((string, SimulatedFile) one in Below(below, (SimulatedFolder)node)) yield return one;
        }
    }

    private void CountChange(string call, string path, long offset = 0, int length = 0)
    {
        Changes++;
        if (_changesUntilCut > 0 && --_changesUntilCut == 0) Cut();
        Trace?.Invoke(length == 0 ? $"    {call} {path}" : $"    {call} {path}, {length} bytes at {offset}");
    }
}
