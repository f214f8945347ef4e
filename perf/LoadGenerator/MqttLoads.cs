using System.Diagnostics;
using System.Net;
using Gateway.Perf.Shared;

namespace Gateway.Perf.Load;

/// <summary>The gateway's broker under load, and mosquitto beside it on the same work; each alone on core 0.</summary>
internal static class MqttLoads
{
    private static readonly FanOut[] s_fanOuts = [new(10, 0, 100, 0), new(1_000, 0, 100, 0), new(10, 1_000, 1_000, 1_000)];

    /// <summary>Runs all loads and prints what came of them.</summary>
    /// <param name="binary">The gateway.</param>
    /// <param name="mosquitto">mosquitto's file; where it is not there, the gateway is measured alone.</param>
    /// <param name="rate">Messages per second from devices.</param>
    /// <param name="seconds">How long each load runs.</param>
    /// <param name="hasFanOut">With the loads that clients publish; otherwise those of devices alone.</param>
    public static async Task RunAsync(string binary, string mosquitto, double rate, double seconds, bool hasFanOut)
    {
        foreach (FanOut load in hasFanOut ? s_fanOuts : [])
        {
            ServerProcess gateway = await ServerProcess.StartGatewayAsync(binary).ConfigureAwait(false);
            await using (gateway.ConfigureAwait(false)) Print("gateway", load, load.Run(gateway.Mqtt, ServerProcess.Token, seconds, () => gateway.ResidentBytes));
            if (!File.Exists(mosquitto)) continue;
            (ServerProcess other, IPEndPoint endPoint) = await ServerProcess.StartMosquittoAsync(mosquitto).ConfigureAwait(false);
            await using (other.ConfigureAwait(false)) Print("mosquitto", load, load.Run(endPoint, null, seconds, () => other.ResidentBytes));
        }
        foreach (int subscribers in (int[])[1, 10])
        {
            ServerProcess gateway = await ServerProcess.StartGatewayAsync(binary).ConfigureAwait(false);
            await using (gateway.ConfigureAwait(false))
            {
                IPEndPoint channel = await gateway.CreateChannelAsync("latency").ConfigureAwait(false);
                TimeSpan cpu = gateway.CpuTime;
                long start = Stopwatch.GetTimestamp();
                (LatencyHistogram latencies, double deliveries, double busy) =
                    MqttLatency.Run(channel, gateway.Mqtt, ServerProcess.Token, "flespi/message/gw/channels/+/+", subscribers == 1 ? rate : 1_000, seconds, subscribers);
                double core = (gateway.CpuTime - cpu).TotalSeconds / Stopwatch.GetElapsedTime(start).TotalSeconds;
                Console.WriteLine($"gateway   devices → {subscribers} subscribers: {deliveries:N0} deliveries/s, {latencies}, gateway busy {core:P0}, generator busy {busy:P0}");
            }
        }
    }

    private static void Print(string broker, FanOut load, FanOutResult result) => Console.WriteLine(
        $"{broker,-9} 1 → {load.Readers} with {load.Hanging} that hang, {load.PayloadBytes} B: {result.DeliveriesPerSecond:N0} deliveries/s, "
        + $"memory {result.BytesBefore / 1e6:N0} → {result.BytesAfter / 1e6:N0} MB, generator busy {result.GeneratorBusy:P0}");
}
