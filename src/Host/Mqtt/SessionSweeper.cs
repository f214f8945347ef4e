namespace Gateway.Host.Mqtt;

/// <summary>Looks at MQTT sessions every now and then: ends those whose token ended, and notes that the tokens of the others are in use.</summary>
internal sealed partial class SessionSweeper(MqttBroker broker, TimeProvider clock, ILogger<SessionSweeper> logger) : BackgroundService
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(2);

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_interval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            {
                int ended = await broker.SweepSessionsAsync().ConfigureAwait(false);
                if (ended > 0) LogEnded(logger, ended);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The gateway stops.
        }
    }

    [LoggerMessage(3103, LogLevel.Information, "{Count} MQTT sessions ended with their tokens.")]
    private static partial void LogEnded(ILogger logger, int count);
}
