namespace Gateway.Host.Accounts;

/// <summary>One of the numbers that a limit can have.</summary>
/// <param name="Name">Its name in the API.</param>
/// <param name="Meaning">What it bounds; for a number that only is kept, what it would bound.</param>
/// <param name="IsEnforced">Whether this gateway keeps to it. The others belong to things it does not have.</param>
/// <param name="Min">Least value besides -1, which means none.</param>
internal sealed record LimitName(string Name, string Meaning, bool IsEnforced = false, long Min = 0)
{
    internal static readonly LimitName ApiCalls = new("api_calls", "REST requests per minute of the account and those below it", true);
    internal static readonly LimitName ApiTraffic = new("api_traffic", "bytes of REST requests and answers per minute of the account and those below it", true);
    internal static readonly LimitName ChannelsCount = new("channels_count", "channels of the account and those below it", true);
    internal static readonly LimitName ChannelMessages = new("channel_messages", "messages per minute of a channel; then it is blocked with code 2", true, 1);
    internal static readonly LimitName ChannelStorage = new("channel_storage", "bytes in the buffer of a channel; then it is blocked with code 4", true, 65_536);
    internal static readonly LimitName ChannelTraffic = new("channel_traffic", "bytes per minute received by a channel; then it is blocked with code 3", true, 1);
    internal static readonly LimitName ChannelConnections = new("channel_connections", "TCP connections of a channel at one time; then it is blocked with code 1", true, 1);
    internal static readonly LimitName DevicesCount = new("devices_count", "devices of the account and those below it", true);
    internal static readonly LimitName MqttSessions = new("mqtt_sessions", "MQTT sessions of the account and those below it", true);
    internal static readonly LimitName MqttMessages = new("mqtt_messages", "MQTT messages per minute published by clients of the account and those below it", true);
    internal static readonly LimitName MqttSubscriptions = new("mqtt_subscriptions", "MQTT subscriptions of the account and those below it", true);
    internal static readonly LimitName MqttSessionStorage = new("mqtt_session_storage", "bytes that wait for an MQTT session; then they are lost and its client is disconnected", true, 65_536);
    internal static readonly LimitName MqttRetainedStorage = new("mqtt_retained_storage", "bytes of retained MQTT messages of the account and those below it", true);
    internal static readonly LimitName TokensCount = new("tokens_count", "tokens of the account and those below it", true);
    internal static readonly LimitName SubaccountsCount = new("subaccounts_count", "subaccounts of the account and those below it", true);
    internal static readonly LimitName LimitsCount = new("limits_count", "limits of the account and those below it", true);

    /// <summary>All of them, in the order of the API.</summary>
    internal static IReadOnlyList<LimitName> All { get; } =
    [
        new("blocking_duration", "seconds for which a blocked item stays so"),
        ApiCalls, ApiTraffic, ChannelsCount, ChannelMessages, ChannelStorage, ChannelTraffic, ChannelConnections,
        new("containers_count", "containers"), new("container_storage", "bytes of a container"),
        new("cdns_count", "file stores"), new("cdn_storage", "bytes of a file store"), new("cdn_traffic", "bytes per minute of a file store"),
        DevicesCount, new("device_storage", "bytes of a device's messages"),
        new("device_media_traffic", "bytes of media per minute of a device"), new("device_media_storage", "bytes of a device's media"),
        new("streams_count", "streams"), new("stream_storage", "bytes of a stream's queue"), new("stream_traffic", "bytes per minute of a stream"),
        new("modems_count", "modems"),
        MqttSessions, MqttMessages, MqttSessionStorage, MqttRetainedStorage, MqttSubscriptions,
        new("sms_count", "text messages"),
        TokensCount, SubaccountsCount, LimitsCount,
        new("realms_count", "realms"), new("calcs_count", "calculators"), new("calcs_storage", "bytes of a calculator"),
        new("plugins_count", "plugins"), new("plugin_traffic", "bytes per minute of a plugin"), new("plugin_buffered_messages", "messages that wait for a plugin"),
        new("groups_count", "groups"), new("webhooks_count", "webhooks"), new("webhook_storage", "bytes of a webhook's queue"), new("webhook_traffic", "bytes per minute of a webhook"),
        new("grants_count", "grants"), new("identity_providers_count", "identity providers"),
    ];

    private static readonly Dictionary<string, LimitName> s_byName = All.ToDictionary(name => name.Name, StringComparer.Ordinal);

    /// <summary>Finds one by its name.</summary>
    internal static LimitName? Find(string name) => s_byName.GetValueOrDefault(name);
}
