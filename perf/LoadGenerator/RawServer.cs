using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Perf.Load;

/// <summary>The baseline of a load: a socket server that only cuts frames and replies. It decodes nothing and stores nothing.</summary>
internal static class RawServer
{
    private const int PacketBytesMax = 32 * 1024;

    /// <summary>Serves until cancelled.</summary>
    /// <param name="listener">Bound and listening.</param>
    /// <param name="stopping">Ends the server.</param>
    public static async Task RunAsync(Socket listener, CancellationToken stopping)
    {
        List<Task> connections = [];
        try
        {
            while (true)
            {
                Socket connection = await listener.AcceptAsync(stopping).ConfigureAwait(false);
                connection.NoDelay = true;
                connections.Add(ServeAsync(connection, stopping));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(connections).ConfigureAwait(false);
        }
    }

    private static async Task ServeAsync(Socket connection, CancellationToken stopping)
    {
        using Socket owned = connection;
        byte[] input = new byte[2 * PacketBytesMax];
        byte[] replies = new byte[input.Length];
        int held = 0;
        try
        {
            while (true)
            {
                int received = await owned.ReceiveAsync(input.AsMemory(held), stopping).ConfigureAwait(false);
                if (received == 0) return;
                held += received;
                int consumed = CutFrames(input.AsSpan(0, held), replies, out int replyBytes);
                if (consumed < 0) return;
                input.AsSpan(consumed, held - consumed).CopyTo(input);
                held -= consumed;
                for (int sent = 0; sent < replyBytes;) sent += await owned.SendAsync(replies.AsMemory(sent, replyBytes - sent), stopping).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // The generator has gone; so has the reason to serve.
        }
    }

    /// <summary>Cuts all whole frames and writes their replies: 01 to a login, the count of records to a packet.</summary>
    /// <returns>Bytes consumed, or -1 when the input is no such frame.</returns>
    private static int CutFrames(ReadOnlySpan<byte> input, Span<byte> replies, out int replyBytes)
    {
        int at = 0;
        replyBytes = 0;
        while (input.Length - at >= 10)
        {
            ReadOnlySpan<byte> rest = input[at..];
            ushort loginLength = BinaryPrimitives.ReadUInt16BigEndian(rest);
            long length = loginLength != 0 ? 2 + loginLength : 12L + BinaryPrimitives.ReadUInt32BigEndian(rest[4..]);
            if (length > PacketBytesMax) return -1;
            if (rest.Length < length) break;
            if (loginLength != 0)
            {
                replies[replyBytes++] = 1;
            }
            else
            {
                BinaryPrimitives.WriteUInt32BigEndian(replies[replyBytes..], rest[9]);
                replyBytes += 4;
            }
            at += (int)length;
        }
        return at;
    }
}
