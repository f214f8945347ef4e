using System.Diagnostics;
using Gateway.Host.Configuration;
using Gateway.Host.Lifetime;

namespace Gateway.Host.Cli;

/// <summary><c>gateway run</c>: starts the gateway, says where it listens, and stops it when told to.</summary>
internal static class RunCommand
{
    private const double DemoSecondsMax = 86_400;

    /// <summary>Runs the gateway until it is told to stop.</summary>
    /// <returns>0 after the stop that was asked for, 1 when the gateway stopped by itself.</returns>
    public static async Task<int> RunAsync(string[] words, Terminal terminal, CancellationToken stopping)
    {
        Arguments arguments = Arguments.Parse(words, [.. SettingsReader.OptionNames, "for"], ["demo"]);
        arguments.ExpectFree();
        bool isDemo = arguments.Has("demo");
        if (arguments.Has("for") && !isDemo) throw new UsageException("--for goes with --demo.");
        double seconds = arguments.Number("for", 1, DemoSecondsMax, DemoSecondsMax);

        GatewayOptions options = SettingsReader.Read(arguments.Text, Environment.GetEnvironmentVariable);
        return isDemo
            ? await Demo.DemoCommand.RunAsync(options, IsGiven, TimeSpan.FromSeconds(seconds), terminal, stopping).ConfigureAwait(false)
            : await RunAsync(options, terminal, stopping).ConfigureAwait(false);

        bool IsGiven(string name) => arguments.Has(name) || !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(SettingsReader.EnvironmentNameOf(name)));
    }

    private static async Task<int> RunAsync(GatewayOptions options, Terminal terminal, CancellationToken stopping)
    {
        using SystemdNotifier systemd = SystemdNotifier.OfEnvironment();
        GatewayProcess gateway = await GatewayProcess.StartAsync(options, Logs.ToStandardError, stopping).ConfigureAwait(false);
        await using (gateway.ConfigureAwait(false))
        {
            await AnnounceAsync(gateway, options, terminal.Output).ConfigureAwait(false);
            systemd.Ready($"http {gateway.HttpEndPoint}, mqtt {gateway.MqttEndPoint}");
            await WaitAsync(systemd, gateway.Stopping, stopping).ConfigureAwait(false);
            bool isOurWish = stopping.IsCancellationRequested;
            systemd.Stopping();
            await gateway.StopAsync().ConfigureAwait(false);
            return isOurWish ? CommandLine.Done : CommandLine.Failed;
        }
    }

    /// <summary>Says where things are. The one place where a made token is shown.</summary>
    internal static async Task AnnounceAsync(GatewayProcess gateway, GatewayOptions options, TextWriter output)
    {
        using Process process = Process.GetCurrentProcess();
        double startedMs = (DateTime.Now - process.StartTime).TotalMilliseconds;
        await output.WriteLineAsync($"""
            gateway {CommandLine.Version} is ready after {startedMs:F0} ms
              data      {gateway.DataPath}
              http      http://{gateway.HttpEndPoint}
              mqtt      {gateway.MqttEndPoint}{(gateway.MqttTlsEndPoint is { } secured ? $", with TLS {secured}" : "")}
              channels  {options.ChannelHost}:{options.ChannelPortFirst}-{options.ChannelPortLast}
            """).ConfigureAwait(false);
        if (gateway.MadeToken is { } made)
            await output.WriteLineAsync($"  token     {made}\n            keep it: it is shown only now").ConfigureAwait(false);
        await output.FlushAsync().ConfigureAwait(false);
    }

    private static async Task WaitAsync(SystemdNotifier systemd, CancellationToken faulted, CancellationToken stopping)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(faulted, stopping);
        TimeSpan pause = systemd.WatchdogInterval ?? Timeout.InfiniteTimeSpan;
        while (!either.IsCancellationRequested)
        {
            // Passing through the thread pool each time: a pool that is stuck stops the sign of life too.
            systemd.Alive();
            await Task.Delay(pause, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
