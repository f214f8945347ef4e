namespace Gateway.Codecs;

/// <summary>
/// Takes what a generated decoder finds. Decoders are generic over a struct sink, so that every call is resolved and inlined by the JIT.
/// </summary>
/// <remarks>
/// Values put before <see cref="BeginMessage"/> are common values: they are repeated in every message of the frame.
/// A key is a dictionary number, or <c>number | index &lt;&lt; 16</c> for a numbered form such as <c>din.3</c>.
/// </remarks>
public interface IParameterSink
{
    /// <summary>Whether the sink wants byte ranges (<see cref="Field"/>, <see cref="Origin"/>, <see cref="Check"/>). Constant, so the JIT removes the calls elsewhere.</summary>
    static abstract bool Traces { get; }

    /// <summary>Marks where the frame's output starts, so that a failed frame can be taken back. Called once per frame.</summary>
    void BeginFrame(Session session);

    /// <summary>Ends the frame: drops common values, and a message that was not ended.</summary>
    /// <returns>False when the output was too large; then it was taken back.</returns>
    bool EndFrame();

    /// <summary>Takes back all output of the frame.</summary>
    void AbandonFrame();

    /// <summary>Starts a message; common values are copied into it. A message that is still open is ended first.</summary>
    void BeginMessage();

    /// <summary>Ends the message.</summary>
    void EndMessage();

    /// <summary>The state before a try, for <see cref="Restore"/>.</summary>
    SinkMark Mark();

    /// <summary>Takes back everything since the mark.</summary>
    void Restore(SinkMark mark);

    /// <summary>An integer value.</summary>
    void Integer(int key, long value);

    /// <summary>A real value; NaN and infinities are dropped.</summary>
    void Real(int key, double value);

    /// <summary>A truth value.</summary>
    void Boolean(int key, bool value);

    /// <summary>A text; bytes that are not UTF-8 are taken as ISO-8859-1, control characters are dropped.</summary>
    void Text(int key, ReadOnlySpan<byte> text);

    /// <summary>A number as decimal text, for text parameters.</summary>
    void DecimalText(int key, long value);

    /// <summary>Bytes as lower-case hexadecimal text.</summary>
    void Hex(int key, ReadOnlySpan<byte> bytes);

    /// <summary>A time in µs since 1970 UTC.</summary>
    void Time(int key, long timeUs);

    /// <summary><c>position.latitude</c> in degrees; outside -90..90 it is dropped and counted.</summary>
    void Latitude(double degrees);

    /// <summary><c>position.longitude</c> in degrees; outside -180..180 it is dropped and counted.</summary>
    void Longitude(double degrees);

    /// <summary>An integer under a name that is not in the dictionary, e.g. <c>custom.param.72</c>.</summary>
    void Integer(scoped ParameterName name, long value);

    /// <summary>A real under a name that is not in the dictionary.</summary>
    void Real(scoped ParameterName name, double value);

    /// <summary>A truth value under a name that is not in the dictionary.</summary>
    void Boolean(scoped ParameterName name, bool value);

    /// <summary>A text under a name that is not in the dictionary.</summary>
    void Text(scoped ParameterName name, ReadOnlySpan<byte> text);

    /// <summary>Hexadecimal text under a name that is not in the dictionary.</summary>
    void Hex(scoped ParameterName name, ReadOnlySpan<byte> bytes);

    /// <summary>Trace: the decoder read <paramref name="length"/> bytes at <paramref name="start"/> as field <paramref name="field"/> of <see cref="ProtocolInfo.Fields"/>; values that follow come from there.</summary>
    void Field(int field, int start, int length);

    /// <summary>Trace: values that follow come from a field read earlier.</summary>
    void Origin(int field, int start, int length);

    /// <summary>Trace: the decoder looked at bytes without reading them as a field; values that follow do not come from there.</summary>
    void Look(LookKind kind, int line, int start, int length);

    /// <summary>Trace: a checksum over <paramref name="from"/>..<paramref name="to"/> is stored at <paramref name="storedAt"/>; <paramref name="check"/> is an index of <see cref="ProtocolInfo.Checks"/>.</summary>
    void Check(int check, int from, int to, int storedAt, bool correct);
}

/// <summary>The state of a sink's output at one moment; opaque to generated code.</summary>
/// <param name="Position">Bytes (or trace events) written.</param>
/// <param name="Count">Values written in the current message, or kept for the next one.</param>
/// <param name="Messages">Finished messages.</param>
/// <param name="MessageStart">Where the unfinished message starts, -1 between messages.</param>
/// <param name="CommonBytes">Bytes of common values.</param>
/// <param name="CommonCount">Number of common values.</param>
/// <param name="Flags">What was written already.</param>
/// <param name="Dropped">Dropped values of the session.</param>
public readonly record struct SinkMark(int Position, int Count, int Messages, int MessageStart, int CommonBytes, int CommonCount, int Flags, long Dropped);

/// <summary>A parameter name put together at run time: prefix, and a number or a text. Formatted without allocation.</summary>
/// <param name="prefix">The fixed start, with its trailing dot: <c>custom.param.</c></param>
/// <param name="suffix">Text that follows; characters outside letters, digits, <c>. _ -</c> become <c>_</c>. Ignored when <paramref name="hasNumber"/>.</param>
/// <param name="number">Number that follows.</param>
/// <param name="hasNumber">Which of the two follows.</param>
public readonly ref struct ParameterName(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> suffix, long number, bool hasNumber)
{
    /// <summary>The fixed start.</summary>
    public readonly ReadOnlySpan<byte> Prefix = prefix;
    /// <summary>The text that follows.</summary>
    public readonly ReadOnlySpan<byte> Suffix = suffix;
    /// <summary>The number that follows.</summary>
    public readonly long Number = number;
    /// <summary>Whether <see cref="Number"/> counts.</summary>
    public readonly bool HasNumber = hasNumber;

    /// <summary>A name that ends in a number.</summary>
    public static ParameterName Numbered(ReadOnlySpan<byte> prefix, long number) => new(prefix, default, number, true);

    /// <summary>A name as the device sent it: a dictionary name if it is one, else kept as text.</summary>
    public static ParameterName Sent(ReadOnlySpan<byte> name) => new(default, name, 0, false);

    /// <summary>Whether it is a name as the device sent it.</summary>
    public bool IsSent => Prefix.IsEmpty && !HasNumber;

    /// <summary>A name that ends in a text.</summary>
    public static ParameterName Named(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> suffix) => new(prefix, suffix, 0, false);
}
