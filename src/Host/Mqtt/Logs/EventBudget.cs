using System.Runtime.InteropServices;
using Gateway.Host.Mqtt.Sessions;

namespace Gateway.Host.Mqtt.Logs;

/// <summary>Whether an event may be noted.</summary>
internal enum EventRoom
{
    /// <summary>It may, and more after it.</summary>
    More,
    /// <summary>It may, as the last one of its client in this minute.</summary>
    Last,
    /// <summary>It may not.</summary>
    None,
}

/// <summary>Bounds the events that are noted in a minute: of a client, so that one that flaps does not crowd out the others, and of an account.</summary>
/// <remarks>Any number of threads. Memory is bounded by the events of a minute.</remarks>
internal sealed class EventBudget
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(long Cid, ulong Client), int> _ofClients = [];
    private readonly Dictionary<long, int> _ofAccounts = [];
    private long _minute;

    /// <summary>Takes room for an event.</summary>
    /// <param name="key">Whose it is.</param>
    /// <param name="minute">The running minute, a number that grows.</param>
    internal EventRoom Take(SessionKey key, long minute)
    {
        lock (_gate)
        {
            if (minute != _minute)
            {
                _ofClients.Clear();
                _ofAccounts.Clear();
                _minute = minute;
            }
            ref int ofAccount = ref CollectionsMarshal.GetValueRefOrAddDefault(_ofAccounts, key.Cid, out _);
            if (ofAccount >= MqttLimits.AccountEventsPerMinuteMax) return EventRoom.None;
            // Two clients whose ids collide share their room.
            ref int ofClient = ref CollectionsMarshal.GetValueRefOrAddDefault(_ofClients, (key.Cid, Fnv.Add(Fnv.Start, MemoryMarshal.AsBytes(key.ClientId.AsSpan()))), out _);
            if (ofClient >= MqttLimits.ClientEventsPerMinuteMax) return EventRoom.None;
            ofAccount++;
            ofClient++;
            return ofClient == MqttLimits.ClientEventsPerMinuteMax || ofAccount == MqttLimits.AccountEventsPerMinuteMax ? EventRoom.Last : EventRoom.More;
        }
    }
}
