using Microsoft.Extensions.Logging.Console;

namespace Gateway.Host.Lifetime;

/// <summary>Where log lines go.</summary>
internal static class Logs
{
    /// <summary>Warnings and worse, and the gateway's own information, as one line each on standard error; under systemd with its severities.</summary>
    public static void ToStandardError(ILoggingBuilder logging)
    {
        logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Gateway", LogLevel.Information)
            // A start that fails is told in one line by the command.
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        // Everything goes to standard error, so that standard output stays what commands print.
        logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        if (Environment.GetEnvironmentVariable("JOURNAL_STREAM") is { Length: > 0 })
        {
            logging.AddSystemdConsole();
            return;
        }
        logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
            console.ColorBehavior = LoggerColorBehavior.Disabled;
        });
    }

    /// <summary>Errors only: for commands that draw on the screen.</summary>
    public static void ErrorsOnly(ILoggingBuilder logging)
    {
        ToStandardError(logging);
        logging.SetMinimumLevel(LogLevel.Error).AddFilter("Gateway", LogLevel.Error);
    }
}
