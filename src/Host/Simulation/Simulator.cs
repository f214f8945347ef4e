using System.Net;

namespace Gateway.Host.Simulation;

/// <summary>A fleet of simulated devices of one protocol.</summary>
internal sealed class Simulator
{
    private readonly SimulatedDevice[] _devices;

    /// <summary>Makes a fleet.</summary>
    /// <param name="plans">One or more, from <see cref="SimulationPlan.Of"/>; devices take them in turn.</param>
    /// <param name="target">Where they connect.</param>
    /// <param name="options">How many, how often, how long.</param>
    public Simulator(IReadOnlyList<SimulationPlan> plans, EndPoint target, SimulationOptions options) =>
        _devices = [.. Enumerable.Range(0, options.Devices).Select(i => new SimulatedDevice(plans[i % plans.Count], i, target, options, Counters))];

    /// <summary>What the devices did so far.</summary>
    public SimulationCounters Counters { get; } = new();

    /// <summary>What the devices call themselves.</summary>
    public IEnumerable<string> Idents => _devices.Select(device => device.Ident);

    /// <summary>Runs all devices until each has sent what it should, or until they are stopped.</summary>
    public Task RunAsync(CancellationToken stopping) => Task.WhenAll(_devices.Select(device => Task.Run(() => device.RunAsync(stopping), CancellationToken.None)));
}

/// <summary>How a fleet behaves.</summary>
internal sealed record SimulationOptions
{
    /// <summary>Devices.</summary>
    public int Devices { get; init; } = 1;

    /// <summary>Time between a reply and the next packet of a device.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Packets per device.</summary>
    public long PacketsMax { get; init; } = long.MaxValue;

    /// <summary>Decides idents and drives.</summary>
    public int Seed { get; init; } = 1;
}
