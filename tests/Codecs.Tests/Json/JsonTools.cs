using System.Buffers;
using System.Text;
using MessagePack;

namespace Gateway.Codecs.Tests.Json;

/// <summary>JSON of a payload, and payloads that our own sink would not write.</summary>
internal static class JsonTools
{
    public static readonly MessageEnvelope Envelope = new(42, 7, 1_700_000_001_500_000);

    /// <summary>The same, of a registered device whose name needs escapes.</summary>
    public static readonly MessageEnvelope OfDevice = Envelope with { Device = new MessageDevice(77, "Lorry \"é\"", 160_000) };

    public delegate void PackAction(ref MessagePackWriter writer);

    /// <summary>A payload from the MessagePack package.</summary>
    public static byte[] Pack(PackAction action)
    {
        ArrayBufferWriter<byte> buffer = new();
        MessagePackWriter writer = new(buffer);
        action(ref writer);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The JSON of a payload that must be a message.</summary>
    public static string ToJson(ReadOnlySpan<byte> payload, string? fields = null) => ToJson(payload, Envelope, fields);

    /// <summary>As the other overload, with an envelope.</summary>
    public static string ToJson(ReadOnlySpan<byte> payload, MessageEnvelope envelope, string? fields = null)
    {
        Assert.True(ParameterSelection.TryParse(fields, out ParameterSelection? selection));
        ArrayBufferWriter<byte> output = new();
        Assert.True(MessageJson.Write(payload, envelope, output, selection));
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    /// <summary>The key of a name that is in the dictionary.</summary>
    public static int Key(string name) => ParameterDictionary.TryGetKey(name, out int key) ? key : throw new ArgumentException(name);
}
