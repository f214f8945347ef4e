using System.Threading.Tasks.Sources;

namespace Gateway.Storage.Journal;

/// <summary>One caller's wait for durability; pooled, so that waiting allocates nothing.</summary>
/// <remarks>Two sides hold it, the caller and the commit loop; who lets go last gives it back. Cancelling ends the caller's wait only.</remarks>
internal sealed class AppendOperation : IValueTaskSource<AppendResult>, IThreadPoolWorkItem
{
    private static readonly Action<object?, CancellationToken> Cancel = static (state, token) => ((AppendOperation)state!).TryCancel(token);

    private readonly OperationPool _pool;
    private ManualResetValueTaskSourceCore<AppendResult> _core;
    private CancellationTokenRegistration _registration;
    private AppendResult _result;
    private int _owners;
    private int _isClaimed;

    /// <param name="pool">Where it goes back to.</param>
    public AppendOperation(OperationPool pool) => _pool = pool;

    /// <summary>The next one in whatever list holds this one.</summary>
    public AppendOperation? Next;

    /// <summary>The log whose tail moves when this is durable.</summary>
    public ChannelLog? Log { get; private set; }

    /// <summary>What to wait for.</summary>
    public Durability Durability { get; private set; }

    /// <summary>What to tell the caller when it is durable.</summary>
    public AppendResult Success { get; private set; }

    /// <summary>The packet's id, 0 for none.</summary>
    public long DeduplicationId { get; private set; }

    /// <summary>The messages were in the log before this call.</summary>
    public bool IsRetry { get; private set; }

    /// <summary>Gets ready for one use.</summary>
    public ValueTask<AppendResult> Start(
        ChannelLog? log, Durability durability, AppendResult success, CancellationToken cancellationToken, long deduplicationId = 0, bool isRetry = false)
    {
        Log = log;
        Durability = durability;
        Success = success;
        DeduplicationId = deduplicationId;
        IsRetry = isRetry;
        _owners = 2;
        _isClaimed = 0;
        short version = _core.Version;
        if (cancellationToken.CanBeCanceled) _registration = cancellationToken.UnsafeRegister(Cancel, this);
        return new ValueTask<AppendResult>(this, version);
    }

    /// <summary>The commit loop is done with it: remembers the outcome; <see cref="Execute"/> of the first in a list tells the callers.</summary>
    public void SetResult(AppendResult result) => _result = result;

    /// <summary>Tells this and all that follow in its list, on a thread of the pool: the commit loop must not run what callers do next.</summary>
    public void Execute()
    {
        for (AppendOperation? operation = this; operation is not null;)
        {
            AppendOperation? next = operation.Next;     // the operation may be in use again as soon as it is told
            operation.Next = null;
            operation.Tell();
            operation = next;
        }
    }

    AppendResult IValueTaskSource<AppendResult>.GetResult(short token)
    {
        _registration.Dispose();
        _registration = default;
        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            LetGo();
        }
    }

    ValueTaskSourceStatus IValueTaskSource<AppendResult>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<AppendResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private void Tell()
    {
        if (Interlocked.Exchange(ref _isClaimed, 1) == 0)
        {
            // Only now: a caller that stopped waiting was not told, and may try again.
            if (IsRetry && _result.Status == AppendStatus.Appended) Log?.NoteKnown(this);
            _core.SetResult(_result);
        }

        LetGo();
    }

    private void TryCancel(CancellationToken token)
    {
        if (Interlocked.Exchange(ref _isClaimed, 1) != 0) return;
        Log?.NoteUnknown(this);     // first: the caller may try again as soon as it is told
        _core.SetException(new OperationCanceledException(token));
    }

    private void LetGo()
    {
        if (Interlocked.Decrement(ref _owners) != 0) return;
        Log = null;
        _core.Reset();
        _pool.Return(this);
    }
}

/// <summary>Operations at rest.</summary>
internal sealed class OperationPool
{
    private const int KeptMax = 8_192;

    private readonly Lock _gate = new();
    private AppendOperation? _first;
    private int _kept;

    /// <summary>One to use.</summary>
    public AppendOperation Rent()
    {
        lock (_gate)
        {
            if (_first is { } operation)
            {
                _first = operation.Next;
                operation.Next = null;
                _kept--;
                return operation;
            }
        }

        return new AppendOperation(this);
    }

    /// <summary>Takes one back.</summary>
    public void Return(AppendOperation operation)
    {
        lock (_gate)
        {
            if (_kept == KeptMax) return;
            operation.Next = _first;
            _first = operation;
            _kept++;
        }
    }
}
