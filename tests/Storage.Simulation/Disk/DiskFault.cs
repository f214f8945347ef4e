namespace Gateway.Storage.Simulation;

/// <summary>What a disk is asked to do, as far as it can fail.</summary>
internal enum DiskCall
{
    Open,
    Write,
    Read,
    Sync,
    SyncFolder,
    Delete,
    Move,
    MakeFolder,
    List,
}

/// <summary>Lets calls of one kind fail for a while.</summary>
/// <param name="Call">Which.</param>
/// <param name="Part">Only for paths that hold this text; empty for all.</param>
/// <param name="Code">`EIO`, `ENOSPC`, `EACCES`, `EMFILE`.</param>
internal sealed record DiskFault(DiskCall Call, string Part, string Code)
{
    /// <summary>So many calls go well before the first fails.</summary>
    public int Skip { get; set; }

    /// <summary>So many fail; <see cref="int.MaxValue"/>: all until the fault is taken away.</summary>
    public int Left { get; set; } = int.MaxValue;

    /// <summary>Counts the call and says whether it fails.</summary>
    public bool Hits(DiskCall call, string path)
    {
        if (call != Call || !path.Contains(Part, StringComparison.Ordinal)) return false;
        if (Skip > 0)
        {
            Skip--;
            return false;
        }

        if (Left == 0) return false;
        if (Left != int.MaxValue) Left--;
        return true;
    }

    /// <summary>What the system says.</summary>
    public Exception Error(string path) =>
        Code == "EACCES" ? new UnauthorizedAccessException($"Access to the path '{path}' is denied (simulated)") : new IOException($"{Code} (simulated): '{path}'");

    public override string ToString() => $"{Call} of *{Part}* fails with {Code}, skip {Skip}, {(Left == int.MaxValue ? "until taken away" : $"{Left} times")}";
}
