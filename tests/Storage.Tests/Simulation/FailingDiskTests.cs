namespace Gateway.Storage.Tests.Simulation;

/// <summary>What seeds of the simulation found while calls to the disk failed.</summary>
public sealed class FailingDiskTests : SimulatedFixture
{
    /// <summary>Promise: nothing is appended to a journal that a start after a crash could not read: its facts are on the disk first.</summary>
    [Fact]
    public async Task A_journal_whose_facts_can_not_be_written_is_not_begun()
    {
        Fail(DiskCall.Write, "/facts-", times: 1, "ENOSPC");
        Assert.Throws<IOException>(Open);
        MessageStore store = KillAndOpen();
        IMessageLog log = await OpenLog(store);
        Fail(DiskCall.Sync, "/journal-", times: 1);
        Assert.Equal(AppendStatus.Unavailable, (await Append(store, log, 0)).Status);
        Fail(DiskCall.Write, "/facts-", times: 1, "ENOSPC");
        Assert.False(await store.CheckpointAsync(CancellationToken.None));
        Assert.Equal(AppendStatus.Unavailable, (await Append(store, log, 1)).Status);
        Assert.True(await store.CheckpointAsync(CancellationToken.None));
        Assert.Equal(AppendStatus.Appended, (await Append(store, log, 2)).Status);
        Assert.Equal([0, 2], await Numbers(await OpenLog(CutAndOpen())));
    }

    /// <summary>Promise: what an old journal's files do at the end keeps no store from closing.</summary>
    [Fact]
    public async Task A_store_closes_although_its_journal_can_not_be_removed()
    {
        MessageStore store = Open();
        await Append(store, await OpenLog(store), 0);
        Fail(DiskCall.Delete, "/journal-", times: 1);
        await store.DisposeAsync();
        store = Open();     // the folder is not in use any more
        Assert.Equal([0], await Numbers(await OpenLog(store)));
        Assert.Single(Disk.ListFiles(Folder, "journal-"));
    }

    /// <summary>Promise: a start takes the newer checkpoint, however many starts before it were refused by a disk that wrote only one of the two.</summary>
    [Fact]
    public async Task Checkpoints_many_generations_apart_open()
    {
        MessageStore store = Open();
        await Append(store, await OpenLog(store), 0);
        Fail(DiskCall.Sync, "/checkpoint-a");
        for (int i = 0; i < 3; i++) Assert.Throws<IOException>(KillAndOpen);
        Disk.Faults.Clear();
        Assert.Equal([0], await Numbers(await OpenLog(KillAndOpen())));
    }

    /// <summary>Promise: a checkpoint that can be read although its sync failed is not trusted to be on the disk: whatever is left of the other one when the power goes, one is whole.</summary>
    [Fact]
    public async Task A_checkpoint_whose_sync_failed_before_is_synced_before_the_other_is_touched()
    {
        for (int seed = 0; seed < 100; seed++)
        {
            Disk = new SimulatedDisk(seed);
            MessageStore store = Open();
            await Append(store, await OpenLog(store), 0);
            await Append(store, await OpenLog(store, channel: 2), 0);
            Fail(DiskCall.Sync, "/checkpoint-a", times: 1);
            Assert.Throws<IOException>(KillAndOpen);
            Fail(DiskCall.Sync, "/checkpoint-b");
            Assert.Throws<IOException>(KillAndOpen);
            Disk.Faults.Clear();
            Assert.Equal([0], await Numbers(await OpenLog(CutAndOpen())));
        }
    }

    /// <summary>Promise: the data folder's own name is on the disk before anything is acknowledged, also when the first start was refused for it.</summary>
    [Fact]
    public async Task A_data_folder_whose_name_was_not_synced_is_synced_by_the_next_start()
    {
        Fail(DiskCall.SyncFolder, "/", times: 1);
        Assert.Throws<IOException>(Open);
        MessageStore store = KillAndOpen();
        await Append(store, await OpenLog(store), 0);
        Assert.Equal([0], await Numbers(await OpenLog(CutAndOpen())));
    }

    /// <summary>Promise: the same for a channel's folder.</summary>
    [Fact]
    public async Task A_channel_whose_folder_was_not_synced_loses_nothing_once_it_is_acknowledged()
    {
        MessageStore store = Open();
        Fail(DiskCall.SyncFolder, "/channels", times: 1);
        await Assert.ThrowsAsync<IOException>(() => OpenLog(store));
        await Append(store, await OpenLog(store), 0);
        Assert.True(await store.CheckpointAsync(CancellationToken.None));
        Assert.Equal([0], await Numbers(await OpenLog(CutAndOpen())));
    }

    /// <summary>Promise: a channel that was made, not told so, and made again opens after a crash.</summary>
    [Fact]
    public async Task A_channel_made_again_after_its_making_failed_opens_after_a_crash()
    {
        MessageStore store = Open();
        Fail(DiskCall.Write, "/journal-", times: 3);
        await Assert.ThrowsAsync<IOException>(() => OpenLog(store));
        Disk.Faults.Clear();
        store.Step();
        IMessageLog log = await OpenLog(store);
        await Append(store, log, 0);
        Assert.Equal([0], await Numbers(await OpenLog(KillAndOpen())));
    }

    /// <summary>Promise: an append that was cancelled, tried again and cancelled again is stored once, however often it is tried.</summary>
    [Fact]
    public async Task A_retry_that_is_cancelled_does_not_forget_what_is_stored()
    {
        MessageStore store = Open();
        IMessageLog log = await OpenLog(store);
        for (int i = 0; i < 2; i++)
        {
            using var cancel = new CancellationTokenSource();
            Task<AppendResult> append = log.AppendAsync(Pack(7, 3, deduplicationId: 1), cancel.Token).AsTask();
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => append);
        }

        store.Step();
        AppendResult told = await Append(store, log, 7, 3, deduplicationId: 1);
        Assert.Equal((AppendStatus.Appended, 1L, 3L), (told.Status, told.FirstKey, told.LastKey));
        Assert.Equal([7, 8, 9], await Numbers(log));
    }
}
