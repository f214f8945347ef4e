using Gateway.Host.Mqtt.Routing;

namespace Gateway.Host.Mqtt.Sessions;

/// <summary>Retained messages that a client gets for a subscription, read as its outbox takes them.</summary>
/// <remarks>One thread reads; what says so is guarded by the session.</remarks>
internal sealed class Replay(Subscription subscription, RetainedMessages retained, SessionAccess access)
{
    private readonly List<Publication> _piece = [];
    private readonly HashSet<(long Cid, string Topic)> _offered = [];
    private RetainedWalk? _walk;

    /// <summary>The subscription.</summary>
    internal Subscription Subscription => subscription;

    /// <summary>What was read last and may be given, with what its client may have.</summary>
    internal IReadOnlyList<Publication> Piece => _piece;

    /// <summary>Reads the next piece; it may be empty, and more behind.</summary>
    /// <returns>False at the end.</returns>
    internal bool TryRead()
    {
        Session session = subscription.Session;
        _walk ??= retained.Open(session.Key.Cid, subscription.Filter);
        _piece.Clear();
        if (!_walk.TryRead((cid, right) => access.MayRead(session, cid, right), _piece)) return false;
        _piece.RemoveAll(publication => !subscription.Wants(publication) || !access.MayReceive(session, publication));
        return true;
    }

    /// <summary>A piece is about to be read. Guarded by the session.</summary>
    internal void Begin() => _offered.Clear();

    /// <summary>A message was offered to the session while a piece is read. Guarded by the session.</summary>
    internal void NoteOffered(Publication publication)
    {
        if (publication.IsRetained) _offered.Add((publication.Cid, publication.Topic));
    }

    /// <summary>Whether its topic was told while the piece was read: that is at least as new as what was read. Guarded by the session.</summary>
    internal bool IsOutdated(Publication publication) => _offered.Contains((publication.Cid, publication.Topic));

    /// <summary>From this message on the piece could not be taken: it is read again, as it is then.</summary>
    internal void GoBack(Publication to) => _walk!.GoBack(to);

    /// <summary>The delivery of a message.</summary>
    internal Delivery DeliveryOf(Publication publication) => new(publication, Math.Min(subscription.Qos, publication.Qos), IsRetained: true, subscription.Identifiers);
}
