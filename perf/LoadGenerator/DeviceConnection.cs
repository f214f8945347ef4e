using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Gateway.Perf.Shared;

namespace Gateway.Perf.Load;

/// <summary>One device that keeps a fixed number of packets unacknowledged.</summary>
internal sealed class DeviceConnection : IDisposable
{
    private const int AckBytes = 4;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly PacketStream _packets;
    private readonly int _depth;
    private readonly long[] _sentAt;    // a ring: when each packet that waits for its acknowledgement was handed to the socket
    private readonly byte[] _ack = new byte[AckBytes];
    private int _ackBytes;
    private long _queued;
    private long _streamAt;
    private long _streamEnd;

    /// <summary>Packets acknowledged.</summary>
    public long Acked { get; private set; }

    /// <summary>Packets handed to the socket or waiting for it.</summary>
    public long Queued => _queued;

    /// <summary>The socket's handle, for <see cref="Poller"/>.</summary>
    public int Handle => (int)_socket.Handle;

    /// <summary>The system did not take all bytes: wait until the socket is writable.</summary>
    public bool HasUnsent => _streamAt < _streamEnd;

    /// <summary>A device that is not connected yet.</summary>
    /// <param name="packets">What it sends.</param>
    /// <param name="depth">Most packets that wait for an acknowledgement, 1 or more.</param>
    public DeviceConnection(PacketStream packets, int depth)
    {
        _packets = packets;
        _depth = depth;
        _sentAt = new long[depth];
    }

    /// <summary>Connects and logs in; from then on the socket does not block.</summary>
    /// <exception cref="IOException">The login was refused, or not answered within 10 s.</exception>
    public void Connect(IPEndPoint server, string imei)
    {
        _socket.ReceiveTimeout = 10_000;
        _socket.Connect(server);
        _socket.Send(TrackerFrames.TeltonikaLogin(imei));
        byte[] answer = new byte[1];
        if (_socket.Receive(answer) != 1 || answer[0] != 1) throw new IOException($"The login of {imei} was refused.");
        _socket.Blocking = false;
    }

    /// <summary>Fills the window: sends as many packets as may be unacknowledged.</summary>
    /// <param name="packetsMax">No more than so many.</param>
    /// <returns>Packets that were added.</returns>
    public int FillWindow(int packetsMax = int.MaxValue)
    {
        long now = Stopwatch.GetTimestamp();
        int added = 0;
        for (; added < packetsMax && _queued - Acked < _depth; added++, _queued++, _streamEnd += _packets.PacketBytes) _sentAt[_queued % _depth] = now;
        Flush();
        return added;
    }

    /// <summary>Sends what the window holds and the socket takes.</summary>
    public void Flush()
    {
        while (HasUnsent)
        {
            int sent = _socket.Send(_packets.From(_streamAt, _streamEnd - _streamAt), SocketFlags.None, out SocketError error);
            if (error is SocketError.WouldBlock) return;
            if (error is not SocketError.Success) throw new SocketException((int)error);
            _streamAt += sent;
        }
    }

    /// <summary>Takes the acknowledgements that have arrived.</summary>
    /// <param name="buffer">Scratch.</param>
    /// <param name="latencies">Takes the time from send to acknowledgement of each packet; null while warming up.</param>
    /// <exception cref="IOException">The server closed, acknowledged another number of records than were sent, or acknowledged too much.</exception>
    public void ReadAcks(byte[] buffer, LatencyHistogram? latencies)
    {
        int received = _socket.Receive(buffer, SocketFlags.None, out SocketError error);
        if (error is SocketError.WouldBlock) return;
        if (error is not SocketError.Success) throw new SocketException((int)error);
        if (received == 0) throw new IOException("The server closed the connection.");

        long now = Stopwatch.GetTimestamp();
        foreach (byte b in buffer.AsSpan(0, received))
        {
            _ack[_ackBytes++] = b;
            if (_ackBytes < AckBytes) continue;
            _ackBytes = 0;
            uint records = BinaryPrimitives.ReadUInt32BigEndian(_ack);
            if (records != _packets.RecordsPerPacket) throw new IOException($"{records} records were acknowledged instead of {_packets.RecordsPerPacket}.");
            if (Acked == _queued) throw new IOException("More was acknowledged than was sent.");
            latencies?.Add((now - _sentAt[Acked % _depth]) * 1_000_000_000L / Stopwatch.Frequency);
            Acked++;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();
}

/// <summary>An endless stream of composed packets of one size, held as a ring of a few dozen and shared by all connections.</summary>
/// <param name="recordsPerPacket">Records in each packet, 1 to 255.</param>
internal sealed class PacketStream(int recordsPerPacket)
{
    private const int Packets = 64;
    private static readonly long s_firstTimeMs = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();

    private readonly byte[] _bytes =
        [.. Enumerable.Range(0, Packets).SelectMany(i => TrackerFrames.TeltonikaPacket(recordsPerPacket, s_firstTimeMs + i * recordsPerPacket * 1000L))];

    /// <summary>Records in each packet.</summary>
    public int RecordsPerPacket => recordsPerPacket;

    /// <summary>Bytes of each packet.</summary>
    public int PacketBytes => _bytes.Length / Packets;

    /// <summary>Bytes of the stream from <paramref name="at"/>, at most <paramref name="length"/>, fewer where the ring ends.</summary>
    public ReadOnlySpan<byte> From(long at, long length)
    {
        int start = (int)(at % _bytes.Length);
        return _bytes.AsSpan(start, (int)Math.Min(length, _bytes.Length - start));
    }
}
