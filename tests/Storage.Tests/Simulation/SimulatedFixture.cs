using System.Buffers.Binary;

namespace Gateway.Storage.Tests.Simulation;

/// <summary>A stepped store on a disk in memory that keeps nothing that was not synced.</summary>
public abstract class SimulatedFixture
{
    private protected const string Folder = "/data";

    private protected SimulatedDisk Disk { get; set; } = new(seed: 1) { LosesAll = true };

    private protected ManualTime Time { get; } = new();

    private protected StoreOptions Options => new()
    {
        Folder = Folder,
        Time = Time,
        IsStepped = true,
        JournalPageBits = 17,
        JournalSegmentBits = 17,
        ChannelPageBits = 15,
        ChannelSegmentBits = 16,
        CheckpointIntervalSeconds = 3_600,
        ExpiryIntervalSeconds = 3_600,
        FreeBytesMin = 0,
    };

    private protected MessageStore Open() => new(Options, Disk);

    /// <summary>The process is gone, the system is not.</summary>
    private protected MessageStore KillAndOpen()
    {
        Disk.Kill();
        return Open();
    }

    private protected MessageStore CutAndOpen()
    {
        Disk.Cut();
        Disk.PowerOn();
        return Open();
    }

    private protected void Fail(DiskCall call, string part, int times = int.MaxValue, string code = "EIO") => Disk.Faults.Add(new DiskFault(call, part, code) { Left = times });

    /// <summary>Gives the result of what ends with the next commit.</summary>
    private protected static async Task<T> Step<T>(MessageStore store, ValueTask<T> pending)
    {
        Task<T> task = pending.AsTask();
        store.Step();
        Assert.True(task.IsCompleted, "the task hangs");
        return await task;
    }

    private protected static async Task Step(MessageStore store, ValueTask pending)
    {
        Task task = pending.AsTask();
        store.Step();
        Assert.True(task.IsCompleted, "the task hangs");
        await task;
    }

    private protected static Task<IMessageLog> OpenLog(MessageStore store, long channel = 1, Durability durability = Durability.Commit) =>
        Step(store, store.OpenAsync(channel, new LogOptions { AgeMax = TimeSpan.FromDays(30), Durability = durability }, CancellationToken.None));

    private protected async Task<AppendResult> Append(MessageStore store, IMessageLog log, long firstNumber, int count = 1, long deduplicationId = 0) =>
        await Step(store, log.AppendAsync(Pack(firstNumber, count, deduplicationId), CancellationToken.None));

    private protected Packet Pack(long firstNumber, int count = 1, long deduplicationId = 0)
    {
        byte[] bytes = new byte[count * 8];
        for (int i = 0; i < count; i++) BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(i * 8), firstNumber + i);
        var packet = new Packet { ServerTimeUs = Time.NowUs, DeduplicationId = deduplicationId };
        packet.Use(bytes, [.. Enumerable.Range(1, count).Select(i => i * 8)], count);
        return packet;
    }

    /// <summary>The numbers in a log, oldest first.</summary>
    private protected static async Task<List<long>> Numbers(IMessageLog log)
    {
        var all = new List<long>();
        var page = new MessagePage();
        for (long key = 0; ; key = page.NextKey)
        {
            await log.ReadAsync(key, 100, 1 << 20, page, CancellationToken.None);
            if (page.Count == 0) return all;
            for (int i = 0; i < page.Count; i++) all.Add(BinaryPrimitives.ReadInt64LittleEndian(page.Payload(i)));
        }
    }

    private protected static IEnumerable<long> Range(long first, int count) => Enumerable.Range(0, count).Select(i => first + i);
}
