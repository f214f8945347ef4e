namespace Gateway.Storage.Simulation;

/// <summary>What the caller of an append knows about its packet.</summary>
internal enum Known
{
    /// <summary>Not told yet.</summary>
    Pending,
    /// <summary>May be there or not, whole.</summary>
    Unknown,
    /// <summary>Told as stored, but only as durable as its channel asked for: a crash may take it.</summary>
    Kept,
    /// <summary>Must be there until it is deleted.</summary>
    Durable,
}

/// <summary>A packet that was appended and not refused.</summary>
internal sealed class PacketModel(int number, int[] lengths, long serverTimeUs, Durability durability)
{
    public int Number { get; } = number;

    public long ServerTimeUs { get; } = serverTimeUs;

    public Durability Durability { get; } = durability;

    public int Count => lengths.Length;

    public Known Known { get; set; }

    /// <summary>It was appended again when its outcome was unknown, so it may stand behind later ones.</summary>
    public bool IsRetried { get; set; }

    /// <summary>A later one was read and this one was not: nobody will read it before the next start. It may have expired unseen, and be there again then.</summary>
    public bool IsPassed { get; set; }

    /// <summary>A checkpoint was taken since it was appended: it can be durable, and read, before its journal entry is and its caller is told.</summary>
    public bool HasCheckpoint { get; set; }

    /// <summary>0 until it was told or read.</summary>
    public long FirstKey { get; set; }

    /// <summary>One above that of the last message.</summary>
    public long BelowKey => FirstKey + Count;

    /// <summary>Its messages were told or read, so their keys are known.</summary>
    public bool HasKeys => FirstKey != 0;

    public bool Holds(long key) => HasKeys && FirstKey <= key && key < BelowKey;

    public int LengthOf(int index) => lengths[index];

    public override string ToString() => $"packet {Number} ({Known}, {Count} messages{(HasKeys ? $", keys from {FirstKey}" : "")})";
}
