using System.Globalization;

namespace Gateway.Perf.Storage;

/// <summary>Times of many operations. Not for several threads.</summary>
internal sealed class Latencies
{
    private readonly List<double> _ms = [];

    /// <summary>Number of times.</summary>
    public int Count => _ms.Count;

    /// <summary>Notes one.</summary>
    public void Add(TimeSpan time) => _ms.Add(time.TotalMilliseconds);

    /// <summary>Takes those of another.</summary>
    public void Add(Latencies other) => _ms.AddRange(other._ms);

    /// <summary>p50, p99, p99.9 and the longest, in ms.</summary>
    public override string ToString()
    {
        double[] sorted = [.. _ms.Order()];
        if (sorted.Length == 0) return "nothing measured";
        double At(double share) => sorted[(int)(share * (sorted.Length - 1))];
        return string.Create(CultureInfo.InvariantCulture, $"p50 {At(0.5):0.00} p99 {At(0.99):0.00} p99.9 {At(0.999):0.00} max {sorted[^1]:0.0} ms");
    }
}
