using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Filters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;

namespace Gateway.Perf.Benchmarks;

/// <summary>Short runs within one process: each benchmark takes about two seconds, no build of its own.</summary>
internal sealed class SuiteConfig : ManualConfig
{
    /// <summary>The configuration of one run.</summary>
    /// <param name="rows">Names (categories) to run; none means all.</param>
    public SuiteConfig(IReadOnlyList<string> rows)
    {
        AddJob(
            Job.Default.WithToolchain(new InProcessEmitToolchain(TimeSpan.FromMinutes(2), logOutput: true))
                // Many short iterations, of which the fastest counts: on shared cores some of them pass undisturbed, none of the long ones would.
                .WithWarmupCount(60)
                .WithIterationCount(60)
                .WithIterationTime(TimeInterval.FromMilliseconds(12))
                .WithGcServer(false));
        AddDiagnoser(MemoryDiagnoser.Default);      // for people; what is compared comes from AllocationProbe
        AddColumnProvider(DefaultColumnProviders.Instance);
        AddLogger(new ConsoleLogger(unicodeSupport: false, ConsoleLogger.CreateGrayScheme()) is var logger && Environment.GetEnvironmentVariable("PERF_VERBOSE") == "1" ? logger : NullLogger.Instance);
        AddLogicalGroupRules(BenchmarkLogicalGroupRule.ByCategory);
        WithOptions(ConfigOptions.DisableLogFile);
        if (rows.Count > 0) AddFilter(new SimpleFilter(benchmark => benchmark.Descriptor.Categories.Any(rows.Contains)));
        ArtifactsPath = Path.Combine(Path.GetTempPath(), "gateway-benchmarks");
    }
}
