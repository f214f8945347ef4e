using System.Diagnostics;
using Gateway.Perf.Shared;
using Gateway.Storage;

namespace Gateway.Perf.Storage;

/// <summary>As many durable appends as the machine gives.</summary>
internal static class FlatOut
{
    private const double WarmUpSeconds = 2;

    /// <summary>Each writer appends a packet, waits until it is durable, appends the next; writers are spread over the channels.</summary>
    public static async Task RunAsync(string folder, int channels, int writers, int packetMessages, int messageBytes, int seconds)
    {
        int blockBytes = writers * packetMessages * messageBytes;
        double plain = PlainFile.WriteAndSync(Path.Combine(folder, "plain"), blockBytes, Math.Min(seconds, 5)) / messageBytes;

        var store = new MessageStore(new StoreOptions { Folder = Path.Combine(folder, "store") });
        await using (store.ConfigureAwait(false))
        {
            IMessageLog[] logs = await Messages.OpenAsync(store, channels).ConfigureAwait(false);
            var phase = new Phase();
            Task<(long Packets, LatencyHistogram Latencies)>[] tasks = [.. Enumerable.Range(0, writers).Select(writer => Task.Run(() => WriteAsync(logs[writer % channels], packetMessages, messageBytes, phase)))];
            await Task.Delay(TimeSpan.FromSeconds(WarmUpSeconds)).ConfigureAwait(false);
            long allocatedBefore = GC.GetTotalAllocatedBytes(precise: true);
            TimeSpan cpuBefore = Environment.CpuUsage.TotalTime;
            long started = Stopwatch.GetTimestamp();
            phase.IsMeasuring = true;
            await Task.Delay(TimeSpan.FromSeconds(seconds)).ConfigureAwait(false);
            phase.IsOver = true;
            double elapsed = Stopwatch.GetElapsedTime(started).TotalSeconds;
            double cores = (Environment.CpuUsage.TotalTime - cpuBefore).TotalSeconds / elapsed;
            long allocated = GC.GetTotalAllocatedBytes(precise: true) - allocatedBefore;
            (long Packets, LatencyHistogram Latencies)[] results = await Task.WhenAll(tasks).ConfigureAwait(false);
            var latencies = new LatencyHistogram();
            foreach ((_, LatencyHistogram one) in results) latencies.Add(one);
            double packets = results.Sum(result => result.Packets);
            double messages = packets * packetMessages / elapsed;
            Console.WriteLine(
                $"flat out, {channels} channel(s), {writers} writers, packets of {packetMessages} x {messageBytes} B: {messages:N0} messages/s, acknowledged after {latencies}, "
                + $"{allocated / packets:0} B allocated a packet, {cores:0.00} cores");
            Console.WriteLine($"  plain file, blocks of {blockBytes:N0} B, write + fsync: {plain:N0} messages/s; the store at {messages / plain:P0}");
        }
    }

    private static async Task<(long Packets, LatencyHistogram Latencies)> WriteAsync(IMessageLog log, int packetMessages, int messageBytes, Phase phase)
    {
        Packet packet = Messages.Pack(packetMessages, messageBytes);
        var latencies = new LatencyHistogram();
        long packets = 0;
        while (!phase.IsOver)
        {
            long started = Stopwatch.GetTimestamp();
            await Messages.AppendAsync(log, packet).ConfigureAwait(false);
            if (!phase.IsMeasuring || phase.IsOver) continue;
            packets++;
            latencies.Add(Stopwatch.GetElapsedTime(started));
        }

        return (packets, latencies);
    }

    private sealed class Phase
    {
        public volatile bool IsMeasuring;
        public volatile bool IsOver;
    }
}
