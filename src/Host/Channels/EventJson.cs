using System.Buffers;
using System.Text.Json;
using Gateway.Host.Configuration;
using Gateway.Host.Listeners;

namespace Gateway.Host.Channels;

/// <summary>Writes an event as the API shows it, but for its time: that is the record's.</summary>
internal static class EventJson
{
    /// <summary>What the API calls channels in <c>origin_type</c>.</summary>
    internal const int OriginType = 9;

    private const int CloseCodeNone = (int)CloseCode.Open;

    [ThreadStatic]
    private static Scratch? s_scratch;

    /// <summary>The event as a flat JSON object.</summary>
    /// <returns>Valid until this thread writes the next.</returns>
    internal static ReadOnlySpan<byte> Write(long channelId, scoped in ChannelEvent happened)
    {
        Scratch scratch = s_scratch ??= new Scratch();
        scratch.Bytes.ResetWrittenCount();
        Utf8JsonWriter json = scratch.Json;
        json.Reset();
        json.WriteStartObject();
        bool isClosed = happened.Code is ChannelEventCode.Closed;
        if (happened.Blocked != 0) json.WriteNumber("blocked", happened.Blocked);
        if (isClosed || (int)happened.CloseCode != CloseCodeNone) json.WriteNumber("close_code", (int)happened.CloseCode);
        if (happened.ConnectionId != 0) json.WriteNumber("connection_id", happened.ConnectionId);
        if (isClosed) json.WriteNumber("duration", happened.DurationUs / 1e6m);
        bool isError = happened.Code is ChannelEventCode.ConfigurationInvalid or ChannelEventCode.ProcessingError;
        if (happened.Text is { } error && isError) json.WriteString("error_text", error);
        json.WriteNumber("event_code", (int)happened.Code);
        if (happened.Ident is { } ident) json.WriteString("ident", ident);
        if (isClosed) json.WriteNumber("msgs", happened.Messages);
        if (happened.NewJson is { } after) json.WriteRaw("new", after);
        if (happened.OldJson is { } before) json.WriteRaw("old", before);
        json.WriteNumber("origin_id", channelId);
        json.WriteNumber("origin_type", OriginType);
        if (happened.Text is { } reason && !isError) json.WriteString("reason", reason);
        if (isClosed) json.WriteNumber("recv", happened.BytesReceived);
        if (isClosed) json.WriteNumber("send", happened.BytesSent);
        if (happened.Source is { } source) json.WriteString("source", source);
        if (happened.Transport is { } transport) json.WriteString("transport", transport);
        json.WriteEndObject();
        json.Flush();
        return scratch.Bytes.WrittenSpan;
    }

    private sealed class Scratch
    {
        public Scratch() => Json = new Utf8JsonWriter(Bytes);

        public ArrayBufferWriter<byte> Bytes { get; } = new(512);

        public Utf8JsonWriter Json { get; }
    }
}
