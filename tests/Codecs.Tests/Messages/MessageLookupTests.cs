using System.Text;
using System.Text.Json;
using MessagePack;
using static Gateway.Codecs.Tests.Json.JsonTools;

namespace Gateway.Codecs.Tests.Messages;

/// <summary>Promise: a lookup finds in a payload what the JSON of the message shows, and nothing else.</summary>
public class MessageLookupTests
{
    // Rows, numbered forms with and without rows of their own, forms beyond the precomputed names, open names, names of numbers that the dictionary does not have.
    private static readonly string[] s_names =
        ["ident", "timestamp", "channel.id", "protocol.id", "server.timestamp", "device.id", "device.name", "device.type.id", "position.latitude", "ain", "ain.1", "ain.2", "din.3", "din.17", "din.300", "custom.x", "custom.y.1", "parameter.60000", "no.such.name"];

    [Fact]
    public void Every_value_of_random_payloads_is_that_of_the_json()
    {
        int found = 0;
        for (int seed = 0; seed < 20_000; seed++)
        {
            var random = new Random(seed);
            byte[] payload = RandomPayload(random);
            string[] names = [.. s_names.Where(_ => random.Next(3) > 0)];
            var values = new StoredValue[names.Length];
            MessageEnvelope envelope = seed % 2 == 0 ? Envelope : OfDevice;
            Assert.True(new MessageLookup(names).TryFind(payload, envelope, values), $"seed {seed}");
            using JsonDocument json = JsonDocument.Parse(ToJson(payload, envelope));
            for (int i = 0; i < names.Length; i++)
            {
                bool isThere = json.RootElement.TryGetProperty(names[i], out JsonElement shown);
                Assert.True(IsSame(isThere ? shown : null, values[i], [.. payload, .. OfDevice.Device!.Name.Span]), $"seed {seed}: {names[i]} is {values[i]}, JSON has {(isThere ? shown.GetRawText() : "nothing")}");
                if (values[i].Kind is not ValueKind.Null) found++;
            }
        }
        Assert.True(found > 20_000, $"{found} values");
    }

    [Fact]
    public void A_walk_gives_every_value_of_the_json_under_the_same_name()
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        for (int seed = 0; seed < 5_000; seed++)
        {
            var random = new Random(seed);
            byte[] payload = RandomPayload(random);
            var walked = new Dictionary<string, string>();
            var values = new MessageValues(payload);
            while (values.MoveNext())
            {
                output.ResetWrittenCount();
                Assert.True(MessageJson.WriteValue(values.Value, output), $"seed {seed}");
                walked[values.IsNamed ? Encoding.UTF8.GetString(values.Name) : ParameterDictionary.NameOf(values.Key)] = Encoding.UTF8.GetString(output.WrittenSpan);
            }
            foreach (string name in new[] { "channel.id", "protocol.id", "server.timestamp" }) walked.Remove(name);
            using JsonDocument json = JsonDocument.Parse(ToJson(payload));
            Dictionary<string, string> shown = json.RootElement.EnumerateObject().Where(one => one.Name is not ("channel.id" or "protocol.id" or "server.timestamp")).ToDictionary(one => one.Name, one => one.Value.GetRawText());
            Assert.True(shown.OrderBy(one => one.Key, StringComparer.Ordinal).SequenceEqual(walked.OrderBy(one => one.Key, StringComparer.Ordinal)), $"seed {seed}: {json.RootElement.GetRawText()}");

            bool isThere = MessageReader.TryGetOrigin(payload, out ReadOnlySpan<byte> ident, out long timeUs);
            Assert.Equal(MessageReader.TryGetIdent(payload, out ReadOnlySpan<byte> alone), isThere);
            Assert.True(ident.SequenceEqual(alone), $"seed {seed}");
            Assert.Equal(MessageReader.TryGetTimestamp(payload, out long time) ? time : 0, timeUs);
        }
    }

    [Fact]
    public void A_walk_over_damaged_payloads_ends_without_an_exception()
    {
        for (int seed = 0; seed < 20_000; seed++)
        {
            var random = new Random(seed);
            byte[] payload = RandomPayload(random);
            for (int i = random.Next(1, 6); i > 0; i--) payload[random.Next(payload.Length)] = (byte)random.Next(256);
            int steps = 0;
            var values = new MessageValues(payload.AsSpan(0, random.Next(payload.Length + 1)));
            while (values.MoveNext()) steps += values.Value.Length + values.Name.Length;
            Assert.True(steps <= payload.Length, $"seed {seed}");
        }
    }

    [Fact]
    public void Damaged_payloads_give_false_where_json_does_and_never_an_exception()
    {
        var lookup = new MessageLookup(s_names);
        var values = new StoredValue[s_names.Length];
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        for (int seed = 0; seed < 20_000; seed++)
        {
            var random = new Random(seed);
            byte[] payload = RandomPayload(random);
            for (int i = random.Next(1, 6); i > 0; i--) payload[random.Next(payload.Length)] = (byte)random.Next(256);
            payload = payload[..random.Next(payload.Length + 1)];
            output.ResetWrittenCount();
            Assert.True(MessageJson.Write(payload, Envelope, output) == lookup.TryFind(payload, Envelope, values), $"seed {seed}");
        }
    }

    [Fact]
    public void Nothing_is_allocated()
    {
        byte[] payload = RandomPayload(new Random(1));
        var lookup = new MessageLookup(s_names);
        var values = new StoredValue[s_names.Length];
        lookup.TryFind(payload, Envelope, values);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1_000; i++) lookup.TryFind(payload, Envelope, values);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void More_names_than_the_limit_are_refused() =>
        Assert.Throws<ArgumentException>(() => new MessageLookup([.. Enumerable.Range(0, MessageLookup.NamesMax + 1).Select(i => $"custom.{i}")]));

    private static byte[] RandomPayload(Random random) => Pack((ref MessagePackWriter writer) =>
    {
        int count = random.Next(0, 12);
        writer.WriteMapHeader(count);
        for (int i = 0; i < count; i++)
        {
            WriteKey(ref writer, random);
            WriteValue(ref writer, random);
        }
    });

    private static void WriteKey(ref MessagePackWriter writer, Random random)
    {
        string name = s_names[random.Next(s_names.Length)];
        bool isKnown = ParameterDictionary.TryGetKey(name, out int key);
        if (name == "parameter.60000") writer.Write(60_000u);
        // The row of ain.1 has a number of its own beside the numbered form of ain.
        else if (isKnown && random.Next(3) == 0 && ParameterDictionary.Find(name) is { } row && row.Name == name) writer.Write((uint)row.Number);
        else if (isKnown && random.Next(4) > 0) writer.Write((uint)key);
        else writer.Write(name);
    }

    private static void WriteValue(ref MessagePackWriter writer, Random random)
    {
        switch (random.Next(11))
        {
            case 0: writer.WriteNil(); break;
            case 1: writer.Write(random.Next(2) == 0); break;
            case 2: writer.Write(random.NextInt64(long.MinValue, long.MaxValue)); break;
            case 3: writer.Write(ulong.MaxValue - (ulong)random.Next()); break;
            case 4: writer.Write(random.Next(5) switch { 0 => double.NaN, 1 => double.PositiveInfinity, _ => random.NextDouble() * 1000 }); break;
            case 5: writer.Write((float)random.NextDouble()); break;
            case 6: writer.Write(random.Next(2) == 0 ? "" : "Übung"); break;
            case 7: writer.Write(DateTime.UnixEpoch.AddSeconds(random.Next())); break;
            case 8: writer.Write(new byte[] { 1, 2 }); break;
            case 9:
                writer.WriteArrayHeader(1);
                writer.Write(5);
                break;
            default: writer.Write(random.Next(-200, 200)); break;
        }
    }

    private static bool IsSame(JsonElement? shown, StoredValue value, byte[] payload) => shown?.ValueKind switch
    {
        null or JsonValueKind.Null => value.Kind is ValueKind.Null,
        JsonValueKind.True or JsonValueKind.False => value.Kind is ValueKind.Boolean && value.Number == (shown.Value.GetBoolean() ? 1 : 0),
        JsonValueKind.Number => value.Kind is ValueKind.Number && value.Number == shown.Value.GetDouble(),
        // Bytes are shown as hexadecimal digits; as values they are only there.
        JsonValueKind.String when value.Kind is ValueKind.Other => shown.Value.GetString() == "0102",
        JsonValueKind.String => value.Kind is ValueKind.Text && Encoding.UTF8.GetString(payload, value.Start, value.Length) == shown.Value.GetString(),
        _ => value.Kind is ValueKind.Other,
    };
}
