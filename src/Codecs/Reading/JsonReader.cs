using System.Buffers;
using System.Runtime.CompilerServices;

namespace Gateway.Codecs.Reading;

/// <summary>The kinds of a JSON value.</summary>
public enum JsonKind : byte
{
    /// <summary>Text in quotes.</summary>
    String,
    /// <summary>A number.</summary>
    Number,
    /// <summary>True or false.</summary>
    Boolean,
    /// <summary>Names and values in braces.</summary>
    Object,
    /// <summary>Values in brackets.</summary>
    Array,
}

/// <summary>Goes through a JSON text once and gives its values with their dotted paths. Null is no value. Allocates nothing, throws nothing.</summary>
/// <remarks>
/// An object or array is given before its content. Who takes it (<see cref="Take"/>) gets it as text, and its content is passed by.
/// The elements of an array have their number from 1 as name: <c>cells.2.lac</c>. Nesting is bounded by <see cref="DepthMax"/>.
/// </remarks>
public ref struct JsonReader
{
    /// <summary>Deepest nesting.</summary>
    public const int DepthMax = 24;

    /// <summary>Longest path in bytes; what is longer is cut, so that no row fits.</summary>
    public const int PathBytesMax = 256;

    private static readonly SearchValues<byte> s_number = SearchValues.Create("0123456789+-.eE"u8);

    [InlineArray(DepthMax)]
    private struct Levels
    {
        private Level _first;
    }

    private struct Level
    {
        internal short PathLength;
        internal bool IsArray;
        internal int Count;
    }

    private readonly ReadOnlySpan<byte> _text;
    private readonly Span<byte> _path;
    private readonly int _end;
    private Levels _levels;
    private int _depth;
    private int _position;
    private int _pathLength;
    private bool _started;

    /// <summary>Reads <paramref name="text"/> from <paramref name="start"/> to <paramref name="end"/>.</summary>
    /// <param name="path">Holds the path, see <see cref="PathBytesMax"/>.</param>
    /// <param name="text">The text around the JSON text.</param>
    /// <param name="start">Where it begins.</param>
    /// <param name="end">Where it ends.</param>
    public JsonReader(Span<byte> path, ReadOnlySpan<byte> text, int start, int end)
    {
        _path = path;
        _text = text;
        _position = Math.Clamp(start, 0, text.Length);
        _end = Math.Clamp(end, _position, text.Length);
    }

    /// <summary>Where the value is in the text: a string without its quotes.</summary>
    public int Start { get; private set; }

    /// <summary>Its length in bytes; of an object or array known once it is taken.</summary>
    public int Length { get; private set; }

    /// <summary>What the value is.</summary>
    public JsonKind Kind { get; private set; }

    /// <summary>The text is not JSON, or nested too deep. What came before was given.</summary>
    public bool Failed { get; private set; }

    /// <summary>The value is a string with escapes.</summary>
    public bool IsEscaped { get; private set; }

    /// <summary>The value's path, e.g. <c>location.coords.latitude</c>; empty for the outermost one.</summary>
    public readonly ReadOnlySpan<byte> Path => _path[.._pathLength];

    /// <summary>The value is an object or an array.</summary>
    public readonly bool IsContainer => Kind >= JsonKind.Object;

    /// <summary>Goes on to the next value that is not null.</summary>
    /// <returns>False at the end, or when the text is no JSON.</returns>
    public bool Next()
    {
        while (TryNext(out bool isNull))
            if (!isNull) return true;
        return false;
    }

    /// <summary>Goes on to the next element of the array that the text is; another value counts as its only element. Each is taken.</summary>
    public bool NextElement()
    {
        if (!_started && Next() && Kind != JsonKind.Array) return Take();
        return _depth > 0 && Next() && Take();
    }

    /// <summary>Takes the value as a whole; once more changes nothing.</summary>
    /// <returns>False when it is an object or array without an end.</returns>
    public bool Take()
    {
        if (!IsContainer || Length > 0) return true;
        int open = 0;
        for (int i = Start; i < _end; i++)
        {
            switch (_text[i])
            {
                case (byte)'"':
                    i = EndOfString(i + 1, out _);
                    if (i < 0) return Fail();
                    break;
                case (byte)'{' or (byte)'[':
                    open++;
                    break;
                case (byte)'}' or (byte)']' when --open == 0:
                    _depth--;
                    _position = i + 1;
                    Length = i + 1 - Start;
                    return true;
            }
        }
        return Fail();
    }

    /// <summary>The value as text: as it stands, or unescaped into the session's workspace.</summary>
    public readonly ReadOnlySpan<byte> Value(Session session) =>
        IsEscaped ? JsonEscapes.Replace(session, _text.Slice(Start, Length)) : _text.Slice(Start, Length);

    private bool TryNext(out bool isNull)
    {
        isNull = false;
        if (Failed) return false;
        while (true)
        {
            SkipBlanks();
            if (_depth == 0)
            {
                // What follows the outermost value says nothing.
                if (_started || _position >= _end) return false;
                _started = true;
                return ReadValue(out isNull);
            }
            if (_position >= _end) return Fail();
            ref Level level = ref _levels[_depth - 1];
            byte next = _text[_position];
            if (next == (level.IsArray ? ']' : '}'))
            {
                _position++;
                _depth--;
                continue;
            }
            if (level.Count > 0)
            {
                if (next != ',') return Fail();
                _position++;
                SkipBlanks();
            }
            level.Count++;
            return (level.IsArray ? Name(level, level.Count) : ReadName(level)) && ReadValue(out isNull);
        }
    }

    private bool ReadName(Level level)
    {
        if (_position >= _end || _text[_position] != '"') return Fail();
        int start = _position + 1;
        int end = EndOfString(start, out _);
        if (end < 0) return Fail();
        _pathLength = level.PathLength;
        if (_pathLength > 0) Append("."u8);
        Append(_text[start..end]);
        _position = end + 1;
        SkipBlanks();
        if (_position >= _end || _text[_position] != ':') return Fail();
        _position++;
        SkipBlanks();
        return true;
    }

    private bool Name(Level level, int number)
    {
        _pathLength = level.PathLength;
        if (_pathLength > 0) Append("."u8);
        Span<byte> digits = stackalloc byte[12];
        System.Buffers.Text.Utf8Formatter.TryFormat(number, digits, out int length);
        Append(digits[..length]);
        return true;
    }

    private void Append(scoped ReadOnlySpan<byte> part)
    {
        part = part[..Math.Min(part.Length, _path.Length - _pathLength)];
        part.CopyTo(_path[_pathLength..]);
        _pathLength += part.Length;
    }

    private bool ReadValue(out bool isNull)
    {
        isNull = IsEscaped = false;
        if (_position >= _end) return Fail();
        Start = _position;
        switch (_text[_position])
        {
            case (byte)'"':
                Start++;
                int end = EndOfString(Start, out bool escaped);
                if (end < 0) return Fail();
                Kind = JsonKind.String;
                IsEscaped = escaped;
                Length = end - Start;
                _position = end + 1;
                return true;
            case (byte)'{' or (byte)'[':
                if (_depth == DepthMax) return Fail();
                Kind = _text[_position] == '[' ? JsonKind.Array : JsonKind.Object;
                _levels[_depth++] = new Level { PathLength = (short)_pathLength, IsArray = Kind == JsonKind.Array };
                Length = 0;
                _position++;
                return true;
        }
        while (_position < _end && _text[_position] is not ((byte)',' or (byte)'}' or (byte)']' or <= (byte)' ')) _position++;
        Length = _position - Start;
        ReadOnlySpan<byte> word = _text.Slice(Start, Length);
        isNull = word.SequenceEqual("null"u8);
        Kind = word.SequenceEqual("true"u8) || word.SequenceEqual("false"u8) ? JsonKind.Boolean : JsonKind.Number;
        return isNull || Kind == JsonKind.Boolean || (word.Length > 0 && word.IndexOfAnyExcept(s_number) < 0) || Fail();
    }

    // The position of the closing quote, or -1.
    private readonly int EndOfString(int start, out bool escaped)
    {
        escaped = false;
        for (int i = start; i < _end; i++)
        {
            int at = _text[i.._end].IndexOfAny((byte)'"', (byte)'\\');
            if (at < 0) return -1;
            i += at;
            if (_text[i] == '"') return i;
            escaped = true;
            i++;
        }
        return -1;
    }

    private void SkipBlanks()
    {
        while (_position < _end && _text[_position] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n') _position++;
    }

    private bool Fail()
    {
        Failed = true;
        return false;
    }
}
