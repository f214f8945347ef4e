namespace Gateway.Storage.Tests;

public sealed class SteppedTests : StoreFixture
{
    /// <summary>Promise: a stepped store does nothing by itself, and what it does is done when the call that asks for it returns.</summary>
    [Fact]
    public async Task A_stepped_store_acknowledges_within_the_step_and_closes_within_the_call()
    {
        StoreOptions options = Options with { IsStepped = true, Time = new ManualTime() };
        MessageStore store = Open(options);
        Task<IMessageLog> opening = store.OpenAsync(1, new LogOptions(), None).AsTask();
        Assert.False(opening.IsCompleted);
        store.Step();
        IMessageLog log = await AtOnce(opening);

        for (int round = 0; round < 3; round++)
        {
            Task<AppendResult> first = log.AppendAsync(Pack(round * 4, 2), None).AsTask(), second = log.AppendAsync(Pack((round * 4) + 2, 2), None).AsTask();
            Assert.False(first.IsCompleted || second.IsCompleted);
            Assert.Equal(round * 4, log.State.Count);
            store.Step();
            Assert.Equal(AppendStatus.Appended, (await AtOnce(first)).Status);
            Assert.Equal(AppendStatus.Appended, (await AtOnce(second)).Status);
        }

        Task<DeleteResult> deleting = log.DeleteBelowAsync(3, None).AsTask();
        Assert.False(deleting.IsCompleted);
        store.Step();
        Assert.Equal(new DeleteResult(DeleteStatus.Deleted, 2), await AtOnce(deleting));
        Assert.True(await AtOnce(store.CheckpointAsync(None)));
        Assert.True(store.DisposeAsync().AsTask().IsCompletedSuccessfully);

        store = Open(options);
        Assert.Equal(10, (await AtOnce(store.OpenAsync(1, new LogOptions(), None).AsTask())).State.Count);
        Assert.True(store.DisposeAsync().AsTask().IsCompletedSuccessfully);
    }

    private static Task<T> AtOnce<T>(Task<T> task)
    {
        Assert.True(task.IsCompleted);
        return task;
    }
}
