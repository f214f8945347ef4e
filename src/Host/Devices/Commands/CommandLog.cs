namespace Gateway.Host.Devices.Commands;

/// <summary>Log lines of commands.</summary>
internal static partial class CommandLog
{
    [LoggerMessage(3411, LogLevel.Error, "The codec failed to write the command {Name} on channel {ChannelId}.")]
    internal static partial void EncodeFault(ILogger logger, Exception fault, string name, long channelId);

    [LoggerMessage(3412, LogLevel.Warning, "Commands can't be stored now.")]
    internal static partial void StoreFailure(ILogger logger, Exception failure);
}
