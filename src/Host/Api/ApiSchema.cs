using Gateway.Host.Accounts;

namespace Gateway.Host.Api;

/// <summary>A field of an item, for the documents.</summary>
/// <param name="Name">Name in JSON.</param>
/// <param name="Type">JSON type: integer, number, string, boolean, object or array.</param>
/// <param name="Description">What it is, with its unit.</param>
/// <param name="IsSettable">Whether a POST or PUT may have it.</param>
internal sealed record ApiField(string Name, string Type, string Description, bool IsSettable = false);

/// <summary>What the items of a collection look like, for the documents. A test compares the names with those that the API really has.</summary>
/// <param name="Name">One word: <c>channel</c>.</param>
/// <param name="Fields">Its fields.</param>
internal sealed record ApiSchema(string Name, params ApiField[] Fields)
{
    internal static ApiSchema Channel { get; } = new("channel",
        new("id", "integer", "number, given by the gateway"),
        new("name", "string", "name for people", true),
        new("enabled", "boolean", "false refuses connections", true),
        new("protocol_id", "integer", "the protocol; only at creation, either this or protocol_name", true),
        new("protocol_name", "string", "name of the protocol; only at creation", true),
        new("configuration", "object", "settings, as the schema of the protocol has them", true),
        new("messages_ttl", "integer", "seconds for which messages stay", true),
        new("uri", "string", "host:port that devices connect to"),
        new("secondary_uri", "string", "always empty"),
        new("metadata", "object", "free JSON of yours", true),
        new("blocked", "integer", "why it takes no data: 0 it does, 1 connections, 2 messages per minute, 3 bytes per minute, 4 storage, 6 configuration"),
        new("blocked_reason", "string", "the same in words"),
        new("connections_count", "integer", "connections now"),
        new("messages_size", "integer", "bytes in the buffer"),
        new("cid", "integer", "the account whose it is; at creation the account or one below it, later by PUT .../cid", true));

    internal static ApiSchema Connection { get; } = new("connection",
        new("id", "integer", "number"),
        new("channel_id", "integer", "the channel"),
        new("device_id", "integer", "the registered device; 0 for none, or none that you may see"),
        new("ident", "string", "what the device calls itself, null before it did"),
        new("source", "string", "address:port of the device"),
        new("transport", "string", "tcp or udp"),
        new("established", "number", "when, s since 1970"),
        new("secondary", "boolean", "always false"),
        new("meta", "object", "always null"),
        new("recv", "integer", "bytes received"),
        new("send", "integer", "bytes sent"),
        new("msgs", "integer", "messages stored"));

    internal static ApiSchema Ident { get; } = new("ident",
        new("ident", "string", "what a device calls itself"),
        new("size", "integer", "bytes of its raw traffic that are kept"),
        new("count", "integer", "its packets"),
        new("first", "number", "time of the oldest, s since 1970"),
        new("last", "number", "time of the newest, s since 1970"),
        new("channel_id", "integer", "the channel"));

    internal static ApiSchema Packet { get; } = new("packet",
        new("conn", "integer", "number of the connection"),
        new("index", "integer", "place in the connection, from 0 without holes: a number that is missing was lost, or gave way"),
        new("timestamp", "number", "when, s since 1970; each packet of a channel has a time of its own"),
        new("type", "integer", "0 tcp connect, 1 tcp disconnect, 2 tcp received, 3 tcp sent, 66 http received, 67 http sent, 130 udp received, 131 udp sent"),
        new("data", "string", "the bytes in base64; not of connect and disconnect"),
        new("ident", "string", "whose it is; absent when the connection never told"),
        new("source", "string", "of connect: address:port of the device"),
        new("close_code", "integer", "of disconnect: why"));

    internal static ApiSchema Log { get; } = new("log",
        new("event_code", "integer", "what happened; /const/values?names=toolbox/codes says what codes mean"),
        new("timestamp", "number", "when, s since 1970; each event of a channel or device has a time of its own"),
        new("origin_id", "integer", "the channel or device"),
        new("origin_type", "integer", "9 a channel, 11 a device"),
        new("channel_id", "integer", "of a device: the channel it happened on"),
        new("command_id", "integer", "of a device: the command it happened to"),
        new("name", "string", "name of the command"),
        new("connection_id", "integer", "the connection it happened on"),
        new("ident", "string", "what the device calls itself"),
        new("source", "string", "address:port of the device"),
        new("transport", "string", "tcp or udp"),
        new("close_code", "integer", "why the connection ended"),
        new("duration", "number", "how long it lasted, s"),
        new("msgs", "integer", "messages stored from it"),
        new("recv", "integer", "bytes received"),
        new("send", "integer", "bytes sent"),
        new("blocked", "integer", "the limit that stops the channel"),
        new("new", "object", "of created, changed, given away: the channel or device after"),
        new("old", "object", "of changed, given away, removed: the channel or device before"),
        new("reason", "string", "why, in words"),
        new("error_text", "string", "what is wrong, in words"));

    internal static ApiSchema Protocol { get; } = new("channel-protocol",
        new("id", "integer", "number"),
        new("name", "string", "name"),
        new("title", "string", "vendor and models"),
        new("features", "object", "tcp, udp, commands: true or false"),
        new("schema", "object", "JSON schema of a channel's configuration"),
        new("configuration", "object", "the same"),
        new("commands", "array", "commands that its devices understand: name, title, address, schema of the properties"),
        new("message_parameters", "array", "parameters that its messages can hold"));

    internal static ApiSchema Parameter { get; } = new("message-parameter",
        new("id", "integer", "number"),
        new("name", "string", "name in messages"),
        new("type", "string", "number, string, boolean, array or object"),
        new("unit", "string", "unit, empty for none"),
        new("info", "string", "what it is"));

    internal static ApiSchema Device { get; } = new("device",
        new("id", "integer", "number, given by the gateway"),
        new("name", "string", "name for people", true),
        new("enabled", "boolean", "false closes and refuses its connections", true),
        new("device_type_id", "integer", "kind of device; 0 for none, then it has no configuration", true),
        new("device_type_name", "string", "name of the kind, instead of its number", true),
        new("protocol_id", "integer", "the protocol of its kind"),
        new("protocol_name", "string", "name of the protocol: its first kind, instead of a number", true),
        new("cid", "integer", "the account whose it is; at creation the account or one below it, later by PUT .../cid", true),
        new("configuration", "object", "ident: what the device calls itself", true),
        new("ident", "string", "the ident of the configuration"),
        new("ident_normalized", "string", "the same as it is compared"),
        new("messages_ttl", "integer", "seconds after which messages are not shown", true),
        new("messages_rotate", "integer", "bytes of messages to keep, 0 for no bound; kept as given", true),
        new("media_ttl", "integer", "seconds for which media stay; kept as given", true),
        new("media_rotate", "integer", "bytes of media to keep; kept as given", true),
        new("metadata", "object", "free JSON of yours", true),
        new("connected", "boolean", "whether it is connected now"),
        new("telemetry", "object", "last value of each parameter, and its time"),
        new("last_active", "integer", "when it was heard last, s since 1970"),
        new("blocked", "integer", "0, or 6: its kind is not there"),
        new("blocked_reason", "string", "the same in words"));

    internal static ApiSchema Command { get; } = new("command",
        new("id", "integer", "number, given by the gateway"),
        new("device_id", "integer", "the device"),
        new("name", "string", "name, as the device type has it", true),
        new("properties", "object", "properties, as the schema of the command has them", true),
        new("address", "string", "always connection", true),
        new("state", "string", "queued, or sent and waiting for the answer"),
        new("priority", "integer", "greater ones go first", true),
        new("timeout", "integer", "seconds for which the answer is awaited, 5 to 60", true),
        new("attempts", "integer", "how often it was sent"),
        new("max_attempts", "integer", "how often it is sent at most until an answer comes", true),
        new("expires", "number", "from when on it is not sent any more, s since 1970; or ttl, seconds from now, 3600 unless said", true),
        new("timestamp", "number", "when it was queued, s since 1970"),
        new("reason", "string", "why the attempt before failed, or null"),
        new("meta", "object", "free JSON of yours", true));

    internal static ApiSchema CommandResult { get; } = new("command-result",
        new("id", "integer", "number of the command"),
        new("device_id", "integer", "the device"),
        new("name", "string", "name of the command"),
        new("properties", "object", "its properties"),
        new("address", "string", "always connection"),
        new("state", "string", "processed: the device answered; sent: it was sent, and the protocol knows no answers; failed, expired, cancelled: reason says why"),
        new("executed", "boolean", "whether the device answered; null when it was sent and nobody can say more"),
        new("response", "string", "the answer as the protocol has it, null for none"),
        new("response_hex", "string", "the bytes of the answer as they came, null for none"),
        new("reason", "string", "why it did not work, or what is to be known; null for nothing"),
        new("attempts", "integer", "how often it was sent"),
        new("created", "number", "when it was asked for, s since 1970"),
        new("sent", "number", "when it was sent last, null for never"),
        new("timestamp", "number", "when it ended"),
        new("channel_id", "integer", "the channel that it went through last, null for none"),
        new("connection_id", "integer", "the connection that it went through last, null for none"),
        new("meta", "object", "free JSON of yours"));

    internal static ApiSchema DeviceType { get; } = new("device-type",
        new("id", "integer", "number"),
        new("name", "string", "name"),
        new("title", "string", "vendor and model"),
        new("protocol_id", "integer", "the protocol"),
        new("protocol_name", "string", "name of the protocol"),
        new("device_type_name", "string", "the name again"),
        new("features", "object", "tcp, udp, commands: true or false"),
        new("schema", "object", "JSON schema of a device's configuration"),
        new("configuration", "object", "the same"),
        new("commands", "array", "commands that its devices understand: name, title, address, schema of the properties"),
        new("settings", "array", "always empty"),
        new("message_parameters", "array", "parameters that its messages can hold"));

    internal static ApiSchema Customer { get; } = new("customer",
        new("id", "integer", "number of the account: the cid of its items"),
        new("name", "string", "name for people", true),
        new("owner_id", "integer", "the account above, 0 for the root"),
        new("limit_id", "integer", "the limit it is under, 0 for none of its own"),
        new("created", "integer", "when, s since 1970"),
        new("metadata", "object", "free JSON of yours", true),
        new("limits", "object", "the numbers that hold for the account; what is not limited is left out"),
        new("counters", "object", "what it and those below it use; requests and bytes in the running minute"));

    internal static ApiSchema Subaccount { get; } = new("subaccount",
        new("id", "integer", "number of the account: the cid of its items"),
        new("cid", "integer", "the account above", true),
        new("name", "string", "name for people", true),
        new("limit_id", "integer", "the limit it is under, 0 for none of its own", true),
        new("owner_id", "integer", "the account above"),
        new("created", "integer", "when, s since 1970"),
        new("metadata", "object", "free JSON of yours", true));

    internal static ApiSchema Token { get; } = new("token",
        new("id", "integer", "number"),
        new("key", "string", "the key, in the answer to POST only; null ever after"),
        new("cid", "integer", "the account whose it is", true),
        new("info", "string", "what it is for", true),
        new("enabled", "boolean", "false opens nothing", true),
        new("ttl", "integer", "seconds since its last use for which it is valid; 0: that does not make it valid", true),
        new("expire", "integer", "time until which it is valid, s since 1970; 0: that does not make it valid", true),
        new("created", "integer", "when, s since 1970"),
        new("accessed", "integer", "last use, s since 1970, 0 for none"),
        new("access", "object", "type 0 standard, 1 master, 2 with acl: entries of uri, methods, ids, submodules, topic, actions", true),
        new("metadata", "object", "free JSON of yours", true));

    internal static ApiSchema Limit { get; } = new("limit",
    [
        new("id", "integer", "number"),
        new("cid", "integer", "the account whose it is", true),
        new("name", "string", "name for people", true),
        new("description", "string", "text for people", true),
        new("metadata", "object", "free JSON of yours", true),
        .. LimitName.All.Select(name => new ApiField(name.Name, "integer", $"{name.Meaning}; -1 for no limit{(name.IsEnforced ? "" : ". Kept, but nothing is held to it")}", true)),
    ]);

    internal static ApiSchema AccountLog { get; } = new("account-log",
        new("event_code", "integer", "what happened: 1 created, 2 changed, 3 removed, 600 token ended, 1000 request"),
        new("timestamp", "number", "when, s since 1970"),
        new("origin_id", "integer", "the item, or the account"),
        new("origin_type", "integer", "1 account, 4 limit, 5 subaccount, 33 token"),
        new("old", "object", "of changed and removed: the item before"),
        new("new", "object", "of created and changed: the item after; a token without its key"),
        new("method", "string", "of a request: HTTP method"),
        new("uri", "string", "of a request: path and query, at most 1024 characters"),
        new("response_code", "integer", "of a request: HTTP status of the answer"),
        new("source", "string", "of a request: address of the client"),
        new("token_id", "integer", "of a request: the token"),
        new("app", "string", "of a request: its x-flespi-app"),
        new("trace", "string", "of a request: its x-flespi-trace"));

    /// <summary>All schemas.</summary>
    internal static IReadOnlyList<ApiSchema> All { get; } = [Channel, Connection, Ident, Packet, Log, AccountLog, Protocol, DeviceType, Parameter, Device, Command, CommandResult, Customer, Subaccount, Token, Limit, MqttSchemas.Session, MqttSchemas.Subscription, MqttSchemas.Message, MqttSchemas.Log];

    /// <summary>The schema of what a route shows and takes; null when it has none.</summary>
    internal static ApiSchema? Of(ApiRoute route) => (route.Collection, route.Submodule) switch
    {
        ("gw/channels", null or "cid") => Channel,
        ("gw/channels", "connections") => Connection,
        ("gw/channels", "idents") => Ident,
        ("gw/channels", "packets") => Packet,
        ("gw/channels", "logs") => Log,
        ("gw/channel-protocols", null) => Protocol,
        ("gw/channel-protocols", "device-types") => DeviceType,
        ("gw/devices", null or "cid") => Device,
        ("gw/devices", "connections") => Connection,
        ("gw/devices", "packets") => Packet,
        ("gw/devices", "logs") => Log,
        ("gw/devices", "commands-queue" or "commands") => Command,
        ("gw/devices", "commands-result") => CommandResult,
        ("gw/message-parameters", null) => Parameter,
        ("platform/customer", null) when route.Path.EndsWith("/logs", StringComparison.Ordinal) => AccountLog,
        ("platform/tokens" or "platform/limits" or "platform/subaccounts", "logs") => AccountLog,
        ("platform/customer", null) => Customer,
        ("platform/subaccounts", null) => Subaccount,
        ("platform/tokens", null) or ("auth/info", null) => Token,
        ("platform/limits", null) => Limit,
        ("mqtt/sessions", null) => MqttSchemas.Session,
        ("mqtt/sessions", "subscriptions") => MqttSchemas.Subscription,
        ("mqtt/messages", null) => MqttSchemas.Message,
        ("mqtt/logs", null) => MqttSchemas.Log,
        _ => null,
    };
}
