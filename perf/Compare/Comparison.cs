using System.Globalization;
using Gateway.Perf.Shared;

namespace Gateway.Perf.Compare;

/// <summary>What a comparison says of one measurement.</summary>
public enum Verdict
{
    /// <summary>Within the margin.</summary>
    Same,
    /// <summary>Faster by more than the margin, or fewer bytes: worth recording.</summary>
    Better,
    /// <summary>Not in the baseline: worth recording.</summary>
    New,
    /// <summary>Slower than its reference by more than the margin allows.</summary>
    Slower,
    /// <summary>Allocates more, be it one byte.</summary>
    AllocatesMore,
    /// <summary>In the baseline and not measured any more.</summary>
    Missing,
}

/// <summary>One measurement beside its baseline.</summary>
/// <param name="Name">The measurement's name.</param>
/// <param name="Verdict">What is said of it.</param>
/// <param name="Current">As measured now; null when missing.</param>
/// <param name="Baseline">As recorded; null when new.</param>
public sealed record Finding(string Name, Verdict Verdict, Measurement? Current, Measurement? Baseline)
{
    /// <summary>The change must not land like this.</summary>
    public bool IsWorse => Verdict is Verdict.Slower or Verdict.AllocatesMore or Verdict.Missing;

    /// <summary>Only time is in question, so that measuring again can clear it; allocation and absence do not vary.</summary>
    public bool MayBeNoise => Verdict is Verdict.Slower;

    /// <summary>One sentence for people, with the figures.</summary>
    public override string ToString() =>
        Verdict switch
        {
            Verdict.Missing => $"{Name}: is in the baseline and was not measured",
            Verdict.New => string.Create(CultureInfo.InvariantCulture, $"{Name}: not in the baseline; {Current!.Ratio:0.00} × its reference"),
            Verdict.AllocatesMore => $"{Name}: allocates {Current!.AllocatedBytes} bytes per message instead of {Baseline!.AllocatedBytes?.ToString(CultureInfo.InvariantCulture) ?? "an unknown number"}",
            _ => string.Create(CultureInfo.InvariantCulture, $"{Name}: {Current!.Ratio:0.00} × its reference, recorded {Baseline!.Ratio:0.00} × ({Current.Ratio / Baseline.Ratio - 1:+0 %;-0 %;0 %})"),
        };
}

/// <summary>Compares measurements with a baseline: allocation exactly, time as a ratio to the reference of the same run.</summary>
public static class Comparison
{
    /// <summary>How much a ratio may exceed the recorded one, as a share of it. What lies within is noise on shared cores.</summary>
    /// <param name="kind">The kind of measurement.</param>
    public static double MarginOf(MeasurementKind kind) => kind switch
    {
        MeasurementKind.Micro => 0.15,
        MeasurementKind.Whole => 0.30,
        _ => 1.00,      // a disk's own moods differ by more than a factor of two between two seconds
    };

    /// <summary>Compares each measurement with the one of the same name.</summary>
    /// <param name="baseline">As recorded.</param>
    /// <param name="current">As measured now.</param>
    /// <returns>One finding for each name of either, worst first.</returns>
    public static IReadOnlyList<Finding> Compare(IReadOnlyList<Measurement> baseline, IReadOnlyList<Measurement> current)
    {
        Dictionary<string, Measurement> recorded = baseline.ToDictionary(row => row.Name, StringComparer.Ordinal);
        List<Finding> findings = [.. current.Select(row => Judge(row, recorded.GetValueOrDefault(row.Name)))];
        findings.AddRange(baseline.Where(row => current.All(now => now.Name != row.Name)).Select(row => new Finding(row.Name, Verdict.Missing, null, row)));
        return [.. findings.OrderByDescending(finding => finding.Verdict).ThenBy(finding => finding.Name, StringComparer.Ordinal)];
    }

    /// <summary>Compares, and measures again what looks slower: noise passes, a regression stays.</summary>
    /// <param name="baseline">As recorded.</param>
    /// <param name="current">As measured now.</param>
    /// <param name="measureAgain">Measures the named rows once more.</param>
    /// <param name="attempts">Most times that a row is measured again, 0 or more.</param>
    /// <returns>As <see cref="Compare"/>; of a row that was measured several times the best ratio counts.</returns>
    public static IReadOnlyList<Finding> CompareStubbornly(
        IReadOnlyList<Measurement> baseline,
        IReadOnlyList<Measurement> current,
        Func<IReadOnlyList<string>, IReadOnlyList<Measurement>> measureAgain,
        int attempts)
    {
        IReadOnlyList<Finding> findings = Compare(baseline, current);
        for (int i = 0; i < attempts; i++)
        {
            string[] suspects = [.. findings.Where(finding => finding.MayBeNoise).Select(finding => finding.Name)];
            if (suspects.Length == 0) break;
            IReadOnlyList<Measurement> again = measureAgain(suspects);
            current = [.. current.Select(row => BestOf(row, again.FirstOrDefault(other => other.Name == row.Name)))];
            findings = Compare(baseline, current);
        }
        return findings;
    }

    /// <summary>The row of several runs to record: for each name the one with the middle ratio, so that one lucky run does not become the law.</summary>
    /// <param name="runs">One or more runs.</param>
    public static IReadOnlyList<Measurement> MedianOf(IReadOnlyList<IReadOnlyList<Measurement>> runs) =>
        [
            .. runs.SelectMany(run => run).GroupBy(row => row.Name, StringComparer.Ordinal)
                .Select(rows => rows.OrderBy(row => row.Ratio).ElementAt(rows.Count() / 2) with { AllocatedBytes = rows.Max(row => row.AllocatedBytes) }),
        ];

    private static Finding Judge(Measurement current, Measurement? baseline)
    {
        if (baseline is null) return new Finding(current.Name, Verdict.New, current, null);
        double change = current.Ratio / baseline.Ratio - 1;
        double margin = MarginOf(current.Kind);
        Verdict verdict =
            current.AllocatedBytes > (baseline.AllocatedBytes ?? long.MaxValue) ? Verdict.AllocatesMore
            : !(change <= margin) ? Verdict.Slower     // written so that a ratio that is not a number is a regression too
            : change < -margin || current.AllocatedBytes < baseline.AllocatedBytes ? Verdict.Better
            : Verdict.Same;
        return new Finding(current.Name, verdict, current, baseline);
    }

    /// <summary>The faster of two measurements; allocation is never excused, so the larger one counts.</summary>
    private static Measurement BestOf(Measurement first, Measurement? second) =>
        second is null ? first
        : (second.Ratio < first.Ratio ? second : first) with { AllocatedBytes = Nullable.Compare(first.AllocatedBytes, second.AllocatedBytes) >= 0 ? first.AllocatedBytes : second.AllocatedBytes };
}
