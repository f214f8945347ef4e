using FASTER.core;
using Gateway.Storage.Disk;

namespace Gateway.Storage.Journal;

/// <summary>The journal all channels share: what is appended between two syncs becomes durable with the second, in one write and one sync.</summary>
/// <remarks>
/// Enqueue takes a short lock, so that the sequence of the journal is the order of its addresses. One thread commits: while it syncs, the next batch gathers.
/// Each start and each failed sync begins a new generation in new files. FASTER never recovers these files, <see cref="JournalReader"/> reads them.
/// </remarks>
internal sealed partial class GroupJournal : IDisposable
{
    private const int SettleMs = 200;

    private readonly StoreOptions _options;
    private readonly SegmentDevice _device;
    private readonly JournalFacts _facts;
    private readonly FasterLog _log;
    private readonly Thread? _thread;       // none in a stepped store
    private readonly Action _recovered;
    private readonly object _gate = new();      // a monitor: the commit thread waits on it
    private AppendOperation? _first;
    private AppendOperation? _last;
    private int _waiting;
    private long _nextSequence = 1;
    private long _durableSequence;
    private long _durableAddress;
    private bool _hasUncommitted;
    private bool _isCommitting;
    private bool _isIdle;
    private bool _isStopping;
    private bool _hasStopped;
    private volatile bool _isFailing;

    /// <param name="handles">The disk.</param>
    /// <param name="options">Sizes and times.</param>
    /// <param name="generation">Which journal it is.</param>
    /// <param name="recovered">Called by the commit thread when a disk that failed works again.</param>
    /// <exception cref="IOException">The disk refused the files.</exception>
    public GroupJournal(HandleCache handles, StoreOptions options, long generation, Action recovered)
    {
        _options = options;
        _recovered = recovered;
        Generation = generation;
        string path = PathOf(options.Folder, generation);
        FileHeader header = HeaderOf(options, generation);
        _device = new SegmentDevice(handles, path, 1L << options.JournalSegmentBits, headAddress: 0, header);
        _facts = new JournalFacts(handles, FactsPathOf(options.Folder, generation), generation);
        _facts.Begin();
        Span<byte> block = stackalloc byte[FileHeader.Bytes];
        header.Write(block);
        handles.Write(path + ".0", block, 0);       // the file is there before the checkpoint speaks of it
        handles.Sync(path + ".0");
        handles.Files.SyncFolder(options.Folder);
        _log = new FasterLog(new FasterLogSettings
        {
            LogDevice = _device,
            LogCommitManager = new CommitFacts(),
            PageSizeBits = options.JournalPageBits,
            MemorySizeBits = options.JournalPageBits + 1,
            SegmentSizeBits = options.JournalSegmentBits,
            TryRecoverLatest = false,
        });
        if (options.IsStepped) return;
        _thread = new Thread(Run) { IsBackground = true, Name = $"journal commit {generation}", Priority = ThreadPriority.AboveNormal };
        _thread.Start();
    }

    /// <summary>Which journal this is, in the order they were begun.</summary>
    public long Generation { get; }

    /// <summary>The disk fails at the moment, or a sync failed for good: nothing more is taken.</summary>
    public bool IsFailing => _isFailing || _device.IsPoisoned;

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

    /// <summary>What the first file of a generation begins with.</summary>
    public static FileHeader HeaderOf(StoreOptions options, long generation) => new(FileKind.Journal, 0, generation, 0, options.JournalPageBits, options.JournalSegmentBits);

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
            if (operation is not null) Add(operation);
            if (_isIdle) Monitor.Pulse(_gate);
        }
    }

    /// <summary>Adds nothing, but lets the operation wait for the next commit: it tells of all that was enqueued before.</summary>
    public void Join(AppendOperation operation)
    {
        lock (_gate)
        {
            if (_hasStopped)
            {
                Complete(operation, AppendStatus.Unavailable);
                return;
            }

            _hasUncommitted = true;
            Add(operation);
            if (_isIdle) Monitor.Pulse(_gate);
        }
    }

    /// <summary>Goes on when everybody who appended was told: nothing that the files may lack can be acknowledged any more. Waits a moment for the end of a commit; other channels
    /// append meanwhile.</summary>
    /// <exception cref="IOException">There was no such moment.</exception>
    public void WaitUntilSettled()
    {
        long until = Environment.TickCount64 + SettleMs;
        for (var spin = new SpinWait(); !IsSettled(); spin.SpinOnce())
            if (_options.IsStepped || Environment.TickCount64 >= until) throw new IOException("the journal has entries that are not synced yet.");
    }

    private bool IsSettled()
    {
        lock (_gate) return _first is null && !_isCommitting && (!_hasUncommitted || IsPoisoned);
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

    private void Add(AppendOperation operation)
    {
        if (_last is null) _first = operation;
        else _last.Next = operation;
        _last = operation;
        _waiting++;
    }

    private AppendOperation? TakeAll()
    {
        AppendOperation? operations = _first;
        _first = _last = null;
        _waiting = 0;
        return operations;
    }
}
