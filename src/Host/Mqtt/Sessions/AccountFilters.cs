using System.Collections.Concurrent;
using Gateway.Host.Accounts;
using Gateway.Host.Mqtt.Routing;
using Gateway.Host.Mqtt.Topics;

namespace Gateway.Host.Mqtt.Sessions;

/// <summary>Who wants messages: for each account a tree of the filters of its sessions. A message is looked up in the trees of its account and of those above.</summary>
/// <remarks>Any number of threads. A shared filter stands in the tree once, and the group chooses.</remarks>
internal sealed class AccountFilters(AccountDirectory accounts)
{
    private readonly ConcurrentDictionary<long, Tree> _trees = new();

    /// <summary>The group of a shared filter, made when it is not there.</summary>
    internal ShareGroup GroupOf(long cid, SubscriptionFilter filter) => TreeOf(cid).Groups.GetOrAdd(filter.Text, static (text, cid) => new ShareGroup(cid, text), cid);

    /// <summary>Puts a subscription in.</summary>
    internal void Add(Subscription subscription)
    {
        Tree tree = TreeOf(subscription.Session.Key.Cid);
        if (subscription.Group is null)
        {
            tree.Filters.Add(subscription.Filter, new Wish(subscription, null));
            return;
        }
        lock (tree.Groups)
        {
            bool isNew = subscription.Group.IsEmpty;
            subscription.Group.Add(subscription);
            tree.Groups[subscription.Filter.Text] = subscription.Group;
            if (isNew) tree.Filters.Add(subscription.Filter, new Wish(null, subscription.Group));
        }
    }

    /// <summary>Takes a subscription out.</summary>
    internal void Remove(Subscription subscription)
    {
        Tree tree = TreeOf(subscription.Session.Key.Cid);
        if (subscription.Group is null)
        {
            tree.Filters.Remove(subscription.Filter, new Wish(subscription, null));
            return;
        }
        lock (tree.Groups)
        {
            if (subscription.Group.IsEmpty) return;
            subscription.Group.Remove(subscription);
            if (!subscription.Group.IsEmpty) return;
            tree.Filters.Remove(subscription.Filter, new Wish(null, subscription.Group));
            tree.Groups.TryRemove(new(subscription.Filter.Text, subscription.Group));
        }
    }

    /// <summary>Finds who wants messages of a topic.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="cid">The account of the message.</param>
    /// <param name="found">Wishes are added to it.</param>
    internal void Match(string topic, long cid, List<Wish> found)
    {
        foreach (Account account in accounts.Upward(cid))
            if (_trees.TryGetValue(account.Id, out Tree? tree)) tree.Filters.Match(topic, found);
    }

    /// <summary>Whether anybody may want messages below a topic; quick, for who would have to make many of them.</summary>
    /// <param name="topic">How the topics begin: whole levels, none of them a wildcard or hidden.</param>
    /// <param name="cid">The account of the messages.</param>
    internal bool Reaches(string topic, long cid)
    {
        foreach (Account account in accounts.Upward(cid))
            if (_trees.TryGetValue(account.Id, out Tree? tree) && tree.Filters.Reaches(topic)) return true;
        return false;
    }

    private Tree TreeOf(long cid) => _trees.GetOrAdd(cid, static _ => new Tree());

    private sealed class Tree
    {
        internal TopicTrie<Wish> Filters { get; } = new();

        internal ConcurrentDictionary<string, ShareGroup> Groups { get; } = new(StringComparer.Ordinal);
    }
}

/// <summary>What a filter in the tree of an account stands for: a subscription, or a group of them.</summary>
/// <param name="Subscription">The subscription, null for a group.</param>
/// <param name="Group">The group, null for a subscription.</param>
internal sealed record Wish(Subscription? Subscription, ShareGroup? Group);
