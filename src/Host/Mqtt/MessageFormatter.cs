using System.Buffers;
using System.Globalization;
using System.Text;
using Gateway.Codecs;
using Gateway.Host.Channels;
using Gateway.Host.Devices;
using Gateway.Storage;

namespace Gateway.Host.Mqtt;

/// <summary>Makes topics and payloads of stored messages. One per reader; not for several threads at once.</summary>
internal sealed class MessageFormatter(Channel channel, MessageOwner owner)
{
    // Idents come in runs: the same device sends batches.
    private readonly ArrayBufferWriter<byte> _json = new(1024);
    private readonly string _prefix = string.Create(CultureInfo.InvariantCulture, $"{SubscriptionTable.MessagePrefix}{channel.Id}/");
    private byte[] _lastIdent = [];
    private string _lastTopic = "";

    /// <summary>Topic and JSON of a message.</summary>
    /// <returns>False when the payload is no message: damage that the log could not see.</returns>
    public bool TryFormat(MessagePage page, int index, out string topic, out byte[] payload)
    {
        ReadOnlySpan<byte> stored = page.Payload(index);
        MessageReader.TryGetIdent(stored, out ReadOnlySpan<byte> ident);
        topic = TopicOf(ident);
        _json.ResetWrittenCount();
        bool isMessage = MessageJson.Write(stored, new MessageEnvelope(channel.Id, channel.Codec.Info.Id, page.ServerTimeUs(index), owner.OfIdent(ident)), _json);
        payload = isMessage ? _json.WrittenSpan.ToArray() : [];
        return isMessage;
    }

    private string TopicOf(ReadOnlySpan<byte> ident)
    {
        if (_lastTopic.Length > 0 && ident.SequenceEqual(_lastIdent)) return _lastTopic;
        _lastIdent = ident.ToArray();
        return _lastTopic = _prefix + Encoding.UTF8.GetString(ident);
    }
}
