using System.Buffers;
using System.Text;
using System.Text.Json;
using Gateway.Host.Channels;
using Gateway.Storage.Rings;

namespace Gateway.Host.Accounts;

/// <summary>What the API calls <c>event_code</c>, for what happens in accounts.</summary>
internal enum AccountEventCode
{
    /// <summary>An item was created.</summary>
    Created = 1,
    /// <summary>An item was changed.</summary>
    Updated = 2,
    /// <summary>An item was removed.</summary>
    Deleted = 3,
    /// <summary>A token ended and was removed.</summary>
    TokenEnded = 600,
    /// <summary>A REST request changed something or was refused.</summary>
    Request = 1000,
}

/// <summary>What the API calls <c>origin_type</c>, for items of accounts.</summary>
internal enum AccountItem
{
    /// <summary>The account itself.</summary>
    Customer = 1,
    /// <summary>A limit.</summary>
    Limit = 4,
    /// <summary>An account below.</summary>
    Subaccount = 5,
    /// <summary>A token.</summary>
    Token = 33,
}

/// <summary>A REST request as it is noted.</summary>
/// <param name="Method">HTTP method.</param>
/// <param name="Uri">Path and query, as they came.</param>
/// <param name="Status">HTTP status of the answer.</param>
/// <param name="Source">Address of the client.</param>
/// <param name="App">What the client calls itself; null when it does not say.</param>
/// <param name="Trace">The client's number of the request; null when it gives none.</param>
internal readonly record struct RequestNote(string Method, string Uri, int Status, string? Source, string? App, string? Trace);

/// <summary>Something that happened in an account.</summary>
/// <param name="Cid">The account.</param>
/// <param name="Code">What.</param>
/// <param name="Kind">To what.</param>
/// <param name="Id">Its number.</param>
/// <param name="TimeUs">When, µs since 1970.</param>
/// <param name="Json">As it is kept: a JSON object without its time. Valid while it is told.</param>
internal readonly record struct AccountEvent(long Cid, AccountEventCode Code, AccountItem Kind, long Id, long TimeUs, ReadOnlyMemory<byte> Json);

/// <summary>What happened in each account: items created, changed, removed; tokens that ended; requests that changed something or were refused. On disk, the oldest giving way.</summary>
/// <remarks>Any number of threads. Nothing here waits for the disk; what it can't take is dropped and counted.</remarks>
internal sealed class AccountJournal(RingStore rings, TimeProvider clock)
{
    /// <summary>Characters of a path and query that are noted.</summary>
    internal const int UriLengthMax = 1_024;

    /// <summary>Characters of <c>x-flespi-app</c> that are noted.</summary>
    internal const int AppLengthMax = 64;

    /// <summary>Characters of <c>x-flespi-trace</c> that are noted.</summary>
    internal const int TraceLengthMax = 31;

    // A larger item is noted without what it looked like.
    private const int ItemBytesMax = Ring.BytesMax - 1_024;

    private static readonly RingOptions s_options = new() { QuotaBytes = 4_000_000, AgeMax = TimeSpan.FromDays(30) };

    /// <summary>Something happened; raised on the thread where it did. Handlers must be short and not throw.</summary>
    internal event Action<AccountEvent>? Happened;

    /// <summary>The ring of an account.</summary>
    internal Ring RingOf(long cid) => rings.Open(RingKind.Accounts, cid, s_options);

    /// <summary>Under which name records of an item are found in the ring of its account.</summary>
    internal static byte[] IdentOf(AccountItem kind, long id) => Encoding.ASCII.GetBytes(FormattableString.Invariant($"{(int)kind}/{id}"));

    /// <summary>How the names of all items of a kind begin.</summary>
    internal static byte[] PrefixOf(AccountItem kind) => Encoding.ASCII.GetBytes(FormattableString.Invariant($"{(int)kind}/"));

    /// <summary>Notes what happened to an item.</summary>
    /// <param name="cid">The account whose it is.</param>
    /// <param name="code">What happened.</param>
    /// <param name="kind">What it is.</param>
    /// <param name="id">Its number.</param>
    /// <param name="before">Writes what it looked like before; null for a new one.</param>
    /// <param name="after">Writes what it looks like now; null for one that is gone.</param>
    internal void Note(long cid, AccountEventCode code, AccountItem kind, long id, Action<Utf8JsonWriter>? before, Action<Utf8JsonWriter>? after)
    {
        var bytes = new ArrayBufferWriter<byte>(1_024);
        Write(true);
        if (bytes.WrittenCount > ItemBytesMax) Write(false);
        Add(cid, code, kind, id, bytes.WrittenMemory);

        void Write(bool isWhole)
        {
            bytes.ResetWrittenCount();
            using var json = new Utf8JsonWriter(bytes);
            json.WriteStartObject();
            json.WriteNumber("event_code", (int)code);
            WriteItem("new", isWhole ? after : null);
            WriteItem("old", isWhole ? before : null);
            json.WriteNumber("origin_id", id);
            json.WriteNumber("origin_type", (int)kind);
            json.WriteEndObject();

            void WriteItem(string name, Action<Utf8JsonWriter>? write)
            {
                if (write is null) return;
                json.WritePropertyName(name);
                write(json);
            }
        }
    }

    /// <summary>Notes a request.</summary>
    internal void Note(Token token, in RequestNote request)
    {
        var bytes = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            if (request.App is { Length: > 0 } app) json.WriteString("app", Cut(app, AppLengthMax));
            json.WriteNumber("event_code", (int)AccountEventCode.Request);
            json.WriteString("method", request.Method);
            json.WriteNumber("origin_id", token.Cid);
            json.WriteNumber("origin_type", (int)AccountItem.Customer);
            json.WriteNumber("response_code", request.Status);
            if (request.Source is not null) json.WriteString("source", request.Source);
            json.WriteNumber("token_id", token.Id);
            if (request.Trace is { Length: > 0 } trace) json.WriteString("trace", Cut(trace, TraceLengthMax));
            json.WriteString("uri", Cut(request.Uri, UriLengthMax));
            json.WriteEndObject();
        }
        Add(token.Cid, AccountEventCode.Request, AccountItem.Customer, token.Cid, bytes.WrittenMemory);
    }

    /// <summary>Deletes what is kept of an account that is gone.</summary>
    internal Task ForgetAsync(long cid) => rings.DeleteAsync(RingKind.Accounts, cid);

    private void Add(long cid, AccountEventCode code, AccountItem kind, long id, ReadOnlyMemory<byte> json)
    {
        long nowUs = clock.GetUtcNow().ToUnixTimeUs();
        RingOf(cid).TryAdd(new RingEntry(nowUs, Connection: 0, Index: 0, (int)code), IdentOf(kind, id), json.Span);
        Happened?.Invoke(new AccountEvent(cid, code, kind, id, nowUs, json));
    }

    private static ReadOnlySpan<char> Cut(string text, int lengthMax) => text.AsSpan(0, Math.Min(text.Length, lengthMax));
}
