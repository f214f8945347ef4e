namespace Gateway.Host.Mqtt;

/// <summary>The topics below <c>flespi/</c> that this gateway publishes to, for clients that build filters; they read it at <c>/const/values</c>.</summary>
internal static class TopicTable
{
    /// <summary>Topics with words in braces for what varies, and what is published there.</summary>
    internal static IReadOnlyList<(string Topic, string Description)> All { get; } =
    [
        (Channels.ChannelInterest.MessagePrefix + "{channel_id}/{ident}", "each message that a channel stored"),
    ];
}
