using System.Buffers;
using System.Text;
using System.Text.Json;
using Gateway.Codecs;
using Gateway.Host.Expressions;
using Gateway.Storage.Rings;

namespace Gateway.Host.Api;

/// <summary>An event in an answer: the JSON that was kept of it, and its time.</summary>
internal sealed class LogJson : IRecordShape, IDisposable
{
    private const string Timestamp = "timestamp";

    private readonly MessageQuery _query;
    private readonly ExpressionRun? _filter;
    private readonly byte[][] _names;
    private readonly JsonSubject _subject = new();
    private readonly Utf8JsonWriter _json;

    /// <summary>For one request.</summary>
    internal LogJson(MessageQuery query, TimeProvider clock)
    {
        _query = query;
        _filter = query.Filter is null ? null : new ExpressionRun(query.Filter, clock);
        _names = query.Filter is null ? [] : [.. query.Filter.Names.Select(Encoding.UTF8.GetBytes)];
        _json = new Utf8JsonWriter(Stream.Null);
    }

    /// <inheritdoc/>
    public bool TryWrite(RingPage page, int index, ArrayBufferWriter<byte> output)
    {
        ReadOnlySpan<byte> stored = page.Bytes(index);
        long timeUs = page.Entry(index).TimeUs;
        if (!IsWanted(stored, timeUs)) return false;

        _json.Reset(output);
        _json.WriteStartObject();
        var reader = new Utf8JsonReader(stored);
        reader.Read();
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            ReadOnlySpan<byte> name = reader.ValueSpan;
            reader.Read();
            int start = (int)reader.TokenStartIndex;
            reader.TrySkip();
            if (!Shows(name)) continue;
            _json.WritePropertyName(name);
            _json.WriteRawValue(stored[start..(int)reader.BytesConsumed], skipInputValidation: true);
        }

        if (Shows("timestamp"u8)) _json.WriteNumber("timestamp"u8, timeUs / 1e6m);
        _json.WriteEndObject();
        _json.Flush();
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _json.Dispose();
        _subject.Dispose();
    }

    private bool Shows(ReadOnlySpan<byte> name) => _query.Fields is null || _query.Fields.Matches(name);

    private bool IsWanted(ReadOnlySpan<byte> stored, long timeUs)
    {
        if (_filter is null) return true;
        _subject.Clear();
        Range whole = _subject.Add(stored);
        for (int i = 0; i < _names.Length; i++)
            _filter.Values[i] = _query.Filter!.Names[i] == Timestamp ? StoredValue.Of(timeUs / 1e6) : _subject.Find(whole, _names[i]);
        return _filter.IsTrue(_subject.Bytes);
    }
}
