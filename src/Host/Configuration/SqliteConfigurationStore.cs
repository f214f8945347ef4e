using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;

namespace Gateway.Host.Configuration;

/// <summary>The configuration store of a single machine: the file <c>gateway.db</c> in the data folder.</summary>
/// <remarks>items: kind, id | json (null once deleted), revision. Changes are durable when the call completes.</remarks>
public sealed class SqliteConfigurationStore : IConfigurationStore
{
    /// <summary>Name of the file in the data folder.</summary>
    public const string FileName = "gateway.db";

    private const string Tables = """
        CREATE TABLE IF NOT EXISTS items (kind TEXT NOT NULL, id INTEGER NOT NULL, json TEXT, revision INTEGER NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS items_by_revision ON items (revision);
        CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
        """;

    private readonly Lock _gate = new();
    private readonly SqliteConnection _database;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _disposed;

    private SqliteConfigurationStore(SqliteConnection database) => _database = database;

    /// <summary>Opens the store of a data folder, and makes folder and file if they are not there.</summary>
    /// <exception cref="SqliteException">The file can't be opened, or is no database.</exception>
    public static SqliteConfigurationStore Open(string dataFolder) => new(SqliteFile.Open(dataFolder, FileName, Tables));

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ConfigurationItem>> ListAsync(string kind, CancellationToken cancellationToken) =>
        new(Query("SELECT kind, id, json, revision FROM items WHERE kind = $kind AND json IS NOT NULL ORDER BY id", ("$kind", kind)));

    /// <inheritdoc/>
    public ValueTask<ConfigurationItem?> GetAsync(string kind, long id, CancellationToken cancellationToken) =>
        new(Query("SELECT kind, id, json, revision FROM items WHERE kind = $kind AND id = $id AND json IS NOT NULL", ("$kind", kind), ("$id", id)).FirstOrDefault());

    /// <inheritdoc/>
    public ValueTask<long> NextIdAsync(string kind, CancellationToken cancellationToken) => NextIdsAsync(kind, 1, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<long> NextIdsAsync(string kind, int count, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        lock (_gate) return new(Add("id " + kind, count) - count + 1);
    }

    /// <inheritdoc/>
    public ValueTask<long> PutAsync(string kind, long id, string json, long expectedRevision, CancellationToken cancellationToken) =>
        new(Change(kind, new ConfigurationChange(id, json, expectedRevision)));

    /// <inheritdoc/>
    public ValueTask<long> DeleteAsync(string kind, long id, long expectedRevision, CancellationToken cancellationToken) =>
        new(expectedRevision <= 0 ? 0 : Change(kind, new ConfigurationChange(id, null, expectedRevision)));

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<long>?> ChangeAsync(string kind, IReadOnlyList<ConfigurationChange> changes, CancellationToken cancellationToken) => new(Change(kind, changes));

    /// <inheritdoc/>
    public async IAsyncEnumerable<ConfigurationItem> WatchAsync(long fromRevision, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed = Volatile.Read(ref _changed).Task;
            foreach (ConfigurationItem item in Query("SELECT kind, id, json, revision FROM items WHERE revision > $from ORDER BY revision", ("$from", fromRevision)))
            {
                fromRevision = item.Revision;
                yield return item;
            }
            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (!_disposed) _database.Dispose();
            _disposed = true;
        }
        return ValueTask.CompletedTask;
    }

    private long Change(string kind, ConfigurationChange change) => Change(kind, [change]) is [var revision] ? revision : 0;

    /// <summary>Writes the items, or their absence, if their revisions are the expected ones (0: it does not exist).</summary>
    private long[]? Change(string kind, IReadOnlyList<ConfigurationChange> changes)
    {
        lock (_gate)
        {
            using SqliteTransaction transaction = _database.BeginTransaction();
            var revisions = new long[changes.Count];
            for (int i = 0; i < revisions.Length; i++)
            {
                (long id, string? json, long expectedRevision) = changes[i];
                long current = Scalar("SELECT revision FROM items WHERE kind = $kind AND id = $id AND json IS NOT NULL", ("$kind", kind), ("$id", id)) ?? 0;
                if (current != expectedRevision) return null;

                revisions[i] = Add("revision", 1);
                Execute(
                    "INSERT INTO items (kind, id, json, revision) VALUES ($kind, $id, $json, $revision) ON CONFLICT DO UPDATE SET json = $json, revision = $revision",
                    ("$kind", kind), ("$id", id), ("$json", (object?)json ?? DBNull.Value), ("$revision", revisions[i]));
            }
            transaction.Commit();
            Interlocked.Exchange(ref _changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
            return revisions;
        }
    }

    private long Add(string counter, int count) =>
        Scalar("INSERT INTO counters (name, value) VALUES ($name, $count) ON CONFLICT DO UPDATE SET value = value + $count RETURNING value", ("$name", counter), ("$count", count)) ?? 0;

    private List<ConfigurationItem> Query(string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        lock (_gate)
        {
            using SqliteCommand command = CommandOf(sql, parameters);
            using SqliteDataReader reader = command.ExecuteReader();
            var items = new List<ConfigurationItem>();
            while (reader.Read())
            {
                bool deleted = reader.IsDBNull(2);
                items.Add(new ConfigurationItem(reader.GetString(0), reader.GetInt64(1), deleted ? "" : reader.GetString(2), reader.GetInt64(3), deleted));
            }
            return items;
        }
    }

    private long? Scalar(string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        using SqliteCommand command = CommandOf(sql, parameters);
        return command.ExecuteScalar() as long?;
    }

    private void Execute(string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        using SqliteCommand command = CommandOf(sql, parameters);
        command.ExecuteNonQuery();
    }

    // Every text that comes here is a literal of this file; values travel as parameters.
#pragma warning disable CA2100
    private SqliteCommand CommandOf(string sql, ReadOnlySpan<(string Name, object Value)> parameters)
    {
        SqliteCommand command = _database.CreateCommand();
        command.CommandText = sql;
        foreach ((string name, object value) in parameters) command.Parameters.AddWithValue(name, value);
        return command;
    }
#pragma warning restore CA2100
}
