using System.Reflection;

namespace Gateway.Host.Cli;

/// <summary>The executable's front door: finds the command, runs it, turns complaints into one line and an exit code.</summary>
internal static class CommandLine
{
    /// <summary>The command did what it was asked for.</summary>
    public const int Done = 0;

    /// <summary>The command was understood and failed.</summary>
    public const int Failed = 1;

    /// <summary>The command line, the environment or the configuration file is wrong; nothing was done.</summary>
    public const int Usage = 2;

    /// <summary>The product's version, e.g. <c>0.1.0</c>.</summary>
    public static string Version { get; } = VersionOf(typeof(CommandLine).Assembly);

    private static readonly string[] Commands = ["run", "protocol", "simulate", "selftest", "storage", "help", "--version", "--help"];

    /// <summary>Runs one command line to its end.</summary>
    /// <returns>0 done, 1 failed, 2 usage.</returns>
    public static async Task<int> RunAsync(string[] args, Terminal terminal)
    {
        using Interruption interruption = new();
        try
        {
            return await DispatchAsync(args, terminal, interruption.Token).ConfigureAwait(false);
        }
        catch (UsageException wrong)
        {
            await terminal.Error.WriteLineAsync($"gateway: {wrong.Message}").ConfigureAwait(false);
            return Usage;
        }
        catch (FailureException failure)
        {
            await terminal.Error.WriteLineAsync($"gateway: {failure.Message}").ConfigureAwait(false);
            return Failed;
        }
        catch (OperationCanceledException) when (interruption.Token.IsCancellationRequested)
        {
            return Failed;
        }
    }

    private static async Task<int> DispatchAsync(string[] args, Terminal terminal, CancellationToken stopping)
    {
        if (args.Length == 0)
        {
            await terminal.Output.WriteAsync(HelpText.Overview).ConfigureAwait(false);
            return Usage;
        }

        string[] rest = args[1..];
        if (args[0] is not ("help" or "--version" or "--help" or "-h") && rest.Any(a => a is "--help" or "-h"))
        {
            await terminal.Output.WriteAsync(HelpText.For(args[0])).ConfigureAwait(false);
            return Done;
        }

        switch (args[0])
        {
            case "run":
                return await RunCommand.RunAsync(rest, terminal, stopping).ConfigureAwait(false);
            case "protocol":
                return await ProtocolCommand.RunAsync(rest, terminal, stopping).ConfigureAwait(false);
            case "simulate":
                return await SimulateCommand.RunAsync(rest, terminal, stopping).ConfigureAwait(false);
            case "selftest":
                return await SelfTestCommand.RunAsync(rest, terminal).ConfigureAwait(false);
            case "storage":
                return await StorageCommand.RunAsync(rest, terminal, stopping).ConfigureAwait(false);
            case "--version" or "-v" or "version":
                await terminal.Output.WriteLineAsync($"gateway {Version}").ConfigureAwait(false);
                return Done;
            case "help" or "--help" or "-h":
                await terminal.Output.WriteAsync(rest.Length == 0 ? HelpText.Overview : HelpText.For(rest[0])).ConfigureAwait(false);
                return Done;
            default:
                throw new UsageException($"there is no command '{args[0]}'{Nearest.Suggest(args[0], Commands)}; try 'gateway help'.");
        }
    }

    private static string VersionOf(Assembly assembly)
    {
        string version = assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";
        int build = version.IndexOf('+', StringComparison.Ordinal);
        return build < 0 ? version : version[..build];
    }
}
