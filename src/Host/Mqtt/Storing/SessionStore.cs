using Gateway.Host.Configuration;
using Microsoft.Data.Sqlite;

namespace Gateway.Host.Mqtt.Storing;

/// <summary>Sessions, subscriptions, places in logs and retained messages over a restart: the file <c>mqtt.db</c> in the data folder.</summary>
/// <remarks>
/// Any number of threads; changes are written in the order in which they were asked for, many in one transaction. A transaction with a change that somebody waits for is synced;
/// one of places alone is not: it outlives the process, and a power failure costs at most that messages are sent again.
/// </remarks>
internal sealed class SessionStore : IAsyncDisposable
{
    /// <summary>Name of the file in the data folder.</summary>
    internal const string FileName = "mqtt.db";

    // What a session noted in the moment of its end may have come behind that: nothing reads it any more.
    private const string Tables = """
        CREATE TABLE IF NOT EXISTS sessions (number INTEGER PRIMARY KEY, cid INTEGER NOT NULL, client TEXT NOT NULL, token INTEGER NOT NULL, expiry INTEGER NOT NULL, disconnected INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS subscriptions (session INTEGER NOT NULL, filter TEXT NOT NULL, qos INTEGER NOT NULL, nolocal INTEGER NOT NULL, rap INTEGER NOT NULL,
            identifier INTEGER NOT NULL, cid INTEGER NOT NULL, PRIMARY KEY (session, filter)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS places (session INTEGER NOT NULL, channel INTEGER NOT NULL, acknowledged INTEGER NOT NULL, sent INTEGER NOT NULL, PRIMARY KEY (session, channel)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS groups (cid INTEGER NOT NULL, filter TEXT NOT NULL, channel INTEGER NOT NULL, next INTEGER NOT NULL, PRIMARY KEY (cid, filter, channel)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS retained (cid INTEGER NOT NULL, topic TEXT NOT NULL, message BLOB NOT NULL, PRIMARY KEY (cid, topic)) WITHOUT ROWID;
        DELETE FROM subscriptions WHERE session NOT IN (SELECT number FROM sessions);
        DELETE FROM places WHERE session NOT IN (SELECT number FROM sessions);
        """;

    private readonly SqliteConnection _database;
    private readonly Dictionary<string, SqliteCommand> _commands = new(StringComparer.Ordinal);
    private readonly SqliteWriter _writer;
    private SqliteTransaction? _transaction;

    /// <summary>Opens the store of a data folder.</summary>
    /// <exception cref="SqliteException">The file can't be opened, or is no database.</exception>
    public SessionStore(GatewayOptions options)
    {
        _database = SqliteFile.Open(options.DataFolder, FileName, Tables);
        _writer = new SqliteWriter(_database);
    }

    /// <summary>Reads all sessions; before the first change.</summary>
    internal List<StoredSession> ReadSessions()
    {
        var sessions = new Dictionary<long, StoredSession>();
        Read("SELECT number, cid, client, token, expiry, disconnected FROM sessions", row =>
            sessions.Add(row.GetInt64(0), new StoredSession(row.GetInt64(0), row.GetInt64(1), row.GetString(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5))));
        Read("SELECT session, filter, qos, nolocal, rap, identifier, cid FROM subscriptions", row =>
            sessions.GetValueOrDefault(row.GetInt64(0))?.Subscriptions.Add(new StoredSubscription(row.GetString(1), row.GetByte(2), row.GetBoolean(3), row.GetBoolean(4), (uint)row.GetInt64(5), row.GetInt64(6))));
        Read("SELECT session, channel, acknowledged, sent FROM places", row =>
            sessions.GetValueOrDefault(row.GetInt64(0))?.Places.Add(row.GetInt64(1), (row.GetInt64(2), row.GetInt64(3))));
        return [.. sessions.Values];
    }

    /// <summary>Reads the places of groups in channels; before the first change.</summary>
    internal List<GroupPlace> ReadGroups()
    {
        var places = new List<GroupPlace>();
        Read("SELECT cid, filter, channel, next FROM groups", row => places.Add(new GroupPlace(row.GetInt64(0), row.GetString(1), row.GetInt64(2), row.GetInt64(3))));
        return places;
    }

    /// <summary>Reads all retained messages; before the first change.</summary>
    internal void ReadRetained(Action<byte[]> take) => Read("SELECT message FROM retained", row => take(row.GetFieldValue<byte[]>(0)));

    /// <summary>Stores a session without subscriptions and places; ends when it is durable.</summary>
    internal Task PutAsync(StoredSession session) => AskAsync(store => store.Run(
        "INSERT OR REPLACE INTO sessions (number, cid, client, token, expiry, disconnected) VALUES ($1, $2, $3, $4, $5, $6)",
        session.Number, session.Cid, session.ClientId, session.TokenId, session.ExpirySeconds, session.DisconnectedAt), isDurable: true);

    /// <summary>Removes a session with all that belongs to it.</summary>
    internal Task RemoveAsync(long number) => AskAsync(store =>
    {
        store.Run("DELETE FROM sessions WHERE number = $1", number);
        store.Run("DELETE FROM subscriptions WHERE session = $1", number);
        store.Run("DELETE FROM places WHERE session = $1", number);
    }, isDurable: true);

    /// <summary>Stores subscriptions of a session and the places that they begin at.</summary>
    internal Task PutAsync(long number, IReadOnlyList<StoredSubscription> subscriptions, IReadOnlyList<(long Source, long AcknowledgedBelow, long SentBelow)> places) => AskAsync(store =>
    {
        foreach (StoredSubscription added in subscriptions)
        {
            store.Run(
                "INSERT OR REPLACE INTO subscriptions (session, filter, qos, nolocal, rap, identifier, cid) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                number, added.Filter, added.Qos, added.NoLocal, added.RetainAsPublished, added.Identifier, added.FilterCid);
        }
        store.Put(number, places);
    }, isDurable: true);

    /// <summary>Removes subscriptions of a session.</summary>
    internal Task RemoveAsync(long number, IReadOnlyList<string> filters) => AskAsync(store =>
    {
        foreach (string filter in filters) store.Run("DELETE FROM subscriptions WHERE session = $1 AND filter = $2", number, filter);
    }, isDurable: true);

    /// <summary>Stores places of a session in logs. Not synced.</summary>
    internal Task PutPlacesAsync(long number, IReadOnlyList<(long Source, long AcknowledgedBelow, long SentBelow)> places) => AskAsync(store => store.Put(number, places), isDurable: false);

    /// <summary>Stores places of groups in channels.</summary>
    /// <param name="places">The places.</param>
    /// <param name="isDurable">Whether it must outlive a power failure when the task ends.</param>
    internal Task PutGroupsAsync(IReadOnlyList<GroupPlace> places, bool isDurable) => AskAsync(store =>
    {
        foreach (GroupPlace place in places)
            store.Run("INSERT OR REPLACE INTO groups (cid, filter, channel, next) VALUES ($1, $2, $3, $4)", place.Cid, place.Filter, place.ChannelId, place.Next);
    }, isDurable);

    /// <summary>Forgets the places of a group that nobody is in any more.</summary>
    internal Task RemoveGroupAsync(long cid, string filter) => AskAsync(store => store.Run("DELETE FROM groups WHERE cid = $1 AND filter = $2", cid, filter), isDurable: false);

    /// <summary>Stores a retained message, or removes it when there is none.</summary>
    internal Task PutRetainedAsync(long cid, string topic, byte[]? message) => AskAsync(store =>
    {
        if (message is null) store.Run("DELETE FROM retained WHERE cid = $1 AND topic = $2", cid, topic);
        else store.Run("INSERT OR REPLACE INTO retained (cid, topic, message) VALUES ($1, $2, $3)", cid, topic, message);
    }, isDurable: true);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync().ConfigureAwait(false);
        foreach (SqliteCommand command in _commands.Values) await command.DisposeAsync().ConfigureAwait(false);
        await _database.DisposeAsync().ConfigureAwait(false);
    }

    private async Task AskAsync(Action<SessionStore> apply, bool isDurable)
    {
        try
        {
            await _writer.WriteAsync(
                transaction =>
                {
                    _transaction = transaction;
                    apply(this);
                },
                isDurable).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is not ObjectDisposedException)
        {
            // Whoever waits asks again or refuses.
            throw new IOException("MQTT sessions can't be stored now.", failure);
        }
    }

    private void Put(long number, IReadOnlyList<(long Source, long AcknowledgedBelow, long SentBelow)> places)
    {
        foreach ((long source, long acknowledgedBelow, long sentBelow) in places)
            Run("INSERT OR REPLACE INTO places (session, channel, acknowledged, sent) VALUES ($1, $2, $3, $4)", number, source, acknowledgedBelow, sentBelow);
    }

    // Every text that comes here is a literal of this file; values travel as parameters.
#pragma warning disable CA2100
    private void Run(string sql, params ReadOnlySpan<object> values)
    {
        if (!_commands.TryGetValue(sql, out SqliteCommand? command))
        {
            command = _database.CreateCommand();
            command.CommandText = sql;
            for (int i = 1; i <= values.Length; i++) command.Parameters.Add(new SqliteParameter { ParameterName = $"${i}" });
            _commands.Add(sql, command);
        }
        command.Transaction = _transaction;
        for (int i = 0; i < values.Length; i++) command.Parameters[i].Value = values[i];
        command.ExecuteNonQuery();
    }

    private void Read(string sql, Action<SqliteDataReader> take)
    {
        using SqliteCommand command = _database.CreateCommand();
        command.CommandText = sql;
        using SqliteDataReader reader = command.ExecuteReader();
        while (reader.Read()) take(reader);
    }
#pragma warning restore CA2100
}
