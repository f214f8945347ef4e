using Gateway.Host.Mqtt.Topics;

namespace Gateway.Host.Mqtt.Routing;

/// <summary>The retained messages of one account, as a tree by levels: a filter walks only where it can match.</summary>
/// <remarks>Guarded by who has it.</remarks>
internal sealed class RetainedShelf
{
    private readonly Node _root = new();

    /// <summary>All of them.</summary>
    internal Dictionary<string, Publication> ByTopic { get; } = new(StringComparer.Ordinal);

    /// <summary>Bytes of all.</summary>
    internal long Bytes { get; private set; }

    /// <summary>Adds one at a topic that has none.</summary>
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

    /// <summary>Takes out the one at a topic.</summary>
    internal Publication? Take(string topic)
    {
        if (!ByTopic.Remove(topic, out Publication? publication)) return null;
        Bytes -= publication.Bytes;
        Take(_root, topic.Split('/'));
        return publication;
    }

    /// <summary>Adds those that a filter matches to a list.</summary>
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
