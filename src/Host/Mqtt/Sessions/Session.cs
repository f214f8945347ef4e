using Gateway.Host.Accounts;
using Gateway.Host.Mqtt.Channels;
using Gateway.Host.Mqtt.Connections;
using Gateway.Host.Mqtt.Storing;
using Gateway.Host.Mqtt.Topics;

namespace Gateway.Host.Mqtt.Sessions;

/// <summary>Name of a session: client ids are an account's own.</summary>
/// <param name="Cid">The account.</param>
/// <param name="ClientId">The client's name for itself.</param>
internal readonly record struct SessionKey(long Cid, string ClientId);

/// <summary>What the broker knows of a client: its token, what it subscribed to, what waits for it. Outlives its connection when the client wants that.</summary>
/// <remarks>Any number of threads; one gate guards all that changes. While it is held nothing else is waited for, except the account's trees of filters.</remarks>
internal sealed partial class Session
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Subscription> _subscriptions = new(StringComparer.Ordinal);

    /// <summary>A session without subscriptions.</summary>
    internal Session(SessionKey key, Token token, long number)
    {
        Key = key;
        Token = token;
        Number = number;
    }

    /// <summary>Its name.</summary>
    internal SessionKey Key { get; }

    /// <summary>Its number, never given to another one.</summary>
    internal long Number { get; }

    /// <summary>Held while its subscriptions and what is stored of them change: its client and users of REST may do so at the same time. Before every other gate.</summary>
    internal Lock Changing { get; } = new();

    /// <summary>The token it was opened with last.</summary>
    internal Token Token { get; set; }

    /// <summary>Who its client is, as it was asked last.</summary>
    internal Caller? Caller { get; set; }

    /// <summary>What waits for it alone; null while nothing ever did.</summary>
    internal Task<SessionQueue>? Queue { get; set; }

    /// <summary>When what it acknowledged was freed last, ms of <see cref="Environment.TickCount64"/>.</summary>
    internal long TrimmedAt { get; set; }

    /// <summary>How long it outlives its connection; zero: it ends with it.</summary>
    internal TimeSpan Expiry { get; set; }

    /// <summary>Whether it outlives its connection.</summary>
    internal bool IsPersistent => Expiry > TimeSpan.Zero;

    /// <summary>It is in the store.</summary>
    internal bool IsStored { get; set; }

    /// <summary>When its client went, s since 1970; 0 while it is there.</summary>
    internal long DisconnectedAt { get; set; }

    /// <summary>It is gone: nothing may be added to it any more.</summary>
    internal bool IsEnded { get; set; }

    /// <summary>The connection of its client, null while that is away.</summary>
    internal ClientConnection? Connection { get; private set; }

    /// <summary>Its own filters, for messages that it reads from logs. Those shared with others are not among them.</summary>
    internal TopicTrie<Subscription> Filters { get; } = new();

    /// <summary>How many subscriptions it has.</summary>
    internal int SubscriptionCount
    {
        get { lock (_gate) return _subscriptions.Count; }
    }

    /// <summary>All subscriptions.</summary>
    internal IReadOnlyList<Subscription> Subscriptions
    {
        get { lock (_gate) return [.. _subscriptions.Values]; }
    }

    /// <summary>Whether it has a subscription.</summary>
    internal bool Has(string filter)
    {
        lock (_gate) return _subscriptions.ContainsKey(filter);
    }

    /// <summary>Puts a subscription in, in place of one with the same filter.</summary>
    /// <returns>The one before, null when there was none.</returns>
    internal Subscription? Put(Subscription subscription)
    {
        lock (_gate)
        {
            _subscriptions.Remove(subscription.Filter.Text, out Subscription? before);
            _subscriptions.Add(subscription.Filter.Text, subscription);
            if (before is { Group: null }) Filters.Remove(before.Filter, before);
            if (subscription.Group is null) Filters.Add(subscription.Filter, subscription);
            return before;
        }
    }

    /// <summary>Takes a subscription out.</summary>
    /// <returns>It, null when there is none.</returns>
    internal Subscription? Take(string filter)
    {
        lock (_gate)
        {
            if (!_subscriptions.Remove(filter, out Subscription? subscription)) return null;
            if (subscription.Group is null) Filters.Remove(subscription.Filter, subscription);
            if (ChannelInterest.CanMatch(subscription.Filter.Levels)) LeaveChannels();
            return subscription;
        }
    }
}
