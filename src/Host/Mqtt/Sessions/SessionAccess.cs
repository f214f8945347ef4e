using System.Collections.Concurrent;
using Gateway.Host.Accounts;
using Gateway.Host.Mqtt.Routing;

namespace Gateway.Host.Mqtt.Sessions;

/// <summary>Decides what a session's client may do and what reaches it.</summary>
/// <remarks>Any number of threads. Tokens are looked up anew each time: a change or the end of one holds for the next message.</remarks>
internal sealed class SessionAccess(AccessPolicy policy, AccessTokens tokens, AccountDirectory accounts, LimitDirectory limits, TimeProvider clock)
{
    private readonly ConcurrentDictionary<long, MinuteCount> _published = new();

    /// <summary>Whether a session may go on: its token is still valid, and its account is there. The token of a connected client is in use.</summary>
    internal bool IsCurrent(Session session) => IsWithin(session.Token, session.Key.Cid) && tokens.IsCurrent(session.Token, isUsed: session.Connection is not null);

    /// <summary>Whether a session of an account can stand on a token: one of the account, or of one above it that made the session ahead of its client.</summary>
    internal bool IsWithin(Token token, long cid) => accounts.Find(cid) is not null && accounts.IsWithin(cid, token.Cid);

    /// <summary>The token of a session as it is now, null when it is no longer valid.</summary>
    internal Token? TokenOf(Session session) => CallerOf(session)?.Token;

    /// <summary>Whether a client may publish to a topic.</summary>
    internal bool MayPublish(Session session, string topic) => CallerOf(session) is { } caller && AccessPolicy.MayPublish(caller, topic);

    /// <summary>Counts a message that is published against the limits of its account and those above.</summary>
    /// <returns>Whether it is within them.</returns>
    internal bool TryCountPublish(long cid)
    {
        bool isWithin = true;
        long minute = clock.GetUtcNow().Ticks / TimeSpan.TicksPerMinute;
        foreach (Account account in accounts.Upward(cid))
        {
            if (limits.Of(account, LimitName.MqttMessages) is not { } max) continue;
            isWithin &= _published.GetOrAdd(account.Id, static _ => new MinuteCount()).Add(minute, 1) <= max;
        }
        return isWithin;
    }

    /// <summary>Whether a client may subscribe to a filter.</summary>
    internal bool MaySubscribe(Session session, string filter) => CallerOf(session) is { } caller && AccessPolicy.MaySubscribe(caller, filter);

    /// <summary>Whether a message may reach a client: one of the gateway by its right to read the item, others within its account and those below it.</summary>
    internal bool MayReceive(Session session, Publication publication)
    {
        if (CallerOf(session) is not { } caller) return false;
        return publication.Right is { } right
            ? policy.MayRead(caller, right.Collection, right.Submodule, publication.Cid, right.Id)
            : accounts.IsWithin(publication.Cid, caller.AccountId) && AccessPolicy.MaySubscribe(caller, publication.Topic);
    }

    /// <summary>Whether a client may read part of an item of an account.</summary>
    internal bool MayRead(Session session, long cid, ItemRight right) => CallerOf(session) is { } caller && policy.MayRead(caller, right.Collection, right.Submodule, cid, right.Id);

    /// <summary>Bytes that may wait for a session on disk.</summary>
    internal long StorageOf(Session session) => limits.Least(session.Key.Cid, LimitName.MqttSessionStorage) ?? MqttLimits.SessionStorageBytes;

    private Caller? CallerOf(Session session)
    {
        if (tokens.Current(session.Token) is not { } token) return null;
        Caller? known = session.Caller;
        return ReferenceEquals(known?.Token, token) ? known : session.Caller = new Caller(token, session.Key.Cid);
    }
}
