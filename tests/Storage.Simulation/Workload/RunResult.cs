namespace Gateway.Storage.Simulation;

/// <summary>What happened in a run, or in many.</summary>
public sealed class RunResult
{
    /// <summary>Names every operation, its outcome and all that was read: equal for two runs of one seed.</summary>
    public ulong Fingerprint { get; private set; } = 14_695_981_039_346_656_037;

    public long Operations { get; internal set; }

    public long Starts { get; internal set; }

    public long RefusedStarts { get; internal set; }

    public long PowerCuts { get; internal set; }

    public long CutsInRecovery { get; internal set; }

    public long Kills { get; internal set; }

    public long CleanCloses { get; internal set; }

    public long Faults { get; internal set; }

    public long Flips { get; internal set; }

    public long FlipsRefused { get; internal set; }

    public long Appended { get; internal set; }

    public long Full { get; internal set; }

    public long TooLarge { get; internal set; }

    public long Unavailable { get; internal set; }

    /// <summary>Appends that were under way when the store went.</summary>
    public long Untold { get; internal set; }

    public long MessagesRead { get; internal set; }

    /// <summary>Adds another run's figures.</summary>
    public void Add(RunResult other)
    {
        Operations += other.Operations;
        Starts += other.Starts;
        RefusedStarts += other.RefusedStarts;
        PowerCuts += other.PowerCuts;
        CutsInRecovery += other.CutsInRecovery;
        Kills += other.Kills;
        CleanCloses += other.CleanCloses;
        Faults += other.Faults;
        Flips += other.Flips;
        FlipsRefused += other.FlipsRefused;
        Appended += other.Appended;
        Full += other.Full;
        TooLarge += other.TooLarge;
        Unavailable += other.Unavailable;
        Untold += other.Untold;
        MessagesRead += other.MessagesRead;
        Note((long)other.Fingerprint);
    }

    /// <inheritdoc />
    public override string ToString() => FormattableString.Invariant(
        $"{Operations:n0} operations; appends: {Appended:n0} stored, {Full:n0} full, {TooLarge:n0} too large, {Unavailable:n0} unavailable, {Untold:n0} untold; {MessagesRead:n0} messages read; ") +
        FormattableString.Invariant(
        $"{Starts:n0} starts, {RefusedStarts:n0} refused by the disk, {PowerCuts:n0} power cuts, {CutsInRecovery:n0} of them in a start, {Kills:n0} kills, {CleanCloses:n0} clean closes; {Faults:n0} faults; {Flips:n0} flips, {FlipsRefused:n0} refused by name");

    internal void Note(long value)
    {
        unchecked
        {
            Fingerprint = (Fingerprint ^ (ulong)value) * 1_099_511_628_211;
            Fingerprint ^= Fingerprint >> 29;
        }
    }
}
