using System.Numerics;

namespace Gateway.Perf.Load;

/// <summary>Counts latencies in buckets of at most 3 % width; adding allocates nothing.</summary>
internal sealed class LatencyHistogram
{
    private const int StepsPerOctave = 32;
    private readonly long[] _counts = new long[64 * StepsPerOctave];

    /// <summary>Latencies added.</summary>
    public long Count { get; private set; }

    /// <summary>Adds one latency.</summary>
    /// <param name="nanoseconds">0 or more.</param>
    public void Add(long nanoseconds)
    {
        _counts[BucketOf(Math.Max(0, nanoseconds))]++;
        Count++;
    }

    /// <summary>The latency in µs that <paramref name="share"/> of all do not exceed; 0 when there is none.</summary>
    /// <param name="share">0 to 1.</param>
    public double PercentileUs(double share)
    {
        long wanted = Math.Max(1, (long)Math.Ceiling(Count * share));
        long seen = 0;
        for (int bucket = 0; bucket < _counts.Length; bucket++)
        {
            seen += _counts[bucket];
            if (seen >= wanted && Count > 0) return UpperBoundNs(bucket) / 1000.0;
        }
        return 0;
    }

    private static int BucketOf(long nanoseconds)
    {
        if (nanoseconds < StepsPerOctave) return (int)nanoseconds;
        int octave = BitOperations.Log2((ulong)nanoseconds) - 5;
        return (octave + 1) * StepsPerOctave + (int)(nanoseconds >> octave) - StepsPerOctave;
    }

    private static double UpperBoundNs(int bucket)
    {
        if (bucket < StepsPerOctave) return bucket;
        int octave = bucket / StepsPerOctave - 1;
        return (double)((long)(bucket % StepsPerOctave + StepsPerOctave + 1) << octave) - 1;
    }
}
