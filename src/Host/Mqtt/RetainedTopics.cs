using System.Collections.Concurrent;
using MQTTnet;

namespace Gateway.Host.Mqtt;

/// <summary>Keeps retained messages of accounts apart: the broker has one for each topic, so a topic belongs to the account that retains a message there first, until it clears it.</summary>
internal sealed class RetainedTopics
{
    /// <summary>Topics with a retained message of a client.</summary>
    internal const int CountMax = 100_000;

    private readonly ConcurrentDictionary<string, long> _owners = new(StringComparer.Ordinal);

    /// <summary>Whether an account may publish a message as far as what is retained goes.</summary>
    internal bool MayPublish(MqttApplicationMessage message, long cid)
    {
        if (!message.Retain) return true;
        if (message.Payload.IsEmpty) return !_owners.TryGetValue(message.Topic, out long owner) || (owner == cid && _owners.TryRemove(new(message.Topic, cid)));
        return _owners.Count < CountMax ? _owners.GetOrAdd(message.Topic, cid) == cid : _owners.TryGetValue(message.Topic, out long known) && known == cid;
    }
}
