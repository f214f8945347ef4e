using Gateway.Host.Configuration;
using Xunit;

namespace Gateway.Host.Tests.Channels;

public sealed class SqliteConfigurationStoreTests : IDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "gateway-tests", Guid.NewGuid().ToString("n"));

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task An_item_changes_only_at_the_expected_revision()
    {
        await using SqliteConfigurationStore store = SqliteConfigurationStore.Open(_folder);
        long first = await store.PutAsync("channel", 1, "{}", 0, Cancelled);
        Assert.True(first > 0);
        Assert.Equal(0, await store.PutAsync("channel", 1, "[]", 0, Cancelled));
        Assert.Equal(0, await store.PutAsync("channel", 1, "[]", first + 1, Cancelled));
        Assert.Equal("{}", (await store.GetAsync("channel", 1, Cancelled))!.Json);
        long second = await store.PutAsync("channel", 1, "[1]", first, Cancelled);
        Assert.True(second > first);
        Assert.Equal(0, await store.DeleteAsync("channel", 1, first, Cancelled));
        Assert.True(await store.DeleteAsync("channel", 1, second, Cancelled) > second);
        Assert.Null(await store.GetAsync("channel", 1, Cancelled));
        Assert.True(await store.PutAsync("channel", 1, "{}", 0, Cancelled) > second);
    }

    [Fact]
    public async Task Several_items_change_together_or_not_at_all()
    {
        await using SqliteConfigurationStore store = SqliteConfigurationStore.Open(_folder);
        long first = await store.NextIdsAsync("device", 3, Cancelled);
        Assert.Equal((1, 4), (first, await store.NextIdAsync("device", Cancelled)));
        IReadOnlyList<long> revisions = (await store.ChangeAsync("device", [new(1, "a", 0), new(2, "b", 0), new(3, "c", 0)], Cancelled))!;
        Assert.Equal([1, 2, 3], revisions);
        Assert.Null(await store.ChangeAsync("device", [new(1, "x", revisions[0]), new(2, null, 77), new(3, null, revisions[2])], Cancelled));
        Assert.Equal(["a", "b", "c"], (await store.ListAsync("device", Cancelled)).Select(item => item.Json));
        Assert.NotNull(await store.ChangeAsync("device", [new(1, "x", revisions[0]), new(2, null, revisions[1])], Cancelled));
        Assert.Equal(["x", "c"], (await store.ListAsync("device", Cancelled)).Select(item => item.Json));
    }

    [Fact]
    public async Task Items_and_ids_survive_and_kinds_are_apart()
    {
        await using (SqliteConfigurationStore store = SqliteConfigurationStore.Open(_folder))
        {
            Assert.Equal(1, await store.NextIdAsync("channel", Cancelled));
            Assert.Equal(1, await store.NextIdAsync("token", Cancelled));
            await store.PutAsync("channel", 1, """{"name":"ä'\""}""", 0, Cancelled);
            await store.PutAsync("token", 1, "{}", 0, Cancelled);
        }
        await using (SqliteConfigurationStore store = SqliteConfigurationStore.Open(_folder))
        {
            Assert.Equal("""{"name":"ä'\""}""", Assert.Single(await store.ListAsync("channel", Cancelled)).Json);
            Assert.Equal(2, await store.NextIdAsync("channel", Cancelled));
        }
    }

    [Fact]
    public async Task A_watcher_sees_changes_in_order_and_deletions_too()
    {
        await using SqliteConfigurationStore store = SqliteConfigurationStore.Open(_folder);
        long revision = await store.PutAsync("channel", 1, "a", 0, Cancelled);
        var seen = new List<(long, string, bool)>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        Task watching = Task.Run(async () =>
        {
            await foreach (ConfigurationItem item in store.WatchAsync(0, stop.Token)) lock (seen) seen.Add((item.Id, item.Json, item.IsDeleted));
        }, Cancelled);
        await Eventually.TrueAsync(() => { lock (seen) return seen.Count == 1; }, "the first change is seen");
        await store.PutAsync("channel", 2, "b", 0, Cancelled);
        await Eventually.TrueAsync(() => { lock (seen) return seen.Count == 2; }, "the second change is seen");
        await store.DeleteAsync("channel", 1, revision, Cancelled);
        await Eventually.TrueAsync(() => { lock (seen) return seen.Count == 3; }, "the deletion is seen");
        Assert.Equal([(1, "a", false), (2, "b", false), (1, "", true)], seen);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching);
    }
}
