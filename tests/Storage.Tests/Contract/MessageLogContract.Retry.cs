namespace Gateway.Storage.Tests.Contract;

// Unknown outcomes: a retry with the same id stores nothing twice.
public abstract partial class MessageLogContract
{
    /// <summary>Promise: whoever stops waiting at any moment and tries again has each packet once and in order.</summary>
    [Fact]
    public async Task Appends_cancelled_at_any_moment_and_tried_again_are_stored_once_and_in_order()
    {
        const int WritersHere = 8, PacketsEach = 60;
        int seed = Environment.TickCount;
        IMessageLog log = await OpenAsync();
        int cancelled = 0;
        await Task.WhenAll(Start(WritersHere, async writer =>
        {
            var random = new Random(seed + writer);
            for (int i = 0; i < PacketsEach; i++)
            {
                Packet packet = Pack((writer * 1_000_000L) + (i * 3), 3);
                packet.DeduplicationId = Interlocked.Increment(ref s_lastId);
                AppendStatus? first = await TryAppendAsync(log, packet, random.Next(4));
                if (first is null) Interlocked.Increment(ref cancelled);
                if (first is not AppendStatus.Appended) await AppendAsync(log, packet);
            }
        }));
        ILookup<long, long> stored = (await ReadAllAsync(log)).ToLookup(message => message.Number / 1_000_000, message => message.Number % 1_000_000);
        for (int writer = 0; writer < WritersHere; writer++)
            Assert.True(stored[writer].SequenceEqual(Numbers(0, PacketsEach * 3)), $"seed {seed}: writer {writer}: {string.Join(' ', stored[writer])}");
        TestContext.Current.TestOutputHelper?.WriteLine($"{cancelled} of {WritersHere * PacketsEach} appends were cancelled");
    }

    [Fact]
    public async Task An_append_that_was_cancelled_before_it_began_stores_nothing_and_can_be_made_later()
    {
        IMessageLog log = await OpenAsync();
        Packet packet = Pack(0, 3);
        packet.DeduplicationId = Interlocked.Increment(ref s_lastId);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await log.AppendAsync(packet, new CancellationToken(canceled: true)));
        Assert.Equal(0, log.State.Count);
        await AppendAsync(log, packet);
        await AssertHoldsAsync(log, Numbers(0, 3));
    }

    /// <summary>Promise: an id means one packet; packets without an id are never taken for one another.</summary>
    [Fact]
    public async Task Equal_packets_with_other_ids_or_none_are_all_stored()
    {
        IMessageLog log = await OpenAsync();
        for (int i = 0; i < 3; i++) await AppendAsync(log, Pack(7, 1));
        Packet without = Pack(8, 1);
        int stored = 0;
        for (int i = 0; i < 3; i++)
            if ((await log.AppendAsync(without, None)).Status == AppendStatus.Appended) stored++;
        List<(long Key, long Number)> all = await ReadAllAsync(log);
        Assert.Equal(3, all.Count(message => message.Number == 7));
        Assert.True(all.Count(message => message.Number == 8) >= stored);
    }

    /// <summary>Appends and stops waiting at once, a little later, or (0) not at all.</summary>
    /// <returns>Null when it was cancelled.</returns>
    private static async Task<AppendStatus?> TryAppendAsync(IMessageLog log, Packet packet, int patience)
    {
        using var cancel = new CancellationTokenSource();
        Task<AppendResult> append = log.AppendAsync(packet, cancel.Token).AsTask();
        if (patience == 2) await Task.Yield();
        if (patience == 3) await Task.Delay(1, None);
        if (patience > 0) await cancel.CancelAsync();
        try
        {
            return (await append).Status;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }
}
