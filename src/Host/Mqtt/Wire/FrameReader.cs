using System.Buffers;
using System.Runtime.InteropServices;
using MQTTnet.Adapter;

namespace Gateway.Host.Mqtt.Wire;

/// <summary>What cutting a packet came to.</summary>
internal enum FrameOutcome
{
    /// <summary>A packet.</summary>
    Packet,
    /// <summary>More bytes are needed.</summary>
    Incomplete,
    /// <summary>No MQTT.</summary>
    Malformed,
    /// <summary>Longer than allowed.</summary>
    TooLarge,
}

/// <summary>Cuts packets from what a client sent. One per connection.</summary>
internal sealed class FrameReader
{
    private byte[] _joined = [];

    /// <summary>Takes the next packet.</summary>
    /// <param name="unread">Moved behind the packet.</param>
    /// <param name="bytesMax">Longest packet.</param>
    /// <param name="packet">Its body is valid until the next call, and until the bytes are given back to the pipe.</param>
    internal FrameOutcome TryRead(ref ReadOnlySequence<byte> unread, int bytesMax, out ReceivedMqttPacket packet)
    {
        packet = default;
        var reader = new SequenceReader<byte>(unread);
        if (!reader.TryRead(out byte head)) return FrameOutcome.Incomplete;
        if (head >> 4 is 0) return FrameOutcome.Malformed;
        int length = 0;
        for (int shift = 0; ; shift += 7)
        {
            if (shift > 21) return FrameOutcome.Malformed;
            if (!reader.TryRead(out byte part)) return FrameOutcome.Incomplete;
            length |= (part & 127) << shift;
            if (part < 128) break;
        }
        if (reader.Consumed + length > bytesMax) return FrameOutcome.TooLarge;
        if (reader.Remaining < length) return FrameOutcome.Incomplete;
        ReadOnlySequence<byte> body = unread.Slice(reader.Position, length);
        packet = new ReceivedMqttPacket(head, Contiguous(body), (int)reader.Consumed + length);
        unread = unread.Slice(body.End);
        return FrameOutcome.Packet;
    }

    private ArraySegment<byte> Contiguous(in ReadOnlySequence<byte> body)
    {
        if (body.IsSingleSegment && MemoryMarshal.TryGetArray(body.First, out ArraySegment<byte> segment)) return segment;
        int length = (int)body.Length;
        // Kept only while it is small: a client that once sent a large packet must not hold its size for good.
        const int KeptBytesMax = 16 * 1024;
        byte[] joined = length <= KeptBytesMax ? _joined.Length >= length ? _joined : _joined = new byte[KeptBytesMax] : new byte[length];
        body.CopyTo(joined);
        return new ArraySegment<byte>(joined, 0, length);
    }
}
