using Gateway.Host.Mqtt.Routing;

namespace Gateway.Host.Mqtt.Sessions;

/// <summary>Deliveries of QoS 1 that were sent and not acknowledged, in the order of their packet numbers.</summary>
/// <remarks>Guarded by the session. Numbers are given one after the other, so an acknowledgement finds its delivery by subtraction.</remarks>
internal sealed class InflightWindow
{
    private const int NumbersCount = ushort.MaxValue;

    private Entry[] _entries = [];
    private int _head;
    private int _firstNumber = 1;

    /// <summary>Most deliveries at one time.</summary>
    internal int Max { get; set; } = MqttLimits.InflightMax;

    /// <summary>Deliveries held.</summary>
    internal int Count { get; private set; }

    /// <summary>Whether one more may be sent.</summary>
    internal bool IsOpen => Count < Max;

    /// <summary>Number of the oldest delivery held.</summary>
    internal ushort FirstNumber => (ushort)_firstNumber;

    /// <summary>Adds a delivery that is about to be sent.</summary>
    /// <returns>Its packet number.</returns>
    internal ushort Add(in Delivery delivery)
    {
        if (Count == _entries.Length) Grow();
        _entries[(_head + Count) & (_entries.Length - 1)] = new Entry(delivery);
        return NumberAt(Count++);
    }

    /// <summary>A delivery by its place, oldest first; null when it was acknowledged.</summary>
    internal Delivery? At(int place) => EntryAt(place) is { IsDone: false } entry ? entry.Delivery : null;

    /// <summary>Number of the delivery at a place.</summary>
    internal ushort NumberAt(int place) => (ushort)((_firstNumber - 1 + place) % NumbersCount + 1);

    /// <summary>Place of a number, -1 when it is none that is held.</summary>
    internal int PlaceOf(ushort number)
    {
        int place = (number - _firstNumber + NumbersCount) % NumbersCount;
        return number != 0 && place < Count ? place : -1;
    }

    /// <summary>Notes an acknowledgement, and settles all that are acknowledged in order.</summary>
    /// <returns>False when nothing was waiting for it.</returns>
    internal bool Acknowledge(ushort number)
    {
        int place = PlaceOf(number);
        if (place < 0 || EntryAt(place).IsDone) return false;
        EntryAt(place).IsDone = true;
        while (Count > 0 && EntryAt(0).IsDone)
        {
            Delivery settled = EntryAt(0).Delivery;
            EntryAt(0) = default;
            settled.Cursor?.Settle(settled.Key);
            _head = (_head + 1) & (_entries.Length - 1);
            _firstNumber = NumberAt(1);
            Count--;
        }
        return true;
    }

    /// <summary>Lets go of payloads that the log has too: the client is away, perhaps for days.</summary>
    internal void DropPayloads()
    {
        for (int place = 0; place < Count; place++)
        {
            ref Entry entry = ref EntryAt(place);
            if (entry.Delivery.Cursor is not null) entry.Delivery = entry.Delivery with { Publication = null! };
        }
    }

    private ref Entry EntryAt(int place) => ref _entries[(_head + place) & (_entries.Length - 1)];

    private void Grow()
    {
        const int FirstLength = 16;
        var larger = new Entry[Math.Max(FirstLength, _entries.Length * 2)];
        for (int place = 0; place < Count; place++) larger[place] = EntryAt(place);
        _entries = larger;
        _head = 0;
    }

    private record struct Entry(Delivery Delivery)
    {
        internal bool IsDone { get; set; }
    }
}
