namespace Gateway.Storage.Simulation;

/// <summary>What one seed does often, seldom and never: runs that differ in kind find more than runs that are all alike.</summary>
internal sealed class RunSettings
{
    public RunSettings(Random random, string folder, TimeProvider time)
    {
        Channels = 1 + random.Next(4);
        Rounds = 1 + random.Next(4);
        OperationsMax = 10 << random.Next(4);
        ReadsOften = random.Next(3) == 0;
        FaultOdds = random.Next(3) switch { 0 => 0, 1 => 40, _ => 12 };
        CutsInside = random.Next(2) == 0;
        LargeOdds = random.Next(3) switch { 0 => 0, 1 => 20, _ => 4 };
        ClockJumps = random.Next(4) == 0;
        Store = new StoreOptions
        {
            Folder = folder,
            Time = time,
            IsStepped = true,
            CheckpointIntervalSeconds = 1 + random.Next(5),
            ExpiryIntervalSeconds = 1 + random.Next(20),
            IdleCloseSeconds = 1 + random.Next(10),
            JournalPageBits = 17,
            JournalSegmentBits = 17 + random.Next(2),
            ChannelPageBits = 15 + random.Next(2),
            ChannelSegmentBits = 16 + random.Next(2),
            OpenLogsMax = random.Next(2) == 0 ? 1 + random.Next(3) : 64,
            OpenFilesMax = random.Next(2) == 0 ? 8 : 64,
            FreeBytesMin = random.Next(3) == 0 ? 1L << (12 + random.Next(8)) : 0,
            PacketBytesMax = random.Next(2) == 0 ? 1 << 17 : 50_000,
            PagesPerMark = 1 + random.Next(3),
        };
        Weights = new int[Enum.GetValues<Operation>().Length];
        for (int i = 0; i < Weights.Length; i++) Weights[i] = random.Next(4) == 0 ? 0 : 1 + random.Next(4);
        Weights[(int)Operation.Append] = 10 + random.Next(30);
        Weights[(int)Operation.Step] = 2 + random.Next(12);
    }

    public int Channels { get; }

    /// <summary>Starts of the store on one disk, besides those that are cut.</summary>
    public int Rounds { get; }

    public int OperationsMax { get; }

    public bool ReadsOften { get; }

    /// <summary>One of so many operations is a fault; 0: none.</summary>
    public int FaultOdds { get; }

    /// <summary>The power goes inside of an operation, else between two.</summary>
    public bool CutsInside { get; }

    /// <summary>One of so many messages is near the limit of its size; 0: none.</summary>
    public int LargeOdds { get; }

    public bool ClockJumps { get; }

    public StoreOptions Store { get; }

    private int[] Weights { get; }

    public LogOptions NewLogOptions(Random random) => new()
    {
        QuotaBytes = random.Next(3) switch { 0 => 4_000 + random.Next(60_000), _ => 1L << 30 },
        Overflow = random.Next(3) == 0 ? Overflow.DropOldest : Overflow.Block,
        AgeMax = random.Next(2) == 0 ? TimeSpan.FromDays(30) : TimeSpan.FromMinutes(1 + random.Next(60)),
        Durability = random.Next(5) switch { 0 => Durability.Os, 1 => Durability.Memory, _ => Durability.Commit },
    };

    public Operation NextOperation(Random random)
    {
        int at = random.Next(Weights.Sum());
        for (int i = 0; ; i++)
        {
            at -= Weights[i];
            if (at < 0) return (Operation)i;
        }
    }
}

/// <summary>What a run does to the store.</summary>
internal enum Operation
{
    Append,
    Retry,
    Cancel,
    Step,
    DeleteBelow,
    DeleteRange,
    DeleteChannel,
    MakeChannel,
    Configure,
    Checkpoint,
    Second,
    Minutes,
    Expire,
    CloseIdle,
    ReadForward,
    ReadBackward,
    Find,
    ReadAll,
    Heal,
}
