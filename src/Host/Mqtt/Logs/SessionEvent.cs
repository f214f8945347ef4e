using System.Text.Json;
using Gateway.Host.Mqtt.Sessions;

namespace Gateway.Host.Mqtt.Logs;

/// <summary>What the API calls <c>event_code</c>, for what happens to MQTT sessions.</summary>
internal enum SessionEventCode
{
    /// <summary>A session began.</summary>
    Created = 1,
    /// <summary>The client of a session that lasts came or went.</summary>
    Updated = 2,
    /// <summary>A session ended.</summary>
    Deleted = 3,
    /// <summary>A client was let in.</summary>
    Accepted = 500,
    /// <summary>A client was kept out by a limit.</summary>
    Blocked = 501,
    /// <summary>A client with a valid token was kept out because of what it asked for.</summary>
    Rejected = 502,
    /// <summary>A connection ended.</summary>
    Closed = 503,
    /// <summary>More waited than may, and was lost.</summary>
    Overflowed = 504,
    /// <summary>A subscription was made over REST.</summary>
    SubscriptionCreated = 510,
    /// <summary>A subscription was replaced over REST.</summary>
    SubscriptionUpdated = 511,
    /// <summary>A subscription was ended over REST.</summary>
    SubscriptionDeleted = 512,
    /// <summary>A client subscribed.</summary>
    Subscribed = 520,
    /// <summary>A client unsubscribed.</summary>
    Unsubscribed = 521,
}

/// <summary>Something that happened to a session.</summary>
/// <param name="Code">What.</param>
/// <param name="Key">The account and the client.</param>
internal readonly record struct SessionEvent(SessionEventCode Code, SessionKey Key)
{
    /// <summary>Number of the session; 0 when none came of it.</summary>
    internal long SessionId { get; init; }

    /// <summary>Address and port of the client.</summary>
    internal string? Source { get; init; }

    /// <summary>The token that was shown, 0 for none.</summary>
    internal long TokenId { get; init; }

    /// <summary>The filter, with its prefixes.</summary>
    internal string? Topic { get; init; }

    /// <summary>QoS of the subscription.</summary>
    internal int? Qos { get; init; }

    /// <summary>Why the connection ended: a reason of MQTT 5, whatever the client speaks.</summary>
    internal int? CloseCode { get; init; }

    /// <summary>How long the connection lasted.</summary>
    internal TimeSpan? Duration { get; init; }

    /// <summary>Writes the session as REST shows it, for its beginning, change and end; null for none.</summary>
    internal Action<Utf8JsonWriter>? Item { get; init; }

    /// <summary>Bytes that were too many.</summary>
    internal long? Size { get; init; }

    /// <summary>Why, in words.</summary>
    internal string? Reason { get; init; }
}

/// <summary>An event of a session that is noted.</summary>
/// <param name="Cid">The account.</param>
/// <param name="SessionId">Number of the session; 0 for none.</param>
/// <param name="Code">What.</param>
/// <param name="TimeUs">When, µs since 1970.</param>
/// <param name="Json">As it is kept: a JSON object without its time.</param>
internal readonly record struct SessionNote(long Cid, long SessionId, SessionEventCode Code, long TimeUs, byte[] Json);
