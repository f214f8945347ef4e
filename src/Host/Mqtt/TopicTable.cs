namespace Gateway.Host.Mqtt;

/// <summary>The topics below <c>flespi/</c> that this gateway publishes to, for clients that build filters; they read it at <c>/const/values</c>.</summary>
internal static class TopicTable
{
    /// <summary>Topics with words in braces for what varies, and what is published there.</summary>
    internal static IReadOnlyList<(string Topic, string Description)> All { get; } =
    [
        (Channels.ChannelInterest.MessagePrefix + "{channel_id}/{ident}", "each message that a channel stored"),
        (Channels.ChannelInterest.DevicePrefix + "{device_id}", "each message of a device, whichever channel stored it"),
        ("flespi/state/gw/channels/{channel_id}", "retained: the channel, with the fields that REST shows by default"),
        ("flespi/state/gw/channels/{channel_id}/{property}", "retained: one field of the channel"),
        ("flespi/state/gw/devices/{device_id}", "retained: the device, with the fields that REST shows by default"),
        ("flespi/state/gw/devices/{device_id}/{property}", "retained: one field of the device"),
        ("flespi/state/gw/devices/{device_id}/telemetry/{parameter}", "retained: the last value of a parameter, with the time of the value"),
        ("flespi/state/gw/devices/{device_id}/connections/{connection_id}", "retained: an open connection of the device"),
        ("flespi/state/gw/devices/{device_id}/commands-queue/{command_id}", "retained: a command that has not ended"),
        ("flespi/log/gw/channels/{channel_id}/{event}", "what happened to a channel, as its log shows it"),
        ("flespi/log/gw/channels/{channel_id}/connections/{connection_id}/{event}", "what happened on a connection: accepted, identified, closed, error"),
        ("flespi/log/gw/devices/{device_id}/{event}", "what happened to a device"),
        ("flespi/log/gw/devices/{device_id}/commands-queue/{command_id}/{event}", "what happened to a command: queued, sent, processed, canceled, expired"),
        ("flespi/state/mqtt/sessions/{session_id}", "retained: the MQTT session, as REST shows it, without what waits"),
        ("flespi/state/mqtt/sessions/{session_id}/{property}", "retained: one field of the session"),
        ("flespi/log/mqtt/sessions/{session_id}/{event}", "what happened to a session: created, updated, deleted, accepted, blocked, rejected, closed, overflowed, subscribed, unsubscribed, subscription_created, ..."),
        ("flespi/log/platform/customer/{cid}/request", "a REST request of the account that changed something or was refused"),
        ("flespi/log/platform/{tokens|limits|subaccounts}/{id}/{event}", "what happened to items of the account"),
    ];
}
