namespace Gateway.Host.Simulation;

/// <summary>What simulated devices did together. Any number of threads.</summary>
internal sealed class SimulationCounters
{
    private long _connected;
    private long _sent;
    private long _acknowledged;
    private long _messages;
    private long _different;
    private long _unanswered;
    private long _reconnects;
    private long _latencyUs;
    private long _latencyMaxUs;

    /// <summary>Devices connected now.</summary>
    public long Connected => Volatile.Read(ref _connected);

    /// <summary>Data packets sent, repetitions not counted.</summary>
    public long Sent => Volatile.Read(ref _sent);

    /// <summary>Data packets whose reply came and was the expected one; those that the protocol does not answer count when sent.</summary>
    public long Acknowledged => Volatile.Read(ref _acknowledged);

    /// <summary>Messages in acknowledged packets.</summary>
    public long Messages => Volatile.Read(ref _messages);

    /// <summary>Packets answered with other bytes than the spec says.</summary>
    public long Different => Volatile.Read(ref _different);

    /// <summary>Times that a reply did not come before the limit or the connection broke while it was awaited.</summary>
    public long Unanswered => Volatile.Read(ref _unanswered);

    /// <summary>Connections opened anew after one broke or could not be opened.</summary>
    public long Reconnects => Volatile.Read(ref _reconnects);

    /// <summary>Mean time from packet to reply, ms.</summary>
    public double LatencyMeanMs => Acknowledged == 0 ? 0 : Volatile.Read(ref _latencyUs) / 1000.0 / Acknowledged;

    /// <summary>Longest time from packet to reply, ms.</summary>
    public double LatencyMaxMs => Volatile.Read(ref _latencyMaxUs) / 1000.0;

    internal void CountConnected(int change) => Interlocked.Add(ref _connected, change);

    internal void CountSent() => Interlocked.Increment(ref _sent);

    internal void CountDifferent() => Interlocked.Increment(ref _different);

    internal void CountUnanswered() => Interlocked.Increment(ref _unanswered);

    internal void CountReconnect() => Interlocked.Increment(ref _reconnects);

    internal void CountAcknowledged(int messages, TimeSpan latency)
    {
        Interlocked.Increment(ref _acknowledged);
        Interlocked.Add(ref _messages, messages);
        long us = (long)latency.TotalMicroseconds;
        Interlocked.Add(ref _latencyUs, us);
        long max = Volatile.Read(ref _latencyMaxUs);
        while (us > max && Interlocked.CompareExchange(ref _latencyMaxUs, us, max) is var seen && seen != max) max = seen;
    }
}
