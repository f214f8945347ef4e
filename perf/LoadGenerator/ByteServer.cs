using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Perf.Load;

/// <summary>The baseline of reading over REST: a socket server that answers each request with the same number of bytes, copied from memory.</summary>
internal static class ByteServer
{
    private const int PieceBytes = 64 * 1024;      // as the gateway sends

    /// <summary>Serves one connection after the other until the process ends.</summary>
    /// <param name="port">On loopback.</param>
    /// <param name="bytes">Bytes of each answer.</param>
    public static void Run(int port, int bytes)
    {
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        listener.Listen(16);
        byte[] answer = new byte[bytes];
        Random.Shared.NextBytes(answer);
        byte[] piece = new byte[PieceBytes], request = new byte[4096];
        while (true)
        {
            using Socket connection = listener.Accept();
            if (connection.Receive(request) == 0) continue;
            connection.Send(Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"));
            for (int at = 0; at < answer.Length; at += PieceBytes)
            {
                int length = Math.Min(PieceBytes, answer.Length - at);
                answer.AsSpan(at, length).CopyTo(piece);
                for (int sent = 0; sent < length;) sent += connection.Send(piece.AsSpan(sent, length - sent));
            }
        }
    }
}
