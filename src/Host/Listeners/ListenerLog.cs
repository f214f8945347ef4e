using Gateway.Codecs;

namespace Gateway.Host.Listeners;

/// <summary>The first bytes of something a device sent, as hex: the only form in which device bytes reach a log.</summary>
internal readonly struct HexSample
{
    /// <summary>Bytes shown.</summary>
    internal const int BytesMax = 32;

    private readonly ulong _0, _1, _2, _3;
    private readonly int _length;

    /// <summary>Copies the sample; text is made of it only if somebody logs it.</summary>
    internal HexSample(ReadOnlySpan<byte> bytes)
    {
        Span<ulong> words = stackalloc ulong[4];
        Span<byte> copy = System.Runtime.InteropServices.MemoryMarshal.AsBytes(words);
        _length = Math.Min(bytes.Length, BytesMax);
        bytes[.._length].CopyTo(copy);
        (_0, _1, _2, _3) = (words[0], words[1], words[2], words[3]);
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        ReadOnlySpan<ulong> words = [_0, _1, _2, _3];
        return Convert.ToHexStringLower(System.Runtime.InteropServices.MemoryMarshal.AsBytes(words)[.._length]);
    }
}

/// <summary>Log lines of listeners. Lines that a stranger can cause at will are at Debug; counters and channel events tell the operator.</summary>
internal static partial class ListenerLog
{
    [LoggerMessage(2101, LogLevel.Debug, "Channel {ChannelId} refuses {Remote}: {Status}, {Sample}.")]
    internal static partial void BadFrame(ILogger logger, long channelId, string remote, FrameStatus status, HexSample sample);

    [LoggerMessage(2102, LogLevel.Debug, "Channel {ChannelId} refuses {Remote}: {Status} at line {Line} of the spec, byte {Offset} of the frame, {Sample}.")]
    internal static partial void BadContent(ILogger logger, long channelId, string remote, DecodeStatus status, int line, int offset, HexSample sample);

    [LoggerMessage(2103, LogLevel.Error, "Channel {ChannelId}: the codec failed on bytes of {Remote}, {Sample}.")]
    internal static partial void CodecFault(ILogger logger, Exception exception, long channelId, string remote, HexSample sample);

    [LoggerMessage(2104, LogLevel.Error, "Channel {ChannelId}: serving {Remote} failed.")]
    internal static partial void PumpFault(ILogger logger, Exception exception, long channelId, string remote);

    [LoggerMessage(2105, LogLevel.Warning, "Channel {ChannelId}: accepting on port {Port} failed ({Reason}); trying again.")]
    internal static partial void AcceptFault(ILogger logger, long channelId, int port, string reason);

    [LoggerMessage(2106, LogLevel.Debug, "Channel {ChannelId} closed {Remote}: connection limit of {Limit} reached.")]
    internal static partial void LimitReached(ILogger logger, long channelId, string remote, int limit);

    [LoggerMessage(2107, LogLevel.Information, "Channel {ChannelId} listens on port {Port} for {Protocol}.")]
    internal static partial void Listening(ILogger logger, long channelId, int port, string protocol);

    [LoggerMessage(2108, LogLevel.Warning, "Channel {ChannelId} can't listen on port {Port}: {Reason}")]
    internal static partial void CannotListen(ILogger logger, long channelId, int port, string reason);

    [LoggerMessage(2109, LogLevel.Warning, "Channel {ChannelId} takes no data: the buffer answered {Status}.")]
    internal static partial void BufferRefuses(ILogger logger, long channelId, Gateway.Storage.AppendStatus status);

    [LoggerMessage(2110, LogLevel.Information, "Channel {ChannelId} takes data again.")]
    internal static partial void BufferTakes(ILogger logger, long channelId);

    [LoggerMessage(2111, LogLevel.Error, "Channel {ChannelId} stays closed: {Reason}")]
    internal static partial void ChannelStaysClosed(ILogger logger, long channelId, string reason);

    [LoggerMessage(2112, LogLevel.Information, "Stopped: {Connections} connections closed in {Milliseconds} ms.")]
    internal static partial void Stopped(ILogger logger, int connections, long milliseconds);

    [LoggerMessage(2114, LogLevel.Warning, "Traffic and logs: {Trouble}")]
    internal static partial void RingTrouble(ILogger logger, string trouble);

    [LoggerMessage(2113, LogLevel.Error, "Channel buffers: {Trouble}")]
    internal static partial void StoreTrouble(ILogger logger, string trouble);
}
