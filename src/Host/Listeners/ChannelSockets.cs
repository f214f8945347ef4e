using System.Net;
using System.Net.Sockets;

namespace Gateway.Host.Listeners;

/// <summary>The bound sockets of a port: TCP, UDP or both under the same number.</summary>
internal sealed class ChannelSockets : IDisposable
{
    /// <summary>Connections that may wait to be accepted.</summary>
    internal const int BacklogMax = 512;

    private ChannelSockets(int port) => Port = port;

    internal int Port { get; }

    internal Socket? Tcp { get; private set; }

    internal Socket? Udp { get; private set; }

    /// <summary>Binds a port; connections made from now on wait until somebody accepts them.</summary>
    /// <returns>Null when the port can't be had, with the reason in <paramref name="problem"/>; then nothing stays bound.</returns>
    internal static ChannelSockets? TryBind(IPAddress address, int port, bool tcp, bool udp, out string problem)
    {
        var sockets = new ChannelSockets(port);
        try
        {
            var endPoint = new IPEndPoint(address, port);
            if (tcp)
            {
                sockets.Tcp = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                sockets.Tcp.Bind(endPoint);
                sockets.Tcp.Listen(BacklogMax);
            }
            if (udp)
            {
                sockets.Udp = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { Blocking = false };
                sockets.Udp.Bind(endPoint);
            }
            problem = "";
            return sockets;
        }
        catch (SocketException exception)
        {
            sockets.Dispose();
            problem = exception.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => $"port {port} is in use",
                SocketError.AccessDenied => $"port {port} needs more rights than the gateway has",
                _ => $"port {port} can't be opened: {exception.SocketErrorCode}",
            };
            return null;
        }
    }

    /// <summary>Gives the port back.</summary>
    public void Dispose()
    {
        Tcp?.Dispose();
        Udp?.Dispose();
    }
}
