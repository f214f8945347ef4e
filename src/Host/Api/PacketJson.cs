using System.Buffers;
using System.Text.Json;
using Gateway.Codecs;
using Gateway.Host.Expressions;
using Gateway.Host.Listeners;
using Gateway.Storage.Rings;

namespace Gateway.Host.Api;

/// <summary>A record of raw traffic in an answer: <c>conn</c>, <c>index</c>, <c>timestamp</c>, <c>type</c>, and <c>data</c> in base64; for a connect its <c>source</c>, for a disconnect its <c>close_code</c>; <c>ident</c> where it is known.</summary>
internal sealed class PacketJson(MessageQuery query, TimeProvider clock) : IRecordShape, IDisposable
{
    private readonly ExpressionRun? _filter = query.Filter is null ? null : new ExpressionRun(query.Filter, clock);
    private readonly Utf8JsonWriter _json = new(Stream.Null);

    /// <inheritdoc/>
    public bool TryWrite(RingPage page, int index, ArrayBufferWriter<byte> output)
    {
        RingEntry entry = page.Entry(index);
        ReadOnlySpan<byte> ident = page.Ident(index), bytes = page.Bytes(index);
        if (!IsWanted(entry, ident, bytes)) return false;

        Utf8JsonWriter json = _json;
        json.Reset(output);
        json.WriteStartObject();
        bool isDisconnect = IsDisconnect(entry, bytes);
        if (isDisconnect && Shows("close_code"u8)) json.WriteNumber("close_code"u8, (sbyte)bytes[0]);
        if (Shows("conn"u8)) json.WriteNumber("conn"u8, entry.Connection);
        if (!isDisconnect && !IsConnect(entry) && Shows("data"u8)) json.WriteBase64String("data"u8, bytes);
        if (!ident.IsEmpty && Shows("ident"u8)) json.WriteString("ident"u8, ident);
        if (Shows("index"u8)) json.WriteNumber("index"u8, entry.Index);
        if (IsConnect(entry) && Shows("source"u8)) json.WriteString("source"u8, bytes);
        if (Shows("timestamp"u8)) json.WriteNumber("timestamp"u8, entry.TimeUs / 1e6m);
        if (Shows("type"u8)) json.WriteNumber("type"u8, entry.Type);
        json.WriteEndObject();
        json.Flush();
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _json.Dispose();

    private bool Shows(ReadOnlySpan<byte> name) => query.Fields is null || query.Fields.Matches(name);

    private static bool IsConnect(in RingEntry entry) => entry.Type == (int)TrafficType.TcpConnect;

    private static bool IsDisconnect(in RingEntry entry, ReadOnlySpan<byte> bytes) => entry.Type == (int)TrafficType.TcpDisconnect && bytes.Length == 1;

    private bool IsWanted(in RingEntry entry, ReadOnlySpan<byte> ident, ReadOnlySpan<byte> bytes)
    {
        if (_filter is null) return true;
        // Texts lie in the subject: the ident, and behind it the source.
        bool isConnect = IsConnect(entry);
        Span<byte> subject = stackalloc byte[512];
        ident.CopyTo(subject);
        int length = ident.Length;
        if (isConnect && bytes.Length <= subject.Length - length)
        {
            bytes.CopyTo(subject[length..]);
            length += bytes.Length;
        }

        IReadOnlyList<string> names = query.Filter!.Names;
        for (int i = 0; i < names.Count; i++)
        {
            _filter.Values[i] = names[i] switch
            {
                "conn" => StoredValue.Of((double)entry.Connection),
                "index" => StoredValue.Of((double)entry.Index),
                "type" => StoredValue.Of((double)entry.Type),
                "timestamp" => StoredValue.Of(entry.TimeUs / 1e6),
                "ident" when !ident.IsEmpty => StoredValue.OfText(0, ident.Length),
                "source" when isConnect => StoredValue.OfText(ident.Length, length - ident.Length),
                "close_code" when IsDisconnect(entry, bytes) => StoredValue.Of((double)(sbyte)bytes[0]),
                "data" when !isConnect && !IsDisconnect(entry, bytes) => StoredValue.Other,
                _ => default,
            };
        }

        return _filter.IsTrue(subject[..length]);
    }
}
