using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Gateway.Perf.Shared;

namespace Gateway.Perf.Load;

/// <summary>The gateway next to the raw server, in one run: the server alone on one core, the generator alone on another, replies after fsync.</summary>
internal static class Versus
{
    private const int GeneratorCore = 1;

    /// <summary>The runtime compiles the hot code again and again while it learns, on the one core that the server has.</summary>
    private const int WarmUpSeconds = 4;

    /// <summary>Most times the raw server's time per packet that the gateway may take.</summary>
    private const double RatioGoal = 5;

    /// <summary>Runs every shape against both servers and prints a table.</summary>
    /// <param name="gateway">The gateway's binary.</param>
    /// <param name="shapes">What is sent.</param>
    /// <param name="seconds">Measured time for each shape and server.</param>
    public static async Task<MeasurementFile> RunAsync(string gateway, IReadOnlyList<LoadShape> shapes, double seconds)
    {
        List<Measurement> rows = [];
        Console.WriteLine($"{"server",-8} {"shape",-40} {"packets/s",10} {"messages/s",11} {"p50 µs",8} {"p99 µs",8} {"p99.9",8} {"server cpu",10} {"gen. cpu",8} {"MB",5}");
        foreach (LoadShape shape in shapes)
        {
            double raw = await RawAsync(shape, seconds).ConfigureAwait(false);
            double own = await GatewayAsync(gateway, shape, seconds).ConfigureAwait(false);
            rows.Add(new Measurement($"whole gateway: {shape}", MeasurementKind.Whole, 1e9 / own, 1e9 / raw, null) { RatioGoal = RatioGoal });
            Console.WriteLine($"{"",-8} gateway at {own / raw:P0} of the raw server");
        }
        return new MeasurementFile(MeasurementFile.ThisMachine, rows);
    }

    private static async Task<double> RawAsync(LoadShape shape, double seconds)
    {
        (ServerProcess server, IPEndPoint endPoint) = await ServerProcess.StartRawAsync().ConfigureAwait(false);
        await using (server.ConfigureAwait(false)) return await DriveAsync(server, endPoint, shape, seconds).ConfigureAwait(false);
    }

    private static async Task<double> GatewayAsync(string gateway, LoadShape shape, double seconds)
    {
        ServerProcess server = await ServerProcess.StartGatewayAsync(gateway).ConfigureAwait(false);
        await using (server.ConfigureAwait(false))
        {
            IPEndPoint endPoint = await server.CreateChannelAsync("load").ConfigureAwait(false);
            return await DriveAsync(server, endPoint, shape, seconds).ConfigureAwait(false);
        }
    }

    private static async Task<double> DriveAsync(ServerProcess server, IPEndPoint endPoint, LoadShape shape, double seconds)
    {
        string output = Path.GetTempFileName();
        try
        {
            string[] command =
            [
                "-c", $"{GeneratorCore}", Environment.ProcessPath!, .. ServerProcess.SelfArguments(), "drive", "--to", $"{endPoint}",
                "--connections", $"{shape.Connections}", "--records", $"{shape.RecordsPerPacket}", "--depth", $"{shape.Depth}", "--warm-up", $"{WarmUpSeconds}", "--seconds", $"{seconds}", "--json", output,
            ];
            TimeSpan cpuBefore = server.CpuTime;
            long start = Stopwatch.GetTimestamp();
            using Process generator = Process.Start(new ProcessStartInfo("taskset", command) { RedirectStandardOutput = true })!;
            await generator.StandardOutput.ReadToEndAsync().ConfigureAwait(false);
            await generator.WaitForExitAsync().ConfigureAwait(false);
            double serverBusy = (server.CpuTime - cpuBefore) / Stopwatch.GetElapsedTime(start);
            if (generator.ExitCode != 0) throw new IOException($"The generator failed against the {server.Name} server.");
            LoadResult result = JsonSerializer.Deserialize<LoadResult>(await File.ReadAllTextAsync(output).ConfigureAwait(false))!;
            Console.WriteLine(
                $"{server.Name,-8} {shape,-40} {result.PacketsPerSecond,10:N0} {result.PacketsPerSecond * shape.RecordsPerPacket,11:N0} {result.P50Us,8:N0} {result.P99Us,8:N0} {result.P999Us,8:N0} "
                + $"{serverBusy,10:P0} {result.GeneratorBusy,8:P0} {server.ResidentBytes / 1e6,5:N0}");
            return result.PacketsPerSecond;
        }
        finally
        {
            File.Delete(output);
        }
    }
}
