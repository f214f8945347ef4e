using Gateway.Host.Mqtt.Routing;

namespace Gateway.Host.Mqtt.Channels;

/// <summary>As what a stored message is published: there is a topic for each.</summary>
internal enum MessageView
{
    /// <summary>The channel's: <c>flespi/message/gw/channels/{id}/{ident}</c>.</summary>
    Channel,
    /// <summary>The device's, if one is registered: <c>flespi/message/gw/devices/{id}</c>.</summary>
    Device,
}

/// <summary>A topic of stored messages, and who may have them.</summary>
/// <param name="Text">The topic.</param>
/// <param name="Cid">The account whose the messages are.</param>
/// <param name="Right">What their readers must be allowed to read.</param>
/// <param name="TtlUs">How long after they came they are shown, µs; as over REST.</param>
internal sealed record MessageTopic(string Text, long Cid, ItemRight Right, long TtlUs);
