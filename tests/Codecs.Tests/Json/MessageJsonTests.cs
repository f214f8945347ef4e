using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using MessagePack;
using static Gateway.Codecs.Tests.Json.JsonTools;

namespace Gateway.Codecs.Tests.Json;

public class MessageJsonTests
{
    private readonly MessageBuffer _buffer = new();
    private readonly TestSession _session = new();

    [Fact]
    public void Message_is_flat_json_with_sorted_names()
    {
        _buffer.SetPeer("1.2.3.4:5");
        MessageSink sink = new(_buffer);
        sink.BeginFrame(_session);
        sink.BeginMessage();
        sink.Longitude(25.2797);
        sink.Latitude(54.6872);
        sink.Integer(ParameterName.Numbered("custom.param."u8, 72), -5);
        sink.Boolean(Key("din.3"), true);
        sink.Boolean(Key("din.40"), false);
        sink.Integer(Key("din"), 4);
        sink.Text(Key("message.type"), "a\"b\\c"u8);
        sink.Time(ParameterKeys.Timestamp, 1_700_000_000_250_000);
        sink.EndMessage();
        Assert.True(sink.EndFrame());

        Assert.Equal(
            """{"channel.id":42,"custom.param.72":-5,"din":4,"din.3":true,"din.40":false,"ident":"860000000000001","message.type":"a\"b\\c","peer":"1.2.3.4:5","position.latitude":54.6872,"position.longitude":25.2797,"protocol.id":7,"server.timestamp":1700000001.5,"timestamp":1700000000.25}""",
            ToJson(_buffer[0]));
    }

    [Fact]
    public void Message_of_a_registered_device_says_whose_it_is_whatever_the_payload_says()
    {
        byte[] payload = Pack((ref MessagePackWriter writer) =>
        {
            writer.WriteMapHeader(2);
            writer.Write(ParameterKeys.DeviceName);
            writer.Write("what the tracker says");
            writer.Write("device.id");
            writer.Write(5);
        });
        Assert.Equal(
            """{"channel.id":42,"device.id":77,"device.name":"Lorry \"é\"","device.type.id":160000,"protocol.id":7,"server.timestamp":1700000001.5}""",
            ToJson(payload, OfDevice));
        Assert.Equal("""{"device.name":"Lorry \"é\""}""", ToJson(payload, OfDevice, "device.name"));
        Assert.Equal("""{"device.id":5,"device.name":"what the tracker says"}""", ToJson(payload, Envelope, "device"));
    }

    /// <summary>The promise: names in ordinal order, the last of equal names, the values as they were stored.</summary>
    [Fact]
    public void Any_message_reads_back_as_the_sorted_map_of_its_last_values()
    {
        for (int seed = 0; seed < 1500; seed++)
        {
            Random random = new(seed);
            SortedDictionary<string, object> expected = new(StringComparer.Ordinal);
            _buffer.Clear();
            MessageSink sink = new(_buffer);
            sink.BeginFrame(_session);
            sink.BeginMessage();
            int count = random.Next(0, seed % 10 == 0 ? 300 : 40);
            for (int i = 0; i < count; i++)
            {
                int key = random.Next(3) switch
                {
                    0 => random.Next(1, 1600),
                    1 => Key("din") | random.Next(1, 40) << 16,
                    _ => Key("ble.sensor.temperature") | random.Next(1, 300) << 16,
                };
                string name = ParameterDictionary.NameOf(key);
                switch (random.Next(5))
                {
                    case 0:
                        double real = BitConverter.Int64BitsToDouble(random.NextInt64());
                        if (random.Next(2) == 0) real = random.Next(-1_000_000, 1_000_000) / Math.Pow(10, random.Next(0, 8));
                        if (!double.IsFinite(real)) break;
                        sink.Real(key, real);
                        expected[name] = real;
                        break;
                    case 1:
                        long number = random.NextInt64() >> random.Next(64);
                        string open = $"custom.{random.Next(20)}";
                        if (random.Next(4) == 0) open = name.Length < 100 ? name + "x" : name;
                        sink.Integer(ParameterName.Named(default, Encoding.UTF8.GetBytes(open)), number);
                        expected[open] = (double)number;
                        break;
                    case 2:
                        sink.Boolean(key, i % 2 == 0);
                        expected[name] = i % 2 == 0;
                        break;
                    case 3:
                        // A dictionary name that was written out is the same parameter.
                        sink.Integer(ParameterName.Named(default, Encoding.UTF8.GetBytes(name)), i);
                        expected[name] = (double)i;
                        break;
                    default:
                        string text = string.Concat(Enumerable.Range(0, random.Next(0, 50)).Select(_ => "aé\"\\/€😀 "[random.Next(6)]));
                        sink.Text(key, Encoding.UTF8.GetBytes(text));
                        expected[name] = text;
                        break;
                }
            }
            sink.EndMessage();
            Assert.True(sink.EndFrame());
            expected["ident"] = "860000000000001";
            expected["timestamp"] = _session.NowUs / 1e6;
            expected["channel.id"] = 42.0;
            expected["protocol.id"] = 7.0;
            expected["server.timestamp"] = 1_700_000_001.5;

            string json = ToJson(_buffer[0]);
            using JsonDocument document = JsonDocument.Parse(json);
            List<KeyValuePair<string, object>> found = [.. document.RootElement.EnumerateObject().Select(p => KeyValuePair.Create(p.Name, Plain(p.Value)))];
            Assert.True(expected.SequenceEqual(found), $"seed {seed}: {json}");
        }
    }

    [Theory]
    [InlineData(0.0, "0")]
    [InlineData(1.0, "1")]
    [InlineData(-12.65, "-12.65")]
    [InlineData(0.1, "0.1")]
    [InlineData(0.3, "0.3")]
    [InlineData(99999999.5, "99999999.5")]
    [InlineData(22.577282222222223, "22.577282222222223")]
    [InlineData(0.0000001, "1E-07")]
    [InlineData(123456789.125, "123456789.125")]
    [InlineData(0.001, "0.001")]
    [InlineData(-1e-320, "-1E-320")]
    [InlineData(1e300, "1E+300")]
    public void Reals_are_the_shortest_decimals(double value, string expected)
    {
        MessageSink sink = new(_buffer);
        sink.BeginFrame(_session);
        sink.BeginMessage();
        sink.Real(1, value);
        sink.EndMessage();
        Assert.True(sink.EndFrame());
        Assert.Equal("{\"" + ParameterDictionary.NameOf(1) + "\":" + expected + "}", ToJson(_buffer[0], ParameterDictionary.NameOf(1)));
    }

    [Fact]
    public void Negative_zero_is_zero() => Reals_are_the_shortest_decimals(-0.0, "0");

    [Fact]
    public void Any_real_equals_the_runtimes_shortest_form()
    {
        for (int seed = 0; seed < 3000; seed++)
        {
            Random random = new(seed);
            double value = random.Next(3) switch
            {
                0 => random.NextInt64(-1L << 40, 1L << 40) / Math.Pow(10, random.Next(0, 12)),
                1 => random.NextInt64(0, 324_000_000) / 1_800_000.0,
                _ => Math.BitIncrement(random.Next(0, 1_000_000) / 1000.0),
            };
            byte[] payload = Pack((ref MessagePackWriter writer) =>
            {
                writer.WriteMapHeader(1);
                writer.Write(1);
                writer.Write(value);
            });
            string text = ToJson(payload, ParameterDictionary.NameOf(1)).Split(':')[1].TrimEnd('}');
            Assert.True(double.Parse(text, CultureInfo.InvariantCulture).Equals(value), $"{text}, seed {seed}");
            Assert.True(text.Length <= value.ToString("R", CultureInfo.InvariantCulture).Length || text.Contains('.'), $"{text}, seed {seed}");
            if (Math.Abs(value) is > 1e-3 and < 1e15) Assert.True(text == value.ToString("R", CultureInfo.InvariantCulture), $"{text}, seed {seed}");
        }
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(1_500_000, "1.5")]
    [InlineData(1_000_001, "1.000001")]
    [InlineData(-1, "-0.000001")]
    [InlineData(-1_500_000, "-1.5")]
    [InlineData(1_700_000_000_100_000, "1700000000.1")]
    public void Times_are_seconds_without_trailing_zeros(long timeUs, string expected)
    {
        MessageSink sink = new(_buffer);
        sink.BeginFrame(_session);
        sink.BeginMessage();
        sink.Time(ParameterKeys.Timestamp, timeUs);
        sink.EndMessage();
        Assert.True(sink.EndFrame());
        Assert.Equal("{\"timestamp\":" + expected + "}", ToJson(_buffer[0], "timestamp"));
    }

    [Fact]
    public void Thousands_of_open_names_are_sorted_and_the_last_of_each_counts()
    {
        MessageSink sink = new(_buffer);
        sink.BeginFrame(_session);
        sink.BeginMessage();
        Random random = new(1);
        for (int i = 0; i < 1500; i++) sink.Integer(ParameterName.Numbered("custom."u8, random.Next(1_000_000)), i);
        sink.EndMessage();
        Assert.True(sink.EndFrame());
        using JsonDocument document = JsonDocument.Parse(ToJson(_buffer[0]));
        List<string> names = [.. document.RootElement.EnumerateObject().Select(property => property.Name)];
        Assert.Equal(names.Distinct().Order(StringComparer.Ordinal), names);
    }

    [Fact]
    public void Writing_allocates_nothing()
    {
        MessageSink sink = new(_buffer);
        sink.BeginFrame(_session);
        for (int message = 0; message < 2; message++)
        {
            sink.BeginMessage();
            sink.Latitude(22.577282222222223);
            sink.Text(Key("message.type"), "a\"b"u8);
            for (int i = 0; i < 20 + message * 200; i++) sink.Integer(ParameterName.Numbered("custom."u8, i * 7919 % 1000), i);
            for (int i = 0; i < 20; i++) sink.Boolean(Key("din") | i * 3 << 16, true);
            sink.EndMessage();
        }
        Assert.True(sink.EndFrame());
        Assert.True(ParameterSelection.TryParse("position,custom.*,d*", out ParameterSelection? selection));
        ArrayBufferWriter<byte> output = new(1 << 20);
        WriteAll(100, output, selection);
        long before = GC.GetAllocatedBytesForCurrentThread();
        WriteAll(100, output, selection);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private void WriteAll(int rounds, ArrayBufferWriter<byte> output, ParameterSelection? selection)
    {
        for (int i = 0; i < rounds; i++)
        {
            output.ResetWrittenCount();
            for (int message = 0; message < _buffer.Count; message++)
                if (!MessageJson.Write(_buffer[message], Envelope, output) || !MessageJson.Write(_buffer[message], Envelope, output, selection))
                    throw new InvalidOperationException();
            if (!MessageReader.TryGetIdent(_buffer[0], out _) || !MessageReader.TryGetTimestamp(_buffer[0], out _)) throw new InvalidOperationException();
        }
    }

    private static object Plain(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.GetDouble(),
        JsonValueKind.String => value.GetString()!,
        _ => value.GetBoolean(),
    };
}
