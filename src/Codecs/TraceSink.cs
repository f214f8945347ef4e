namespace Gateway.Codecs;

/// <summary>Records what a decoder does.</summary>
public struct TraceSink : IParameterSink
{
    private readonly Trace _target;

    /// <summary>A sink that writes to <paramref name="target"/>.</summary>
    public TraceSink(Trace target) => _target = target;

    /// <inheritdoc/>
    public static bool Traces => true;
    /// <inheritdoc/>
    public void BeginFrame(Session session) => _ = _target;
    /// <inheritdoc/>
    public bool EndFrame() => false;
    /// <inheritdoc/>
    public void AbandonFrame() { }
    /// <inheritdoc/>
    public void BeginMessage() { }
    /// <inheritdoc/>
    public void EndMessage() { }
    /// <inheritdoc/>
    public SinkMark Mark() => default;
    /// <inheritdoc/>
    public void Restore(SinkMark mark) { }
    /// <inheritdoc/>
    public void Integer(int key, long value) { }
    /// <inheritdoc/>
    public void Real(int key, double value) { }
    /// <inheritdoc/>
    public void Boolean(int key, bool value) { }
    /// <inheritdoc/>
    public void Text(int key, ReadOnlySpan<byte> text) { }
    /// <inheritdoc/>
    public void Hex(int key, ReadOnlySpan<byte> bytes) { }
    /// <inheritdoc/>
    public void Time(int key, long timeUs) { }
    /// <inheritdoc/>
    public void Latitude(double degrees) { }
    /// <inheritdoc/>
    public void Longitude(double degrees) { }
    /// <inheritdoc/>
    public void Integer(scoped ParameterName name, long value) { }
    /// <inheritdoc/>
    public void Real(scoped ParameterName name, double value) { }
    /// <inheritdoc/>
    public void Boolean(scoped ParameterName name, bool value) { }
    /// <inheritdoc/>
    public void Text(scoped ParameterName name, ReadOnlySpan<byte> text) { }
    /// <inheritdoc/>
    public void Hex(scoped ParameterName name, ReadOnlySpan<byte> bytes) { }
    /// <inheritdoc/>
    public void Field(int field, int start, int length) { }
    /// <inheritdoc/>
    public void Origin(int field, int start, int length) { }
    /// <inheritdoc/>
    public void Check(int check, int from, int to, int storedAt, bool correct) { }
}
