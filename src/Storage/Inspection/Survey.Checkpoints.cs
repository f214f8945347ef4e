using Gateway.Storage.Disk;

namespace Gateway.Storage.Inspection;

/// <summary>The two copies of the checkpoint.</summary>
internal sealed partial class Survey
{
    private bool _isNew;                // a folder whose first start was cut before its first checkpoint: nothing was ever in it
    private bool _isRebuild;            // no checkpoint is of use
    private bool _isSecondSuspect;
    private long _checkpointGeneration;

    private string FirstCheckpoint => Path.Combine(_folder, "checkpoint-a");

    private string SecondCheckpoint => Path.Combine(_folder, "checkpoint-b");

    /// <summary>The newer whole copy; null when there is none.</summary>
    private Checkpoint? FindCheckpoint()
    {
        Checkpoint? first = Read(FirstCheckpoint), second = Read(SecondCheckpoint);
        _checkpointGeneration = Math.Max(first?.Generation ?? 0, second?.Generation ?? 0);
        if (Obstacle is not null) return null;
        if (first is null && second is null)
        {
            _isNew = !_files.FileExists(SecondCheckpoint) && !HasMessages();
            if (!_isNew) BeginRebuild("it is no whole checkpoint, and neither is the other copy");
            return null;
        }

        _isSecondSuspect = second is null || first?.Generation > second.Generation;
        if (first is null || second is null)
        {
            string bad = first is null ? FirstCheckpoint : SecondCheckpoint;
            _findings.Add(new Finding(bad, 0, 0, _files.FileExists(bad) ? "it is no whole checkpoint" : "it is missing", "it is written anew from the other copy; no message is lost"));
            Actions.Keep(bad);
        }

        return _isSecondSuspect ? first : second;

        Checkpoint? Read(string path)
        {
            Checkpoint? checkpoint = CheckpointFile.TryReadFile(_handles, path, out int version);
            if (version > CheckpointFormat.Version) AddLater(path, version, CheckpointFormat.Version);
            return checkpoint;
        }
    }

    /// <summary>From here on the logs speak for themselves.</summary>
    private void BeginRebuild(string what)
    {
        _isRebuild = true;
        var finding = new Finding(
            FirstCheckpoint, 0, 0, what,
            "where each log begins and ends is found out from its files and the journal. Messages that were deleted and still lie in a file come back, and every channel goes on with much higher keys");
        _findings.Add(finding);
        _journalFinding ??= finding;
        Actions.Keep(FirstCheckpoint);
        Actions.Keep(SecondCheckpoint);
    }

    private bool HasMessages() =>
        _files.ListFolders(ChannelsFolder).Any(folder => _files.ListFiles(folder, "log-").Length > 0)
        || _files.ListFiles(_folder, "journal-").Any(file => _files.LengthOf(file) > FileHeader.Bytes);

    private Checkpoint CheckpointOf(Checkpoint? checkpoint, List<ChannelFacts> facts) => _isRebuild
        ? new Checkpoint(
            _checkpointGeneration, _journalVersion, _journalGeneration, 0, _incarnationMax + 1, IsClean: _journalGeneration == 0, _journalSizes.JournalPageBits, _journalSizes.JournalSegmentBits, facts)
        : checkpoint! with
        {
            Generation = _checkpointGeneration,
            JournalSequence = _playsWholeJournal && _journalFirst > 0 ? Math.Min(checkpoint.JournalSequence, _journalFirst) : checkpoint.JournalSequence,
            IncarnationNext = Math.Max(checkpoint.IncarnationNext, _incarnationMax + 1),
            Channels = facts,
        };
}
