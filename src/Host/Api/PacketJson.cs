using System.Buffers;
using System.Text;
using System.Text.Json;
using Gateway.Codecs;
using Gateway.Host.Expressions;
using Gateway.Host.Listeners;
using Gateway.Storage.Rings;

namespace Gateway.Host.Api;

/// <summary>A record of raw traffic in an answer: <c>channel_id</c>, <c>conn</c>, <c>index</c>, <c>timestamp</c>, <c>type</c>, and <c>data</c> in base64; for a connect its <c>source</c>, for a disconnect its <c>close_code</c>; <c>ident</c> where it is known.
/// What was received has <c>messages</c> once it became some, and <c>refused</c> where bytes of it were.</summary>
/// <remarks><c>messages</c> is a list, since a packet can end one message and begin another, and those of other connections may lie between: each item has the <c>key</c> of its first message and their <c>count</c>.</remarks>
internal sealed class PacketJson(MessageQuery query, TimeProvider clock) : IRecordShape, IDisposable
{
    private readonly ExpressionRun? _filter = query.Filter is null ? null : new ExpressionRun(query.Filter, clock);
    private readonly Utf8JsonWriter _json = new(Stream.Null);

    /// <inheritdoc/>
    public bool ShowsNotes => true;

    /// <inheritdoc/>
    public bool TryWrite(RingPage page, int index, ArrayBufferWriter<byte> output)
    {
        RingEntry entry = page.Entry(index);
        ReadOnlySpan<byte> ident = page.Ident(index), bytes = page.Bytes(index);
        ReadOnlySpan<RingNote> notes = IsReceived(entry) ? page.Notes(index) : [];
        string? refusal = RefusalOf(notes);
        if (!IsWanted(page.Owner, entry, ident, bytes, notes, refusal)) return false;

        Utf8JsonWriter json = _json;
        json.Reset(output);
        json.WriteStartObject();
        bool isDisconnect = IsDisconnect(entry, bytes);
        if (Shows("channel_id"u8)) json.WriteNumber("channel_id"u8, page.Owner);
        if (isDisconnect && Shows("close_code"u8)) json.WriteNumber("close_code"u8, (sbyte)bytes[0]);
        if (Shows("conn"u8)) json.WriteNumber("conn"u8, entry.Connection);
        if (!isDisconnect && !IsConnect(entry) && Shows("data"u8)) json.WriteBase64String("data"u8, bytes);
        if (!ident.IsEmpty && Shows("ident"u8)) json.WriteString("ident"u8, ident);
        if (Shows("index"u8)) json.WriteNumber("index"u8, entry.Index);
        if (MessagesOf(notes) > 0 && Shows("messages"u8)) WriteMessages(json, notes);
        if (refusal is not null && Shows("refused"u8)) json.WriteString("refused"u8, refusal);
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

    private static bool IsReceived(in RingEntry entry) => (TrafficType)entry.Type is TrafficType.TcpReceived or TrafficType.HttpReceived or TrafficType.UdpReceived;

    private static long MessagesOf(ReadOnlySpan<RingNote> notes)
    {
        long count = 0;
        foreach (RingNote note in notes)
            if (PacketNote.IsOfMessages(note)) count += note.Value;
        return count;
    }

    private static string? RefusalOf(ReadOnlySpan<RingNote> notes)
    {
        string? refusal = null;
        foreach (RingNote note in notes) refusal ??= PacketNote.RefusalOf(note);
        return refusal;
    }

    private static void WriteMessages(Utf8JsonWriter json, ReadOnlySpan<RingNote> notes)
    {
        json.WriteStartArray("messages"u8);
        foreach (RingNote note in notes)
        {
            if (!PacketNote.IsOfMessages(note)) continue;
            json.WriteStartObject();
            json.WriteNumber("key"u8, note.Key);
            json.WriteNumber("count"u8, note.Value);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static bool IsConnect(in RingEntry entry) => entry.Type == (int)TrafficType.TcpConnect;

    private static bool IsDisconnect(in RingEntry entry, ReadOnlySpan<byte> bytes) => entry.Type == (int)TrafficType.TcpDisconnect && bytes.Length == 1;

    private bool IsWanted(long channelId, in RingEntry entry, ReadOnlySpan<byte> ident, ReadOnlySpan<byte> bytes, ReadOnlySpan<RingNote> notes, string? refusal)
    {
        if (_filter is null) return true;
        // Texts lie in the subject: the ident, and behind it the source of a connect, or the refusal of what was received.
        bool isConnect = IsConnect(entry);
        Span<byte> subject = stackalloc byte[512];
        ident.CopyTo(subject);
        int length = ident.Length;
        if (isConnect && bytes.Length <= subject.Length - length)
        {
            bytes.CopyTo(subject[length..]);
            length += bytes.Length;
        }
        else if (refusal is not null)
        {
            length += Encoding.UTF8.GetBytes(refusal, subject[length..]);
        }

        long messages = MessagesOf(notes);
        IReadOnlyList<string> names = query.Filter!.Names;
        for (int i = 0; i < names.Count; i++)
        {
            _filter.Values[i] = names[i] switch
            {
                "channel_id" => StoredValue.Of((double)channelId),
                "conn" => StoredValue.Of((double)entry.Connection),
                "index" => StoredValue.Of((double)entry.Index),
                "type" => StoredValue.Of((double)entry.Type),
                "timestamp" => StoredValue.Of(entry.TimeUs / 1e6),
                "ident" when !ident.IsEmpty => StoredValue.OfText(0, ident.Length),
                "messages" when messages > 0 => StoredValue.Of((double)messages),
                "refused" when refusal is not null => StoredValue.OfText(ident.Length, length - ident.Length),
                "source" when isConnect => StoredValue.OfText(ident.Length, length - ident.Length),
                "close_code" when IsDisconnect(entry, bytes) => StoredValue.Of((double)(sbyte)bytes[0]),
                "data" when !isConnect && !IsDisconnect(entry, bytes) => StoredValue.Other,
                _ => default,
            };
        }

        return _filter.IsTrue(subject[..length]);
    }
}
