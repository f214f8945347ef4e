namespace Gateway.Host.Api;

/// <summary>What items below <c>/mqtt</c> look like, for the documents.</summary>
internal static class MqttSchemas
{
    internal static ApiSchema Session { get; } = new("mqtt-session",
        new("id", "integer", "number, given by the gateway and never to another"),
        new("client_id", "string", "name that its client connects with; an account has one session of each", true),
        new("cid", "integer", "the account whose it is; at creation the account or one below it", true),
        new("ip", "string", "address of its client, of the last one while none is there; null when none came since the gateway started"),
        new("connected", "boolean", "whether its client is there"),
        new("clean", "boolean", "whether it ends with its connection"),
        new("expires", "integer", "seconds for which it lasts without its client, 0 for none; at creation 1 to 2592000, 2592000 unless said", true),
        new("size", "integer", "bytes that wait for it alone, in memory and on disk; messages that wait in buffers of channels are not counted"),
        new("waiting_channels", "array", "numbers of channels in whose buffers there may be messages for it that it has not acknowledged"),
        new("disconnected", "integer", "when its client went, s since 1970; null while it is there"),
        new("subscriptions_count", "integer", "its subscriptions"));

    internal static ApiSchema Subscription { get; } = new("mqtt-subscription",
        new("id", "integer", "number; the same each time that the session subscribes to the topic"),
        new("session_id", "integer", "the session"),
        new("topic", "string", "the filter, with $share and $filter in front where it has them", true),
        new("qos", "integer", "0 or 1; 1 unless said, 2 is taken as 1", true),
        new("no_local", "boolean", "whether the session does not want what it publishes itself", true),
        new("retain_as_published", "boolean", "whether the retain flag comes as it was sent", true),
        new("identifier", "integer", "the number that MQTT 5 clients find in messages, 0 for none", true));

    internal static ApiSchema Message { get; } = new("mqtt-message",
        new("topic", "string", "the topic", true),
        new("payload", "string", "the payload; null when it is no text. To publish, any JSON: a text as it is, other values as JSON", true),
        new("payload_base64", "string", "the bytes of the payload in base64", true),
        new("qos", "integer", "0 or 1; 1 unless said, 2 is taken as 1", true),
        new("retain", "boolean", "whether it is retained; an empty payload deletes the retained message", true),
        new("timestamp", "number", "when it was published, s since 1970"),
        new("cid", "integer", "the account whose it is"),
        new("user_properties", "object", "names and texts, an array of texts where a name comes more than once", true));

    internal static ApiSchema Log { get; } = new("mqtt-log",
        new("event_code", "integer", "what happened: 1 session began, 2 client of a session that lasts came or went, 3 session ended, 500 client let in, 501 kept out by a limit, 502 kept out, 503 closed, 504 overflowed, 510 to 512 subscription by REST made, replaced, ended, 520 subscribed, 521 unsubscribed"),
        new("timestamp", "number", "when, s since 1970"),
        new("origin_id", "integer", "the session, 0 when none came of it"),
        new("origin_type", "integer", "14, a session"),
        new("client_id", "string", "the client, at most 1024 characters"),
        new("new", "object", "of 1 and 2: the session after"),
        new("old", "object", "of 3: the session before"),
        new("source", "string", "address:port of the client"),
        new("token_id", "integer", "the token that was shown"),
        new("topic", "string", "of subscriptions: the filter, at most 1024 characters"),
        new("qos", "integer", "of subscriptions: 0 or 1"),
        new("close_code", "integer", "of closed: the reason, as in MQTT 5"),
        new("duration", "number", "of closed: how long the connection lasted, s"),
        new("size", "integer", "of overflowed: bytes that may wait"),
        new("reason", "string", "why, in words; or that more events of the client are left out until the minute ends"));
}
