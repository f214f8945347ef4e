namespace Gateway.Host.Listeners;

/// <summary>Why a connection ended, with the numbers that the API shows in <c>close_code</c>. The names are the names of the counters.</summary>
public enum CloseCode : sbyte
{
    /// <summary>The connection is open.</summary>
    Open = 0,
    /// <summary>The peer vanished without closing.</summary>
    Unexpected = -1,
    /// <summary>The device closed.</summary>
    ClosedByDevice = 2,
    /// <summary>Processed, and closed by us as the protocol wants it.</summary>
    Processed = 3,
    /// <summary>The data violate the protocol.</summary>
    ProtocolViolation = 4,
    /// <summary>A fault of ours.</summary>
    InternalError = 5,
    /// <summary>A frame could not be decoded.</summary>
    ParsingError = 6,
    /// <summary>The gateway stops.</summary>
    ServerRestart = 7,
    /// <summary>The codec was replaced.</summary>
    ProtocolUpdated = 8,
    /// <summary>The channel's configuration changed.</summary>
    ChannelChanged = 9,
    /// <summary>Somebody asked for it through the API.</summary>
    UserRequest = 10,
    /// <summary>A connection of ours to the outside failed.</summary>
    OutgoingFailed = 11,
    /// <summary>The same device opened another connection.</summary>
    IdentCollision = 12,
    /// <summary>The device is blocked.</summary>
    DeviceBlocked = 13,
    /// <summary>The device did not identify itself as the protocol wants.</summary>
    AuthenticationFailed = 14,
    /// <summary>The device was created, changed or deleted.</summary>
    DeviceChanged = 15,
    /// <summary>The address is not in the list of allowed ones.</summary>
    AddressNotAllowed = 16,
    /// <summary>No byte for the idle timeout.</summary>
    IdleTimeout = 17,
    /// <summary>A part of the protocol that is not supported.</summary>
    Unsupported = 18,
    /// <summary>The very first bytes are another protocol.</summary>
    ProtocolMismatch = 19,
    /// <summary>The channel is blocked, for example by its connection limit.</summary>
    ChannelBlocked = 21,
    /// <summary>The device or the channel is disabled, or the channel was removed.</summary>
    Disabled = 23,
}
