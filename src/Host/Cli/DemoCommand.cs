using Gateway.Host.Configuration;

namespace Gateway.Host.Cli;

/// <summary><c>gateway run --demo</c>.</summary>
internal static class DemoCommand
{
    /// <summary>Runs the demonstration.</summary>
    public static Task<int> RunAsync(GatewayOptions options, TimeSpan duration, Terminal terminal, CancellationToken stopping) =>
        throw new FailureException("this build has no demonstration yet.");
}
