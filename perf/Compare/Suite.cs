using System.Diagnostics;
using Gateway.Perf.Shared;

namespace Gateway.Perf.Compare;

/// <summary>A program that measures and writes what it found to a file.</summary>
/// <param name="Name">Also the name of its baseline.</param>
/// <param name="Assembly">The program, built.</param>
/// <param name="Arguments">Gives the program's arguments for an output file and the rows wanted (none: all).</param>
internal sealed record Suite(string Name, string Assembly, Func<string, IReadOnlyList<string>, string[]> Arguments)
{
    /// <summary>Both suites, in the order in which they run.</summary>
    /// <param name="root">The repository.</param>
    /// <param name="gateway">The gateway's binary, or null for the one built here.</param>
    public static IReadOnlyList<Suite> All(string root, string? gateway) =>
        [
            new("micro", Built(root, "Benchmarks", "Gateway.Perf.Benchmarks.dll"), (output, names) => ["--json", output, .. names.SelectMany(name => new[] { "--row", name })]),
            new("whole", Built(root, "LoadGenerator", "Gateway.Perf.Load.dll"), (output, names) => ["versus", "--json", output, .. gateway is null ? Array.Empty<string>() : ["--gateway", gateway]]),
        ];

    /// <summary>Runs the program; its output goes to the terminal.</summary>
    /// <param name="names">Rows wanted; none means all. More may be measured.</param>
    /// <exception cref="IOException">The program failed.</exception>
    public IReadOnlyList<Measurement> Measure(IReadOnlyList<string> names)
    {
        string output = Path.GetTempFileName();
        try
        {
            using Process process = Process.Start(new ProcessStartInfo("dotnet", [Assembly, .. Arguments(output, names)])) ?? throw new IOException($"{Assembly} did not start.");
            process.WaitForExit();
            if (process.ExitCode != 0) throw new IOException($"{Path.GetFileName(Assembly)} ended with code {process.ExitCode}.");
            return MeasurementFile.Read(output).Rows;
        }
        finally
        {
            File.Delete(output);
        }
    }

    private static string Built(string root, string folder, string file) => Path.Combine(root, "perf", folder, "bin", "Release", "net10.0", file);
}
