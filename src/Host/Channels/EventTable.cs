using Gateway.Host.Accounts;
using Gateway.Host.Devices;
using Gateway.Host.Listeners;
using Gateway.Host.Mqtt.Logs;

namespace Gateway.Host.Channels;

/// <summary>How much an event matters, with the words of the API.</summary>
internal enum EventSeverity
{
    /// <summary>Something works as it should.</summary>
    Info,
    /// <summary>Somebody changed something.</summary>
    Notice,
    /// <summary>Something does not work as it should; no harm is done yet.</summary>
    Warning,
    /// <summary>Something does not work.</summary>
    Alert,
}

/// <summary>What an event code means.</summary>
/// <param name="Code">The code.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Description">One line for people.</param>
/// <param name="ExtraName">The field of the event whose numbers have a meaning of their own; null for none.</param>
internal sealed record EventMeaning(int Code, EventSeverity Severity, string Description, string? ExtraName = null)
{
    /// <summary>What those numbers mean; null when they are the same wherever the field is.</summary>
    internal IReadOnlyList<CodeMeaning>? Codes { get; init; }
}

/// <summary>What a number in an event means.</summary>
/// <param name="Code">The number.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Description">One line for people.</param>
internal sealed record CodeMeaning(int Code, EventSeverity Severity, string Description);

/// <summary>The one table of what event codes, close codes and block codes mean; clients read it at <c>/const/values</c>. A test asks for a row for each member of the enums.</summary>
internal static class EventTable
{
    /// <summary>Name of the field with a close code.</summary>
    internal const string CloseCodeName = "close_code";

    /// <summary>Name of the field with a block code.</summary>
    internal const string BlockedName = "blocked";

    internal static IReadOnlyList<EventMeaning> Events { get; } =
    [
        Row(ChannelEventCode.Created, EventSeverity.Notice, "item created"),
        Row(ChannelEventCode.Updated, EventSeverity.Notice, "item changed"),
        Row(ChannelEventCode.Deleted, EventSeverity.Notice, "item removed"),
        Row(ChannelEventCode.Moved, EventSeverity.Notice, "item given to another account"),
        Row(ChannelEventCode.Blocked, EventSeverity.Alert, "item blocked", BlockedName),
        Row(ChannelEventCode.Unblocked, EventSeverity.Info, "item no longer blocked", BlockedName),
        Row(ChannelEventCode.BufferNearlyFull, EventSeverity.Warning, "buffer is 80 % full"),
        Row(ChannelEventCode.MessagesDropped, EventSeverity.Warning, "oldest messages gave way because the buffer is full"),
        Row(ChannelEventCode.Accepted, EventSeverity.Info, "connection accepted"),
        Row(ChannelEventCode.Identified, EventSeverity.Info, "device identified"),
        Row(ChannelEventCode.Closed, EventSeverity.Info, "connection closed", CloseCodeName),
        Row(ChannelEventCode.ProcessingError, EventSeverity.Warning, "data of a device could not be processed"),
        Row(ChannelEventCode.ConfigurationInvalid, EventSeverity.Alert, "channel can't work as configured"),
        Row(DeviceEventCode.Connected, EventSeverity.Info, "device connected"),
        Row(DeviceEventCode.Disconnected, EventSeverity.Info, "device disconnected", CloseCodeName),
        Row(DeviceEventCode.CommandQueued, EventSeverity.Info, "command queued"),
        Row(DeviceEventCode.CommandCancelled, EventSeverity.Notice, "command cancelled"),
        Row(DeviceEventCode.CommandProcessed, EventSeverity.Info, "command processed; its result says how"),
        Row(DeviceEventCode.CommandExpired, EventSeverity.Warning, "command expired"),
        Row(DeviceEventCode.CommandSent, EventSeverity.Info, "command sent"),
        .. SessionEventTable.Events,
        new((int)AccountEventCode.TokenEnded, EventSeverity.Notice, "token ended and was removed"),
        new((int)AccountEventCode.Request, EventSeverity.Info, "REST request that changed something or was refused"),
    ];

    internal static IReadOnlyList<CodeMeaning> CloseCodes { get; } =
    [
        Row(CloseCode.Unexpected, EventSeverity.Warning, "the peer vanished without closing"),
        Row(CloseCode.ClosedByDevice, EventSeverity.Info, "closed by the device"),
        Row(CloseCode.Processed, EventSeverity.Info, "processed, and closed as the protocol wants it"),
        Row(CloseCode.ProtocolViolation, EventSeverity.Warning, "the data violate the protocol"),
        Row(CloseCode.InternalError, EventSeverity.Alert, "a fault of the gateway"),
        Row(CloseCode.ParsingError, EventSeverity.Warning, "a frame could not be decoded"),
        Row(CloseCode.ServerRestart, EventSeverity.Info, "the gateway stops"),
        Row(CloseCode.ProtocolUpdated, EventSeverity.Info, "the codec was replaced"),
        Row(CloseCode.ChannelChanged, EventSeverity.Notice, "the configuration of the channel changed"),
        Row(CloseCode.UserRequest, EventSeverity.Notice, "closed on a user's request"),
        Row(CloseCode.OutgoingFailed, EventSeverity.Warning, "a connection to the outside failed"),
        Row(CloseCode.IdentCollision, EventSeverity.Warning, "a device with the same ident opened another connection"),
        Row(CloseCode.DeviceBlocked, EventSeverity.Warning, "the device is blocked"),
        Row(CloseCode.AuthenticationFailed, EventSeverity.Warning, "the device did not identify itself as the protocol wants"),
        Row(CloseCode.DeviceChanged, EventSeverity.Notice, "the device was created, changed or removed"),
        Row(CloseCode.AddressNotAllowed, EventSeverity.Warning, "the address is not among the allowed ones"),
        Row(CloseCode.IdleTimeout, EventSeverity.Info, "no byte for the idle timeout"),
        Row(CloseCode.Unsupported, EventSeverity.Warning, "a part of the protocol that is not supported"),
        Row(CloseCode.ProtocolMismatch, EventSeverity.Warning, "the first bytes are another protocol"),
        Row(CloseCode.ChannelBlocked, EventSeverity.Warning, "the channel is blocked"),
        Row(CloseCode.Disabled, EventSeverity.Notice, "the channel or device was disabled or removed"),
    ];

    internal static IReadOnlyList<CodeMeaning> BlockCodes { get; } =
    [
        new(Channel.BlockedByConnections, EventSeverity.Alert, "limit of connections"),
        new(Channel.BlockedByMessages, EventSeverity.Alert, "limit of messages per minute"),
        new(Channel.BlockedByTraffic, EventSeverity.Alert, "limit of bytes per minute"),
        new(Channel.BlockedByStorage, EventSeverity.Alert, "limit of stored bytes, or the disk does not work"),
        new(Channel.BlockedByConfiguration, EventSeverity.Alert, "the item can't work as configured"),
    ];

    /// <summary>Meanings of the numbers in the field that an event has for them.</summary>
    internal static IReadOnlyList<CodeMeaning> CodesOf(EventMeaning meaning) => meaning.Codes ?? (meaning.ExtraName == CloseCodeName ? CloseCodes : BlockCodes);

    private static EventMeaning Row(ChannelEventCode code, EventSeverity severity, string description, string? extraName = null) => new((int)code, severity, description, extraName);

    private static EventMeaning Row(DeviceEventCode code, EventSeverity severity, string description, string? extraName = null) => new((int)code, severity, description, extraName);

    private static CodeMeaning Row(CloseCode code, EventSeverity severity, string description) => new((int)code, severity, description);
}
