using Gateway.Codecs;

namespace Gateway.Host.Trials;

/// <summary>What one device sent, as it came. Where it was recorded does not matter: a capture file today, a channel's own record of its traffic as well.</summary>
/// <param name="Ident">The device's ident where it is known already, for recordings that begin after the login.</param>
/// <param name="Chunks">What was received, in order.</param>
internal sealed record RecordedConnection(string? Ident, IReadOnlyList<RecordedChunk> Chunks);

/// <summary>The bytes of one read of a TCP connection, or one datagram.</summary>
/// <param name="Transport">How they came.</param>
/// <param name="Bytes">The bytes.</param>
/// <param name="Line">Line of the file, 0 when there is none.</param>
internal sealed record RecordedChunk(Transport Transport, byte[] Bytes, int Line);
