namespace Gateway.Host.Mqtt;

/// <summary>FNV-1a, 64 bits: the same in every process, which string hashes are not. Not for what somebody may want to collide.</summary>
internal static class Fnv
{
    /// <summary>The hash of nothing.</summary>
    internal const ulong Start = 14_695_981_039_346_656_037;

    private const ulong Prime = 1_099_511_628_211;

    /// <summary>Adds bytes to a hash.</summary>
    internal static ulong Add(ulong hash, ReadOnlySpan<byte> bytes)
    {
        foreach (byte one in bytes) hash = unchecked((hash ^ one) * Prime);
        return hash;
    }
}
