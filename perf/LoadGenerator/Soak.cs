using System.Diagnostics;
using System.Net;
using System.Text.Json;

namespace Gateway.Perf.Load;

/// <summary>The gateway for a long time at a share of what it can do, while a consumer deletes what it read and old messages expire. What grows is a leak.</summary>
internal static class Soak
{
    private const int CalibrationSeconds = 15;
    private const int SampleSeconds = 10;
    private const int TtlSeconds = 120;
    private const long QuotaBytes = 2_000_000_000;

    /// <summary>The first share of the samples does not count: pools and caches fill, the first messages expire.</summary>
    private const double WarmUpShare = 0.2;

    /// <summary>Growth from the first to the last counted sample, along the line of least squares, that is still called flat.</summary>
    private const double GrowthShareMax = 0.1;

    private static readonly LoadShape s_shape = new(Connections: 100, RecordsPerPacket: 1, Depth: 16);

    /// <summary>Runs it and prints a sample each minute and a verdict.</summary>
    /// <returns>True when all stayed flat and every packet was acknowledged.</returns>
    public static async Task<bool> RunAsync(string gateway, double minutes, double load)
    {
        ServerProcess server = await ServerProcess.StartGatewayAsync(gateway).ConfigureAwait(false);
        await using (server.ConfigureAwait(false))
        {
            IPEndPoint[] channels =
            [
                await server.CreateChannelAsync("expires", QuotaBytes, TtlSeconds).ConfigureAwait(false),
                await server.CreateChannelAsync("consumed", QuotaBytes).ConfigureAwait(false),
            ];
            using var stop = new CancellationTokenSource();
            Task<long> consumer = Task.Run(() => ConsumeAsync(server.Api, channelId: 2, stop.Token), CancellationToken.None);
            double most = await CalibrateAsync(channels).ConfigureAwait(false);
            Console.WriteLine($"{s_shape}: {most:N0} packets/s at most; {minutes:0} minutes at {load:P0} of it");

            using PacedLoad paced = new(channels, s_shape, most * load);
            Task running = Task.Factory.StartNew(paced.Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            List<SoakSample> samples = await SampleAsync(server, minutes, running, paced).ConfigureAwait(false);
            paced.Stop();
            await running.ConfigureAwait(false);
            await stop.CancelAsync().ConfigureAwait(false);
            Console.WriteLine($"{paced.Acked:N0} packets sent and acknowledged, p50 {paced.Latencies.PercentileUs(0.5) / 1e3:0.0} p99 {paced.Latencies.PercentileUs(0.99) / 1e3:0.0} ms; {await consumer.ConfigureAwait(false):N0} messages consumed and deleted");
            return Judge([.. samples.Skip((int)(samples.Count * WarmUpShare))]);
        }
    }

    private static async Task<double> CalibrateAsync(IPEndPoint[] channels)
    {
        using PacedLoad flatOut = new(channels, s_shape, packetsPerSecond: 0);
        Task running = Task.Factory.StartNew(flatOut.Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await Task.Delay(TimeSpan.FromSeconds(CalibrationSeconds / 3)).ConfigureAwait(false);
        long before = flatOut.Acked, started = Stopwatch.GetTimestamp();
        await Task.Delay(TimeSpan.FromSeconds(CalibrationSeconds * 2 / 3)).ConfigureAwait(false);
        double rate = (flatOut.Acked - before) / Stopwatch.GetElapsedTime(started).TotalSeconds;
        flatOut.Stop();
        await running.ConfigureAwait(false);
        return rate;
    }

    private static async Task<List<SoakSample>> SampleAsync(ServerProcess server, double minutes, Task running, PacedLoad load)
    {
        List<SoakSample> samples = [];
        long started = Stopwatch.GetTimestamp(), ackedBefore = 0;
        Console.WriteLine($"{"minute",7} {"heap MB",8} {"resident",8} {"handles",8} {"threads",8} {"disk MB",8} {"packets/s",10}");
        using PeriodicTimer timer = new(TimeSpan.FromSeconds(SampleSeconds));
        while (Stopwatch.GetElapsedTime(started).TotalMinutes < minutes && !running.IsCompleted)
        {
            await timer.WaitForNextTickAsync().ConfigureAwait(false);
            SoakSample sample = await SoakSample.TakeAsync(server, Stopwatch.GetElapsedTime(started).TotalMinutes).ConfigureAwait(false);
            samples.Add(sample);
            if (samples.Count % (60 / SampleSeconds) != 0) continue;
            Console.WriteLine($"{sample.Minutes,7:0.0} {sample.HeapMb,8:N0} {sample.ResidentMb,8:N0} {sample.Handles,8:N0} {sample.Threads,8:N0} {sample.DiskMb,8:N0} {(load.Acked - ackedBefore) / 60,10:N0}");
            ackedBefore = load.Acked;
        }

        return samples;
    }

    private static bool Judge(SoakSample[] samples)
    {
        bool isFlat = true;
        foreach ((string name, Func<SoakSample, double> value) in new (string, Func<SoakSample, double>)[]
        {
            ("heap MB", sample => sample.HeapMb), ("resident MB", sample => sample.ResidentMb), ("handles", sample => sample.Handles), ("threads", sample => sample.Threads), ("disk MB", sample => sample.DiskMb),
        })
        {
            double meanX = samples.Average(sample => sample.Minutes), meanY = samples.Average(value);
            double slope = samples.Sum(sample => (sample.Minutes - meanX) * (value(sample) - meanY)) / samples.Sum(sample => (sample.Minutes - meanX) * (sample.Minutes - meanX));
            double growth = slope * (samples[^1].Minutes - samples[0].Minutes) / meanY;
            bool ok = growth <= GrowthShareMax;
            isFlat &= ok;
            Console.WriteLine($"{name,-12} mean {meanY,8:N1}, min {samples.Min(value),8:N0}, max {samples.Max(value),8:N0}, {slope * 60,8:+0.0;-0.0} an hour, {growth:+0.0 %;-0.0 %} over the run: {(ok ? "flat" : "GROWS")}");
        }

        return isFlat;
    }

    /// <summary>Reads a channel as a queue and deletes what it read; cut off when the run ends.</summary>
    private static async Task<long> ConsumeAsync(HttpClient api, int channelId, CancellationToken cancellationToken)
    {
        long consumed = 0, key = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            string data = Uri.EscapeDataString($$"""{"curr_key":{{key}},"limit_count":20000,"limit_size":8000000,"timeout":1,"delete":true}""");
            try
            {
                using HttpResponseMessage answer = await api.GetAsync(new Uri($"/gw/channels/{channelId}/messages?data={data}", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
                answer.EnsureSuccessStatusCode();
                using JsonDocument page = await JsonDocument.ParseAsync(await answer.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false), cancellationToken: cancellationToken).ConfigureAwait(false);
                consumed += page.RootElement.GetProperty("result").GetArrayLength();
                key = page.RootElement.GetProperty("next_key").GetInt64();
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                break;
            }
        }

        return consumed;
    }
}
