using System.Globalization;
using System.Text.Json;
using Gateway.Codecs;
using Xunit;

namespace Gateway.Conformance.Tests;

/// <summary>A device that is pointed at the wrong port: its frames may be refused or, where two protocols share a dialect, be understood; they never become a position that is not theirs.</summary>
public class ForeignTests(ITestOutputHelper output)
{
    private const double Degree = 1e-4;

    [Fact]
    public void Frames_of_other_protocols_never_give_a_wrong_position()
    {
        Assert.SkipWhen(VectorFile.Folder is null, "The folder ../shared/vectors/decode is not on this machine.");
        var wrong = new List<string>();
        int decoded = 0, understood = 0;
        List<(string Name, List<IReadOnlyList<VectorFrame>> Sessions)> recordings =
            [.. Directory.EnumerateFiles(VectorFile.Folder!, "*.jsonl").Order(StringComparer.Ordinal).Select(path => (Path.GetFileNameWithoutExtension(path), VectorFile.Sessions(path).ToList()))];
        foreach (Codec codec in ConformanceRun.Codecs())
        {
            foreach ((string name, List<IReadOnlyList<VectorFrame>> sessions) in recordings)
            {
                if (name == codec.Info.Name || codec.Info.Aliases.Contains(name)) continue;
                foreach (IReadOnlyList<VectorFrame> session in sessions)
                {
                    Session state = codec.CreateSession();
                    state.NowUs = 1_788_264_000_000_000;
                    foreach (VectorFrame frame in session)
                    {
                        // A channel has no port for a transport that its protocol does not speak.
                        if (frame.Wire is not { } wire || (frame.Transport == "udp" ? !codec.Info.Udp : !codec.Info.Tcp)) continue;
                        decoded++;
                        state.Transport = frame.Transport == "udp" ? Transport.Udp : Transport.Tcp;
                        foreach ((double latitude, double longitude) in Positions(codec, state, wire))
                        {
                            if (frame.Positions.Any(p => Near(p, "latitude", latitude) && Near(p, "longitude", longitude)))
                            {
                                understood++;
                                continue;
                            }
                            wrong.Add(string.Create(CultureInfo.InvariantCulture, $"{codec.Info.Name} reads {latitude}, {longitude} in {frame.Id}"));
                        }
                    }
                }
            }
        }
        output.WriteLine($"{decoded} frames of other protocols, {understood} positions understood, {wrong.Count} wrong");
        foreach (string line in wrong) output.WriteLine(line);
        Assert.Empty(wrong);
    }

    private static List<(double Latitude, double Longitude)> Positions(Codec codec, Session session, byte[] wire)
    {
        var buffer = new MessageBuffer();
        var reply = new ReplyWriter();
        for (int at = 0, frames = 0; at < wire.Length && frames < 64; frames++)
        {
            ReadOnlySpan<byte> unread = wire.AsSpan(at);
            FrameResult cut = codec.TryFrame(unread, session);
            if (cut.Status is not FrameStatus.Frame || cut.Consumed <= 0) break;
            var sink = new MessageSink(buffer);
            codec.Decode(cut.FrameOf(unread, session), session, ref sink, reply);
            at += cut.Consumed;
        }
        var positions = new List<(double, double)>();
        for (int i = 0; i < buffer.Count; i++)
            if (MessageReader.TryGetPosition(buffer[i], out double latitude, out double longitude)) positions.Add((latitude, longitude));
        return positions;
    }

    private static bool Near(JsonElement position, string name, double value) =>
        position.TryGetProperty(name, out JsonElement recorded) && recorded.ValueKind == JsonValueKind.Number && Math.Abs(recorded.GetDouble() - value) <= Degree;
}
