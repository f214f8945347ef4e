using Gateway.Storage.Disk;

namespace Gateway.Storage.Tests.Contract;

/// <summary>A disk that the process can be taken away from: from one moment on nothing reaches it any more.</summary>
internal class MortalFiles : OsFileSystem
{
    private volatile bool _isDead;

    /// <summary>The process is dead as far as the disk can tell.</summary>
    public void Die() => _isDead = true;

    public override FileHandle Open(string path, bool create)
    {
        ThrowIfDead();
        return base.Open(path, create);
    }

    public override void Write(FileHandle handle, string path, ReadOnlySpan<byte> bytes, long offset)
    {
        ThrowIfDead();
        base.Write(handle, path, bytes, offset);
    }

    public override void Sync(FileHandle handle, string path)
    {
        ThrowIfDead();
        base.Sync(handle, path);
    }

    public override void SyncFolder(string path)
    {
        ThrowIfDead();
        base.SyncFolder(path);
    }

    public override void Delete(string path)
    {
        ThrowIfDead();
        base.Delete(path);
    }

    public override void Move(string path, string newPath)
    {
        ThrowIfDead();
        base.Move(path, newPath);
    }

    public override void MakeFolder(string path)
    {
        ThrowIfDead();
        base.MakeFolder(path);
    }

    public override void RemoveFolder(string path)
    {
        ThrowIfDead();
        base.RemoveFolder(path);
    }

    private void ThrowIfDead()
    {
        if (_isDead) throw new IOException("The process is dead (test)");
    }
}

/// <summary>A disk that refuses writes and syncs now and then, by a seed.</summary>
internal sealed class FlakyFiles(int seed) : MortalFiles
{
    private readonly Random _random = new(seed);
    private readonly Lock _gate = new();

    /// <summary>It behaves until this is set: a store does not start on a disk that fails.</summary>
    public bool IsFailing { get; set; }

    /// <summary>Refusals so far.</summary>
    public int Refused { get; private set; }

    public override void Write(FileHandle handle, string path, ReadOnlySpan<byte> bytes, long offset)
    {
        if (path.Contains("journal-", StringComparison.Ordinal)) FailOneIn(25, path);
        else if (path.Contains("log-", StringComparison.Ordinal)) FailOneIn(60, path);
        base.Write(handle, path, bytes, offset);
    }

    public override void Sync(FileHandle handle, string path)
    {
        if (path.Contains("journal-", StringComparison.Ordinal)) FailOneIn(200, path);
        else if (path.Contains("log-", StringComparison.Ordinal)) FailOneIn(50, path);
        base.Sync(handle, path);
    }

    private void FailOneIn(int calls, string path)
    {
        if (!IsFailing) return;
        lock (_gate)
        {
            if (_random.Next(calls) != 0) return;
            Refused++;
        }

        throw new IOException($"Input/output error of {path} (test)");
    }
}

/// <summary>The system's clock, which can be put forward. Timers go as ever.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    private long _shiftTicks;

    public long NowUs => (GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Volatile.Read(ref _shiftTicks));

    public override long GetTimestamp() => base.GetTimestamp() / (base.TimestampFrequency / TimeSpan.TicksPerSecond) + Volatile.Read(ref _shiftTicks);

    public void Advance(TimeSpan by) => Interlocked.Add(ref _shiftTicks, by.Ticks);
}
