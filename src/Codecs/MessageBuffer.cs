namespace Gateway.Codecs;

/// <summary>Holds the encoded messages of the frames of one read, ready to be appended to a log. One per connection, reused.</summary>
/// <remarks>Grows up to <see cref="BytesMax"/>. Written by <see cref="MessageSink"/>.</remarks>
public sealed class MessageBuffer
{
    /// <summary>Most payload bytes of one batch.</summary>
    public const int BytesMax = 4 * 1024 * 1024;

    internal byte[] BytesArray = new byte[4096];
    internal int[] EndsArray = new int[64];
    internal byte[] Peer = [];

    /// <summary>Number of messages.</summary>
    public int Count { get; internal set; }

    /// <summary>Payload bytes held.</summary>
    public int Length { get; internal set; }

    /// <summary>The array that holds the payloads, one behind the other from offset 0; changes when the buffer grows.</summary>
    public byte[] Bytes => BytesArray;

    /// <summary>Where each payload ends; the first <see cref="Count"/> count.</summary>
    public int[] Ends => EndsArray;

    /// <summary>The payload of message <paramref name="index"/>, from 0.</summary>
    public ReadOnlySpan<byte> this[int index]
    {
        get
        {
            int start = index == 0 ? 0 : EndsArray[index - 1];
            return BytesArray.AsSpan(start, EndsArray[index] - start);
        }
    }

    /// <summary>Sets the value of <c>peer</c> in every message: <c>ip:port</c> as ASCII.</summary>
    public void SetPeer(string peer) => Peer = System.Text.Encoding.ASCII.GetBytes(peer);

    /// <summary>As the other overload, with the bytes of <c>ip:port</c> at hand: nothing is copied, so they must not change.</summary>
    public void SetPeer(byte[] peerAscii) => Peer = peerAscii;

    /// <summary>Drops all messages, keeps the memory.</summary>
    public void Clear() => Count = Length = 0;
}
