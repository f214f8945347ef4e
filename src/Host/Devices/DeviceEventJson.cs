using System.Text.Json;
using Gateway.Host.Configuration;

namespace Gateway.Host.Devices;

/// <summary>Writes an event of a device as the API shows it, but for its time: that is the record's.</summary>
internal static class DeviceEventJson
{
    /// <summary>What the API calls devices in <c>origin_type</c>.</summary>
    internal const int OriginType = 11;

    /// <summary>The event as a flat JSON object, names in their order.</summary>
    internal static string Of(long deviceId, DeviceEvent happened) => StoredJson.Object(json =>
    {
        bool isDisconnect = happened.Code is DeviceEventCode.Disconnected;
        if (happened.ChannelId != 0) json.WriteNumber("channel_id", happened.ChannelId);
        if (isDisconnect) json.WriteNumber("close_code", (int)happened.CloseCode);
        if (happened.CommandId != 0) json.WriteNumber("command_id", happened.CommandId);
        if (happened.ConnectionId != 0) json.WriteNumber("connection_id", happened.ConnectionId);
        if (isDisconnect) json.WriteNumber("duration", happened.DurationUs / 1e6m);
        json.WriteNumber("event_code", (int)happened.Code);
        Text(json, "ident", happened.Ident);
        if (isDisconnect) json.WriteNumber("msgs", happened.Messages);
        Text(json, "name", happened.CommandName);
        if (happened.NewJson is { } after) json.WriteRaw("new", after);
        if (happened.OldJson is { } before) json.WriteRaw("old", before);
        json.WriteNumber("origin_id", deviceId);
        json.WriteNumber("origin_type", OriginType);
        Text(json, "reason", happened.Text);
        if (isDisconnect) json.WriteNumber("recv", happened.BytesReceived);
        if (isDisconnect) json.WriteNumber("send", happened.BytesSent);
        Text(json, "source", happened.Source);
        Text(json, "transport", happened.Transport);
    });

    private static void Text(Utf8JsonWriter json, string name, string? text)
    {
        if (text is not null) json.WriteString(name, text);
    }
}
