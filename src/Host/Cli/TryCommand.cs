using Gateway.Codecs;
using Gateway.Host.Protocols;
using Gateway.Host.Trials;

namespace Gateway.Host.Cli;

/// <summary><c>gateway protocol try</c>: what a new spec would make of recorded traffic, compared with the protocol that is there.</summary>
internal static class TryCommand
{
    private const int DifferencesShownMax = 1000;

    /// <summary>Compares.</summary>
    /// <returns>0 when both make the same of every frame, 1 when they differ.</returns>
    public static async Task<int> RunAsync(string[] words, Terminal terminal)
    {
        Arguments arguments = Arguments.Parse(words, ["capture", "against", ProtocolSource.FolderOption], []);
        arguments.ExpectFree("SPEC");
        string capture = arguments.Text("capture") ?? throw new UsageException("say what to replay with --capture FILE.");
        ProtocolSource protocols = ProtocolSource.Of(arguments);
        Codec after = protocols.Find(arguments.Free[0]);
        Codec before = protocols.Find(arguments.Text("against") ?? after.Info.Name);
        IReadOnlyList<RecordedConnection> traffic = CaptureFile.Read(capture);

        long nowUs = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        int frames = 0, different = 0, shown = 0;
        for (int i = 0; i < traffic.Count; i++)
        {
            ConnectionTrial trial = Trial.Run(before, after, traffic[i], nowUs);
            foreach (FrameTrial frame in trial.Frames)
            {
                frames++;
                if (frame.Differences.Count == 0) continue;
                different++;
                string place = frame.Frame.Chunk.Line > 0 ? $"line {frame.Frame.Chunk.Line}" : $"byte {frame.Frame.End}";
                await WriteAsync($"connection {i + 1}, {place}, frame of {frame.Frame.Frame.Bytes.Length} bytes:").ConfigureAwait(false);
                foreach (string difference in frame.Differences) await WriteAsync($"  {difference}").ConfigureAwait(false);
            }
            if (trial.EndDifference is not { } end) continue;
            different++;
            await WriteAsync($"connection {i + 1} {end}").ConfigureAwait(false);
        }
        if (shown > DifferencesShownMax) await terminal.Output.WriteLineAsync($"... and {shown - DifferencesShownMax} lines more").ConfigureAwait(false);
        await terminal.Output.WriteLineAsync($"{before.Info.SpecFile} -> {after.Info.SpecFile}: {traffic.Count} connections, {frames} frames, {different} differences").ConfigureAwait(false);
        return different == 0 ? CommandLine.Done : CommandLine.Failed;

        Task WriteAsync(string line) => ++shown <= DifferencesShownMax ? terminal.Output.WriteLineAsync(line) : Task.CompletedTask;
    }
}
