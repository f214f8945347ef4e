using System.Collections.Concurrent;
using Gateway.Host.Accounts;
using Gateway.Host.Api;
using Gateway.Host.Mqtt.Channels;
using Gateway.Host.Mqtt.Connections;
using Gateway.Host.Mqtt.Logs;
using Gateway.Host.Mqtt.Storing;
using Gateway.Host.Mqtt.Topics;
using MQTTnet.Protocol;

namespace Gateway.Host.Mqtt.Sessions;

/// <summary>All sessions of the broker: opens, takes up again, ends and finds them.</summary>
/// <remarks>Any number of threads; sessions come and go one after the other.</remarks>
internal sealed class SessionDirectory(AccountDirectory accounts, LimitDirectory limits, AccountFilters filters, ChannelInterest interest, SessionStore store, SessionQueues queues, SessionJournal journal, TimeProvider clock)
{
    private readonly ConcurrentDictionary<SessionKey, Session> _sessions = new();
    private readonly ConcurrentDictionary<long, Session> _byNumber = new();
    private readonly Lock _gate = new();
    private long _lastNumber;

    /// <summary>All sessions, without order and copy.</summary>
    internal IEnumerable<Session> All => _sessions.Select(pair => pair.Value);

    /// <summary>Number of sessions.</summary>
    internal int Count => _sessions.Count;

    /// <summary>Finds a session by its name.</summary>
    internal Session? Find(SessionKey key) => _sessions.GetValueOrDefault(key);

    /// <summary>Finds a session by its number.</summary>
    internal Session? Find(long number) => _byNumber.GetValueOrDefault(number);

    /// <summary>Subscriptions of an account and those below it.</summary>
    internal long SubscriptionsBelow(long ancestorId) => All.Where(session => accounts.IsWithin(session.Key.Cid, ancestorId)).Sum(session => (long)session.SubscriptionCount);

    /// <summary>Takes a client in: gives it its session, new or as it was, and ends the connection that had it.</summary>
    /// <param name="opening">What the client wants.</param>
    /// <returns>The session, whether it was there, and a task that ends when it is stored; null when there may be no more sessions.</returns>
    internal (Session Session, bool IsPresent, Task Stored)? TryOpen(SessionOpening opening)
    {
        ClientConnection? before;
        (Session, bool, Task) result;
        lock (_gate)
        {
            Task ended = Task.CompletedTask;
            Session? session = Find(opening.Key);
            if (session is not null && (opening.IsClean || !session.IsPersistent))
            {
                ended = EndAsync(session, MqttDisconnectReasonCode.SessionTakenOver);
                session = null;
            }
            bool isPresent = session is not null;
            if (session is null)
            {
                if (ProblemOf(opening.Key.Cid) is not null) return null;
                session = new Session(opening.Key, opening.Token, NextNumber());
            }
            session.Token = opening.Token;
            session.Expiry = opening.Expiry;
            before = session.Attach(opening.Connection, opening.ReceiveMaximum);
            Add(session);
            Task stored = session.IsPersistent ? store.PutAsync(StoredOf(session)) : session.IsStored ? store.RemoveAsync(session.Number) : Task.CompletedTask;
            session.IsStored = session.IsPersistent;
            Note(isPresent ? SessionEventCode.Updated : SessionEventCode.Created, session);
            result = (session, isPresent, Task.WhenAll(ended, stored));
        }
        before?.Close(MqttDisconnectReasonCode.SessionTakenOver);
        return result;
    }

    /// <summary>Makes a session ahead of its client, for one that connects later and wants what waits.</summary>
    /// <param name="key">Its name.</param>
    /// <param name="token">The token that it stands on until its client shows one.</param>
    /// <param name="expiry">How long it lasts without its client.</param>
    /// <returns>The session and a task that ends when it is stored, or why there is none.</returns>
    internal (Session? Session, string? Problem, Task Stored) TryCreate(SessionKey key, Token token, TimeSpan expiry)
    {
        lock (_gate)
        {
            if (Find(key) is { } known) return (null, $"Client {key.ClientId} has session {known.Number} already.", Task.CompletedTask);
            if (!accounts.IsOpen(key.Cid)) return (null, $"There is no account {key.Cid}.", Task.CompletedTask);
            if (ProblemOf(key.Cid) is { } problem) return (null, problem, Task.CompletedTask);
            var session = new Session(key, token, NextNumber()) { Expiry = expiry, IsStored = true, DisconnectedAt = clock.GetUtcNow().ToUnixTimeSeconds() };
            Add(session);
            Note(SessionEventCode.Created, session);
            return (session, null, store.PutAsync(StoredOf(session)));
        }
    }

    /// <summary>Lets a connection of a session go; the session ends with it unless it outlives that.</summary>
    /// <returns>A task that ends when that is stored, and whether another connection had taken over already.</returns>
    internal (Task Stored, bool IsTakenOver) Close(Session session, ClientConnection connection)
    {
        lock (_gate)
        {
            if (!session.Detach(connection, clock.GetUtcNow().ToUnixTimeSeconds())) return (Task.CompletedTask, true);
            if (!session.IsPersistent) return (EndAsync(session, null), false);
            Note(SessionEventCode.Updated, session);
            return (store.PutAsync(StoredOf(session)), false);
        }
    }

    /// <summary>Ends a session: its subscriptions, what waits for it, and its connection.</summary>
    /// <returns>A task that ends when it is gone from disk.</returns>
    internal Task EndAsync(Session session, MqttDisconnectReasonCode? reason)
    {
        lock (_gate)
        {
            if (!_sessions.TryRemove(new(session.Key, session))) return Task.CompletedTask;
            _byNumber.TryRemove(session.Number, out _);
            session.IsEnded = true;
            foreach (Subscription subscription in session.Subscriptions) Take(session, subscription.Filter.Text);
            if (session.Connection is { } connection)
            {
                connection.Close(reason);
                session.Detach(connection, 0);
            }
            Note(SessionEventCode.Deleted, session);
            return session.IsStored || session.Queue is not null ? RemoveAsync(session) : Task.CompletedTask;
        }
    }

    /// <summary>Puts a session in that was kept on disk.</summary>
    internal Session Restore(StoredSession stored, Token token)
    {
        var session = new Session(new SessionKey(stored.Cid, stored.ClientId), token, stored.Number)
        {
            IsStored = true,
            Expiry = TimeSpan.FromSeconds(stored.ExpirySeconds),
            // Of a client that was there when the process ended nobody knows when it went: its time begins now.
            DisconnectedAt = stored.DisconnectedAt > 0 ? stored.DisconnectedAt : clock.GetUtcNow().ToUnixTimeSeconds(),
        };
        Add(session);
        _lastNumber = Math.Max(_lastNumber, stored.Number);
        return session;
    }

    /// <summary>The group that a shared filter of a session belongs to.</summary>
    internal ShareGroup GroupOf(Session session, SubscriptionFilter filter) => filters.GroupOf(session.Key.Cid, filter);

    /// <summary>Puts a subscription in, in place of one with the same filter.</summary>
    /// <returns>Whether it can match messages of channels.</returns>
    internal bool Put(Subscription subscription, out Subscription? before)
    {
        lock (_gate)
        {
            before = null;
            if (subscription.Session.IsEnded) return false;
            // The new one first: nothing may fall between the two.
            filters.Add(subscription);
            before = subscription.Session.Put(subscription);
            if (before is not null) filters.Remove(before);
            return before is null ? interest.Add(subscription.Filter.Levels) : ChannelInterest.CanMatch(subscription.Filter.Levels);
        }
    }

    /// <summary>Takes a subscription out.</summary>
    /// <returns>False when there was none.</returns>
    internal bool Take(Session session, string filter)
    {
        if (session.Take(filter) is not { } subscription) return false;
        filters.Remove(subscription);
        interest.Remove(subscription.Filter.Levels);
        return true;
    }

    private void Note(SessionEventCode code, Session session) =>
        journal.Note(new SessionEvent(code, session.Key) { SessionId = session.Number, Item = MqttSessionRoutes.StateShape.WriterOf(session) });

    private void Add(Session session)
    {
        _sessions[session.Key] = session;
        _byNumber[session.Number] = session;
    }

    /// <summary>The time in ms, or one more than the last: numbers of sessions that only memory had do not come again after a restart.</summary>
    private long NextNumber() => _lastNumber = Math.Max(_lastNumber + 1, clock.GetUtcNow().ToUnixTimeMilliseconds());

    /// <summary>Why an account may have no more sessions; null when it may.</summary>
    private string? ProblemOf(long cid) =>
        Count >= MqttLimits.SessionsMax ? $"A gateway has at most {MqttLimits.SessionsMax} MQTT sessions." : limits.ProblemOf(cid, LimitName.MqttSessions, SessionsBelow);

    private async Task RemoveAsync(Session session)
    {
        // The queue first: while it is opened it notes its place in the store.
        await queues.DeleteAsync(session).ConfigureAwait(false);
        await store.RemoveAsync(session.Number).ConfigureAwait(false);
    }

    private long SessionsBelow(long ancestorId) => All.Count(session => accounts.IsWithin(session.Key.Cid, ancestorId));

    private static StoredSession StoredOf(Session session) =>
        new(session.Number, session.Key.Cid, session.Key.ClientId, session.Token.Id, (long)session.Expiry.TotalSeconds, session.DisconnectedAt);
}

/// <summary>What a client that connects wants of its session.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Token">The token it shows.</param>
/// <param name="IsClean">Nothing of a former session is wanted.</param>
/// <param name="Expiry">How long the session shall outlive the connection.</param>
/// <param name="ReceiveMaximum">Deliveries that it wants unacknowledged at most.</param>
/// <param name="Connection">The connection.</param>
internal sealed record SessionOpening(SessionKey Key, Token Token, bool IsClean, TimeSpan Expiry, int ReceiveMaximum, ClientConnection Connection);
