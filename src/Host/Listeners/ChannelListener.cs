using System.Net.Sockets;
using Gateway.Host.Channels;
using Gateway.Host.Devices.Commands;

namespace Gateway.Host.Listeners;

/// <summary>The open port of one channel: accepts TCP connections up to the limit, receives datagrams.</summary>
internal sealed class ChannelListener : IAsyncDisposable
{
    /// <summary>Pause after an accept that failed, for example for want of file handles.</summary>
    internal static readonly TimeSpan AcceptRetryPause = TimeSpan.FromMilliseconds(100);

    private readonly Channel _channel;
    private readonly ChannelSockets _sockets;
    private readonly ListenerServices _services;
    private readonly CancellationTokenSource _stopping = new();
    private readonly DatagramPump? _datagrams;
    private readonly Task _accepting = Task.CompletedTask;
    private readonly Task _receiving = Task.CompletedTask;

    private ChannelListener(Channel channel, ChannelSockets sockets, ListenerServices services)
    {
        _channel = channel;
        _sockets = sockets;
        _services = services;
        if (sockets.Tcp is { } tcp) _accepting = Task.Run(() => AcceptAsync(tcp));
        if (sockets.Udp is not { } udp) return;
        _datagrams = new DatagramPump(channel, udp, services);
        _receiving = Task.Run(() => _datagrams.RunAsync(_stopping.Token));
    }

    internal int Port => _sockets.Port;

    /// <summary>Begins to serve a channel on sockets that are bound already.</summary>
    internal static ChannelListener Start(Channel channel, ChannelSockets sockets, ListenerServices services)
    {
        ListenerLog.Listening(services.Logger, channel.Id, sockets.Port, channel.Codec.Info.Name);
        return new ChannelListener(channel, sockets, services);
    }

    /// <summary>Closes the port. Connections live on; what a datagram batch holds is stored and answered first.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        _sockets.Tcp?.Dispose();
        await _accepting.ConfigureAwait(false);
        await _receiving.ConfigureAwait(false);
        _sockets.Dispose();
        _stopping.Dispose();
    }

    private async Task AcceptAsync(Socket listening)
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                Serve(await listening.AcceptAsync(_stopping.Token).ConfigureAwait(false));
            }
            catch (Exception) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (SocketException exception)
            {
                // Out of handles, or a peer that was gone before it was accepted. The others wait in the backlog meanwhile.
                ListenerLog.AcceptFault(_services.Logger, _channel.Id, Port, exception.SocketErrorCode.ToString());
                await Task.Delay(AcceptRetryPause, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private void Serve(Socket socket)
    {
        if (!_channel.Connections.TryReserve())
        {
            Interlocked.Increment(ref _channel.Counters.Refused);
            if (_channel.NoteBlocked(Channel.BlockedByConnections))
                ListenerLog.LimitReached(_services.Logger, _channel.Id, socket.RemoteEndPoint?.ToString() ?? "", _channel.Settings.ConnectionsMax);
            socket.Dispose();
            return;
        }

        TcpConnection connection;
        try
        {
            connection = new TcpConnection(_channel, socket);
        }
        catch (SocketException)
        {
            _channel.Connections.Unreserve();       // gone before its address could be asked for
            socket.Dispose();
            return;
        }
        _channel.Connections.Add(connection);
        // Never on this thread: data that are there already would be served before the next connection is accepted.
        connection.Pump = Task.Run(() => _services.Pump.ServeAsync(connection));
    }
}

/// <summary>What all listeners share.</summary>
internal sealed class ListenerServices(
    ConnectionPump pump, FrameDecoder decoder, AppendPatience patience, DecodeBatchPool batches, DatagramBuffers datagramBuffers,
    Configuration.GatewayOptions options, ILogger<ChannelListener> logger, CommandDelivery? commands = null)
{
    internal ConnectionPump Pump => pump;

    internal FrameDecoder Decoder => decoder;

    internal AppendPatience Patience => patience;

    internal DecodeBatchPool Batches => batches;

    internal DatagramBuffers DatagramBuffers => datagramBuffers;

    internal Configuration.GatewayOptions Options => options;

    internal CommandDelivery? Commands => commands;

    internal ILogger Logger => logger;
}
