namespace Gateway.Storage.Journal;

/// <summary>The thread that commits: takes what gathered, writes, syncs, tells.</summary>
internal sealed partial class GroupJournal
{
    private const int RetryMs = 100;
    private const int OperationsPerWorkItem = 16;

    // A sync for so few costs a busy core more than they do: whoever is ready to append goes first and shares it. On an idle core there is nobody.
    private const int SmallBatch = 16;

    private readonly Dictionary<ChannelLog, long> _toAcknowledge = [];      // logs with entries whose callers were told Unavailable: one above the last

    private void Run()
    {
        while (true)
        {
            bool isSmall;
            lock (_gate)
            {
                while (!_hasUncommitted && !_isStopping && !_isFailing)
                {
                    _isIdle = true;
                    Monitor.Wait(_gate);
                    _isIdle = false;
                }

                if (_isFailing && !_isStopping && _first is null) Monitor.Wait(_gate, RetryMs);
                if (TryFinish()) return;
                isSmall = _waiting < SmallBatch;
            }

            if (_options.CommitIntervalMs > 0) Thread.Sleep(_options.CommitIntervalMs);
            if (isSmall) Thread.Yield();
            CommitAll();
        }
    }

    /// <summary>Ends the journal when it shall stop and everything had its turn.</summary>
    private bool TryFinish()
    {
        lock (_gate)
        {
            if (!_isStopping || _hasUncommitted) return false;
            _isFailing = true;
            _hasStopped = true;
            Complete(TakeAll(), AppendStatus.Unavailable);
            return true;
        }
    }

    private void CommitAll()
    {
        AppendOperation? operations;
        long sequence;
        lock (_gate)
        {
            operations = TakeAll();
            sequence = _nextSequence - 1;
            _hasUncommitted = false;
            _isCommitting = true;
        }

        Commit(operations, sequence);
        lock (_gate) _isCommitting = false;
    }

    private void Commit(AppendOperation? operations, long sequence)
    {
        long address = 0;
        bool isWritten = !_device.IsPoisoned && TryFlush(out address);
        if (isWritten) operations = CompleteWritten(operations);
        if (isWritten && _device.TrySync())
        {
            if (sequence > _durableSequence)
            {
                Volatile.Write(ref _durableAddress, address);
                _facts.Write(sequence, address);
                Volatile.Write(ref _durableSequence, sequence);
            }

            CommitCount++;
            if (_isFailing) Recover();
            Complete(operations, AppendStatus.Appended);
            return;
        }

        _isFailing = true;
        lock (_gate) _hasUncommitted = !_isStopping;
        for (AppendOperation? operation = operations; operation is not null; operation = operation.Next)
            if (operation.Log is { } log) _toAcknowledge[log] = Math.Max(_toAcknowledge.GetValueOrDefault(log), operation.Success.LastKey + 1);
        Complete(operations, AppendStatus.Unavailable);
    }

    /// <summary>What was told as unknown is durable now: readers may see it, and retries find it stored.</summary>
    private void Recover()
    {
        foreach ((ChannelLog log, long nextSequence) in _toAcknowledge) log.Acknowledge(nextSequence);
        _toAcknowledge.Clear();
        _isFailing = false;
        _recovered();
    }

    private bool TryFlush(out long tail)
    {
        lock (_gate)
        {
            // FASTER hands a page out only when no thread is inside an enqueue, and lets the last of them do the work. Under the gate there is none: the write happens
            // here and now, costs appenders a copy into the page cache at most, and an appender that lost its time slice holds nobody up.
            tail = _log.TailAddress;
            _log.Commit(spinWait: false);
        }

        EnqueueLoop.WaitFlushed(_log, tail);
        return !_device.IsFailing || _device.TryRepair();
    }

    /// <summary>Completes those that wait for the operating system only; gives the others.</summary>
    private AppendOperation? CompleteWritten(AppendOperation? operations)
    {
        AppendOperation? written = null, rest = null, restLast = null;
        bool any = false;
        for (AppendOperation? o = operations; o is not null && !any; o = o.Next) any = o.Durability == Durability.Os;
        if (!any) return operations;

        AppendOperation? writtenLast = null;
        for (AppendOperation? operation = operations; operation is not null;)
        {
            AppendOperation? next = operation.Next;
            operation.Next = null;
            if (operation.Durability == Durability.Os) Link(ref written, ref writtenLast, operation);
            else Link(ref rest, ref restLast, operation);
            operation = next;
        }

        Complete(written, AppendStatus.Appended);
        return rest;
    }

    private static void Link(ref AppendOperation? first, ref AppendOperation? last, AppendOperation operation)
    {
        if (last is null) first = operation;
        else last.Next = operation;
        last = operation;
    }

    private void Complete(AppendOperation? operations, AppendStatus status)
    {
        while (operations is not null)
        {
            // Cut a work item off: one item per caller costs more than what the callers do, one item for all would tell them one after the other.
            AppendOperation first = operations, last = first;
            int count = 0;
            for (AppendOperation? operation = first; operation is not null && count < OperationsPerWorkItem; operation = operation.Next, count++)
            {
                last = operation;
                if (status == AppendStatus.Appended)
                {
                    operation.Log?.Acknowledge(operation.Success.LastKey + 1);
                    operation.SetResult(operation.Success);
                }
                else
                {
                    operation.Log?.NoteUnknown(operation);
                    operation.SetResult(new AppendResult(status, 0, 0));
                }
            }

            operations = last.Next;
            last.Next = null;
            if (_options.IsStepped) first.Execute();
            else ThreadPool.UnsafeQueueUserWorkItem(first, preferLocal: false);
        }
    }
}
