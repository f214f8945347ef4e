namespace Gateway.Host.Mqtt.Storing;

/// <summary>A session as it is kept on disk.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Cid">The account.</param>
/// <param name="ClientId">The client's name for itself.</param>
/// <param name="TokenId">Number of its token.</param>
/// <param name="ExpirySeconds">How long it outlives its connection.</param>
/// <param name="DisconnectedAt">When its client went, s since 1970; 0 when it was there.</param>
internal sealed record StoredSession(long Number, long Cid, string ClientId, long TokenId, long ExpirySeconds, long DisconnectedAt)
{
    /// <summary>Its subscriptions.</summary>
    internal List<StoredSubscription> Subscriptions { get; } = [];

    /// <summary>Its places in logs by <see cref="Sessions.LogSource.Number"/>.</summary>
    internal Dictionary<long, (long AcknowledgedBelow, long SentBelow)> Places { get; } = [];
}

/// <summary>How far a group has been handed the messages of a channel.</summary>
/// <param name="Cid">The account.</param>
/// <param name="Filter">The filter with its prefix: the name of the group.</param>
/// <param name="ChannelId">The channel.</param>
/// <param name="Next">Everything below this key was handed to a member, or was not wanted.</param>
internal sealed record GroupPlace(long Cid, string Filter, long ChannelId, long Next);

/// <summary>A subscription as it is kept on disk.</summary>
/// <param name="Filter">As the client wrote it.</param>
/// <param name="Qos">0 or 1.</param>
/// <param name="NoLocal">See <see cref="Sessions.Subscription.NoLocal"/>.</param>
/// <param name="RetainAsPublished">See <see cref="Sessions.Subscription.RetainAsPublished"/>.</param>
/// <param name="Identifier">The client's number for it, 0 for none.</param>
/// <param name="FilterCid">Account that messages must be of, from the request's user property; 0 for any.</param>
internal sealed record StoredSubscription(string Filter, byte Qos, bool NoLocal, bool RetainAsPublished, uint Identifier, long FilterCid);
