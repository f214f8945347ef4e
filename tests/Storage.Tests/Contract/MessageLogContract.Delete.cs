namespace Gateway.Storage.Tests.Contract;

// Deleting and ages: what goes, what stays, and that the quota is free again.
public abstract partial class MessageLogContract
{
    [Fact]
    public async Task A_full_log_takes_messages_again_as_soon_as_some_are_deleted()
    {
        IMessageLog log = await OpenAsync(options: new LogOptions { QuotaBytes = 100_000 });
        int packets = 0;
        for (; (await AppendKnownAsync(log, Pack(packets * 10, 10))).Status == AppendStatus.Appended; packets++) { }
        long bytes = log.State.Bytes;
        Task waiting = log.WaitForSpaceAsync(None).AsTask();
        Assert.False(waiting.IsCompleted);
        List<(long Key, long Number)> all = await ReadAllAsync(log);
        Assert.Equal(300, (await DeleteKnownAsync(log, 0, all[300].Key)).Count);
        Assert.True(log.State.Bytes < bytes - (300 * 100));
        await waiting.WaitAsync(Patience, None);
        for (int i = 0; i < 25; i++) await AppendAsync(log, Pack((packets + i) * 10, 10));
        await AssertHoldsAsync(log, Numbers(300, (packets * 10) - 300), Numbers(packets * 10, 250));
    }

    [Fact]
    public async Task Writers_that_wait_for_space_go_on_when_a_reader_deletes_what_it_has_read()
    {
        const int WritersHere = 8, PacketsEach = 40, PacketMessages = 5, Total = WritersHere * PacketsEach * PacketMessages;
        IMessageLog log = await OpenAsync(options: new LogOptions { QuotaBytes = 40_000 });
        Task[] writers = Start(WritersHere, async writer =>
        {
            for (int i = 0; i < PacketsEach; i++)
            {
                Packet packet = Pack((writer * 1_000L) + (i * PacketMessages), PacketMessages);
                while ((await AppendKnownAsync(log, packet)).Status == AppendStatus.Full) await log.WaitForSpaceAsync(None);
            }
        });
        var seen = new List<long>();
        var page = new MessagePage();
        for (long key = 0; seen.Count < Total; key = page.NextKey)
        {
            Assert.True(await log.WaitAsync(key, None).AsTask().WaitAsync(Patience, None));
            await ReadAsync(log, key, 100, 1 << 20, page);
            Assert.False(page.SkippedToHead);
            seen.AddRange(NumbersOf(page));
            await DeleteKnownAsync(log, 0, page.NextKey);
        }

        await Task.WhenAll(writers).WaitAsync(Patience, None);
        foreach (IGrouping<long, long> writer in seen.GroupBy(number => number / 1_000)) Assert.Equal(Numbers(0, PacketsEach * PacketMessages), writer.Select(number => number % 1_000));
        Assert.Equal((0L, 0L), (log.State.Count, log.State.Bytes));
    }

    [Fact]
    public async Task Deleting_inside_a_packet_keeps_its_rest_also_after_opening_again()
    {
        IMessageLog log = await OpenAsync();
        await AppendAsync(log, Pack(0, 10));
        AppendResult packet = await AppendAsync(log, Pack(10, 10));
        await AppendAsync(log, Pack(20, 10));
        List<(long Key, long Number)> all = await ReadAllAsync(log);
        Assert.Equal(packet.FirstKey, all[10].Key);
        Assert.Equal(14, (await DeleteKnownAsync(log, 0, all[14].Key)).Count);
        Assert.Equal(all[14].Key, log.State.HeadKey);
        await AssertHoldsAsync(log, Numbers(14, 16));
        await ReopenStoreAsync();
        log = await OpenAsync();
        await AssertHoldsAsync(log, Numbers(14, 16));
        await AppendAsync(log, Pack(30, 10));
        await KillAndReopenStoreAsync();
        await AssertHoldsAsync(await OpenAsync(), Numbers(14, 26));
    }

    [Fact]
    public async Task A_range_deleted_in_the_middle_is_passed_over_and_its_quota_is_free_also_after_a_kill()
    {
        IMessageLog log = await OpenAsync();
        for (int i = 0; i < 10; i++) await AppendAsync(log, Pack(i * 10, 10));
        List<(long Key, long Number)> all = await ReadAllAsync(log);
        long bytes = log.State.Bytes;
        Assert.Equal(47, (await DeleteKnownAsync(log, all[25].Key, all[72].Key)).Count);
        Assert.True(log.State.Bytes <= bytes - (47 * 100));
        for (int round = 0; round < 3; round++)
        {
            await AssertHoldsAsync(log, Numbers(0, 25), Numbers(72, 28), Numbers(100, round));
            Assert.Equal(all[0].Key, log.State.HeadKey);
            var page = new MessagePage();
            await ReadAsync(log, all[40].Key, 2, int.MaxValue, page);
            Assert.Equal(Numbers(72, 2), NumbersOf(page));
            await ReadBackwardAsync(log, all[74].Key, 4, int.MaxValue, page);
            Assert.Equal([73, 72, 24, 23], NumbersOf(page));
            if (round == 0) await ReopenStoreAsync();
            else await KillAndReopenStoreAsync();
            log = await OpenAsync();
            await AppendAsync(log, Pack(100 + round, 1));
        }

        Assert.Equal(0, (await DeleteKnownAsync(log, all[30].Key, all[60].Key)).Count);
        Assert.Equal(25, (await DeleteKnownAsync(log, 0, all[50].Key)).Count);
        Assert.Equal(all[72].Key, log.State.HeadKey);
        await AssertHoldsAsync(log, Numbers(72, 28), Numbers(100, 3));
    }

    /// <summary>Deletes; on an engine that fails at the moment again, since what was deleted then counts only once.</summary>
    private static async Task<DeleteResult> DeleteKnownAsync(IMessageLog log, long fromKey, long belowKey)
    {
        DeleteResult result = await log.DeleteRangeAsync(fromKey, belowKey, None);
        for (long until = Environment.TickCount64 + (long)Patience.TotalMilliseconds; result.Status == DeleteStatus.Unavailable; await Task.Delay(5, None))
        {
            Assert.True(Environment.TickCount64 < until, "The log is unavailable for too long.");
            DeleteResult again = await log.DeleteRangeAsync(fromKey, belowKey, None);
            result = new DeleteResult(again.Status, result.Count + again.Count);
        }

        return result;
    }

    [Fact]
    public async Task Everything_deleted_stays_deleted_and_new_messages_get_higher_keys()
    {
        long last = 0;
        for (int round = 0; round < 3; round++)
        {
            IMessageLog log = await OpenAsync();
            await AssertHoldsAsync(log);
            for (int i = 0; i < 10; i++)
            {
                AppendResult result = await AppendAsync(log, Pack(i * 30, 30));
                Assert.True(result.FirstKey > last);
                last = result.LastKey;
            }

            Assert.Equal(300, (await DeleteKnownAsync(log, 0, long.MaxValue)).Count);
            Assert.Equal((0L, 0L), (log.State.Count, log.State.Bytes));
            Assert.Equal(0, (await DeleteKnownAsync(log, 0, long.MaxValue)).Count);
            await ReopenStoreAsync();
        }
    }

    [Fact]
    public async Task Deleting_again_or_below_the_head_deletes_nothing()
    {
        IMessageLog log = await OpenAsync();
        await AppendAsync(log, Pack(0, 20));
        List<(long Key, long Number)> all = await ReadAllAsync(log);
        Assert.Equal(5, (await DeleteKnownAsync(log, 0, all[5].Key)).Count);
        Assert.Equal(0, (await DeleteKnownAsync(log, 0, all[5].Key)).Count);
        Assert.Equal(0, (await DeleteKnownAsync(log, 0, all[2].Key)).Count);
        Assert.Equal(0, (await DeleteKnownAsync(log, 0, 0)).Count);
        await AssertHoldsAsync(log, Numbers(5, 15));
    }

    [Fact]
    public async Task A_higher_quota_lets_those_go_on_who_wait()
    {
        IMessageLog log = await OpenAsync(options: new LogOptions { QuotaBytes = 70_000 });
        await FillAsync(log, i => Pack(i, 1));
        Task waiting = log.WaitForSpaceAsync(None).AsTask();
        Assert.False(waiting.IsCompleted);
        log.Configure(new LogOptions { QuotaBytes = 200_000 });
        await waiting.WaitAsync(Patience, None);
        await AppendAsync(log, Pack(0, 100));
    }

    [Fact]
    public async Task A_wait_for_space_that_is_cancelled_ends()
    {
        IMessageLog log = await OpenAsync(options: new LogOptions { QuotaBytes = 70_000 });
        await FillAsync(log, i => Pack(i, 1));
        using var cancel = new CancellationTokenSource();
        Task waiting = log.WaitForSpaceAsync(cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Patience, None));
    }

    [Fact]
    public async Task A_deleted_channel_is_empty_when_it_is_made_again_and_others_keep_theirs()
    {
        IMessageLog one = await OpenAsync(1), two = await OpenAsync(2);
        await AppendAsync(one, Pack(0, 10));
        await AppendAsync(two, Pack(100, 10));
        await DeleteChannelAsync(1);
        await AssertHoldsAsync(await OpenAsync(1));
        await AppendAsync(await OpenAsync(1), Pack(50, 1));
        await DeleteChannelAsync(7);      // there is none: nothing happens
        await ReopenStoreAsync();
        await AssertHoldsAsync(await OpenAsync(1), Numbers(50, 1));
        await AssertHoldsAsync(await OpenAsync(2), Numbers(100, 10));
    }

    [Fact]
    public async Task Age_removes_what_is_older_than_the_limit_and_nothing_younger()
    {
        Assert.SkipUnless(CanAdvance, "The clock of this engine can't be moved.");
        IMessageLog log = await OpenAsync(options: new LogOptions { AgeMax = TimeSpan.FromMinutes(100) });
        for (int hour = 0; hour < 5; hour++)
        {
            await AppendAsync(log, Pack(hour * 10, 10));
            await AdvanceAsync(TimeSpan.FromMinutes(60));
            // 60 minutes old: stays. 120 minutes old: goes.
            await UntilAsync(() => log.State.Count == 10, $"the expiry in hour {hour}");
            await AssertHoldsAsync(log, Numbers(hour * 10, 10));
        }

        await AdvanceAsync(TimeSpan.FromMinutes(60));
        await UntilAsync(() => log.State.Count == 0, "the expiry of the last");
        Assert.Equal(0, log.State.Bytes);
    }
}
