using System.Collections.Concurrent;

namespace Gateway.Storage.Tests.Contract;

/// <summary>A message store without a disk: the model that says in few lines what an <see cref="IMessageStore"/> does. The suite `MessageLogContract` runs against it as against the
/// real one; tests of other rooms use it where a disk would only cost time.</summary>
internal sealed class InMemoryMessageStore : IMessageStore
{
    private readonly ConcurrentDictionary<long, InMemoryMessageLog> _logs = new();

    public bool IsDisposed { get; private set; }

    public ValueTask<IMessageLog> OpenAsync(long channelId, LogOptions options, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        InMemoryMessageLog log = _logs.GetOrAdd(channelId, id => new InMemoryMessageLog(id, options));
        log.Configure(options);
        return new(log);
    }

    public ValueTask DeleteAsync(long channelId, CancellationToken cancellationToken)
    {
        if (_logs.TryRemove(channelId, out InMemoryMessageLog? log)) log.Close();
        return ValueTask.CompletedTask;
    }

    public InMemoryMessageLog Of(long channelId) => _logs[channelId];

    /// <summary>Deletes what is older than the channels allow.</summary>
    public void Expire(long nowUs)
    {
        foreach (InMemoryMessageLog log in _logs.Values) log.Expire(nowUs);
    }

    /// <summary>The store that the next process would open: everything that was acknowledged.</summary>
    public InMemoryMessageStore Reopen()
    {
        var next = new InMemoryMessageStore();
        foreach ((long id, InMemoryMessageLog log) in _logs) next._logs[id] = log.Reopen();
        return next;
    }

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        foreach (InMemoryMessageLog log in _logs.Values) log.Close();
        return ValueTask.CompletedTask;
    }
}

/// <summary>The messages of one channel in a list. Can be told to be slow, unavailable, or to keep nothing.</summary>
internal sealed class InMemoryMessageLog(long channelId, LogOptions options) : IMessageLog
{
    private const int RecordOverheadBytes = 20;

    private readonly Lock _gate = new();
    private readonly List<(long Key, long TimeUs, byte[] Payload)> _messages = [];
    private readonly Dictionary<long, AppendResult> _stored = [];       // by the packets' ids
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private LogOptions _options = options;
    private long _nextKey = 1;
    private long _bytes;
    private long _droppedCount;
    private bool _isFull;
    private bool _isClosed;
    private bool _isUnavailable;

    public long ChannelId => channelId;

    public LogOptions Options => _options;

    /// <summary>Number of calls of <see cref="AppendAsync"/> that stored something.</summary>
    public int Appends { get; private set; }

    /// <summary>When set, appends wait for it: a disk that takes its time.</summary>
    public Task? Gate { get; set; }

    /// <summary>Messages that were counted and thrown away while <see cref="IsDiscarding"/>.</summary>
    public long Discarded { get; private set; }

    /// <summary>Appends keep nothing, and so allocate nothing.</summary>
    public bool IsDiscarding { get; set; }

    /// <summary>When set, reads of messages with this key fail as a disk does.</summary>
    public long UnreadableKey { get; set; }

    public bool IsUnavailable
    {
        get => _isUnavailable;
        set
        {
            _isUnavailable = value;
            Wake();
        }
    }

    public LogState State
    {
        get
        {
            lock (_gate) return new LogState(HeadKey, _nextKey, _messages.Count, _bytes, _isFull, !_isUnavailable && !_isClosed) { DroppedCount = _droppedCount };
        }
    }

    private long HeadKey => _messages.Count > 0 ? _messages[0].Key : _nextKey;

    public ValueTask<AppendResult> AppendAsync(Packet packet, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) return ValueTask.FromCanceled<AppendResult>(cancellationToken);
        return Gate is { } gate ? AppendAfterAsync(gate, packet, cancellationToken) : new(Append(packet));
    }

    private async ValueTask<AppendResult> AppendAfterAsync(Task gate, Packet packet, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        return Append(packet);
    }

    private AppendResult Append(Packet packet)
    {
        lock (_gate)
        {
            if (IsDiscarding)
            {
                Discarded += packet.Count;
                return new AppendResult(AppendStatus.Appended, 1, packet.Count);
            }

            long id = packet.DeduplicationId;
            if (_isClosed || _isUnavailable) return new AppendResult(AppendStatus.Unavailable, 0, 0);
            if (id != 0 && _stored.TryGetValue(id, out AppendResult before)) return before;
            if (packet.Count == 0) return new AppendResult(AppendStatus.Appended, 0, 0);
            for (int i = 0; i < packet.Count; i++)
                if (packet[i].Length > Packet.MessageBytesMax) return new AppendResult(AppendStatus.TooLarge, 0, 0);
            long bytes = packet.Bytes.Length + (long)packet.Count * RecordOverheadBytes;
            if (bytes > _options.QuotaBytes) return new AppendResult(AppendStatus.TooLarge, 0, 0);
            while (_options.Overflow == Overflow.DropOldest && _bytes + bytes > _options.QuotaBytes) _droppedCount += Remove(0, _messages[0].Key + 1);
            _isFull = _bytes + bytes > _options.QuotaBytes;
            if (_isFull) return new AppendResult(AppendStatus.Full, 0, 0);

            _bytes += bytes;
            long first = _nextKey;
            for (int i = 0; i < packet.Count; i++) _messages.Add((_nextKey++, packet.ServerTimeUs, packet[i].ToArray()));
            Appends++;
            var result = new AppendResult(AppendStatus.Appended, first, _nextKey - 1);
            if (id != 0) _stored[id] = result;
            Wake();
            return result;
        }
    }

    public async ValueTask WaitForSpaceAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_isClosed || (!_isFull && !_isUnavailable)) return;
                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    public ValueTask ReadAsync(long fromKey, int countMax, int bytesMax, MessagePage page, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        page.Clear();
        lock (_gate)
        {
            page.SkippedToHead = fromKey > 0 && fromKey < HeadKey;
            page.NextKey = Math.Max(fromKey, HeadKey);
            for (int i = IndexOf(fromKey); i < _messages.Count && page.Count < countMax; i++)
            {
                if (page.Count > 0 && page.Bytes + _messages[i].Payload.Length > bytesMax) break;
                if (_messages[i].Key == UnreadableKey)
                {
                    if (page.Count > 0) break;
                    throw new IOException("Input/output error (test)");
                }

                page.Add(_messages[i].Key, _messages[i].TimeUs, _messages[i].Payload);
                page.NextKey = _messages[i].Key + 1;
            }
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask ReadBackwardAsync(long belowKey, int countMax, int bytesMax, MessagePage page, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        page.Clear();
        lock (_gate)
        {
            page.NextKey = Math.Min(belowKey, _nextKey);
            for (int i = IndexOf(belowKey) - 1; i >= 0 && page.Count < countMax; i--)
            {
                if (page.Count > 0 && page.Bytes + _messages[i].Payload.Length > bytesMax) break;
                page.Add(_messages[i].Key, _messages[i].TimeUs, _messages[i].Payload);
                page.NextKey = _messages[i].Key;
            }
        }

        return ValueTask.CompletedTask;
    }

    public async ValueTask<bool> WaitAsync(long fromKey, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_isClosed) return false;
                if (_messages.Count > 0 && _messages[^1].Key >= fromKey) return true;
                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    public ValueTask<long> FindAsync(long serverTimeUs, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            int index = _messages.FindIndex(message => message.TimeUs >= serverTimeUs);
            return new(index < 0 ? _nextKey : _messages[index].Key);
        }
    }

    public ValueTask<DeleteResult> DeleteRangeAsync(long fromKey, long belowKey, CancellationToken cancellationToken) =>
        new(_isClosed ? new DeleteResult(DeleteStatus.Unavailable, 0) : new DeleteResult(DeleteStatus.Deleted, Remove(fromKey, belowKey)));

    public void Configure(LogOptions options)
    {
        lock (_gate)
        {
            _options = options;
            _isFull = false;
            Wake();
        }
    }

    /// <summary>Deletes what is older than the channel allows.</summary>
    public void Expire(long nowUs)
    {
        lock (_gate)
        {
            int younger = _messages.FindIndex(message => message.TimeUs >= nowUs - (long)_options.AgeMax.TotalMicroseconds);
            Remove(0, younger < 0 ? long.MaxValue : _messages[younger].Key);
        }
    }

    public InMemoryMessageLog Reopen()
    {
        lock (_gate)
        {
            var next = new InMemoryMessageLog(channelId, _options) { _nextKey = _nextKey, _bytes = _bytes };
            next._messages.AddRange(_messages);
            return next;
        }
    }

    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            Wake();
        }
    }

    /// <summary>The place of the first message whose key is not below.</summary>
    private int IndexOf(long key)
    {
        int low = 0, high = _messages.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_messages[middle].Key < key) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    private int Remove(long fromKey, long belowKey)
    {
        lock (_gate)
        {
            int from = IndexOf(fromKey), count = Math.Max(IndexOf(belowKey) - from, 0);
            for (int i = from; i < from + count; i++) _bytes -= _messages[i].Payload.Length + RecordOverheadBytes;
            _messages.RemoveRange(from, count);
            if (count > 0) _isFull = false;
            Wake();
            return count;
        }
    }

    private void Wake() => Interlocked.Exchange(ref _changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
}
