using System.Buffers;
using System.Text;
using System.Text.Json;
using Gateway.Codecs;
using Gateway.Host.Devices.Telemetry;
using Xunit;

namespace Gateway.Host.Tests.Devices;

/// <summary>Promise: of each parameter the newest value is kept, whatever the order in which messages come; bounded, over a restart, and without allocation for messages like those before.</summary>
public sealed class TelemetryValuesTests
{
    private static readonly MessageDevice s_device = new(7, "Lörry \"1\"", 5);

    private readonly NameTable _names = new();
    private readonly MessageBuffer _buffer = new();
    private readonly PlainSession _session = new();

    [Fact]
    public void Values_are_those_of_a_naive_map_for_any_messages()
    {
        for (int seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var values = new TelemetryValues(_names);
            var expected = new SortedDictionary<string, (long TimeUs, object Value)>(StringComparer.Ordinal);
            for (int i = random.Next(1, 60); i > 0; i--)
            {
                long timeUs = 1_700_000_000_000_000 + random.Next(0, 50) * 1_000_000L, serverUs = timeUs + random.Next(-3, 10) * 1_000_000L;
                byte[] payload = RandomMessage(random, Math.Min(timeUs, serverUs), expected);
                values.Apply(payload, timeUs, new Origin(3, 9, serverUs));
                if (random.Next(10) == 0) values = Reread(values);
            }
            using JsonDocument json = JsonDocument.Parse(ToJson(values));
            Dictionary<string, JsonElement> shown = json.RootElement.EnumerateObject().ToDictionary(one => one.Name, one => one.Value);
            foreach ((string name, (long timeUs, object value)) in expected)
            {
                Assert.True(shown.Remove(name, out JsonElement one), $"seed {seed}: {name} is missing");
                Assert.True(timeUs == (long)(one.GetProperty("ts").GetDecimal() * 1_000_000) && value.ToString() == (one.GetProperty("value").ValueKind is JsonValueKind.String ? one.GetProperty("value").GetString() : one.GetProperty("value").GetRawText()),
                    $"seed {seed}: {name} is {one.GetRawText()}, expected {timeUs} {value}");
            }
            Assert.All(shown.Keys, name => Assert.Contains(name, s_always));
        }
    }

    private static readonly string[] s_always = ["channel.id", "device.id", "device.name", "device.type.id", "protocol.id", "server.timestamp", "ident", "timestamp", "position"];

    [Fact]
    public void Shape_is_as_documented_and_the_position_is_grouped()
    {
        var values = new TelemetryValues(_names);
        values.Apply(Message(1_706_905_852_500_000, (ref MessageSink sink) =>
        {
            sink.Latitude(54.5);
            sink.Longitude(25.25);
            sink.Integer(Key("position.altitude"), 112);
            sink.Integer(Key("din.1"), 1);
        }), 1_706_905_852_500_000, new Origin(3, 9, 1_706_905_853_000_000));
        values.Apply(Message(1_706_905_860_000_000, (ref MessageSink sink) => sink.Integer(Key("position.satellites"), 9)), 1_706_905_860_000_000, new Origin(3, 9, 1_706_905_861_000_000));

        Assert.Equal(
            """{"position":{"ts":1706905852.5,"value":{"altitude":112,"latitude":54.5,"longitude":25.25}},"position.altitude":{"ts":1706905852.5,"value":112},"position.latitude":{"ts":1706905852.5,"value":54.5},"position.longitude":{"ts":1706905852.5,"value":25.25},"position.satellites":{"ts":1706905860,"value":9}}""",
            ToJson(values, "position"));
        Assert.Equal("""{"din.1":{"ts":1706905852.5,"value":1},"ident":{"ts":1706905860,"value":"77"}}""", ToJson(values, "ident,din"));
        Assert.Equal("""{"position.altitude":{"ts":1706905852.5,"value":112}}""", ToJson(values, "*.alt*"));
        Assert.Equal(
            """{"channel.id":{"ts":1706905861,"value":3},"device.id":{"ts":1706905861,"value":7},"device.name":{"ts":1706905861,"value":"L\u00F6rry \u00221\u0022"},"device.type.id":{"ts":1706905861,"value":5},"protocol.id":{"ts":1706905861,"value":9},"server.timestamp":{"ts":1706905861,"value":1706905861}}""",
            ToJson(values, "*.id,device,server"));
        Assert.Equal(2, values.Remove(Selection("position.altitude,din")));
        Assert.Equal("""{"position":{"ts":1706905852.5,"value":{"latitude":54.5,"longitude":25.25}}}""", ToJson(values, "position,din").Split(",\"position.latitude\"")[0] + "}");
        values.Remove(null);
        Assert.Equal("{}", ToJson(values));
    }

    [Fact]
    public void A_clock_that_runs_ahead_does_not_hold_a_value_for_ever()
    {
        var values = new TelemetryValues(_names);
        values.Apply(Message(0, (ref MessageSink sink) => sink.Integer(Key("din.1"), 1)), 4_000_000_000_000_000, new Origin(3, 9, 1_700_000_000_000_000));
        values.Apply(Message(0, (ref MessageSink sink) => sink.Integer(Key("din.1"), 2)), 1_700_000_001_000_000, new Origin(3, 9, 1_700_000_002_000_000));
        Assert.Equal("""{"din.1":{"ts":1700000001,"value":2}}""", ToJson(values, "din"));
    }

    [Fact]
    public void The_newest_parameters_stay_when_there_are_too_many_or_they_are_too_large()
    {
        var values = new TelemetryValues(_names);
        for (int i = 0; i < TelemetryValues.CountMax + 500; i++)
            values.Apply(Message(0, (ref MessageSink sink) => sink.Integer(ParameterName.Numbered("custom.param."u8, i), i)), 1_700_000_000_000_000 + i, new Origin(3, 9, 1_800_000_000_000_000));
        using (JsonDocument json = JsonDocument.Parse(ToJson(values, "custom")))
        {
            // The ident and the time of each message are parameters, too.
            Assert.Equal(TelemetryValues.CountMax - 2, json.RootElement.EnumerateObject().Count());
            Assert.True(json.RootElement.TryGetProperty($"custom.param.{TelemetryValues.CountMax + 499}", out _));
            Assert.False(json.RootElement.TryGetProperty("custom.param.501", out _));
        }

        values = new TelemetryValues(_names);
        byte[] large = Enumerable.Repeat((byte)'x', 8_000).ToArray();
        for (int i = 0; i < 100; i++)
            values.Apply(Message(0, (ref MessageSink sink) => sink.Text(ParameterName.Numbered("custom.param."u8, i), large)), 1_700_000_000_000_000 + i, new Origin(3, 9, 1_800_000_000_000_000));
        using (JsonDocument json = JsonDocument.Parse(ToJson(values, "custom")))
            Assert.Equal(Enumerable.Range(84, 16).Select(i => $"custom.param.{i}").Order(StringComparer.Ordinal), json.RootElement.EnumerateObject().Select(one => one.Name));
    }

    [Fact]
    public void Names_that_are_too_many_are_counted_and_their_values_left_out()
    {
        for (int i = 0; i < NameTable.CountMax; i++) Assert.True(_names.TryNumber(Encoding.ASCII.GetBytes($"custom.{i}"), out _));
        Assert.False(_names.TryNumber("custom.one-more"u8, out _));
        Assert.True(_names.TryNumber("custom.77"u8, out int known) && known < 0);
        Assert.True(_names.TryNumber("position.speed"u8, out int row) && row == Key("position.speed"));
        Assert.Equal(1, _names.Refused);
        Assert.Equal("custom.77", Encoding.UTF8.GetString(_names.NameOf(known, new byte[128])));
    }

    [Fact]
    public void Damaged_stored_values_never_throw()
    {
        var values = new TelemetryValues(_names);
        values.Apply(RandomMessage(new Random(5), 1, []), 1, new Origin(1, 1, 1));
        var output = new ArrayBufferWriter<byte>();
        Assert.True(values.TryWriteChanges(output));
        for (int seed = 0; seed < 5_000; seed++)
        {
            var random = new Random(seed);
            byte[] stored = output.WrittenSpan.ToArray();
            for (int i = random.Next(1, 5); i > 0; i--) stored[random.Next(stored.Length)] = (byte)random.Next(256);
            var read = new TelemetryValues(_names);
            read.TryRead(stored.AsSpan(0, random.Next(stored.Length + 1)));
            ToJson(read);
        }
    }

    [Fact]
    public void Messages_like_those_before_allocate_nothing()
    {
        var values = new TelemetryValues(_names);
        byte[][] messages = [.. Enumerable.Range(0, 16).Select(i => Message(0, (ref MessageSink sink) =>
        {
            sink.Latitude(54.5 + i / 100.0);
            sink.Longitude(25.25);
            for (int p = 0; p < 12; p++) sink.Integer(Key("din") | (p + 1) << 16, i % 2);
            sink.Text(ParameterName.Named("custom."u8, "word"u8), Encoding.ASCII.GetBytes(new string('x', i)));
        }))];
        foreach (byte[] message in messages) values.Apply(message, 1_000, new Origin(1, 1, 1_000));
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int round = 0; round < 1_000; round++)
            foreach (byte[] message in messages) values.Apply(message, 2_000 + round, new Origin(1, 1, 2_000 + round));
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private delegate void Fill(ref MessageSink sink);

    private static int Key(string name) => ParameterDictionary.TryGetKey(name, out int key) ? key : throw new ArgumentException(name);

    private static ParameterSelection? Selection(string list) => ParameterSelection.TryParse(list, out ParameterSelection? selection) ? selection : throw new ArgumentException(list);

    private static string ToJson(TelemetryValues values, string? fields = null)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer)) values.WriteJson(json, fields is null ? null : Selection(fields), s_device);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private TelemetryValues Reread(TelemetryValues values)
    {
        var output = new ArrayBufferWriter<byte>();
        Assert.True(values.TryWriteChanges(output));
        Assert.False(values.TryWriteChanges(new ArrayBufferWriter<byte>()));
        var read = new TelemetryValues(_names);
        Assert.True(read.TryRead(output.WrittenSpan));
        return read;
    }

    private byte[] Message(long timeUs, Fill fill)
    {
        _buffer.Clear();
        _session.TrySetIdent("77"u8);
        var sink = new MessageSink(_buffer);
        sink.BeginFrame(_session);
        sink.BeginMessage();
        fill(ref sink);
        if (timeUs > 0) sink.Time(ParameterKeys.Timestamp, timeUs);
        sink.EndMessage();
        Assert.True(sink.EndFrame());
        return _buffer[0].ToArray();
    }

    private byte[] RandomMessage(Random random, long effectiveUs, SortedDictionary<string, (long TimeUs, object Value)> expected) => Message(0, (ref MessageSink sink) =>
    {
        for (int i = random.Next(0, 20); i > 0; i--)
        {
            string name = random.Next(3) switch { 0 => $"din.{random.Next(1, 30)}", 1 => "vehicle.mileage", _ => $"custom.{random.Next(8)}" };
            object value;
            ParameterName open = ParameterName.Named(default, Encoding.ASCII.GetBytes(name));
            bool isKnown = ParameterDictionary.TryGetKey(name, out int key) && random.Next(4) > 0;
            switch (random.Next(2))
            {
                case 0:
                    long integer = random.NextInt64() >> random.Next(64);
                    value = integer;
                    if (isKnown) sink.Integer(key, integer);
                    else sink.Integer(open, integer);
                    break;
                default:
                    string text = new('x', random.Next(0, 40));
                    value = text;
                    if (isKnown) sink.Text(key, Encoding.ASCII.GetBytes(text));
                    else sink.Text(open, Encoding.ASCII.GetBytes(text));
                    break;
            }
            if (!expected.TryGetValue(name, out (long TimeUs, object Value) present) || present.TimeUs <= effectiveUs) expected[name] = (effectiveUs, value);
        }
    });

    private sealed class PlainSession : Session;
}
