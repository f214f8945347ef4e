using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace Gateway.Host.Mqtt.Wire;

/// <summary>What MQTT 5 lets a sender attach to a message. Handed on as it came.</summary>
internal sealed record PublicationProperties
{
    private const byte PayloadFormat = 0x01, Expiry = 0x02, Content = 0x03, Response = 0x08, Correlation = 0x09, UserProperty = 0x26;

    /// <summary>Nothing attached.</summary>
    internal static PublicationProperties None { get; } = new();

    /// <summary>The payload says of itself that it is text.</summary>
    internal bool IsText { get; init; }

    /// <summary>Seconds after which the message is of no use; 0 for never. Counted from its time, and not lowered on the way.</summary>
    internal uint ExpirySeconds { get; init; }

    /// <summary>Kind of content, null for none.</summary>
    internal string? ContentType { get; init; }

    /// <summary>Topic for an answer, null for none.</summary>
    internal string? ResponseTopic { get; init; }

    /// <summary>Bytes for an answer, null for none.</summary>
    internal byte[]? CorrelationData { get; init; }

    /// <summary>Names and values.</summary>
    internal IReadOnlyList<KeyValuePair<string, string>> UserProperties { get; init; } = [];

    /// <summary>Takes what a client attached.</summary>
    internal static PublicationProperties Of(MqttPublishPacket packet) =>
        packet is { PayloadFormatIndicator: MqttPayloadFormatIndicator.Unspecified, MessageExpiryInterval: 0, ContentType: null, ResponseTopic: null, CorrelationData: null, UserProperties: null }
            ? None
            : new PublicationProperties
            {
                IsText = packet.PayloadFormatIndicator is MqttPayloadFormatIndicator.CharacterData,
                ExpirySeconds = packet.MessageExpiryInterval,
                ContentType = packet.ContentType,
                ResponseTopic = packet.ResponseTopic,
                CorrelationData = packet.CorrelationData,
                UserProperties = Copy(packet.UserProperties),
            };

    /// <summary>Copies properties out of a packet's buffer.</summary>
    internal static IReadOnlyList<KeyValuePair<string, string>> Copy(List<MqttUserProperty>? properties) =>
        properties is null ? [] : [.. properties.Select(property => KeyValuePair.Create(property.Name, Encoding.UTF8.GetString(property.ValueBuffer.Span)))];

    /// <summary>The properties as they stand in a packet, without their length: those attached, then user properties <c>timestamp</c> and <c>cid</c>.</summary>
    /// <param name="timeUs">µs since 1970.</param>
    /// <param name="cid">The account.</param>
    internal byte[] Encode(long timeUs, long cid)
    {
        var bytes = new ArrayBufferWriter<byte>(64);
        if (IsText) bytes.Write<byte>([PayloadFormat, 1]);
        if (ExpirySeconds != 0)
        {
            Span<byte> expiry = stackalloc byte[5];
            expiry[0] = Expiry;
            BinaryPrimitives.WriteUInt32BigEndian(expiry[1..], ExpirySeconds);
            bytes.Write(expiry);
        }
        if (ContentType is not null) Add(Content, ContentType);
        if (ResponseTopic is not null) Add(Response, ResponseTopic);
        if (CorrelationData is not null)
        {
            bytes.Write<byte>([Correlation, (byte)(CorrelationData.Length >> 8), (byte)CorrelationData.Length]);
            bytes.Write(CorrelationData);
        }
        foreach ((string name, string value) in UserProperties)
        {
            // What the broker says of time and account is its own to say.
            if (name is "timestamp" or "cid") continue;
            AddUser(name, value);
        }
        AddUser("timestamp", (timeUs / 1e6m).ToString("0.######", CultureInfo.InvariantCulture));
        AddUser("cid", cid.ToString(CultureInfo.InvariantCulture));
        return bytes.WrittenSpan.ToArray();

        void AddUser(string name, string value)
        {
            Add(UserProperty, name);
            AddText(value);
        }

        void Add(byte id, string text)
        {
            bytes.Write<byte>([id]);
            AddText(text);
        }

        void AddText(string text)
        {
            int length = Encoding.UTF8.GetByteCount(text);
            bytes.Write<byte>([(byte)(length >> 8), (byte)length]);
            Encoding.UTF8.GetBytes(text, bytes);
        }
    }
}
