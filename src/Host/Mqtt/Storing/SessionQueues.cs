using Gateway.Host.Channels;
using Gateway.Host.Configuration;
using Gateway.Host.Mqtt.Logs;
using Gateway.Host.Mqtt.Routing;
using Gateway.Host.Mqtt.Sessions;
using Gateway.Storage;
using MQTTnet.Protocol;

namespace Gateway.Host.Mqtt.Storing;

/// <summary>The logs of what waits for single sessions, in a message store of their own: <c>mqtt/queues</c> in the data folder.</summary>
/// <remarks>Any number of threads. A log is opened with the first message that waits.</remarks>
internal sealed class SessionQueues(GatewayOptions options, SessionAccess access, SessionStore sessions, SessionJournal journal, MqttCounters counters, TimeProvider clock, ILogger<SessionQueues> logger) : IAsyncDisposable
{
    private const string FolderName = "mqtt/queues";

    private readonly Lazy<MessageStore> _store = new(() => new MessageStore(new StoreOptions
    {
        Folder = Path.Combine(options.DataFolder, FolderName),
        FreeBytesMin = options.FreeBytesMin,
        Time = clock,
    }));

    /// <summary>Stores a delivery for a session, and has it read from there.</summary>
    /// <returns>A task that ends when it is on disk, or when it is clear that this session can't have it.</returns>
    /// <exception cref="IOException">The disk does not work: nobody may be told that it is stored.</exception>
    internal async Task AppendAsync(Session session, Delivery delivery)
    {
        Task<SessionQueue> opening;
        lock (session)
        {
            // Who deletes the log of an ended session looks under the same lock: none is made behind its back.
            if (session.IsEnded) return;
            opening = OpenAsync(session);
        }
        SessionQueue queue = await opening.ConfigureAwait(false);
        Packet packet = SessionQueue.PacketOf(delivery, clock.GetUtcNow().ToUnixTimeUs());
        AppendResult result = await queue.Log.AppendAsync(packet, CancellationToken.None).ConfigureAwait(false);
        // What is acknowledged is freed now and then; it must not be what leaves no room.
        if (result.Status is AppendStatus.Full && await TrimAsync(session).ConfigureAwait(false)) result = await queue.Log.AppendAsync(packet, CancellationToken.None).ConfigureAwait(false);
        // Its log is gone with it: that is nothing to tell who published.
        if (session.IsEnded) return;
        switch (result.Status)
        {
            case AppendStatus.Appended:
                session.NoteQueued(queue);
                break;
            case AppendStatus.Unavailable:
                throw new IOException("What waits for MQTT sessions can't be stored now.");
            default:
                await OverflowAsync(session, queue).ConfigureAwait(false);
                break;
        }
    }

    /// <summary>Opens the log of a session, new or as it was.</summary>
    internal Task<SessionQueue> OpenAsync(Session session)
    {
        lock (session)
        {
            return session.Queue is { IsFaulted: false } open ? open : session.Queue = OpenNowAsync(session);
        }
    }

    /// <summary>Frees what a session has acknowledged.</summary>
    /// <returns>Whether that was anything.</returns>
    internal static async ValueTask<bool> TrimAsync(Session session)
    {
        if (session.Queue is not { IsCompletedSuccessfully: true } queue) return false;
        session.TrimmedAt = Environment.TickCount64;
        return (await (await queue.ConfigureAwait(false)).Log.DeleteRangeAsync(0, session.QueueAcknowledgedBelow, CancellationToken.None).ConfigureAwait(false)).Count > 0;
    }

    /// <summary>Deletes the log of a session that is gone.</summary>
    internal async Task DeleteAsync(Session session)
    {
        Task<SessionQueue>? queue;
        lock (session) queue = session.Queue;
        if (queue is null && !Directory.Exists(Path.Combine(options.DataFolder, FolderName))) return;
        try
        {
            if (queue is not null) await ((Task)queue).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await _store.Value.DeleteAsync(session.Number, CancellationToken.None).ConfigureAwait(false);
        }
        catch (IOException failure)
        {
            MqttLog.StoreFault(logger, failure);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _store.IsValueCreated ? _store.Value.DisposeAsync() : ValueTask.CompletedTask;

    private async Task<SessionQueue> OpenNowAsync(Session session)
    {
        var limits = new LogOptions { QuotaBytes = access.StorageOf(session), AgeMax = MqttLimits.SessionExpiryMax };
        var queue = new SessionQueue(await _store.Value.OpenAsync(session.Number, limits, CancellationToken.None).ConfigureAwait(false), access);
        // From here on a start looks for what waits: before the first message is told to be stored.
        if (session.Follow(queue, 0)) await sessions.PutAsync(session.Number, [], [(queue.Number, 0, 0)]).ConfigureAwait(false);
        return queue;
    }

    /// <summary>As flespi: the session loses what waits for it and its client the connection, so that it notices.</summary>
    private async Task OverflowAsync(Session session, SessionQueue queue)
    {
        counters.CountDropped();
        long bytes = access.StorageOf(session);
        MqttLog.StorageFull(logger, session.Key.ClientId, bytes);
        journal.Note(new SessionEvent(SessionEventCode.Overflowed, session.Key) { SessionId = session.Number, Size = bytes });
        await queue.Log.DeleteRangeAsync(0, long.MaxValue, CancellationToken.None).ConfigureAwait(false);
        session.Connection?.Close(MqttDisconnectReasonCode.QuotaExceeded);
    }
}
