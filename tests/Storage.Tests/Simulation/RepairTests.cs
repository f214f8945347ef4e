namespace Gateway.Storage.Tests.Simulation;

/// <summary>What seeds of the simulation found about files whose sync failed and whose pages the system then dropped.</summary>
public sealed class RepairTests : SimulatedFixture
{
    /// <summary>Promise: what a failed sync of a channel's file dropped is taken from the journal; the channel goes on by itself and the checkpoint is not held up.</summary>
    [Fact]
    public async Task A_channel_whose_unsynced_pages_are_gone_is_made_whole_from_the_journal()
    {
        MessageStore store = Open();
        IMessageLog log = await OpenLog(store), other = await OpenLog(store, 2);
        await Append(store, log, 0, 10);
        Assert.True(await store.CheckpointAsync(CancellationToken.None));
        await Append(store, log, 10, 500);
        await Step(store, log.DeleteBelowAsync(4, CancellationToken.None));
        await Step(store, log.DeleteRangeAsync(20, 30, CancellationToken.None));
        Fail(DiskCall.Sync, "/channels/1/", times: 1);
        Assert.False(await store.CheckpointAsync(CancellationToken.None));
        Assert.Equal(AppendStatus.Unavailable, (await Append(store, log, 0)).Status);
        await Assert.ThrowsAsync<IOException>(() => Numbers(log));      // and not "damaged"
        Assert.Equal(AppendStatus.Appended, (await Append(store, other, 0)).Status);

        Assert.True(await store.CheckpointAsync(CancellationToken.None));
        Assert.Equal(AppendStatus.Appended, (await Append(store, log, 510)).Status);
        long[] expected = [.. Range(3, 16), .. Range(29, 482)];
        Assert.Equal(expected, await Numbers(log));
        Assert.Equal(expected, await Numbers(await OpenLog(CutAndOpen())));
    }

    /// <summary>Promise: a repair waits for appends that are under way, so that none is acknowledged that the repaired log lacks.</summary>
    [Fact]
    public async Task A_repair_waits_for_the_journal()
    {
        MessageStore store = Open();
        IMessageLog log = await OpenLog(store);
        Task<AppendResult> pending = log.AppendAsync(Pack(0, 10), CancellationToken.None).AsTask();
        Fail(DiskCall.Sync, "/channels/1/", times: 1);
        Assert.False(await store.CheckpointAsync(CancellationToken.None));
        Assert.False(await store.CheckpointAsync(CancellationToken.None));
        store.Step();
        Assert.Equal(AppendStatus.Appended, (await pending).Status);
        Assert.True(await store.CheckpointAsync(CancellationToken.None));
        Assert.Equal(Range(0, 10), await Numbers(log));
        Assert.Equal(Range(0, 10), await Numbers(await OpenLog(CutAndOpen())));
    }

    /// <summary>Promise: while a repair could not be ended, nobody is shown what was read so far: neither what was deleted nor less than there is.</summary>
    [Theory]
    [InlineData("/facts-")]
    [InlineData("/journal-")]
    public async Task A_log_that_is_read_anew_in_part_is_shown_to_nobody(string unreadable)
    {
        MessageStore store = Open();
        IMessageLog log = await OpenLog(store);
        await Append(store, log, 0, 10);
        Assert.True(await store.CheckpointAsync(CancellationToken.None));
        await Append(store, log, 10, 10);
        await Step(store, log.DeleteBelowAsync(4, CancellationToken.None));
        Fail(DiskCall.Sync, "/channels/1/", times: 1);
        Assert.False(await store.CheckpointAsync(CancellationToken.None));
        Fail(DiskCall.Read, unreadable, times: 1);
        Assert.False(await store.CheckpointAsync(CancellationToken.None));

        var page = new MessagePage();
        await Assert.ThrowsAsync<IOException>(async () => await log.ReadAsync(0, 5, int.MaxValue, page, CancellationToken.None));
        await Assert.ThrowsAsync<IOException>(async () => await log.ReadBackwardAsync(long.MaxValue, 5, int.MaxValue, page, CancellationToken.None));
        await Assert.ThrowsAsync<IOException>(async () => await log.FindAsync(Time.NowUs, CancellationToken.None));
        Assert.Equal(DeleteStatus.Unavailable, (await log.DeleteRangeAsync(6, 8, CancellationToken.None)).Status);

        Assert.True(await store.CheckpointAsync(CancellationToken.None));
        Assert.Equal(Range(3, 17), await Numbers(log));
    }

    /// <summary>Promise: a packet whose outcome is unknown and that was lost with the pages is stored by its retry.</summary>
    [Fact]
    public async Task A_retry_of_what_a_failed_sync_took_stores_it()
    {
        MessageStore store = Open();
        IMessageLog log = await OpenLog(store);
        await Append(store, log, 0);
        Fail(DiskCall.Sync, "/journal-", times: 1);
        Assert.Equal(AppendStatus.Unavailable, (await Append(store, log, 1, 3, deduplicationId: 5)).Status);
        Fail(DiskCall.Sync, "/channels/1/", times: 1);
        Assert.False(await store.CheckpointAsync(CancellationToken.None));
        Assert.True(await store.CheckpointAsync(CancellationToken.None));
        Assert.Equal([0], await Numbers(log));
        Assert.Equal(AppendStatus.Appended, (await Append(store, log, 1, 3, deduplicationId: 5)).Status);
        Assert.Equal(Range(0, 4), await Numbers(log));
        Assert.Equal(Range(0, 4), await Numbers(await OpenLog(CutAndOpen())));
    }

    /// <summary>Promise: messages of a channel that asks for no sync can be lost with a failed one, whole packets from the end; those that were synced can't.</summary>
    [Theory]
    [InlineData(Durability.Os)]
    [InlineData(Durability.Memory)]
    public async Task Messages_that_were_told_before_their_sync_are_lost_from_the_end(Durability durability)
    {
        MessageStore store = Open();
        IMessageLog log = await OpenLog(store, 1, durability);
        await Append(store, log, 0, 3);
        store.Step();
        Fail(DiskCall.Sync, "/journal-", times: 1);
        Assert.Equal(AppendStatus.Appended, (await Append(store, log, 3, 3)).Status);
        Fail(DiskCall.Sync, "/channels/1/", times: 1);
        Assert.False(await store.CheckpointAsync(CancellationToken.None));
        Assert.True(await store.CheckpointAsync(CancellationToken.None));
        Assert.Equal(Range(0, 3), await Numbers(log));
        Assert.Equal(3, log.State.Count);
        await Append(store, log, 6);
        Assert.Equal([.. Range(0, 3), 6], await Numbers(log));
    }

    /// <summary>Promise: where a failed sync dropped a page, an older record of the same number that a power cut had left there is not taken for the lost one.</summary>
    [Fact]
    public async Task What_comes_up_under_a_dropped_page_is_not_taken_for_it()
    {
        MessageStore store = Open();
        Task<AppendResult> untold = (await OpenLog(store)).AppendAsync(Pack(99), CancellationToken.None).AsTask();
        Fail(DiskCall.Write, "/checkpoint-a", times: 1);
        Assert.False(await store.CheckpointAsync(CancellationToken.None));      // but the log's file is synced now
        Assert.False(untold.IsCompleted);

        store = CutAndOpen();
        IMessageLog log = await OpenLog(store);
        Assert.Equal(1, (await Append(store, log, 0)).FirstKey);
        Fail(DiskCall.Sync, "/channels/1/", times: 1);
        Assert.False(await store.CheckpointAsync(CancellationToken.None));
        await Assert.ThrowsAsync<IOException>(() => Numbers(log));
        Assert.True(await store.CheckpointAsync(CancellationToken.None));
        Assert.Equal([0], await Numbers(log));
        Assert.Equal([0], await Numbers(await OpenLog(CutAndOpen())));
    }
}
