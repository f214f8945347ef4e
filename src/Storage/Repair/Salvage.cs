using Gateway.Storage.Disk;
using Gateway.Storage.Inspection;
using Gateway.Storage.Journal;

namespace Gateway.Storage.Repair;

/// <summary>What a repair opens a store with, in place of what the checkpoint and the journal of the folder say.</summary>
/// <param name="Checkpoint">The logs as they can be read, and the journal that goes with them.</param>
/// <param name="IsSecondSuspect">The second copy of the checkpoint is the one to be written first.</param>
internal sealed record Salvage(Checkpoint Checkpoint, bool IsSecondSuspect)
{
    /// <summary>How many keys a log passes over when nobody knows what was appended last: no consumer may meet a key twice. Of 2^53 keys that is room for two million repairs.</summary>
    public const long KeysPassedOver = 1L << 32;

    /// <summary>The journal is damaged: what is right in it is played.</summary>
    public bool IsJournalDamaged { get; init; }

    /// <summary>Every log passes over <see cref="KeysPassedOver"/> keys.</summary>
    public bool PassesOverKeys { get; init; }

    /// <summary>The generation that the store begins: above all that are there.</summary>
    public long JournalGenerationNext { get; init; }

    /// <summary>Messages that the journal had before those that it still has; filled while the store opens.</summary>
    public List<MessageLoss> Losses { get; } = [];

    /// <summary>The lock of the folder, when the caller holds it; the store takes it over.</summary>
    public IDisposable? Lock { get; init; }

    /// <summary>Visits the entries that the logs need.</summary>
    /// <exception cref="DamagedLogException">The journal was to be whole and is not.</exception>
    public void ReadJournal(HandleCache handles, StoreOptions options, JournalVisitor visit)
    {
        if (Checkpoint.IsClean) return;
        StoreOptions sizes = options with { JournalPageBits = Checkpoint.JournalPageBits, JournalSegmentBits = Checkpoint.JournalSegmentBits };
        JournalVisitor needed = entry =>
        {
            if (entry.Sequence >= Checkpoint.JournalSequence) visit(entry);
        };
        if (IsJournalDamaged) new JournalScan(handles, sizes, Checkpoint.JournalGeneration, Checkpoint.JournalVersion).Read(needed);
        else new JournalReader(handles, sizes, Checkpoint.JournalGeneration, Checkpoint.JournalVersion).Read(Checkpoint.JournalSequence, needed);
    }
}
