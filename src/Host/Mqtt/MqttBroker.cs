using System.Collections.Concurrent;
using Gateway.Host.Accounts;
using Gateway.Host.Mqtt.Channels;
using Gateway.Host.Mqtt.Connections;
using Gateway.Host.Mqtt.Logs;
using Gateway.Host.Mqtt.Routing;
using Gateway.Host.Mqtt.Sessions;
using Gateway.Host.Mqtt.Storing;
using Microsoft.AspNetCore.Connections;
using MQTTnet.Protocol;

namespace Gateway.Host.Mqtt;

/// <summary>The MQTT broker: takes connections from Kestrel, lets clients with a token in, and brings them what they subscribed to.</summary>
/// <remarks>
/// Connection → <see cref="Admission"/> → session → <see cref="PacketPump"/>, until it ends. Messages of channels come from <see cref="ChannelFeed"/>, one reader per channel; a session that can't
/// keep up reads the channel's log itself. docs/decisions/009-mqtt-delivery.md has the reasons and the figures.
/// </remarks>
internal sealed class MqttBroker(
    Admission admission, PumpServices pumps, SessionDirectory sessions, ChannelFeeds feeds, RetainedMessages retained, SessionStore store, SessionQueues queues, SessionAccess access, AccessTokens tokens,
    PlaceKeeper places, Publisher publisher, SessionJournal journal, MqttCounters counters, TimeProvider clock, ILogger<MqttBroker> logger) : BackgroundService
{
    private static readonly TimeSpan s_sweepInterval = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<ClientConnection, Task> _connections = new();
    private readonly ConcurrentDictionary<Session, PendingWill> _wills = new();
    private int _strangers;
    private volatile bool _isStopping;

    /// <summary>Clients connected now.</summary>
    internal int Clients => _connections.Count;

    /// <summary>Sessions, with and without their client.</summary>
    internal int Sessions => sessions.Count;

    /// <summary>Retained messages.</summary>
    internal int Retained => retained.Count;

    /// <summary>What happened since the start.</summary>
    internal MqttCounters Counters => counters;

    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        retained.Load();
        feeds.Open();
        foreach (StoredSession stored in store.ReadSessions())
        {
            if (tokens.Find(stored.TokenId) is not { } token || !access.IsWithin(token, stored.Cid))
            {
                await store.RemoveAsync(stored.Number).ConfigureAwait(false);
                continue;
            }
            Session session = sessions.Restore(stored, token);
            foreach (StoredSubscription subscription in stored.Subscriptions) pumps.Subscriptions.Restore(session, subscription);
            feeds.Restore(session, stored.Places);
            if (!stored.Places.TryGetValue(0, out (long AcknowledgedBelow, long SentBelow) place)) continue;
            SessionQueue queue = await queues.OpenAsync(session).ConfigureAwait(false);
            session.Restore(queue, place.AcknowledgedBelow, place.SentBelow);
        }
        IReadOnlyList<GroupPlace> groups = store.ReadGroups();
        Subscription[] members = [.. sessions.All.SelectMany(session => session.Subscriptions).Where(subscription => subscription.Group is not null)];
        foreach ((long cid, string filter) in groups.Select(place => (place.Cid, place.Filter)).Distinct())
            if (!Array.Exists(members, member => member.Group!.Cid == cid && member.Group.Filter == filter)) await store.RemoveGroupAsync(cid, filter).ConfigureAwait(false);
        feeds.Restore(members, groups);
        feeds.Start();
        await base.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _isStopping = true;
        foreach ((ClientConnection connection, _) in _connections) connection.Close(MqttDisconnectReasonCode.ServerShuttingDown);
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        await Task.WhenAll(_connections.Values).WaitAsync(cancellationToken).ConfigureAwait(false);
        await feeds.StopAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        await places.FlushAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Serves a connection until it ends.</summary>
    internal async Task ServeAsync(ConnectionContext context)
    {
        using var connection = new ClientConnection(context, counters);
        bool isStrangerTooMany = Interlocked.Increment(ref _strangers) > MqttLimits.StrangersMax;
        if (_isStopping || isStrangerTooMany || _connections.Count >= MqttLimits.ConnectionsMax)
        {
            Interlocked.Decrement(ref _strangers);
            counters.Count(MqttRefusal.ConnectionLimit);
            context.Abort();
            return;
        }
        var served = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _connections.TryAdd(connection, served.Task);
        try
        {
            await ServeAsync(connection).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            // A socket that fails ends its client's connection and nothing else; faults of ours too, but those are told.
            if (failure is not (IOException or ConnectionAbortedException or ConnectionResetException or OperationCanceledException)) MqttLog.Fault(logger, failure, connection.Remote?.ToString() ?? "");
        }
        finally
        {
            _connections.TryRemove(connection, out _);
            served.SetResult();
        }
    }

    /// <summary>Publishes at a topic of an account's own, as a client does: limits, what is retained, subscribers.</summary>
    /// <param name="publication">Topic, payload, account, time, QoS, whether it is retained, user properties; no right and no sender.</param>
    /// <param name="isCounted">Whether it counts against the account's messages per minute.</param>
    /// <returns>What an acknowledgement would say. It ends when all that must be on disk is.</returns>
    /// <exception cref="IOException">The disk does not take it.</exception>
    internal async ValueTask<MqttPubAckReasonCode> PublishOwnAsync(Publication publication, bool isCounted)
    {
        MqttPubAckReasonCode reason = default;
        await publisher.DeliverAsync((batch, durable) => reason = pumps.Publishing.Publish(publication, isCounted, batch, durable)).ConfigureAwait(false);
        return reason;
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_sweepInterval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            {
                SweepConnections();
                await SweepSessionsAsync().ConfigureAwait(false);
                await SayWillsAsync().ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The gateway stops.
        }
    }

    private async Task ServeAsync(ClientConnection connection)
    {
        var writer = new PacketWriter(connection);
        Admitted? admitted;
        try
        {
            admitted = await admission.TryAdmitAsync(connection, writer).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _strangers);
        }
        if (admitted is null) connection.Close(null);
        Task writing = Task.Run(connection.WriteAsync);
        ClientEnd end = ClientEnd.Lost;
        MqttDisconnectReasonCode? leave = null;
        try
        {
            if (admitted is not null)
            {
                _wills.TryRemove(admitted.Session, out _);
                using var pump = new PacketPump(connection, admitted.Session, writer, pumps);
                await pump.RunAsync().ConfigureAwait(false);
                (end, leave) = (pump.End, pump.LeaveReason);
            }
        }
        finally
        {
            connection.Close(null);
            if (admitted is not null)
            {
                NoteClosed(connection, leave ?? connection.CloseReason ?? MqttDisconnectReasonCode.UnspecifiedError);
                await LeaveAsync(connection, admitted, end).ConfigureAwait(false);
            }
            await FinishAsync(connection, writing).ConfigureAwait(false);
        }
    }

    private void NoteClosed(ClientConnection connection, MqttDisconnectReasonCode reason)
    {
        Session session = connection.Session;
        journal.Note(new SessionEvent(SessionEventCode.Closed, session.Key)
        {
            SessionId = session.Number,
            Source = connection.Remote?.ToString(),
            CloseCode = (int)reason,
            Duration = TimeSpan.FromMilliseconds(Environment.TickCount64 - connection.OpenedAt),
        });
    }

    private async Task LeaveAsync(ClientConnection connection, Admitted admitted, ClientEnd end)
    {
        Session session = admitted.Session;
        (Task stored, bool isTakenOver) = sessions.Close(session, connection);
        if (admitted.Will is { } will && end is ClientEnd.Lost)
        {
            // A will that waits is said when the session ends, if that is earlier (MQTT 5, 3.1.3.2.2).
            TimeSpan delay = session.IsEnded ? TimeSpan.Zero : isTakenOver || admitted.WillDelay < session.Expiry ? admitted.WillDelay : session.Expiry;
            if (!isTakenOver || delay == TimeSpan.Zero) _wills[session] = new PendingWill(will, clock.GetUtcNow() + delay);
            if (delay == TimeSpan.Zero) await SayWillsAsync().ConfigureAwait(false);
        }
        await stored.ConfigureAwait(false);
    }

    private static async Task FinishAsync(ClientConnection connection, Task writing)
    {
        try
        {
            await writing.WaitAsync(MqttLimits.CloseTimeout).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            connection.Abort();
            await writing.ConfigureAwait(false);
        }
    }

    private void SweepConnections()
    {
        long now = Environment.TickCount64;
        foreach ((ClientConnection connection, _) in _connections)
        {
            if (connection.IsClosing) continue;
            if (!connection.HasSession)
            {
                if (now - connection.OpenedAt < MqttLimits.ConnectTimeout.TotalMilliseconds) continue;
                counters.Count(MqttRefusal.ConnectTimeout);
                connection.Close(null);
            }
            else if (connection.KeepAlive > TimeSpan.Zero && now - connection.ReceivedAt > 1.5 * connection.KeepAlive.TotalMilliseconds)
            {
                counters.Count(MqttRefusal.KeepAlive);
                connection.Close(MqttDisconnectReasonCode.KeepAliveTimeout);
            }
        }
    }

    /// <summary>Ends sessions whose token or time ended; notes that the tokens of connected clients are in use.</summary>
    private async Task SweepSessionsAsync()
    {
        int ended = 0;
        long now = clock.GetUtcNow().ToUnixTimeSeconds();
        foreach (Session session in sessions.All)
        {
            bool isOver = session.DisconnectedAt > 0 && session.DisconnectedAt + (long)session.Expiry.TotalSeconds <= now;
            if (!isOver && access.IsCurrent(session)) continue;
            ended++;
            try
            {
                await sessions.EndAsync(session, MqttDisconnectReasonCode.NotAuthorized).ConfigureAwait(false);
            }
            catch (IOException failure)
            {
                MqttLog.StoreFault(logger, failure);
            }
        }
        if (ended > 0) MqttLog.SessionsEnded(logger, ended);
    }

    private async Task SayWillsAsync()
    {
        foreach ((Session session, PendingWill will) in _wills)
        {
            if (will.At > clock.GetUtcNow() || !_wills.TryRemove(new(session, will))) continue;
            try
            {
                await publisher.DeliverAsync((batch, durable) => pumps.Publishing.Publish(session, will.Packet, batch, durable)).ConfigureAwait(false);
            }
            catch (IOException failure)
            {
                MqttLog.StoreFault(logger, failure);
            }
        }
    }

    private sealed record PendingWill(MQTTnet.Packets.MqttPublishPacket Packet, DateTimeOffset At);
}
