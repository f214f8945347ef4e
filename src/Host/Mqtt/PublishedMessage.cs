using Gateway.Host.Channels;
using Gateway.Storage;

namespace Gateway.Host.Mqtt;

/// <summary>A message as MQTT clients see it.</summary>
internal readonly record struct PublishedMessage(string Topic, byte[] Payload)
{
    /// <summary>Makes topic and JSON from a stored message.</summary>
    public static PublishedMessage Of(Channel channel, MessagePage page, int index) => throw new NotSupportedException();
}
