using MessagePack;

namespace Gateway.Codecs.Tests;

/// <summary>Reads and writes payloads with the MessagePack package, so that our own writer and reader are not their own judges.</summary>
internal static class Payload
{
    /// <summary>All entries in order: key (uint or string) and value; a time is a DateTime.</summary>
    public static List<(object Key, object? Value)> Entries(ReadOnlySpan<byte> payload)
    {
        MessagePackReader reader = new(payload.ToArray());
        int count = reader.ReadMapHeader();
        List<(object, object?)> entries = [];
        for (int i = 0; i < count; i++)
        {
            object key = reader.NextMessagePackType == MessagePackType.String ? reader.ReadString()! : reader.ReadUInt32();
            entries.Add((key, Value(ref reader)));
        }
        Assert.True(reader.End);
        return entries;
    }

    /// <summary>The last value of each key.</summary>
    public static Dictionary<object, object?> Map(ReadOnlySpan<byte> payload)
    {
        Dictionary<object, object?> map = [];
        foreach ((object key, object? value) in Entries(payload)) map[key] = value;
        return map;
    }

    private static object? Value(ref MessagePackReader reader) => reader.NextMessagePackType switch
    {
        MessagePackType.Integer => reader.NextCode == MessagePackCode.UInt64 ? (object)reader.ReadUInt64() : reader.ReadInt64(),
        MessagePackType.Float => reader.ReadDouble(),
        MessagePackType.Boolean => reader.ReadBoolean(),
        MessagePackType.String => reader.ReadString(),
        MessagePackType.Extension => reader.ReadDateTime(),
        _ => throw new InvalidDataException($"unexpected {reader.NextMessagePackType}"),
    };
}
