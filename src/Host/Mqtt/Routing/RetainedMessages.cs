using Gateway.Host.Accounts;
using Gateway.Host.Channels;
using Gateway.Host.Mqtt.Sessions;
using Gateway.Host.Mqtt.Storing;
using Gateway.Host.Mqtt.Topics;

namespace Gateway.Host.Mqtt.Routing;

/// <summary>The last retained message of each topic, for who subscribes later. Each account has topics of its own.</summary>
/// <remarks>
/// Any number of threads. Those of clients are kept here and on disk; those of the gateway are not kept, since what they tell is kept elsewhere: their sources are asked.
/// </remarks>
internal sealed class RetainedMessages(SessionStore store, IEnumerable<IRetainedSource> sources, AccountDirectory accounts, LimitDirectory limits, TimeProvider clock)
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _clock = clock;
    private readonly Dictionary<long, RetainedShelf> _shelves = [];
    private int _count;

    /// <summary>Messages held.</summary>
    internal int Count => Volatile.Read(ref _count);

    /// <summary>Takes what is stored.</summary>
    internal void Load() => store.ReadRetained(bytes =>
    {
        if (PublicationRecord.TryRead(bytes, out Delivery delivery)) Put(delivery.Publication, out _);
    });

    /// <summary>Takes a retained publication of a client, or with an empty payload forgets the one at its topic.</summary>
    /// <returns>A task that ends when it is durable; null when the account may retain no more.</returns>
    internal Task? TryPut(Publication publication)
    {
        if (!publication.Payload.IsEmpty && !Fits(publication)) return null;
        Put(publication, out bool isChanged);
        if (!isChanged) return Task.CompletedTask;
        return store.PutRetainedAsync(publication.Cid, publication.Topic, publication.Payload.IsEmpty ? null : PublicationRecord.Write(new Delivery(publication, 1, true, DeliveryBatch.NoIdentifiers)));
    }

    /// <summary>Begins to tell all messages that a filter matches, of an account and those below it, those that expired left out.</summary>
    /// <param name="cid">The account of who asks.</param>
    /// <param name="filter">The filter.</param>
    internal RetainedWalk Open(long cid, SubscriptionFilter filter) => RetainedWalk.Join([.. sources.Select(source => source.Open(filter)).OfType<RetainedWalk>(), new OwnWalk(this, cid, filter)]);

    private void Put(Publication publication, out bool isChanged)
    {
        lock (_gate)
        {
            if (!_shelves.TryGetValue(publication.Cid, out RetainedShelf? shelf)) _shelves[publication.Cid] = shelf = new RetainedShelf();
            Publication? before = shelf.Take(publication.Topic);
            bool isKept = !publication.Payload.IsEmpty;
            if (isKept) shelf.Add(publication);
            _count += (isKept ? 1 : 0) - (before is null ? 0 : 1);
            isChanged = before is not null || isKept;
        }
    }

    private bool Fits(Publication publication)
    {
        lock (_gate)
        {
            long before = _shelves.TryGetValue(publication.Cid, out RetainedShelf? shelf) && shelf.ByTopic.TryGetValue(publication.Topic, out Publication? known) ? known.Bytes : 0;
            if (before == 0 && _count >= MqttLimits.RetainedCountMax) return false;
            bool isLimited = false;
            foreach (Account account in accounts.Upward(publication.Cid))
            {
                if (limits.Of(account, LimitName.MqttRetainedStorage) is not { } max) continue;
                isLimited = true;
                if (_shelves.Where(pair => accounts.IsWithin(pair.Key, account.Id)).Sum(pair => pair.Value.Bytes) - before + publication.Bytes > max) return false;
            }
            return isLimited || (shelf?.Bytes ?? 0) - before + publication.Bytes <= MqttLimits.RetainedStorageBytes;
        }
    }

    /// <summary>Where messages of clients are that a filter matches; they are looked up when their turn comes, since they may have changed.</summary>
    private List<(long Cid, string Topic)> PlacesOf(long cid, SubscriptionFilter filter)
    {
        var places = new List<(long, string)>();
        var found = new List<Publication>();
        lock (_gate)
        {
            foreach ((long owner, RetainedShelf shelf) in _shelves)
            {
                if (!accounts.IsWithin(owner, cid)) continue;
                found.Clear();
                shelf.Match(filter, found);
                places.AddRange(found.Select(publication => (owner, publication.Topic)));
            }
        }
        return places;
    }

    /// <summary>Those of clients: it holds where they are, at most <see cref="MqttLimits.RetainedCountMax"/> places.</summary>
    private sealed class OwnWalk(RetainedMessages retained, long cid, SubscriptionFilter filter) : RetainedWalk
    {
        private const int PieceCountMax = 256;

        private List<(long Cid, string Topic)>? _places;
        private int _next;

        internal override bool TryRead(Func<long, ItemRight, bool> mayRead, List<Publication> found)
        {
            _places ??= retained.PlacesOf(cid, filter);
            if (_next == _places.Count) return false;
            long nowUs = retained._clock.GetUtcNow().ToUnixTimeUs();
            lock (retained._gate)
            {
                for (int end = Math.Min(_places.Count, _next + PieceCountMax); _next < end; _next++)
                {
                    (long owner, string topic) = _places[_next];
                    if (!retained._shelves.TryGetValue(owner, out RetainedShelf? shelf) || !shelf.ByTopic.TryGetValue(topic, out Publication? publication)) continue;
                    if (publication.Extra.ExpirySeconds is > 0 and uint seconds && publication.TimeUs + seconds * 1_000_000L < nowUs) continue;
                    found.Add(publication);
                }
            }
            return true;
        }

        internal override void GoBack(Publication to) => _next = _places!.LastIndexOf((to.Cid, to.Topic), _next - 1);
    }
}
