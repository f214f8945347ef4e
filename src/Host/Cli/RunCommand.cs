namespace Gateway.Host.Cli;

/// <summary><c>gateway run</c>.</summary>
internal static class RunCommand
{
    private static readonly string[] Options = ["data", "http", "mqtt", "channel-host", "channel-ports", "token", "token-file", "config", "for"];
    private static readonly string[] Switches = ["demo"];

    /// <summary>Runs the gateway until it is told to stop.</summary>
    public static Task<int> RunAsync(string[] words, Terminal terminal, CancellationToken stopping)
    {
        Arguments arguments = Arguments.Parse(words, Options, Switches);
        arguments.ExpectFree();
        throw new FailureException("this build has no channels yet.");
    }
}
