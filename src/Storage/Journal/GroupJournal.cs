using FASTER.core;
using Gateway.Storage.Disk;

namespace Gateway.Storage.Journal;

/// <summary>The journal all channels share: what is appended between two syncs becomes durable with the second, in one write and one sync.</summary>
/// <remarks>
/// Enqueue takes a short lock, so that the sequence of the journal is the order of its addresses. One thread commits: while it syncs, the next batch gathers.
/// Each start and each failed sync begins a new generation in new files. FASTER never recovers these files, <see cref="JournalReader"/> reads them.
/// </remarks>
internal sealed class GroupJournal : IDisposable
{
    private const int RetryMs = 100;
    private const int OperationsPerWorkItem = 16;

    private readonly StoreOptions _options;
    private readonly SegmentDevice _device;
    private readonly JournalFacts _facts;
    private readonly FasterLog _log;
    private readonly Thread? _thread;       // none in a stepped store
    private readonly object _gate = new();      // a monitor: the commit thread waits on it
    private AppendOperation? _first;
    private AppendOperation? _last;
    private long _nextSequence = 1;
    private long _durableSequence;
    private long _durableAddress;
    private bool _hasUncommitted;
    private bool _isIdle;
    private bool _isStopping;
    private bool _hasStopped;
    private volatile bool _isFailing;

    public GroupJournal(HandleCache handles, StoreOptions options, long generation)
    {
        _options = options;
        Generation = generation;
        string path = PathOf(options.Folder, generation);
        _device = new SegmentDevice(handles, path, 1L << options.JournalSegmentBits, headAddress: 0);
        _facts = new JournalFacts(handles, FactsPathOf(options.Folder, generation), generation);
        _log = new FasterLog(new FasterLogSettings
        {
            LogDevice = _device,
            LogCommitManager = new CommitFacts(),
            PageSizeBits = options.JournalPageBits,
            MemorySizeBits = options.JournalPageBits + 1,
            SegmentSizeBits = options.JournalSegmentBits,
            TryRecoverLatest = false,
        });
        _facts.Write(0, 0);
        _facts.Sync();
        handles.Write(path + ".0", [0], 0);     // the file is there before the checkpoint speaks of it
        handles.Sync(path + ".0");
        handles.Files.SyncFolder(options.Folder);
        if (options.IsStepped) return;
        _thread = new Thread(Run) { IsBackground = true, Name = $"journal commit {generation}", Priority = ThreadPriority.AboveNormal };
        _thread.Start();
    }

    /// <summary>Which journal this is, in the order they were begun.</summary>
    public long Generation { get; }

    /// <summary>The disk fails at the moment, or a sync failed for good: nothing more is taken.</summary>
    public bool IsFailing => _isFailing;

    /// <summary>A sync failed: this generation is finished and another must follow.</summary>
    public bool IsPoisoned => _device.IsPoisoned;

    /// <summary>What the disk said.</summary>
    public string? LastError => _device.LastError;

    /// <summary>Group commits so far.</summary>
    public long CommitCount { get; private set; }

    /// <summary>Where the files of a generation lie: this, a dot and a number.</summary>
    public static string PathOf(string folder, long generation) => Path.Combine(folder, $"journal-{generation:x16}");

    /// <summary>Where the second copy of a generation's facts lies. In the order of names it comes before the journal, so that it is not the newer one in a copy.</summary>
    public static string FactsPathOf(string folder, long generation) => Path.Combine(folder, $"facts-{generation:x16}");

    /// <summary>Most bytes an entry may have.</summary>
    public static int EntryBytesMax(StoreOptions options) => (1 << options.JournalPageBits) - 128;

    /// <summary>Adds an entry; its turn for durability comes with the next commit.</summary>
    /// <param name="entry">Sequence and generation are filled in here.</param>
    /// <param name="operation">Told when the entry is durable, or null.</param>
    public void Enqueue(ref JournalEntry entry, AppendOperation? operation)
    {
        lock (_gate)
        {
            if (_hasStopped)
            {
                Complete(operation, AppendStatus.Unavailable);
                return;
            }

            entry.Generation = Generation;
            entry.Sequence = _nextSequence++;
            entry.DurableSequence = _durableSequence;
            EnqueueLoop.Enqueue(_log, entry);
            _hasUncommitted = true;
            if (operation is not null)
            {
                if (_last is null) _first = operation;
                else _last.Next = operation;
                _last = operation;
            }

            if (_isIdle) Monitor.Pulse(_gate);
        }
    }

    /// <summary>The next sequence and the address it will have: all entries below are in the channels' logs.</summary>
    public (long Sequence, long Address) Mark()
    {
        lock (_gate) return (_nextSequence, _log.TailAddress);
    }

    /// <summary>Gives the files wholly below the address back, but never the one with the last synced entry: without it a start could not tell a journal whose next
    /// page had not reached the disk from one that somebody took away.</summary>
    public void TruncateBelow(long address)
    {
        address = Math.Min(address, Math.Max(Volatile.Read(ref _durableAddress) - 1, 0));
        long pageStart = address & ~((1L << _options.JournalPageBits) - 1);
        lock (_gate)
        {
            if (pageStart <= _log.BeginAddress || _isFailing) return;
            _log.UnsafeShiftBeginAddress(pageStart);
        }

        _device.RemoveBelow(pageStart);
    }

    /// <summary>Commits what is there and stops. Appends that come later find the journal failing.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _isStopping = true;
            Monitor.PulseAll(_gate);
        }

        if (_thread is not null) _thread.Join();
        else while (!TryFinish()) CommitAll();
    }

    /// <summary>One turn of the commit thread, for a store that has none.</summary>
    public void Step()
    {
        if (_hasUncommitted || _isFailing) CommitAll();
    }

    /// <inheritdoc />
    public void Dispose()
    {
        Stop();
        _log.Dispose();
        _device.Dispose();
        _facts.Dispose();
    }

    private void Run()
    {
        while (true)
        {
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
            }

            if (_options.CommitIntervalMs > 0) Thread.Sleep(_options.CommitIntervalMs);
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
        }

        Commit(operations, sequence);
    }

    private AppendOperation? TakeAll()
    {
        AppendOperation? operations = _first;
        _first = _last = null;
        return operations;
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
            _isFailing = false;
            Complete(operations, AppendStatus.Appended);
            return;
        }

        _isFailing = true;
        lock (_gate) _hasUncommitted = !_isStopping;
        Complete(operations, AppendStatus.Unavailable);
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
