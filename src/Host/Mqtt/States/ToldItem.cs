namespace Gateway.Host.Mqtt.States;

/// <summary>What was last told of an item: no payloads, but enough to see that one is another now, and since when.</summary>
/// <param name="item">The item.</param>
/// <param name="cid">The account that it was told to.</param>
/// <param name="topic">The topic of the item.</param>
/// <param name="count">Payloads of the item: its fields, and the whole.</param>
/// <param name="parts">Lists of the item that are told entry by entry.</param>
internal sealed class ToldItem<T>(T item, long cid, string topic, int count, int parts) where T : class
{
    private readonly Lock _gate = new();
    private readonly ulong[] _hashes = new ulong[count];
    private readonly long[] _timesUs = new long[count];

    /// <summary>The item, as it was found last.</summary>
    internal T Item { get; set; } = item;

    /// <summary>The account that it was told to.</summary>
    internal long Cid => cid;

    /// <summary>The topic of the item.</summary>
    internal string Topic => topic;

    /// <summary>What users decided, when it was told; null when it never was.</summary>
    internal object? Definition { get; set; }

    /// <summary>Entries that were told of each list, with the hashes of their payloads; only for the thread that publishes.</summary>
    internal Dictionary<long, ulong>?[] Parts { get; } = new Dictionary<long, ulong>?[parts];

    /// <summary>Notes a payload.</summary>
    /// <returns>False when it was told before.</returns>
    internal bool Note(int index, ReadOnlySpan<byte> payload, long nowUs)
    {
        ulong hash = StateJson.Hash(payload);
        lock (_gate)
        {
            if (_hashes[index] == hash && _timesUs[index] != 0) return false;
            (_hashes[index], _timesUs[index]) = (hash, nowUs);
            return true;
        }
    }

    /// <summary>Since when a payload is as it is, µs since 1970.</summary>
    internal long TimeOf(int index, ReadOnlySpan<byte> payload, long nowUs)
    {
        ulong hash = StateJson.Hash(payload);
        lock (_gate) return _hashes[index] == hash && _timesUs[index] != 0 ? _timesUs[index] : nowUs;
    }
}
