using Gateway.Host.Mqtt.Routing;

namespace Gateway.Host.Mqtt.Sessions;

/// <summary>Deliveries that wait in memory for a client's socket, oldest first; bounded in number and bytes.</summary>
/// <remarks>Guarded by the session.</remarks>
internal sealed class Outbox
{
    private const int FirstLength = 16;

    private Delivery[] _ring = [];
    private int _head;
    private long _bytes;

    /// <summary>Deliveries held.</summary>
    internal int Count { get; private set; }

    /// <summary>Whether so much room is left that reading from disk is worth while.</summary>
    internal bool HasRoom => Count <= MqttLimits.OutboxCountMax / 2 && _bytes <= MqttLimits.OutboxBytesMax / 2;

    /// <summary>The oldest delivery; only when there is one.</summary>
    internal ref readonly Delivery First => ref _ring[_head];

    /// <summary>Adds a delivery.</summary>
    /// <returns>False when the bounds are reached.</returns>
    internal bool TryAdd(in Delivery delivery)
    {
        int bytes = delivery.Publication.Bytes;
        if (Count >= MqttLimits.OutboxCountMax || (Count > 0 && _bytes + bytes > MqttLimits.OutboxBytesMax)) return false;
        if (Count == _ring.Length) Grow();
        _ring[(_head + Count) & (_ring.Length - 1)] = delivery;
        Count++;
        _bytes += bytes;
        return true;
    }

    /// <summary>Takes the oldest delivery.</summary>
    internal Delivery Take()
    {
        Delivery delivery = _ring[_head];
        _ring[_head] = default;
        _head = (_head + 1) & (_ring.Length - 1);
        Count--;
        _bytes -= delivery.Publication.Bytes;
        return delivery;
    }

    /// <summary>Bytes of the deliveries that no log has.</summary>
    internal long BytesOfMemoryAlone()
    {
        long bytes = 0;
        for (int i = 0; i < Count; i++)
            if (_ring[(_head + i) & (_ring.Length - 1)] is { Cursor: null } delivery) bytes += delivery.Publication.Bytes;
        return bytes;
    }

    /// <summary>Gives the memory of a burst back; only when it is empty.</summary>
    internal void TrimIfLarge()
    {
        const int KeptLength = 64;
        if (_ring.Length <= KeptLength) return;
        _ring = [];
        _head = 0;
    }

    private void Grow()
    {
        var larger = new Delivery[Math.Max(FirstLength, _ring.Length * 2)];
        for (int i = 0; i < Count; i++) larger[i] = _ring[(_head + i) & (_ring.Length - 1)];
        _ring = larger;
        _head = 0;
    }
}
