using System.Buffers;
using System.Text;
using Gateway.Host.Mqtt.Routing;
using Gateway.Host.Mqtt.Wire;

namespace Gateway.Host.Mqtt.Storing;

/// <summary>A publication as it is kept on disk: what waits for a session, and what is retained.</summary>
/// <remarks>
/// version 1 | flags 1 | cid 8 | time 8 (µs since 1970) | expiry 4 (s) | topic | content type | response topic | correlation data | count of user properties, each name and value |
/// count of subscription identifiers, each 4 | right: collection, submodule (empty for none), id 8 | payload to the end. Little-endian; texts and bytes behind their length in 7-bit groups.
/// Version 1 has no right.
/// </remarks>
internal static class PublicationRecord
{
    private const byte Version = 2, VersionWithoutRight = 1;

    [Flags]
    private enum Flags : byte
    {
        None = 0,
        Qos1 = 1,
        Retained = 2,
        Text = 4,
        DeliveredRetained = 8,
        HasContentType = 16,
        HasResponseTopic = 32,
        HasCorrelation = 64,
        HasRight = 128,
    }

    /// <summary>Writes a delivery.</summary>
    internal static byte[] Write(in Delivery delivery)
    {
        Publication publication = delivery.Publication;
        PublicationProperties extra = publication.Extra;
        using var stream = new MemoryStream(publication.Bytes + 64);
        using (var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(Version);
            writer.Write((byte)(
                (publication.Qos > 0 ? Flags.Qos1 : 0) | (publication.IsRetained ? Flags.Retained : 0) | (extra.IsText ? Flags.Text : 0) | (delivery.IsRetained ? Flags.DeliveredRetained : 0)
                | (extra.ContentType is null ? 0 : Flags.HasContentType) | (extra.ResponseTopic is null ? 0 : Flags.HasResponseTopic) | (extra.CorrelationData is null ? 0 : Flags.HasCorrelation)
                | (publication.Right is null ? 0 : Flags.HasRight)));
            writer.Write(publication.Cid);
            writer.Write(publication.TimeUs);
            writer.Write(extra.ExpirySeconds);
            writer.Write(publication.Topic);
            if (extra.ContentType is not null) writer.Write(extra.ContentType);
            if (extra.ResponseTopic is not null) writer.Write(extra.ResponseTopic);
            if (extra.CorrelationData is not null)
            {
                writer.Write7BitEncodedInt(extra.CorrelationData.Length);
                writer.Write(extra.CorrelationData);
            }
            writer.Write7BitEncodedInt(extra.UserProperties.Count);
            foreach ((string name, string value) in extra.UserProperties)
            {
                writer.Write(name);
                writer.Write(value);
            }
            writer.Write7BitEncodedInt(delivery.Identifiers.Length);
            foreach (uint identifier in delivery.Identifiers) writer.Write(identifier);
            if (publication.Right is { } right)
            {
                writer.Write(right.Collection);
                writer.Write(right.Submodule ?? "");
                writer.Write(right.Id);
            }
            writer.Write(publication.Payload.Span);
        }
        return stream.ToArray();
    }

    /// <summary>Reads a delivery.</summary>
    /// <param name="bytes">As written.</param>
    /// <param name="delivery">The delivery, QoS 1 when the publication is.</param>
    /// <returns>False when it is damaged or of another version.</returns>
    internal static bool TryRead(byte[] bytes, out Delivery delivery)
    {
        delivery = default;
        try
        {
            using var stream = new MemoryStream(bytes, writable: false);
            using var reader = new BinaryReader(stream, Encoding.UTF8);
            byte version = reader.ReadByte();
            if (version is not (Version or VersionWithoutRight)) return false;
            var flags = (Flags)reader.ReadByte();
            long cid = reader.ReadInt64(), timeUs = reader.ReadInt64();
            uint expiry = reader.ReadUInt32();
            string topic = reader.ReadString();
            string? contentType = flags.HasFlag(Flags.HasContentType) ? reader.ReadString() : null;
            string? responseTopic = flags.HasFlag(Flags.HasResponseTopic) ? reader.ReadString() : null;
            byte[]? correlation = flags.HasFlag(Flags.HasCorrelation) ? reader.ReadBytes(reader.Read7BitEncodedInt()) : null;
            var properties = new KeyValuePair<string, string>[Count(reader, bytes)];
            for (int i = 0; i < properties.Length; i++) properties[i] = new(reader.ReadString(), reader.ReadString());
            uint[] identifiers = new uint[Count(reader, bytes)];
            for (int i = 0; i < identifiers.Length; i++) identifiers[i] = reader.ReadUInt32();
            ItemRight? right = version == Version && flags.HasFlag(Flags.HasRight) ? ReadRight(reader) : null;
            bool hasNothing = !flags.HasFlag(Flags.Text) && expiry == 0 && contentType is null && responseTopic is null && correlation is null && properties.Length == 0;
            var publication = new Publication
            {
                Topic = topic,
                Payload = bytes.AsMemory((int)stream.Position),
                Cid = cid,
                TimeUs = timeUs,
                Qos = (byte)(flags.HasFlag(Flags.Qos1) ? 1 : 0),
                IsRetained = flags.HasFlag(Flags.Retained),
                Right = right,
                Extra = hasNothing
                    ? PublicationProperties.None
                    : new PublicationProperties
                    {
                        IsText = flags.HasFlag(Flags.Text),
                        ExpirySeconds = expiry,
                        ContentType = contentType,
                        ResponseTopic = responseTopic,
                        CorrelationData = correlation,
                        UserProperties = properties,
                    },
            };
            delivery = new Delivery(publication, publication.Qos, flags.HasFlag(Flags.DeliveredRetained), identifiers);
            return true;
        }
        catch (Exception damaged) when (damaged is EndOfStreamException or FormatException or InvalidDataException or ArgumentException)
        {
            return false;
        }
    }

    private static ItemRight ReadRight(BinaryReader reader)
    {
        string collection = reader.ReadString(), submodule = reader.ReadString();
        return new ItemRight(collection, submodule.Length == 0 ? null : submodule, reader.ReadInt64());
    }

    private static int Count(BinaryReader reader, byte[] bytes)
    {
        int count = reader.Read7BitEncodedInt();
        return count >= 0 && count <= bytes.Length ? count : throw new InvalidDataException("A count is larger than the record.");
    }
}
