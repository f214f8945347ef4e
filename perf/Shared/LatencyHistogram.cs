using System.Globalization;
using System.Numerics;

namespace Gateway.Perf.Shared;

/// <summary>Counts latencies in buckets of at most 3 % width; adding allocates nothing.</summary>
public sealed class LatencyHistogram
{
    private const int StepsPerOctave = 32;
    private readonly long[] _counts = new long[64 * StepsPerOctave];

    /// <summary>Latencies added.</summary>
    public long Count { get; private set; }

    /// <summary>The longest, ns.</summary>
    public long MaxNs { get; private set; }

    /// <summary>Adds one latency.</summary>
    /// <param name="nanoseconds">0 or more.</param>
    public void Add(long nanoseconds)
    {
        MaxNs = Math.Max(MaxNs, nanoseconds);
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

    /// <summary>Adds one latency.</summary>
    public void Add(TimeSpan time) => Add(time.Ticks * TimeSpan.NanosecondsPerTick);

    /// <summary>Adds the latencies of another.</summary>
    public void Add(LatencyHistogram other)
    {
        ArgumentNullException.ThrowIfNull(other);
        for (int bucket = 0; bucket < _counts.Length; bucket++) _counts[bucket] += other._counts[bucket];
        Count += other.Count;
        MaxNs = Math.Max(MaxNs, other.MaxNs);
    }

    /// <summary>p50, p99, p99.9 and the longest, ms.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"p50 {PercentileUs(0.5) / 1e3:0.00} p99 {PercentileUs(0.99) / 1e3:0.00} p99.9 {PercentileUs(0.999) / 1e3:0.00} max {MaxNs / 1e6:0.0} ms");

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
