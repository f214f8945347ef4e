namespace Gateway.Storage.Inspection;

/// <summary>One thing that is wrong, and what a repair does about it.</summary>
/// <param name="File">The file.</param>
/// <param name="Offset">The byte.</param>
/// <param name="ChannelId">The channel, or 0.</param>
/// <param name="What">What is wrong.</param>
/// <param name="Action">What a repair does; null when it can do nothing.</param>
internal sealed record Finding(string File, long Offset, long ChannelId, string What, string? Action)
{
    /// <summary>Messages that are lost by it.</summary>
    public List<MessageLoss> Losses { get; } = [];
}
