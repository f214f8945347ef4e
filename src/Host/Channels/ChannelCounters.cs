using Gateway.Codecs;
using Gateway.Host.Listeners;
using Gateway.Storage;

namespace Gateway.Host.Channels;

/// <summary>What happened on a channel since the process started. Any thread may count and read; refusals are counted under the names of the enum members.</summary>
public sealed class ChannelCounters
{
    private readonly long[] _frames = new long[Enum.GetValues<FrameStatus>().Length];
    private readonly long[] _decodes = new long[Enum.GetValues<DecodeStatus>().Length];
    private readonly long[] _appends = new long[Enum.GetValues<AppendStatus>().Length];
    private readonly long[] _closes = new long[CloseCodeMax + 2];

    private const int CloseCodeMax = (int)CloseCode.Disabled;

    /// <summary>Connections accepted, and UDP peers met.</summary>
    public long Accepted;

    /// <summary>Connections closed at once because of the connection limit.</summary>
    public long Refused;

    /// <summary>Connections and datagrams refused because their device is disabled.</summary>
    public long DevicesRefused;

    /// <summary>Bytes that came from devices.</summary>
    public long BytesReceived;

    /// <summary>Bytes sent to devices.</summary>
    public long BytesSent;

    /// <summary>Messages stored.</summary>
    public long Messages;

    /// <summary>Wrong checksums, accepted or not.</summary>
    public long ChecksumErrors;

    /// <summary>Values dropped because they were impossible.</summary>
    public long DroppedValues;

    /// <summary>UDP peers forgotten early to make room for others.</summary>
    public long PeersEvicted;

    /// <summary>Exceptions of a codec: faults of ours.</summary>
    public long CodecFaults;

    /// <summary>How often the framer said this.</summary>
    public long Of(FrameStatus status) => Volatile.Read(ref _frames[(int)status]);

    /// <summary>How often the decoder said this.</summary>
    public long Of(DecodeStatus status) => Volatile.Read(ref _decodes[(int)status]);

    /// <summary>How often the log said this.</summary>
    public long Of(AppendStatus status) => Volatile.Read(ref _appends[(int)status]);

    /// <summary>How often connections ended for this reason.</summary>
    public long Of(CloseCode code) => Volatile.Read(ref _closes[(int)code + 1]);

    internal void Count(FrameStatus status) => Interlocked.Increment(ref _frames[(int)status]);

    internal void Count(DecodeStatus status) => Interlocked.Increment(ref _decodes[(int)status]);

    internal void Count(AppendStatus status) => Interlocked.Increment(ref _appends[(int)status]);

    internal void Count(CloseCode code) => Interlocked.Increment(ref _closes[(int)code + 1]);

    internal void CountDecoded(int frames)
    {
        Interlocked.Add(ref _frames[(int)FrameStatus.Frame], frames);
        Interlocked.Add(ref _decodes[(int)DecodeStatus.Ok], frames);
    }
}
