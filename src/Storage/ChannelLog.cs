using FASTER.core;
using Gateway.Storage.Disk;
using Gateway.Storage.Journal;

namespace Gateway.Storage;

/// <summary>One channel's messages: a FasterLog of its own, written without a sync, behind the journal that all channels share.</summary>
/// <remarks>
/// An append goes, under the channel's gate, first into this log and then into the journal; the caller waits for the journal. So whatever the journal calls durable is
/// in the log, and the log may be ahead of what is acknowledged: reads stop at <see cref="Acknowledge"/>'s mark. FASTER's log is opened at the first use and closed when idle.
/// </remarks>
internal sealed partial class ChannelLog : IMessageLog, IDisposable
{
    private readonly MessageStore _store;
    private readonly StoreOptions _options;
    private readonly SegmentDevice _device;
    private readonly CommitFacts _commitFacts = new();
    private readonly PageMarks _marks = new();
    private readonly uint _seed;
    private readonly int _pageBytes;
    private readonly Lock _gate = new();

    private LogOptions _logOptions;
    private FasterLog? _log;
    private int _users;
    private long _lastUse;      // a timestamp of the options' clock
    private long _nextSequence;
    private long _tailAddress;
    private long _headSequence;
    private long _headAddress;
    private HoleList _holes;
    private long _timeMaxUs;
    private long _orderedFrom;
    private long _ackedNext;
    private ChannelFacts _facts;
    private string? _damage;
    private volatile bool _isFull;
    private volatile bool _isClosed;
    private TaskCompletionSource? _arrival;
    private TaskCompletionSource? _space;

    public ChannelLog(MessageStore store, HandleCache handles, StoreOptions options, ChannelFacts facts, LogOptions logOptions)
    {
        _store = store;
        _options = options;
        _facts = facts;
        _logOptions = logOptions;
        _pageBytes = 1 << facts.PageBits;
        _seed = Record.SeedOf(facts.ChannelId, facts.Incarnation);
        _device = new SegmentDevice(handles, PathOf(options.Folder, facts.ChannelId, facts.Incarnation), 1L << facts.SegmentBits, facts.HeadAddress, facts.Header);
        _nextSequence = _ackedNext = facts.NextSequence;
        _tailAddress = facts.UntilAddress;
        _headSequence = facts.HeadSequence;
        _headAddress = facts.HeadAddress;
        _holes = facts.Holes;
        _timeMaxUs = facts.TimeMaxUs;
        _orderedFrom = facts.OrderedFrom;
    }

    /// <inheritdoc />
    public long ChannelId => _facts.ChannelId;

    /// <summary>Which log of this channel it is.</summary>
    public long Incarnation => _facts.Incarnation;

    /// <summary>The folder of a channel.</summary>
    public static string FolderOf(string folder, long channelId) =>
        Path.Combine(folder, "channels", channelId.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>Where the files of a log lie: this, a dot and a number.</summary>
    public static string PathOf(string folder, long channelId, long incarnation) => Path.Combine(FolderOf(folder, channelId), $"log-{incarnation:x}");

    /// <inheritdoc />
    public LogState State
    {
        get
        {
            lock (_gate)
            {
                long acked = Volatile.Read(ref _ackedNext);
                return new LogState(_headSequence, acked, acked - _headSequence - _holes.Messages, LiveBytes(_tailAddress), _isFull, IsAvailable) { DroppedCount = _droppedCount };
            }
        }
    }

    /// <summary>It holds no messages, acknowledged or not.</summary>
    public bool IsEmpty => Volatile.Read(ref _headSequence) == Volatile.Read(ref _nextSequence);

    private bool IsAvailable => !_store.IsLowOnSpace && !_isClosed && _damage is null && !_device.IsFailing && !_device.IsPoisoned && !_store.Journal.IsFailing;

    /// <inheritdoc />
    public void Configure(LogOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Volatile.Write(ref _logOptions, options);
        SignalSpace();
    }

    /// <inheritdoc />
    public ValueTask<AppendResult> AppendAsync(Packet packet, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(packet);
        if (cancellationToken.IsCancellationRequested) return ValueTask.FromCanceled<AppendResult>(cancellationToken);
        if (packet.Count == 0) return Done(AppendStatus.Appended);
        if (IsTooLarge(packet)) return Done(AppendStatus.TooLarge);

        lock (_gate)
        {
            LogOptions options = _logOptions;
            if (_store.UnknownOutcomes.Any && packet.DeduplicationId != 0 && _store.UnknownOutcomes.TryFind(this, packet.DeduplicationId, out AppendResult stored))
                return AwaitStored(packet.DeduplicationId, stored, options.Durability, cancellationToken);
            if (!IsAvailable || !TryOpenLog()) return Done(AppendStatus.Unavailable);
            if (LiveBytes(TailAfter(packet)) > options.QuotaBytes && (options.Overflow == Overflow.Block || !TryDropOldest(packet, options.QuotaBytes)))
            {
                if (LiveCount == 0) return Done(AppendStatus.TooLarge);     // it would never fit
                _isFull = true;
                return Done(AppendStatus.Full);
            }

            _isFull = false;
            long first = _nextSequence;
            for (int i = 0; i < packet.Count; i++) Enqueue(new Record(_seed, _nextSequence, packet.ServerTimeUs, packet, i), packet[i].Length, packet.ServerTimeUs);
            var result = new AppendResult(AppendStatus.Appended, first, _nextSequence - 1);
            var entry = new JournalEntry
            {
                Kind = JournalKind.Append,
                ChannelId = ChannelId,
                Incarnation = Incarnation,
                Key = first,
                ServerTimeUs = packet.ServerTimeUs,
                Packet = packet,
            };
            if (options.Durability == Durability.Memory)
            {
                _store.Journal.Enqueue(ref entry, operation: null);
                Acknowledge(_nextSequence);
                return new ValueTask<AppendResult>(result);
            }

            AppendOperation operation = _store.Operations.Rent();
            ValueTask<AppendResult> task = operation.Start(this, options.Durability, result, cancellationToken, packet.DeduplicationId);
            _store.Journal.Enqueue(ref entry, operation);
            return task;
        }
    }

    /// <summary>A packet that is in the log already: tells its keys once it is acknowledged. What went into a journal that was given up is in the checkpoint that named the next
    /// one, so the next commit of whatever journal there is tells of it. The gate is held.</summary>
    private ValueTask<AppendResult> AwaitStored(long deduplicationId, AppendResult stored, Durability durability, CancellationToken cancellationToken)
    {
        if (stored.LastKey < Volatile.Read(ref _ackedNext))
        {
            _store.UnknownOutcomes.Remove(this, deduplicationId);
            return new ValueTask<AppendResult>(stored);
        }

        if (!IsAvailable) return Done(AppendStatus.Unavailable);
        AppendOperation operation = _store.Operations.Rent();
        ValueTask<AppendResult> task = operation.Start(this, durability, stored, cancellationToken, deduplicationId, isRetry: true);
        _store.Journal.Join(operation);
        return task;
    }

    /// <summary>The caller of an append is not told what became of it; a retry is to find out. Any thread.</summary>
    public void NoteUnknown(AppendOperation operation)
    {
        if (operation.DeduplicationId != 0 && !_isClosed) _store.UnknownOutcomes.Add(this, operation.DeduplicationId, operation.Success);
    }

    /// <summary>The caller of a retry is told. Any thread.</summary>
    public void NoteKnown(AppendOperation operation) => _store.UnknownOutcomes.Remove(this, operation.DeduplicationId);

    /// <summary>All records below the sequence are durable, as far as the channel asks for it: readers may see them. Any thread.</summary>
    public void Acknowledge(long nextSequence)
    {
        long seen = Volatile.Read(ref _ackedNext);
        while (seen < nextSequence)
        {
            long before = Interlocked.CompareExchange(ref _ackedNext, nextSequence, seen);
            if (before == seen)
            {
                if (Volatile.Read(ref _arrival) is not null) Interlocked.Exchange(ref _arrival, null)?.TrySetResult();
                if (_isFull && Volatile.Read(ref _logOptions).Overflow == Overflow.DropOldest) SignalSpace();      // there is something to drop now
                return;
            }

            seen = before;
        }
    }

    /// <inheritdoc />
    public async ValueTask<bool> WaitAsync(long fromKey, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_isClosed) return false;
            if (HasFrom(fromKey)) return true;

            // One task for all who wait; made only when somebody does.
            TaskCompletionSource arrival = Waiter(ref _arrival);
            if (_isClosed) return false;
            if (HasFrom(fromKey)) return true;
            await arrival.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc />
    public async ValueTask WaitForSpaceAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource space = Waiter(ref _space);
        if (!_isFull && IsAvailable) return;
        if (_isClosed) return;
        await space.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private bool HasFrom(long fromKey)
    {
        long end = Volatile.Read(ref _holes).EndOfLive(Volatile.Read(ref _ackedNext));
        return fromKey < end && Volatile.Read(ref _headSequence) < end;
    }

    private static TaskCompletionSource Waiter(ref TaskCompletionSource? field)
    {
        while (true)
        {
            if (Volatile.Read(ref field) is { } present) return present;
            var created = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (Interlocked.CompareExchange(ref field, created, null) is null) return created;
        }
    }

    /// <summary>Lets those go on who wait for space or for the disk.</summary>
    public void SignalSpace()
    {
        _isFull = false;
        if (Volatile.Read(ref _space) is not null) Interlocked.Exchange(ref _space, null)?.TrySetResult();
    }

    private static ValueTask<AppendResult> Done(AppendStatus status) => new(new AppendResult(status, 0, 0));

    private bool IsTooLarge(Packet packet)
    {
        for (int i = 0; i < packet.Count; i++)
            if (packet[i].Length > Packet.MessageBytesMax) return true;
        int bytes = packet.Bytes.Length;
        return bytes > _options.PacketBytesMax || JournalEntry.HeaderBytes + (4L * packet.Count) + bytes > GroupJournal.EntryBytesMax(_options);
    }

    /// <summary>What counts against the quota with the tail there: neither what lies below the head nor what lies in holes.</summary>
    private long LiveBytes(long tail) => tail - _headAddress - _holes.Bytes;

    /// <summary>Where the tail will be: FASTER puts an entry on the next page when the rest of this one is too small for it.</summary>
    private long TailAfter(Packet packet)
    {
        long tail = _tailAddress;
        for (int i = 0; i < packet.Count; i++) tail = PlaceOf(tail, packet[i].Length) + Record.EntryBytes(packet[i].Length);
        return tail;
    }

    private long PlaceOf(long tail, int payloadBytes)
    {
        long offset = tail & (_pageBytes - 1);
        return offset + Record.EntryBytes(payloadBytes) <= _pageBytes ? tail : tail - offset + _pageBytes;
    }

    /// <summary>Adds one record; the gate is held and the log is open.</summary>
    private void Enqueue<T>(in T record, int payloadBytes, long serverTimeUs) where T : struct, ILogEnqueueEntry
    {
        long expected = PlaceOf(_tailAddress, payloadBytes);
        long address = EnqueueLoop.Enqueue(_log!, record);
        if (address != expected) throw new InvalidOperationException($"Channel {ChannelId}: a record landed at {address}, not at {expected}.");
        if (address != _tailAddress) GiveUpPadding(address);
        if (serverTimeUs < _timeMaxUs) _orderedFrom = _nextSequence + 1;
        else _timeMaxUs = serverTimeUs;
        long page = address >> _facts.PageBits;
        if (_marks.Count == 0 || page > _marks.Last.Page) _marks.Add(new PageMark(page, _nextSequence, _timeMaxUs));
        Volatile.Write(ref _tailAddress, address + Record.EntryBytes(payloadBytes));
        _nextSequence++;
    }

    /// <summary>What a record left free on the page before is nobody's when everything before it is deleted: the head, or the hole, goes on to the record.</summary>
    private void GiveUpPadding(long address)
    {
        if (_headAddress == _tailAddress) _headAddress = address;
        if (_holes.Count > 0 && _holes[_holes.Count - 1] is var last && last.Below == _nextSequence && last.BelowAddress == _tailAddress)
            Volatile.Write(ref _holes, _holes.With(last with { BelowAddress = address }));
    }
}
