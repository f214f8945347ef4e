using System.Buffers;
using System.Globalization;
using System.Text;
using Gateway.Codecs;
using Gateway.Host.Channels;
using Gateway.Host.Devices;
using Gateway.Host.Mqtt.Routing;
using Gateway.Storage;

namespace Gateway.Host.Mqtt.Channels;

/// <summary>Makes topics and publications of stored messages. One per reader; not for several threads at once.</summary>
/// <remarks>Whose device a message is says the moment in which it is read, as over REST.</remarks>
internal sealed class MessageFormatter(Channel channel, MessageOwner owner, TimeProvider clock)
{
    private const long UsPerSecond = 1_000_000;

    private readonly ArrayBufferWriter<byte> _json = new(1024);
    private readonly string _prefix = string.Create(CultureInfo.InvariantCulture, $"{ChannelInterest.MessagePrefix}{channel.Id}/");
    private readonly ItemRight _right = new("gw/channels", "messages", channel.Id);

    // Idents come in runs: the same device sends batches.
    private byte[] _lastIdent = [];
    private MessageTopic? _channelTopic;
    private DeviceDefinition? _lastDevice;
    private MessageTopic? _deviceTopic;

    // The two forms of a message differ only where the channel's does not name the device.
    private long _lastKey = -1;
    private MessageDevice? _lastFacts;
    private byte[]? _lastPayload;

    /// <summary>Topic of a message; null when it has none of this kind.</summary>
    internal MessageTopic? TopicOf(MessageView view, MessagePage page, int index)
    {
        MessageReader.TryGetIdent(page.Payload(index), out ReadOnlySpan<byte> ident);
        if (view is MessageView.Channel) return TopicOf(ident);
        return owner.DeviceOf(ident) is { } device ? TopicOf(device.Definition) : null;
    }

    /// <summary>The publication of a message at a topic that <see cref="TopicOf(MessageView, MessagePage, int)"/> gave.</summary>
    /// <returns>Null when it is older than its device shows, or no message: damage that the log could not see.</returns>
    internal Publication? PublicationOf(MessageView view, MessageTopic topic, MessagePage page, int index)
    {
        long timeUs = page.ServerTimeUs(index);
        if (topic.TtlUs != long.MaxValue && timeUs < clock.GetUtcNow().ToUnixTimeUs() - topic.TtlUs) return null;
        if (PayloadOf(view, page, index) is not { } payload) return null;
        return new Publication { Topic = topic.Text, Payload = payload, Cid = topic.Cid, TimeUs = timeUs, Right = topic.Right };
    }

    private MessageTopic TopicOf(ReadOnlySpan<byte> ident)
    {
        long cid = channel.Definition.Cid;
        if (_channelTopic?.Cid == cid && ident.SequenceEqual(_lastIdent)) return _channelTopic;
        _lastIdent = ident.ToArray();
        return _channelTopic = new MessageTopic(_prefix + Encoding.UTF8.GetString(ident), cid, _right, long.MaxValue);
    }

    private MessageTopic TopicOf(DeviceDefinition device)
    {
        if (_deviceTopic is not null && ReferenceEquals(device, _lastDevice)) return _deviceTopic;
        _lastDevice = device;
        string text = string.Create(CultureInfo.InvariantCulture, $"{ChannelInterest.DevicePrefix}{device.Id}");
        return _deviceTopic = new MessageTopic(text, device.Cid, new ItemRight("gw/devices", "messages", device.Id), device.MessagesTtlSeconds * UsPerSecond);
    }

    private byte[]? PayloadOf(MessageView view, MessagePage page, int index)
    {
        ReadOnlySpan<byte> stored = page.Payload(index);
        MessageReader.TryGetIdent(stored, out ReadOnlySpan<byte> ident);
        MessageDevice? facts = view is MessageView.Channel ? owner.OfIdent(ident) : owner.DeviceOf(ident)?.Facts;
        if (_lastKey == page.Key(index) && ReferenceEquals(facts, _lastFacts)) return _lastPayload;
        _json.ResetWrittenCount();
        bool isMessage = MessageJson.Write(stored, new MessageEnvelope(channel.Id, channel.Codec.Info.Id, page.ServerTimeUs(index), facts), _json);
        (_lastKey, _lastFacts) = (page.Key(index), facts);
        return _lastPayload = isMessage ? _json.WrittenSpan.ToArray() : null;
    }
}
