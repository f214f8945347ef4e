using Gateway.Storage.Disk;
using Gateway.Storage.Journal;

namespace Gateway.Storage;

/// <summary>What happens beside the appends: checkpoints, ages, idle logs, journals that failed.</summary>
public sealed partial class MessageStore
{
    private bool _isLowTold;        // what the operator knows: between two looks of ours a write may have found out

    private async Task MaintainAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), _options.Time);
        int second = 0;
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false))
            {
                await MaintainAsync(++second).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) { }
    }

    /// <summary>What is due in this second since the start.</summary>
    internal async Task MaintainAsync(int second)
    {
        try
        {
            LookAtSpace();
            // The checkpoint first: what expires is on its way to the disk then, and a log that is to be repaired waits for a journal with nothing under way.
            try
            {
                if (second % _options.CheckpointIntervalSeconds == 0 || Journal.IsFailing) await CheckpointAsync(_stopping.Token).ConfigureAwait(false);
            }
            finally
            {
                if (second % _options.ExpiryIntervalSeconds == 0) await OnOwnThreadAsync(Expire).ConfigureAwait(false);
            }

            CloseIdle();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DamagedLogException)
        {
            Report(e.Message);      // the next round tries again
        }
    }

    private void LookAtSpace()
    {
        _space.Look();
        bool isLow = _space.IsLow;
        if (isLow == _isLowTold) return;
        _isLowTold = isLow;
        if (isLow)
        {
            Report($"The volume of {_options.Folder} has less than {_options.FreeBytesMin / 1_000_000} MB free: nothing is appended until there is more. Delete messages, let them expire, or give it room.");
        }
        else
        {
            Report($"The volume of {_options.Folder} has room again.");
            SignalSpace();
        }
    }

    /// <summary>Commits what was appended; for a stepped store only.</summary>
    internal void Step() => Journal.Step();

    /// <summary>Runs what waits for the disk for a second and more on a thread of its own. On a thread of the pool it would hold up every connection: on one core the pool
    /// has one thread, and half a second passes before it starts another.</summary>
    private Task OnOwnThreadAsync(Action work)
    {
        if (!_options.IsStepped) return Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        work();
        return Task.CompletedTask;
    }

    /// <summary>Deletes the messages that are older than their channels allow.</summary>
    internal void Expire()
    {
        long nowUs;
        lock (_expiryClock) nowUs = _expiryClock.NowUs();
        foreach (ChannelLog log in Snapshot())
        {
            try
            {
                log.Expire(nowUs);
            }
            catch (Exception e) when (e is IOException or DamagedLogException)
            {
                Report(e.Message);      // one channel's trouble must not keep the others' messages
            }
        }
    }

    /// <summary>Brings everything to the disk and cuts the journal.</summary>
    /// <returns>False when the disk refused something; the journal is kept then.</returns>
    internal async Task<bool> CheckpointAsync(CancellationToken cancellationToken)
    {
        await _checkpointGate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            bool isComplete = false;
            await OnOwnThreadAsync(() => isComplete = TryCheckpoint(isClosing: false)).ConfigureAwait(false);
            return isComplete;
        }
        finally
        {
            _checkpointGate.Release();
        }
    }

    internal void CloseIdle()
    {
        long before = _options.Time.GetTimestamp() - (_options.IdleCloseSeconds * _options.Time.TimestampFrequency);
        foreach (ChannelLog log in Snapshot()) log.CloseIfIdle(before);
    }

    /// <summary>The disk works again: who waits may try.</summary>
    private void SignalSpace()
    {
        foreach (ChannelLog log in Snapshot()) log.SignalSpace();
    }

    private ChannelLog[] Snapshot()
    {
        lock (_gate) return [.. _logs.Values];
    }

    private bool TryCheckpoint(bool isClosing)
    {
        GroupJournal journal = Journal;
        GroupJournal? next = null;
        if (journal.IsPoisoned && !isClosing)
        {
            // Its files can't be trusted any more. What it held goes to the disk with the channels' logs; appends are refused until the checkpoint names the new one.
            try
            {
                next = new GroupJournal(_handles, _options, journal.Generation + 1, SignalSpace);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Report($"A new journal can't be begun: {e.Message}");
                return false;
            }
        }

        if (TryCheckpoint(next ?? journal, isClosing))
        {
            if (next is null) return true;
            lock (_gate) Volatile.Write(ref _journal, next);
            Report($"Journal {journal.Generation} is given up after a failed sync ({journal.LastError}); {next.Generation} goes on.");
            journal.Dispose();
            TryRemoveJournalsBelow(next.Generation);
            SignalSpace();
            return true;
        }

        next?.Dispose();        // its files stay: a checkpoint that was half written may speak of them
        return false;
    }

    private bool TryCheckpoint(GroupJournal journal, bool isClosing)
    {
        (long sequence, long address) = journal.Mark();
        ChannelLog[] logs, doomed;
        lock (_gate) (logs, doomed) = ([.. _logs.Values], [.. _doomed]);
        var facts = new ChannelFacts[logs.Length + doomed.Length];
        bool isComplete = true;
        for (int i = 0; i < logs.Length; i++) isComplete &= logs[i].TryCheckpoint(out facts[i]);
        if (!isComplete) return false;      // the old checkpoint and the whole journal stand
        for (int i = 0; i < doomed.Length; i++) facts[logs.Length + i] = doomed[i].DeletedFacts;

        long incarnationNext;
        lock (_gate) incarnationNext = _incarnationNext;
        try
        {
            _checkpointFile.Write(new Checkpoint(_checkpointGeneration + 1, FileHeader.Version, journal.Generation, sequence, incarnationNext, isClosing, _options.JournalPageBits, _options.JournalSegmentBits, facts));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Report($"The checkpoint can't be written: {e.Message}");
            return false;
        }

        _checkpointGeneration++;
        _checkpointSequence = sequence;
        for (int i = 0; i < logs.Length; i++) logs[i].CheckpointDone(facts[i]);
        if (!isClosing) journal.TruncateBelow(address);
        return !RemoveFilesOf(doomed) || TryCheckpoint(journal, isClosing);
    }

    /// <summary>Nobody reads these files any more; what the disk keeps now, the next start removes.</summary>
    private void TryRemoveJournalsBelow(long generation)
    {
        try
        {
            RemoveJournalsBelow(generation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Report($"An old journal can't be removed: {e.Message}");
        }
    }

    private void RemoveJournalsBelow(long generation)
    {
        foreach (string file in JournalFiles())
            if (GenerationOf(file) is { } old && old < generation) _handles.Delete(file);
    }

    private IEnumerable<string> JournalFiles() =>
        _handles.Files.ListFiles(_options.Folder, "journal-").Concat(_handles.Files.ListFiles(_options.Folder, "facts-"));

    /// <summary>The generation in `journal-N.S` or `facts-N`.</summary>
    private static long? GenerationOf(string file)
    {
        string digits = Path.GetFileNameWithoutExtension(file).Split('-')[1];
        return long.TryParse(digits, System.Globalization.NumberStyles.HexNumber, null, out long generation) ? generation : null;
    }
}
