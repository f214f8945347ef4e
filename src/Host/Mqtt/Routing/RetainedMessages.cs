using Gateway.Host.Accounts;
using Gateway.Host.Mqtt.Sessions;
using Gateway.Host.Mqtt.Storing;
using Gateway.Host.Mqtt.Topics;

namespace Gateway.Host.Mqtt.Routing;

/// <summary>The last retained message of each topic, for who subscribes later. Each account has topics of its own.</summary>
/// <remarks>
/// Any number of threads. Those of clients are kept here and on disk; those of the gateway are not kept, since what they tell is kept elsewhere: their sources are asked.
/// </remarks>
internal sealed class RetainedMessages(SessionStore store, IEnumerable<IRetainedSource> sources, AccountDirectory accounts, LimitDirectory limits)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<long, Shelf> _shelves = [];
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

    /// <summary>All messages that a filter matches, of an account and those below it, those that expired left out.</summary>
    /// <param name="cid">The account of the subscriber.</param>
    /// <param name="filter">The filter.</param>
    /// <param name="mayRead">Whether the subscriber may read part of an item of an account.</param>
    /// <param name="nowUs">µs since 1970.</param>
    internal List<Publication> Match(long cid, SubscriptionFilter filter, Func<long, ItemRight, bool> mayRead, long nowUs)
    {
        var found = new List<Publication>();
        foreach (IRetainedSource source in sources) source.Find(filter, mayRead, found);
        lock (_gate)
        {
            foreach ((long owner, Shelf shelf) in _shelves)
            {
                if (!accounts.IsWithin(owner, cid)) continue;
                int first = found.Count;
                shelf.Match(filter, found);
                for (int i = found.Count - 1; i >= first; i--)
                    if (found[i].Extra.ExpirySeconds is > 0 and uint seconds && found[i].TimeUs + seconds * 1_000_000L < nowUs) found.RemoveAt(i);
            }
        }
        return found;
    }

    private void Put(Publication publication, out bool isChanged)
    {
        lock (_gate)
        {
            if (!_shelves.TryGetValue(publication.Cid, out Shelf? shelf)) _shelves[publication.Cid] = shelf = new Shelf();
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
            long before = _shelves.TryGetValue(publication.Cid, out Shelf? shelf) && shelf.ByTopic.TryGetValue(publication.Topic, out Publication? known) ? known.Bytes : 0;
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

    /// <summary>The retained messages of one account, as a tree by levels: a filter walks only where it can match.</summary>
    private sealed class Shelf
    {
        private readonly Node _root = new();

        internal Dictionary<string, Publication> ByTopic { get; } = new(StringComparer.Ordinal);

        internal long Bytes { get; private set; }

        internal void Add(Publication publication)
        {
            ByTopic.Add(publication.Topic, publication);
            Bytes += publication.Bytes;
            Node node = _root;
            foreach (string level in publication.Topic.Split('/'))
            {
                node.Below ??= new(StringComparer.Ordinal);
                if (!node.Below.TryGetValue(level, out Node? below)) node.Below[level] = below = new Node();
                node = below;
            }
            node.Here = publication;
        }

        internal Publication? Take(string topic)
        {
            if (!ByTopic.Remove(topic, out Publication? publication)) return null;
            Bytes -= publication.Bytes;
            Take(_root, topic.Split('/'));
            return publication;
        }

        internal void Match(SubscriptionFilter filter, List<Publication> found) => Match(_root, filter.Levels, isFirst: true, found);

        private static void Take(Node node, ReadOnlySpan<string> levels)
        {
            if (levels.IsEmpty)
            {
                node.Here = null;
                return;
            }
            Node below = node.Below![levels[0]];
            Take(below, levels[1..]);
            if (below.Here is null && below.Below is not { Count: > 0 }) node.Below.Remove(levels[0]);
        }

        private static void Match(Node node, ReadOnlySpan<string> levels, bool isFirst, List<Publication> found)
        {
            if (levels.IsEmpty || levels[0] is "#")
            {
                if (node.Here is not null) found.Add(node.Here);
                if (levels.IsEmpty || node.Below is null) return;
                foreach ((string level, Node below) in node.Below)
                    if (!(isFirst && level.StartsWith('$'))) Match(below, levels, false, found);
                return;
            }
            if (node.Below is null) return;
            if (levels[0] is "+")
            {
                foreach ((string level, Node below) in node.Below)
                    if (!(isFirst && level.StartsWith('$'))) Match(below, levels[1..], false, found);
                return;
            }
            if (node.Below.TryGetValue(levels[0], out Node? exact)) Match(exact, levels[1..], false, found);
            if (!levels[0].Contains(',', StringComparison.Ordinal)) return;
            foreach (string value in levels[0].Split(',').Distinct())
                if (node.Below.TryGetValue(value, out Node? listed)) Match(listed, levels[1..], false, found);
        }

        private sealed class Node
        {
            internal Dictionary<string, Node>? Below;
            internal Publication? Here;
        }
    }
}
