using Gateway.Codecs;
using Gateway.Storage.Rings;

namespace Gateway.Host.Listeners;

/// <summary>Why bytes of a packet became no message. The names are those of the counters; the numbers are on disk: append only.</summary>
internal enum PacketRefusal
{
    /// <summary><see cref="FrameStatus.Malformed"/> or <see cref="DecodeStatus.Malformed"/>.</summary>
    Malformed = 1,
    /// <summary><see cref="FrameStatus.TooLong"/>.</summary>
    TooLong = 2,
    /// <summary><see cref="DecodeStatus.Unknown"/>.</summary>
    Unknown = 3,
    /// <summary><see cref="DecodeStatus.Truncated"/>, or a datagram that ends within a frame.</summary>
    Truncated = 4,
    /// <summary><see cref="DecodeStatus.BadChecksum"/>.</summary>
    BadChecksum = 5,
    /// <summary><see cref="DecodeStatus.NotIdentified"/>.</summary>
    NotIdentified = 6,
    /// <summary><see cref="DecodeStatus.TooLarge"/>.</summary>
    TooLarge = 7,
    /// <summary>The device is disabled: counted as refused device.</summary>
    DeviceRefused = 8,
    /// <summary>A fault of ours: counted as codec fault.</summary>
    CodecFault = 9,
}

/// <summary>Reads and writes what the ring of raw traffic notes about packets: the key of the first message that they became, with how many; or, with key 0, since keys are positive, a <see cref="PacketRefusal"/>.</summary>
internal static class PacketNote
{
    internal static RingNote Of(PacketRefusal refusal) => new(0, (int)refusal);

    internal static RingNote OfMessages(long firstKey, int count) => new(firstKey, count);

    /// <summary>Whether a note tells of messages; otherwise of a refusal.</summary>
    internal static bool IsOfMessages(RingNote note) => note.Key > 0;

    /// <summary>The name of a refusal; null for one that a later version noted.</summary>
    internal static string? RefusalOf(RingNote note) => note.Key == 0 ? Enum.GetName((PacketRefusal)note.Value) : null;

    internal static PacketRefusal Reason(FrameStatus status) => status is FrameStatus.TooLong ? PacketRefusal.TooLong : PacketRefusal.Malformed;

    internal static PacketRefusal Reason(DecodeStatus status) => status switch
    {
        DecodeStatus.Unknown => PacketRefusal.Unknown,
        DecodeStatus.Truncated => PacketRefusal.Truncated,
        DecodeStatus.BadChecksum => PacketRefusal.BadChecksum,
        DecodeStatus.NotIdentified => PacketRefusal.NotIdentified,
        DecodeStatus.TooLarge => PacketRefusal.TooLarge,
        _ => PacketRefusal.Malformed,
    };
}
