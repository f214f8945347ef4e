namespace Gateway.Storage.Tests.Contract;

// Tailing: long polls wake up, any number of readers see everything once, and only what was acknowledged.
public abstract partial class MessageLogContract
{
    [Fact]
    public async Task An_append_wakes_all_who_wait_for_it_and_nobody_before()
    {
        IMessageLog log = await OpenAsync();
        await AppendAsync(log, Pack(0, 1));
        long next = log.State.NextKey;
        Task<bool>[] waiting = [.. Enumerable.Range(0, 200).Select(_ => log.WaitAsync(next, None).AsTask())];
        Assert.True(await log.WaitAsync(0, None), "there is a message");
        Assert.DoesNotContain(waiting, task => task.IsCompleted);
        await AppendAsync(log, Pack(1, 1));
        Assert.All(await Task.WhenAll(waiting).WaitAsync(Patience, None), Assert.True);
        var page = new MessagePage();
        await ReadAsync(log, next, 10, int.MaxValue, page);
        Assert.Equal(Numbers(1, 1), NumbersOf(page));
    }

    [Fact]
    public async Task A_wait_that_is_cancelled_ends_alone()
    {
        IMessageLog log = await OpenAsync();
        using var cancel = new CancellationTokenSource();
        Task<bool> one = log.WaitAsync(log.State.NextKey, cancel.Token).AsTask(), other = log.WaitAsync(log.State.NextKey, None).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one.WaitAsync(Patience, None));
        Assert.False(other.IsCompleted);
        await AppendAsync(log, Pack(0, 1));
        Assert.True(await other.WaitAsync(Patience, None));
    }

    [Fact]
    public async Task Waits_end_with_the_channel_and_with_the_store()
    {
        IMessageLog deleted = await OpenAsync(1), closed = await OpenAsync(2);
        Task<bool> one = deleted.WaitAsync(deleted.State.NextKey, None).AsTask(), two = closed.WaitAsync(closed.State.NextKey, None).AsTask();
        await DeleteChannelAsync(1);
        Assert.False(await one.WaitAsync(Patience, None));
        Assert.False(two.IsCompleted);
        Assert.Equal(AppendStatus.Unavailable, (await deleted.AppendAsync(Pack(1, 1), None)).Status);
        await ReopenStoreAsync();
        Assert.False(await two.WaitAsync(Patience, None));
        Assert.Equal(AppendStatus.Unavailable, (await closed.AppendAsync(Pack(1, 1), None)).Status);
    }

    [Fact]
    public async Task Many_tailing_readers_see_every_message_once_and_in_order_while_many_write()
    {
        const int WritersHere = 8, PacketsEach = 25, PacketMessages = 4, Total = WritersHere * PacketsEach * PacketMessages;
        IMessageLog log = await OpenAsync();
        Task<List<(long Key, long Number)>>[] readers = [.. Enumerable.Range(0, 20).Select(reader => Task.Run(async () =>
        {
            var seen = new List<(long Key, long Number)>();
            var page = new MessagePage();
            for (long key = 0; seen.Count < Total; key = page.NextKey)
            {
                Assert.True(await log.WaitAsync(key, None));
                await ReadAsync(log, key, 1 + (reader * 5), 1 << 20, page);
                Assert.False(page.SkippedToHead);
                for (int i = 0; i < page.Count; i++) seen.Add((page.Key(i), NumberOf(page.Payload(i))));
            }

            return seen;
        }, None))];
        await Task.WhenAll(Start(WritersHere, async writer =>
        {
            for (int i = 0; i < PacketsEach; i++) await AppendAsync(log, Pack((writer * 1_000L) + (i * PacketMessages), PacketMessages));
        }));
        List<(long Key, long Number)> all = await ReadAllAsync(log);
        Assert.Equal(Total, all.Count);
        foreach (Task<List<(long Key, long Number)>> reader in readers) Assert.Equal(all, await reader.WaitAsync(Patience, None));
    }

    /// <summary>Promise: what an append was refused for is never seen, whatever the order of events.</summary>
    [Fact]
    public async Task A_refused_packet_is_never_seen_by_a_reader()
    {
        IMessageLog log = await OpenAsync(options: new LogOptions { QuotaBytes = 20_000 });
        var refused = new HashSet<long>();
        var seen = new HashSet<long>();
        using var stop = new CancellationTokenSource();
        Task reader = Task.Run(async () =>
        {
            var page = new MessagePage();
            for (long key = 0; ; key = page.NextKey)
            {
                await ReadAsync(log, key, 100, 1 << 20, page);
                seen.UnionWith(NumbersOf(page));
                if (page.Count == 0 && stop.IsCancellationRequested) return;
                if (page.Count == 0) await Task.Yield();
            }
        }, None);
        for (int i = 0; i < 600; i++)
        {
            if ((await AppendKnownAsync(log, Pack(i, 1))).Status == AppendStatus.Full) refused.Add(i);
            if (i % 300 == 299) await DeleteKnownAsync(log, 0, long.MaxValue);
        }

        await stop.CancelAsync();
        await reader.WaitAsync(Patience, None);
        Assert.NotEmpty(refused);
        Assert.Empty(seen.Intersect(refused));
    }
}
