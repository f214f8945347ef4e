using System.Buffers;
using System.Text;
using System.Text.Json;
using MessagePack;
using static Gateway.Codecs.Tests.Json.JsonTools;

namespace Gateway.Codecs.Tests.Json;

public class ForeignPayloadTests
{
    private readonly MessageBuffer _buffer = new();
    private readonly TestSession _session = new();

    [Fact]
    public void Envelope_wins_over_the_payload()
    {
        byte[] payload = Pack((ref MessagePackWriter writer) =>
        {
            writer.WriteMapHeader(3);
            writer.Write(ParameterKeys.ChannelId);
            writer.Write(1);
            writer.Write("protocol.id");
            writer.Write(2);
            writer.Write(ParameterKeys.ServerTimestamp);
            writer.Write(3);
        });
        Assert.Equal("""{"channel.id":42,"protocol.id":7,"server.timestamp":1700000001.5}""", ToJson(payload));
    }

    [Fact]
    public void Values_of_every_messagepack_kind_are_understood()
    {
        byte[] payload = Pack((ref MessagePackWriter writer) =>
        {
            writer.WriteMapHeader(7);
            writer.Write("custom.array");
            writer.WriteArrayHeader(3);
            writer.Write(1);
            writer.WriteNil();
            writer.WriteMapHeader(2);
            writer.Write("k\n");
            writer.Write(ulong.MaxValue);
            writer.Write(5);
            writer.WriteArrayHeader(0);
            writer.Write("custom.bytes");
            writer.Write(new byte[] { 0xAB, 0x01 });
            writer.Write("custom.empty");
            writer.WriteMapHeader(0);
            writer.Write("custom.ext");
            writer.WriteExtensionFormat(new ExtensionResult(9, new byte[] { 1, 2, 3 }));
            writer.Write("custom.float");
            writer.Write(1.5f);
            writer.Write("custom.nan");
            writer.Write(double.NaN);
            writer.Write("custom.time");
            writer.Write(DateTime.UnixEpoch.AddSeconds(5));
        });
        Assert.Equal(
            """{"custom.array":[1,null,{"k\n":18446744073709551615,"5":[]}],"custom.bytes":"ab01","custom.empty":{},"custom.ext":null,"custom.float":1.5,"custom.nan":null,"custom.time":5}""",
            ToJson(payload, "custom.*"));
    }

    [Fact]
    public void Control_characters_of_other_writers_are_escaped()
    {
        string text = string.Concat(Enumerable.Range(0, 40).Select(i => (char)i)) + "\u007F";
        byte[] payload = Pack((ref MessagePackWriter writer) =>
        {
            writer.WriteMapHeader(1);
            writer.Write("custom." + text);
            writer.Write(text);
        });
        using JsonDocument document = JsonDocument.Parse(ToJson(payload, "custom.*"));
        JsonProperty property = Assert.Single(document.RootElement.EnumerateObject());
        Assert.Equal(("custom." + text, text), (property.Name, property.Value.GetString()));
    }

    [Fact]
    public void Damaged_payloads_give_false_or_valid_json_and_never_an_exception()
    {
        MessageSink sink = new(_buffer);
        sink.BeginFrame(_session);
        sink.BeginMessage();
        for (int i = 1; i < 30; i++)
        {
            sink.Integer(i, 1L << i);
            sink.Text(ParameterName.Numbered("custom."u8, i), "abc"u8);
            sink.Time(i + 100, i);
        }
        sink.EndMessage();
        Assert.True(sink.EndFrame());
        byte[] whole = _buffer[0].ToArray();
        ArrayBufferWriter<byte> output = new();
        for (int length = 0; length < whole.Length; length++)
            Assert.False(MessageJson.Write(whole.AsSpan(0, length), Envelope, output), $"{length} bytes");
        Assert.Equal(0, output.WrittenCount);

        for (int seed = 0; seed < 5000; seed++)
        {
            Random random = new(seed);
            byte[] damaged = [.. whole];
            for (int i = random.Next(1, 6); i > 0; i--) damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            output.ResetWrittenCount();
            if (MessageJson.Write(damaged, Envelope, output)) Assert.True(IsObject(output.WrittenSpan), $"seed {seed}");
            MessageReader.TryGetIdent(damaged, out _);
            MessageReader.TryGetTimestamp(damaged, out _);
        }
    }

    [Fact]
    public void Deep_nesting_is_refused()
    {
        byte[] payload = Pack((ref MessagePackWriter writer) =>
        {
            writer.WriteMapHeader(1);
            writer.Write(1);
            for (int i = 0; i < 5000; i++) writer.WriteArrayHeader(1);
            writer.Write(1);
        });
        Assert.False(MessageJson.Write(payload, Envelope, new ArrayBufferWriter<byte>()));
    }

    private static bool IsObject(ReadOnlySpan<byte> json)
    {
        // Damage can make texts that are no UTF-8; brackets, quotes and numbers must be right even so.
        byte[] readable = Encoding.UTF8.GetBytes(Encoding.Latin1.GetString(json));
        Utf8JsonReader reader = new(readable);
        return JsonDocument.TryParseValue(ref reader, out JsonDocument? document) && document.RootElement.ValueKind == JsonValueKind.Object && reader.BytesConsumed == readable.Length;
    }
}
