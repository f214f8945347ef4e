using System.Buffers.Binary;

namespace Gateway.Storage.Tests.Simulation;

/// <summary>Logs of many pages, of which a start looks at some: whatever key or time is asked for is found as in a list.</summary>
public sealed class ManyPagesTests : SimulatedFixture
{
    private const int SeedsOfCase = 10;
    private const int Rounds = 12;
    private const int LooksOfRound = 40;

    private readonly List<Message> _model = [];
    private readonly MessagePage _page = new();
    private long _number;

    /// <summary>Promise: reads from any key in both directions and searches for any time give what a list of the messages would, after starts, deletions, drops and changed clocks.</summary>
    /// <param name="case">Seeds of ten times this on.</param>
    /// <param name="pagesPerMark">How many pages a start passes over.</param>
    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    [InlineData(2, 3)]
    [InlineData(3, 8)]
    public async Task Any_key_and_any_time_is_found_as_in_a_list(int @case, int pagesPerMark)
    {
        for (int i = 0; i < SeedsOfCase; i++)
        {
            int seed = (@case * SeedsOfCase) + i;
            TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
            await RunAsync(new Random(seed), Options with { PagesPerMark = pagesPerMark });
        }
    }

    private async Task RunAsync(Random random, StoreOptions options)
    {
        Disk = new SimulatedDisk(seed: 1) { LosesAll = true };
        _model.Clear();
        bool drops = random.Next(3) == 0, isClockChanged = random.Next(2) == 0;
        var logOptions = new LogOptions { AgeMax = TimeSpan.FromDays(30), QuotaBytes = drops ? 1_500_000 : 1_000_000_000, Overflow = drops ? Overflow.DropOldest : Overflow.Block };
        var store = new MessageStore(options, Disk);
        IMessageLog log = await Step(store, store.OpenAsync(1, logOptions, CancellationToken.None));
        for (int round = 0; round < Rounds; round++)
        {
            for (int packets = random.Next(60); packets > 0; packets--)
            {
                if (isClockChanged && random.Next(30) == 0) Time.Advance(TimeSpan.FromMinutes(random.Next(-300, 300)));
                Time.Advance(TimeSpan.FromSeconds(random.Next(20)));
                await AppendAsync(store, log, random);
            }

            await DeleteAsync(store, log, random);
            if (random.Next(2) == 0) Assert.True(await store.CheckpointAsync(CancellationToken.None));
            if (random.Next(3) != 0)
            {
                Disk.Kill();
                store = new MessageStore(options, Disk);
                log = await Step(store, store.OpenAsync(1, logOptions, CancellationToken.None));
                await DeleteAsync(store, log, random);
            }

            await LookAsync(log, random);
        }
    }

    private async Task AppendAsync(MessageStore store, IMessageLog log, Random random)
    {
        int count = 1 + random.Next(6);
        int[] ends = new int[count];
        int length = 0;
        for (int i = 0; i < count; i++) ends[i] = length += 8 + random.Next(8_000);
        byte[] bytes = new byte[length];
        for (int i = 0; i < count; i++) BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(i == 0 ? 0 : ends[i - 1]), _number + i);
        var packet = new Packet { ServerTimeUs = Time.NowUs };
        packet.Use(bytes, ends, count);
        AppendResult result = await Step(store, log.AppendAsync(packet, CancellationToken.None));
        Assert.Equal(AppendStatus.Appended, result.Status);
        for (int i = 0; i < count; i++) _model.Add(new Message(result.FirstKey + i, _number++, Time.NowUs));

        // What gave way is the oldest, and not more than it must be by some marks.
        int dropped = _model.FindIndex(message => message.Key >= log.State.HeadKey);
        if (dropped > 0) _model.RemoveRange(0, dropped);
        Assert.Equal(_model.Count, log.State.Count);
        Assert.True(dropped <= 0 || log.State.Bytes > 800_000, $"{log.State.Bytes} bytes are left of 1,500,000");
    }

    private async Task DeleteAsync(MessageStore store, IMessageLog log, Random random)
    {
        if (random.Next(3) == 0) return;
        int from = random.Next(3) == 0 ? 0 : random.Next(_model.Count + 1), count = random.Next(1 + Math.Min(_model.Count - from, 100));
        if (count == 0) return;
        long below = from + count == _model.Count ? log.State.NextKey : _model[from + count].Key;
        DeleteResult result = await Step(store, log.DeleteRangeAsync(from == 0 ? 0 : _model[from].Key, below, CancellationToken.None));
        Assert.Equal(new DeleteResult(DeleteStatus.Deleted, count), result);
        _model.RemoveRange(from, count);
    }

    private async Task LookAsync(IMessageLog log, Random random)
    {
        long next = log.State.NextKey;
        for (int look = 0; look < LooksOfRound; look++)
        {
            long key = random.NextInt64(next + 1), time = _model.Count == 0 ? 0 : _model[random.Next(_model.Count)].TimeUs + random.Next(-1, 2);
            await log.ReadAsync(key, 3, int.MaxValue, _page, CancellationToken.None);
            Assert.Equal(_model.Where(message => message.Key >= key).Take(3), Messages());
            await log.ReadBackwardAsync(key, 30, int.MaxValue, _page, CancellationToken.None);
            Assert.Equal(_model.Where(message => message.Key < key).Reverse().Take(30), Messages());
            int found = _model.FindIndex(message => message.TimeUs >= time);
            Assert.Equal(found < 0 ? next : _model[found].Key, await log.FindAsync(time, CancellationToken.None));
        }

        Assert.Equal(_model.Select(message => message.Number), await Numbers(log));
    }

    private IEnumerable<Message> Messages() =>
        Enumerable.Range(0, _page.Count).Select(i => new Message(_page.Key(i), BinaryPrimitives.ReadInt64LittleEndian(_page.Payload(i)), _page.ServerTimeUs(i)));

    private readonly record struct Message(long Key, long Number, long TimeUs);
}
