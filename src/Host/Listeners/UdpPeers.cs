using System.Diagnostics.CodeAnalysis;
using System.Net;
using Gateway.Codecs;
using Gateway.Host.Channels;

namespace Gateway.Host.Listeners;

/// <summary>A device that sends datagrams, remembered by its address until it is silent for too long.</summary>
internal sealed class UdpPeer : DeviceConnection
{
    private readonly UdpPeers _peers;

    internal UdpPeer(Channel channel, UdpPeers peers, SocketAddress address, EndPoint remote)
        : base(channel, remote, Transport.Udp)
    {
        _peers = peers;
        Address = address;
    }

    internal SocketAddress Address { get; }

    internal override Task Completion => Task.CompletedTask;

    internal override void Sweep(TimeSpan idleTimeout)
    {
        if (IsSilentFor(idleTimeout)) Close(CloseCode.IdleTimeout);
    }

    protected override void Interrupt() => _peers.Remove(this);
}

/// <summary>The UDP peers of one channel; bounded, the one that was silent longest gives way.</summary>
internal sealed class UdpPeers(Channel channel, int countMax)
{
    private static readonly IPEndPoint s_anyEndPoint = new(IPAddress.Any, 0);
    private static readonly IPEndPoint s_anyEndPointV6 = new(IPAddress.IPv6Any, 0);

    private readonly Lock _gate = new();
    private readonly Dictionary<SocketAddress, LinkedListNode<UdpPeer>> _byAddress = [];
    private readonly LinkedList<UdpPeer> _byUse = [];       // most recent first

    /// <summary>Finds the peer with this address; a receive may write into <paramref name="address"/> again afterwards.</summary>
    internal bool TryFind(SocketAddress address, [NotNullWhen(true)] out UdpPeer? peer)
    {
        lock (_gate)
        {
            peer = null;
            if (!_byAddress.TryGetValue(address, out LinkedListNode<UdpPeer>? node)) return false;
            if (_byUse.First != node)
            {
                _byUse.Remove(node);
                _byUse.AddFirst(node);
            }
            peer = node.Value;
            return true;
        }
    }

    /// <summary>A peer that is not remembered yet: whoever sends rubbish must not push out others.</summary>
    internal UdpPeer Meet(SocketAddress address)
    {
        var copy = new SocketAddress(address.Family, address.Size);
        address.Buffer.Span[..address.Size].CopyTo(copy.Buffer.Span);
        EndPoint remote = (address.Family is System.Net.Sockets.AddressFamily.InterNetworkV6 ? s_anyEndPointV6 : s_anyEndPoint).Create(copy);
        return new UdpPeer(channel, this, copy, remote);
    }

    /// <summary>Remembers a peer that showed that it speaks the protocol.</summary>
    internal void Remember(UdpPeer peer)
    {
        UdpPeer? evicted = null;
        lock (_gate)
        {
            if (_byAddress.ContainsKey(peer.Address)) return;
            _byAddress.Add(peer.Address, _byUse.AddFirst(peer));
            if (_byAddress.Count > countMax) evicted = _byUse.Last!.Value;
        }
        channel.Connections.Add(peer);
        if (evicted is null) return;
        Interlocked.Increment(ref channel.Counters.PeersEvicted);
        evicted.Close(CloseCode.Processed);
    }

    internal void Remove(UdpPeer peer)
    {
        lock (_gate)
        {
            if (_byAddress.Remove(peer.Address, out LinkedListNode<UdpPeer>? node)) _byUse.Remove(node);
        }
        channel.Connections.Remove(peer);
    }
}
