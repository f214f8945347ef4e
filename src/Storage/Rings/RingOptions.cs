namespace Gateway.Storage.Rings;

/// <summary>What a ring holds. Each owner has one of each at most.</summary>
public enum RingKind
{
    /// <summary>Bytes as they came from and went to devices.</summary>
    Traffic = 1,
    /// <summary>Events of a channel.</summary>
    Logs = 2,
    /// <summary>What happened in an account; the owners are accounts.</summary>
    Accounts = 3,
    /// <summary>What happened to devices; the owners are accounts.</summary>
    Devices = 4,
    /// <summary>What happened to MQTT sessions; the owners are accounts.</summary>
    Mqtt = 5,
}

/// <summary>How much a ring keeps.</summary>
public sealed record RingOptions
{
    /// <summary>Smallest quota that keeps anything.</summary>
    public const long QuotaBytesMin = 1_000_000;

    /// <summary>Largest quota: whoever looks for an ident reads the whole ring.</summary>
    public const long QuotaBytesMax = 1_000_000_000;

    /// <summary>Bytes on disk, <see cref="QuotaBytesMin"/> to <see cref="QuotaBytesMax"/>; the oldest give way. 0 keeps nothing.</summary>
    public required long QuotaBytes { get; init; }

    /// <summary>Records older than this are not shown, and are removed.</summary>
    public TimeSpan AgeMax { get; init; } = TimeSpan.FromDays(7);

    /// <summary>The oldest time that is kept.</summary>
    internal long CutoffUs(long nowUs) => nowUs - (AgeMax.Ticks / TimeSpan.TicksPerMicrosecond);

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(QuotaBytes, nameof(QuotaBytes));
        if (QuotaBytes > 0) ArgumentOutOfRangeException.ThrowIfLessThan(QuotaBytes, QuotaBytesMin, nameof(QuotaBytes));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(QuotaBytes, QuotaBytesMax, nameof(QuotaBytes));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(AgeMax, TimeSpan.Zero, nameof(AgeMax));
    }
}

/// <summary>Where and how a <see cref="RingStore"/> keeps its rings. Only <see cref="Folder"/> has no default.</summary>
public sealed record RingStoreOptions
{
    /// <summary>The folder; made with the first record. One process at a time may write to it, any number may read.</summary>
    public required string Folder { get; init; }

    /// <summary>Source of the time for ages.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Records of all rings that wait for the disk take up to 2^this bytes, 18 to 30; more are dropped and counted.</summary>
    public int QueueBits { get; init; } = 23;

    /// <summary>How long the writer gathers records before it writes, ms: what a killed process loses of its rings. It begins earlier when half of the queue is full, or somebody asks.</summary>
    public int LingerMs { get; init; } = 500;

    /// <summary>How often all rings are looked at for old records, s; 1 or more.</summary>
    public int SweepIntervalSeconds { get; init; } = 10;

    /// <summary>Bytes of the volume that rings leave to others: below, records are dropped and counted. More than the message store's, so that rings give way first; 0 takes all.</summary>
    public long FreeBytesMin { get; init; } = 256_000_000;

    /// <summary>Most files kept open for writing, 8 or more.</summary>
    public int OpenFilesMax { get; init; } = 64;

    /// <summary>No thread is started: the caller writes by <see cref="RingStore.Step"/> and removes old records by <see cref="RingStore.Sweep"/>.</summary>
    internal bool IsStepped { get; init; }

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(FreeBytesMin);
        ArgumentException.ThrowIfNullOrEmpty(Folder);
        ArgumentOutOfRangeException.ThrowIfLessThan(QueueBits, 18);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(QueueBits, 30);
        ArgumentOutOfRangeException.ThrowIfNegative(LingerMs);
        ArgumentOutOfRangeException.ThrowIfLessThan(SweepIntervalSeconds, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(OpenFilesMax, 8);
    }
}
