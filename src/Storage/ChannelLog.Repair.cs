namespace Gateway.Storage;

/// <summary>What happens after a failed sync of a log's files: the system may have dropped any part of what was written since the sync before.</summary>
internal sealed partial class ChannelLog
{
    private int _reloads;               // so often: places that were looked up before may be others now
    private Reloading? _reloading;      // a reload was begun and the disk did not let it end: the log is what was read so far

    /// <summary>Puts new files, synced, in the old ones' place and takes all since the checkpoint from the journal once more.</summary>
    /// <remarks>Reading back what the files hold would prove nothing: where a page was dropped, a record of the same number can come up that was lost with an earlier power cut.</remarks>
    /// <returns>False when the disk still refuses, or the journal is not ready; the next checkpoint tries again.</returns>
    private bool TryRepair()
    {
        lock (_gate)
        {
            if (_users > 0 || !_device.TryReplaceUnsynced()) return false;
            try
            {
                Reload();
                _device.ForgetPoison();
                SignalSpace();      // what was lost fills nothing any more
                return true;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or DamagedLogException)
            {
                _store.Report($"Channel {ChannelId} stays stopped: {e.Message}");
                return false;
            }
        }
    }

    /// <summary>Begins again from the checkpoint, as a start does. Messages whose callers were told nothing, or that their outcome is unknown, may be gone.</summary>
    /// <exception cref="IOException">The disk refuses, or the journal has entries that are not synced.</exception>
    private void Reload()
    {
        _store.Journal.WaitUntilSettled();
        Reloading before = _reloading ??= new Reloading(_headSequence, _holes, Volatile.Read(ref _ackedNext));
        CloseLog();
        _reloads++;
        _marks.Clear();
        Array.Clear(_hints);
        _nextSequence = _facts.NextSequence;
        _tailAddress = _facts.UntilAddress;
        _timeMaxUs = _facts.TimeMaxUs;
        _orderedFrom = _facts.OrderedFrom;
        _headAddress = _facts.HeadAddress;
        Volatile.Write(ref _holes, _facts.Holes);
        Volatile.Write(ref _headSequence, _facts.HeadSequence);
        Verify();
        _store.ReplayInto(this);

        // Deletions that are not in the journal either stay made.
        foreach (Hole hole in before.Holes.Span)
            if (hole.Below <= _nextSequence) ReplayHole(hole);
        MoveHead(before.HeadSequence);
        _reloading = null;
        if (_store.UnknownOutcomes.Any) _store.UnknownOutcomes.RemoveFrom(this, _nextSequence);
        if (_nextSequence >= before.AckedNext) return;
        Volatile.Write(ref _ackedNext, _nextSequence);
        _store.Report($"Channel {ChannelId}: {before.AckedNext - _nextSequence} messages that were not to be synced before their acknowledgement are lost with a failed sync.");
    }

    /// <summary>What a reload must not undo.</summary>
    private sealed record Reloading(long HeadSequence, HoleList Holes, long AckedNext);
}
