namespace Gateway.Codecs;

/// <summary>What a decoder did with a frame, in order.</summary>
public sealed class Trace
{
}
