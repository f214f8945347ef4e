using System.Net;
using System.Text.Json;
using Gateway.Codecs;
using Gateway.Host.Channels;
using Gateway.Host.Inspection;
using Gateway.Host.Simulation;
using Xunit;

namespace Gateway.Host.Tests.Cli;

public class SimulateTests
{
    /// <summary>Built-in protocols with samples, and the one of the tests.</summary>
    public static IEnumerable<TheoryDataRow<string>> Protocols() =>
        CodecRegistry.BuiltIn.Where(codec => codec.Info.Samples.Count > 0).Select(codec => new TheoryDataRow<string>(codec.Info.Name)).Append(new TheoryDataRow<string>("pulse"));

    /// <summary>Protocols whose samples do not allow it, and why.</summary>
    private static readonly Dictionary<string, string> Exceptions = new(StringComparer.Ordinal)
    {
        ["cellocator"] = "the time is put together from single fields, of which none is the time",
        ["easytrack"] = "date and time are hexadecimal text that is put together before it is read: no byte range of the frame is the time",
        ["erm"] = "columns are read from a list kept aside, so the trace does not know where in the frame they stand",
        ["http"] = "values of JSON are decoded aside, so no byte range of the request is the value",
        ["osmand"] = "values of queries and JSON are decoded aside, so no byte range of the request is the value",
        ["xexun"] = "degrees are worked out of a number in the unit's own form, which no coordinate form writes back",
        ["tramigo"] = "units are numbers of eight digits: an ident with zeros in front comes back without them",
    };

    [Theory, MemberData(nameof(Protocols))]
    public void Simulated_packets_decode_to_the_drive_of_the_device(string name)
    {
        Codec codec = Find(name);
        IReadOnlyList<SimulationPlan> plans = [.. SimulationPlan.Of(codec, Transport.Tcp), .. SimulationPlan.Of(codec, Transport.Udp)];
        bool hasPlace = plans.Any(plan => plan.Packets.Any(packet => packet.Has(SlotKind.Latitude) && packet.Has(SlotKind.Longitude)));
        if (Exceptions.TryGetValue(name, out string? reason)) Assert.False(hasPlace, $"{name} can be simulated now; take it out of the exceptions ({reason}).");
        else Assert.True(hasPlace, $"{name}: no sample can be sent with another time and place: {string.Join("; ", codec.Info.Samples.Select(sample => sample.Name + " " + Why(codec, sample)))}");
        foreach (SimulationPlan plan in plans) AssertFaithful(name, codec, plan);
    }

    private static void AssertFaithful(string name, Codec codec, SimulationPlan plan)
    {
        Route route = new(plan.City, new Random(5));
        string ident = DeviceIdent.Of(plan.Ident, 4711);
        Session session = codec.CreateSession();
        session.Transport = plan.Transport;
        session.NowUs = SampleCheck.DefaultNowUs;
        foreach (PacketTemplate login in plan.Logins) Assert.True(InputDecoder.Decode(codec, session, login.Build(ident, [route.At(0)])).IsWhole);

        for (int i = 0; i < 200; i++)
        {
            PacketTemplate template = plan.Packets[i % plan.Packets.Count];
            RoutePoint[] points = [.. Enumerable.Range(0, template.MessageCount).Select(k => route.At(1_750_000_000_000_000 + (i * 60 + k) * 7_000_000L))];
            DecodedInput decoded = InputDecoder.Decode(codec, session, template.Build(ident, points));
            string what = $"{name}, {template.Sample.Name}, packet {i}";
            Assert.True(decoded.IsWhole, what);
            Assert.All(decoded.Frames, frame => Assert.Equal(0, frame.ChecksumErrors));
            TraceMessage[] messages = [.. decoded.Messages];
            Assert.Equal(template.MessageCount, messages.Length);
            for (int k = 0; k < messages.Length; k++)
            {
                RoutePoint point = points[template.PointOf(k)];
                Assert.True(ident == (string?)messages[k].Find("ident")?.Value, $"{what}: ident {messages[k].Find("ident")?.Value}, expected {ident}");
                Assert.True(Math.Abs(point.TimeUs - (long)messages[k].Find("timestamp")!.Value) < template.TimeStepUs, $"{what}: time {messages[k].Find("timestamp")!.Value}, expected {point.TimeUs}");
                if (messages[k].Find("position.latitude") is null || !template.Has(SlotKind.Latitude)) continue;
                Assert.Equal(point.Latitude, Convert.ToDouble(messages[k].Find("position.latitude")!.Value, null), 0.001);
                Assert.Equal(point.Longitude, Convert.ToDouble(messages[k].Find("position.longitude")!.Value, null), 0.001);
            }
        }
    }

    /// <summary>What the template of a sample has, for whoever looks into a failure.</summary>
    private static string Why(Codec codec, SampleInfo sample)
    {
        Session session = SampleCheck.SessionOf(codec, sample, []);
        DecodedInput decoded = InputDecoder.Decode(codec, session, sample.Input);
        if (!decoded.IsWhole) return "does not decode";
        PacketTemplate? read = TemplateReader.Read(codec.Info, sample, decoded, System.Text.Encoding.UTF8.GetString(session.Ident));
        return read is null ? "has frames that can't be encoded" : $"[{string.Join(" ", read.Slots.Select(slot => $"{slot.Kind}@{slot.Start}:{slot.Length} {slot.Field.Type}"))} idents {read.Idents.Count} messages {read.MessageCount}]";
    }

    [Fact]
    public void The_same_seed_drives_the_same_way_and_idents_differ()
    {
        RoutePoint once = new Route(Route.Cities[0], new Random(3)).At(1_000_000);
        RoutePoint again = new Route(Route.Cities[0], new Random(3)).At(1_000_000);
        Assert.Equal(once, again);
        Assert.Equal(1000, Enumerable.Range(0, 1000).Select(i => DeviceIdent.Of("353173060000000", i)).Distinct().Count());
        Assert.All(Enumerable.Range(0, 10), i => Assert.Equal(15, DeviceIdent.Of("353173060000000", i).Length));
    }

    [Fact]
    public async Task Acknowledged_packets_are_readable_by_rest()
    {
        await using RunningGateway gateway = await RunningGateway.StartAsync();
        Channel channel = await gateway.CreateChannelAsync();
        SimulationOptions options = new() { Devices = 10, Interval = TimeSpan.Zero, PacketsMax = 20 };
        Simulator fleet = new(SimulationPlan.Of(gateway.Codec, Transport.Tcp), new IPEndPoint(IPAddress.Loopback, channel.Definition.Port), options);
        await fleet.RunAsync(TestContext.Current.CancellationToken).WaitAsync(RunningGateway.Patience, TestContext.Current.CancellationToken);
        Assert.Equal((200, 200, 0), (fleet.Counters.Sent, fleet.Counters.Acknowledged, fleet.Counters.Different));

        using JsonDocument answer = JsonDocument.Parse(await gateway.Http.GetStringAsync($"gw/channels/{channel.Id}/messages", TestContext.Current.CancellationToken));
        JsonElement[] messages = [.. answer.RootElement.GetProperty("result").EnumerateArray()];
        Assert.Equal(fleet.Counters.Messages, messages.Length);
        Assert.Equal(fleet.Idents.Order(), messages.Select(message => message.GetProperty("ident").GetString()).Distinct().Order());
    }

    [Fact]
    public async Task The_command_reports_what_was_acknowledged()
    {
        await using RunningGateway gateway = await RunningGateway.StartAsync();
        Channel channel = await gateway.CreateChannelAsync();
        Run run = await Run.Async("simulate", RunningGateway.SpecPath, "--to", $"127.0.0.1:{channel.Definition.Port}", "--devices", "3", "--count", "4", "--interval", "0");
        Assert.Equal(0, run.ExitCode);
        Assert.StartsWith("sent 12, acknowledged 12, messages 12, other replies 0, unanswered 0", run.Output, StringComparison.Ordinal);
    }

    private static Codec Find(string name) =>
        CodecRegistry.BuiltIn.FirstOrDefault(codec => codec.Info.Name == name) ?? SpecLoader.Load(SpecLoader.Compile(RunningGateway.SpecPath));
}
