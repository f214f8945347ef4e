namespace Gateway.Storage;

/// <summary>Where and how a <see cref="MessageStore"/> keeps its data. Only <see cref="Folder"/> has no default.</summary>
public sealed record StoreOptions
{
    internal const int JournalPageBitsMin = 17;
    internal const int JournalPageBitsMax = 26;
    internal const int ChannelPageBitsMin = 15;
    internal const int ChannelPageBitsMax = 24;

    /// <summary>The data folder; made when it is missing. One process at a time may have it open.</summary>
    public required string Folder { get; init; }

    /// <summary>Source of the time for ages and intervals.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>How long a group commit gathers appends before it syncs, ms; 0 commits as soon as the sync before is done.</summary>
    public int CommitIntervalMs { get; init; }

    /// <summary>How often the channels' logs are synced and the journal is cut, s; 1 or more.</summary>
    public int CheckpointIntervalSeconds { get; init; } = 5;

    /// <summary>How often messages are looked at for their age, s; 1 or more.</summary>
    public int ExpiryIntervalSeconds { get; init; } = 10;

    /// <summary>A channel that was neither written nor read for so long gives its pages back, s.</summary>
    public int IdleCloseSeconds { get; init; } = 30;

    /// <summary>A journal page holds 2^this bytes, 17 to 26; a packet must fit one page, which makes it atomic.</summary>
    public int JournalPageBits { get; init; } = 23;

    /// <summary>A journal file holds 2^this bytes; not below <see cref="JournalPageBits"/>.</summary>
    public int JournalSegmentBits { get; init; } = 26;

    /// <summary>A channel's page holds 2^this bytes, 15 to 24; two are in memory while the channel is in use. A log keeps the size it was made with.</summary>
    public int ChannelPageBits { get; init; } = 15;

    /// <summary>A channel's file holds 2^this bytes: what deleting gives back to the disk at a time. A log keeps the size it was made with.</summary>
    public int ChannelSegmentBits { get; init; } = 23;

    /// <summary>A start looks at each page of a log, or of one of many pages at each n-th: what finds a message later walks up to so many pages, and dropping the oldest goes in such
    /// steps. 1 or more.</summary>
    public int PagesPerMark { get; init; } = 8;

    /// <summary>Most channels whose pages are in memory at a time, 1 or more; one costs two pages and some 18 KB. Beyond, an append closes the log of another channel that
    /// was not used for long, and opening one again takes some 0.1 ms.</summary>
    public int OpenLogsMax { get; init; } = 4_096;

    /// <summary>Bytes of the volume that stay free: below, appends are refused as unavailable until deletions, expiry or somebody else made room, which needs some room itself.
    /// Must exceed what is under way, some 40 MB at full speed; 0 does without.</summary>
    public long FreeBytesMin { get; init; } = 128_000_000;

    /// <summary>Most files kept open at a time, 8 or more.</summary>
    public int OpenFilesMax { get; init; } = 256;

    /// <summary>Most bytes of payload in one packet; must fit a journal page with 4 bytes per message.</summary>
    public int PacketBytesMax { get; init; } = 4 * 1024 * 1024;

    /// <summary>Nothing happens by itself, no thread and no timer is started: a single-threaded caller commits by <see cref="MessageStore.Step"/>, calls what the timer would,
    /// and gets the same run from the same calls. Waits end inside these calls.</summary>
    internal bool IsStepped { get; init; }

    internal void Validate()
    {
        ArgumentException.ThrowIfNullOrEmpty(Folder);
        ArgumentOutOfRangeException.ThrowIfNegative(CommitIntervalMs);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(CommitIntervalMs, 1_000);
        ArgumentOutOfRangeException.ThrowIfLessThan(CheckpointIntervalSeconds, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(ExpiryIntervalSeconds, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(IdleCloseSeconds, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(JournalPageBits, JournalPageBitsMin);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(JournalPageBits, JournalPageBitsMax);
        ArgumentOutOfRangeException.ThrowIfLessThan(JournalSegmentBits, JournalPageBits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(JournalSegmentBits, 30);
        ArgumentOutOfRangeException.ThrowIfLessThan(ChannelPageBits, ChannelPageBitsMin);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ChannelPageBits, ChannelPageBitsMax);
        ArgumentOutOfRangeException.ThrowIfLessThan(ChannelSegmentBits, ChannelPageBits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ChannelSegmentBits, 30);
        ArgumentOutOfRangeException.ThrowIfLessThan(PagesPerMark, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(OpenLogsMax, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(FreeBytesMin);
        ArgumentOutOfRangeException.ThrowIfLessThan(OpenFilesMax, 8);
        ArgumentOutOfRangeException.ThrowIfLessThan(PacketBytesMax, Packet.MessageBytesMax);
    }
}
