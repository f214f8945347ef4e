using System.Diagnostics;
using Gateway.Perf.Shared;
using Gateway.Storage;

namespace Gateway.Perf.Storage;

/// <summary>Many channels with a few messages each: what a device waits for its reply.</summary>
internal static class Paced
{
    private const double WarmUpSeconds = 5;

    /// <summary>Each channel appends single messages at its rate, the channels spread over the second. A message that is due is sent whatever became of the one before,
    /// and its time counts from when it was due: a stall is seen by all whom it would have hit.</summary>
    public static async Task RunAsync(string folder, int channels, int ratePerSecond, int messageBytes, int seconds)
    {
        LatencyHistogram plain = PlainFile.WriteAndSyncPaced(Path.Combine(folder, "plain"), messageBytes, 1, Math.Min(seconds, 5));

        var store = new MessageStore(new StoreOptions { Folder = Path.Combine(folder, "store") });
        await using (store.ConfigureAwait(false))
        {
            IMessageLog[] logs = await Messages.OpenAsync(store, channels).ConfigureAwait(false);
            double intervalMs = 1_000.0 / ((double)channels * ratePerSecond);
            long total = (long)((WarmUpSeconds + seconds) * 1_000 / intervalMs), warmUp = (long)(WarmUpSeconds * 1_000 / intervalMs);
            var latencies = new LatencyHistogram();
            TimeSpan cpuBefore = Environment.CpuUsage.TotalTime;
            long started = Stopwatch.GetTimestamp();
            var underWay = new List<Task>();
            for (long i = 0; i < total;)
            {
                double elapsedMs = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
                for (; i < total && i * intervalMs <= elapsedMs; i++) underWay.Add(AppendAsync(logs[i % channels], messageBytes, started, i * intervalMs, i >= warmUp ? latencies : null));
                if (underWay.Count > 10_000)
                {
                    await Task.WhenAll(underWay).ConfigureAwait(false);
                    underWay.Clear();
                }

                await Task.Delay(1).ConfigureAwait(false);
            }

            await Task.WhenAll(underWay).ConfigureAwait(false);
            double cores = (Environment.CpuUsage.TotalTime - cpuBefore) / Stopwatch.GetElapsedTime(started);
            Console.WriteLine($"paced, {channels:N0} channels x {ratePerSecond} message/s of {messageBytes} B for {seconds} s: acknowledged after {latencies} ({latencies.Count:N0} messages), {cores:0.00} cores, {Environment.WorkingSet / 1e6:N0} MB resident");
            Console.WriteLine($"  plain file, write + fsync of one message each ms: {plain}");
        }
    }

    private static async Task AppendAsync(IMessageLog log, int messageBytes, long started, double dueMs, LatencyHistogram? latencies)
    {
        await Messages.AppendAsync(log, Messages.Pack(1, messageBytes)).ConfigureAwait(false);
        TimeSpan late = Stopwatch.GetElapsedTime(started) - TimeSpan.FromMilliseconds(dueMs);
        if (latencies is null) return;
        lock (latencies) latencies.Add(late);
    }
}
