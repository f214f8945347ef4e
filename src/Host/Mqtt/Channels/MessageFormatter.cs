using System.Buffers;
using System.Globalization;
using System.Text;
using Gateway.Codecs;
using Gateway.Host.Channels;
using Gateway.Host.Devices;
using Gateway.Storage;

namespace Gateway.Host.Mqtt.Channels;

/// <summary>Makes topics and payloads of stored messages. One per reader; not for several threads at once.</summary>
internal sealed class MessageFormatter(Channel channel, MessageOwner owner)
{
    // Idents come in runs: the same device sends batches.
    private readonly ArrayBufferWriter<byte> _json = new(1024);
    private readonly string _prefix = string.Create(CultureInfo.InvariantCulture, $"{ChannelInterest.MessagePrefix}{channel.Id}/");
    private byte[] _lastIdent = [];
    private string _lastTopic = "";

    /// <summary>Topic of a message.</summary>
    internal string TopicOf(MessagePage page, int index)
    {
        MessageReader.TryGetIdent(page.Payload(index), out ReadOnlySpan<byte> ident);
        if (_lastTopic.Length > 0 && ident.SequenceEqual(_lastIdent)) return _lastTopic;
        _lastIdent = ident.ToArray();
        return _lastTopic = _prefix + Encoding.UTF8.GetString(ident);
    }

    /// <summary>JSON of a message; null when it is none: damage that the log could not see.</summary>
    internal byte[]? PayloadOf(MessagePage page, int index)
    {
        ReadOnlySpan<byte> stored = page.Payload(index);
        MessageReader.TryGetIdent(stored, out ReadOnlySpan<byte> ident);
        _json.ResetWrittenCount();
        bool isMessage = MessageJson.Write(stored, new MessageEnvelope(channel.Id, channel.Codec.Info.Id, page.ServerTimeUs(index), owner.OfIdent(ident)), _json);
        return isMessage ? _json.WrittenSpan.ToArray() : null;
    }
}
