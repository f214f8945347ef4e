using Gateway.Host.Cli;

namespace Gateway.Host.Lifetime;

/// <summary>The one folder that a gateway writes to, held by one process at a time.</summary>
internal sealed class DataFolder : IDisposable
{
    private const string LockFile = "gateway.lock";

    private readonly FileStream _lock;

    private DataFolder(string path, FileStream @lock)
    {
        Path = path;
        _lock = @lock;
    }

    /// <summary>Full path.</summary>
    public string Path { get; }

    /// <summary>Makes the folder if it is not there and takes it for this process; the lock ends with the process, however that ends.</summary>
    /// <exception cref="FailureException">It can't be made or written to, or another process has it.</exception>
    public static DataFolder Open(string path)
    {
        string full = System.IO.Path.GetFullPath(path);
        try
        {
            // Where people drive is nobody else's business on the machine.
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(full);
            else Directory.CreateDirectory(full, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            string lockPath = System.IO.Path.Combine(full, LockFile);
            try
            {
                return new DataFolder(full, new FileStream(lockPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            }
            catch (IOException) when (File.Exists(lockPath))
            {
                throw new FailureException($"the data folder {full} is in use by another gateway (--data).");
            }
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new FailureException($"can't use the data folder {full}: {refused.Message} (--data)", refused);
        }
    }

    /// <inheritdoc />
    public void Dispose() => _lock.Dispose();
}
