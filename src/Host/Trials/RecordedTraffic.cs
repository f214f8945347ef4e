using Gateway.Codecs;

namespace Gateway.Host.Trials;

/// <summary>Recorded traffic.</summary>
/// <param name="Connections">Connections and UDP peers.</param>
/// <param name="Parts">How many of them begin in the middle.</param>
/// <param name="Dropped">Records that were dropped when they came.</param>
/// <param name="Gaps">Places of the recording that can't be read.</param>
internal sealed record RecordedTraffic(IReadOnlyList<RecordedConnection> Connections, int Parts = 0, long Dropped = 0, long Gaps = 0);

/// <summary>What one device sent, as it came. Where it was recorded does not matter: a capture file, or a channel's own record of its traffic.</summary>
/// <param name="Ident">The device's ident where it is known already, for recordings that begin after the login.</param>
/// <param name="Chunks">What was received, in order.</param>
internal sealed record RecordedConnection(string? Ident, IReadOnlyList<RecordedChunk> Chunks)
{
    /// <summary>Number of the connection in the gateway that recorded it, 0 for none.</summary>
    public long Number { get; init; }

    /// <summary>When it began, µs since 1970; 0 when that is not known.</summary>
    public long BeganUs { get; init; }
}

/// <summary>The bytes of one read of a TCP connection, or one datagram.</summary>
/// <param name="Transport">How they came.</param>
/// <param name="Bytes">The bytes.</param>
/// <param name="Line">Line of the file, 0 when there is none.</param>
internal sealed record RecordedChunk(Transport Transport, byte[] Bytes, int Line);
