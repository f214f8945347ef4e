using System.Text;
using Gateway.Host.Listeners;
using Gateway.Storage.Rings;

namespace Gateway.Host.Channels;

/// <summary>What the API calls <c>event_code</c>.</summary>
public enum ChannelEventCode
{
    /// <summary>The channel was created.</summary>
    Created = 1,
    /// <summary>The channel was changed.</summary>
    Updated = 2,
    /// <summary>The channel was removed.</summary>
    Deleted = 3,
    /// <summary>The channel was given to another account.</summary>
    Moved = 4,
    /// <summary>A limit stops the channel.</summary>
    Blocked = 20,
    /// <summary>The limit no longer stops it.</summary>
    Unblocked = 21,
    /// <summary>The buffer holds four fifths of what it may. A code of our own.</summary>
    BufferNearlyFull = 22,
    /// <summary>The oldest messages of the buffer gave way to newer ones. A code of our own.</summary>
    MessagesDropped = 23,
    /// <summary>A device connected.</summary>
    Accepted = 100,
    /// <summary>A device told its ident.</summary>
    Identified = 101,
    /// <summary>A connection ended.</summary>
    Closed = 102,
    /// <summary>Data of a device could not be processed.</summary>
    ProcessingError = 103,
    /// <summary>The channel can't work as configured, for example because its port is taken.</summary>
    ConfigurationInvalid = 114,
}

/// <summary>Something that happened on a channel.</summary>
/// <param name="TimeUs">When, µs since 1970.</param>
/// <param name="Code">What.</param>
public readonly record struct ChannelEvent(long TimeUs, ChannelEventCode Code)
{
    /// <summary>The connection it happened to, 0 for none.</summary>
    public long ConnectionId { get; init; }
    /// <summary>Ident of the device, or null.</summary>
    public string? Ident { get; init; }
    /// <summary>Address of the device, or null.</summary>
    public string? Source { get; init; }
    /// <summary><c>tcp</c> or <c>udp</c>, or null.</summary>
    public string? Transport { get; init; }
    /// <summary>Why the connection ended.</summary>
    public CloseCode CloseCode { get; init; }
    /// <summary>Bytes received on the connection.</summary>
    public long BytesReceived { get; init; }
    /// <summary>Bytes sent on the connection.</summary>
    public long BytesSent { get; init; }
    /// <summary>Messages stored from the connection.</summary>
    public long Messages { get; init; }
    /// <summary>How long the connection lasted, µs.</summary>
    public long DurationUs { get; init; }
    /// <summary>The limit that stops the channel, see <see cref="Channel.Blocked"/>.</summary>
    public int Blocked { get; init; }
    /// <summary>Details of an error.</summary>
    public string? Text { get; init; }
    /// <summary>The channel as it was before, as JSON; null when that is not told.</summary>
    public string? OldJson { get; init; }
    /// <summary>The channel as it is now, as JSON; null when that is not told.</summary>
    public string? NewJson { get; init; }
}

/// <summary>What happens on a channel: kept in its ring of logs, and told to whoever listens.</summary>
public sealed class ChannelEvents
{
    private const int IdentBytesMax = 255;

    private readonly Channel _channel;

    internal ChannelEvents(Channel channel) => _channel = channel;

    /// <summary>An event happened; raised on the thread where it did. Handlers must be short and not throw.</summary>
    public event Action<ChannelEvent>? Happened;

    internal void Add(in ChannelEvent happened)
    {
        Span<byte> ident = stackalloc byte[IdentBytesMax];
        int length = happened.Ident is { } text && Encoding.UTF8.TryGetBytes(text, ident, out int written) ? written : 0;
        ReadOnlySpan<byte> json = EventJson.Write(_channel.Id, happened);
        if (json.Length > Ring.BytesMax) json = EventJson.Write(_channel.Id, happened with { OldJson = null, NewJson = null });
        if (json.Length <= Ring.BytesMax) _channel.Rings.Logs.TryAdd(new RingEntry(happened.TimeUs, happened.ConnectionId, 0, (int)happened.Code), ident[..length], json);
        Happened?.Invoke(happened);
    }
}
