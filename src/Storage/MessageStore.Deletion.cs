using Gateway.Storage.Journal;

namespace Gateway.Storage;

/// <summary>Deleting channels, also while the disk refuses.</summary>
/// <remarks>
/// A start must find the files of a log that the checkpoint lists and the journal does not call deleted. So: the journal's entry is synced, then the files go, then a checkpoint forgets the
/// log. When the disk fails in between, the log stays in <see cref="_doomed"/>: checkpoints list it as deleted until the files are gone. The channel can have a new log meanwhile.
/// </remarks>
public sealed partial class MessageStore
{
    private readonly List<ChannelLog> _doomed = [];      // guarded by the gate

    /// <inheritdoc />
    public async ValueTask DeleteAsync(long channelId, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!await TryDeleteAsync(channelId, cancellationToken).ConfigureAwait(false)) await FinishDeletionAsync(channelId, cancellationToken).ConfigureAwait(false);
    }

    /// <returns>False when the channel has no log.</returns>
    private async ValueTask<bool> TryDeleteAsync(long channelId, CancellationToken cancellationToken)
    {
        await _checkpointGate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ChannelLog? log;
            ValueTask<AppendResult> durable;
            lock (_gate)
            {
                if (!_logs.Remove(channelId, out log)) return false;
                _damaged.Remove(channelId);
                log.Close();
                _doomed.Add(log);
                var entry = new JournalEntry { Kind = JournalKind.Delete, ChannelId = channelId, Incarnation = log.Incarnation };
                AppendOperation operation = Operations.Rent();
                durable = operation.Start(log: null, Durability.Commit, new AppendResult(AppendStatus.Appended, 0, 0), CancellationToken.None);
                Journal.Enqueue(ref entry, operation);
            }

            if ((await durable.ConfigureAwait(false)).Status != AppendStatus.Appended) throw NotDeleted(channelId, Journal.LastError);
            if (!TryRemoveFiles(log)) throw NotDeleted(channelId, _filesError);
            return true;
        }
        finally
        {
            _checkpointGate.Release();
        }
    }

    private string? _filesError;

    /// <summary>Ends a deletion that the disk held up, for who asks for it again.</summary>
    /// <exception cref="IOException">The disk still refuses.</exception>
    private async ValueTask FinishDeletionAsync(long channelId, CancellationToken cancellationToken)
    {
        if (!IsDoomed(channelId)) return;
        await CheckpointAsync(cancellationToken).ConfigureAwait(false);
        if (IsDoomed(channelId)) throw NotDeleted(channelId, _filesError ?? Journal.LastError);
    }

    private bool IsDoomed(long channelId)
    {
        lock (_gate) return _doomed.Exists(log => log.ChannelId == channelId);
    }

    /// <summary>The synced checkpoint lists these logs as deleted: their files may go. The checkpoint gate is held.</summary>
    /// <returns>True when the next checkpoint has fewer to list.</returns>
    private bool RemoveFilesOf(ChannelLog[] doomed)
    {
        bool any = false;
        foreach (ChannelLog log in doomed) any |= TryRemoveFiles(log);
        return any;
    }

    private bool TryRemoveFiles(ChannelLog log)
    {
        try
        {
            log.DeleteFiles();
            lock (_gate) _doomed.Remove(log);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _filesError = e.Message;
            Report($"The files of deleted channel {log.ChannelId} stay until the disk works: {e.Message}");
            return false;
        }
    }

    private static IOException NotDeleted(long channelId, string? error) => new(
        $"Channel {channelId} is closed, but its deletion is not on the disk yet ({error}). It goes on by itself when the disk works; after a power failure before that the channel may be there again.");
}
