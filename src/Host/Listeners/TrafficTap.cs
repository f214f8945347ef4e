using Gateway.Codecs;
using Gateway.Storage.Rings;

namespace Gateway.Host.Listeners;

/// <summary>What a record of raw traffic is, with the numbers that the API shows in <c>type</c>.</summary>
public enum TrafficType
{
    /// <summary>A TCP connection began; the record's bytes are its source, <c>ip:port</c>.</summary>
    TcpConnect = 0,
    /// <summary>It ended; the record's one byte is the <see cref="CloseCode"/>.</summary>
    TcpDisconnect = 1,
    /// <summary>One read of a TCP connection.</summary>
    TcpReceived = 2,
    /// <summary>One reply.</summary>
    TcpSent = 3,
    /// <summary>One read of an HTTP connection.</summary>
    HttpReceived = 66,
    /// <summary>One answer.</summary>
    HttpSent = 67,
    /// <summary>One datagram.</summary>
    UdpReceived = 130,
    /// <summary>One datagram in reply.</summary>
    UdpSent = 131,
}

/// <summary>Notes the bytes of one connection in the channel's ring of raw traffic: as they came, before anybody made sense of them. Allocates nothing per read; used by the pump's thread alone.</summary>
internal sealed class TrafficTap(DeviceConnection connection)
{
    /// <summary>Idents of one read, beside the last one, under which it can be found.</summary>
    internal const int OthersMax = 16;

    private int _index;
    private byte[] _ident = [];     // the session's, as it was before the frame in hand
    private byte[] _others = [];    // OthersMax places of length 1 | ident
    private int _otherCount;

    /// <summary>A read begins to be decoded.</summary>
    internal void BeginRead() => _otherCount = 0;

    /// <summary>A frame told another ident than the one before.</summary>
    /// <param name="hasEarlierFrames">The read holds frames of the former ident: its bytes belong to both.</param>
    internal void IdentTold(bool hasEarlierFrames)
    {
        if (_ident.Length == 0) _ident = new byte[1 + Session.IdentBytesMax];
        else if (hasEarlierFrames) AddOther(_ident.AsSpan(1, _ident[0]));
        ReadOnlySpan<byte> ident = connection.Session.Ident;
        _ident[0] = (byte)ident.Length;
        ident.CopyTo(_ident.AsSpan(1));
    }

    /// <summary>A TCP connection was accepted.</summary>
    internal void Connected() => Note(TrafficType.TcpConnect, connection.PeerAscii, []);

    /// <summary>It has ended.</summary>
    internal void Disconnected()
    {
        BeginRead();
        Note(TrafficType.TcpDisconnect, [(byte)connection.CloseCode], connection.Session.Ident);
    }

    /// <summary>Bytes were read and have been decoded, so that their ident is known if they tell one.</summary>
    /// <param name="bytes">What is new in the read, or one datagram; nothing is noted when there is none.</param>
    internal void Received(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.IsEmpty) Note(connection.Transport is Transport.Udp ? TrafficType.UdpReceived : connection.Codec.Info.Http ? TrafficType.HttpReceived : TrafficType.TcpReceived, bytes, connection.Session.Ident);
    }

    /// <summary>The reply to a read was sent.</summary>
    internal void Sent(ReadOnlySpan<byte> bytes) => Note(connection.Codec.Info.Http ? TrafficType.HttpSent : TrafficType.TcpSent, bytes, connection.Session.Ident);

    /// <summary>A datagram was sent in reply to an earlier one; the peer may have told other idents since.</summary>
    internal void Sent(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> ident)
    {
        BeginRead();
        Note(TrafficType.UdpSent, bytes, ident);
    }

    private void Note(TrafficType type, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> ident)
    {
        Ring ring = connection.Channel.Rings.Traffic;
        if (!ring.IsOn) return;
        long nowUs = connection.Channel.NowUs;
        do
        {
            ReadOnlySpan<byte> piece = bytes[..Math.Min(bytes.Length, Ring.BytesMax)];
            bytes = bytes[piece.Length..];
            var entry = new RingEntry(nowUs, connection.Id, _index++, (int)type);
            ring.TryAdd(entry, ident, piece);
            for (int i = 0; i < _otherCount; i++)
                if (!OtherAt(i).SequenceEqual(ident)) ring.TryAddIdent(entry, OtherAt(i), ident.Length, piece.Length);
        }
        while (bytes.Length > 0);
    }

    private void AddOther(ReadOnlySpan<byte> ident)
    {
        for (int i = 0; i < _otherCount; i++)
            if (OtherAt(i).SequenceEqual(ident)) return;
        if (_otherCount == OthersMax || ident.IsEmpty) return;
        if (_others.Length == 0) _others = new byte[OthersMax * (1 + Session.IdentBytesMax)];
        Span<byte> place = _others.AsSpan(_otherCount++ * (1 + Session.IdentBytesMax));
        place[0] = (byte)ident.Length;
        ident.CopyTo(place[1..]);
    }

    private ReadOnlySpan<byte> OtherAt(int index)
    {
        ReadOnlySpan<byte> place = _others.AsSpan(index * (1 + Session.IdentBytesMax));
        return place.Slice(1, place[0]);
    }
}
