using FASTER.core;
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

    /// <summary>Gives the records from one sequence to below another to a taker, each checked.</summary>
    /// <returns>False when the head has passed the first one meanwhile: the caller begins again.</returns>
    /// <exception cref="DamagedLogException">A record that was committed can't be read.</exception>
    private unsafe bool Scan<T>(long from, long below, ref T take, CancellationToken cancellationToken) where T : struct, ITake
    {
        FasterLog log;
        long start;
        lock (_gate)
        {
            if (_isClosed || from < _headSequence) return _isClosed;
            if (!TryOpenLog()) throw new IOException($"Channel {ChannelId} can't be read: {_device.LastError}");
            log = _log!;
            start = _marks.Count == 0 ? _headAddress : Math.Max(FirstAddressOf(_marks.PageOf(from)), _headAddress);
            _users++;
        }

        try
        {
            using FasterLogScanIterator records = log.Scan(start, long.MaxValue, recover: false, scanBufferingMode: ScanBufferingMode.SinglePageBuffering);
            for (long next = from; next < below;)
            {
                // FASTER gives entries up to its committed mark; ours is the sequence, so its mark may be the tail.
                log.CommittedUntilAddress = Volatile.Read(ref _tailAddress);
                cancellationToken.ThrowIfCancellationRequested();
                long address;
                try
                {
                    while (records.UnsafeGetNext(out byte* entry, out int length, out address, out _))
                    {
                        try
                        {
                            var record = new ReadOnlySpan<byte>(entry, length);
                            long sequence = length < Record.HeaderBytes ? -1 : Record.SequenceOf(record);
                            if (sequence >= 0 && sequence < from && next == from) continue;      // before the wanted ones the head may jump
                            if (sequence != next) return IsPassed(next) ? false : throw Damaged(address, $"message {sequence} stands where {next} belongs");
                            if (!Record.IsValid(record, _seed)) throw Damaged(address, $"message {sequence} has a wrong checksum");
                            if (!take.Take(sequence, address, record)) return true;
                            next = sequence + 1;
                            if (next >= below) return true;
                        }
                        finally
                        {
                            records.UnsafeRelease();
                        }
                    }
                }
                catch (FasterException e)
                {
                    if (IsPassed(next)) return false;
                    throw Damaged(records.NextAddress, e.Message);
                }
                catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
                {
                    throw new IOException($"Channel {ChannelId} can't be read: {_device.LastError}");
                }

                if (records.NextAddress >= Volatile.Read(ref _tailAddress) && next < below)
                    return IsPassed(next) ? false : throw Damaged(records.NextAddress, $"the log ends before message {below - 1}");
            }

            return true;
        }
        finally
        {
            lock (_gate)
            {
                _lastUseMs = Environment.TickCount64;
                if (--_users == 0 && _isClosed) CloseLog();
            }
        }
    }

    private bool IsPassed(long from) => Volatile.Read(ref _headSequence) > from;

    /// <summary>Takes records of a scan.</summary>
    private interface ITake
    {
        /// <summary>False ends the scan.</summary>
        bool Take(long sequence, long address, ReadOnlySpan<byte> record);
    }

    private readonly struct TakeForward(MessagePage page, int countMax, int bytesMax) : ITake
    {
        public bool Take(long sequence, long address, ReadOnlySpan<byte> record)
        {
            ReadOnlySpan<byte> payload = record[Record.HeaderBytes..];
            if (page.Count > 0 && page.Bytes + payload.Length > bytesMax) return false;
            page.Add(sequence, Record.ServerTimeUsOf(record), payload);
            page.NextKey = sequence + 1;
            return page.Count < countMax;
        }
    }

    private struct TakeTime(long serverTimeUs) : ITake
    {
        public long Key;
        public long TimeUs;

        public bool Take(long sequence, long address, ReadOnlySpan<byte> record)
        {
            TimeUs = Record.ServerTimeUsOf(record);
            if (TimeUs < serverTimeUs) return true;
            Key = sequence;
            return false;
        }
    }

    private struct TakeAddress : ITake
    {
        public long Address;

        public bool Take(long sequence, long address, ReadOnlySpan<byte> record)
        {
            Address = address;
            return false;
        }
    }
}
