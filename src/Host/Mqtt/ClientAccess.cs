using System.Collections.Concurrent;
using Gateway.Host.Accounts;

namespace Gateway.Host.Mqtt;

/// <summary>Knows whose each MQTT session is, and decides what its client may do and what reaches it. A session nobody is known for gets nothing.</summary>
/// <remarks>Any number of threads. Tokens are looked up anew each time: a change or the end of one holds for the next message.</remarks>
internal sealed class ClientAccess(AccessPolicy policy, AccessTokens tokens, AccountDirectory accounts, LimitDirectory limits, TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, Session> _sessions = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<long, MinuteCount> _published = new();

    /// <summary>Takes a client in.</summary>
    /// <returns>False when its client id is another account's, or the account may have no more sessions.</returns>
    internal bool TryAdmit(string clientId, Token token)
    {
        var session = new Session(token);
        while (true)
        {
            if (!_sessions.TryGetValue(clientId, out Session? former))
            {
                if (limits.ProblemOf(token.Cid, LimitName.MqttSessions, SessionsBelow) is not null) return false;
                if (_sessions.TryAdd(clientId, session)) return true;
                continue;
            }
            if (former.Token.Cid != token.Cid) return false;
            session.TakeOver(former);
            if (_sessions.TryUpdate(clientId, session, former)) return true;
        }
    }

    /// <summary>Whether the token of a session is still valid; that of a connected client is in use.</summary>
    internal bool IsCurrent(string clientId, bool isConnected) => _sessions.TryGetValue(clientId, out Session? session) && tokens.IsCurrent(session.Token, isUsed: isConnected);

    /// <summary>The mark of a client's session, to be kept with it for <see cref="Forget"/>.</summary>
    internal object? MarkOf(string clientId) => _sessions.GetValueOrDefault(clientId);

    /// <summary>Forgets a session that is gone, unless the client id has been taken up anew.</summary>
    internal void Forget(string clientId, object? mark)
    {
        if (mark is Session session) _sessions.TryRemove(new(clientId, session));
    }

    /// <summary>Whether a client may publish to a topic, and its account any more messages in this minute.</summary>
    /// <param name="clientId">The client.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="cid">The account whose message it is.</param>
    /// <param name="isOverLimit">Not for want of a right but because of a limit.</param>
    internal bool MayPublish(string clientId, string topic, out long cid, out bool isOverLimit)
    {
        cid = 0;
        isOverLimit = false;
        if (CallerOf(clientId) is not { } caller || !AccessPolicy.MayPublish(caller, topic)) return false;
        cid = caller.AccountId;
        long minute = clock.GetUtcNow().Ticks / TimeSpan.TicksPerMinute;
        foreach (Account account in accounts.Upward(cid))
        {
            if (limits.Of(account, LimitName.MqttMessages) is not { } max) continue;
            isOverLimit |= _published.GetOrAdd(account.Id, static _ => new MinuteCount()).Add(minute, 1) > max;
        }
        return !isOverLimit;
    }

    /// <summary>Whether a client may subscribe to a filter, and its account to one more.</summary>
    internal bool MaySubscribe(string clientId, string filter, out bool isOverLimit)
    {
        isOverLimit = false;
        if (CallerOf(clientId) is not { } caller || !AccessPolicy.MaySubscribe(caller, filter)) return false;
        isOverLimit = !_sessions[clientId].Has(filter) && limits.ProblemOf(caller.AccountId, LimitName.MqttSubscriptions, SubscriptionsBelow) is not null;
        return !isOverLimit;
    }

    /// <summary>Counts a subscription.</summary>
    internal void OnSubscribed(string clientId, string filter)
    {
        if (_sessions.TryGetValue(clientId, out Session? session)) session.Add(filter);
    }

    /// <summary>Counts a subscription that ended.</summary>
    internal void OnUnsubscribed(string clientId, string filter)
    {
        if (_sessions.TryGetValue(clientId, out Session? session)) session.Remove(filter);
    }

    /// <summary>Whether a message may reach a client: messages of channels by its right to read those, others within its account and those below it.</summary>
    internal bool MayReceive(string clientId, OwnedProperties? owner, string topic)
    {
        if (owner is null || CallerOf(clientId) is not { } caller) return false;
        return owner.ChannelId != 0
            ? policy.MayRead(caller, "gw/channels", "messages", owner.Cid, owner.ChannelId)
            : accounts.IsWithin(owner.Cid, caller.AccountId) && AccessPolicy.MaySubscribe(caller, topic);
    }

    private Caller? CallerOf(string clientId) =>
        _sessions.TryGetValue(clientId, out Session? session) && tokens.Current(session.Token) is { } token ? new Caller(token, token.Cid) : null;

    private long SessionsBelow(long ancestorId) => _sessions.Values.Count(session => accounts.IsWithin(session.Token.Cid, ancestorId));

    private long SubscriptionsBelow(long ancestorId) => _sessions.Values.Where(session => accounts.IsWithin(session.Token.Cid, ancestorId)).Sum(session => (long)session.Subscriptions);

    /// <summary>A session of the broker: its token and what it subscribed to.</summary>
    private sealed class Session(Token token)
    {
        private HashSet<string> _filters = new(StringComparer.Ordinal);

        internal Token Token => token;

        internal int Subscriptions
        {
            get { lock (_filters) return _filters.Count; }
        }

        internal void TakeOver(Session former) => _filters = former._filters;

        internal bool Has(string filter)
        {
            lock (_filters) return _filters.Contains(filter);
        }

        internal void Add(string filter)
        {
            lock (_filters) _filters.Add(filter);
        }

        internal void Remove(string filter)
        {
            lock (_filters) _filters.Remove(filter);
        }
    }
}
