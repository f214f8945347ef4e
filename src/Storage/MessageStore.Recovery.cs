using System.Runtime.ExceptionServices;
using Gateway.Storage.Disk;
using Gateway.Storage.Journal;

namespace Gateway.Storage;

/// <summary>What happens at a start.</summary>
public sealed partial class MessageStore
{
    private const int VerifiersMax = 16;
    private const int PageBitsOfVersion1 = 16;

    private bool _isJournalOfVersion1;
    private readonly Dictionary<long, string> _damaged = [];
    private readonly HashSet<(long Channel, long Incarnation)> _deletedLater = [];     // logs whose end the journal tells: their files may be gone already

    /// <summary>Reads the checkpoint, checks the logs against it, plays the journal into them and begins a new journal.</summary>
    /// <param name="formatVersion">Of the folder.</param>
    private GroupJournal Recover(int formatVersion)
    {
        if (!_checkpointFile.Exists || _checkpointFile.IsUnfinished)
        {
            RefuseIfUsed(formatVersion);
            _handles.MakeFolder(Path.Combine(_options.Folder, "channels"));
            SyncFoldersAbove();
            TakeOver(formatVersion);
            return BeginJournal(generation: 1);
        }

        Checkpoint checkpoint = _checkpointFile.Read();
        if (checkpoint.JournalVersion > FileHeader.Version)
            throw Damage.Later(GroupJournal.PathOf(_options.Folder, checkpoint.JournalGeneration), checkpoint.JournalVersion, FileHeader.Version);
        _handles.MakeFolder(Path.Combine(_options.Folder, "channels"));
        _handles.Files.SyncFolder(Path.Combine(_options.Folder, "channels"));       // an earlier start may have made folders in it and not got so far
        Take(checkpoint);
        VerifyAll();
        if (!checkpoint.IsClean)
        {
            // Two passes: the first proves that the journal is whole, so that a refusal has changed nothing.
            var reader = new JournalReader(
                _handles, _options with { JournalPageBits = checkpoint.JournalPageBits, JournalSegmentBits = checkpoint.JournalSegmentBits }, checkpoint.JournalGeneration,
                checkpoint.JournalVersion);
            reader.Read(checkpoint.JournalSequence, entry =>
            {
                if (entry.Kind == JournalKind.Delete) _deletedLater.Add((entry.ChannelId, entry.Incarnation));
            });
            reader.Read(checkpoint.JournalSequence, entry =>
            {
                if (entry.Sequence >= checkpoint.JournalSequence) Replay(entry);     // those before are in the logs
            });
        }

        TakeOver(formatVersion);
        return BeginJournal(checkpoint.JournalGeneration + 1);
    }

    private void Take(Checkpoint checkpoint)
    {
        _checkpointGeneration = checkpoint.Generation;
        _incarnationNext = checkpoint.IncarnationNext;
        _isJournalOfVersion1 = checkpoint.JournalVersion == 1;
        foreach (ChannelFacts facts in checkpoint.Channels)
        {
            if (facts.IsDeleted) AddDoomed(facts);
            else Add(facts);
        }
    }

    private void Add(ChannelFacts facts) => _logs.Add(facts.ChannelId, MakeLog(facts));

    private void AddDoomed(ChannelFacts facts)
    {
        ChannelLog log = MakeLog(facts);
        log.Close();
        _doomed.Add(log);
        _deletedLater.Add((facts.ChannelId, facts.Incarnation));
    }

    private ChannelLog MakeLog(ChannelFacts facts) => new(this, _handles, _options, facts, new LogOptions { AgeMax = TimeSpan.MaxValue });

    /// <summary>A read here and there in every file: 12 GB in 2,000 channels that are not in memory take 9 s one after the other, 4 s side by side.</summary>
    private void VerifyAll()
    {
        if (_options.IsStepped)
        {
            foreach (ChannelLog log in _logs.Values) Verify(log);
            return;
        }

        try
        {
            Parallel.ForEach(_logs.Values, new ParallelOptions { MaxDegreeOfParallelism = VerifiersMax }, Verify);
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);      // the disk refused; one reason is enough
        }
    }

    private void Verify(ChannelLog log)
    {
        try
        {
            log.Verify();
        }
        catch (DamagedLogException e)
        {
            lock (_damaged) _damaged.Add(log.ChannelId, e.Message);       // this channel is refused when it is opened; the others live on
        }
    }

    private void Replay(JournalView entry)
    {
        _incarnationNext = Math.Max(_incarnationNext, entry.Incarnation + 1);
        bool isKnown = _logs.TryGetValue(entry.ChannelId, out ChannelLog? log);
        if (isKnown && entry.Incarnation < log!.Incarnation) return;
        if (entry.Kind == JournalKind.Open && isKnown && entry.Incarnation == log!.Incarnation) return;       // made while the checkpoint was taken
        if (entry.Kind is JournalKind.Append or JournalKind.Head or JournalKind.Hole && _deletedLater.Contains((entry.ChannelId, entry.Incarnation))) return;
        if (_damaged.TryGetValue(entry.ChannelId, out string? damage) && entry.Kind != JournalKind.Delete) throw NeedsJournal(entry.ChannelId, damage);

        switch (entry.Kind)
        {
            case JournalKind.Open:
                // A log that was made without its maker being told is empty; the one that was made again takes its place.
                if (isKnown && entry.Incarnation > log!.Incarnation && log.IsEmpty) _logs.Remove(entry.ChannelId);
                if (!_logs.ContainsKey(entry.ChannelId)) AddNew(entry);
                break;
            case JournalKind.Delete when isKnown:
                // Its files stay until the new checkpoint is synced: after a crash of the process alone this entry may not be on the disk yet.
                log!.Close();
                _doomed.Add(log);
                _logs.Remove(entry.ChannelId);
                _damaged.Remove(entry.ChannelId);
                break;
            case JournalKind.Append or JournalKind.Head or JournalKind.Hole when isKnown && entry.Incarnation == log!.Incarnation:
                ReplayInto(log, entry);
                break;
            case < JournalKind.Open or > JournalKind.Hole:
                throw Damage.In(_options.Folder, $"Journal entry {entry.Sequence} of channel {entry.ChannelId} is of kind {(int)entry.Kind}, which this program does not know. Use the program that wrote it, or a later one.");
            case JournalKind.Append:
                throw Damage.In(_options.Folder, $"Journal entry {entry.Sequence} holds messages for log {entry.Incarnation} of channel {entry.ChannelId}, which no checkpoint knows.");
        }
    }

    /// <summary>Plays into a running log what the journal has since the checkpoint. Only in a checkpoint, which nothing else cuts the journal in.</summary>
    internal void ReplayInto(ChannelLog log)
    {
        new JournalReader(_handles, _options, Journal.Generation, FileHeader.Version).Read(_checkpointSequence, entry =>
        {
            if (entry.ChannelId == log.ChannelId && entry.Incarnation == log.Incarnation && entry.Sequence >= _checkpointSequence) log.Replay(entry);
        });
    }

    private void ReplayInto(ChannelLog log, JournalView entry)
    {
        try
        {
            log.Replay(entry);
        }
        catch (DamagedLogException e)
        {
            throw NeedsJournal(log.ChannelId, e.Message);
        }
    }

    /// <summary>The journal is given back after a start: going on would drop what it holds for the channel without anybody's word.</summary>
    private DamagedLogException NeedsJournal(long channelId, string damage) => new(
        $"Channel {channelId} keeps the store from opening: its log is damaged and its latest messages are only in the journal, which a start gives back. {damage}");

    /// <summary>A log that was made after the checkpoint: all it had is in the journal. Version 1 took messages that fit no page of today's size.</summary>
    private void AddNew(JournalView entry)
    {
        ChannelFacts empty = ChannelFacts.Empty(entry.ChannelId, entry.Incarnation, _options);
        if (_isJournalOfVersion1) empty = empty with { PageBits = Math.Max(empty.PageBits, PageBitsOfVersion1), SegmentBits = Math.Max(empty.SegmentBits, PageBitsOfVersion1) };
        Add(empty);
        _logs[entry.ChannelId].DeleteFiles();
    }

    private GroupJournal BeginJournal(long generation)
    {
        RemoveJournalsFrom(generation);
        var journal = new GroupJournal(_handles, _options, generation, SignalSpace);
        _journal = journal;
        if (!TryCheckpoint(isClosing: false))
        {
            journal.Dispose();
            throw new IOException($"The data folder {_options.Folder} can't be written.");
        }

        TryRemoveJournalsBelow(generation);
        RemoveStrayFiles();
        return journal;
    }

    /// <summary>The new checkpoint is synced: nothing that was on the disk before can be needed that it does not name.</summary>
    private void RemoveStrayFiles()
    {
        foreach (ChannelLog log in _logs.Values)
        {
            if (_damaged.ContainsKey(log.ChannelId)) continue;
            try
            {
                log.RemoveStrayFiles();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Report($"Old files of channel {log.ChannelId} can't be removed: {e.Message}");      // the next start tries again
            }
        }
    }

    /// <summary>A journal that no checkpoint speaks of was begun by a start that did not get through: nothing was acknowledged from it.</summary>
    private void RemoveJournalsFrom(long generation)
    {
        foreach (string file in JournalFiles())
            if (GenerationOf(file) is { } later && later >= generation) _handles.Delete(file);
    }

    /// <summary>A first start that was refused may have made the data folder and not synced its name. What somebody else made where we may not read is his to sync.</summary>
    private void SyncFoldersAbove()
    {
        for (string? folder = Path.GetDirectoryName(_options.Folder); !string.IsNullOrEmpty(folder); folder = Path.GetDirectoryName(folder))
        {
            try
            {
                _handles.Files.SyncFolder(folder);
            }
            catch (UnauthorizedAccessException)
            {
                return;
            }
        }
    }

    /// <summary>Everything was read, and no file that an earlier program knows is of the new layout yet. From here on an earlier program refuses the folder.</summary>
    private void TakeOver(int formatVersion)
    {
        if (formatVersion < FolderFormat.Version) FolderFormat.Write(_options.Folder, _handles.Files);
    }

    private void RefuseIfUsed(int formatVersion)
    {
        int emptyBytes = formatVersion == 1 ? 1 : FileHeader.Bytes;     // of a journal that was begun
        string? journal = _handles.Files.ListFiles(_options.Folder, "journal-").FirstOrDefault(file => _handles.Files.LengthOf(file) > emptyBytes);
        string? log = _handles.Files.ListFolders(Path.Combine(_options.Folder, "channels")).SelectMany(folder => _handles.Files.ListFiles(folder, "log-")).FirstOrDefault();
        if ((journal ?? log) is not { } file) return;
        throw Damage.In(_options.Folder, $"There is no valid checkpoint, but {file}: nobody knows what the logs hold.");
    }
}
