namespace Gateway.Storage;

/// <summary>The usual deletion: what a consumer has read.</summary>
public static class MessageLogDeletes
{
    /// <summary>Deletes all messages with a key below <paramref name="key"/> (<see cref="long.MaxValue"/>: all). Frees quota at once.</summary>
    /// <returns>As <see cref="IMessageLog.DeleteRangeAsync"/>.</returns>
    public static ValueTask<DeleteResult> DeleteBelowAsync(this IMessageLog log, long key, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(log);
        return log.DeleteRangeAsync(0, key, cancellationToken);
    }
}
