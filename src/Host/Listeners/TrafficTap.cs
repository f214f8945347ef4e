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
    private PacketTally _tally;
    private byte[] _ident = [];     // the session's, as it was before the frame in hand
    private byte[] _others = [];    // OthersMax places of length 1 | ident
    private int _otherCount;

    /// <summary>A read begins to be decoded.</summary>
    /// <param name="seen">How many of its bytes came with earlier reads and were noted then.</param>
    internal void BeginRead(int seen)
    {
        _otherCount = 0;
        _tally.Begin(seen);
    }

    /// <inheritdoc cref="PacketTally.Decoded"/>
    internal void Decoded(int start, int end, int messages) => _tally.Decoded(start, end, messages);

    /// <inheritdoc cref="PacketTally.Refused"/>
    internal void Refused(int start, PacketRefusal refusal) => _tally.Refused(start, refusal);

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
    internal void Connected() => Note(TrafficType.TcpConnect, connection.PeerAscii, [], connection.Channel.NowUs);

    /// <summary>It has ended.</summary>
    internal void Disconnected()
    {
        _otherCount = 0;
        Note(TrafficType.TcpDisconnect, [(byte)connection.CloseCode], connection.Session.Ident, connection.Channel.NowUs);
    }

    /// <summary>Bytes were read and have been decoded, so that their ident is known if they tell one.</summary>
    /// <param name="bytes">What is new in the read, or one datagram; nothing is noted when there is none.</param>
    /// <param name="consumed">Bytes of the read that are done with, those seen earlier included.</param>
    /// <param name="messages">Messages that the read became.</param>
    /// <returns>Which of them the packet became; for a peer whose next datagram is decoded before these are stored.</returns>
    internal PacketMessages Received(ReadOnlySpan<byte> bytes, int consumed, int messages)
    {
        int first = _index;
        if (!bytes.IsEmpty)
        {
            TrafficType type = connection.Transport is Transport.Udp ? TrafficType.UdpReceived : connection.Codec.Info.Http ? TrafficType.HttpReceived : TrafficType.TcpReceived;
            Note(type, bytes, connection.Session.Ident, connection.Session.NowUs);      // of the read: another look at the clock costs as much as half a record
        }
        _tally.End(first, _index, consumed, messages);
        if (_tally.Refusal != 0) Note(_tally.RefusedFrom, _index - 1, PacketNote.Of(_tally.Refusal));
        return _tally.Own;
    }

    /// <summary>The messages of the read are stored: notes which packets they came in.</summary>
    /// <param name="firstKey">Key of the first of them; those of one append follow each other.</param>
    internal void Stored(long firstKey)
    {
        Stored(firstKey, _tally.Earlier);
        Stored(firstKey, _tally.Own);
    }

    /// <summary>The same of packets that were told by <see cref="Received"/>.</summary>
    internal void Stored(long firstKey, PacketMessages messages)
    {
        if (messages.Count > 0) Note(messages.First, messages.Last, PacketNote.OfMessages(firstKey + messages.Skip, messages.Count));
    }

    /// <summary>The reply to a read was sent.</summary>
    internal void Sent(ReadOnlySpan<byte> bytes) => Note(connection.Codec.Info.Http ? TrafficType.HttpSent : TrafficType.TcpSent, bytes, connection.Session.Ident, connection.Channel.NowUs);

    /// <summary>A datagram was sent in reply to an earlier one; the peer may have told other idents since.</summary>
    internal void Sent(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> ident)
    {
        _otherCount = 0;
        Note(TrafficType.UdpSent, bytes, ident, connection.Channel.NowUs);
    }

    private void Note(TrafficType type, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> ident, long nowUs)
    {
        Ring ring = connection.Channel.Rings.Traffic;
        if (!ring.IsOn) return;
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

    private void Note(int first, int last, RingNote note)
    {
        Ring ring = connection.Channel.Rings.Traffic;
        if (ring.IsOn) ring.TryAddNote(new RingEntry(connection.Channel.NowUs, connection.Id, last, Type: 0), last - first + 1, note);
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
