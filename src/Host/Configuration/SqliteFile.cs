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

    /// <summary>A command with parameters.</summary>
    /// <param name="database">The open file.</param>
    /// <param name="sql">A text of the program's own, never of a user's: values travel as parameters.</param>
    /// <param name="parameters">Names of the parameters, in the order of the values.</param>
#pragma warning disable CA2100 // see the parameter
    internal static SqliteCommand Prepare(this SqliteConnection database, string sql, params ReadOnlySpan<string> parameters)
    {
        SqliteCommand command = database.CreateCommand();
        command.CommandText = sql;
        foreach (string parameter in parameters) command.Parameters.Add(new SqliteParameter { ParameterName = parameter });
        return command;
    }
#pragma warning restore CA2100

    /// <summary>Sets the values of a command.</summary>
    internal static void Bind(this SqliteCommand command, params ReadOnlySpan<object> values)
    {
        for (int i = 0; i < values.Length; i++) command.Parameters[i].Value = values[i];
    }

    /// <summary>Runs a command that gives no rows.</summary>
    internal static void Run(this SqliteCommand command, params ReadOnlySpan<object> values)
    {
        command.Bind(values);
        command.ExecuteNonQuery();
    }
}
