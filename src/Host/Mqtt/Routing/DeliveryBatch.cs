using Gateway.Host.Mqtt.Connections;
using Gateway.Host.Mqtt.Sessions;

namespace Gateway.Host.Mqtt.Routing;

/// <summary>What one publisher needs to bring messages to sessions, used again and again: who wants a message, and whom to wake when the batch is through. One thread at a time.</summary>
internal sealed class DeliveryBatch
{
    private static readonly uint[] s_none = [];

    private readonly Dictionary<Session, int> _places = [];
    private readonly List<Draft> _drafts = [];
    private readonly List<ClientConnection> _toWake = [];

    /// <summary>Scratch for what matches.</summary>
    internal List<Wish> Matches { get; } = [];

    /// <summary>Sessions that want the message.</summary>
    internal int Count => _drafts.Count;

    /// <summary>Session of a draft.</summary>
    internal Session SessionAt(int index) => _drafts[index].Session;

    /// <summary>Group that a draft was given for; null when it is the session's own.</summary>
    internal ShareGroup? GroupAt(int index) => _drafts[index].Group;

    /// <summary>Begins with the next message.</summary>
    internal void Clear()
    {
        Matches.Clear();
        _drafts.Clear();
        _places.Clear();
    }

    /// <summary>Adds a subscription that wants the message: a session gets one copy for all of its own, and one for each group that it stands in for.</summary>
    internal void Add(Subscription subscription, Publication? publication = null)
    {
        bool keepsRetain = subscription.RetainAsPublished && publication?.IsRetained is true;
        if (subscription.Group is null && _places.TryGetValue(subscription.Session, out int place))
        {
            Draft draft = _drafts[place];
            draft.Qos = Math.Max(draft.Qos, subscription.Qos);
            draft.IsRetained |= keepsRetain;
            if (subscription.Identifier != 0) draft.Identifiers = [.. draft.Identifiers, subscription.Identifier];
            _drafts[place] = draft;
            return;
        }
        if (subscription.Group is null) _places.Add(subscription.Session, _drafts.Count);
        _drafts.Add(new Draft { Session = subscription.Session, Group = subscription.Group, Qos = subscription.Qos, IsRetained = keepsRetain, Identifiers = subscription.Identifiers });
    }

    /// <summary>The delivery of a draft.</summary>
    internal Delivery DeliveryAt(int index, Publication publication)
    {
        Draft draft = _drafts[index];
        return new Delivery(publication, Math.Min(draft.Qos, publication.Qos), draft.IsRetained, draft.Identifiers);
    }

    /// <summary>Notes a connection that has something to write when the batch is through.</summary>
    internal void Wake(ClientConnection? connection)
    {
        if (connection is not null) _toWake.Add(connection);
    }

    /// <summary>The batch is through: wakes whoever has something to write.</summary>
    internal void Complete()
    {
        Clear();
        foreach (ClientConnection connection in _toWake) connection.Wake();
        _toWake.Clear();
    }

    /// <summary>No identifiers.</summary>
    internal static uint[] NoIdentifiers => s_none;

    private struct Draft
    {
        internal Session Session;
        internal ShareGroup? Group;
        internal byte Qos;
        internal bool IsRetained;
        internal uint[] Identifiers;
    }
}
