using System.Text;

namespace Gateway.Codecs;

/// <summary>Holds the encoded messages of the frames of one read, ready to be appended to a log. One per connection, reused.</summary>
/// <remarks>Grows up to <see cref="BytesMax"/>, and shrinks again when that much was not needed for a while. Written by <see cref="MessageSink"/>.</remarks>
public sealed class MessageBuffer
{
    /// <summary>Most payload bytes of one batch.</summary>
    public const int BytesMax = 4 * 1024 * 1024;

    /// <summary>Longest message in bytes: what a log takes.</summary>
    public const int MessageBytesMax = 32_000;

    private const int BytesMin = 4096;
    private const int RetainedBytes = 64 * 1024;
    private const int QuietClearsMax = 256;

    internal byte[] BytesArray = new byte[BytesMin];
    internal int[] EndsArray = new int[16];
    internal byte[] CommonArray = [];
    internal byte[] Peer = [];

    // The end of every message, ident and peer, as it was encoded last: the same bytes until one of the two changes.
    internal byte[] Tail = [];
    internal int TailLength;
    internal int TailCount;
    internal Session? TailSession;
    internal int TailIdentVersion;
    private int _quietClears;

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

    /// <summary>Sets the value of <c>peer</c> in every message: <c>ip:port</c> as ASCII; empty for none.</summary>
    public void SetPeer(string peer) => SetPeer(Encoding.ASCII.GetBytes(peer));

    /// <summary>As the other overload, with the bytes of <c>ip:port</c> at hand: nothing is copied, so they must not change.</summary>
    public void SetPeer(byte[] peerAscii)
    {
        Peer = peerAscii;
        TailSession = null;
    }

    /// <summary>Takes back the messages after the first <paramref name="count"/>, between two frames.</summary>
    public void Truncate(int count)
    {
        if (count >= Count) return;
        Count = count;
        Length = count == 0 ? 0 : EndsArray[count - 1];
    }

    /// <summary>Drops all messages. The memory is kept, but after 256 batches in a row that needed an eighth of it or less, a large one is given back.</summary>
    public void Clear()
    {
        // Thousands of connections live at once: one burst each must not hold megabytes for the rest of their lives.
        if (BytesArray.Length <= RetainedBytes || Length > BytesArray.Length / 8) _quietClears = 0;
        else if (++_quietClears >= QuietClearsMax)
        {
            _quietClears = 0;
            BytesArray = new byte[RetainedBytes];
            EndsArray = new int[16];
        }
        Count = Length = 0;
    }
}
