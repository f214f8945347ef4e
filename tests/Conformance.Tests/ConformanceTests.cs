using Gateway.Codecs;
using Xunit;

namespace Gateway.Conformance.Tests;

/// <summary>Recordings of real devices, replayed: the share of positions and replies that come out equal.</summary>
public class ConformanceTests(ITestOutputHelper output)
{
    private const string NoVectors = "The folder ../shared/vectors/decode is not on this machine.";

    [Fact]
    public void Recordings_replayed_through_the_codecs_give_the_recorded_positions_and_replies()
    {
        Assert.SkipWhen(VectorFile.Folder is null, NoVectors);
        Assert.SkipWhen(Repository.Reference("traccar-to-parameters.tsv") is null, "The table ../shared/reference/traccar-to-parameters.tsv is not on this machine.");

        ExceptionList exceptions = ConformanceRun.Exceptions();
        var judge = new FrameJudge(ConformanceRun.Map(), exceptions, ownClock: true);
        var results = new List<ProtocolResult>();
        foreach ((Codec codec, IReadOnlyList<string> paths) in ConformanceRun.Recorded())
        {
            var result = new ProtocolResult(codec.Info.Name, "direct");
            foreach (IReadOnlyList<VectorFrame> session in paths.SelectMany(VectorFile.Sessions))
            {
                var replay = new DirectReplay(codec);
                foreach (VectorFrame frame in session)
                {
                    if ((frame.Wire ?? frame.Frame) is not null) judge.Judge(frame, replay.Send(frame), result);
                    else result.Skipped++;
                }
            }
            results.Add(result);
        }
        output.WriteLine(ConformanceRun.Print("direct", results, exceptions));
        Assert.Empty(ConformanceRun.Failures(results, exceptions));
    }

    [Fact]
    public async Task Recordings_replayed_through_the_ports_of_a_running_gateway_give_the_recorded_positions_and_replies()
    {
        Assert.SkipWhen(VectorFile.Folder is null, NoVectors);
        Assert.SkipWhen(Repository.Reference("traccar-to-parameters.tsv") is null, "The table ../shared/reference/traccar-to-parameters.tsv is not on this machine.");
        Assert.SkipWhen(!ConformanceRun.Recorded().Any(), "No built-in protocol has recordings.");

        CancellationToken cancellation = TestContext.Current.CancellationToken;
        ExceptionList exceptions = ConformanceRun.Exceptions();
        var judge = new FrameJudge(ConformanceRun.Map(), exceptions, ownClock: false);
        var results = new List<ProtocolResult>();
        await using RunningGateway gateway = await RunningGateway.StartAsync(cancellation);
        foreach ((Codec codec, IReadOnlyList<string> paths) in ConformanceRun.Recorded())
        {
            var result = new ProtocolResult(codec.Info.Name, "ports");
            foreach (IReadOnlyList<VectorFrame> session in paths.SelectMany(VectorFile.Sessions))
            {
                using var replay = new PortReplay(gateway, codec, session, cancellation);
                foreach (VectorFrame frame in session)
                {
                    if (replay.CanSend(frame)) judge.Judge(frame, await replay.SendAsync(frame), result);
                    else result.Skipped++;
                }
            }
            results.Add(result);
        }
        output.WriteLine(ConformanceRun.Print("ports", results, exceptions));
        Assert.Empty(ConformanceRun.Failures(results, exceptions));
    }
}
