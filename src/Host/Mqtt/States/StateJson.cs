using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Host.Api;

namespace Gateway.Host.Mqtt.States;

/// <summary>Writes payloads of state topics.</summary>
internal static class StateJson
{
    [ThreadStatic]
    private static Scratch? s_scratch;

    /// <summary>The value of a field.</summary>
    /// <returns>Valid until this thread writes the next.</returns>
    internal static ReadOnlySpan<byte> Value<T>(ItemField<T> field, T item)
    {
        Utf8JsonWriter json = Begin();
        field.Write(json, item);
        json.Flush();
        return s_scratch!.Bytes.WrittenSpan;
    }

    /// <summary>An object of fields, in the order of the list.</summary>
    /// <returns>Valid until this thread writes the next.</returns>
    internal static ReadOnlySpan<byte> Object<T>(IReadOnlyList<ItemField<T>> fields, T item)
    {
        Utf8JsonWriter json = Begin();
        json.WriteStartObject();
        foreach (ItemField<T> field in fields)
        {
            json.WritePropertyName(field.Name);
            field.Write(json, item);
        }
        json.WriteEndObject();
        json.Flush();
        return s_scratch!.Bytes.WrittenSpan;
    }

    /// <summary>Tells payloads apart without keeping them. Who makes two payloads collide hides one change of his own item.</summary>
    internal static ulong Hash(ReadOnlySpan<byte> payload) => Fnv.Add(Fnv.Start, payload);

    private static Utf8JsonWriter Begin()
    {
        Scratch scratch = s_scratch ??= new Scratch();
        scratch.Bytes.ResetWrittenCount();
        scratch.Json.Reset();
        return scratch.Json;
    }

    private sealed class Scratch
    {
        public Scratch() => Json = new Utf8JsonWriter(Bytes, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

        public ArrayBufferWriter<byte> Bytes { get; } = new(512);

        public Utf8JsonWriter Json { get; }
    }
}
