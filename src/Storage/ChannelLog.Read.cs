using Gateway.Storage.Journal;

namespace Gateway.Storage;

/// <summary>Reads, searches and deletes.</summary>
internal sealed partial class ChannelLog
{
    private const int RetriesMax = 1_000;
    private static readonly TimeSpan AgeMax = TimeSpan.FromDays(30);

    /// <inheritdoc />
    public ValueTask ReadAsync(long fromKey, int countMax, int bytesMax, MessagePage page, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(page);
        ArgumentOutOfRangeException.ThrowIfLessThan(countMax, 1);
        cancellationToken.ThrowIfCancellationRequested();
        page.Clear();
        page.NextKey = Math.Max(fromKey, 1);

        for (int tries = 0; ; tries++)
        {
            long head = Volatile.Read(ref _headSequence);
            if (fromKey > 0 && fromKey < head) page.SkippedToHead = true;
            long from = Math.Max(page.NextKey, head);
            page.NextKey = from;
            if (_isClosed || from >= Volatile.Read(ref _ackedNext)) return ValueTask.CompletedTask;

            var take = new TakeForward(page, countMax, bytesMax);
            if (Scan(from, Volatile.Read(ref _ackedNext), ref take, cancellationToken) || page.Count > 0) return ValueTask.CompletedTask;
            if (tries == RetriesMax) throw new InvalidOperationException("The head ran away from a read.");
        }
    }

    /// <inheritdoc />
    public ValueTask ReadBackwardAsync(long belowKey, int countMax, int bytesMax, MessagePage page, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(page);
        ArgumentOutOfRangeException.ThrowIfLessThan(countMax, 1);
        cancellationToken.ThrowIfCancellationRequested();
        page.Clear();
        long below = Math.Min(belowKey, Volatile.Read(ref _ackedNext));
        page.NextKey = Math.Max(below, 1);

        var forward = new MessagePage();
        while (page.Count < countMax && !_isClosed)
        {
            long from;
            lock (_gate)
            {
                if (below <= _headSequence || _marks.Count == 0) break;
                from = Math.Max(_marks.FirstSequenceOf(_marks.PageOf(below - 1)), _headSequence);
            }

            // A page goes forward into a page of our own and from there backward.
            from = Math.Max(from, below - countMax + page.Count);
            forward.Clear();
            var take = new TakeForward(forward, int.MaxValue, int.MaxValue);
            if (!Scan(from, below, ref take, cancellationToken)) continue;      // deleted meanwhile
            for (int i = forward.Count - 1; i >= 0; i--)
            {
                if (page.Count > 0 && page.Bytes + forward.Payload(i).Length > bytesMax) return ValueTask.CompletedTask;
                page.Add(forward.Key(i), forward.ServerTimeUs(i), forward.Payload(i));
                below = page.NextKey = forward.Key(i);
                if (page.Count == countMax) return ValueTask.CompletedTask;
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public ValueTask<long> FindAsync(long serverTimeUs, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new ValueTask<long>(Find(serverTimeUs, cancellationToken));
    }

    /// <inheritdoc />
    public async ValueTask<long> DeleteBelowAsync(long key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        long deleted = DeleteBelow(key, wait: true, out ValueTask<AppendResult> durable, cancellationToken);
        if (deleted > 0) await durable.ConfigureAwait(false);
        return deleted;
    }

    /// <summary>Deletes what is older than the age limit; what is younger or was not acknowledged stays.</summary>
    public long Expire(long nowUs)
    {
        long limitUs = nowUs - (long)Math.Min(Volatile.Read(ref _logOptions).AgeMax.TotalMicroseconds, AgeMax.TotalMicroseconds);
        if (_isClosed || _damage is not null || Volatile.Read(ref _headSequence) >= Volatile.Read(ref _ackedNext)) return 0;
        lock (_gate)
        {
            // The first message of the page behind the head's is not older than what is looked for: nothing to do on most rounds.
            if (_marks.Count == 0 || _oldestTimeUs >= limitUs) return 0;
        }

        long key = Find(limitUs, CancellationToken.None);
        long deleted = DeleteBelow(key, wait: false, out _, CancellationToken.None);
        var oldest = new TakeTime(long.MinValue);
        long from = Volatile.Read(ref _headSequence), acked = Volatile.Read(ref _ackedNext);
        if (from < acked && Scan(from, acked, ref oldest, CancellationToken.None)) _oldestTimeUs = oldest.TimeUs;
        return deleted;
    }

    private long _oldestTimeUs = long.MinValue;

    private long Find(long serverTimeUs, CancellationToken cancellationToken)
    {
        while (true)
        {
            long from, acked = Volatile.Read(ref _ackedNext);
            lock (_gate)
            {
                if (_isClosed || _headSequence >= acked || _marks.Count == 0) return acked;
                from = Math.Max(_marks.FirstSequenceOf(_marks.PageOfTime(serverTimeUs)), _headSequence);
            }

            var take = new TakeTime(serverTimeUs);
            if (from >= acked) return acked;
            if (Scan(from, acked, ref take, cancellationToken)) return take.Key == 0 ? acked : take.Key;
        }
    }

    private long DeleteBelow(long key, bool wait, out ValueTask<AppendResult> durable, CancellationToken cancellationToken)
    {
        durable = default;
        if (_damage is not null || _isClosed) return 0;
        lock (_gate)
        {
            long before = _headSequence;
            MoveHead(Math.Min(key, Volatile.Read(ref _ackedNext)));
            long deleted = _headSequence - before;
            if (deleted == 0) return 0;

            var entry = new JournalEntry { Kind = JournalKind.Head, ChannelId = ChannelId, Incarnation = Incarnation, Key = _headSequence };
            AppendOperation? operation = null;
            if (wait)
            {
                operation = _store.Operations.Rent();
                durable = operation.Start(log: null, Durability.Commit, new AppendResult(AppendStatus.Appended, 0, 0), cancellationToken);
            }

            _store.Journal.Enqueue(ref entry, operation);
            SignalSpace();
            return deleted;
        }
    }

    /// <summary>Moves the head up to the sequence, at most to the tail; the gate is held.</summary>
    private void MoveHead(long sequence)
    {
        sequence = Math.Min(sequence, _nextSequence);
        if (sequence <= _headSequence) return;
        long address = _tailAddress;
        if (sequence < _nextSequence)
        {
            var take = new TakeAddress();
            Scan(sequence, sequence + 1, ref take, CancellationToken.None);
            address = take.Address;
        }

        _headAddress = address;
        Volatile.Write(ref _headSequence, sequence);
        _marks.TrimBelow(address >> _facts.PageBits);
    }
}
