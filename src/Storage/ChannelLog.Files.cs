using FASTER.core;
using Gateway.Storage.Disk;
using Gateway.Storage.Journal;

namespace Gateway.Storage;

/// <summary>Opening, checkpointing and closing of the files of a log.</summary>
internal sealed partial class ChannelLog
{
    /// <summary>Brings the log to the disk.</summary>
    /// <param name="facts">What is there for sure afterwards; the old facts when the disk refused.</param>
    /// <returns>False when the disk refused: the journal must be kept.</returns>
    public bool TryCheckpoint(out ChannelFacts facts)
    {
        facts = _facts;
        if (_device.IsPoisoned && !TryRepair()) return false;
        ChannelFacts wanted;
        lock (_gate)
        {
            _checkpointDeletes = _deletes;
            wanted = _facts with
            {
                NextSequence = _nextSequence, UntilAddress = _tailAddress, HeadSequence = _headSequence, HeadAddress = _headAddress, TimeMaxUs = _timeMaxUs,
                OrderedFrom = _orderedFrom, Holes = _holes,
            };
            if (wanted == _facts)
            {
                facts = wanted;
                return true;
            }

            _log?.Commit(spinWait: false);       // hands the open page to the device; the facts are ours
            if (_log is not null) EnqueueLoop.WaitFlushed(_log, wanted.UntilAddress);
        }

        if (!_device.TrySync()) return false;
        facts = wanted;
        return true;
    }

    /// <summary>The facts are in a synced checkpoint: what lies below the head may go, what was waited for is durable.</summary>
    public void CheckpointDone(in ChannelFacts facts)
    {
        Acknowledge(facts.NextSequence);
        if (IsAvailable && !_isFull) SignalSpace();
        lock (_gate)
        {
            if (_isClosed) return;
            _durableDeletes = Math.Max(_durableDeletes, _checkpointDeletes);
            ChannelFacts before = _facts;
            _facts = facts;
            if (facts.HeadAddress > before.HeadAddress)
            {
                _log?.UnsafeShiftBeginAddress(facts.HeadAddress);
                _device.RemoveBelow(facts.HeadAddress);
            }

            if (ReferenceEquals(facts.Holes, before.Holes)) return;
            foreach (Hole hole in facts.Holes.Span)
                if (!before.Holes.Span.Contains(hole)) _device.RemoveBetween(hole.FromAddress, hole.BelowAddress);
        }
    }

    /// <summary>What a checkpoint says of a log that is closed for good and whose files may go.</summary>
    public ChannelFacts DeletedFacts => _facts with { LogVersion = 0, Holes = HoleList.None };

    /// <summary>Gives the memory of a log back that nobody used since the timestamp <paramref name="before"/> and that is wholly on the disk.</summary>
    public void CloseIfIdle(long before)
    {
        lock (_gate)
        {
            if (_log is null || _users > 0 || _lastUse > before || _facts.UntilAddress != _tailAddress || _facts.HeadAddress != _headAddress) return;
            CloseLog();
        }
    }

    /// <summary>When it was used last, as the clock counts.</summary>
    public long LastUse => Volatile.Read(ref _lastUse);

    /// <summary>Hands what is in memory to the operating system and gives the memory back, unless somebody uses the log at this moment or the disk fails. What was not synced
    /// the next checkpoint syncs.</summary>
    public void TryGiveBack()
    {
        if (!_gate.TryEnter()) return;
        try
        {
            if (_log is null || _users > 0 || _device.IsFailing) return;
            _log.Commit(spinWait: false);
            EnqueueLoop.WaitFlushed(_log, _tailAddress);
            if (!_device.IsFailing) CloseLog();
        }
        finally
        {
            _gate.Exit();
        }
    }

    /// <summary>No more appends and reads; waits end. The files stay.</summary>
    public void Close()
    {
        lock (_gate)
        {
            if (_isClosed) return;
            _isClosed = true;
            if (_users == 0) CloseLog();
        }

        if (_store.UnknownOutcomes.Any) _store.UnknownOutcomes.RemoveAll(this);
        Interlocked.Exchange(ref _arrival, null)?.TrySetResult();
        Interlocked.Exchange(ref _space, null)?.TrySetResult();
    }

    /// <inheritdoc />
    public void Dispose() => Close();

    /// <summary>Removes all files of a log that was closed, and brings that to the disk: the next checkpoint does not know the log any more, and files that came back
    /// when the power went would be strangers to it.</summary>
    public void DeleteFiles()
    {
        string folder = FolderOf(_options.Folder, ChannelId);
        FileSystem files = _store.Handles.Files;
        if (!files.FolderExists(folder)) return;
        foreach (string file in files.ListFiles(folder, Path.GetFileName(PathOf(_options.Folder, ChannelId, Incarnation)) + ".")) _store.Handles.Delete(file);
        files.SyncFolder(folder);
        if (files.ListFiles(folder, "").Length + files.ListFolders(folder).Length > 0) return;
        files.RemoveFolder(folder);
        files.SyncFolder(Path.GetDirectoryName(folder)!);
    }

    /// <summary>Removes files that lie below the head or wholly in a hole, belong to an earlier log of the channel, or are copies of a repair that did not end.</summary>
    public void RemoveStrayFiles()
    {
        string folder = FolderOf(_options.Folder, ChannelId);
        string prefix = Path.GetFileName(PathOf(_options.Folder, ChannelId, Incarnation)) + ".";
        foreach (string file in _store.Handles.Files.ListFiles(folder, "log-"))
        {
            string name = Path.GetFileName(file);
            bool isOurs = name.StartsWith(prefix, StringComparison.Ordinal);
            bool isNeeded = isOurs && (!int.TryParse(name[prefix.Length..], out int segment) || _facts.Needs(segment)) && !name.EndsWith(SegmentDevice.CopySuffix, StringComparison.Ordinal);
            if (!isNeeded) _store.Handles.Delete(file);
        }
    }

    /// <summary>Opens FASTER's log where the facts say; the gate is held.</summary>
    private bool TryOpenLog()
    {
        _lastUse = _options.Time.GetTimestamp();
        if (_log is not null) return true;
        try
        {
            _store.Handles.MakeFolder(FolderOf(_options.Folder, ChannelId));
            var log = new FasterLog(new FasterLogSettings
            {
                LogDevice = _device,
                LogCommitManager = _commitFacts,
                PageSizeBits = _facts.PageBits,
                MemorySizeBits = _facts.PageBits + 1,
                SegmentSizeBits = _facts.SegmentBits,
                TryRecoverLatest = false,
            });
            if (_tailAddress > ChannelFacts.FirstAddress)
            {
                // From the checkpoint's head, not from ours: FASTER loads no page that holds nothing, and the next record would be written with zeros before it, over the end
                // of a record that a start still looks for because the checkpoint does not know the deletion.
                _commitFacts.Set(_facts.HeadAddress, _tailAddress);
                log.Recover();
                if (log.TailAddress != _tailAddress || log.BeginAddress != _facts.HeadAddress)
                    throw new IOException($"Channel {ChannelId}: the log was opened from {log.BeginAddress} to {log.TailAddress}, not from {_facts.HeadAddress} to {_tailAddress}.");
            }

            _log = log;
            _store.OpenLogs.Add(this);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FasterException)
        {
            _store.Report($"Channel {ChannelId} can't be opened: {e.Message}");
            return false;
        }
    }

    private void CloseLog()
    {
        if (_log is not null) _store.OpenLogs.Remove(this);
        _log?.Dispose();
        _log = null;
        _device.Dispose();
        _commitFacts.Dispose();
    }

    private long FirstAddressOf(long page) => page == 0 ? ChannelFacts.FirstAddress : page << _facts.PageBits;

    /// <summary>A record that was committed can't be read. While the files wait for their repair that says nothing about the data: these are in the journal.</summary>
    private Exception Unreadable(long address, string what) => _device.IsPoisoned ? Unrepaired() : Damaged(address, what);

    private IOException Unrepaired() => new($"Channel {ChannelId} can't be read before its files are repaired: {_device.LastError}");

    private DamagedLogException DamagedHeader(long segment, string what) => Damaged(_device.PathOf(segment << _facts.SegmentBits), 0, what);

    private DamagedLogException Damaged(long address, string what) => Damaged(_device.PathOf(address), _device.OffsetOf(address), what);

    private DamagedLogException Damaged(string path, long offset, string what)
    {
        DamagedLogException damage = Damage.At(_options.Folder, path, offset, what, $"Channel {ChannelId} is stopped.");
        _damage = damage.Message;
        return damage;
    }
}
