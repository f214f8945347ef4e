namespace Gateway.Codecs;

/// <summary>What a codec remembers of one connection. Generated codecs derive a class with the spec's session variables.</summary>
/// <remarks>Used by one thread at a time. State is bounded: <see cref="IdentBytesMax"/> and <see cref="ScratchBytesMax"/>, and what the spec declares.</remarks>
public abstract partial class Session
{
    /// <summary>Longest ident in bytes.</summary>
    public const int IdentBytesMax = 64;

    /// <summary>Largest scratch buffer in bytes.</summary>
    public const int ScratchBytesMax = 64 * 1024;

    /// <summary>Bytes that a framer may skip in search of a frame before the connection counts as foreign.</summary>
    public const int SkippedBytesMax = 4096;

    private readonly byte[] _ident = new byte[IdentBytesMax];
    private readonly SessionBytes _model = new(64);
    private int _identLength;
    private byte[] _scratch = [];

    /// <summary>How the bytes arrive.</summary>
    public Transport Transport { get; set; }

    /// <summary>The host's clock, µs since 1970 UTC; the caller sets it before each decode.</summary>
    public long NowUs { get; set; }

    /// <summary>Whether the host accepts the identified device. Some protocols tell the device.</summary>
    public bool Known { get; set; } = true;

    /// <summary>Refuse frames with a wrong checksum instead of counting them.</summary>
    public bool StrictChecksums { get; set; }

    /// <summary>Wrong checksums seen so far.</summary>
    public long ChecksumErrors { get; set; }

    /// <summary>Values dropped because they were impossible (a latitude of 200 degrees), so far.</summary>
    public long DroppedValues { get; set; }

    /// <summary>The spec line at which the last refused frame failed, 0 if none did.</summary>
    public int FailedLine { get; set; }

    /// <summary>The offset in the frame at which the last refused frame failed.</summary>
    public int FailedOffset { get; set; }

    /// <summary>Number of the command that is being written, 1 to 2^31 - 1, for a device that repeats it in its answer; 0 when nobody will ask. The caller sets it.</summary>
    public long CommandNumber { get; set; }

    /// <summary>The number that the last answer to a command repeated; 0 when none did. Set by generated code, taken back by the caller.</summary>
    public long AnsweredCommand { get; set; }

    /// <summary>Bytes at the start of the unread input that the framer has searched already.</summary>
    public int Examined { get; set; }

    /// <summary>Bytes skipped since the last frame.</summary>
    public int SkippedBytes { get; set; }

    /// <summary>Compressed containers unpacked so far: the one thing for which decoding allocates.</summary>
    public long InflatedContainers { get; set; }

    /// <summary>Messages of the frame being decoded, so far.</summary>
    public int FrameMessages { get; set; }

    /// <summary>The device's model where the host knows it; empty otherwise.</summary>
    public ReadOnlySpan<byte> DeviceModel => _model.Span;

    /// <summary>The identifier of the device, UTF-8; empty before the login.</summary>
    public ReadOnlySpan<byte> Ident => _ident.AsSpan(0, _identLength);

    /// <summary>Grows by one each time the ident changes.</summary>
    public int IdentVersion { get; private set; }

    /// <summary>A buffer of the session for unescaped or unpacked frames, see <see cref="EnsureScratch"/>.</summary>
    public byte[] Scratch => _scratch;

    /// <summary>Sets the ident of the device. Called by generated code.</summary>
    /// <param name="ident">1 to 64 printable bytes without <c>#</c>, <c>+</c> and <c>/</c>, which MQTT topics can't hold.</param>
    /// <returns>False when the ident is not acceptable; the session then keeps the ident it had.</returns>
    public bool TrySetIdent(ReadOnlySpan<byte> ident)
    {
        if (ident.Length is 0 or > IdentBytesMax) return false;
        foreach (byte b in ident)
            if (b <= 0x20 || b == 0x7F || b is (byte)'#' or (byte)'+' or (byte)'/') return false;

        if (ident.SequenceEqual(Ident)) return true;
        ident.CopyTo(_ident);
        _identLength = ident.Length;
        IdentVersion++;
        return true;
    }

    /// <summary>Makes the scratch buffer hold at least <paramref name="length"/> bytes, keeping its content.</summary>
    /// <returns>False when that is above <see cref="ScratchBytesMax"/>.</returns>
    public bool EnsureScratch(int length)
    {
        if (length > ScratchBytesMax) return false;
        if (_scratch.Length < length) Array.Resize(ref _scratch, Math.Min(ScratchBytesMax, Math.Max(length, 1024) * 2));
        return true;
    }

    /// <summary>Forgets the device and sets the spec's variables to their initial values. Generated sessions extend it.</summary>
    public virtual void Reset()
    {
        _identLength = 0;
        IdentVersion++;
        Examined = SkippedBytes = FrameMessages = 0;
        FailedLine = FailedOffset = 0;
        CommandNumber = AnsweredCommand = 0;
    }

    /// <summary>The spec's session variables, as <c>session.x</c>, without the options.</summary>
    public virtual IReadOnlyList<string> VariableNames => [];

    /// <summary>A session variable or option that holds bytes or text, by the spec's name; null if there is none.</summary>
    public virtual SessionBytes? FindBytes(string name) => null;

    /// <summary>A session variable or device setting by the spec's name, for samples and tools; null if there is none.</summary>
    public virtual object? GetVariable(string name) => name == "device.model" ? _model.ToString() : null;

    /// <summary>Sets a session variable or option by the spec's name.</summary>
    /// <returns>False if there is none or the value has the wrong type.</returns>
    public virtual bool TrySetVariable(string name, object value) => name is "device.model" or "model" && SessionValue.TryBytes(value, _model);
}
