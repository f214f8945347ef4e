using System.Globalization;

namespace Gateway.Perf.Load;

/// <summary>What the gateway holds at one moment.</summary>
internal sealed record SoakSample(double Minutes, double HeapMb, double ResidentMb, double Handles, double Threads, double DiskMb)
{
    /// <summary>Looks at the process and its folder, and asks for its managed heap.</summary>
    public static async Task<SoakSample> TakeAsync(ServerProcess server, double minutes)
    {
        string metrics = await server.Api.GetStringAsync(new Uri("/metrics", UriKind.Relative)).ConfigureAwait(false);
        string process = string.Create(CultureInfo.InvariantCulture, $"/proc/{server.ProcessId}");
        return new SoakSample(
            minutes, ValueOf(metrics, "dotnet_gc_heap_bytes") / 1e6, server.ResidentBytes / 1e6, Directory.EnumerateFileSystemEntries($"{process}/fd").Count(),
            Directory.EnumerateDirectories($"{process}/task").Count(), DiskBytes(server.DataFolder) / 1e6);
    }

    private static double ValueOf(string metrics, string name)
    {
        string line = metrics.Split('\n').First(line => line.StartsWith(name + " ", StringComparison.Ordinal));
        return double.Parse(line[(name.Length + 1)..], CultureInfo.InvariantCulture);
    }

    private static long DiskBytes(string folder)
    {
        long total = 0;
        foreach (string file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            try
            {
                total += new FileInfo(file).Length;
            }
            catch (FileNotFoundException)
            {
                // Given back between the list and the look.
            }
        }

        return total;
    }
}
