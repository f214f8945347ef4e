using System.Runtime.InteropServices;
using Gateway.Host.Mqtt.Topics;

namespace Gateway.Host.Mqtt.Sessions;

/// <summary>The subscriptions of several sessions of an account that share one filter: each message goes to one of them.</summary>
/// <remarks>
/// Any number of threads. A sticky group gives the same part of a topic to the same member as long as the members stay; when one comes or goes, only what was or becomes its own moves
/// (rendezvous hashing). Members whose client is there go before those whose client is away.
/// </remarks>
internal sealed class ShareGroup(long cid, string filter)
{
    private readonly Lock _gate = new();
    private readonly HashSet<long> _channels = [];
    private Subscription[] _members = [];
    private int _turn;

    /// <summary>The account.</summary>
    internal long Cid => cid;

    /// <summary>The filter with its prefix: the name of the group.</summary>
    internal string Filter => filter;

    /// <summary>Whether nobody is in it.</summary>
    internal bool IsEmpty
    {
        get { lock (_gate) return _members.Length == 0; }
    }

    /// <summary>Whether it is new that the group has a place of its own in a channel.</summary>
    internal bool TryBegin(long channelId)
    {
        lock (_gate) return _channels.Add(channelId);
    }

    /// <summary>Puts a member in, in place of the same session's former subscription.</summary>
    internal void Add(Subscription member)
    {
        lock (_gate) _members = [.. _members.Where(other => other.Session != member.Session), member];
    }

    /// <summary>Takes a member out.</summary>
    internal void Remove(Subscription member)
    {
        lock (_gate) _members = [.. _members.Where(other => other != member)];
    }

    /// <summary>Chooses the member for a message.</summary>
    /// <param name="topic">Its topic.</param>
    /// <param name="mayReceive">Whether a member may have it.</param>
    internal Subscription? Choose(string topic, Func<Subscription, bool> mayReceive)
    {
        Subscription[] members = Volatile.Read(ref _members);
        Subscription? chosen = null;
        bool isThere = false;
        ulong best = 0;
        uint turn = (uint)Interlocked.Increment(ref _turn);
        for (int i = 0; i < members.Length; i++)
        {
            Subscription member = members[(int)((turn + (uint)i) % (uint)members.Length)];
            bool memberIsThere = member.Session.Connection is not null;
            if (chosen is not null && isThere && !memberIsThere) continue;
            if (!memberIsThere && (!member.Session.IsPersistent || member.Qos == 0)) continue;
            ulong weight = member.Filter.StickyCount == 0 ? 0 : Weight(member.Filter.StickyPart(topic), member.Session.Key.ClientId);
            bool isBetter = chosen is null || (memberIsThere && !isThere) || weight > best;
            if (!isBetter || !mayReceive(member)) continue;
            (chosen, isThere, best) = (member, memberIsThere, weight);
            if (isThere && member.Filter.StickyCount == 0) break;
        }
        return chosen;
    }

    /// <summary>The final mix makes the upper bits, by which weights are compared, depend on all of the text.</summary>
    private static ulong Weight(ReadOnlySpan<char> part, string clientId)
    {
        ulong hash = Fnv.Add(Fnv.Add(Fnv.Start, MemoryMarshal.AsBytes(part)), MemoryMarshal.AsBytes(clientId.AsSpan()));
        hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccd;
        return hash ^ (hash >> 33);
    }
}
