using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Codecs;
using Gateway.Host.Inspection;

namespace Gateway.Host.Simulation;

/// <summary>One simulated device: connects, logs in, sends packets as it drives, and waits for each reply before the next packet, as a tracker does.</summary>
/// <remarks>A packet without its reply is sent again on a new connection. The expected reply comes from the codec itself, which the device runs on its own packets.</remarks>
internal sealed class SimulatedDevice
{
    private static readonly TimeSpan ReplyTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PauseBeforeReconnect = TimeSpan.FromMilliseconds(500);

    private readonly SimulationPlan _plan;
    private readonly SimulationOptions _options;
    private readonly SimulationCounters _counters;
    private readonly EndPoint _target;
    private readonly Route _route;
    private readonly TimeSpan _phase;
    private readonly byte[] _received = new byte[ReplyWriter.BytesMax];
    private long _packets;
    private byte[]? _unacknowledged;
    private int _unacknowledgedMessages;

    /// <summary>Makes a device.</summary>
    /// <param name="plan">What it sends.</param>
    /// <param name="number">Its number, from 0: decides ident and drive.</param>
    /// <param name="target">Where it connects.</param>
    /// <param name="options">How often and how long.</param>
    /// <param name="counters">Shared by all devices.</param>
    public SimulatedDevice(SimulationPlan plan, int number, EndPoint target, SimulationOptions options, SimulationCounters counters)
    {
        Random random = new(unchecked(options.Seed * 397 + number));
        _plan = plan;
        _options = options;
        _counters = counters;
        _target = target;
        _route = new Route(plan.City, random);
        _phase = options.Interval * random.NextDouble();
        Ident = DeviceIdent.Of(plan.Ident, options.Seed % 1000 * 10_000L + number);
    }

    /// <summary>What it calls itself.</summary>
    public string Ident { get; }

    /// <summary>Runs until all packets are acknowledged, or until it is stopped.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            // Devices of a real fleet do not send in step either.
            await Task.Delay(_phase, stopping).ConfigureAwait(false);
            while (!IsDone)
            {
                if (await TryServeConnectionAsync(stopping).ConfigureAwait(false)) continue;
                _counters.CountReconnect();
                await Task.Delay(PauseBeforeReconnect, stopping).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Told to stop: what is under way stays unacknowledged.
        }
    }

    private bool IsDone => _packets >= _options.PacketsMax && _unacknowledged is null;

    /// <summary>One connection from connect to close.</summary>
    /// <returns>False when it broke or could not be opened.</returns>
    private async Task<bool> TryServeConnectionAsync(CancellationToken stopping)
    {
        using Socket socket = _plan.Transport is Transport.Udp
            ? new Socket(_target.AddressFamily is AddressFamily.Unspecified ? AddressFamily.InterNetwork : _target.AddressFamily, SocketType.Dgram, ProtocolType.Udp)
            : new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        bool isConnected = false;
        try
        {
            await socket.ConnectAsync(_target, stopping).ConfigureAwait(false);
            isConnected = true;
            _counters.CountConnected(1);

            Session mirror = _plan.Codec.CreateSession();
            mirror.Transport = _plan.Transport;
            foreach (PacketTemplate login in _plan.Logins)
                if (await SendAsync(socket, mirror, login.Build(Ident, [_route.At(NowUs())]), stopping).ConfigureAwait(false) is ReplyOutcome.Missing) return false;

            while (!IsDone)
                if (!await TrySendDataAsync(socket, mirror, stopping).ConfigureAwait(false)) return false;
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
        finally
        {
            if (isConnected) _counters.CountConnected(-1);
        }
    }

    private async Task<bool> TrySendDataAsync(Socket socket, Session mirror, CancellationToken stopping)
    {
        if (_unacknowledged is null)
        {
            PacketTemplate template = _plan.Packets[(int)(_packets++ % _plan.Packets.Count)];
            _unacknowledged = template.Build(Ident, PointsOf(template));
            _unacknowledgedMessages = template.MessageCount;
            _counters.CountSent();
        }

        long started = Stopwatch.GetTimestamp();
        ReplyOutcome outcome = await SendAsync(socket, mirror, _unacknowledged, stopping).ConfigureAwait(false);
        if (outcome is ReplyOutcome.Missing)
        {
            _counters.CountUnanswered();
            return false;
        }
        if (outcome is ReplyOutcome.Expected) _counters.CountAcknowledged(_unacknowledgedMessages, Stopwatch.GetElapsedTime(started));
        else _counters.CountDifferent();
        _unacknowledged = null;
        if (!IsDone) await Task.Delay(_options.Interval, stopping).ConfigureAwait(false);
        return true;
    }

    /// <summary>Sends a packet and waits for as many bytes as the codec would answer.</summary>
    private async Task<ReplyOutcome> SendAsync(Socket socket, Session mirror, byte[] packet, CancellationToken stopping)
    {
        mirror.NowUs = NowUs();
        byte[] expected = InputDecoder.Decode(_plan.Codec, mirror, packet).Reply;
        await socket.SendAsync(packet, stopping).ConfigureAwait(false);

        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        limit.CancelAfter(ReplyTimeout);
        int length = 0;
        try
        {
            while (length < expected.Length)
            {
                int read = await socket.ReceiveAsync(_received.AsMemory(length), limit.Token).ConfigureAwait(false);
                if (read == 0) return ReplyOutcome.Missing;
                length += read;
            }
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            return ReplyOutcome.Missing;
        }
        return _received.AsSpan(0, length).SequenceEqual(expected) ? ReplyOutcome.Expected : ReplyOutcome.Different;
    }

    /// <summary>The last points of the drive, one per message, spread over the interval.</summary>
    private RoutePoint[] PointsOf(PacketTemplate template)
    {
        long nowUs = NowUs();
        long stepUs = (long)(_options.Interval.TotalMicroseconds / template.MessageCount);
        return [.. Enumerable.Range(0, template.MessageCount).Select(i => _route.At(nowUs - (template.MessageCount - 1 - i) * stepUs))];
    }

    private static long NowUs() => (DateTime.UtcNow - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    private enum ReplyOutcome
    {
        Expected,
        Different,
        Missing,
    }
}
