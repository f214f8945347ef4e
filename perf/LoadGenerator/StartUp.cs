using System.Diagnostics;
using System.Net;

namespace Gateway.Perf.Load;

/// <summary>How long a start takes, and what many channels cost.</summary>
internal static class StartUp
{
    /// <summary>Starts the gateway on an empty folder, opens a channel and connects; then adds channels. Prints time and memory.</summary>
    /// <param name="gateway">The gateway's binary.</param>
    /// <param name="channels">Channels in all, 1 to 2,000.</param>
    public static async Task RunAsync(string gateway, int channels)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(channels, 2_000);
        long start = Stopwatch.GetTimestamp();
        ServerProcess server = await ServerProcess.StartGatewayAsync(gateway).ConfigureAwait(false);
        await using (server.ConfigureAwait(false))
        {
            double readySeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            IPEndPoint endPoint = await server.CreateChannelAsync("first").ConfigureAwait(false);
            Console.WriteLine($"empty folder to API {readySeconds:0.00} s, to the first connection on {endPoint} {Stopwatch.GetElapsedTime(start).TotalSeconds:0.00} s; {server.ResidentBytes / 1e6:N0} MB");

            await server.CreateChannelsAsync(channels - 1).ConfigureAwait(false);
            Console.WriteLine($"{channels:N0} channels after {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s; {server.ResidentBytes / 1e6:N0} MB");
        }
    }
}
