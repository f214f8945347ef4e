namespace Gateway.Storage.Crash.Kills;

/// <summary>What a seed decides: the shape of the work and the moment of the kill. The threads decide the rest, so the same seed is a similar run and not the same.</summary>
internal sealed record KillPlan
{
    /// <summary>Lives of the process on one folder.</summary>
    public const int Rounds = 3;

    /// <summary>Channels, 1 or more.</summary>
    public required int Channels { get; init; }

    /// <summary>Writers of each channel.</summary>
    public required int Writers { get; init; }

    /// <summary>Most messages in a packet.</summary>
    public required int PacketMessagesMax { get; init; }

    /// <summary>Most bytes of a message beyond its numbers.</summary>
    public required int FillerBytesMax { get; init; }

    /// <summary>Pause between checkpoints, ms; 0: only those of the store's own timer.</summary>
    public required int CheckpointMs { get; init; }

    /// <summary>Pause between deletes, ms; 0: none.</summary>
    public required int DeleteMs { get; init; }

    /// <summary>Bytes a channel may hold.</summary>
    public required long QuotaBytes { get; init; }

    /// <summary>The call to the disk at which the process kills itself; 0: its parent does, after <see cref="LiveMs"/>.</summary>
    public required int KillAtCall { get; init; }

    /// <summary>How long the process lives at most, ms.</summary>
    public required int LiveMs { get; init; }

    /// <summary>The plan of one life.</summary>
    public static KillPlan Of(int seed, int round)
    {
        var random = new Random((seed * 31) + round);
        bool selfKill = random.Next(2) == 0;
        return new KillPlan
        {
            Channels = random.Next(1, 6),
            Writers = random.Next(1, 5),
            PacketMessagesMax = random.Next(1, 9),
            FillerBytesMax = random.Next(3) == 0 ? 8_000 : 300,
            CheckpointMs = random.Next(3) == 0 ? 0 : random.Next(1, 60),
            DeleteMs = random.Next(2) == 0 ? 0 : random.Next(1, 40),
            QuotaBytes = random.Next(4) == 0 ? 1_000_000 : 1_000_000_000,
            KillAtCall = selfKill ? (int)Math.Exp(random.NextDouble() * Math.Log(3_000)) : 0,
            LiveMs = selfKill ? 3_000 : (int)Math.Exp(random.NextDouble() * Math.Log(700)),
        };
    }

    /// <summary>Small pages and files, so that every edge comes often.</summary>
    public StoreOptions Options(string folder) => new()
    {
        Folder = folder, CheckpointIntervalSeconds = 1, JournalPageBits = 18, JournalSegmentBits = 19, ChannelSegmentBits = 17, PacketBytesMax = 128 * 1024,
    };
}
