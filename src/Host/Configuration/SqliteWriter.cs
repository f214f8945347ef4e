using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace Gateway.Host.Configuration;

/// <summary>Writes changes to a SQLite file in the order in which they were asked for, many in one transaction: small changes of many threads share a sync. Any number of threads.</summary>
internal sealed class SqliteWriter : IAsyncDisposable
{
    private const int WaitingMax = 10_000;
    private const int ChangesPerTransactionMax = 1_000;

    private readonly SqliteConnection _database;
    private readonly Channel<Change> _changes = Channel.CreateBounded<Change>(new BoundedChannelOptions(WaitingMax) { SingleReader = true });
    private readonly Task _writing;
    private bool _isSynced = true;
    private bool _isFailing;

    /// <summary>Begins to write to an open file, which stays its owner's.</summary>
    internal SqliteWriter(SqliteConnection database)
    {
        _database = database;
        _writing = Task.Run(WriteAsync);
    }

    /// <summary>A change was refused; told once, until one was written again. Raised on the thread that writes.</summary>
    internal event Action<Exception>? Trouble;

    /// <summary>Held while a transaction is written; by who reads over the same connection, while it reads.</summary>
    internal Lock Gate { get; } = new();

    /// <summary>Writes a change; ends when it is written, together with all that was asked for before.</summary>
    /// <param name="apply">Makes the change, inside the transaction.</param>
    /// <param name="isDurable">It must outlive a power failure when the task ends; else it outlives the process.</param>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    /// <exception cref="System.Data.Common.DbException">The disk refuses, or a change of the same transaction failed: none of them is written.</exception>
    internal async Task WriteAsync(Action<SqliteTransaction> apply, bool isDurable)
    {
        var change = new Change(apply, isDurable, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        try
        {
            await _changes.Writer.WriteAsync(change).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            throw new ObjectDisposedException(nameof(SqliteWriter));
        }
        await change.Done.Task.ConfigureAwait(false);
    }

    /// <summary>Writes what waits; later changes are refused.</summary>
    public async ValueTask DisposeAsync()
    {
        _changes.Writer.TryComplete();
        await _writing.ConfigureAwait(false);
    }

    private async Task WriteAsync()
    {
        var batch = new List<Change>();
        while (await _changes.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            batch.Clear();
            while (batch.Count < ChangesPerTransactionMax && _changes.Reader.TryRead(out Change? change)) batch.Add(change);
            try
            {
                lock (Gate)
                {
                    Sync(batch.Exists(change => change.IsDurable));
                    using SqliteTransaction transaction = _database.BeginTransaction();
                    foreach (Change change in batch) change.Apply(transaction);
                    transaction.Commit();
                }
                _isFailing = false;
                foreach (Change change in batch) change.Done.TrySetResult();
            }
            catch (Exception failure)
            {
                // None of them is written; who asked hears it. Whatever it was, the next transaction may work.
                if (!_isFailing) Trouble?.Invoke(failure);
                _isFailing = true;
                foreach (Change change in batch) change.Done.TrySetException(failure);
            }
        }
    }

    /// <summary>Whether the next transaction is synced.</summary>
    private void Sync(bool isSynced)
    {
        if (isSynced == _isSynced) return;
        using SqliteCommand command = _database.Prepare(isSynced ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
        command.Run();
        _isSynced = isSynced;
    }

    private sealed record Change(Action<SqliteTransaction> Apply, bool IsDurable, TaskCompletionSource Done);
}
