using Gateway.Storage;

namespace Gateway.Host.Channels;

/// <summary>Stands for the buffer of a channel that could not be opened: holds nothing, takes nothing, changes nothing on disk.</summary>
internal sealed class ClosedLog(long channelId) : IMessageLog
{
    private const long FirstKey = 1;

    /// <inheritdoc />
    public long ChannelId => channelId;

    /// <inheritdoc />
    public LogState State => new(FirstKey, FirstKey, Count: 0, Bytes: 0, IsFull: false, IsAvailable: false);

    /// <inheritdoc />
    public ValueTask<AppendResult> AppendAsync(Packet packet, CancellationToken cancellationToken) => new(new AppendResult(AppendStatus.Unavailable, 0, 0));

    /// <inheritdoc />
    public ValueTask WaitForSpaceAsync(CancellationToken cancellationToken) => new(Task.Delay(Timeout.Infinite, cancellationToken));

    /// <inheritdoc />
    public ValueTask ReadAsync(long fromKey, int countMax, int bytesMax, MessagePage page, CancellationToken cancellationToken)
    {
        page.Clear();
        page.NextKey = Math.Max(fromKey, FirstKey);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public ValueTask ReadBackwardAsync(long belowKey, int countMax, int bytesMax, MessagePage page, CancellationToken cancellationToken)
    {
        page.Clear();
        page.NextKey = FirstKey;
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public ValueTask<bool> WaitAsync(long fromKey, CancellationToken cancellationToken) => new(false);

    /// <inheritdoc />
    public ValueTask<long> FindAsync(long serverTimeUs, CancellationToken cancellationToken) => new(FirstKey);

    /// <inheritdoc />
    public ValueTask<DeleteResult> DeleteRangeAsync(long fromKey, long belowKey, CancellationToken cancellationToken) => new(new DeleteResult(DeleteStatus.Unavailable, 0));

    /// <inheritdoc />
    public void Configure(LogOptions options)
    {
    }
}
