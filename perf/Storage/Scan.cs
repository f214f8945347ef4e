using System.Diagnostics;
using Gateway.Storage;

namespace Gateway.Perf.Storage;

/// <summary>Reading what is stored.</summary>
internal static class Scan
{
    private const int PageMessages = 1_000;

    /// <summary>Fills a log, then reads it in pages forward, backward and one by one.</summary>
    public static async Task RunAsync(string folder, int messages, int messageBytes)
    {
        string path = Path.Combine(folder, "store");
        var store = new MessageStore(new StoreOptions { Folder = path });
        await using (store.ConfigureAwait(false))
        {
            IMessageLog log = await store.OpenAsync(1, Messages.Unlimited with { Durability = Durability.Memory }, CancellationToken.None).ConfigureAwait(false);
            for (int i = 0; i < messages; i += PageMessages) await Messages.AppendAsync(log, Messages.Pack(PageMessages, messageBytes)).ConfigureAwait(false);
        }

        store = new MessageStore(new StoreOptions { Folder = path });
        await using (store.ConfigureAwait(false))
        {
            IMessageLog log = await store.OpenAsync(1, Messages.Unlimited, CancellationToken.None).ConfigureAwait(false);
            PlainFile.Read(path, "log-*", 64 * 1024);
            (long bytes, double plainSeconds) = PlainFile.Read(path, "log-*", 64 * 1024);
            double forward = 0;
            for (int round = 0; round < 3; round++) forward = Math.Max(forward, await ForwardAsync(log, 0, PageMessages).ConfigureAwait(false));
            double plain = messages / plainSeconds;
            Console.WriteLine($"scan, {messages:N0} messages of {messageBytes} B: forward in pages of {PageMessages:N0} {forward:N0} messages/s, backward {await BackwardAsync(log).ConfigureAwait(false):N0}, "
                + $"one at a time {await ForwardAsync(log, Math.Max(log.State.NextKey - 100_000, 1), 1).ConfigureAwait(false):N0}");
            Console.WriteLine($"  plain read of the same {bytes / 1e6:N0} MB: {plain:N0} messages/s; the store at {forward / plain:P0}");
        }
    }

    private static async Task<double> ForwardAsync(IMessageLog log, long fromKey, int countMax)
    {
        var page = new MessagePage();
        long started = Stopwatch.GetTimestamp(), read = 0;
        for (long key = fromKey; ; key = page.NextKey, read += page.Count)
        {
            await log.ReadAsync(key, countMax, int.MaxValue, page, CancellationToken.None).ConfigureAwait(false);
            if (page.Count == 0) return read / Stopwatch.GetElapsedTime(started).TotalSeconds;
        }
    }

    private static async Task<double> BackwardAsync(IMessageLog log)
    {
        var page = new MessagePage();
        long started = Stopwatch.GetTimestamp(), read = 0;
        for (long key = long.MaxValue; ; key = page.NextKey, read += page.Count)
        {
            await log.ReadBackwardAsync(key, PageMessages, int.MaxValue, page, CancellationToken.None).ConfigureAwait(false);
            if (page.Count == 0) return read / Stopwatch.GetElapsedTime(started).TotalSeconds;
        }
    }
}
