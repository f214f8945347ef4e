using Gateway.Host.Listeners;

namespace Gateway.Host.Devices;

/// <summary>What the API calls <c>event_code</c>.</summary>
internal enum DeviceEventCode
{
    /// <summary>The device was created.</summary>
    Created = 1,
    /// <summary>The device was changed.</summary>
    Updated = 2,
    /// <summary>The device was removed.</summary>
    Deleted = 3,
    /// <summary>The device was given to another account.</summary>
    Moved = 4,
    /// <summary>A connection told the device's ident.</summary>
    Connected = 300,
    /// <summary>A connection of the device ended.</summary>
    Disconnected = 301,
    /// <summary>A command waits for the device.</summary>
    CommandQueued = 330,
    /// <summary>A command was taken back.</summary>
    CommandCancelled = 331,
    /// <summary>A command ended: answered, or not, as its result says.</summary>
    CommandProcessed = 332,
    /// <summary>The time of a command was over.</summary>
    CommandExpired = 333,
    /// <summary>A command was sent.</summary>
    CommandSent = 334,
}

/// <summary>Something that happened to a device.</summary>
/// <param name="TimeUs">When, µs since 1970.</param>
/// <param name="Code">What.</param>
internal readonly record struct DeviceEvent(long TimeUs, DeviceEventCode Code)
{
    /// <summary>The channel of the connection, 0 for none.</summary>
    public long ChannelId { get; init; }
    /// <summary>The connection it happened on, 0 for none.</summary>
    public long ConnectionId { get; init; }
    /// <summary>What the device called itself, or null.</summary>
    public string? Ident { get; init; }
    /// <summary>Address of the device, or null.</summary>
    public string? Source { get; init; }
    /// <summary><c>tcp</c> or <c>udp</c>, or null.</summary>
    public string? Transport { get; init; }
    /// <summary>Why the connection ended; open when it is another device's now.</summary>
    public CloseCode CloseCode { get; init; }
    /// <summary>Bytes received on the connection.</summary>
    public long BytesReceived { get; init; }
    /// <summary>Bytes sent on the connection.</summary>
    public long BytesSent { get; init; }
    /// <summary>Messages stored from the connection.</summary>
    public long Messages { get; init; }
    /// <summary>How long the connection lasted, µs.</summary>
    public long DurationUs { get; init; }
    /// <summary>The command it happened to, 0 for none.</summary>
    public long CommandId { get; init; }
    /// <summary>Name of the command, or null.</summary>
    public string? CommandName { get; init; }
    /// <summary>What is to be said of it, or null.</summary>
    public string? Text { get; init; }
    /// <summary>The device as it was before, as JSON; null when that is not told.</summary>
    public string? OldJson { get; init; }
    /// <summary>The device as it is now, as JSON; null when that is not told.</summary>
    public string? NewJson { get; init; }
}

/// <summary>Hands what happens to devices to whoever keeps or publishes it; keeps nothing itself.</summary>
internal sealed class DeviceEvents
{
    /// <summary>Something happened; raised on the thread where it did. Handlers must be short and not throw.</summary>
    internal event Action<Device, DeviceEvent>? Happened;

    internal void Add(Device device, in DeviceEvent happened) => Happened?.Invoke(device, happened);
}
