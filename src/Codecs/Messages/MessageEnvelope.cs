namespace Gateway.Codecs;

/// <summary>What a consumer sees of a message that is not in its payload.</summary>
/// <param name="ChannelId">Value of <c>channel.id</c>.</param>
/// <param name="ProtocolId">Value of <c>protocol.id</c>.</param>
/// <param name="ServerTimeUs">Value of <c>server.timestamp</c>, µs since 1970.</param>
/// <param name="Device">The registered device whose message it is; null when there is none, and then the message has no <c>device.id</c> of ours.</param>
public readonly record struct MessageEnvelope(long ChannelId, int ProtocolId, long ServerTimeUs, MessageDevice? Device = null);
