using System.Runtime.InteropServices;
using Gateway.Storage.Disk;

namespace Gateway.Storage.Crash.Kills;

/// <summary>The real disk; at the n-th call that changes it the process is killed, before or in the middle of what the call does.</summary>
internal sealed partial class KilledFiles(int call) : OsFileSystem
{
    private const int Kill = 9;     // SIGKILL
    private int _calls;

    /// <inheritdoc />
    public override void Write(FileHandle handle, string path, ReadOnlySpan<byte> bytes, long offset)
    {
        if (Interlocked.Increment(ref _calls) == call)
        {
            base.Write(handle, path, bytes[..(call % 3 * bytes.Length / 2)], offset);     // nothing, half or all of it
            KillSelf();
        }

        base.Write(handle, path, bytes, offset);
    }

    /// <inheritdoc />
    public override void Sync(FileHandle handle, string path)
    {
        Count();
        base.Sync(handle, path);
    }

    /// <inheritdoc />
    public override void SyncFolder(string path)
    {
        Count();
        base.SyncFolder(path);
    }

    /// <inheritdoc />
    public override void Delete(string path)
    {
        Count();
        base.Delete(path);
    }

    private void Count()
    {
        if (Interlocked.Increment(ref _calls) == call) KillSelf();
    }

    private static void KillSelf()
    {
        _ = SendSignal(Environment.ProcessId, Kill);
        Thread.Sleep(Timeout.Infinite);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SendSignal(int process, int signal);
}
