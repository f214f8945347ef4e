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
                .WithWarmupCount(4)
                .WithIterationCount(11)
                .WithIterationTime(TimeInterval.FromMilliseconds(80))
                .WithGcServer(false));
        AddDiagnoser(MemoryDiagnoser.Default);
        AddColumnProvider(DefaultColumnProviders.Instance);
        AddLogger(new ConsoleLogger(unicodeSupport: false, ConsoleLogger.CreateGrayScheme()) is var logger && Environment.GetEnvironmentVariable("PERF_VERBOSE") == "1" ? logger : NullLogger.Instance);
        AddLogicalGroupRules(BenchmarkLogicalGroupRule.ByCategory);
        WithOptions(ConfigOptions.DisableLogFile);
        if (rows.Count > 0) AddFilter(new SimpleFilter(benchmark => benchmark.Descriptor.Categories.Any(rows.Contains)));
        ArtifactsPath = Path.Combine(Path.GetTempPath(), "gateway-benchmarks");
    }
}
