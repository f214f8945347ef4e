namespace Gateway.Host.Channels;

/// <summary>Counts messages and bytes of the running minute against a channel's limits per minute.</summary>
internal sealed class MinuteBudget(TimeProvider clock)
{
    private static readonly long MinuteTicks = TimeSpan.FromMinutes(1).Ticks;

    private readonly Lock _gate = new();
    private long _minute;
    private long _messages;
    private long _bytes;

    /// <summary>Adds what was just stored.</summary>
    /// <returns>0, or the block code of the limit reached.</returns>
    public int Use(ChannelSettings settings, int messages, long bytes)
    {
        if (settings.MessagesPerMinuteMax == 0 && settings.BytesPerMinuteMax == 0) return 0;
        lock (_gate)
        {
            long minute = clock.GetUtcNow().Ticks / MinuteTicks;
            if (minute != _minute) (_minute, _messages, _bytes) = (minute, 0, 0);
            _messages += messages;
            _bytes += bytes;
            return Code(settings);
        }
    }

    /// <summary>The block code that holds now, 0 for none.</summary>
    public int Blocked(ChannelSettings settings)
    {
        if (settings.MessagesPerMinuteMax == 0 && settings.BytesPerMinuteMax == 0) return 0;
        lock (_gate) return clock.GetUtcNow().Ticks / MinuteTicks == _minute ? Code(settings) : 0;
    }

    /// <summary>Time until the running minute ends.</summary>
    public TimeSpan Rest() => TimeSpan.FromTicks(MinuteTicks - clock.GetUtcNow().Ticks % MinuteTicks);

    private int Code(ChannelSettings settings) =>
        settings.MessagesPerMinuteMax > 0 && _messages >= settings.MessagesPerMinuteMax ? Channel.BlockedByMessages
        : settings.BytesPerMinuteMax > 0 && _bytes >= settings.BytesPerMinuteMax ? Channel.BlockedByTraffic
        : 0;
}
