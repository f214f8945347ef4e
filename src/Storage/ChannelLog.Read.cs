namespace Gateway.Storage;

/// <summary>Reads and searches.</summary>
internal sealed partial class ChannelLog
{
    private const int RetriesMax = 1_000;

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
                if (_reloading is not null) throw Unrepaired();
                below = _holes.EndOfLive(below);
                if (below <= _headSequence || _marks.Count == 0) break;
                from = Math.Max(_marks.Before(below - 1).FirstSequence, _headSequence);
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

            below = from;       // where the rest of the page is a hole, nothing was taken there
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public ValueTask<long> FindAsync(long serverTimeUs, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new ValueTask<long>(Find(serverTimeUs, cancellationToken));
    }

    private long Find(long serverTimeUs, CancellationToken cancellationToken)
    {
        while (true)
        {
            long from, acked = Volatile.Read(ref _ackedNext);
            lock (_gate)
            {
                if (_reloading is not null) throw Unrepaired();
                if (_isClosed || _headSequence >= acked || _marks.Count == 0) return acked;
                PageMark mark = _marks.BeforeTime(serverTimeUs);
                from = mark.Page < _marks.ExactFrom ? 0 : Math.Max(mark.FirstSequence, _headSequence);
            }

            if (from == 0)
            {
                LearnTimes(cancellationToken);
                continue;
            }

            var take = new TakeTime(serverTimeUs);
            if (from >= acked) return acked;
            if (Scan(from, acked, ref take, cancellationToken)) return take.Key == 0 ? acked : take.Key;
        }
    }

    /// <summary>The clock was set back, and a start reads only the first message of a page: reads once all of those pages, to know the latest time before each mark.</summary>
    private void LearnTimes(CancellationToken cancellationToken)
    {
        while (true)
        {
            long from, below;
            long[] sequences;
            lock (_gate)
            {
                sequences = _marks.InexactSequences(out below);
                from = _headSequence;
                below = Math.Min(below, Volatile.Read(ref _ackedNext));
            }

            var take = new TakeTimesMax(sequences);
            if (from < below && !Scan(from, below, ref take, cancellationToken)) continue;
            lock (_gate) _marks.SetTimes(sequences, take.ToEnd());
            return;
        }
    }
}
