using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using Gateway.Perf.Shared;

namespace Gateway.Perf.Load;

/// <summary>Time from the bytes of a device to the message at an MQTT subscriber, at a rate that the generator keeps whatever the gateway does.</summary>
internal static class MqttLatency
{
    private const int Connections = 100;
    private const int Depth = 64;
    private const int Remembered = 8_192;
    private const int IdentDigits = 7;

    /// <summary>A gateway that has just started compiles what it needs; on its one busy core that takes some seconds.</summary>
    private const double WarmUpSeconds = 5;

    /// <summary>Runs it.</summary>
    /// <param name="channel">Where the channel listens.</param>
    /// <param name="broker">Where MQTT is.</param>
    /// <param name="user">The token.</param>
    /// <param name="filter">What is subscribed to.</param>
    /// <param name="rate">Messages per second.</param>
    /// <param name="seconds">For how long it is measured, after a warm-up under the same load.</param>
    /// <param name="subscribers">Subscribers; all of them count.</param>
    /// <returns>Times of all deliveries, and deliveries per second.</returns>
    /// <exception cref="IOException">The gateway refused or closed, or messages are missing at the end.</exception>
    public static (LatencyHistogram Latencies, double DeliveriesPerSecond, double GeneratorBusy) Run(IPEndPoint channel, IPEndPoint broker, string user, string filter, double rate, double seconds, int subscribers)
    {
        MqttClient[] clients = new MqttClient[subscribers];
        DeviceConnection[] devices = new DeviceConnection[Connections];
        try
        {
            for (int i = 0; i < subscribers; i++)
            {
                clients[i] = new MqttClient();
                clients[i].Connect(broker, $"latency-{i}", user);
                clients[i].Subscribe(filter);
                clients[i].Go();
            }
            PacketStream packets = new(recordsPerPacket: 1);
            for (int i = 0; i < Connections; i++)
            {
                devices[i] = new DeviceConnection(packets, Depth);
                devices[i].Connect(channel, string.Create(CultureInfo.InvariantCulture, $"35693805{i:0000000}"));
            }
            return Run(devices, clients, rate, WarmUpSeconds + seconds);
        }
        finally
        {
            foreach (MqttClient? client in clients) client?.Dispose();
            foreach (DeviceConnection? device in devices) device?.Dispose();
        }
    }

    private static (LatencyHistogram, double, double) Run(DeviceConnection[] devices, MqttClient[] clients, double rate, double seconds)
    {
        const double PatienceSeconds = 10;
        var latencies = new LatencyHistogram();
        long[][] sentAt = [.. devices.Select(_ => new long[Remembered])];
        long[][] received = [.. clients.Select(_ => new long[devices.Length])];
        Poller.Entry[] entries = [.. devices.Select(device => new Poller.Entry { Handle = device.Handle }), .. clients.Select(client => new Poller.Entry { Handle = client.Handle, Wanted = Poller.Readable })];
        byte[] buffer = new byte[256 * 1024];
        long start = Stopwatch.GetTimestamp(), queued = 0;
        TimeSpan cpuBefore = Environment.CpuUsage.TotalTime;
        int turn = 0, current = 0;
        bool isMeasuring = false;
        Action<ReadOnlySpan<byte>> take = Take;
        while (true)
        {
            double elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
            isMeasuring = elapsed is > WarmUpSeconds && elapsed < seconds;
            bool isSending = elapsed < seconds;
            long due = isSending ? (long)(elapsed * rate) : queued;
            for (; queued < due; queued++)
            {
                // Each packet in the turn of its connection, and its time is the one at which it was due: a gateway that stalls can't make the load wait without being seen.
                int at = turn++ % devices.Length;
                long number = devices[at].Queued;
                if (devices[at].FillWindow(1) == 0) break;
                sentAt[at][number % Remembered] = start + (long)(queued / rate * Stopwatch.Frequency);
            }
            for (int i = 0; i < devices.Length; i++) entries[i].Wanted = devices[i].HasUnsent ? (short)(Poller.Readable | Poller.Writable) : Poller.Readable;
            Poller.Wait(entries, timeoutMs: isSending ? 1 : 50);
            for (int i = 0; i < devices.Length; i++)
            {
                if (entries[i].Happened == 0) continue;
                if ((entries[i].Happened & ~Poller.Writable) != 0) devices[i].ReadAcks(buffer, null);
                devices[i].Flush();
            }
            for (current = 0; current < clients.Length; current++)
                if (entries[devices.Length + current].Happened != 0) clients[current].Receive(buffer, take);
            if (isSending) continue;
            if (clients.All(client => client.Received == queued)) break;
            if (elapsed > seconds + PatienceSeconds) throw new IOException($"Of {queued} messages {clients.Min(client => client.Received)} arrived.");
        }
        double all = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return (latencies, clients.Sum(client => client.Received) / all, (Environment.CpuUsage.TotalTime - cpuBefore).TotalSeconds / all);

        // topic length 2 | flespi/message/gw/channels/ID/35693805NNNNNNN | payload
        void Take(ReadOnlySpan<byte> body)
        {
            int topicBytes = BinaryPrimitives.ReadUInt16BigEndian(body);
            int device = int.Parse(body.Slice(2 + topicBytes - IdentDigits, IdentDigits), CultureInfo.InvariantCulture);
            long number = received[current][device]++;
            if (isMeasuring) latencies.Add((Stopwatch.GetTimestamp() - sentAt[device][number % Remembered]) * 1_000_000_000L / Stopwatch.Frequency);
        }
    }
}
