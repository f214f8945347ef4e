using Gateway.Host.Configuration;
using Microsoft.Data.Sqlite;

namespace Gateway.Host.Devices;

/// <summary>What the gateway itself knows of devices, kept over a restart: the file <c>devices.db</c> in the data folder. What users decided is in the configuration store.</summary>
/// <remarks>states: device | state. cursors: channel | key of the first message that is not in the states. Any number of threads; one call at a time.</remarks>
internal sealed class DeviceStore : IDisposable
{
    /// <summary>Name of the file in the data folder.</summary>
    internal const string FileName = "devices.db";

    private const string Tables = """
        CREATE TABLE IF NOT EXISTS states (device INTEGER PRIMARY KEY, state BLOB NOT NULL);
        CREATE TABLE IF NOT EXISTS cursors (channel INTEGER PRIMARY KEY, key INTEGER NOT NULL);
        """;

    private readonly Lock _gate = new();
    private readonly SqliteConnection _database;
    private bool _disposed;

    private DeviceStore(SqliteConnection database) => _database = database;

    /// <summary>Opens the store of a data folder, and makes folder and file if they are not there.</summary>
    /// <exception cref="SqliteException">The file can't be opened, or is no database.</exception>
    internal static DeviceStore Open(string dataFolder) => new(SqliteFile.Open(dataFolder, FileName, Tables));

    /// <summary>Reads all states.</summary>
    /// <param name="take">Takes the number of a device and its state.</param>
    internal void ReadStates(Action<long, byte[]> take)
    {
        lock (_gate)
        {
            using SqliteCommand command = _database.Prepare("SELECT device, state FROM states");
            using SqliteDataReader reader = command.ExecuteReader();
            while (reader.Read()) take(reader.GetInt64(0), reader.GetFieldValue<byte[]>(1));
        }
    }

    /// <summary>Reads all cursors, by channel.</summary>
    internal Dictionary<long, long> ReadCursors()
    {
        lock (_gate)
        {
            using SqliteCommand command = _database.Prepare("SELECT channel, key FROM cursors");
            using SqliteDataReader reader = command.ExecuteReader();
            var cursors = new Dictionary<long, long>();
            while (reader.Read()) cursors.Add(reader.GetInt64(0), reader.GetInt64(1));
            return cursors;
        }
    }

    /// <summary>Writes states and cursors in one transaction: after a crash no cursor is ahead of the states.</summary>
    /// <param name="states">States that changed.</param>
    /// <param name="removedDevices">Devices that are gone.</param>
    /// <param name="cursors">All cursors, taken before the states.</param>
    internal void Write(IReadOnlyList<(long Device, byte[] State)> states, IReadOnlyList<long> removedDevices, IReadOnlyDictionary<long, long> cursors)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            using SqliteTransaction transaction = _database.BeginTransaction();
            using (SqliteCommand put = _database.Prepare("INSERT OR REPLACE INTO states (device, state) VALUES ($device, $state)", "$device", "$state"))
            {
                foreach ((long device, byte[] state) in states) put.Run(device, state);
            }
            using (SqliteCommand remove = _database.Prepare("DELETE FROM states WHERE device = $device", "$device"))
            {
                foreach (long device in removedDevices) remove.Run(device);
            }
            using (SqliteCommand clear = _database.Prepare("DELETE FROM cursors")) clear.Run();
            using (SqliteCommand put = _database.Prepare("INSERT INTO cursors (channel, key) VALUES ($channel, $key)", "$channel", "$key"))
            {
                foreach ((long channel, long key) in cursors) put.Run(channel, key);
            }
            transaction.Commit();
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        lock (_gate)
        {
            if (!_disposed) _database.Dispose();
            _disposed = true;
        }
    }
}
