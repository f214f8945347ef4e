using System.Data.Common;
using Gateway.Host.Configuration;
using Microsoft.Data.Sqlite;

namespace Gateway.Host.Devices.Commands;

/// <summary>Commands that have not ended, and what became of those that have: the file <c>commands.db</c> in the data folder. Any number of threads.</summary>
/// <remarks>
/// commands: id | device | order | attempts. results: id | device | end | result. counters: name | value. Small writes of many threads share transactions
/// (<see cref="SqliteWriter"/>), and happen in the order in which they were asked for.
/// </remarks>
internal sealed class CommandStore : IAsyncDisposable
{
    /// <summary>Name of the file in the data folder.</summary>
    internal const string FileName = "commands.db";

    /// <summary>Results kept of one device; the oldest give way.</summary>
    internal const int ResultsPerDeviceMax = 1_000;

    private const int IdBlock = 1_000;

    private const string Tables = """
        CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS commands (id INTEGER PRIMARY KEY, device INTEGER NOT NULL, command TEXT NOT NULL, attempts INTEGER NOT NULL);
        CREATE INDEX IF NOT EXISTS commands_by_device ON commands (device);
        CREATE TABLE IF NOT EXISTS results (id INTEGER PRIMARY KEY, device INTEGER NOT NULL, ended_us INTEGER NOT NULL, result TEXT NOT NULL);
        CREATE INDEX IF NOT EXISTS results_by_device ON results (device, ended_us);
        """;

    private readonly Lock _idGate = new();
    private readonly SqliteConnection _database;
    private readonly SqliteWriter _writer;
    private long _nextId;
    private long _idEnd;

    private CommandStore(SqliteConnection database)
    {
        _database = database;
        _writer = new SqliteWriter(database);
    }

    /// <summary>Opens the store of a data folder, and makes folder and file if they are not there.</summary>
    /// <exception cref="SqliteException">The file can't be opened, or is no database.</exception>
    internal static CommandStore Open(string dataFolder) => new(SqliteFile.Open(dataFolder, FileName, Tables));

    /// <inheritdoc cref="SqliteWriter.Trouble"/>
    internal event Action<Exception>? Trouble
    {
        add => _writer.Trouble += value;
        remove => _writer.Trouble -= value;
    }

    /// <summary>A number that no command had.</summary>
    /// <exception cref="DbException">The disk refuses.</exception>
    internal long NextId()
    {
        lock (_idGate)
        {
            if (_nextId == _idEnd)
            {
                // In blocks, so that a command that somebody waits for needs no write of its own.
                lock (_writer.Gate)
                {
                    using SqliteCommand count = _database.Prepare("INSERT INTO counters (name, value) VALUES ('command', $block) ON CONFLICT DO UPDATE SET value = value + $block RETURNING value", "$block");
                    count.Parameters[0].Value = IdBlock;
                    _idEnd = (long)count.ExecuteScalar()! + 1;
                    _nextId = _idEnd - IdBlock;
                }
            }
            return _nextId++;
        }
    }

    /// <summary>Reads all commands that have not ended.</summary>
    /// <param name="take">Takes number, device, order as JSON, and attempts so far; oldest first.</param>
    internal void Read(Action<long, long, string, int> take)
    {
        lock (_writer.Gate)
        {
            using SqliteCommand select = _database.Prepare("SELECT id, device, command, attempts FROM commands ORDER BY id");
            using SqliteDataReader reader = select.ExecuteReader();
            while (reader.Read()) take(reader.GetInt64(0), reader.GetInt64(1), reader.GetString(2), reader.GetInt32(3));
        }
    }

    /// <summary>Devices of which there is anything.</summary>
    internal List<long> ReadDevices()
    {
        lock (_writer.Gate)
        {
            using SqliteCommand select = _database.Prepare("SELECT device FROM commands UNION SELECT device FROM results");
            using SqliteDataReader reader = select.ExecuteReader();
            var devices = new List<long>();
            while (reader.Read()) devices.Add(reader.GetInt64(0));
            return devices;
        }
    }

    /// <summary>Stores commands, all or none; durable when it completes.</summary>
    /// <exception cref="DbException">The disk refuses.</exception>
    internal Task AddAsync(IReadOnlyList<CommandOrder> orders) => DoAsync(() =>
    {
        using SqliteCommand add = _database.Prepare("INSERT INTO commands (id, device, command, attempts) VALUES ($id, $device, $command, 0)", "$id", "$device", "$command");
        foreach (CommandOrder order in orders) add.Run(order.Id, order.DeviceId, order.ToJson());
    });

    /// <summary>Stores how often commands were sent, or are about to be; durable when it completes.</summary>
    /// <exception cref="DbException">The disk refuses.</exception>
    internal Task NoteAttemptsAsync(IReadOnlyList<(long Id, int Attempts)> attempts) => DoAsync(() =>
    {
        using SqliteCommand note = _database.Prepare("UPDATE commands SET attempts = $attempts WHERE id = $id", "$attempts", "$id");
        foreach ((long id, int count) in attempts) note.Run(count, id);
    });

    /// <summary>Puts a result in the place of its command; durable when it completes.</summary>
    /// <exception cref="DbException">The disk refuses.</exception>
    internal Task EndAsync(long id, long device, long endedUs, string json) => DoAsync(() =>
    {
        using SqliteCommand remove = _database.Prepare("DELETE FROM commands WHERE id = $id", "$id");
        remove.Run(id);
        using SqliteCommand add = _database.Prepare("INSERT OR REPLACE INTO results (id, device, ended_us, result) VALUES ($id, $device, $ended, $result)", "$id", "$device", "$ended", "$result");
        add.Run(id, device, endedUs, json);
        using SqliteCommand trim = _database.Prepare(
            "DELETE FROM results WHERE device = $device AND id NOT IN (SELECT id FROM results WHERE device = $device ORDER BY ended_us DESC, id DESC LIMIT $keep)", "$device", "$keep");
        trim.Run(device, ResultsPerDeviceMax);
    });

    /// <summary>Removes all that there is of a device; durable when it completes.</summary>
    /// <exception cref="DbException">The disk refuses.</exception>
    internal Task ForgetAsync(long device) => DoAsync(() =>
    {
        using SqliteCommand commands = _database.Prepare("DELETE FROM commands WHERE device = $device", "$device");
        commands.Run(device);
        using SqliteCommand results = _database.Prepare("DELETE FROM results WHERE device = $device", "$device");
        results.Run(device);
    });

    /// <summary>Removes results of devices; durable when it completes.</summary>
    /// <exception cref="DbException">The disk refuses.</exception>
    internal Task RemoveResultsAsync(IReadOnlyList<long> devices, long fromUs, long toUs) => DoAsync(() =>
    {
        using SqliteCommand remove = _database.Prepare("DELETE FROM results WHERE device = $device AND ended_us >= $from AND ended_us <= $to", "$device", "$from", "$to");
        foreach (long device in devices) remove.Run(device, fromUs, toUs);
    });

    /// <summary>Reads results of a device, as JSON, by the time of their end.</summary>
    /// <param name="device">The device.</param>
    /// <param name="fromUs">First end, µs since 1970, inclusive.</param>
    /// <param name="toUs">Last end, inclusive.</param>
    /// <param name="count">Results at most.</param>
    /// <param name="charactersMax">Stop after this many characters.</param>
    /// <param name="isReverse">Newest first.</param>
    internal List<string> ReadResults(long device, long fromUs, long toUs, int count, long charactersMax, bool isReverse)
    {
        const string Range = "SELECT result FROM results WHERE device = $device AND ended_us >= $from AND ended_us <= $to ORDER BY ended_us";
        lock (_writer.Gate)
        {
            using SqliteCommand select = isReverse
                ? _database.Prepare($"{Range} DESC, id DESC LIMIT $count", "$device", "$from", "$to", "$count")
                : _database.Prepare($"{Range}, id LIMIT $count", "$device", "$from", "$to", "$count");
            select.Bind(device, fromUs, toUs, count);
            using SqliteDataReader reader = select.ExecuteReader();
            var results = new List<string>();
            for (long characters = 0; characters < charactersMax && reader.Read(); characters += results[^1].Length) results.Add(reader.GetString(0));
            return results;
        }
    }

    /// <summary>Reads single results, whatever their device.</summary>
    internal List<(long Id, long Device, string Json)> ReadResults(IEnumerable<long> ids)
    {
        lock (_writer.Gate)
        {
            using SqliteCommand select = _database.Prepare("SELECT device, result FROM results WHERE id = $id", "$id");
            var results = new List<(long, long, string)>();
            foreach (long id in ids)
            {
                select.Bind(id);
                using SqliteDataReader reader = select.ExecuteReader();
                if (reader.Read()) results.Add((id, reader.GetInt64(0), reader.GetString(1)));
            }
            return results;
        }
    }

    /// <summary>Completes when all that was asked for before is written, or has failed.</summary>
    internal Task FlushAsync() => DoAsync(static () => { });

    /// <summary>Writes what waits, and closes.</summary>
    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync().ConfigureAwait(false);
        await _database.DisposeAsync().ConfigureAwait(false);
    }

    private Task DoAsync(Action apply) => _writer.WriteAsync(_ => apply(), isDurable: true);
}
