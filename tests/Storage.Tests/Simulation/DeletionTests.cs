namespace Gateway.Storage.Tests.Simulation;

/// <summary>What seeds of the simulation found about deletions while the disk failed.</summary>
public sealed class DeletionTests : SimulatedFixture
{
    /// <summary>Promise: messages that are told as deleted stay deleted; a deletion that is not on the disk is not told, however often it is asked for.</summary>
    [Fact]
    public async Task A_deletion_is_told_only_when_it_is_on_the_disk()
    {
        MessageStore store = Open();
        IMessageLog log = await OpenLog(store);
        await Append(store, log, 0, 10);
        Fail(DiskCall.Write, "/journal-");
        Assert.Equal(DeleteStatus.Unavailable, (await Step(store, log.DeleteBelowAsync(6, CancellationToken.None))).Status);
        Assert.Equal(DeleteStatus.Unavailable, (await Step(store, log.DeleteBelowAsync(6, CancellationToken.None))).Status);
        Assert.Equal(Range(5, 5), await Numbers(log));
        Disk.Faults.Clear();
        Assert.Equal(Range(0, 10), await Numbers(await OpenLog(CutAndOpen())));
    }

    [Fact]
    public async Task A_deletion_that_was_not_told_is_told_when_it_is_asked_for_again()
    {
        MessageStore store = Open();
        IMessageLog log = await OpenLog(store);
        await Append(store, log, 0, 10);
        Fail(DiskCall.Write, "/journal-", times: 3);
        Assert.Equal(DeleteStatus.Unavailable, (await Step(store, log.DeleteRangeAsync(3, 6, CancellationToken.None))).Status);
        Disk.Faults.Clear();
        Assert.Equal(new DeleteResult(DeleteStatus.Deleted, 0), await Step(store, log.DeleteRangeAsync(3, 6, CancellationToken.None)));
        Assert.Equal([.. Range(0, 2), .. Range(5, 5)], await Numbers(await OpenLog(CutAndOpen())));
    }

    /// <summary>Promise: what expired is not told as deleted before that is on the disk.</summary>
    [Fact]
    public async Task Deleting_what_expired_waits_for_the_disk()
    {
        MessageStore store = Open();
        IMessageLog log = await OpenLog(store);
        await Append(store, log, 0, 10);
        Time.Advance(TimeSpan.FromDays(31));
        store.Expire();
        Assert.Empty(await Numbers(log));
        Task<DeleteResult> deleting = log.DeleteBelowAsync(long.MaxValue, CancellationToken.None).AsTask();
        Assert.False(deleting.IsCompleted);
        store.Step();
        Assert.Equal(new DeleteResult(DeleteStatus.Deleted, 0), await deleting);
        Assert.Empty(await Numbers(await OpenLog(CutAndOpen())));
    }

    /// <summary>Promise: a channel's deletion that the disk held up is told as such and goes on by itself; the channel can have a new log meanwhile.</summary>
    [Theory]
    [InlineData(DiskCall.Write, "/journal-")]
    [InlineData(DiskCall.Sync, "/journal-")]
    [InlineData(DiskCall.Delete, "/channels/1/")]
    [InlineData(DiskCall.SyncFolder, "/channels/1")]
    internal async Task A_deletion_of_a_channel_that_the_disk_held_up_goes_on_by_itself(DiskCall call, string part)
    {
        MessageStore store = Open();
        await Append(store, await OpenLog(store), 0, 10);
        Assert.True(await store.CheckpointAsync(CancellationToken.None));
        Fail(call, part);
        await Assert.ThrowsAsync<IOException>(() => Step(store, store.DeleteAsync(1, CancellationToken.None)));
        Assert.Empty(store.ChannelIds);

        Disk.Faults.Clear();
        store.Step();
        Assert.True(await store.CheckpointAsync(CancellationToken.None));
        Assert.Empty(Disk.ListFolders(Folder + "/channels"));
        IMessageLog log = await OpenLog(store);
        await Append(store, log, 77);
        Assert.Equal([77], await Numbers(await OpenLog(CutAndOpen())));
    }

    [Fact]
    public async Task A_channel_can_be_made_again_while_the_files_of_the_old_one_can_not_be_removed()
    {
        MessageStore store = Open();
        await Append(store, await OpenLog(store), 0, 10);
        Assert.True(await store.CheckpointAsync(CancellationToken.None));
        Fail(DiskCall.Delete, "/channels/1/");
        await Assert.ThrowsAsync<IOException>(() => Step(store, store.DeleteAsync(1, CancellationToken.None)));
        IMessageLog log = await OpenLog(store);
        await Append(store, log, 77);
        await store.CheckpointAsync(CancellationToken.None);
        store = CutAndOpen();
        Assert.Equal([77], await Numbers(await OpenLog(store)));
        await Assert.ThrowsAsync<IOException>(() => Step(store, store.DeleteAsync(1, CancellationToken.None)));
        Disk.Faults.Clear();
        await Step(store, store.DeleteAsync(1, CancellationToken.None));
        Assert.Empty(CutAndOpen().ChannelIds);
        Assert.Empty(Disk.ListFolders(Folder + "/channels"));
    }

    /// <summary>Promise: a start removes no file for an entry of the journal that may not be on the disk: after a crash of the process alone the system may still hold it.</summary>
    [Fact]
    public async Task A_start_that_is_cut_leaves_the_files_of_a_channel_whose_deletion_was_not_synced()
    {
        MessageStore store = Open();
        await Append(store, await OpenLog(store), 0, 10);
        Assert.True(await store.CheckpointAsync(CancellationToken.None));
        Fail(DiskCall.Sync, "/journal-", times: 1);
        Disk.LosesAll = false;
        await Assert.ThrowsAsync<IOException>(() => Step(store, store.DeleteAsync(1, CancellationToken.None)));

        Fail(DiskCall.Write, "/facts-", times: 1);
        Assert.Throws<IOException>(KillAndOpen);
        Disk.LosesAll = true;
        store = CutAndOpen();
        foreach (long id in store.ChannelIds) Assert.Equal(Range(0, 10), await Numbers(await OpenLog(store, id)));
    }
}
