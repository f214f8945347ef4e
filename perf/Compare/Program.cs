using System.Diagnostics;
using Gateway.Perf.Compare;
using Gateway.Perf.Shared;

// Measures and compares with the recorded baselines. Exit codes: 0 nothing got worse, 1 something did or could not be measured, 2 usage.
const string Usage = """
    compare [--only micro|whole] [--gateway FILE] [--current FILE]   compares with perf/baselines; exit code 1 when something got worse
    compare --record [--only micro|whole] [--gateway FILE]           measures three times and records the medians
    """;
const int AttemptsOnSuspicion = 2;
const int RunsToRecord = 3;

bool record = args.Contains("--record");
string? only = OptionOf("--only");
string? gateway = OptionOf("--gateway");
string? given = OptionOf("--current");
string[] known = ["--record", "--only", "--gateway", "--current"];
if (args.Where(word => word.StartsWith("--", StringComparison.Ordinal)).Except(known).Any() || only is not (null or "micro" or "whole"))
{
    Console.Error.WriteLine(Usage);
    return 2;
}

string root = Repository.Root;
bool worse = false;
try
{
    foreach (Suite suite in Suite.All(root, gateway).Where(suite => only is null || suite.Name == only))
    {
        Console.WriteLine($"== {suite.Name} ==");
        string baselinePath = Path.Combine(root, "perf", "baselines", $"{suite.Name}.json");
        if (record)
        {
            IReadOnlyList<Measurement>[] runs = [.. Enumerable.Range(0, RunsToRecord).Select(_ => suite.Measure([]))];
            new MeasurementFile(MeasurementFile.ThisMachine, Comparison.MedianOf(runs)).Write(baselinePath);
            Console.WriteLine($"recorded {Path.GetRelativePath(root, baselinePath)}");
            continue;
        }
        IReadOnlyList<Measurement> baseline = File.Exists(baselinePath) ? MeasurementFile.Read(baselinePath).Rows : [];
        IReadOnlyList<Measurement> current = given is null ? suite.Measure([]) : MeasurementFile.Read(given).Rows;
        worse |= Report.Print(Comparison.CompareStubbornly(baseline, current, suite.Measure, given is null ? AttemptsOnSuspicion : 0));
    }
}
catch (Exception e) when (e is IOException or InvalidOperationException or System.ComponentModel.Win32Exception)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
if (!record) Console.WriteLine(worse ? "Something got worse." : "Nothing got worse.");
return worse ? 1 : 0;

string? OptionOf(string name)
{
    int at = Array.IndexOf(args, name);
    return at >= 0 && at + 1 < args.Length ? args[at + 1] : null;
}
