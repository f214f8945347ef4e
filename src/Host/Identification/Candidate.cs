using Gateway.Codecs;
using Gateway.Host.Inspection;

namespace Gateway.Host.Identification;

/// <summary>How well one protocol explains some bytes.</summary>
/// <param name="Codec">The protocol.</param>
/// <param name="Transport">How the bytes were taken to have come.</param>
/// <param name="Decoded">What it would decode.</param>
/// <param name="Score">0 to 100; 0 when it refuses them.</param>
/// <param name="Evidence">What speaks for it and against it, for people.</param>
/// <param name="IsCompleted">The end of the line was missing and was added.</param>
internal sealed record Candidate(Codec Codec, Transport Transport, DecodedInput Decoded, double Score, IReadOnlyList<string> Evidence, bool IsCompleted)
{
    /// <summary>It decoded at least one frame.</summary>
    public bool IsExplanation => Score > 0;
}
