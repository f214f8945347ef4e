namespace Gateway.Storage.Tests;

public sealed class StressTests : StoreFixture
{
    private const int Messages = 60_000;

    /// <summary>Promise: readers see every message once and in order while others append, delete behind them, checkpoint and close idle files.</summary>
    [Fact]
    public async Task Readers_miss_nothing_while_the_log_is_written_cut_checkpointed_and_closed()
    {
        await using MessageStore store = Open(Options with { ChannelSegmentBits = 17, OpenFilesMax = 8 });
        IMessageLog log = await store.OpenAsync(1, new LogOptions { QuotaBytes = 2_000_000 }, None);
        using var done = new CancellationTokenSource();
        long deletedBelow = 0;

        Task writer = Task.Run(async () =>
        {
            for (int i = 0; i < Messages;)
            {
                AppendResult result = await log.AppendAsync(Pack(i, 30, 200), None);
                if (result.Status == AppendStatus.Full) await log.WaitForSpaceAsync(None);
                else
                {
                    Assert.Equal(AppendStatus.Appended, result.Status);
                    i += 30;
                }
            }
        }, None);
        Task<long>[] readers = [.. Enumerable.Range(0, 3).Select(reader => Task.Run(async () =>
        {
            var page = new MessagePage();
            long key = 0, expected = 0;
            while (expected < Messages)
            {
                if (!await log.WaitAsync(key, None)) break;
                await log.ReadAsync(key, 100 + (reader * 150), 1 << 20, page, None);
                for (int i = 0; i < page.Count; i++)
                {
                    long number = NumberOf(page.Payload(i));
                    // Only the first reader deletes; the others may find the head moved, but never a hole.
                    if (i == 0 && reader > 0 && page.SkippedToHead) expected = number;
                    Assert.True(expected == number, $"reader {reader} read from {key} up to {page.NextKey}, {page.Count} messages, skipped {page.SkippedToHead}: message {i} has key {page.Key(i)} and number {number}, not {expected}");
                    expected++;
                }

                key = page.NextKey;
                if (reader == 0) Volatile.Write(ref deletedBelow, key);
            }

            return expected;
        }, None))];
        Task[] others =
        [
            Loop(async () => await log.DeleteBelowAsync(Volatile.Read(ref deletedBelow) - 3_000, None), 3),
            Loop(async () => Assert.True(await store.CheckpointAsync(None)), 20),
            Loop(() =>
            {
                ((ChannelLog)log).CloseIfIdle(long.MaxValue);
                return Task.CompletedTask;
            }, 7),
            Loop(async () =>
            {
                var page = new MessagePage();
                await log.ReadBackwardAsync(long.MaxValue, 500, 1 << 20, page, None);
                for (int i = 1; i < page.Count; i++) Assert.Equal(NumberOf(page.Payload(i - 1)) - 1, NumberOf(page.Payload(i)));
            }, 5),
        ];
        await writer.WaitAsync(TimeSpan.FromSeconds(120), None);
        foreach (Task<long> reader in readers) Assert.Equal(Messages, await reader.WaitAsync(TimeSpan.FromSeconds(60), None));
        await done.CancelAsync();
        await Task.WhenAll(others);

        Task Loop(Func<Task> action, int pauseMs) => Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                await action();
                await Task.Delay(pauseMs, None);
            }
        }, None);
    }
}
