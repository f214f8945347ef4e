using System.Collections.Concurrent;
using System.Text;
using Gateway.Codecs;
using Gateway.Host.Channels;

namespace Gateway.Host.Listeners;

/// <summary>The connections of one channel by number and by ident.</summary>
public sealed class ConnectionRegistry
{
    private readonly Channel _channel;
    private readonly ConcurrentDictionary<long, DeviceConnection> _byId = new(concurrencyLevel: 1, capacity: 7);
    private readonly ConcurrentDictionary<string, DeviceConnection> _byIdent = new(1, 7, StringComparer.Ordinal);
    private int _tcpCount;
    private volatile bool _limitHit;

    internal ConnectionRegistry(Channel channel) => _channel = channel;

    /// <summary>Connections now, UDP peers included.</summary>
    public int Count => _byId.Count;

    /// <summary>TCP connections now; these are what the limit counts.</summary>
    public int TcpCount => Volatile.Read(ref _tcpCount);

    /// <summary>A connection was refused since there was last room for one.</summary>
    public bool IsLimitHit => _limitHit;

    /// <summary>All connections by number, oldest first.</summary>
    public IReadOnlyList<DeviceConnection> All => [.. _byId.Values.OrderBy(connection => connection.Id)];

    /// <summary>Finds a connection by its number.</summary>
    public DeviceConnection? Find(long id) => _byId.GetValueOrDefault(id);

    /// <summary>Finds the connection on which a device with this ident is.</summary>
    public DeviceConnection? Find(string ident) => _byIdent.GetValueOrDefault(ident);

    /// <summary>Enumerates without a copy, for the sweep.</summary>
    internal IEnumerable<KeyValuePair<long, DeviceConnection>> Live => _byId;

    /// <summary>Takes a place for a TCP connection; <see cref="Remove"/> gives it back.</summary>
    internal bool TryReserve()
    {
        if (Interlocked.Increment(ref _tcpCount) <= _channel.Settings.ConnectionsMax) return true;
        Interlocked.Decrement(ref _tcpCount);
        _limitHit = true;
        return false;
    }

    /// <summary>Gives back a place that no connection took.</summary>
    internal void Unreserve()
    {
        Interlocked.Decrement(ref _tcpCount);
        _limitHit = false;
    }

    internal void Add(DeviceConnection connection)
    {
        _byId[connection.Id] = connection;
        Interlocked.Increment(ref _channel.Counters.Accepted);
        _channel.Events.Add(EventOf(connection, ChannelEventCode.Accepted));
    }

    /// <summary>Takes an ended connection out, counts and logs why it ended.</summary>
    internal void Remove(DeviceConnection connection)
    {
        if (!_byId.TryRemove(connection.Id, out _)) return;
        if (connection.Ident is { } ident) _byIdent.TryRemove(new(ident, connection));
        connection.Unlink();
        if (connection.Transport is Transport.Tcp) Unreserve();

        _channel.Counters.Count(connection.CloseCode);
        _channel.Events.Add(EventOf(connection, ChannelEventCode.Closed) with
        {
            CloseCode = connection.CloseCode,
            BytesReceived = connection.BytesReceived,
            BytesSent = connection.BytesSent,
            Messages = connection.Messages,
            DurationUs = _channel.NowUs - connection.EstablishedUs,
        });
    }

    /// <summary>Gives the session's new ident to its connection; an older connection with the same ident is closed: a device has one line.</summary>
    internal void Claim(DeviceConnection connection)
    {
        connection.IdentVersionClaimed = connection.Session.IdentVersion;
        string ident = Encoding.UTF8.GetString(connection.Session.Ident);
        if (connection.Ident is { } former) _byIdent.TryRemove(new(former, connection));
        connection.TakeIdent(ident);

        DeviceConnection? older = null;
        _byIdent.AddOrUpdate(ident, connection, (_, current) =>
        {
            older = current;
            return connection;
        });
        _channel.Events.Add(EventOf(connection, ChannelEventCode.Identified));
        if (older is not null && older != connection) older.Close(CloseCode.IdentCollision);
    }

    /// <summary>Ends all connections for a reason.</summary>
    internal void CloseAll(CloseCode code)
    {
        foreach (KeyValuePair<long, DeviceConnection> pair in _byId) pair.Value.Close(code);
    }

    /// <summary>Completes when all connections that are there now have ended.</summary>
    internal Task WhenEmptyAsync() => Task.WhenAll(_byId.Values.Select(connection => connection.Completion));

    private static ChannelEvent EventOf(DeviceConnection connection, ChannelEventCode code) =>
        new(connection.Channel.NowUs, code)
        {
            ConnectionId = connection.Id,
            Ident = connection.Ident,
            Source = connection.Source,
            Transport = connection.Transport is Transport.Udp ? "udp" : "tcp",
        };
}
