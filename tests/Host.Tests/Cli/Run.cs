using Gateway.Host.Cli;

namespace Gateway.Host.Tests.Cli;

/// <summary>Runs a command line inside the test and keeps what it printed.</summary>
internal sealed record Run(int ExitCode, string Output, string Error)
{
    public static Task<Run> Async(params string[] args) => WithInputAsync([], args);

    public static async Task<Run> WithInputAsync(byte[] input, params string[] args)
    {
        StringWriter output = new() { NewLine = "\n" };
        StringWriter error = new() { NewLine = "\n" };
        using MemoryStream standardInput = new(input);
        using Terminal terminal = new(standardInput, output, error, isInteractive: false);
        int exitCode = await CommandLine.RunAsync(args, terminal);
        return new Run(exitCode, output.ToString(), error.ToString());
    }
}
