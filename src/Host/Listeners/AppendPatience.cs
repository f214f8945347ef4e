using Gateway.Codecs;
using Gateway.Host.Channels;
using Gateway.Storage;

namespace Gateway.Host.Listeners;

/// <summary>
/// What happens when a channel takes no more data: its connections stop reading, keep the batch they have, give no reply, and go on by themselves
/// as soon as there is room. The devices feel it as a slow line.
/// </summary>
internal sealed class AppendPatience(ILogger<AppendPatience> logger)
{
    /// <summary>Pause after an append that failed again although the log had called for it.</summary>
    internal static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest wait before a batch whose outcome is unknown is tried again: it may be stored already, and then it needs no space in a log that is full meanwhile.</summary>
    internal static readonly TimeSpan UnknownPause = TimeSpan.FromSeconds(2);

    /// <summary>Appends a refused batch as soon as the log takes it. The batch keeps its id, so one that was stored although nobody could say so is not stored again; it is told its first key.</summary>
    /// <returns>False when it never will, or the connection ended meanwhile: then no reply may be sent.</returns>
    internal async Task<bool> AppendLaterAsync(TcpConnection connection, DecodeBatch batch, AppendStatus status)
    {
        connection.Phase = PumpPhase.WaitingForSpace;
        bool stored = await AppendLaterAsync(connection.Channel, batch, status, connection.Interrupted).ConfigureAwait(false);
        if (!stored) connection.TrySetCloseCode(CloseCode.InternalError);       // an interruption has set its own code before
        return stored;
    }

    /// <summary>As the other overload, for whoever waits on something else than a connection.</summary>
    internal async Task<bool> AppendLaterAsync(Channel channel, DecodeBatch batch, AppendStatus status, CancellationToken cancellationToken)
    {
        try
        {
            for (int attempt = 0; ; attempt++)
            {
                channel.Counters.Count(status);
                if (status is AppendStatus.TooLarge) return false;
                if (channel.NoteBlocked(Channel.BlockedByStorage)) ListenerLog.BufferRefuses(logger, channel.Id, status);

                await WaitForSpaceAsync(channel, status, cancellationToken).ConfigureAwait(false);
                if (attempt > 0) await Task.Delay(RetryPause, channel.Clock, cancellationToken).ConfigureAwait(false);
                AppendResult appended = await channel.Log.AppendAsync(batch.Seal(channel.NowUs), CancellationToken.None).ConfigureAwait(false);
                if (appended.Status is AppendStatus.Appended)
                {
                    batch.FirstKey = appended.FirstKey;
                    if (channel.NoteUnblocked()) ListenerLog.BufferTakes(logger, channel.Id);
                    return true;
                }
                status = appended.Status;
            }
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        catch (ObjectDisposedException)
        {
            return false;       // the channel was removed
        }
    }

    private static async Task WaitForSpaceAsync(Channel channel, AppendStatus status, CancellationToken cancellationToken)
    {
        Task space = channel.Log.WaitForSpaceAsync(cancellationToken).AsTask();
        if (status is AppendStatus.Unavailable) await Task.WhenAny(space, Task.Delay(UnknownPause, channel.Clock, cancellationToken)).ConfigureAwait(false);
        else await space.ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Waits until the running minute ends, since a limit per minute is used up.</summary>
    /// <returns>False when the connection ended meanwhile.</returns>
    internal async Task<bool> WaitForNextMinuteAsync(TcpConnection connection, int limit)
    {
        connection.Phase = PumpPhase.WaitingForSpace;
        return await WaitForNextMinuteAsync(connection.Channel, limit, connection.Interrupted).ConfigureAwait(false);
    }

    /// <summary>As the other overload, for whoever waits on something else than a connection.</summary>
    internal static async Task<bool> WaitForNextMinuteAsync(Channel channel, int limit, CancellationToken cancellationToken)
    {
        channel.NoteBlocked(limit);
        try
        {
            await Task.Delay(channel.Minute.Rest(), channel.Clock, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        channel.NoteUnblocked();
        return true;
    }
}
