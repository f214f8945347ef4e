using System.Net;
using System.Net.Sockets;
using Gateway.Codecs;
using Gateway.Host.Channels;
using Gateway.Host.Configuration;
using Gateway.Host.Lifetime;
using Gateway.Host.Simulation;

namespace Gateway.Host.Cli.Demo;

/// <summary><c>gateway run --demo</c>: a gateway, a channel for each built-in protocol with samples, ten simulated devices on each, and their messages on the screen.</summary>
internal static class DemoCommand
{
    private const int DevicesPerChannel = 10;
    private const string NamePrefix = "demo ";

    /// <summary>Runs the demonstration.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="isGiven">Whether the user decided a setting; what nobody decided gives way: a temporary folder, a free port.</param>
    /// <param name="duration">When it stops by itself.</param>
    /// <param name="terminal">Where it draws.</param>
    /// <param name="stopping">Stops it earlier.</param>
    /// <returns>0 when messages came.</returns>
    public static async Task<int> RunAsync(GatewayOptions options, Func<string, bool> isGiven, TimeSpan duration, Terminal terminal, CancellationToken stopping)
    {
        DirectoryInfo? temporary = isGiven("data") ? null : Directory.CreateTempSubdirectory("gateway-demo-");
        if (temporary is not null) options = options with { DataFolder = temporary.FullName };
        if (!isGiven("http")) options = options with { HttpEndPoint = FreeOrAny(options.HttpEndPoint) };
        if (!isGiven("mqtt")) options = options with { MqttEndPoint = FreeOrAny(options.MqttEndPoint) };

        try
        {
            GatewayProcess gateway = await GatewayProcess.StartAsync(options, Logs.ErrorsOnly, stopping).ConfigureAwait(false);
            await using (gateway.ConfigureAwait(false))
            {
                await RunCommand.AnnounceAsync(gateway, options, terminal.Output).ConfigureAwait(false);
                bool hasMessages = await ShowAsync(gateway, options, duration, terminal, stopping).ConfigureAwait(false);
                await gateway.StopAsync().ConfigureAwait(false);
                return hasMessages ? CommandLine.Done : CommandLine.Failed;
            }
        }
        finally
        {
            temporary?.Delete(recursive: true);
        }
    }

    private static async Task<bool> ShowAsync(GatewayProcess gateway, GatewayOptions options, TimeSpan duration, Terminal terminal, CancellationToken stopping)
    {
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(stopping, gateway.Stopping);
        IPAddress address = options.BindAddress.Equals(IPAddress.Any) ? IPAddress.Loopback : options.BindAddress;
        List<DemoFeed> feeds = [];
        foreach (Codec codec in CodecRegistry.BuiltIn)
            if (await TryFeedAsync(gateway.Channels, codec, address, feeds.Count + 1, end.Token).ConfigureAwait(false) is { } feed) feeds.Add(feed);
        if (feeds.Count == 0) throw new FailureException("no built-in protocol has samples that can be sent.");

        DemoView view = new(feeds, terminal);
        end.CancelAfter(duration);
        await Task.WhenAll(feeds.Select(feed => feed.RunAsync(view.Show, end.Token)).Append(view.RunAsync(end.Token))).ConfigureAwait(false);
        await view.SummarizeAsync().ConfigureAwait(false);
        return feeds.All(feed => feed.Messages > 0);
    }

    private static async Task<DemoFeed?> TryFeedAsync(ChannelDirectory channels, Codec codec, IPAddress address, int seed, CancellationToken stopping)
    {
        IReadOnlyList<SimulationPlan> plans = SimulationPlan.Of(codec, codec.Info.Tcp ? Transport.Tcp : Transport.Udp);
        if (plans.Count == 0) return null;

        string name = NamePrefix + codec.Info.Name;
        Channel? channel = channels.All.FirstOrDefault(c => c.Definition.Name == name && c.Codec.Info.Id == codec.Info.Id);
        if (channel is null)
        {
            ChannelOutcome outcome = await channels.CreateAsync(new ChannelDraft { Name = name, ProtocolId = codec.Info.Id }, stopping).ConfigureAwait(false);
            channel = outcome.Channel ?? throw new FailureException($"the channel for {codec.Info.Name} can't be created: {outcome.Problem}");
        }
        SimulationOptions options = new() { Devices = DevicesPerChannel, Seed = seed };
        return new DemoFeed(channel, new Simulator(plans, new IPEndPoint(address, channel.Definition.Port), options));
    }

    /// <summary>The end point, or a free port of its address when another process has it.</summary>
    private static IPEndPoint FreeOrAny(IPEndPoint wanted)
    {
        using Socket probe = new(wanted.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            probe.Bind(wanted);
            probe.Listen(1);
            return wanted;
        }
        catch (SocketException)
        {
            return new IPEndPoint(wanted.Address, 0);
        }
    }
}
