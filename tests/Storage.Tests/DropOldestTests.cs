namespace Gateway.Storage.Tests;

public sealed class DropOldestTests : StoreFixture
{
    private static readonly LogOptions Small = new() { QuotaBytes = 200_000, Overflow = Overflow.DropOldest, AgeMax = TimeSpan.FromDays(30) };

    /// <summary>Promise: where the oldest give way, appends always fit, the quota is never exceeded, the newest are there without a gap, and the count says what is gone; also after a restart.</summary>
    [Fact]
    public async Task The_oldest_give_way_and_the_quota_holds()
    {
        var random = new Random(5);
        long next = 0;
        await using (MessageStore store = Open(Options with { ChannelSegmentBits = 16 }))
        {
            IMessageLog log = await store.OpenAsync(1, Small, None);
            for (int i = 0; i < 2_000; i++)
            {
                int count = random.Next(1, 20);
                await Append(log, Pack(next, count, random.Next(8, 900)));
                next += count;
                Assert.InRange(log.State.Bytes, 1, Small.QuotaBytes);
                Assert.Equal(next, log.State.Count + log.State.DroppedCount);
                if (i % 500 == 499)
                {
                    Assert.True(await store.CheckpointAsync(None));
                    await CheckAsync(log, next);
                    long disk = Directory.GetFiles(Path.Combine(Options.Folder, "channels", "1")).Sum(file => new FileInfo(file).Length);
                    Assert.InRange(disk, 1, Small.QuotaBytes + (4 * 70_000));       // two files more than the quota
                }
            }
        }

        await using MessageStore again = Open(Options with { ChannelSegmentBits = 16 });
        await CheckAsync(await again.OpenAsync(1, Small, None), next);
    }

    /// <summary>Promise: many writers at once with a quota of a page or two: each packet is stored in the end, none waits for a reader.</summary>
    [Fact]
    public async Task Writers_at_once_with_a_tiny_quota_all_get_through()
    {
        await using MessageStore store = Open();
        IMessageLog log = await store.OpenAsync(1, Small with { QuotaBytes = 65_536 }, None);
        long appended = 0;
        await Task.WhenAll(Enumerable.Range(0, 32).Select(writer => Task.Run(async () =>
        {
            for (int i = 0; i < 100; i++)
            {
                Packet packet = Pack(i, 3, 2_000);
                while ((await log.AppendAsync(packet, None)) is var result && result.Status != AppendStatus.Appended)
                {
                    Assert.Equal(AppendStatus.Full, result.Status);
                    await log.WaitForSpaceAsync(None);
                }

                Interlocked.Add(ref appended, 3);
                Assert.InRange(log.State.Bytes, 0, 65_536);
            }
        }, None)));
        Assert.Equal(9_600, appended);
        Assert.Equal(9_600, log.State.Count + log.State.DroppedCount);
    }

    /// <summary>Promise: holes in the middle are dropped over, not counted twice.</summary>
    [Fact]
    public async Task Holes_are_dropped_over()
    {
        await using MessageStore store = Open();
        IMessageLog log = await store.OpenAsync(1, Small, None);
        for (int i = 0; i < 1_500; i += 50) await Append(log, Pack(i, 50, 76));       // 100 bytes each with its head
        for (int from = 100; from < 1_400; from += 200) Assert.Equal(120, (await log.DeleteRangeAsync(from, from + 120, None)).Count);
        long deleted = 7 * 120;
        for (int i = 1_500; i < 6_000; i += 50)
        {
            await Append(log, Pack(i, 50, 76));
            Assert.InRange(log.State.Bytes, 1, Small.QuotaBytes);
            Assert.Equal(i + 50 - deleted, log.State.Count + log.State.DroppedCount);
        }

        List<(long Key, long Number)> all = await ReadAll(log);
        Assert.Equal(log.State.Count, all.Count);
        AssertNumbers(all, 6_000 - all.Count, all.Count);
    }

    /// <summary>Promise: a packet that is longer than the whole quota is refused for good, by either choice.</summary>
    [Theory]
    [InlineData(Overflow.Block)]
    [InlineData(Overflow.DropOldest)]
    public async Task A_packet_longer_than_the_quota_is_too_large(Overflow overflow)
    {
        await using MessageStore store = Open();
        IMessageLog log = await store.OpenAsync(1, Small with { QuotaBytes = 65_536, Overflow = overflow }, None);
        Assert.Equal(AppendStatus.TooLarge, (await log.AppendAsync(Pack(0, 100, 1_000), None)).Status);
        await Append(log, Pack(0, 10, 1_000));
    }

    private static async Task CheckAsync(IMessageLog log, long next)
    {
        List<(long Key, long Number)> all = await ReadAll(log);
        Assert.Equal(log.State.Count, all.Count);
        AssertNumbers(all, next - all.Count, all.Count);
        Assert.InRange(log.State.Bytes, Small.QuotaBytes - 100_000, Small.QuotaBytes);
    }
}
