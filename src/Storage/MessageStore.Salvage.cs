using Gateway.Storage.Disk;
using Gateway.Storage.Inspection;
using Gateway.Storage.Journal;
using Gateway.Storage.Repair;

namespace Gateway.Storage;

/// <summary>The start of a repair: as any other start, but from facts that were put right, over what the journal has lost.</summary>
public sealed partial class MessageStore
{
    private GroupJournal Recover(int formatVersion, Salvage salvage)
    {
        Checkpoint checkpoint = salvage.Checkpoint;
        _checkpointFile.IsSecondSuspect = salvage.IsSecondSuspect;
        _handles.MakeFolder(Path.Combine(_options.Folder, "channels"));
        _handles.Files.SyncFolder(_options.Folder);
        Take(checkpoint);
        VerifyAll();
        if (_damaged.Count > 0) throw new DamagedLogException(_damaged.Values.First());

        salvage.ReadJournal(_handles, _options, entry =>
        {
            if (entry.Kind == JournalKind.Delete) _deletedLater.Add((entry.ChannelId, entry.Incarnation));
        });
        salvage.ReadJournal(_handles, _options, entry => ReplaySalvaged(entry, salvage.Losses));
        if (salvage.PassesOverKeys)
            foreach (ChannelLog log in _logs.Values) log.PassOverTo(log.NextSequence + Salvage.KeysPassedOver);

        TakeOver(formatVersion);
        return BeginJournal(salvage.JournalGenerationNext);
    }

    private void ReplaySalvaged(JournalView entry, List<MessageLoss> losses)
    {
        _incarnationNext = Math.Max(_incarnationNext, entry.Incarnation + 1);
        if (entry.Kind is JournalKind.Append or JournalKind.Head or JournalKind.Hole or JournalKind.Open && _deletedLater.Contains((entry.ChannelId, entry.Incarnation))) return;
        bool isKnown = _logs.TryGetValue(entry.ChannelId, out ChannelLog? log);
        if (isKnown && entry.Incarnation < log!.Incarnation) return;
        if (entry.Kind == JournalKind.Delete)
        {
            if (isKnown) RemoveSalvaged(log!);
            return;
        }

        if (isKnown && entry.Incarnation > log!.Incarnation)
        {
            RemoveSalvaged(log);        // only a log that was deleted has a successor: the entry that said so is lost
            isKnown = false;
        }

        if (!isKnown) AddNew(entry);    // the entry that made it is lost, or this is it
        long before = _logs[entry.ChannelId].NextSequence;
        if (_logs[entry.ChannelId].ReplaySalvaged(entry)) losses.Add(new MessageLoss(entry.ChannelId, before, entry.Key - 1, entry.Key - before));
    }

    private void RemoveSalvaged(ChannelLog log)
    {
        log.Close();
        _doomed.Add(log);
        _logs.Remove(log.ChannelId);
    }

    /// <summary>What each log holds, by channel.</summary>
    /// <param name="damaged">Channels that something is wrong with.</param>
    internal IReadOnlyList<ChannelReport> Describe(IReadOnlySet<long> damaged) => [.. _logs.Values.OrderBy(log => log.ChannelId).Select(log => log.Describe(damaged.Contains(log.ChannelId)))];

    /// <summary>Ends a store of a rehearsal without a last checkpoint.</summary>
    internal void Abandon()
    {
        Journal.Dispose();
        foreach (ChannelLog log in _logs.Values) log.Close();
        _handles.Dispose();
        _folderLock.Dispose();
        _checkpointGate.Dispose();
        _stopping.Dispose();
        _isDisposed = 1;
    }
}
