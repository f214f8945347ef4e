namespace Gateway.Storage;

/// <summary>The channel logs that hold pages in memory, at most so many: another one closes one that was not used for long.</summary>
/// <remarks>The one to close is the longest unused of a few that are picked at random, which comes close to the longest unused of all and needs no list in order.</remarks>
internal sealed class OpenLogs(int countMax)
{
    private const int PickedMax = 8;

    private readonly List<ChannelLog> _open = [];
    private readonly Random _random = new(0);       // the same picks in every run of a stepped store
    private readonly Lock _gate = new();

    /// <summary>Logs that are open.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _open.Count;
        }
    }

    /// <summary>Counts a log that was just opened, and closes others as long as there are too many. The gate of the log is held, so a log that somebody uses at the moment
    /// is left alone: for that moment there may be more.</summary>
    public void Add(ChannelLog opened)
    {
        lock (_gate) _open.Add(opened);
        for (int tries = 0; tries < PickedMax && Count > countMax; tries++)
            if (Oldest(opened) is { } log) log.TryGiveBack();
    }

    /// <summary>A log was closed.</summary>
    public void Remove(ChannelLog log)
    {
        lock (_gate)
        {
            int index = _open.IndexOf(log);
            if (index < 0) return;
            _open[index] = _open[^1];
            _open.RemoveAt(_open.Count - 1);
        }
    }

    private ChannelLog? Oldest(ChannelLog except)
    {
        lock (_gate)
        {
            ChannelLog? oldest = null;
            for (int i = 0; i < PickedMax; i++)
            {
                ChannelLog picked = _open[_random.Next(_open.Count)];
                if (picked != except && (oldest is null || picked.LastUse < oldest.LastUse)) oldest = picked;
            }

            return oldest;
        }
    }
}
