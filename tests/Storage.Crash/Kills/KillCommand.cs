using System.Globalization;

namespace Gateway.Storage.Crash.Kills;

/// <summary>Many seeds, with progress and a summary.</summary>
internal static class KillCommand
{
    /// <summary>Runs the seeds one after the other; ends at the first that fails, whose folder stays.</summary>
    public static async Task<int> RunAsync(int from, int seeds)
    {
        long acknowledged = 0, full = 0;
        for (int i = 0; i < seeds; i++)
        {
            string folder = Directory.CreateTempSubdirectory("gateway-kill-").FullName;
            var run = new KillRun(from + i, folder);
            if (await run.RunAsync() is { } wrong)
            {
                Console.WriteLine($"{wrong}\n  its folder: {folder}");
                return 1;
            }

            Directory.Delete(folder, recursive: true);
            acknowledged += run.Acknowledged;
            full += run.Full;
            if ((i + 1) % 25 == 0 || i + 1 == seeds) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{i + 1:N0} of {seeds:N0} seeds, {(i + 1) * KillPlan.Rounds:N0} kills, {acknowledged:N0} acknowledged packets all there, {full:N0} refused as full"));
        }

        return 0;
    }
}
