using MQTTnet.Packets;

namespace Gateway.Host.Mqtt;

/// <summary>The user properties of a message in the broker, and with them whose message it is: the broker hands them on with the message to each place where that is asked.</summary>
/// <param name="cid">The account whose it is.</param>
/// <param name="channelId">The channel that it came from; 0 for what a client published.</param>
internal sealed class OwnedProperties(long cid, long channelId) : List<MqttUserProperty>
{
    internal long Cid => cid;

    internal long ChannelId => channelId;
}
