using System.Diagnostics;
using System.Net;
using Gateway.Perf.Shared;

namespace Gateway.Perf.Load;

/// <summary>What is sent: so many connections, each with so many unacknowledged packets of so many records.</summary>
internal sealed record LoadShape(int Connections, int RecordsPerPacket, int Depth)
{
    /// <summary>As in names of measurements: <c>25 records, depth 16, 100 connections</c>.</summary>
    public override string ToString() => $"{RecordsPerPacket} records, depth {Depth}, {Connections} connections";
}

/// <summary>What came of a load.</summary>
/// <param name="Packets">Packets acknowledged during the measured time.</param>
/// <param name="Seconds">The measured time.</param>
/// <param name="PacketsInAll">Packets acknowledged from start to end, warm-up included.</param>
/// <param name="P50Us">Median time from send to acknowledgement, µs.</param>
/// <param name="P99Us">As above, 99 %.</param>
/// <param name="P999Us">As above, 99.9 %.</param>
/// <param name="GeneratorBusy">Share of its core that the generator used, 0 to 1: near 1 means that the generator was the limit.</param>
internal sealed record LoadResult(long Packets, double Seconds, long PacketsInAll, double P50Us, double P99Us, double P999Us, double GeneratorBusy)
{
    /// <summary>Packets acknowledged per second.</summary>
    public double PacketsPerSecond => Packets / Seconds;
}

/// <summary>Drives a server over sockets from one thread, closed loop: each acknowledgement lets the next packet go.</summary>
internal static class Driver
{
    /// <summary>Runs the load.</summary>
    /// <param name="server">Where the channel listens.</param>
    /// <param name="shape">What is sent.</param>
    /// <param name="warmUpSeconds">Runs unmeasured for this long first.</param>
    /// <param name="seconds">The measured time.</param>
    /// <exception cref="IOException">The server refused, closed, or stopped acknowledging for 5 s.</exception>
    public static LoadResult Run(IPEndPoint server, LoadShape shape, double warmUpSeconds, double seconds)
    {
        PacketStream packets = new(shape.RecordsPerPacket);
        DeviceConnection[] devices = new DeviceConnection[shape.Connections];
        try
        {
            for (int i = 0; i < devices.Length; i++)
            {
                devices[i] = new DeviceConnection(packets, shape.Depth);
                devices[i].Connect(server, $"35693803{i:0000000}");
            }
            return Run(devices, warmUpSeconds, seconds);
        }
        finally
        {
            foreach (DeviceConnection? device in devices) device?.Dispose();
        }
    }

    private static LoadResult Run(DeviceConnection[] devices, double warmUpSeconds, double seconds)
    {
        Poller.Entry[] entries = [.. devices.Select(device => new Poller.Entry { Handle = device.Handle, Wanted = Poller.Readable })];
        byte[] buffer = new byte[64 * 1024];
        LatencyHistogram latencies = new();
        foreach (DeviceConnection device in devices) device.FillWindow();

        Pump(devices, entries, buffer, null, warmUpSeconds, refill: true);
        long before = devices.Sum(device => device.Acked);
        long start = Stopwatch.GetTimestamp();
        TimeSpan cpuBefore = Environment.CpuUsage.TotalTime;
        Pump(devices, entries, buffer, latencies, seconds, refill: true);
        double elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
        double busy = (Environment.CpuUsage.TotalTime - cpuBefore).TotalSeconds / elapsed;
        long measured = devices.Sum(device => device.Acked) - before;

        // Every packet that was sent must be acknowledged in the end: a server that drops some must not look fast.
        Pump(devices, entries, buffer, null, secondsMax: 10, refill: false);
        long inAll = devices.Sum(device => device.Acked);
        long lost = devices.Sum(device => device.Queued) - inAll;
        if (lost != 0) throw new IOException($"{lost} packets were never acknowledged.");
        return new LoadResult(measured, elapsed, inAll, latencies.PercentileUs(0.5), latencies.PercentileUs(0.99), latencies.PercentileUs(0.999), busy);
    }

    /// <summary>Moves bytes for a time, or, without refilling, until nothing is unacknowledged.</summary>
    private static void Pump(DeviceConnection[] devices, Poller.Entry[] entries, byte[] buffer, LatencyHistogram? latencies, double secondsMax, bool refill)
    {
        long start = Stopwatch.GetTimestamp();
        long progress = start;
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < secondsMax)
        {
            for (int i = 0; i < devices.Length; i++) entries[i].Wanted = devices[i].HasUnsent ? (short)(Poller.Readable | Poller.Writable) : Poller.Readable;
            if (Poller.Wait(entries, timeoutMs: 100) == 0)
            {
                if (!refill && devices.All(device => device.Acked == device.Queued)) return;
                if (Stopwatch.GetElapsedTime(progress).TotalSeconds > 5) throw new IOException("Nothing was acknowledged for 5 s.");
                continue;
            }
            progress = Stopwatch.GetTimestamp();
            for (int i = 0; i < devices.Length; i++)
            {
                if (entries[i].Happened == 0) continue;
                if ((entries[i].Happened & ~Poller.Writable) != 0) devices[i].ReadAcks(buffer, latencies);
                if (refill) devices[i].FillWindow();
                else devices[i].Flush();
            }
        }
    }
}
