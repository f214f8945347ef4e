using Gateway.Host.Mqtt.Routing;
using Gateway.Host.Mqtt.Sessions;

namespace Gateway.Host.Mqtt.States;

/// <summary>Lets clients keep up with a round of many changes: between some of them it waits until those that got them have room again.</summary>
/// <remarks>
/// Ten thousand devices that report in the same second are some 200,000 changes, and what waits for a client is bounded. A client that takes nothing for <see cref="Patience"/> is not waited for
/// any more until it has room at the beginning of a round; one that reads slowly costs a round <see cref="WaitMax"/> at most. One thread at a time.
/// </remarks>
internal sealed class StatePace
{
    /// <summary>Longest wait for a client that takes nothing.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);

    /// <summary>Longest wait in one round.</summary>
    internal static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(2);

    // A client has room while half of its outbox is free: so many more can't fill it.
    private const int ChangesPerLook = MqttLimits.OutboxCountMax / 4;
    private static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(1);

    private readonly HashSet<Session> _told = [];
    private readonly HashSet<Session> _hanging = [];
    private readonly Dictionary<Session, (long Sent, long SinceMs)> _waitedFor = [];
    private long _waitedMs;
    private int _changes;

    /// <summary>A round begins.</summary>
    internal void Begin()
    {
        _hanging.RemoveWhere(static session => session.HasRoom);
        _waitedMs = 0;
    }

    /// <summary>Notes who gets a change out of memory.</summary>
    /// <param name="change">The change.</param>
    /// <param name="batch">Chosen for it.</param>
    internal void Note(Publication change, DeliveryBatch batch)
    {
        for (int i = 0; i < batch.Count; i++)
            if (!batch.SessionAt(i).IsPersistent || batch.DeliveryAt(i, change).Qos == 0) _told.Add(batch.SessionAt(i));
    }

    /// <summary>Waits when enough was told since the last wait and somebody has no room.</summary>
    internal async ValueTask WaitAsync()
    {
        if (++_changes < ChangesPerLook) return;
        _changes = 0;
        _told.ExceptWith(_hanging);
        long start = Environment.TickCount64;
        while (IsWaiting(Environment.TickCount64) && _waitedMs + Environment.TickCount64 - start < WaitMax.TotalMilliseconds) await Task.Delay(s_step).ConfigureAwait(false);
        _waitedMs += Environment.TickCount64 - start;
        _told.Clear();
        _waitedFor.Clear();
    }

    /// <summary>Whether somebody has no room and takes something all the same.</summary>
    private bool IsWaiting(long nowMs)
    {
        bool isWaiting = false;
        foreach (Session session in _told)
        {
            if (session.HasRoom) continue;
            long sent = session.Sent;
            if (!_waitedFor.TryGetValue(session, out (long Sent, long SinceMs) known) || known.Sent != sent) _waitedFor[session] = known = (sent, nowMs);
            if (nowMs - known.SinceMs < Patience.TotalMilliseconds) isWaiting = true;
            else _hanging.Add(session);
        }
        return isWaiting;
    }
}
