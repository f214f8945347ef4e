using System.Runtime.InteropServices;
using Gateway.Host.Mqtt.Routing;
using Gateway.Host.Mqtt.Topics;

namespace Gateway.Host.Mqtt.Sessions;

/// <summary>One filter of a session, with the options of MQTT 5. Immutable; a changed one takes its place.</summary>
internal sealed class Subscription(Session session, SubscriptionFilter filter)
{
    /// <summary>Whose it is.</summary>
    internal Session Session => session;

    /// <summary>What is subscribed to.</summary>
    internal SubscriptionFilter Filter => filter;

    /// <summary>Its number: of the session and the text of the filter, so that it needs no place on disk and stays. 53 bits, which every JSON reader keeps.</summary>
    internal long Number => (long)(Fnv.Add(Fnv.Add(Fnv.Start, MemoryMarshal.AsBytes([session.Number])), MemoryMarshal.AsBytes(filter.Text.AsSpan())) & ((1UL << 53) - 1));

    /// <summary>0 or 1.</summary>
    internal byte Qos { get; init; }

    /// <summary>Messages that the session published itself are not wanted.</summary>
    internal bool NoLocal { get; init; }

    /// <summary>The retain flag is handed on as the sender set it.</summary>
    internal bool RetainAsPublished { get; init; }

    /// <summary>The client's number for it, 0 for none.</summary>
    internal uint Identifier
    {
        get => field;
        init
        {
            field = value;
            Identifiers = value == 0 ? [] : [value];
        }
    }

    /// <summary>The same as a list.</summary>
    internal uint[] Identifiers { get; private init; } = [];

    /// <summary>The group that shares it, null for none.</summary>
    internal ShareGroup? Group { get; init; }

    /// <summary>What <c>$filter</c> asks, ready to run; null for nothing.</summary>
    internal SpecMatcher? Spec { get; init; }

    /// <summary>Whether a message whose topic matches is wanted.</summary>
    internal bool Wants(Publication publication) =>
        !(NoLocal && ReferenceEquals(publication.Sender, session)) && (Spec is null || Spec.IsMet(publication));
}
