using System.Buffers;
using System.Text.Json;
using Gateway.Codecs;

namespace Gateway.Host.Expressions;

/// <summary>Finds values for expressions in JSON. Keeps its memory from subject to subject; not for several threads at once.</summary>
internal sealed class JsonSubject : IDisposable
{
    private readonly ArrayBufferWriter<byte> _bytes = new(256);
    private readonly Utf8JsonWriter _writer;

    /// <summary>Empty.</summary>
    public JsonSubject() => _writer = new Utf8JsonWriter(_bytes);

    /// <summary>The bytes that texts among the values point into.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.WrittenSpan;

    /// <summary>Forgets all JSON.</summary>
    public void Clear() => _bytes.ResetWrittenCount();

    /// <summary>Takes one JSON value.</summary>
    /// <param name="write">Writes it.</param>
    /// <param name="item">What is written.</param>
    /// <returns>Where it is in <see cref="Bytes"/>.</returns>
    public Range Add<T>(Action<Utf8JsonWriter, T> write, T item)
    {
        int start = _bytes.WrittenCount;
        _writer.Reset();
        write(_writer, item);
        _writer.Flush();
        return start.._bytes.WrittenCount;
    }

    /// <summary>Takes JSON that is written already.</summary>
    /// <param name="json">One JSON value, UTF-8.</param>
    /// <returns>Where it is in <see cref="Bytes"/>.</returns>
    public Range Add(ReadOnlySpan<byte> json)
    {
        int start = _bytes.WrittenCount;
        _bytes.Write(json);
        return start.._bytes.WrittenCount;
    }

    /// <summary>The value at a path; of a list or object the place of its JSON.</summary>
    /// <param name="json">Where the JSON is.</param>
    /// <param name="path">Names joined by dots, UTF-8; empty for the value itself. A member whose own name has the dots is found too; in lists the first element that has the rest of the path.</param>
    public StoredValue Find(Range json, ReadOnlySpan<byte> path)
    {
        (int start, int length) = json.GetOffsetAndLength(_bytes.WrittenCount);
        var reader = new Utf8JsonReader(_bytes.WrittenSpan.Slice(start, length));
        return reader.Read() && TryFollow(ref reader, path) ? ValueOf(ref reader, start) : default;
    }

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();

    private StoredValue ValueOf(ref Utf8JsonReader reader, int start)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.True or JsonTokenType.False:
                return StoredValue.Of(reader.TokenType is JsonTokenType.True);
            case JsonTokenType.Number:
                return reader.TryGetDouble(out double number) ? StoredValue.Of(number) : default;
            case JsonTokenType.String when !reader.ValueIsEscaped:
                return StoredValue.OfText(start + (int)reader.TokenStartIndex + 1, reader.ValueSpan.Length);
            case JsonTokenType.String:
                int at = _bytes.WrittenCount;
                int written = reader.CopyString(_bytes.GetSpan(reader.ValueSpan.Length));
                _bytes.Advance(written);
                return StoredValue.OfText(at, written);
            case JsonTokenType.StartArray or JsonTokenType.StartObject:
                int from = (int)reader.TokenStartIndex;
                reader.TrySkip();
                return StoredValue.Other with { Start = start + from, Length = (int)reader.BytesConsumed - from };
            default:
                return default;
        }
    }

    private static bool TryFollow(ref Utf8JsonReader reader, ReadOnlySpan<byte> path)
    {
        if (path.IsEmpty) return true;
        bool isList = reader.TokenType is JsonTokenType.StartArray;
        if (!isList && reader.TokenType is not JsonTokenType.StartObject) return false;
        while (reader.Read() && reader.TokenType is not (JsonTokenType.EndArray or JsonTokenType.EndObject))
        {
            int rest = isList ? 0 : RestBehind(ref reader, path);
            if (!isList) reader.Read();
            if (rest >= 0)
            {
                Utf8JsonReader inner = reader;
                if (TryFollow(ref inner, path[rest..]))
                {
                    reader = inner;
                    return true;
                }
            }
            reader.TrySkip();
        }
        return false;
    }

    /// <summary>Where the path goes on behind the name that the reader is at; -1 when it is another name.</summary>
    private static int RestBehind(ref Utf8JsonReader reader, ReadOnlySpan<byte> path)
    {
        if (reader.ValueTextEquals(path)) return path.Length;
        for (int dot = path.IndexOf((byte)'.'); dot >= 0;)
        {
            if (reader.ValueTextEquals(path[..dot])) return dot + 1;
            int next = path[(dot + 1)..].IndexOf((byte)'.');
            dot = next < 0 ? -1 : dot + 1 + next;
        }
        return -1;
    }
}
