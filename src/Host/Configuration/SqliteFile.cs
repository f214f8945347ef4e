using Microsoft.Data.Sqlite;

namespace Gateway.Host.Configuration;

/// <summary>Opens the SQLite files of a data folder.</summary>
internal static class SqliteFile
{
    // Changes are durable when a transaction ends, and readers do not wait for writers.
    private const string Durable = """
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;

        """;

    /// <summary>Opens a file, and makes folder, file and tables if they are not there.</summary>
    /// <param name="dataFolder">The data folder.</param>
    /// <param name="name">Name of the file.</param>
    /// <param name="tables">SQL that makes what is missing; a text of the program's own, never of a user's.</param>
    /// <exception cref="SqliteException">The file can't be opened, or is no database.</exception>
    internal static SqliteConnection Open(string dataFolder, string name, string tables)
    {
        Directory.CreateDirectory(dataFolder);
        var settings = new SqliteConnectionStringBuilder { DataSource = Path.Combine(dataFolder, name), Pooling = false };
        var database = new SqliteConnection(settings.ConnectionString);
        try
        {
            database.Open();
            using SqliteCommand command = database.CreateCommand();
#pragma warning disable CA2100 // see the parameter
            command.CommandText = Durable + tables;
#pragma warning restore CA2100
            command.ExecuteNonQuery();
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }
}
