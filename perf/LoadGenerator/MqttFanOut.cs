using System.Diagnostics;
using System.Net;

namespace Gateway.Perf.Load;

/// <summary>One publisher to many subscribers, QoS 0, closed loop: so many messages may be on their way to the slowest reader.</summary>
/// <param name="Readers">Subscribers that read.</param>
/// <param name="Hanging">Subscribers to the same that do not read.</param>
/// <param name="PayloadBytes">Bytes of each message.</param>
/// <param name="Rate">Messages per second; 0: as many as the window lets.</param>
internal sealed record FanOut(int Readers, int Hanging, int PayloadBytes, double Rate)
{
    private const int Window = 200;
    private const string Topic = "load/fan-out";

    /// <summary>Runs it against a broker.</summary>
    /// <param name="broker">Where it listens.</param>
    /// <param name="user">User name, null for none.</param>
    /// <param name="seconds">For how long; the first second is not measured.</param>
    /// <param name="memory">Reads the memory of the broker, bytes.</param>
    /// <exception cref="IOException">The broker refused, or closed a reader.</exception>
    public FanOutResult Run(IPEndPoint broker, string? user, double seconds, Func<long> memory)
    {
        var clients = new List<MqttClient>();
        try
        {
            for (int i = 0; i < Hanging + Readers + 1; i++)
            {
                var client = new MqttClient();
                clients.Add(client);
                client.Connect(broker, $"load-{i}", user);
                if (i < Hanging + Readers) client.Subscribe(i < Hanging ? "load/#" : Topic);
                client.Go();
            }
            return Run(clients.Skip(Hanging).Take(Readers).ToArray(), clients[^1], seconds, memory);
        }
        finally
        {
            foreach (MqttClient client in clients) client.Dispose();
        }
    }

    private FanOutResult Run(MqttClient[] readers, MqttClient publisher, double seconds, Func<long> memory)
    {
        Poller.Entry[] entries = [.. readers.Append(publisher).Select(client => new Poller.Entry { Handle = client.Handle, Wanted = Poller.Readable })];
        byte[] packet = MqttClient.Publish(Topic, PayloadBytes);
        byte[] buffer = new byte[256 * 1024];
        long sent = 0, measuredFrom = 0, memoryBefore = 0;
        long start = Stopwatch.GetTimestamp();
        TimeSpan cpuBefore = default;
        double warmUp = Math.Min(1, seconds / 2);
        bool isMeasuring = false;
        while (Stopwatch.GetElapsedTime(start).TotalSeconds is var elapsed && elapsed < seconds)
        {
            if (!isMeasuring && elapsed > warmUp) (isMeasuring, measuredFrom, memoryBefore, cpuBefore) = (true, readers.Sum(reader => reader.Received), memory(), Environment.CpuUsage.TotalTime);
            long allowed = Window - (sent - readers.Min(reader => reader.Received));
            if (Rate > 0) allowed = Math.Min(allowed, (long)(elapsed * Rate) - sent);
            if (allowed > 0 && !publisher.HasUnsent)
            {
                publisher.Send([.. Enumerable.Repeat(packet, (int)allowed).SelectMany(bytes => bytes)]);
                sent += allowed;
            }
            entries[^1].Wanted = publisher.HasUnsent ? (short)(Poller.Readable | Poller.Writable) : Poller.Readable;
            Poller.Wait(entries, timeoutMs: Rate > 0 ? 1 : 50);
            for (int i = 0; i < readers.Length; i++)
                if (entries[i].Happened != 0) readers[i].Receive(buffer, null);
            if (entries[^1].Happened != 0) publisher.Flush();
        }
        double measured = Stopwatch.GetElapsedTime(start).TotalSeconds - warmUp;
        double busy = (Environment.CpuUsage.TotalTime - cpuBefore).TotalSeconds / measured;
        return new FanOutResult((readers.Sum(reader => reader.Received) - measuredFrom) / measured, memoryBefore, memory(), busy);
    }
}

/// <summary>What came of a fan-out.</summary>
/// <param name="DeliveriesPerSecond">Messages received by all readers together, per second.</param>
/// <param name="BytesBefore">Memory of the broker when the measurement began.</param>
/// <param name="BytesAfter">The same at its end.</param>
/// <param name="GeneratorBusy">Share of its core that the generator used.</param>
internal sealed record FanOutResult(double DeliveriesPerSecond, long BytesBefore, long BytesAfter, double GeneratorBusy);
