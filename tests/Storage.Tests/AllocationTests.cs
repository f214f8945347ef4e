namespace Gateway.Storage.Tests;

/// <summary>The allocations of all threads are those of one test only if no other runs beside it.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

[Collection(nameof(Alone))]
public sealed class AllocationTests : StoreFixture
{
    private const int Warmup = 2_000;
    private const int Measured = 5_000;

    /// <summary>Promise: an append allocates nothing on the thread that calls it.</summary>
    [Theory]
    [InlineData(Durability.Memory)]
    [InlineData(Durability.Commit)]
    public async Task An_append_allocates_nothing_on_its_thread(Durability durability)
    {
        await using MessageStore store = Open(Options with { ChannelPageBits = 24, ChannelSegmentBits = 24, JournalPageBits = 24, JournalSegmentBits = 24 });
        IMessageLog log = await store.OpenAsync(1, new LogOptions { Durability = durability }, None);
        Packet packet = Pack(0, 25, 40);
        var tasks = new ValueTask<AppendResult>[16];
        await Task.Run(() => Append(log, packet, tasks, Warmup), None);
        long allocated = await Task.Run(() =>
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Append(log, packet, tasks, Measured);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }, None);
        Assert.Equal(0, allocated);
    }

    /// <summary>Promise: with pages of the default size the thread that turns a page allocates for the page, not for the append.</summary>
    [Fact]
    public async Task A_page_turn_allocates_a_bounded_amount_on_the_appending_thread()
    {
        await using MessageStore store = Open(Options with { JournalPageBits = 23, JournalSegmentBits = 26 });
        IMessageLog log = await store.OpenAsync(1, new LogOptions { Durability = Durability.Memory }, None);
        Packet packet = Pack(0, 25, 104);
        var tasks = new ValueTask<AppendResult>[16];
        await Task.Run(() => Append(log, packet, tasks, Warmup), None);
        long bytesBefore = log.State.Bytes;
        long allocated = await Task.Run(() =>
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Append(log, packet, tasks, Measured);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }, None);
        long pages = (log.State.Bytes - bytesBefore) >> 16;
        TestContext.Current.TestOutputHelper?.WriteLine($"{allocated} bytes, {pages} pages, {Measured * 25} messages of 104 bytes: {allocated / (double)pages:f0} per page, {allocated / (Measured * 25.0):f2} per message");
        Assert.True(allocated < pages * 1_500, $"{allocated} bytes for {pages} pages");
    }

    /// <summary>Promise: all threads together allocate per group commit and not per append.</summary>
    [Fact]
    public async Task Many_appenders_allocate_per_commit_only()
    {
        await using MessageStore store = Open(Options with { JournalPageBits = 23, JournalSegmentBits = 26 });
        IMessageLog log = await store.OpenAsync(1, new LogOptions(), None);
        Packet packet = Pack(0, 1, 40);
        var tasks = new ValueTask<AppendResult>[128];
        Append(log, packet, tasks, 20_000);
        long commits = store.Journal.CommitCount;
        long before = GC.GetTotalAllocatedBytes(precise: true);
        Append(log, packet, tasks, 50_000);
        long allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        commits = store.Journal.CommitCount - commits;
        Assert.True(allocated < (commits * 3_000) + 100_000, $"{allocated} bytes in {commits} commits and 50,000 appends");
    }

    private static void Append(IMessageLog log, Packet packet, ValueTask<AppendResult>[] tasks, int count)
    {
        CancellationToken none = CancellationToken.None;
        for (int i = 0; i < count; i += tasks.Length)
        {
            for (int t = 0; t < tasks.Length; t++) Keep(out tasks[t], log.AppendAsync(packet, none));
            for (int t = 0; t < tasks.Length; t++)
            {
                var spin = new SpinWait();
                while (!tasks[t].IsCompleted) spin.SpinOnce();
                if (tasks[t].Result.Status != AppendStatus.Appended) throw new InvalidOperationException(tasks[t].Result.Status.ToString());
            }
        }
    }

    private static void Keep(out ValueTask<AppendResult> place, ValueTask<AppendResult> task) => place = task;
}
