namespace Gateway.Storage.Disk;

/// <summary>Watches that the volume does not fill up: below a limit nothing more is appended, so that what makes room (deletions, expiry, checkpoints) still has the room it needs itself.</summary>
/// <remarks>It looks once a second and after each eighth of the limit that was written, so that what is written between two looks can't use the rest up.</remarks>
internal sealed class FreeSpace(FileSystem files, string folder, long bytesMin)
{
    private const int LooksPerLimit = 8;

    private long _writtenSince;
    private volatile bool _isLow;

    /// <summary>There is less than the limit.</summary>
    public bool IsLow => _isLow;

    /// <summary>Bytes went to the disk. Any thread.</summary>
    public void NoteWritten(int bytes)
    {
        if (bytesMin > 0 && Interlocked.Add(ref _writtenSince, bytes) >= bytesMin / LooksPerLimit) Look();
    }

    /// <summary>Looks how much is free; what can't be found out is taken for enough.</summary>
    public void Look()
    {
        if (bytesMin == 0) return;
        Volatile.Write(ref _writtenSince, 0);
        try
        {
            _isLow = files.FreeBytesOf(folder) < bytesMin;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _isLow = false;
        }
    }
}
