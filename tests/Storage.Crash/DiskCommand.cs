using System.Diagnostics;
using System.Globalization;
using Gateway.Storage.Simulation;

namespace Gateway.Storage.Crash;

/// <summary>Runs seeds of the simulated disk: `disk [--seeds N] [--from N] [--threads N]`, or one of them: `disk --seed N [--trace | --calls]`.</summary>
internal static class DiskCommand
{
    private const int FailuresMax = 20;
    private const int ProgressSeconds = 10;

    /// <returns>0 when every promise was kept, 1 when not, 2 for arguments that are not known.</returns>
    public static int Run(string[] arguments)
    {
        int seeds = 100_000, from = 0, threads = Environment.ProcessorCount;
        int? one = null;
        bool isTraced = false, isDeep = false;
        for (int i = 0; i < arguments.Length; i++)
        {
            if (arguments[i] == "--trace") isTraced = true;
            else if (arguments[i] == "--calls") isTraced = isDeep = true;
            else if (i + 1 == arguments.Length || !int.TryParse(arguments[++i], NumberStyles.Integer, CultureInfo.InvariantCulture, out int number)) return 2;
            else if (arguments[i - 1] == "--seeds") seeds = number;
            else if (arguments[i - 1] == "--from") from = number;
            else if (arguments[i - 1] == "--threads") threads = number;
            else if (arguments[i - 1] == "--seed") one = number;
            else return 2;
        }

        return one is { } seed ? RunOne(seed, isTraced, isDeep) : RunMany(from, seeds, threads);
    }

    private static int RunOne(int seed, bool isTraced, bool isDeep)
    {
        try
        {
            Console.WriteLine(SimulationRun.Run(seed, isTraced ? Console.WriteLine : null, isDeep));
            return 0;
        }
        catch (BrokenPromiseException e)
        {
            Console.WriteLine($"seed {seed}: {e.Message}");
            return 1;
        }
    }

    private static int RunMany(int from, int seeds, int threads)
    {
        var watch = Stopwatch.StartNew();
        SeedRuns runs = new(from, seeds);
        Task done = Task.Run(() => runs.Run(threads, FailuresMax));
        while (!done.Wait(ProgressSeconds * 1_000)) Print($"{runs.Done:n0} of {seeds:n0} seeds, {runs.Failures.Count} failed, {watch.Elapsed.TotalSeconds:n0} s");
        foreach ((int seed, string message) in runs.Failures) Console.WriteLine($"seed {seed}: {message}\n  again: {SeedRuns.ReplayCommand(seed)}");
        Print($"{runs.Done:n0} seeds from {from}, {runs.Failures.Count} failed, {watch.Elapsed.TotalSeconds:n1} s, {watch.Elapsed.TotalMilliseconds * threads / Math.Max(runs.Done, 1):n2} ms a seed and thread: {runs.Total}");
        return runs.Failures.Count == 0 ? 0 : 1;
    }

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
