using System.Text;

namespace Gateway.Codecs;

/// <summary>Records what a decoder finds and where it found it. Same rules for values as <see cref="MessageSink"/>; not for the hot path.</summary>
/// <remarks>Events of earlier frames stay in the <see cref="Trace"/> until it is cleared. Pass it by reference.</remarks>
public struct TraceSink : IParameterSink
{
    private const int HasTimestamp = 1;
    private const int CommonHasTimestamp = 2;
    private const int InMessage = 4;

    private readonly Trace _trace;
    private Session? _session;
    private int _frameStart;
    private int _flags;
    private int _field;
    private int _start;
    private int _length;
    private bool _overflowed;

    /// <summary>A sink that adds to <paramref name="trace"/>.</summary>
    public TraceSink(Trace trace)
    {
        _trace = trace;
        _field = -1;
    }

    /// <inheritdoc/>
    public static bool Traces => true;

    /// <inheritdoc/>
    public void BeginFrame(Session session)
    {
        _session = session;
        _frameStart = _trace.EventList.Count;
        _flags = 0;
        _overflowed = false;
        Origin(-1, 0, 0);
        Add(TraceEventKind.BeginFrame);
    }

    /// <inheritdoc/>
    public bool EndFrame()
    {
        _flags = 0;
        if (!_overflowed) return true;
        AbandonFrame();
        return false;
    }

    /// <inheritdoc/>
    /// <remarks>Values and messages go; fields and checks stay, because they tell how far the decoder came.</remarks>
    public void AbandonFrame()
    {
        List<TraceEvent> events = _trace.EventList;
        int kept = _frameStart;
        for (int i = _frameStart; i < events.Count; i++)
            if (events[i].Kind is TraceEventKind.BeginFrame or TraceEventKind.Field or TraceEventKind.Check or TraceEventKind.Look) events[kept++] = events[i];
        events.RemoveRange(kept, events.Count - kept);
        _flags = 0;
        _overflowed = false;
    }

    /// <inheritdoc/>
    public void BeginMessage()
    {
        EndMessage();
        if ((_flags & HasTimestamp) != 0) _flags |= CommonHasTimestamp;
        _flags = (_flags & CommonHasTimestamp) != 0 ? CommonHasTimestamp | HasTimestamp | InMessage : InMessage;
        Add(TraceEventKind.BeginMessage);
    }

    /// <inheritdoc/>
    public void EndMessage()
    {
        if ((_flags & InMessage) == 0) return;
        (int field, int start, int length) = (_field, _start, _length);
        Origin(-1, 0, 0);
        if ((_flags & HasTimestamp) == 0) Time(ParameterKeys.Timestamp, _session!.NowUs);
        if (!_session!.Ident.IsEmpty) Text(ParameterKeys.Ident, _session.Ident);
        if (_trace.Peer.Length > 0) Text(ParameterKeys.Peer, Encoding.ASCII.GetBytes(_trace.Peer));
        Origin(field, start, length);
        _flags &= CommonHasTimestamp;
        Add(TraceEventKind.EndMessage);
    }

    /// <inheritdoc/>
    public readonly SinkMark Mark() => new(_trace.EventList.Count, _field, _start, _length, 0, 0, _flags, _session!.DroppedValues);

    /// <inheritdoc/>
    public void Restore(SinkMark mark)
    {
        _trace.EventList.RemoveRange(mark.Position, _trace.EventList.Count - mark.Position);
        (_field, _start, _length, _flags) = (mark.Count, mark.Messages, mark.MessageStart, mark.Flags);
        _session!.DroppedValues = mark.Dropped;
    }

    /// <inheritdoc/>
    public void Integer(int key, long value) => AddValue(key, value);

    /// <inheritdoc/>
    public void Real(int key, double value)
    {
        if (double.IsFinite(value)) AddValue(key, value);
        else Drop();
    }

    /// <inheritdoc/>
    public void Boolean(int key, bool value) => AddValue(key, value);

    /// <inheritdoc/>
    public void Text(int key, ReadOnlySpan<byte> text) => AddValue(key, Clean(text));

    /// <inheritdoc/>
    public void DecimalText(int key, long value) => AddValue(key, value.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <inheritdoc/>
    public void Hex(int key, ReadOnlySpan<byte> bytes) => AddValue(key, Convert.ToHexStringLower(bytes));

    /// <inheritdoc/>
    public void Time(int key, long timeUs)
    {
        AddValue(ParameterDictionary.NameOf(key), key, timeUs, isTime: true);
        if (key == ParameterKeys.Timestamp) _flags |= HasTimestamp;
    }

    /// <inheritdoc/>
    public void Latitude(double degrees)
    {
        if (Math.Abs(degrees) <= 90) AddValue(ParameterKeys.Latitude, degrees);
        else Drop();
    }

    /// <inheritdoc/>
    public void Longitude(double degrees)
    {
        if (Math.Abs(degrees) <= 180) AddValue(ParameterKeys.Longitude, degrees);
        else Drop();
    }

    /// <inheritdoc/>
    public void Integer(scoped ParameterName name, long value) => AddValue(Format(name), 0, value, isTime: false);

    /// <inheritdoc/>
    public void Real(scoped ParameterName name, double value)
    {
        if (double.IsFinite(value)) AddValue(Format(name), 0, value, isTime: false);
        else Drop();
    }

    /// <inheritdoc/>
    public void Boolean(scoped ParameterName name, bool value) => AddValue(Format(name), 0, value, isTime: false);

    /// <inheritdoc/>
    public void Text(scoped ParameterName name, ReadOnlySpan<byte> text) => AddValue(Format(name), 0, Clean(text), isTime: false);

    /// <inheritdoc/>
    public void Hex(scoped ParameterName name, ReadOnlySpan<byte> bytes) => AddValue(Format(name), 0, Convert.ToHexStringLower(bytes), isTime: false);

    /// <inheritdoc/>
    public void Field(int field, int start, int length)
    {
        Origin(field, start, length);
        Add(new TraceEvent(TraceEventKind.Field, field, start, length, -1, true, null));
    }

    /// <inheritdoc/>
    public void Origin(int field, int start, int length)
    {
        _field = field;
        _start = start;
        _length = length;
    }

    /// <inheritdoc/>
    public void Look(LookKind kind, int line, int start, int length) =>
        Add(new TraceEvent(TraceEventKind.Look, line, start, length, (int)kind, true, null));

    /// <inheritdoc/>
    public void Check(int check, int from, int to, int storedAt, bool correct) =>
        Add(new TraceEvent(TraceEventKind.Check, check, from, to - from, storedAt, correct, null));

    private void AddValue(int key, object value) => AddValue(ParameterDictionary.NameOf(key), key, value, isTime: false);

    private void AddValue(string name, int key, object value, bool isTime)
    {
        TraceValue traced = new(name, key, value, isTime, _field, _start, _length);
        Add(new TraceEvent(TraceEventKind.Value, -1, _start, _length, -1, true, traced));
    }

    private void Add(TraceEventKind kind) => Add(new TraceEvent(kind, -1, 0, 0, -1, true, null));

    private void Add(TraceEvent e)
    {
        if (_trace.EventList.Count < Trace.EventsMax) _trace.EventList.Add(e);
        else _overflowed = true;
    }

    private static string Clean(ReadOnlySpan<byte> text)
    {
        if (TextCleaner.IsClean(text)) return Encoding.UTF8.GetString(text);
        byte[] cleaned = new byte[text.Length * 2];
        return Encoding.UTF8.GetString(cleaned.AsSpan(0, TextCleaner.Clean(text, cleaned)));
    }

    private static string Format(scoped ParameterName name)
    {
        Span<byte> text = stackalloc byte[TextCleaner.NameBytesMax];
        return Encoding.UTF8.GetString(text[..TextCleaner.FormatName(name, text)]);
    }

    private readonly void Drop() => _session!.DroppedValues++;
}
