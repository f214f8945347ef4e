namespace Gateway.Storage.Disk;

/// <summary>The checkpoint on disk, twice: one copy is written when the other is synced, so one of them is whole whenever the power goes. A copy that is torn, older
/// or whose write failed is the first to be written again, because the other may be the only whole one.</summary>
/// <remarks>The journal is cut only after both copies are synced, so the older of two is as good.</remarks>
internal sealed class CheckpointFile(HandleCache handles, string folder)
{
    private readonly string _first = Path.Combine(folder, "checkpoint-a");
    private readonly string _second = Path.Combine(folder, "checkpoint-b");
    private byte[] _buffer = [];
    private bool _isOtherUnproven;

    /// <summary>The second copy is torn, older or half written: it is written first. Found out by <see cref="Read"/>.</summary>
    public bool IsSecondSuspect { get; set; }

    /// <summary>Either file is there.</summary>
    public bool Exists => handles.Files.FileExists(_first) || handles.Files.FileExists(_second);

    /// <summary>The first copy was being written for the first time when the power went. Whether the folder held anything is another question.</summary>
    public bool IsUnfinished => !handles.Files.FileExists(_second) && ReadFile(_first) is null;

    /// <summary>Writes both copies, one after the other. An <see cref="IOException"/> leaves at least one old or new copy whole.</summary>
    public void Write(Checkpoint checkpoint)
    {
        int length = CheckpointFormat.LengthOf(checkpoint);
        if (_buffer.Length < length) _buffer = new byte[Math.Min(length * 2L, CheckpointFormat.BytesMax)];
        Span<byte> bytes = _buffer.AsSpan(0, length);
        CheckpointFormat.Write(bytes, checkpoint);

        (string one, string other) = IsSecondSuspect ? (_second, _first) : (_first, _second);
        if (_isOtherUnproven) WriteCopy(other, ReadBytes(handles, other));
        _isOtherUnproven = false;
        WriteCopy(one, bytes);
        IsSecondSuspect = one == _first;       // until the other is synced as well
        WriteCopy(other, bytes);
        IsSecondSuspect = false;
    }

    /// <summary>Reads the newer of the valid copies. They can be several generations apart: each start on a disk that refuses to write one of them may write the other.</summary>
    /// <exception cref="DamagedLogException">None is valid.</exception>
    public Checkpoint Read()
    {
        Checkpoint? first = ReadFile(_first), second = ReadFile(_second);
        if (first is null && second is null)
        {
            throw Damage.In(folder, $"Neither {_first} nor {_second} is a valid checkpoint, so nobody knows what the logs hold.");
        }

        // A sync that failed before this process began leaves bytes that can be read and are not on the disk: what stands there is written and synced once more, as it is,
        // before the other copy is touched.
        _isOtherUnproven = true;
        IsSecondSuspect = second is null || first?.Generation > second.Generation;     // the next write must not tear the newer one: a start removes what only the older one needs
        return IsSecondSuspect ? first! : second!.Generation > (first?.Generation ?? -1) ? second : first!;
    }

    private void WriteCopy(string path, ReadOnlySpan<byte> bytes)
    {
        handles.Write(path, bytes, 0);
        handles.Sync(path);
        handles.Files.SyncFolder(folder);
    }

    private Checkpoint? ReadFile(string path)
    {
        Checkpoint? checkpoint = TryReadFile(handles, path, out int version);
        return version <= CheckpointFormat.Version ? checkpoint : throw Damage.Later(path, version, CheckpointFormat.Version);
    }

    /// <summary>Reads one copy.</summary>
    /// <param name="handles">The disk.</param>
    /// <param name="path">The file.</param>
    /// <param name="version">What it says it is; 0 when it is not whole.</param>
    /// <returns>Null when it is missing, not whole or of a later version.</returns>
    public static Checkpoint? TryReadFile(HandleCache handles, string path, out int version)
    {
        version = 0;
        if (!handles.Files.FileExists(path)) return null;
        if (handles.Files.LengthOf(path) > CheckpointFormat.BytesMax) return null;
        return CheckpointFormat.TryRead(ReadBytes(handles, path), out version);
    }

    private static byte[] ReadBytes(HandleCache handles, string path)
    {
        byte[] bytes = new byte[handles.Files.LengthOf(path)];
        int present = handles.Read(path, bytes, 0);
        return present == bytes.Length ? bytes : bytes[..present];
    }
}
