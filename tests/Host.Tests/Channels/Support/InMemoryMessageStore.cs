using System.Collections.Concurrent;
using Gateway.Storage;

namespace Gateway.Host.Tests.Channels;

/// <summary>A message store without a disk: keeps the contract of the real one, and can be told to be full or unavailable.</summary>
internal sealed class InMemoryMessageStore : IMessageStore
{
    private readonly ConcurrentDictionary<long, InMemoryMessageLog> _logs = new();

    public bool IsDisposed { get; private set; }

    public ValueTask<IMessageLog> OpenAsync(long channelId, LogOptions options, CancellationToken cancellationToken) =>
        new(_logs.GetOrAdd(channelId, id => new InMemoryMessageLog(id, options)));

    public ValueTask DeleteAsync(long channelId, CancellationToken cancellationToken)
    {
        if (_logs.TryRemove(channelId, out InMemoryMessageLog? log)) log.Close();
        return ValueTask.CompletedTask;
    }

    public InMemoryMessageLog Of(long channelId) => _logs[channelId];

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        foreach (InMemoryMessageLog log in _logs.Values) log.Close();
        return ValueTask.CompletedTask;
    }
}

internal sealed class InMemoryMessageLog(long channelId, LogOptions options) : IMessageLog
{
    private const int RecordOverheadBytes = 20;

    private readonly Lock _gate = new();
    private readonly List<(long Key, long TimeUs, byte[] Payload)> _messages = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private LogOptions _options = options;
    private long _nextKey = 1;
    private long _bytes;
    private bool _isFull;
    private bool _closed;
    private bool _unavailable;

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

    public bool IsUnavailable
    {
        get => _unavailable;
        set
        {
            _unavailable = value;
            Wake();
        }
    }

    public LogState State
    {
        get
        {
            lock (_gate) return new LogState(_messages.Count > 0 ? _messages[0].Key : _nextKey, _nextKey, _messages.Count, _bytes, _isFull, !_unavailable);
        }
    }

    public ValueTask<AppendResult> AppendAsync(Packet packet, CancellationToken cancellationToken) =>
        Gate is { } gate ? AppendAfterAsync(gate, packet, cancellationToken) : new(Append(packet));

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
            if (_closed || _unavailable) return new AppendResult(AppendStatus.Unavailable, 0, 0);
            long bytes = packet.Bytes.Length + (long)packet.Count * RecordOverheadBytes;
            if (_bytes + bytes > _options.QuotaBytes)
            {
                _isFull = true;
                return new AppendResult(AppendStatus.Full, 0, 0);
            }
            _isFull = false;
            _bytes += bytes;
            long first = _nextKey;
            for (int i = 0; i < packet.Count; i++) _messages.Add((_nextKey++, packet.ServerTimeUs, packet[i].ToArray()));
            Appends++;
            Wake();
            return new AppendResult(AppendStatus.Appended, first, _nextKey - 1);
        }
    }

    public async ValueTask WaitForSpaceAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_closed, this);
                if (!_isFull && !_unavailable) return;
                changed = _changed.Task;
            }
            await changed.WaitAsync(cancellationToken);
        }
    }

    public ValueTask ReadAsync(long fromKey, int countMax, int bytesMax, MessagePage page, CancellationToken cancellationToken)
    {
        page.Clear();
        lock (_gate)
        {
            foreach ((long key, long timeUs, byte[] payload) in _messages)
            {
                if (key < fromKey) continue;
                if (page.Count == countMax || (page.Count > 0 && page.Bytes + payload.Length > bytesMax)) break;
                page.Add(key, timeUs, payload);
            }
        }
        page.NextKey = page.Count > 0 ? page.Key(page.Count - 1) + 1 : fromKey;
        return ValueTask.CompletedTask;
    }

    public ValueTask ReadBackwardAsync(long belowKey, int countMax, int bytesMax, MessagePage page, CancellationToken cancellationToken)
    {
        page.Clear();
        lock (_gate)
        {
            foreach ((long key, long timeUs, byte[] payload) in Enumerable.Reverse(_messages))
            {
                if (key >= belowKey) continue;
                if (page.Count == countMax || (page.Count > 0 && page.Bytes + payload.Length > bytesMax)) break;
                page.Add(key, timeUs, payload);
            }
        }
        page.NextKey = page.Count > 0 ? page.Key(page.Count - 1) : belowKey;
        return ValueTask.CompletedTask;
    }

    public async ValueTask<bool> WaitAsync(long fromKey, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_closed) return false;
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
        new(_closed ? new DeleteResult(DeleteStatus.Unavailable, 0) : new DeleteResult(DeleteStatus.Deleted, Delete(fromKey, belowKey)));

    private long Delete(long fromKey, long belowKey)
    {
        lock (_gate)
        {
            int count = 0;
            for (int i = _messages.Count - 1; i >= 0; i--)
            {
                (long key, _, byte[] payload) = _messages[i];
                if (key < fromKey || key >= belowKey) continue;
                _bytes -= payload.Length + (long)RecordOverheadBytes;
                _messages.RemoveAt(i);
                count++;
            }
            if (count > 0) _isFull = false;
            Wake();
            return count;
        }
    }

    public void Configure(LogOptions options) => _options = options;

    public void Close()
    {
        _closed = true;
        Wake();
    }

    private void Wake() => Interlocked.Exchange(ref _changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
}
