using System.Globalization;
using System.Net;
using Gateway.Codecs;
using Gateway.Host.Protocols;
using Gateway.Host.Simulation;

namespace Gateway.Host.Cli;

/// <summary><c>gateway simulate</c>: sends as devices of a protocol would.</summary>
internal static class SimulateCommand
{
    private const int DevicesMax = 10_000;
    private const double IntervalSecondsMax = 86_400;
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(5);

    /// <summary>Runs the fleet.</summary>
    /// <returns>0 when every packet got the reply that the spec says, else 1.</returns>
    public static async Task<int> RunAsync(string[] words, Terminal terminal, CancellationToken stopping)
    {
        Arguments arguments = Arguments.Parse(words, ["to", "devices", "interval", "count", "seed", ProtocolSource.FolderOption], ["udp"]);
        arguments.ExpectFree("NAME");
        EndPoint target = Target(arguments.Text("to") ?? throw new UsageException("say where to with --to HOST:PORT."));
        SimulationOptions options = new()
        {
            Devices = (int)arguments.Integer("devices", 1, DevicesMax, 1),
            Interval = TimeSpan.FromSeconds(arguments.Number("interval", 0, IntervalSecondsMax, 1)),
            PacketsMax = arguments.Integer("count", 1, long.MaxValue, long.MaxValue),
            Seed = (int)arguments.Integer("seed", 0, int.MaxValue, 1),
        };

        Codec codec = ProtocolSource.Of(arguments).Find(arguments.Free[0]);
        bool isUdp = arguments.Has("udp") || !codec.Info.Tcp;
        IReadOnlyList<SimulationPlan> plans = SimulationPlan.Of(codec, isUdp ? Transport.Udp : Transport.Tcp);
        if (plans.Count == 0) throw new FailureException($"no sample of {codec.Info.Name} over {(isUdp ? "UDP" : "TCP")} gives a message that can be sent with a time of its own.");

        Simulator fleet = new(plans, target, options);
        Task run = fleet.RunAsync(stopping);
        while (await Task.WhenAny(run, Task.Delay(ReportInterval, CancellationToken.None)).ConfigureAwait(false) != run)
            await terminal.Error.WriteLineAsync(Report(fleet.Counters)).ConfigureAwait(false);
        await run.ConfigureAwait(false);
        await terminal.Output.WriteLineAsync(Report(fleet.Counters)).ConfigureAwait(false);

        SimulationCounters counters = fleet.Counters;
        bool isAllAnswered = counters.Acknowledged > 0 && counters.Different == 0 && (stopping.IsCancellationRequested || counters.Acknowledged == counters.Sent);
        return isAllAnswered ? CommandLine.Done : CommandLine.Failed;
    }

    /// <summary>One line of figures.</summary>
    internal static string Report(SimulationCounters counters) => string.Create(
        CultureInfo.InvariantCulture,
        $"sent {counters.Sent}, acknowledged {counters.Acknowledged}, messages {counters.Messages}, other replies {counters.Different}, unanswered {counters.Unanswered}, reconnects {counters.Reconnects}, reply after {counters.LatencyMeanMs:F1} ms (max {counters.LatencyMaxMs:F1})");

    private static EndPoint Target(string text)
    {
        int colon = text.LastIndexOf(':');
        if (colon <= 0 || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) || port == 0)
            throw new UsageException($"--to must be HOST:PORT, not '{text}'.");
        string host = text[..colon].Trim('[', ']');
        return IPAddress.TryParse(host, out IPAddress? address) ? new IPEndPoint(address, port) : new DnsEndPoint(host, port);
    }
}
