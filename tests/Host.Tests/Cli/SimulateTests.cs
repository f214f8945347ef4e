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

    [Theory, MemberData(nameof(Protocols))]
    public void Simulated_packets_decode_to_the_drive_of_the_device(string name)
    {
        Codec codec = Find(name);
        IReadOnlyList<SimulationPlan> plans = SimulationPlan.Of(codec, codec.Info.Tcp ? Transport.Tcp : Transport.Udp);
        Assert.NotEmpty(plans);
        foreach (SimulationPlan plan in plans)
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
                Assert.True(decoded.IsWhole, $"{name}, {template.Sample.Name}, packet {i}");
                Assert.All(decoded.Frames, frame => Assert.Equal(0, frame.ChecksumErrors));
                TraceMessage[] messages = [.. decoded.Messages];
                Assert.Equal(template.MessageCount, messages.Length);
                for (int k = 0; k < messages.Length; k++)
                {
                    Assert.Equal(ident, messages[k].Find("ident")?.Value);
                    Assert.Equal(points[k].TimeUs, (long)messages[k].Find("timestamp")!.Value, 1_000_000.0);
                    if (!template.Has(SlotKind.Latitude)) continue;
                    Assert.Equal(points[k].Latitude, Convert.ToDouble(messages[k].Find("position.latitude")!.Value, null), 0.001);
                    Assert.Equal(points[k].Longitude, Convert.ToDouble(messages[k].Find("position.longitude")!.Value, null), 0.001);
                }
            }
        }
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
