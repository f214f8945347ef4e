using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Perf.Load;

/// <summary>A client of MQTT 3.1.1 on a socket, as little as a load needs: what it receives is counted by packets and handed on as bytes.</summary>
internal sealed class MqttClient : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private byte[] _unread = new byte[4096];
    private int _length;
    private byte[] _unsent = [];
    private int _unsentAt;

    /// <summary>The socket's handle, for <see cref="Poller"/>.</summary>
    public int Handle => (int)_socket.Handle;

    /// <summary>The system did not take all bytes.</summary>
    public bool HasUnsent => _unsentAt < _unsent.Length;

    /// <summary>PUBLISH packets received.</summary>
    public long Received { get; private set; }

    /// <summary>Connects; from then on the socket blocks until <see cref="Go"/>.</summary>
    /// <exception cref="IOException">The server refused.</exception>
    public void Connect(IPEndPoint server, string clientId, string? user)
    {
        _socket.ReceiveTimeout = 20_000;
        _socket.Connect(server);
        byte[] body = [.. Text("MQTT"), 4, (byte)(user is null ? 2 : 0x82), 0, 0, .. Text(clientId), .. user is null ? [] : Text(user)];
        _socket.Send(Packet(0x10, body));
        byte[] answer = ReadExactly(4);
        if (answer[0] != 0x20 || answer[3] != 0) throw new IOException($"The connection was refused with code {answer[3]}.");
    }

    /// <summary>Subscribes and waits for the answer.</summary>
    /// <exception cref="IOException">The server refused.</exception>
    public void Subscribe(string filter, int qos = 0)
    {
        _socket.Send(Packet(0x82, [0, 1, .. Text(filter), (byte)qos]));
        byte[] answer = ReadExactly(5);
        if (answer[0] != 0x90 || answer[4] > 2) throw new IOException($"The subscription to {filter} was refused.");
    }

    /// <summary>From here on nothing blocks.</summary>
    public void Go() => _socket.Blocking = false;

    /// <summary>Sends bytes, now or as the socket takes them.</summary>
    public void Send(byte[] bytes)
    {
        _unsent = HasUnsent ? [.. _unsent.AsSpan(_unsentAt), .. bytes] : bytes;
        _unsentAt = 0;
        Flush();
    }

    /// <summary>Sends what waits.</summary>
    public void Flush()
    {
        while (HasUnsent)
        {
            int sent = _socket.Send(_unsent.AsSpan(_unsentAt), SocketFlags.None, out SocketError error);
            if (error is SocketError.WouldBlock) return;
            if (error is not SocketError.Success) throw new SocketException((int)error);
            _unsentAt += sent;
        }
    }

    /// <summary>Takes what has arrived.</summary>
    /// <param name="take">Takes the body of each PUBLISH packet; null to count them only.</param>
    /// <param name="buffer">Scratch.</param>
    /// <exception cref="IOException">The server closed.</exception>
    public void Receive(byte[] buffer, Action<ReadOnlySpan<byte>>? take)
    {
        int received = _socket.Receive(buffer, SocketFlags.None, out SocketError error);
        if (error is SocketError.WouldBlock) return;
        if (error is not SocketError.Success) throw new SocketException((int)error);
        if (received == 0) throw new IOException("The server closed the connection.");
        ReadOnlySpan<byte> bytes = buffer.AsSpan(0, received);
        if (_length > 0)
        {
            if (_unread.Length < _length + received) Array.Resize(ref _unread, Math.Max(_unread.Length * 2, _length + received));
            bytes.CopyTo(_unread.AsSpan(_length));
            bytes = _unread.AsSpan(0, _length + received);
        }
        int at = 0;
        while (TryCut(bytes[at..], out int head, out int length))
        {
            if (bytes[at] >> 4 == 3)
            {
                Received++;
                take?.Invoke(bytes.Slice(at + head, length));
            }
            at += head + length;
        }
        ReadOnlySpan<byte> rest = bytes[at..];
        if (_unread.Length < rest.Length) _unread = new byte[rest.Length * 2];
        rest.CopyTo(_unread);
        _length = rest.Length;
    }

    /// <summary>A PUBLISH packet of QoS 0.</summary>
    public static byte[] Publish(string topic, int payloadBytes) => Packet(0x30, [.. Text(topic), .. Enumerable.Repeat((byte)'x', payloadBytes)]);

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private static bool TryCut(ReadOnlySpan<byte> bytes, out int head, out int length)
    {
        length = 0;
        for (head = 1; head < bytes.Length; head++)
        {
            length |= (bytes[head] & 127) << (7 * (head - 1));
            if (bytes[head] >= 128) continue;
            head++;
            return bytes.Length >= head + length;
        }
        return false;
    }

    private static byte[] Text(string text)
    {
        byte[] bytes = new byte[2 + Encoding.UTF8.GetByteCount(text)];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)(bytes.Length - 2));
        Encoding.UTF8.GetBytes(text, bytes.AsSpan(2));
        return bytes;
    }

    private static byte[] Packet(byte head, byte[] body)
    {
        var length = new List<byte>();
        int rest = body.Length;
        do
        {
            length.Add((byte)(rest % 128 | (rest >= 128 ? 128 : 0)));
            rest /= 128;
        }
        while (rest > 0);
        return [head, .. length, .. body];
    }

    private byte[] ReadExactly(int count)
    {
        byte[] bytes = new byte[count];
        for (int at = 0; at < count;)
        {
            int received = _socket.Receive(bytes.AsSpan(at));
            if (received == 0) throw new IOException("The server closed the connection.");
            at += received;
        }
        return bytes;
    }
}
