namespace Gateway.Host.Mqtt.Topics;

/// <summary>Finds the filters that match a topic: a tree by levels, walked once per topic whatever the number of filters.</summary>
/// <typeparam name="T">What is found. The same may stand at several filters.</typeparam>
/// <remarks>Any number of threads. A level that lists values is one node that stands at each of them, so lists of lists do not multiply.</remarks>
internal sealed class TopicTrie<T> where T : class
{
    private readonly Lock _gate = new();
    private readonly Node _root = new();

    /// <summary>Filters held.</summary>
    internal int Count { get; private set; }

    /// <summary>Adds an item at a filter.</summary>
    internal void Add(SubscriptionFilter filter, T item)
    {
        lock (_gate)
        {
            Node node = _root;
            foreach (string level in filter.Levels)
            {
                if (level is "#") break;
                node = node.Below(level);
            }
            (filter.Levels[^1] is "#" ? node.Deep ??= [] : node.Here ??= []).Add(item);
            Count++;
        }
    }

    /// <summary>Takes an item away from a filter.</summary>
    /// <returns>False when it was not there.</returns>
    internal bool Remove(SubscriptionFilter filter, T item)
    {
        lock (_gate)
        {
            bool isRemoved = Remove(_root, filter.Levels, item);
            if (isRemoved) Count--;
            return isRemoved;
        }
    }

    /// <summary>Adds the items of all filters that match a topic to a list.</summary>
    internal void Match(ReadOnlySpan<char> topic, List<T> found)
    {
        // Topics that begin with $ are not matched by a leading wildcard (MQTT 5, 4.7.2).
        bool isHidden = topic is ['$', ..];
        lock (_gate)
        {
            if (Count > 0) Match(_root, topic, isTopicDone: false, isHidden, found);
        }
    }

    /// <summary>Whether any filter can match topics that begin with these levels and have more.</summary>
    internal bool Reaches(ReadOnlySpan<char> levels)
    {
        lock (_gate) return Count > 0 && Reaches(_root, levels, isDone: false);
    }

    private static bool Reaches(Node node, ReadOnlySpan<char> rest, bool isDone)
    {
        if (node.Deep is { Count: > 0 }) return true;
        if (isDone) return node.Any is not null || node.ByValue is { Count: > 0 } || node.Lists is { Count: > 0 };
        bool hasMore = TopicLevels.TryNext(ref rest, out ReadOnlySpan<char> level);
        if (node.ByValue is not null && node.ByValue.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(level, out Node? exact) && Reaches(exact, rest, !hasMore)) return true;
        if (node.Any is not null && Reaches(node.Any, rest, !hasMore)) return true;
        if (node.ByListed is null || !node.ByListed.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(level, out List<Node>? lists)) return false;
        foreach (Node list in lists)
            if (Reaches(list, rest, !hasMore)) return true;
        return false;
    }

    private static void Match(Node node, ReadOnlySpan<char> rest, bool isTopicDone, bool isHidden, List<T> found)
    {
        if (node.Deep is not null && !isHidden) found.AddRange(node.Deep);     // a/# matches a itself
        if (isTopicDone)
        {
            if (node.Here is not null) found.AddRange(node.Here);
            return;
        }
        bool hasMore = TopicLevels.TryNext(ref rest, out ReadOnlySpan<char> level);
        if (node.ByValue is not null && node.ByValue.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(level, out Node? exact)) Match(exact, rest, !hasMore, false, found);
        if (node.Any is not null && !isHidden) Match(node.Any, rest, !hasMore, false, found);
        if (node.ByListed is null || !node.ByListed.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(level, out List<Node>? lists)) return;
        foreach (Node list in lists) Match(list, rest, !hasMore, false, found);
    }

    private static bool Remove(Node node, ReadOnlySpan<string> levels, T item)
    {
        if (levels.IsEmpty) return node.Here?.Remove(item) ?? false;
        if (levels[0] is "#") return node.Deep?.Remove(item) ?? false;
        if (node.Find(levels[0]) is not { } below || !Remove(below, levels[1..], item)) return false;
        if (below.IsEmpty) node.Drop(levels[0]);
        return true;
    }

    private sealed class Node
    {
        internal Dictionary<string, Node>? ByValue;
        internal Dictionary<string, List<Node>>? ByListed;
        internal Dictionary<string, Node>? Lists;
        internal Node? Any;
        internal List<T>? Here;
        internal List<T>? Deep;

        internal bool IsEmpty => Any is null && ByValue is not { Count: > 0 } && Lists is not { Count: > 0 } && Here is not { Count: > 0 } && Deep is not { Count: > 0 };

        internal Node? Find(string level) => level is "+" ? Any : IsList(level) ? Lists?.GetValueOrDefault(level) : ByValue?.GetValueOrDefault(level);

        internal Node Below(string level)
        {
            if (Find(level) is { } known) return known;
            var node = new Node();
            if (level is "+") return Any = node;
            if (!IsList(level)) return (ByValue ??= new(StringComparer.Ordinal))[level] = node;
            (Lists ??= new(StringComparer.Ordinal))[level] = node;
            ByListed ??= new(StringComparer.Ordinal);
            foreach (string value in ValuesOf(level))
            {
                if (!ByListed.TryGetValue(value, out List<Node>? nodes)) ByListed[value] = nodes = [];
                nodes.Add(node);
            }
            return node;
        }

        internal void Drop(string level)
        {
            if (level is "+") Any = null;
            else if (!IsList(level)) ByValue!.Remove(level);
            else if (Lists!.Remove(level, out Node? list))
            {
                foreach (string value in ValuesOf(level))
                {
                    ByListed![value].Remove(list);
                    if (ByListed[value].Count == 0) ByListed.Remove(value);
                }
            }
        }

        private static bool IsList(string level) => level.Contains(',', StringComparison.Ordinal);

        /// <summary>What a list matches: its values, and itself, since topics may have commas of their own.</summary>
        private static HashSet<string> ValuesOf(string list) => new(list.Split(','), StringComparer.Ordinal) { list };
    }
}
