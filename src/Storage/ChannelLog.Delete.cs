using Gateway.Storage.Journal;

namespace Gateway.Storage;

/// <summary>Deleting: from the old end, out of the middle, and by age.</summary>
/// <remarks>A head moves or a hole is made in memory, a journal entry makes it durable, and the next checkpoint gives whole files back.</remarks>
internal sealed partial class ChannelLog
{
    private static readonly TimeSpan AgeMax = TimeSpan.FromDays(30);

    private long _oldestTimeUs = long.MinValue;     // server time of the message at the head; the least when that is not known
    private long _droppedCount;
    private long _deletes;              // changes of head and holes so far, by the gate's order
    private long _durableDeletes;       // so many are on the disk
    private long _checkpointDeletes;    // so many are in the checkpoint that is being taken

    /// <inheritdoc />
    public ValueTask<DeleteResult> DeleteRangeAsync(long fromKey, long belowKey, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return DeleteAsync(fromKey, belowKey, cancellationToken);
    }

    /// <summary>Deletes what is older than the age limit; what is younger or was not acknowledged stays.</summary>
    public long Expire(long nowUs)
    {
        long limitUs = nowUs - (long)Math.Min(Volatile.Read(ref _logOptions).AgeMax.TotalMicroseconds, AgeMax.TotalMicroseconds);
        if (_isClosed || _damage is not null || Volatile.Read(ref _headSequence) >= Volatile.Read(ref _ackedNext)) return 0;
        lock (_gate)
        {
            // The oldest message, found when the head moved last, is young enough: so it is on most rounds.
            if (_marks.Count == 0 || _oldestTimeUs >= limitUs) return 0;
        }

        long key = Find(limitUs, CancellationToken.None);
        long deleted = Delete(0, key, wait: false, out _, out _, CancellationToken.None).Count;
        var oldest = new TakeTime(long.MinValue);
        long from = Volatile.Read(ref _headSequence), acked = Volatile.Read(ref _ackedNext);
        if (from < acked && Scan(from, acked, ref oldest, CancellationToken.None)) _oldestTimeUs = oldest.TimeUs;
        return deleted;
    }

    private async ValueTask<DeleteResult> DeleteAsync(long from, long below, CancellationToken cancellationToken)
    {
        DeleteResult result;
        ValueTask<AppendResult> durable;
        long deletes;
        try
        {
            result = Delete(from, below, wait: true, out durable, out deletes, cancellationToken);
        }
        catch (IOException)
        {
            return new DeleteResult(DeleteStatus.Unavailable, 0);       // the place of a message can't be read, so nothing was deleted
        }

        if (deletes == 0) return result;
        AppendResult outcome = await durable.ConfigureAwait(false);
        if (outcome.Status != AppendStatus.Appended) return result with { Status = DeleteStatus.Unavailable };
        lock (_gate) _durableDeletes = Math.Max(_durableDeletes, deletes);
        return result;
    }

    /// <param name="from">The first sequence to go.</param>
    /// <param name="below">One above the last.</param>
    /// <param name="wait">The caller wants to know when it is on the disk.</param>
    /// <param name="durable">What to wait for.</param>
    /// <param name="deletes">How many changes are on the disk then; 0 when there is nothing to wait for.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    private DeleteResult Delete(long from, long below, bool wait, out ValueTask<AppendResult> durable, out long deletes, CancellationToken cancellationToken)
    {
        durable = default;
        deletes = 0;
        below = Math.Min(below, Volatile.Read(ref _ackedNext));
        // On a slow disk the look for the places takes its time, and appends must not wait for it.
        Place fromPlace = LookUp(from), belowPlace = LookUp(below);
        lock (_gate)
        {
            if (_damage is not null || _reloading is not null || _isClosed) return new DeleteResult(DeleteStatus.Unavailable, 0);
            below = Math.Min(below, Volatile.Read(ref _ackedNext));
            long before = LiveCount;
            var entry = new JournalEntry { Kind = JournalKind.Head, ChannelId = ChannelId, Incarnation = Incarnation };
            if (from <= _headSequence)
            {
                MoveHead(below, belowPlace);
            }
            else if (from < below)
            {
                var hole = new Hole(from, below, AddressOf(from, fromPlace), AddressOf(below, belowPlace));
                HoleList holes = _holes.With(hole);
                if (holes.Messages > _holes.Messages && holes.Count > HoleList.CountMax) return new DeleteResult(DeleteStatus.TooManyHoles, 0);
                Volatile.Write(ref _holes, holes);
                entry = HoleEntry.Make(ChannelId, Incarnation, hole);
            }

            // What expired, or was deleted while the disk failed, must not be told as deleted before that is on the disk: nothing new is as good a reason to wait for it.
            long deleted = before - LiveCount;
            if (deleted > 0) _deletes++;
            else if (!wait || _deletes == _durableDeletes) return default;
            if (entry.Kind == JournalKind.Head) entry.Key = _headSequence;

            AppendOperation? operation = null;
            if (wait)
            {
                deletes = _deletes;
                operation = _store.Operations.Rent();
                durable = operation.Start(log: null, Durability.Commit, new AppendResult(AppendStatus.Appended, 0, 0), cancellationToken);
            }

            _store.Journal.Enqueue(ref entry, operation);
            SignalSpace();
            return new DeleteResult(DeleteStatus.Deleted, deleted);
        }
    }

    /// <summary>Lets the oldest messages give way to a packet: whole pages, whose places need no look at the disk, but only what is acknowledged. The gate is held, the log is open.</summary>
    /// <returns>False when too little is acknowledged yet.</returns>
    private bool TryDropOldest(Packet packet, long quotaBytes)
    {
        long before = LiveCount, acked = Volatile.Read(ref _ackedNext);
        for (int i = 1; i < _marks.Count && LiveBytes(TailAfter(packet)) > quotaBytes;)
        {
            (long page, long sequence, _) = _marks[i];
            if (sequence > acked) break;
            if (sequence <= _headSequence)
            {
                i++;        // pages of a hole that the head has jumped over
                continue;
            }

            if (_holes.TryFind(sequence, out Hole hole)) MoveHeadTo(hole.Below, hole.BelowAddress);
            else MoveHeadTo(sequence, _holes.TryFindAddress(FirstAddressOf(page), out Hole gone) ? gone.BelowAddress : FirstAddressOf(page));
            i = 1;          // the head's own mark is the first again
        }

        if (LiveBytes(TailAfter(packet)) > quotaBytes) DropAll(acked);       // a quota of a page or two
        long dropped = before - LiveCount;
        if (dropped > 0)
        {
            _deletes++;
            _droppedCount += dropped;
            var entry = new JournalEntry { Kind = JournalKind.Head, ChannelId = ChannelId, Incarnation = Incarnation, Key = _headSequence };
            _store.Journal.Enqueue(ref entry, operation: null);
        }

        return LiveBytes(TailAfter(packet)) <= quotaBytes;
    }

    /// <summary>All that is acknowledged goes; whose place in the middle of a page must be looked for.</summary>
    private void DropAll(long acked)
    {
        try
        {
            MoveHead(acked);
        }
        catch (Exception e) when (e is IOException or DamagedLogException)
        {
            // The append finds the log full; whoever reads is told of the damage.
        }
    }

    /// <summary>Records from head to tail that lie in no hole; the gate is held.</summary>
    private long LiveCount => _nextSequence - _headSequence - _holes.Messages;

    /// <summary>Moves the head up to the sequence, at most to the tail, and over a hole that it meets; the gate is held.</summary>
    /// <param name="sequence">The first that stays.</param>
    /// <param name="place">Where it is, if that is known.</param>
    private void MoveHead(long sequence, in Place place = default)
    {
        sequence = Math.Min(sequence, _nextSequence);
        if (sequence <= _headSequence) return;
        long address;
        if (_holes.TryFind(sequence, out Hole hole))
        {
            sequence = hole.Below;
            address = hole.BelowAddress;
        }
        else
        {
            address = AddressOf(sequence, place);
        }

        MoveHeadTo(sequence, address);
    }

    private void MoveHeadTo(long sequence, long address)
    {
        _oldestTimeUs = long.MinValue;      // what comes next may be older than what went: a clock was set back, or a packet was tried again
        // The list first: whoever reads both finds too few holes, not too many.
        Volatile.Write(ref _holes, _holes.CutBelow(sequence));
        _headAddress = address;
        Volatile.Write(ref _headSequence, sequence);
        _marks.TrimBelow(address >> _facts.PageBits);
    }

    /// <summary>Looks for a record without the gate: a record stays where it is until it is deleted or the log is read anew.</summary>
    /// <returns>Nothing for what is no record or goes away meanwhile.</returns>
    private Place LookUp(long sequence)
    {
        int reloads = Volatile.Read(ref _reloads);
        if (sequence <= Volatile.Read(ref _headSequence) || sequence >= Volatile.Read(ref _ackedNext) || _damage is not null) return default;
        var take = new TakeAddress();
        return Scan(sequence, sequence + 1, ref take, CancellationToken.None) ? new Place(take.Sequence, take.Address, reloads) : default;
    }

    /// <summary>Where a record is, or the next one will be; the beginning of its hole for one that is deleted. The gate is held.</summary>
    private long AddressOf(long sequence, in Place place = default)
    {
        if (sequence == _nextSequence) return _tailAddress;
        if (_holes.TryFind(sequence, out Hole hole)) return hole.FromAddress;
        if (place.Address != 0 && place.Sequence == sequence && place.Reloads == _reloads) return place.Address;
        var take = new TakeAddress();
        if (!Scan(sequence, sequence + 1, ref take, CancellationToken.None) || take.Address == 0) throw new InvalidOperationException($"Message {sequence} went away while the log was held.");
        return take.Address;
    }

    private readonly record struct Place(long Sequence, long Address, int Reloads);
}
