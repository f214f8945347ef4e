namespace Gateway.Storage.Disk;

/// <summary>What a channel's log holds for sure: everything from head to until is on the disk.</summary>
/// <param name="ChannelId">The channel.</param>
/// <param name="Incarnation">Grows with every log that is made, so that a deleted channel's entries in the journal are not taken for a new one's.</param>
/// <param name="NextSequence">One above the last record below <paramref name="UntilAddress"/>.</param>
/// <param name="UntilAddress">Where the next record goes.</param>
/// <param name="HeadSequence">The first record that is not deleted.</param>
/// <param name="HeadAddress">Where it is.</param>
/// <param name="TimeMaxUs">Latest server time of a record.</param>
/// <param name="OrderedFrom">No record from here on has an earlier server time than one before it: where the clock was set back, the first record behind that.</param>
/// <param name="PageBits">The log keeps the page size it was made with.</param>
/// <param name="SegmentBits">And the file size.</param>
/// <param name="LogVersion">And the layout of its files; 0 for a deleted log whose files may still be there.</param>
/// <param name="Holes">What is deleted between head and until.</param>
internal readonly record struct ChannelFacts(
    long ChannelId, long Incarnation, long NextSequence, long UntilAddress, long HeadSequence, long HeadAddress, long TimeMaxUs, long OrderedFrom, int PageBits, int SegmentBits,
    int LogVersion, HoleList Holes)
{
    /// <summary>FASTER's first address.</summary>
    public const long FirstAddress = 64;

    /// <summary>The layout of new logs' files.</summary>
    public const int LogVersionNow = 2;

    /// <summary>The log was deleted.</summary>
    public bool IsDeleted => LogVersion == 0;

    /// <summary>A log without records.</summary>
    public static ChannelFacts Empty(long channelId, long incarnation, StoreOptions options) =>
        new(channelId, incarnation, 1, FirstAddress, 1, FirstAddress, 0, 1, options.ChannelPageBits, options.ChannelSegmentBits, LogVersionNow, HoleList.None);

    /// <summary>What the files of the log begin with; null for those of version 1.</summary>
    public FileHeader? Header => LogVersion == 1 ? null : new FileHeader(FileKind.Log, ChannelId, Incarnation, 0, PageBits, SegmentBits);

    /// <summary>False when the file of that number lies wholly below the head or in a hole: it may be gone.</summary>
    public bool Needs(long segment)
    {
        long start = segment << SegmentBits, end = (segment + 1) << SegmentBits;
        return end > HeadAddress && !(Holes.TryFindAddress(start, out Hole hole) && hole.BelowAddress >= end);
    }
}

/// <summary>The state of the whole store at one moment.</summary>
/// <param name="Generation">Number of the checkpoint.</param>
/// <param name="JournalVersion">The layout of the journal's files.</param>
/// <param name="JournalGeneration">The journal that goes on from here.</param>
/// <param name="JournalSequence">Its first entry that is not in the channels' logs.</param>
/// <param name="IncarnationNext">For the next new log.</param>
/// <param name="IsClean">The store was closed: there is no journal to read.</param>
/// <param name="JournalPageBits">Page size of the journal.</param>
/// <param name="JournalSegmentBits">File size of the journal.</param>
/// <param name="Channels">All logs.</param>
internal sealed record Checkpoint(
    long Generation, int JournalVersion, long JournalGeneration, long JournalSequence, long IncarnationNext, bool IsClean, int JournalPageBits, int JournalSegmentBits,
    IReadOnlyList<ChannelFacts> Channels);
