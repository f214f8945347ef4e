namespace Gateway.Storage.Simulation;

/// <summary>Whether a channel has a log.</summary>
internal enum Presence
{
    No,
    Yes,
    /// <summary>Its making or its deletion was begun and nothing was told.</summary>
    Maybe,
}

/// <summary>What the callers of one channel were told: all that a reader may and must find.</summary>
internal sealed class ChannelModel(long id)
{
    public long Id { get; } = id;

    public Presence Presence { get; set; }

    /// <summary>It was begun to make the channel again when its deletion was not told.</summary>
    public bool MayBeNew { get; set; }

    public LogOptions Options { get; set; } = new();

    /// <summary>It may hold more than its quota now.</summary>
    public bool QuotaWasLowered { get; set; }

    /// <summary>In the order of appending.</summary>
    public List<PacketModel> Packets { get; } = [];

    /// <summary>What was deleted, and told so.</summary>
    public KeyRanges DeletedTold { get; } = new();

    /// <summary>What was asked to be deleted; nothing else was.</summary>
    public KeyRanges DeletedAsked { get; } = new();

    /// <summary>There may be messages that nobody was told of and nobody read.</summary>
    public bool IsUncertain => Packets.Exists(packet => !packet.HasKeys && !packet.IsPassed && (packet.Known == Known.Unknown || packet.HasCheckpoint));

    /// <summary>Begins again with an empty log.</summary>
    public void Renew()
    {
        Packets.Clear();
        DeletedTold.Clear();
        DeletedAsked.Clear();
        MayBeNew = false;
    }

    /// <summary>Notes that a packet was told as stored.</summary>
    public void Told(PacketModel packet, AppendResult result)
    {
        if (result.LastKey - result.FirstKey != packet.Count - 1 || result.FirstKey < 1) throw new BrokenPromiseException($"channel {Id}: {packet} was told keys {result.FirstKey} to {result.LastKey}");
        if (packet.HasKeys && packet.FirstKey != result.FirstKey) throw new BrokenPromiseException($"channel {Id}: {packet} was told key {result.FirstKey}");
        foreach (PacketModel other in Packets)
        {
            if (other == packet || !other.HasKeys) continue;
            bool isWrong = other.FirstKey <= result.LastKey && result.FirstKey < other.BelowKey;
            if (!packet.IsRetried && !other.IsRetried) isWrong |= other.Number < packet.Number ? other.FirstKey > result.FirstKey : other.FirstKey < result.FirstKey;
            if (isWrong) throw new BrokenPromiseException($"channel {Id}: {packet} was told keys {result.FirstKey} to {result.LastKey}, beside {other}");
        }

        packet.FirstKey = result.FirstKey;
        packet.Known = packet.Durability == Durability.Commit ? Known.Durable : Known.Kept;
    }

    /// <summary>Notes that it is not known whether a packet was stored, except when somebody read it.</summary>
    public static void Untold(PacketModel packet) => packet.Known = packet.HasKeys ? Known.Durable : Known.Unknown;

    /// <summary>A checkpoint was taken, or tried.</summary>
    public void Checkpointed()
    {
        foreach (PacketModel packet in Packets) packet.HasCheckpoint = true;
    }

    /// <summary>A failed sync can take what was told before it was synced: then its keys are given again.</summary>
    /// <param name="nextKey">The next key that the log will give.</param>
    public void LoseKept(long nextKey)
    {
        foreach (PacketModel packet in Packets)
            if (packet.Known == Known.Kept && packet.Holds(nextKey) && packet.FirstKey < nextKey) throw new BrokenPromiseException($"channel {Id}: {packet} is lost in part, the next key is {nextKey}");
        Packets.RemoveAll(packet => packet.Known == Known.Kept && packet.FirstKey >= nextKey);
    }

    /// <summary>The store is gone: what nobody was told may be there or not.</summary>
    /// <param name="losesCache">The power went; else the process was killed, and what the system had taken is still there.</param>
    public void Crash(bool losesCache)
    {
        foreach (PacketModel packet in Packets)
        {
            packet.HasCheckpoint = false;
            if (packet.Known == Known.Pending) Untold(packet);
            if (packet.Known == Known.Kept && (losesCache || packet.Durability == Durability.Memory)) packet.Known = Known.Unknown;
        }
    }

    /// <summary>Everything told so far is on the disk.</summary>
    public void AllDurable()
    {
        foreach (PacketModel packet in Packets)
            if (packet.Known == Known.Kept) packet.Known = Known.Durable;
        DeletedTold.Add(DeletedAsked);
    }

    /// <summary>The packet that holds a key that was told or read.</summary>
    public PacketModel? At(long key) => Packets.Find(packet => packet.Holds(key));

    /// <summary>How many messages of a range were told or read and are not deleted.</summary>
    public long CountLive(long from, long below)
    {
        long count = 0;
        foreach (PacketModel packet in Packets)
            if (packet.HasKeys) count += DeletedAsked.CountOutside(Math.Max(from, packet.FirstKey), Math.Min(below, packet.BelowKey));
        return count;
    }
}
