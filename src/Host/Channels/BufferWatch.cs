using System.Globalization;
using Gateway.Storage;

namespace Gateway.Host.Channels;

/// <summary>Warns before a buffer is full, and tells when messages gave way. One caller at a time looks, every now and then.</summary>
internal sealed class BufferWatch
{
    /// <summary>Share of the quota at which a warning is given, percent.</summary>
    internal const int WarnPercent = 80;

    /// <summary>Share of the quota below which the next warning may come, percent.</summary>
    internal const int ForgetPercent = 70;

    private static readonly TimeSpan PauseBetweenDrops = TimeSpan.FromMinutes(1);

    private bool _isWarned;
    private long _looks;
    private long _droppedTold;
    private long? _droppedToldAt;

    /// <summary>How often it looked.</summary>
    internal long Looks => Volatile.Read(ref _looks);

    /// <summary>Looks at the buffer and adds the events that are due.</summary>
    internal void Look(Channel channel)
    {
        Volatile.Write(ref _looks, _looks + 1);
        LogState state = channel.Log.State;
        long quotaBytes = channel.Settings.QuotaBytes;
        decimal percent = (decimal)state.Bytes * 100 / quotaBytes;
        if (!_isWarned && percent >= WarnPercent)
        {
            _isWarned = true;
            Add(channel, ChannelEventCode.BufferNearlyFull, $"{state.Bytes} of {quotaBytes} bytes are used. Read and delete messages, shorten messages_ttl or raise quota_bytes.");
        }
        else if (percent < ForgetPercent)
        {
            _isWarned = false;
        }

        long dropped = state.DroppedCount - _droppedTold;
        if (dropped <= 0 || (_droppedToldAt is { } at && channel.Clock.GetElapsedTime(at) < PauseBetweenDrops)) return;
        _droppedTold = state.DroppedCount;
        _droppedToldAt = channel.Clock.GetTimestamp();
        Add(channel, ChannelEventCode.MessagesDropped, $"{dropped} messages gave way to newer ones.");
    }

    private static void Add(Channel channel, ChannelEventCode code, FormattableString text) =>
        channel.Events.Add(new ChannelEvent(channel.NowUs, code) { Text = text.ToString(CultureInfo.InvariantCulture) });
}
