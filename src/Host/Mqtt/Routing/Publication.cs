using System.Text;
using Gateway.Host.Mqtt.Wire;

namespace Gateway.Host.Mqtt.Routing;

/// <summary>A message on its way to subscribers: topic, properties and payload encoded once, shared by all of them. Immutable.</summary>
internal sealed class Publication
{
    private byte[]? _topicBytes;
    private byte[]? _properties;

    /// <summary>Full topic.</summary>
    internal required string Topic { get; init; }

    /// <summary>Payload; never changed after this.</summary>
    internal required ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>The account whose it is.</summary>
    internal required long Cid { get; init; }

    /// <summary>When it appeared, µs since 1970.</summary>
    internal required long TimeUs { get; init; }

    /// <summary>0 or 1; a delivery has no more than this and than its subscription's.</summary>
    internal byte Qos { get; init; } = 1;

    /// <summary>Published as retained.</summary>
    internal bool IsRetained { get; init; }

    /// <summary>What its readers must be allowed to read; null for a client's own topics, which need the account and the topic.</summary>
    internal ItemRight? Right { get; init; }

    /// <summary>Session that published it, for subscriptions that do not want their own; null for the gateway.</summary>
    internal object? Sender { get; init; }

    /// <summary>What its sender attached, besides time and account.</summary>
    internal PublicationProperties Extra { get; init; } = PublicationProperties.None;

    /// <summary>The topic in UTF-8.</summary>
    internal ReadOnlySpan<byte> TopicBytes => _topicBytes ??= Encoding.UTF8.GetBytes(Topic);

    /// <summary>Properties of MQTT 5, without their length and without subscription identifiers.</summary>
    internal ReadOnlySpan<byte> Properties => _properties ??= Extra.Encode(TimeUs, Cid);

    /// <summary>Bytes of topic and payload: what it costs while it waits.</summary>
    internal int Bytes => Topic.Length + Payload.Length;
}
