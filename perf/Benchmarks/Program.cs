using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using Gateway.Perf.Benchmarks;
using Gateway.Perf.Shared;
using Measurement = Gateway.Perf.Shared.Measurement;

// Runs the benchmarks in this process and writes each subject beside its reference. See perf/README.md.
//   [--json FILE] [--row NAME]...      all rows when none is named
List<string> wanted = [];
string? json = null;
for (int i = 0; i < args.Length; i++)
{
    if (args[i] is not ("--json" or "--row") || i + 1 == args.Length)
    {
        Console.Error.WriteLine("usage: [--json FILE] [--row NAME]...");
        return 2;
    }
    if (args[i] == "--json") json = args[++i];
    else wanted.Add(args[++i]);
}

Summary[] summaries = BenchmarkRunner.Run(typeof(SuiteConfig).Assembly, new SuiteConfig(wanted));
IReadOnlyList<Measurement> rows = Rows.Of(summaries);
foreach (Measurement row in rows) Console.WriteLine($"{row.Name,-48} {row.TimeNs,10:N1} ns {row.ReferenceNs,10:N1} ns {row.Ratio,6:0.00} {row.AllocatedBytes,6} B");
if (json is not null) new MeasurementFile(MeasurementFile.ThisMachine, rows).Write(json);
return summaries.All(summary => summary.Reports.All(report => report.Success) && !summary.HasCriticalValidationErrors) ? 0 : 1;
