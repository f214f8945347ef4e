using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Host.Accounts;
using Gateway.Host.Channels;
using Gateway.Storage.Rings;

namespace Gateway.Host.Mqtt.Logs;

/// <summary>What happened to MQTT sessions of each account: clients that came, went or were kept out, and what they subscribed to. On disk, the oldest giving way.</summary>
/// <remarks>Any number of threads. Nothing here waits for the disk. A client that comes and goes all the time is noted as often as <see cref="EventBudget"/> lets it; the rest is counted.</remarks>
internal sealed class SessionJournal(RingStore rings, AccountDirectory accounts, MqttCounters counters, TimeProvider clock)
{
    /// <summary>What the API calls <c>origin_type</c>.</summary>
    internal const int OriginType = 14;

    /// <summary>Characters of a client id or topic that are noted.</summary>
    internal const int TextLengthMax = 1_024;

    private const string LastOfMinute = "what else happens to this client is left out until the minute ends";

    // Topics as they are, no \u002B for a plus: it is JSON and never part of a page.
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly RingOptions s_ring = new() { QuotaBytes = 4_000_000, AgeMax = TimeSpan.FromDays(30) };

    private readonly EventBudget _budget = new();

    /// <summary>Something was noted; raised on the thread where it happened. Handlers must be short and not throw.</summary>
    internal event Action<SessionNote>? Happened;

    /// <summary>The ring of an account.</summary>
    internal Ring RingOf(long cid) => rings.Open(RingKind.Mqtt, cid, s_ring);

    /// <summary>Number of the session that a record is about, from the name under which it is kept.</summary>
    internal static long SessionOf(ReadOnlySpan<byte> ident) => long.TryParse(ident, NumberStyles.None, CultureInfo.InvariantCulture, out long id) ? id : 0;

    /// <summary>Notes an event.</summary>
    internal void Note(in SessionEvent happened)
    {
        // Connections of an account that was removed end a moment later; what was kept of it is gone then and must not begin anew.
        if (accounts.Find(happened.Key.Cid) is null) return;
        DateTimeOffset now = clock.GetUtcNow();
        EventRoom room = _budget.Take(happened.Key, now.Ticks / TimeSpan.TicksPerMinute);
        if (room is EventRoom.None)
        {
            counters.CountUnlogged();
            return;
        }
        byte[] json = Write(happened, room is EventRoom.Last);
        long nowUs = now.ToUnixTimeUs();
        RingOf(happened.Key.Cid).TryAdd(new RingEntry(nowUs, Connection: 0, Index: 0, (int)happened.Code), Encoding.ASCII.GetBytes(happened.SessionId.ToString(CultureInfo.InvariantCulture)), json);
        Happened?.Invoke(new SessionNote(happened.Key.Cid, happened.SessionId, happened.Code, nowUs, json));
    }

    /// <summary>Deletes what is kept of an account that is gone.</summary>
    internal Task ForgetAsync(long cid) => rings.DeleteAsync(RingKind.Mqtt, cid);

    private static byte[] Write(in SessionEvent happened, bool isLast)
    {
        var bytes = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(bytes, s_options))
        {
            json.WriteStartObject();
            json.WriteString("client_id", Cut(happened.Key.ClientId));
            if (happened.CloseCode is { } closeCode) json.WriteNumber("close_code", closeCode);
            if (happened.Duration is { } duration) json.WriteNumber("duration", Math.Round(duration.TotalSeconds, 3));
            json.WriteNumber("event_code", (int)happened.Code);
            if (happened.Item is { } item)
            {
                json.WritePropertyName(happened.Code is SessionEventCode.Deleted ? "old" : "new");
                item(json);
            }
            json.WriteNumber("origin_id", happened.SessionId);
            json.WriteNumber("origin_type", OriginType);
            if (happened.Qos is { } qos) json.WriteNumber("qos", qos);
            if (isLast || happened.Reason is not null) json.WriteString("reason", isLast && happened.Reason is not null ? $"{happened.Reason}; {LastOfMinute}" : happened.Reason ?? LastOfMinute);
            if (happened.Size is { } size) json.WriteNumber("size", size);
            if (happened.Source is not null) json.WriteString("source", happened.Source);
            if (happened.TokenId != 0) json.WriteNumber("token_id", happened.TokenId);
            if (happened.Topic is not null) json.WriteString("topic", Cut(happened.Topic));
            json.WriteEndObject();
        }
        return bytes.WrittenSpan.ToArray();
    }

    private static ReadOnlySpan<char> Cut(string text) => text.AsSpan(0, Math.Min(text.Length, TextLengthMax));
}
