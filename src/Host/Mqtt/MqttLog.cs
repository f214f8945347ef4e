namespace Gateway.Host.Mqtt;

/// <summary>Log lines of the broker. Lines that a stranger can cause at will are at Debug; counters tell the operator.</summary>
internal static partial class MqttLog
{
    [LoggerMessage(3101, LogLevel.Warning, "MQTT connection from {Remote} refused: {Reason}.")]
    internal static partial void Refused(ILogger logger, string remote, MqttRefusal reason);

    [LoggerMessage(3102, LogLevel.Warning, "MQTT client {ClientId} disconnected: {Pending} messages wait for it.")]
    internal static partial void TooSlow(ILogger logger, string clientId, int pending);

    [LoggerMessage(3103, LogLevel.Information, "{Count} MQTT sessions ended with their tokens or their time.")]
    internal static partial void SessionsEnded(ILogger logger, int count);

    [LoggerMessage(3104, LogLevel.Debug, "MQTT connection from {Remote} closed: {Reason}, {Detail}.")]
    internal static partial void Closed(ILogger logger, string remote, MqttRefusal reason, string detail);

    [LoggerMessage(3105, LogLevel.Error, "Serving the MQTT connection from {Remote} failed.")]
    internal static partial void Fault(ILogger logger, Exception failure, string remote);

    [LoggerMessage(3106, LogLevel.Warning, "MQTT session of client {ClientId} lost what waited for it: more than {Bytes} bytes.")]
    internal static partial void StorageFull(ILogger logger, string clientId, long bytes);

    [LoggerMessage(3107, LogLevel.Error, "MQTT sessions can't be stored now.")]
    internal static partial void StoreFault(ILogger logger, Exception failure);

    [LoggerMessage(3108, LogLevel.Debug, "MQTT client {ClientId} subscribed to no filter: {Problem}.")]
    internal static partial void FilterRefused(ILogger logger, string clientId, string problem);

    [LoggerMessage(3109, LogLevel.Error, "Changes of state can't be published now.")]
    internal static partial void StateFault(ILogger logger, Exception failure);

    [LoggerMessage(3110, LogLevel.Error, "The request {Method} {Target} over MQTT failed.")]
    internal static partial void RequestFault(ILogger logger, Exception failure, string method, string target);

    [LoggerMessage(3201, LogLevel.Error, "Messages of channel {ChannelId} can't be published now.")]
    internal static partial void FeedFault(ILogger logger, long channelId, Exception failure);
}
