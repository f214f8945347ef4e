using System.Diagnostics;
using System.Net;
using Gateway.Perf.Shared;

namespace Gateway.Perf.Load;

/// <summary>Connections that together send packets at a rate, from one thread, until told to stop.</summary>
/// <param name="servers">Where to; connections are spread over them.</param>
/// <param name="shape">What is sent.</param>
/// <param name="packetsPerSecond">0: as many as the server takes.</param>
internal sealed class PacedLoad(IReadOnlyList<IPEndPoint> servers, LoadShape shape, double packetsPerSecond) : IDisposable
{
    private readonly PacketStream _packets = new(shape.RecordsPerPacket);
    private readonly List<DeviceConnection> _devices = [];
    private readonly LatencyHistogram _latencies = new();
    private volatile bool _isStopping;
    private long _acked;

    /// <summary>Packets acknowledged so far.</summary>
    public long Acked => Volatile.Read(ref _acked);

    /// <summary>Times to acknowledge; read it after the end.</summary>
    public LatencyHistogram Latencies => _latencies;

    /// <summary>Ends <see cref="Run"/>.</summary>
    public void Stop() => _isStopping = true;

    /// <summary>Sends until stopped, then waits for what is not acknowledged yet.</summary>
    /// <exception cref="IOException">The server refused, closed, or stopped acknowledging for a minute.</exception>
    public void Run()
    {
        for (int i = 0; i < shape.Connections; i++)
        {
            var device = new DeviceConnection(_packets, shape.Depth);
            _devices.Add(device);
            device.Connect(servers[i % servers.Count], $"35693804{i:0000000}");
        }

        Poller.Entry[] entries = [.. _devices.Select(device => new Poller.Entry { Handle = device.Handle })];
        byte[] buffer = new byte[64 * 1024];
        long started = Stopwatch.GetTimestamp(), progress = started, queued = 0;
        for (int turn = 0; ; turn++)
        {
            long allowed = _isStopping ? 0 : packetsPerSecond == 0 ? long.MaxValue : (long)(Stopwatch.GetElapsedTime(started).TotalSeconds * packetsPerSecond) - queued;
            for (int i = 0; i < entries.Length; i++)
            {
                DeviceConnection device = _devices[(i + turn) % entries.Length];     // whoever comes first gets what is allowed: take turns
                if (allowed > 0)
                {
                    int sent = device.FillWindow((int)Math.Min(allowed, int.MaxValue));
                    queued += sent;
                    allowed -= sent;
                }
            }

            for (int i = 0; i < entries.Length; i++) entries[i].Wanted = _devices[i].HasUnsent ? (short)(Poller.Readable | Poller.Writable) : Poller.Readable;
            if (Poller.Wait(entries, timeoutMs: 5) == 0)
            {
                if (_isStopping && _devices.All(device => device.Acked == device.Queued)) return;
                if (Stopwatch.GetElapsedTime(progress).TotalSeconds > 60) throw new IOException("Nothing was acknowledged for a minute.");
                continue;
            }

            progress = Stopwatch.GetTimestamp();
            for (int i = 0; i < entries.Length; i++)
            {
                if (entries[i].Happened == 0) continue;
                if ((entries[i].Happened & ~Poller.Writable) != 0)
                {
                    long before = _devices[i].Acked;
                    _devices[i].ReadAcks(buffer, _latencies);
                    Volatile.Write(ref _acked, _acked + _devices[i].Acked - before);
                }

                _devices[i].Flush();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (DeviceConnection device in _devices) device.Dispose();
    }
}
