using System.Reflection;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using Gateway.Perf.Shared;
using Measurement = Gateway.Perf.Shared.Measurement;

namespace Gateway.Perf.Benchmarks;

/// <summary>Goals of a subject, beside which the measurement is shown.</summary>
/// <param name="ratio">Greatest time as a multiple of the reference's; 0: none.</param>
/// <param name="nanoseconds">Greatest time per message, ns; 0: none.</param>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class GoalAttribute(double ratio = 0, double nanoseconds = 0) : Attribute
{
    /// <summary>Greatest ratio, null when there is no goal.</summary>
    public double? Ratio => ratio > 0 ? ratio : null;

    /// <summary>Greatest time, null when there is no goal.</summary>
    public double? Nanoseconds => nanoseconds > 0 ? nanoseconds : null;
}

/// <summary>The subjects of a class wait for the disk, or for a thread that does.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class WaitsForDiskAttribute : Attribute
{
    /// <summary>How much the other threads allocate depends on their timing: count the caller's bytes alone.</summary>
    public bool CountsCallerOnly { get; init; }
}

/// <summary>Pairs each subject with the reference of its category.</summary>
internal static class Rows
{
    /// <summary>One row for each category, with the fastest iteration of each side.</summary>
    /// <exception cref="InvalidOperationException">A category has not exactly one subject and one reference that both ran.</exception>
    public static IReadOnlyList<Measurement> Of(IEnumerable<Summary> summaries) =>
        [
            .. summaries.SelectMany(summary => summary.Reports)
                .GroupBy(report => Assert(report).BenchmarkCase.Descriptor.Categories.Single(), StringComparer.Ordinal)
                .Select(Row),
        ];

    private static Measurement Row(IGrouping<string, BenchmarkReport> category)
    {
        BenchmarkReport[] references = [.. category.Where(report => report.BenchmarkCase.Descriptor.Baseline)];
        BenchmarkReport[] subjects = [.. category.Where(report => !report.BenchmarkCase.Descriptor.Baseline)];
        if (references.Length != 1 || subjects.Length != 1) throw new InvalidOperationException($"{category.Key} needs one subject and one reference, it has {subjects.Length} and {references.Length}.");
        Descriptor descriptor = subjects[0].BenchmarkCase.Descriptor;
        bool isDisk = descriptor.Type.IsDefined(typeof(WaitsForDiskAttribute));
        GoalAttribute? goal = descriptor.WorkloadMethod.GetCustomAttribute<GoalAttribute>();
        return new Measurement(
            category.Key,
            isDisk ? MeasurementKind.Disk : MeasurementKind.Micro,
            // The fastest iteration: other processes only ever add time.
            subjects[0].ResultStatistics!.Min,
            references[0].ResultStatistics!.Min,
            AllocationProbe.BytesPerOperation(descriptor.Type, descriptor.WorkloadMethod))
        {
            RatioGoal = goal?.Ratio,
            TimeGoalNs = goal?.Nanoseconds,
        };
    }

    private static BenchmarkReport Assert(BenchmarkReport report) =>
        report.Success && report.ResultStatistics is not null ? report : throw new InvalidOperationException($"{report.BenchmarkCase.DisplayInfo} did not run; PERF_VERBOSE=1 shows why.");
}
